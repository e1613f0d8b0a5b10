//! A file's bytes on their way into the check, and the way back to those that a finding points at: a second look
//! into the file, or, where the input cannot be read twice, what is kept of its last part.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use aws_lc_rs::digest::{self, SHA256};
use indicatif::{ProgressBar, ProgressStyle};

use super::files::is_standard_input;
use crate::cli::output::why_unread;

/// Inputs smaller than this are checked before a bar could be seen.
const PROGRESS_BYTES_MIN: u64 = 4 * 1024 * 1024;
/// Kept of an input that cannot be read twice. A finding is told when its claim ends, so this is the longest claim
/// whose first segment can still be shown.
const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Looked at for the sender, before the check.
const HEAD_BYTES: u64 = 4096;
const HASHED_AT_ONCE_BYTES: usize = 256 * 1024;

/// The bytes of one file, read once from begin to end.
pub(super) struct Source {
    input: Box<dyn Read + Send>,
    /// Read before the check asked for it.
    head: io::Cursor<Vec<u8>>,
    again: Again,
    progress: Progress,
    /// Of an input whose digest is wanted and that cannot be read twice.
    digest: Option<digest::Context>,
}

/// Reads bytes of the input once more.
#[derive(Clone)]
pub(super) enum Again {
    File(Arc<File>),
    Kept(Arc<Mutex<Kept>>),
}

/// A ring of the last bytes read.
#[derive(Default)]
pub(super) struct Kept {
    ring: Vec<u8>,
    /// Of the byte after the last one.
    end: u64,
}

struct Progress {
    seen: u64,
    total: Option<u64>,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Source {
    pub fn open(path: &Path) -> Result<Source> {
        if is_standard_input(path) {
            // A file that the shell opened for us can be read twice as well.
            let file = io::stdin().as_fd().try_clone_to_owned().map(File::from).ok().filter(|file| {
                let at_begin = io::Seek::stream_position(&mut &*file).is_ok_and(|at| at == 0);
                at_begin && file.metadata().is_ok_and(|about| about.is_file())
            });
            return Ok(match file {
                Some(file) => Source::of_file(file),
                None => Source::of_stream(Box::new(io::stdin())),
            });
        }
        let file = File::open(path).map_err(|error| anyhow!("{}: {}", path.display(), why_unread(&error)))?;
        match file.metadata().is_ok_and(|about| about.is_file()) {
            true => Ok(Source::of_file(file)),
            false => Ok(Source::of_stream(Box::new(file))),
        }
    }

    fn of_file(file: File) -> Source {
        let file = Arc::new(file);
        let total = file.metadata().map(|about| about.len()).ok();
        Source::new(Box::new(file.clone()), Again::File(file), total)
    }

    pub(super) fn of_stream(input: Box<dyn Read + Send>) -> Source {
        Source::new(input, Again::Kept(Arc::default()), None)
    }

    fn new(input: Box<dyn Read + Send>, again: Again, total: Option<u64>) -> Source {
        let wanted = io::stderr().is_terminal() && total.is_none_or(|total| total >= PROGRESS_BYTES_MIN);
        let progress = Progress { seen: 0, total, wanted, bar: None };
        Source { input, head: io::Cursor::default(), again, progress, digest: None }
    }

    pub fn again(&self) -> Again {
        self.again.clone()
    }

    /// The first bytes, which the check reads all the same.
    pub fn head(&mut self) -> io::Result<&[u8]> {
        if self.head.get_ref().is_empty() {
            let mut head = Vec::new();
            self.input.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
            self.head = io::Cursor::new(head);
        }
        Ok(self.head.get_ref())
    }

    /// SHA-256 of the whole file, before it is checked; `None` where it cannot be read twice: then it is there after
    /// the check, from [`Source::digest_read`].
    pub fn digest(&mut self) -> io::Result<Option<[u8; 32]>> {
        let Again::File(file) = &self.again else {
            self.digest = Some(digest::Context::new(&SHA256));
            return Ok(None);
        };
        let (mut context, mut offset) = (digest::Context::new(&SHA256), 0);
        let mut bytes = vec![0; HASHED_AT_ONCE_BYTES];
        loop {
            match file.read_at(&mut bytes, offset)? {
                0 => return Ok(Some(sha256(context))),
                count => {
                    context.update(&bytes[..count]);
                    offset += count as u64;
                }
            }
        }
    }

    /// Of what was read, where it was asked for with [`Source::digest`].
    pub fn digest_read(&mut self) -> Option<[u8; 32]> {
        self.digest.take().map(sha256)
    }
}

fn sha256(context: digest::Context) -> [u8; 32] {
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = match self.head.read(into)? {
            0 => self.input.read(into)?,
            count => count,
        };
        let bytes = &into[..count];
        if let Again::Kept(kept) = &self.again {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        self.progress.passed(count);
        Ok(count)
    }
}

impl Again {
    /// At most `most` bytes from `offset` on; empty where they are not at hand any more.
    pub fn read(&self, offset: u64, most: usize) -> Vec<u8> {
        match self {
            Again::File(file) => {
                let mut bytes = vec![0; most];
                let mut length = 0;
                // A file that cannot be read now is told by the check itself, which reads it too.
                while let Ok(count @ 1..) = file.read_at(&mut bytes[length..], offset + length as u64) {
                    length += count;
                }
                bytes.truncate(length);
                bytes
            }
            Again::Kept(kept) => kept.lock().unwrap_or_else(PoisonError::into_inner).read(offset, most),
        }
    }
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        let skipped = bytes.len().saturating_sub(KEPT_BYTES_MAX);
        self.end += skipped as u64;
        for part in bytes[skipped..].chunks(KEPT_BYTES_MAX / 4) {
            let at = (self.end % KEPT_BYTES_MAX as u64) as usize;
            let first = part.len().min(KEPT_BYTES_MAX - at);
            self.put(at, &part[..first]);
            self.put(0, &part[first..]);
            self.end += part.len() as u64;
        }
    }

    /// Small inputs need a small ring.
    fn put(&mut self, at: usize, bytes: &[u8]) {
        if self.ring.len() < at + bytes.len() {
            self.ring.resize(at + bytes.len(), 0);
        }
        self.ring[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn read(&self, offset: u64, most: usize) -> Vec<u8> {
        let oldest = self.end.saturating_sub(KEPT_BYTES_MAX as u64);
        if offset < oldest || offset >= self.end {
            return Vec::new();
        }
        let length = (self.end - offset).min(most as u64) as usize;
        let at = (offset % KEPT_BYTES_MAX as u64) as usize;
        let first = length.min(self.ring.len() - at);
        [&self.ring[at..at + first], &self.ring[..length - first]].concat()
    }
}

impl Progress {
    fn passed(&mut self, count: usize) {
        if !self.wanted {
            return;
        }
        self.seen += count as u64;
        match &self.bar {
            Some(bar) => bar.set_position(self.seen),
            None if self.seen >= PROGRESS_BYTES_MIN.min(self.total.unwrap_or(u64::MAX)) => self.bar = Some(self.draw()),
            None => {}
        }
    }

    fn draw(&self) -> ProgressBar {
        let (bar, template) = match self.total {
            Some(total) => (ProgressBar::new(total), "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"),
            None => (ProgressBar::no_length(), "{spinner} {bytes} {bytes_per_sec}"),
        };
        bar.with_style(ProgressStyle::with_template(template).expect("the template is a constant"))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn numbered(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn an_input_that_cannot_be_read_twice_keeps_its_last_part() {
        let bytes = numbered(3 * KEPT_BYTES_MAX + 12_345);
        let mut source = Source::of_stream(Box::new(io::Cursor::new(bytes.clone())));
        let again = source.again();
        assert_eq!(source.head().unwrap(), &bytes[..4096]);
        let mut read = Vec::new();
        source.read_to_end(&mut read).unwrap();
        assert!(read == bytes, "the bytes changed on their way");
        for back in [1, 100, KEPT_BYTES_MAX / 2, KEPT_BYTES_MAX] {
            let offset = bytes.len() - back;
            let expected = &bytes[offset..bytes.len().min(offset + 1000)];
            assert!(again.read(offset as u64, 1000) == expected, "{back} back");
        }
        assert!(again.read(0, 1000).is_empty());
        assert!(again.read(bytes.len() as u64, 1000).is_empty());
    }

    #[test]
    fn a_file_and_a_stream_have_the_same_digest() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&numbered(100_000)).unwrap();
        let of_file = Source::open(file.path()).unwrap().digest().unwrap();
        let mut stream = Source::of_stream(Box::new(io::Cursor::new(numbered(100_000))));
        assert_eq!(stream.digest().unwrap(), None);
        io::copy(&mut stream, &mut io::sink()).unwrap();
        assert!(of_file.is_some());
        assert_eq!(stream.digest_read(), of_file);
    }
}
