//! The master keys of a gateway: `certs/master.key` seals, and it and every `certs/master.key.old*` open. A gateway
//! that runs notices a new `master.key` before it seals the next payload, and looks for old ones that it has not
//! seen when it meets a payload that none of its keys opens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::PayloadError;
use super::frames::Head;
use super::keys::{self, FileKey, KeyId, MasterKey};

const CURRENT: &str = "master.key";
/// What the names of old keys begin with.
const OLD: &str = "master.key.old";

#[derive(Debug)]
pub struct KeyRing {
    /// Where the keys are read from; `None` for a key that was given.
    folder: Option<PathBuf>,
    held: RwLock<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    current: Arc<MasterKey>,
    old: Vec<Arc<MasterKey>>,
    /// How `master.key` looked when it was read.
    stamp: Option<Stamp>,
}

/// Inode and time of change: a new key is renamed into place.
type Stamp = (u64, i64, i64);

impl From<MasterKey> for KeyRing {
    fn from(key: MasterKey) -> KeyRing {
        let held = Held { current: Arc::new(key), old: Vec::new(), stamp: None };
        KeyRing { folder: None, held: RwLock::new(held) }
    }
}

impl KeyRing {
    /// Reads the keys of `paths.certs`.
    pub fn read(folder: &Path) -> Result<KeyRing, PayloadError> {
        Ok(KeyRing { held: RwLock::new(read(folder)?), folder: Some(folder.to_path_buf()) })
    }

    /// The key that new payloads are sealed with.
    pub fn current(&self) -> Arc<MasterKey> {
        if let Some(folder) = &self.folder {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            if stamp(folder).is_none_or(|now| held.stamp == Some(now)) {
                return held.current.clone();
            }
            drop(held);
            self.read_again(folder);
        }
        self.held.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// Of all keys, the one in use first.
    pub fn ids(&self) -> Vec<KeyId> {
        let current = self.current().id();
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let old = held.old.iter().map(|key| key.id()).filter(|&id| id != current);
        std::iter::once(current).chain(old).collect()
    }

    /// The payload's own key; `None` when no key here wrapped it.
    pub(super) fn unwrap(&self, head: &Head) -> Option<FileKey> {
        if let Some(key) = self.try_all(head) {
            return Some(key);
        }
        self.read_again(self.folder.as_deref()?);
        self.try_all(head)
    }

    fn try_all(&self, head: &Head) -> Option<FileKey> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let all = || std::iter::once(&held.current).chain(&held.old);
        let fits = |named: Option<KeyId>, key: &MasterKey| named.is_none_or(|id| id == key.id());
        head.slots.iter().find_map(|slot| {
            let mut keys = all().filter(|key| fits(slot.key, key));
            keys.find_map(|key| key.unwrap(&head.bound_to, &slot.wrapped))
        })
    }

    /// Keeps what it has when the keys cannot be read now: a damaged new key must not close what the old ones open.
    fn read_again(&self, folder: &Path) {
        match read(folder) {
            Ok(held) => *self.held.write().unwrap_or_else(PoisonError::into_inner) = held,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the master keys cannot be read again");
            }
        }
    }
}

/// Makes a new `master.key` and keeps the one there as `master.key.old-ID`. Either both or none of it has happened
/// when this is cut short: the old key is durable under its new name before the new one takes its place.
pub fn rotate(folder: &Path) -> Result<Rotated, PayloadError> {
    let path = folder.join(CURRENT);
    let old = MasterKey::read(&path)?;
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| PayloadError::NewMasterKey { path, source }
    };
    let kept = folder.join(format!("{OLD}-{}", old.id()));
    match fs::hard_link(&path, &kept) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(&kept)(error)),
        Ok(()) | Err(_) => {}
    }
    sync(folder).map_err(failed(&kept))?;
    let text = keys::fresh_hex();
    let new = MasterKey::from_hex(&text).expect("it was made so");
    let waiting = folder.join(format!("{CURRENT}.new"));
    write(&waiting, text.as_bytes()).map_err(failed(&waiting))?;
    fs::rename(&waiting, &path).and_then(|()| sync(folder)).map_err(failed(&path))?;
    Ok(Rotated { old: old.id(), new: new.id(), kept })
}

/// A change of the master key.
#[derive(Debug)]
pub struct Rotated {
    pub old: KeyId,
    pub new: KeyId,
    /// The file that holds the old key now.
    pub kept: PathBuf,
}

fn write(path: &Path, hex: &[u8]) -> io::Result<()> {
    // What a run left that was cut short is nobody's key.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(hex)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn read(folder: &Path) -> Result<Held, PayloadError> {
    let path = folder.join(CURRENT);
    let stamp = stamp(folder);
    let current = Arc::new(MasterKey::read(&path)?);
    let unreadable = |source| PayloadError::MasterKey { path: folder.to_path_buf(), source };
    let mut old = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(OLD)) {
            old.push(Arc::new(MasterKey::read(&entry.path())?));
        }
    }
    Ok(Held { current, old, stamp })
}

fn stamp(folder: &Path) -> Option<Stamp> {
    let about = fs::metadata(folder.join(CURRENT)).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}
