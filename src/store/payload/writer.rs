//! Writes a payload. A small one is sealed in memory, and its sealed bytes are stored with the row that names it; of a
//! larger one the frames are sealed and written by a thread of their own, so that whoever hands in the bytes only
//! copies them.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::thread::JoinHandle;

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::digest;

use super::PayloadError;
use super::frames::{self, DIGEST_BYTES, END_MAGIC, INDEX_FRAME};
use super::keys::{FileKey, MasterKey};
use super::place::{Place, Sink};
use crate::domain::ids::PayloadId;
use crate::domain::limits::{FRAME_BYTES, SMALL_PAYLOAD_BYTES_MAX};

/// What a finished payload is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub id: PayloadId,
    /// Of the plain bytes.
    pub sha256: [u8; DIGEST_BYTES],
    pub bytes: u64,
    pub held: Held,
}

/// Where a payload's sealed bytes are.
#[derive(Clone, PartialEq, Eq)]
pub enum Held {
    /// Durable in the folder or the bucket, or with a row that is there already.
    Apart,
    /// Here: they become durable with the row that names the payload.
    WithRow(Arc<[u8]>),
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Held::Apart => f.write_str("Apart"),
            Held::WithRow(bytes) => write!(f, "WithRow({} bytes)", bytes.len()),
        }
    }
}

/// Frames that wait to be sealed while the next is filled.
const FRAMES_AHEAD: usize = 2;

pub struct PayloadWriter {
    place: Place,
    bytes: u64,
    frame: Vec<u8>,
    step: Step,
}

enum Step {
    /// All that came is in the first frame.
    Small(Sealer),
    Large(Sealing),
    /// An earlier call failed, and said why.
    Failed,
}

impl PayloadWriter {
    pub(super) fn new(place: Place, id: PayloadId, master: &MasterKey) -> PayloadWriter {
        let step = Step::Small(Sealer::new(id, master));
        PayloadWriter { place, bytes: 0, frame: Vec::new(), step }
    }

    pub fn write(&mut self, mut data: &[u8]) -> Result<(), PayloadError> {
        self.bytes += data.len() as u64;
        while !data.is_empty() {
            let part = data.len().min(FRAME_BYTES - self.frame.len());
            self.frame.extend_from_slice(&data[..part]);
            data = &data[part..];
            if self.frame.len() == FRAME_BYTES {
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Seals the rest. A large payload is durable under its name after this, a small one with its row.
    pub fn finish(mut self) -> Result<Sealed, PayloadError> {
        if matches!(self.step, Step::Large(_)) && !self.frame.is_empty() {
            self.hand_over()?;
        }
        match std::mem::replace(&mut self.step, Step::Failed) {
            Step::Small(sealer) => sealer.whole(&self.place, &self.frame),
            Step::Large(sealing) => sealing.end(),
            Step::Failed => Err(failed(io::Error::other("it was given up before"))),
        }
    }

    /// Gives a frame to the thread that seals, which begins with the first.
    fn hand_over(&mut self) -> Result<(), PayloadError> {
        let frame = std::mem::take(&mut self.frame);
        let sealing = match std::mem::replace(&mut self.step, Step::Failed) {
            Step::Small(sealer) => Sealing::begin(&self.place, sealer)?,
            Step::Large(sealing) => sealing,
            Step::Failed => return Err(failed(io::Error::other("it was given up before"))),
        };
        match sealing.send(frame) {
            Ok(()) => {
                self.frame.reserve_exact(FRAME_BYTES);
                self.step = Step::Large(sealing);
                Ok(())
            }
            // It ended early: its trouble is the answer.
            Err(_) => Err(sealing.end().err().unwrap_or_else(|| failed(io::Error::other("sealing ended early")))),
        }
    }
}

/// The thread that seals and writes; dropped before its end, it leaves nothing.
struct Sealing {
    /// `None` when no more comes.
    frames: Option<SyncSender<Vec<u8>>>,
    /// `None` once joined.
    thread: Option<JoinHandle<Result<Option<Sealed>, PayloadError>>>,
}

impl Sealing {
    fn begin(place: &Place, sealer: Sealer) -> Result<Sealing, PayloadError> {
        let sink = place.create(sealer.id).map_err(failed)?;
        let (frames, waiting) = sync_channel(FRAMES_AHEAD);
        let thread = std::thread::Builder::new().name("seal".to_string());
        let thread = thread.spawn(move || sealer.stream(sink, &waiting)).map_err(failed)?;
        Ok(Sealing { frames: Some(frames), thread: Some(thread) })
    }

    /// `Err`: the thread has ended early, and has the reason.
    fn send(&self, frame: Vec<u8>) -> Result<(), SendError<Vec<u8>>> {
        self.frames.as_ref().expect("taken away at the end only").send(frame)
    }

    fn end(mut self) -> Result<Sealed, PayloadError> {
        // An empty frame says that there is no more; a channel that closes without it, that the payload is given up.
        let _ = self.send(Vec::new());
        match self.join() {
            Some(Ok(Ok(Some(sealed)))) => Ok(sealed),
            Some(Ok(Err(error))) => Err(error),
            Some(Ok(Ok(None))) | None => Err(failed(io::Error::other("sealing ended early"))),
            Some(Err(_)) => Err(failed(io::Error::other("the thread that seals panicked"))),
        }
    }

    fn join(&mut self) -> Option<std::thread::Result<Result<Option<Sealed>, PayloadError>>> {
        self.frames = None;
        self.thread.take().map(JoinHandle::join)
    }
}

impl Drop for Sealing {
    fn drop(&mut self) {
        // Waited for, so that nothing is left of it when its id is used again.
        let _ = self.join();
    }
}

/// Makes the sealed form of one payload.
struct Sealer {
    id: PayloadId,
    key: LessSafeKey,
    header: Vec<u8>,
    places: Vec<u64>,
    /// Sealed bytes so far.
    written: u64,
    bytes: u64,
    digest: digest::Context,
}

impl Sealer {
    fn new(id: PayloadId, master: &MasterKey) -> Sealer {
        let key = FileKey::fresh();
        let header = frames::new_header(id, &key, master);
        let written = header.len() as u64;
        let digest = digest::Context::new(&digest::SHA256);
        Sealer { id, key: key.cipher(), header, places: Vec::new(), written, bytes: 0, digest }
    }

    /// A payload of one frame or none.
    fn whole(mut self, place: &Place, frame: &[u8]) -> Result<Sealed, PayloadError> {
        let id = self.id;
        let mut sealed = std::mem::take(&mut self.header);
        if !frame.is_empty() {
            sealed.extend_from_slice(&self.frame(frame).map_err(failed)?);
        }
        let (end, mut known) = self.end().map_err(failed)?;
        sealed.extend_from_slice(&end);
        if sealed.len() <= SMALL_PAYLOAD_BYTES_MAX {
            known.held = Held::WithRow(sealed.into());
            return Ok(known);
        }
        let mut sink = place.create(id).map_err(failed)?;
        sink.write(&sealed).map_err(failed)?;
        sink.finish().map_err(failed)?;
        Ok(known)
    }

    /// `None` when whoever hands in the frames gave up.
    fn stream(mut self, mut sink: Sink, frames: &Receiver<Vec<u8>>) -> Result<Option<Sealed>, PayloadError> {
        sink.write(&std::mem::take(&mut self.header)).map_err(failed)?;
        while let Ok(frame) = frames.recv() {
            if frame.is_empty() {
                let (end, sealed) = self.end().map_err(failed)?;
                sink.write(&end).map_err(failed)?;
                sink.finish().map_err(failed)?;
                return Ok(Some(sealed));
            }
            sink.write(&self.frame(&frame).map_err(failed)?).map_err(failed)?;
        }
        Ok(None)
    }

    /// A frame as it is written.
    fn frame(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.digest.update(plain);
        self.bytes += plain.len() as u64;
        let sealed = frames::seal(&self.key, self.id, self.places.len() as u64, plain)?;
        self.places.push(self.written);
        self.written += 4 + sealed.len() as u64;
        let length = u32::try_from(sealed.len()).expect("a frame is about a mebibyte");
        Ok([&length.to_be_bytes()[..], &sealed[..]].concat())
    }

    /// What stands after the last frame, and what the payload is known by.
    fn end(self) -> io::Result<(Vec<u8>, Sealed)> {
        let mut sha256 = [0; DIGEST_BYTES];
        sha256.copy_from_slice(self.digest.finish().as_ref());
        let mut index = Vec::with_capacity(self.places.len() * 8 + 8 + DIGEST_BYTES);
        self.places.iter().for_each(|place| index.extend_from_slice(&place.to_be_bytes()));
        index.extend_from_slice(&self.bytes.to_be_bytes());
        index.extend_from_slice(&sha256);
        let mut end = frames::seal(&self.key, self.id, INDEX_FRAME, &index)?;
        let length = u32::try_from(end.len()).expect("an index of 4 GiB would be of a file of 500 TB");
        end.extend_from_slice(&length.to_be_bytes());
        end.extend_from_slice(&END_MAGIC);
        Ok((end, Sealed { id: self.id, sha256, bytes: self.bytes, held: Held::Apart }))
    }
}

pub(super) fn failed(source: io::Error) -> PayloadError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PayloadError::DiskFull { source },
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => PayloadError::ReadOnly { source },
        _ => PayloadError::Write { source },
    }
}
