//! Names of files: what a file handed in is known as, whether its name says that it is done, and what an
//! answer to it is called.

use crate::domain::ids::SubmissionId;

const FILE_NAME_CHARACTERS_MAX: usize = 200;
/// For a file that came without a name.
const UNNAMED: &str = "submission.837";

/// A file's name as people know it: without folders, and without what could not be shown.
pub fn plain_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().map(|c| if c.is_control() { '_' } else { c });
    let name: String = shown.take(FILE_NAME_CHARACTERS_MAX).collect();
    match name.trim() {
        "" | "." | ".." => UNNAMED.to_string(),
        name => name.to_string(),
    }
}

const STEM_CHARACTERS_MAX: usize = 120;
const EXTENSION_CHARACTERS_MAX: usize = 8;

/// The name under which a submitter finds an answer to a submission: the submission's id and the file's own
/// name, in characters that no system trips over. `ordinal` counts from 1 where there are several.
pub fn answer_name(submission: SubmissionId, file_name: &str, ordinal: u32, ending: &str) -> String {
    let stem = match file_name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= EXTENSION_CHARACTERS_MAX => stem,
        Some(_) | None => file_name,
    };
    let sound = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let stem: String = stem.chars().take(STEM_CHARACTERS_MAX).map(sound).collect();
    match ordinal {
        0 | 1 => format!("{submission}_{stem}.{ending}"),
        n => format!("{submission}_{stem}_{n}.{ending}"),
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
        let check = |given: &str, name: &str| assert_eq!(plain_name(given), name);
        check("batch 7.837", "batch 7.837");
        check("C:\\out\\batch.837", "batch.837");
        check("../../etc/passwd", "passwd");
        check("a\r\nb", "a__b");
        check("..", UNNAMED);
        check("", UNNAMED);
        assert_eq!(plain_name(&"x".repeat(500)).len(), FILE_NAME_CHARACTERS_MAX);
    }

    #[test]
    fn an_answer_is_named_after_the_file_it_answers() {
        let id = SubmissionId(1);
        let check = |file: &str, ordinal, name: &str| assert_eq!(answer_name(id, file, ordinal, "999"), name);
        check("claims.837", 1, "000000000001_claims.999");
        check("claims 7/8.x12", 2, "000000000001_claims_7_8_2.999");
        check("2026.11.claims of the day", 1, "000000000001_2026.11.claims_of_the_day.999");
        check(".837", 1, "000000000001_.837.999");
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
