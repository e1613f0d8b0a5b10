//! Payloads as objects of an S3-compatible bucket. This room opens no sockets: whoever opens the store brings the
//! bucket as [`Objects`].

use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

/// A bucket, or the part of it under a prefix. All calls block and may be made from any thread; whatever they put is
/// durable when they return. What is not there is [`io::ErrorKind::NotFound`].
pub trait Objects: Send + Sync + Debug {
    /// Puts an object whole; one of that key that is there already is [`io::ErrorKind::AlreadyExists`].
    fn put_new(&self, key: &str, bytes: Vec<u8>) -> io::Result<()>;
    /// Puts an object whole, in the place of one that may be there.
    fn put(&self, key: &str, bytes: Vec<u8>) -> io::Result<()>;
    /// Begins a large object, for parts of at least 5 MiB but the last.
    fn begin(&self, key: &str) -> io::Result<Box<dyn ObjectUpload>>;
    /// Bytes `from..to`, cut at the object's end, and the size of the object.
    fn read(&self, key: &str, from: u64, to: u64) -> io::Result<(Vec<u8>, u64)>;
    fn remove(&self, key: &str) -> io::Result<()>;
    /// A page of objects whose keys come after the given one, in the order of their keys; empty at the end.
    fn list(&self, after: Option<&str>) -> io::Result<Vec<ObjectEntry>>;
    /// Where an object is, for a person.
    fn place(&self, key: &str) -> String;
}

/// A large object under way. Dropped before it is complete, it leaves nothing.
pub trait ObjectUpload: Send {
    fn part(&mut self, bytes: Vec<u8>) -> io::Result<()>;
    fn complete(self: Box<Self>) -> io::Result<()>;
}

#[derive(Clone, Debug)]
pub struct ObjectEntry {
    pub key: String,
    pub modified: SystemTime,
}

/// An object is sent in parts of this size.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Asked for when an object is opened: many are no larger and need no second request.
const FIRST_BYTES: u64 = 256 * 1024;
/// Asked for at one time where an object is read on from where the last read ended.
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;

/// An object being written.
pub(super) struct ObjectSink {
    objects: Arc<dyn Objects>,
    key: String,
    waiting: Vec<u8>,
    upload: Option<Box<dyn ObjectUpload>>,
}

impl ObjectSink {
    pub(super) fn new(objects: Arc<dyn Objects>, key: String) -> ObjectSink {
        ObjectSink { objects, key, waiting: Vec::new(), upload: None }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() < PART_BYTES {
            return Ok(());
        }
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self.upload.insert(self.objects.begin(&self.key)?),
        };
        upload.part(std::mem::take(&mut self.waiting))
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        match self.upload.take() {
            None => self.objects.put_new(&self.key, waiting),
            Some(upload) if waiting.is_empty() => upload.complete(),
            Some(mut upload) => {
                upload.part(waiting)?;
                upload.complete()
            }
        }
    }
}

/// An object being read.
pub(super) struct ObjectSource {
    objects: Arc<dyn Objects>,
    key: String,
    bytes: u64,
    /// What was read last, and where it begins.
    window: Vec<u8>,
    window_at: u64,
}

impl ObjectSource {
    pub(super) fn open(objects: Arc<dyn Objects>, key: String) -> io::Result<ObjectSource> {
        let (window, bytes) = objects.read(&key, 0, FIRST_BYTES)?;
        Ok(ObjectSource { objects, key, bytes, window, window_at: 0 })
    }

    pub(super) fn len(&self) -> u64 {
        self.bytes
    }

    pub(super) fn read_at(&mut self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let end = at.checked_add(length as u64).filter(|&end| end <= self.bytes).ok_or(io::ErrorKind::UnexpectedEof)?;
        let window_end = self.window_at + self.window.len() as u64;
        if at < self.window_at || end > window_end {
            let goes_on = (self.window_at..=window_end).contains(&at);
            let wanted = if goes_on { end.max(at + AHEAD_BYTES).min(self.bytes) } else { end };
            let (window, bytes) = self.objects.read(&self.key, at, wanted)?;
            if bytes != self.bytes || window.len() as u64 != wanted - at {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            (self.window, self.window_at) = (window, at);
        }
        let from = (at - self.window_at) as usize;
        Ok(self.window[from..from + length].to_vec())
    }
}
