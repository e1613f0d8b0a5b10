//! Payloads as files of a folder: written under a temporary name, synced, renamed into place, the folder synced.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::frames::{BOUND_BYTES, SLOT_BYTES};
use crate::domain::{CrashPoint, passing};

/// The folder of writes under way.
pub(super) const UNFINISHED: &str = "unfinished";

/// A file being written. Dropped before it is finished, it leaves nothing.
pub(super) struct FileSink {
    file: File,
    /// `None` once renamed; until then dropping the writer removes it.
    unfinished: Option<PathBuf>,
    path: PathBuf,
}

impl FileSink {
    pub(super) fn create(folder: &Path, name: &str, path: PathBuf) -> io::Result<FileSink> {
        let unfinished = folder.join(UNFINISHED).join(name);
        let file = File::create_new(&unfinished)?;
        Ok(FileSink { file, unfinished: Some(unfinished), path })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        passing(CrashPoint::PayloadWritten);
        self.file.sync_all()?;
        passing(CrashPoint::PayloadSynced);
        let folder = self.path.parent().expect("payloads stand in folders");
        make_durable(folder)?;
        let unfinished = self.unfinished.as_ref().expect("a sink finishes once");
        fs::rename(unfinished, &self.path)?;
        self.unfinished = None;
        passing(CrashPoint::PayloadRenamed);
        sync_folder(folder)?;
        passing(CrashPoint::PayloadDurable);
        Ok(())
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if let Some(path) = self.unfinished.take() {
            // What cannot be removed now is removed when the store is opened next.
            let _ = fs::remove_file(path);
        }
    }
}

/// Puts a wrapped key into the free place of a file's header, then wipes the other: each durable before the next, so
/// that a key that opens the file stands in it at every moment.
pub(super) fn replace_key(path: &Path, free: usize, slot: &[u8], used: &[usize]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    let at = |place: usize| (BOUND_BYTES + place * SLOT_BYTES) as u64;
    file.write_all_at(slot, at(free))?;
    file.sync_all()?;
    wipe_keys(path, used)
}

/// Wipes places of a file's header whose keys are no longer wanted.
pub(super) fn wipe_keys(path: &Path, places: &[usize]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    for place in places {
        file.write_all_at(&[0; SLOT_BYTES], (BOUND_BYTES + place * SLOT_BYTES) as u64)?;
    }
    file.sync_all()
}

/// Folders that this process has seen to be on the disk.
static DURABLE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Makes a folder and its entry in the folder above durable. Whoever finds it made by another waits here until it
/// is on the disk too; one left by an earlier run, which may have been cut off in between, is seen to once.
fn make_durable(folder: &Path) -> io::Result<()> {
    // The set only ever grows by whole entries, so a panic elsewhere leaves it sound.
    let mut durable = DURABLE.lock().unwrap_or_else(PoisonError::into_inner);
    if !durable.contains(folder) || !folder.exists() {
        fs::create_dir_all(folder)?;
        sync_folder(folder.parent().expect("below the payload folder"))?;
        durable.insert(folder.to_path_buf());
    }
    Ok(())
}

/// A rename is durable once its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
