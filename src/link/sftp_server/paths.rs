//! A client's path as a place in the two levels there are: the root, a folder, a file in a folder.

use super::host::SftpRefusal;

const NAME_BYTES_MAX: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Folder(String),
    File { folder: String, name: String },
}

/// The path without `.`, `..` and doubled slashes. A login starts in `/`, so a relative path is one from there.
pub(super) fn normal(path: &str) -> String {
    format!("/{}", parts(path).join("/"))
}

fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts
}

/// Which place a path means, given the folders there are.
pub(super) fn place(path: &str, folders: &[String]) -> Result<Place, SftpRefusal> {
    let known = |folder: &str| folders.iter().any(|known| known == folder);
    match parts(path).as_slice() {
        [] => Ok(Place::Root),
        [folder] if known(folder) => Ok(Place::Folder((*folder).to_owned())),
        [folder, name] if known(folder) => {
            check_name(name)?;
            Ok(Place::File { folder: (*folder).to_owned(), name: (*name).to_owned() })
        }
        [folder, _, ..] if known(folder) => Err(SftpRefusal::no_such_file(format!("/{folder} has no folders in it"))),
        _ => Err(SftpRefusal::no_such_file(format!("not found; the folders here are {}", said(folders)))),
    }
}

/// A path that must be a file's.
pub(super) fn file(path: &str, folders: &[String]) -> Result<(String, String), SftpRefusal> {
    match place(path, folders)? {
        Place::File { folder, name } => Ok((folder, name)),
        Place::Root | Place::Folder(_) => {
            Err(SftpRefusal::failure(format!("that is a folder; files are in {}", said(folders))))
        }
    }
}

pub(super) fn said(folders: &[String]) -> String {
    folders.iter().map(|folder| format!("/{folder}")).collect::<Vec<_>>().join(", ")
}

fn check_name(name: &str) -> Result<(), SftpRefusal> {
    if name.len() > NAME_BYTES_MAX {
        return Err(SftpRefusal::failure(format!("file names have at most {NAME_BYTES_MAX} bytes; use a shorter one")));
    }
    // The replacement character stands where the client's name was not UTF-8.
    if name.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return Err(SftpRefusal::failure("file names must be plain UTF-8 text without control characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use russh_sftp::protocol::StatusCode;

    use super::*;

    fn folders() -> Vec<String> {
        vec!["inbound".into(), "acks".into()]
    }

    #[test]
    fn a_path_means_the_same_place_however_it_is_written() {
        let file = Place::File { folder: "inbound".into(), name: "a.837".into() };
        for path in
            ["/inbound/a.837", "inbound/a.837", "./inbound//a.837", "/acks/../inbound/a.837", "/../inbound/./a.837"]
        {
            assert_eq!(place(path, &folders()), Ok(file.clone()), "{path}");
        }
        assert_eq!(place(".", &folders()), Ok(Place::Root));
        assert_eq!(place("/inbound/..", &folders()), Ok(Place::Root));
        assert_eq!(normal("inbound/"), "/inbound");
        assert_eq!(normal(""), "/");
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let check = |path: &str, part: &str| {
            let refusal = place(path, &folders()).unwrap_err();
            assert_eq!(refusal.code, StatusCode::NoSuchFile);
            assert!(refusal.sentence.contains(part), "{refusal}");
        };
        check("/a.837", "/inbound, /acks");
        check("/outbound/a.837", "/inbound, /acks");
        check("/inbound/2026/a.837", "no folders in it");
    }

    #[test]
    fn a_name_with_control_characters_is_refused() {
        assert!(place("/inbound/a\nb", &folders()).is_err());
        assert!(place("/inbound/a\0b", &folders()).is_err());
        assert!(place(&format!("/inbound/{}", "x".repeat(256)), &folders()).is_err());
    }
}
