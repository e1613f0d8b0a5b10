//! Payloads: the bytes partners sent and were sent, sealed. A payload is made of frames, each compressed and then
//! encrypted, so that one claim's segments are read without opening the whole of it. It is written once and is never
//! changed but for the wrapping of its key. A small one stands in the row that names it, so that one commit makes all
//! of a small file durable; a larger one stands in a folder or a bucket and is durable when
//! [`PayloadWriter::finish`] returns.
//!
//! All calls block; from asynchronous code go through `spawn_blocking`.

mod folder;
mod frames;
mod keys;
mod objects;
mod place;
mod reader;
mod rekey;
mod ring;
mod still;
#[cfg(test)]
mod tests;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::ids::PayloadId;
use place::{Place, Source};

pub use keys::{KeyId, MasterKey};
pub use objects::{ObjectEntry, ObjectUpload, Objects};
pub use place::Standing;
pub use reader::PayloadReader;
pub use rekey::Rewrapped;
pub use ring::{KeyRing, Rotated, rotate};
pub use still::{Kept, path_in};
pub use writer::{Held, PayloadWriter, Sealed};

/// Where a small payload is, for a person.
const IN_ROW: &str = "the database";

#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    #[error("payloads.url `{url}` is not understood: write file:FOLDER, as in file:var/payloads")]
    Url { url: String },
    #[error("the master key {path} cannot be read: run `claimgate certs init`")]
    MasterKey { path: PathBuf, source: io::Error },
    #[error(
        "the master key {path} is not 64 hexadecimal digits: restore it from your backup; without it no payload opens"
    )]
    MasterKeyForm { path: PathBuf },
    #[error("the new master key could not be written to {path}; the old one stays in use")]
    NewMasterKey { path: PathBuf, source: io::Error },
    #[error("the payload folder {folder} cannot be used")]
    Folder { folder: PathBuf, source: io::Error },
    #[error("the bucket {place} cannot be used")]
    Bucket { place: String, source: io::Error },
    #[error(
        "a backup of the payloads is under way, or they are removed or wrapped anew just now: try again when that has ended"
    )]
    BackupUnderWay,
    #[error("payloads are being removed or wrapped anew just now: begin the backup when that has ended")]
    RemovalUnderWay,
    #[error("the payload cannot be written: the disk is full")]
    DiskFull { source: io::Error },
    #[error("the payload cannot be written: its folder can only be read")]
    ReadOnly { source: io::Error },
    #[error("the payload cannot be written")]
    Write { source: io::Error },
    #[error("payload {id} is missing: restore {place} from your backup")]
    Missing { id: PayloadId, place: String },
    #[error("payload {id} cannot be read")]
    Read { id: PayloadId, source: io::Error },
    #[error("payload {id} is damaged at byte {offset}: restore {place} from your backup")]
    Damaged { id: PayloadId, offset: u64, place: String },
    #[error(
        "payload {id} was sealed with a master key that is neither certs/master.key nor one of certs/master.key.old*: \
         put that key back under such a name"
    )]
    OtherKey { id: PayloadId },
}

/// The sealed payloads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PayloadStore {
    place: Place,
    ring: Arc<KeyRing>,
}

impl PayloadStore {
    /// Opens a folder named by a URL; relative paths are taken from `base`.
    pub fn open(url: &str, base: &Path, keys: impl Into<KeyRing>) -> Result<PayloadStore, PayloadError> {
        match url.strip_prefix("file:") {
            Some(path) if !path.is_empty() => {
                PayloadStore::open_folder(&base.join(path.strip_prefix("//").unwrap_or(path)), keys)
            }
            Some(_) | None => Err(PayloadError::Url { url: url.to_string() }),
        }
    }

    /// Leftovers of writes that a crash cut short are removed.
    pub fn open_folder(folder: &Path, keys: impl Into<KeyRing>) -> Result<PayloadStore, PayloadError> {
        let store = PayloadStore::open_beside(folder, keys)?;
        let unusable = |source| PayloadError::Folder { folder: folder.to_path_buf(), source };
        for leftover in fs::read_dir(folder.join(folder::UNFINISHED)).map_err(unusable)? {
            fs::remove_file(leftover.map_err(unusable)?.path()).map_err(unusable)?;
        }
        Ok(store)
    }

    /// For a command beside a gateway that may be running: what is being written now is left alone.
    pub fn open_beside(folder: &Path, keys: impl Into<KeyRing>) -> Result<PayloadStore, PayloadError> {
        let unusable = |source| PayloadError::Folder { folder: folder.to_path_buf(), source };
        fs::create_dir_all(folder.join(folder::UNFINISHED)).map_err(unusable)?;
        Ok(PayloadStore { place: Place::Folder(folder.into()), ring: Arc::new(keys.into()) })
    }

    /// Opens a bucket, and sees that it answers.
    pub fn open_bucket(objects: Arc<dyn Objects>, keys: impl Into<KeyRing>) -> Result<PayloadStore, PayloadError> {
        let unusable = |source| PayloadError::Bucket { place: objects.place(""), source };
        objects.list(None).map_err(unusable)?;
        Ok(PayloadStore { place: Place::Objects(objects), ring: Arc::new(keys.into()) })
    }

    /// The master key that new payloads are sealed with.
    pub fn sealed_with(&self) -> KeyId {
        self.ring.current().id()
    }

    /// The master keys that open payloads here, the one that seals first.
    pub fn opened_with(&self) -> Vec<KeyId> {
        self.ring.ids()
    }

    /// Begins a payload. Dropping the writer without finishing it leaves nothing behind.
    pub fn create(&self, id: PayloadId) -> PayloadWriter {
        PayloadWriter::new(self.place.clone(), id, &self.ring.current())
    }

    /// Seals bytes that are already in memory.
    pub fn seal(&self, id: PayloadId, bytes: &[u8]) -> Result<Sealed, PayloadError> {
        let mut writer = self.create(id);
        writer.write(bytes)?;
        writer.finish()
    }

    /// Opens a payload whose row holds these sealed bytes, or none: then it stands apart.
    pub fn open_stored(&self, id: PayloadId, in_row: Option<Arc<[u8]>>) -> Result<PayloadReader, PayloadError> {
        match in_row {
            Some(sealed) => self.reader(Source::Memory(sealed), id, IN_ROW.to_string()),
            None => self.reader(self.open_source(id)?, id, self.place.describe(id)),
        }
    }

    /// Opens a payload that may have no row yet.
    pub fn open_sealed(&self, sealed: &Sealed) -> Result<PayloadReader, PayloadError> {
        match &sealed.held {
            Held::WithRow(bytes) => self.open_stored(sealed.id, Some(bytes.clone())),
            Held::Apart => self.open_stored(sealed.id, None),
        }
    }

    /// Removes a payload that no row names: a submission that turned out to be a repeat. Of a small one nothing is
    /// anywhere but in its row.
    pub fn discard(&self, id: PayloadId) -> Result<(), PayloadError> {
        self.place.remove(id).map_err(|source| PayloadError::Read { id, source })
    }

    /// A page of the payloads that stand apart, named by rows or not, and where the next page goes on; `None` at the
    /// end.
    pub fn standing(&self, after: Option<&str>) -> Result<Option<(Vec<Standing>, String)>, PayloadError> {
        let unusable = |source| match &self.place {
            Place::Folder(folder) => PayloadError::Folder { folder: folder.to_path_buf(), source },
            Place::Objects(objects) => PayloadError::Bucket { place: objects.place(""), source },
        };
        self.place.list(after).map_err(unusable)
    }

    fn open_source(&self, id: PayloadId) -> Result<Source, PayloadError> {
        self.place.open(id).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => PayloadError::Missing { id, place: self.place.describe(id) },
            _ => PayloadError::Read { id, source },
        })
    }

    fn reader(&self, source: Source, id: PayloadId, place: String) -> Result<PayloadReader, PayloadError> {
        PayloadReader::open(source, id, place, |head| self.key_of(id, head))
    }
}
