//! Writes a payload: into a temporary name, synced, renamed into place, the folder synced.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::digest;

use super::frames::{self, DIGEST_BYTES, END_MAGIC, HEADER_BYTES, INDEX_FRAME};
use super::{MasterKey, PayloadError};
use crate::domain::ids::PayloadId;
use crate::domain::limits::FRAME_BYTES;

/// The folder of writes under way.
pub(super) const UNFINISHED: &str = "unfinished";

/// What a finished payload is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub id: PayloadId,
    /// Of the plain bytes.
    pub sha256: [u8; DIGEST_BYTES],
    pub bytes: u64,
}

pub struct PayloadWriter {
    id: PayloadId,
    file: File,
    /// `None` once renamed; until then dropping the writer removes it.
    unfinished: Option<PathBuf>,
    path: PathBuf,
    key: LessSafeKey,
    frame: Vec<u8>,
    places: Vec<u64>,
    written: u64,
    bytes: u64,
    digest: digest::Context,
}

impl PayloadWriter {
    pub(super) fn create(
        folder: &Path,
        path: PathBuf,
        id: PayloadId,
        master: &MasterKey,
    ) -> Result<PayloadWriter, PayloadError> {
        let unfinished = folder.join(UNFINISHED).join(id.to_string());
        let file = File::create_new(&unfinished).map_err(failed)?;
        let header = frames::header(id);
        let (key, wrapped) = master.new_file_key(&header);
        let mut writer = PayloadWriter {
            id,
            unfinished: Some(unfinished),
            path,
            key,
            frame: Vec::new(),
            places: Vec::new(),
            written: HEADER_BYTES as u64,
            bytes: 0,
            digest: digest::Context::new(&digest::SHA256),
            file,
        };
        writer.frame.reserve(4096);
        // Only now, when a failure takes the file away again: a batch's number is drawn once, and a file left
        // behind under it would be in the way of every later try.
        writer.file.write_all(&[&header[..], &wrapped[..]].concat()).map_err(failed)?;
        Ok(writer)
    }

    pub fn write(&mut self, mut data: &[u8]) -> Result<(), PayloadError> {
        self.digest.update(data);
        self.bytes += data.len() as u64;
        while !data.is_empty() {
            let part = data.len().min(FRAME_BYTES - self.frame.len());
            self.frame.extend_from_slice(&data[..part]);
            data = &data[part..];
            if self.frame.len() == FRAME_BYTES {
                self.seal_frame()?;
            }
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the payload durable under its final name.
    pub fn finish(mut self) -> Result<Sealed, PayloadError> {
        if !self.frame.is_empty() {
            self.seal_frame()?;
        }
        let mut sha256 = [0; DIGEST_BYTES];
        sha256.copy_from_slice(self.digest.clone().finish().as_ref());
        let mut index = Vec::with_capacity(self.places.len() * 8 + 8 + DIGEST_BYTES);
        self.places.iter().for_each(|place| index.extend_from_slice(&place.to_be_bytes()));
        index.extend_from_slice(&self.bytes.to_be_bytes());
        index.extend_from_slice(&sha256);
        let mut end = frames::seal(&self.key, self.id, INDEX_FRAME, &index).map_err(failed)?;
        let length = u32::try_from(end.len()).expect("an index of 4 GiB would be of a file of 500 TB");
        end.extend_from_slice(&length.to_be_bytes());
        end.extend_from_slice(&END_MAGIC);
        self.file.write_all(&end).map_err(failed)?;
        self.file.sync_all().map_err(failed)?;
        self.put_in_place().map_err(failed)?;
        Ok(Sealed { id: self.id, sha256, bytes: self.bytes })
    }

    fn seal_frame(&mut self) -> Result<(), PayloadError> {
        let number = self.places.len() as u64;
        let sealed = frames::seal(&self.key, self.id, number, &self.frame).map_err(failed)?;
        self.frame.clear();
        self.places.push(self.written);
        let length = u32::try_from(sealed.len()).expect("a frame is about a mebibyte");
        self.file.write_all(&length.to_be_bytes()).map_err(failed)?;
        self.file.write_all(&sealed).map_err(failed)?;
        self.written += 4 + sealed.len() as u64;
        Ok(())
    }

    fn put_in_place(&mut self) -> io::Result<()> {
        let folder = self.path.parent().expect("payloads stand in folders");
        make_durable(folder)?;
        let unfinished = self.unfinished.as_ref().expect("a writer finishes once");
        fs::rename(unfinished, &self.path)?;
        self.unfinished = None;
        sync_folder(folder)
    }
}

impl Drop for PayloadWriter {
    fn drop(&mut self) {
        if let Some(path) = self.unfinished.take() {
            // What cannot be removed now is removed when the store is opened next.
            let _ = fs::remove_file(path);
        }
    }
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

fn failed(source: io::Error) -> PayloadError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PayloadError::DiskFull { source },
        _ => PayloadError::Write { source },
    }
}
