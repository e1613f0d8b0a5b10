//! What is decided before a byte is written: under which name a file is known, and whether its key is sound.

use super::IntakeRefusal;
use crate::store::submissions::Channel;

/// How a file comes in and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub channel: Channel,
    pub file_name: String,
    pub idempotency_key: Option<String>,
}

const FILE_NAME_CHARACTERS_MAX: usize = 200;
const KEY_CHARACTERS_MAX: usize = 255;
/// For a file that came without a name.
const UNNAMED: &str = "submission.837";

impl Arrival {
    /// A name is kept as people know it, without folders and without what could not be shown; a key is taken
    /// as it is or not at all.
    pub fn new(
        channel: Channel,
        file_name: Option<&str>,
        idempotency_key: Option<&str>,
    ) -> Result<Arrival, IntakeRefusal> {
        let sound = |key: &str| {
            !key.is_empty() && key.len() <= KEY_CHARACTERS_MAX && key.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        };
        if idempotency_key.is_some_and(|key| !sound(key)) {
            return Err(IntakeRefusal::KeyForm { characters_max: KEY_CHARACTERS_MAX });
        }
        let file_name = plain_name(file_name.unwrap_or_default());
        Ok(Arrival { channel, file_name, idempotency_key: idempotency_key.map(str::to_string) })
    }
}

fn plain_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().map(|c| if c.is_control() { '_' } else { c });
    let name: String = shown.take(FILE_NAME_CHARACTERS_MAX).collect();
    match name.trim() {
        "" | "." | ".." => UNNAMED.to_string(),
        name => name.to_string(),
    }
}

/// A name by which an uploading client says that the file is not done yet.
pub fn is_unfinished_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".tmp", ".part", ".filepart"].iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_folders_and_what_cannot_be_shown() {
        let check = |given: Option<&str>, name: &str| {
            assert_eq!(Arrival::new(Channel::Https, given, None).unwrap().file_name, name);
        };
        check(Some("batch 7.837"), "batch 7.837");
        check(Some("C:\\out\\batch.837"), "batch.837");
        check(Some("../../etc/passwd"), "passwd");
        check(Some("a\r\nb"), "a__b");
        check(Some(".."), UNNAMED);
        check(None, UNNAMED);
        assert_eq!(plain_name(&"x".repeat(500)).len(), FILE_NAME_CHARACTERS_MAX);
    }

    #[test]
    fn a_key_is_taken_as_it_is_or_not_at_all() {
        let check = |key: &str| Arrival::new(Channel::Https, None, Some(key));
        assert_eq!(check("5e3c-7").unwrap().idempotency_key.as_deref(), Some("5e3c-7"));
        for wrong in ["", "a\nb", &"k".repeat(256)] {
            assert!(matches!(check(wrong), Err(IntakeRefusal::KeyForm { .. })));
        }
    }

    #[test]
    fn three_endings_say_that_an_upload_is_not_done() {
        for name in ["a.837.tmp", "a.PART", "a.filepart"] {
            assert!(is_unfinished_name(name), "{name}");
        }
        for name in ["a.837", "tmp", "a.tmp.837", "part"] {
            assert!(!is_unfinished_name(name), "{name}");
        }
    }
}
