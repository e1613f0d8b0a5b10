//! Keeps removing and copying payloads apart: who copies the folder holds it still, and who removes what is out of
//! date waits for another time. A lock of the system on a file in the folder, so it ends with its process.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::place::{self, Place};
use super::{PayloadError, PayloadStore};
use crate::domain::ids::PayloadId;

const LOCK: &str = "care.lock";

/// While it lives, the other side waits. Of a bucket it holds nothing: its copies are not ours to make.
#[derive(Debug)]
#[must_use = "dropping it lets go"]
pub struct Kept {
    _lock: Option<File>,
}

impl PayloadStore {
    /// While it is kept, nothing is removed because it is out of date.
    pub fn hold_still(&self) -> Result<Kept, PayloadError> {
        self.lock(File::try_lock_shared, || PayloadError::RemovalUnderWay)
    }

    /// While it is kept, no backup is begun, and nobody else removes payloads or wraps them anew.
    pub fn begin_removing(&self) -> Result<Kept, PayloadError> {
        self.lock(File::try_lock, || PayloadError::BackupUnderWay)
    }

    /// The folder where payloads stand; `None` when it is a bucket.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Objects(_) => None,
        }
    }

    fn lock(
        &self,
        take: impl FnOnce(&File) -> Result<(), TryLockError>,
        taken: impl FnOnce() -> PayloadError,
    ) -> Result<Kept, PayloadError> {
        let Some(folder) = self.folder() else { return Ok(Kept { _lock: None }) };
        let unusable = |source| PayloadError::Folder { folder: folder.to_path_buf(), source };
        let file =
            File::options().create(true).truncate(false).write(true).open(folder.join(LOCK)).map_err(unusable)?;
        match take(&file) {
            Ok(()) => Ok(Kept { _lock: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(taken()),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

/// Where a payload stands in a folder laid out as that of payloads.
pub fn path_in(folder: &Path, id: PayloadId) -> PathBuf {
    place::path(folder, id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MasterKey;

    #[test]
    fn nothing_is_removed_during_a_backup_and_no_backup_begins_during_a_removal() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::from_hex(&"ab".repeat(32)).unwrap();
        let store = PayloadStore::open_folder(folder.path(), key).unwrap();
        let (first, second) = (store.hold_still().unwrap(), store.hold_still().unwrap());
        assert!(matches!(store.begin_removing(), Err(PayloadError::BackupUnderWay)));
        drop((first, second));
        let removing = store.begin_removing().unwrap();
        assert!(matches!(store.hold_still(), Err(PayloadError::RemovalUnderWay)));
        drop(removing);
        drop(store.hold_still().unwrap());
    }
}
