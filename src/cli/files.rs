//! Files that commands write: durable under their name, or not there; with their digests; readable by their owner
//! alone, as all of them are about patients.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

const PIECE_BYTES: usize = 256 * 1024;

/// A file as a manifest knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// Nanoseconds since 1970, of the file that it is a copy of: whether that changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_changed_at: Option<i64>,
}

/// A folder for files about patients.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// When a file was changed last, in nanoseconds since 1970.
pub fn changed_at(file: &fs::Metadata) -> i64 {
    file.mtime().saturating_mul(1_000_000_000).saturating_add(file.mtime_nsec())
}

pub fn digest_of(path: &Path) -> io::Result<FileFacts> {
    copy(&mut File::open(path)?, &mut io::sink())
}

/// Copies what is read into a file that is whole and durable when this returns; until then it has another name.
pub fn save(from: &mut impl Read, path: &Path) -> io::Result<FileFacts> {
    let (folder, unfinished) = (path.parent().unwrap_or(Path::new(".")), unfinished(path));
    make_folder(folder)?;
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    let facts = copy(from, &mut file)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(folder)?.sync_all()?;
    Ok(facts)
}

pub fn write_durably(path: &Path, mut bytes: &[u8]) -> io::Result<()> {
    save(&mut bytes, path).map(drop)
}

/// A file of one JSON object a line, which gets its name when it is finished.
pub struct LineFile {
    out: BufWriter<File>,
    digest: Context,
    bytes: u64,
    path: PathBuf,
}

impl LineFile {
    pub fn create(path: &Path) -> io::Result<LineFile> {
        make_folder(path.parent().unwrap_or(Path::new(".")))?;
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(unfinished(path))?;
        Ok(LineFile { out: BufWriter::new(file), digest: Context::new(&SHA256), bytes: 0, path: path.to_path_buf() })
    }

    pub fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.bytes += line.len() as u64;
        self.out.write_all(&line)
    }

    pub fn finish(self) -> io::Result<FileFacts> {
        let file = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(unfinished(&self.path), &self.path)?;
        File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(FileFacts { bytes: self.bytes, sha256: hex(self.digest.finish().as_ref()), source_changed_at: None })
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".unfinished");
    path.with_file_name(name)
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<FileFacts> {
    let (mut piece, mut digest, mut bytes) = (vec![0; PIECE_BYTES], Context::new(&SHA256), 0);
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&piece[..read]);
        to.write_all(&piece[..read])?;
        bytes += read as u64;
    }
    Ok(FileFacts { bytes, sha256: hex(digest.finish().as_ref()), source_changed_at: None })
}

/// A manifest may come from anywhere: its names must not lead out of its folder.
pub fn is_inside(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// As manifests write digests.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }

    #[test]
    fn a_file_is_whole_under_its_name_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        assert!(save(&mut (&b"half"[..]).chain(Broken), &path).is_err());
        assert!(!path.exists());
        let facts = save(&mut &b"abc"[..], &path).unwrap();
        assert_eq!(facts.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest_of(&path).unwrap(), facts);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
