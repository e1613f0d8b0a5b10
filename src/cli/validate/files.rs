//! Which files are meant: those named, standard input, and what looks like X12 in the folders named.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::cli::output::why_unread;
use crate::edits::sniff;

/// Endings that X12 files have in the wild. In a folder these are taken whatever they hold, so that one that is no
/// X12 at all is said to be so; of other files those that begin as X12 does.
const ENDINGS: [&str; 17] = [
    "270", "271", "276", "277", "277ca", "278", "820", "834", "835", "837", "837d", "837i", "837p", "997", "999",
    "edi", "x12",
];
const HEAD_BYTES: u64 = 512;
/// Folders in folders; deeper ones are a loop of links or a mistake.
const DEPTH_MAX: usize = 32;

/// What the words of a command line come to, in the order they are worked on.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub files: Vec<PathBuf>,
    /// Files of folders that are left out, with what they are.
    pub skipped: Vec<(PathBuf, String)>,
    /// Folders that cannot be read, and what is neither file nor folder.
    pub unread: Vec<String>,
}

/// The name under which standard input is asked for.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

pub(super) fn find(named: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in named {
        if is_standard_input(path) || !path.is_dir() {
            found.files.push(path.clone());
            continue;
        }
        let before = found.files.len();
        found.folder(path, 1);
        if found.files.len() == before && found.unread.is_empty() {
            found.unread.push(format!("{}: there is no X12 file in this folder", path.display()));
        }
    }
    found
}

impl Found {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.unread.push(format!("{}: {}", folder.display(), why_unread(&error))),
        };
        let mut paths: Vec<PathBuf> =
            entries.iter().filter(|entry| !is_hidden(&entry.path())).map(fs::DirEntry::path).collect();
        paths.sort();
        for path in paths {
            // A linked folder may lead back here; it can be named by itself.
            let linked = path.is_symlink();
            if path.is_dir() && !linked && depth < DEPTH_MAX {
                self.folder(&path, depth + 1);
            } else if path.is_file() {
                self.file(path);
            }
        }
    }

    fn file(&mut self, path: PathBuf) {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        if ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            return self.files.push(path);
        }
        let mut head = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head));
        match read {
            Err(error) => self.unread.push(format!("{}: {}", path.display(), why_unread(&error))),
            Ok(_) if begins_as_x12(&head) => self.files.push(path),
            Ok(length) => self.skipped.push((path, sniff::refusal(&head, length as u64))),
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn begins_as_x12(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    matches!(text, [b'I', b'S', b'A', separator, ..] if !separator.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_searched_in_order_and_what_is_no_x12_is_said_to_be_left_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b/.git")).unwrap();
        for (name, text) in [
            ("z.837", "nonsense"),
            ("a.txt", "\u{feff}\nISA*00*"),
            ("b/c.dat", "ISA|00|"),
            ("b/manual.pdf", "%PDF-1.7"),
            ("b/.git/x.edi", "ISA*00*"),
            ("ISAbel.txt", "ISAbel was here"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let found = find(&[folder.path().to_path_buf()]);
        let names: Vec<_> = found.files.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, [Path::new("a.txt"), Path::new("b/c.dat"), Path::new("z.837")]);
        let skipped: Vec<_> = found.skipped.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(skipped.len(), 2, "{skipped:?}");
        assert!(skipped.iter().any(|why| why.contains("PDF")), "{skipped:?}");
        assert!(found.unread.is_empty());
    }

    #[test]
    fn a_folder_without_x12_is_an_answer_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let found = find(&[folder.path().to_path_buf(), PathBuf::from("-")]);
        assert_eq!(found.files, [PathBuf::from("-")]);
        assert!(found.unread[0].ends_with("there is no X12 file in this folder"), "{found:?}");
    }
}
