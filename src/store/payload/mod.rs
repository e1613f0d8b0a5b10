//! Payloads: the bytes partners sent and were sent, sealed. A payload is a file of frames, each
//! compressed and then encrypted, so that one claim's segments are read without opening the whole file.
//! It is written once, is durable when [`PayloadWriter::finish`] returns, and is never changed.
//!
//! All calls block; from asynchronous code go through `spawn_blocking`.

mod frames;
mod keys;
mod reader;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::ids::PayloadId;

pub use keys::MasterKey;
pub use reader::PayloadReader;
pub use writer::{PayloadWriter, Sealed};

#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    #[error("payloads.url `{url}` is not understood: write file:FOLDER, as in file:var/payloads")]
    Url { url: String },
    #[error("the master key {path} cannot be read: run `claimgate certs init`")]
    MasterKey { path: PathBuf, source: std::io::Error },
    #[error(
        "the master key {path} is not 64 hexadecimal digits: restore it from your backup; without it no payload opens"
    )]
    MasterKeyForm { path: PathBuf },
    #[error("the payload folder {folder} cannot be used")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the payload cannot be written: the disk is full")]
    DiskFull { source: std::io::Error },
    #[error("the payload cannot be written")]
    Write { source: std::io::Error },
    #[error("payload {id} is missing: restore {path} from your backup")]
    Missing { id: PayloadId, path: PathBuf },
    #[error("payload {id} cannot be read")]
    Read { id: PayloadId, source: std::io::Error },
    #[error("payload {id} is damaged at byte {offset}: restore {path} from your backup")]
    Damaged { id: PayloadId, offset: u64, path: PathBuf },
    #[error("payload {id} was sealed with another master key than certs/master.key")]
    OtherKey { id: PayloadId },
}

/// The folder of sealed files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PayloadStore {
    folder: Arc<Path>,
    key: Arc<MasterKey>,
}

impl PayloadStore {
    /// Opens `payloads.url`; relative paths are taken from `base`. Leftovers of writes that a crash cut
    /// short are removed.
    pub fn open(url: &str, base: &Path, key: MasterKey) -> Result<PayloadStore, PayloadError> {
        match url.strip_prefix("file:") {
            Some(path) if !path.is_empty() => {
                PayloadStore::open_folder(&base.join(path.strip_prefix("//").unwrap_or(path)), key)
            }
            Some(_) | None => Err(PayloadError::Url { url: url.to_string() }),
        }
    }

    pub fn open_folder(folder: &Path, key: MasterKey) -> Result<PayloadStore, PayloadError> {
        let store = PayloadStore::open_beside(folder, key)?;
        let unusable = |source| PayloadError::Folder { folder: folder.to_path_buf(), source };
        for leftover in fs::read_dir(folder.join(writer::UNFINISHED)).map_err(unusable)? {
            fs::remove_file(leftover.map_err(unusable)?.path()).map_err(unusable)?;
        }
        Ok(store)
    }

    /// For a command beside a gateway that may be running: what is being written now is left alone.
    pub fn open_beside(folder: &Path, key: MasterKey) -> Result<PayloadStore, PayloadError> {
        let unusable = |source| PayloadError::Folder { folder: folder.to_path_buf(), source };
        fs::create_dir_all(folder.join(writer::UNFINISHED)).map_err(unusable)?;
        Ok(PayloadStore { folder: folder.into(), key: Arc::new(key) })
    }

    /// Begins a payload. Dropping the writer without finishing it leaves nothing behind.
    pub fn create(&self, id: PayloadId) -> Result<PayloadWriter, PayloadError> {
        PayloadWriter::create(&self.folder, self.path(id), id, &self.key)
    }

    /// Seals bytes that are already in memory.
    pub fn seal(&self, id: PayloadId, bytes: &[u8]) -> Result<Sealed, PayloadError> {
        let mut writer = self.create(id)?;
        writer.write(bytes)?;
        writer.finish()
    }

    pub fn open_payload(&self, id: PayloadId) -> Result<PayloadReader, PayloadError> {
        PayloadReader::open(self.path(id), id, &self.key)
    }

    /// The whole of a payload that is known to be small enough.
    pub fn read_all(&self, id: PayloadId) -> Result<Vec<u8>, PayloadError> {
        let mut reader = self.open_payload(id)?;
        let bytes = reader.len();
        reader.read_range(0, bytes)
    }

    /// Removes a payload that no row names: a submission that turned out to be a repeat.
    pub fn discard(&self, id: PayloadId) -> Result<(), PayloadError> {
        match fs::remove_file(self.path(id)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(PayloadError::Read { id, source }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Two levels of folders by the id's last characters, which change fastest: no folder grows large.
    fn path(&self, id: PayloadId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(&name[10..12]).join(name)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::domain::limits::FRAME_BYTES;

    fn store(folder: &Path) -> PayloadStore {
        PayloadStore::open("file:payloads", folder, MasterKey::from_hex(&"ab".repeat(32)).unwrap()).unwrap()
    }

    fn sample(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|n| (n * 7 + n / 251) as u8).collect()
    }

    #[test]
    fn a_payload_reads_back_whole_and_by_range() {
        let folder = tempfile::tempdir().unwrap();
        let payloads = store(folder.path());
        let data = sample(2 * FRAME_BYTES + 1234);
        let sealed = payloads.seal(PayloadId(1), &data).unwrap();
        assert_eq!(sealed.bytes, data.len() as u64);
        assert_eq!(payloads.read_all(PayloadId(1)).unwrap(), data);
        let mut reader = payloads.open_payload(PayloadId(1)).unwrap();
        for (offset, length) in [(0, 10), (FRAME_BYTES - 3, 7), (2 * FRAME_BYTES, 1234), (5, FRAME_BYTES * 2)] {
            assert_eq!(reader.read_range(offset as u64, length as u64).unwrap(), data[offset..offset + length]);
        }
        let mut all = Vec::new();
        payloads.open_payload(PayloadId(1)).unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, data);
    }

    #[test]
    fn an_empty_payload_is_a_payload() {
        let folder = tempfile::tempdir().unwrap();
        let payloads = store(folder.path());
        assert_eq!(payloads.seal(PayloadId(2), b"").unwrap().bytes, 0);
        assert!(payloads.read_all(PayloadId(2)).unwrap().is_empty());
    }

    #[test]
    fn one_flipped_bit_is_found_and_nothing_is_in_the_clear() {
        let folder = tempfile::tempdir().unwrap();
        let payloads = store(folder.path());
        payloads.seal(PayloadId(3), b"NM1*IL*1*DOE*JANE").unwrap();
        let path = payloads.path(PayloadId(3));
        let clean = fs::read(&path).unwrap();
        assert!(!clean.windows(3).any(|w| w == b"DOE"));
        for place in [10, clean.len() / 2, clean.len() - 2] {
            let mut spoiled = clean.clone();
            spoiled[place] ^= 1;
            fs::write(&path, &spoiled).unwrap();
            assert!(payloads.read_all(PayloadId(3)).is_err(), "bit at {place}");
        }
    }

    #[test]
    fn an_abandoned_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let payloads = store(folder.path());
        let mut writer = payloads.create(PayloadId(4)).unwrap();
        writer.write(&sample(FRAME_BYTES * 2)).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(folder.path().join("payloads/unfinished")).unwrap().count(), 0);
        assert!(matches!(payloads.open_payload(PayloadId(4)), Err(PayloadError::Missing { .. })));
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path()).seal(PayloadId(5), b"ISA").unwrap();
        let key = MasterKey::from_hex(&"cd".repeat(32)).unwrap();
        let other = PayloadStore::open("file:payloads", folder.path(), key).unwrap();
        assert!(matches!(other.read_all(PayloadId(5)), Err(PayloadError::OtherKey { .. })));
    }
}
