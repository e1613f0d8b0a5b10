//! Reads a payload: in order, or any range of it, each frame checked as it is opened, and the digest of the whole
//! when all of it was read in order.

use std::io::{self, Read};

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::digest;

use super::PayloadError;
use super::frames::{self, DIGEST_BYTES, END_MAGIC, HEADER_BYTES, Head, INDEX_FRAME, TRAILER_BYTES};
use super::keys::FileKey;
use super::place::Source;
use crate::domain::ids::PayloadId;
use crate::domain::limits::FRAME_BYTES;

/// Asked for at the end of a payload: the index of nearly all is no larger.
const TAIL_BYTES: usize = 16 * 1024;

pub struct PayloadReader {
    id: PayloadId,
    /// For a person.
    place: String,
    source: Source,
    key: LessSafeKey,
    /// Where each frame begins, and where the last ends.
    places: Vec<u64>,
    bytes: u64,
    sha256: [u8; DIGEST_BYTES],
    /// The frame opened last, and its number.
    frame: Vec<u8>,
    frame_number: Option<u64>,
    /// Where `Read` goes on, and the digest of what it gave.
    position: u64,
    digest: digest::Context,
}

/// A payload's first bytes, read and understood.
pub(super) fn read_head(source: &mut Source, id: PayloadId, place: &str) -> Result<Head, PayloadError> {
    let trouble = |error| trouble(error, id, place, 0);
    let length = source.len().map_err(trouble)?;
    let head = source.read_at(0, HEADER_BYTES.min(usize::try_from(length).unwrap_or(HEADER_BYTES))).map_err(trouble)?;
    frames::head(&head, id).ok_or_else(|| PayloadError::Damaged { id, offset: 0, place: place.to_string() })
}

/// What is too short is damaged; other trouble may pass.
fn trouble(source: io::Error, id: PayloadId, place: &str, offset: u64) -> PayloadError {
    match source.kind() {
        io::ErrorKind::UnexpectedEof => PayloadError::Damaged { id, offset, place: place.to_string() },
        io::ErrorKind::NotFound => PayloadError::Missing { id, place: place.to_string() },
        _ => PayloadError::Read { id, source },
    }
}

impl PayloadReader {
    /// `key_of` finds the key that the head speaks of.
    pub(super) fn open(
        mut source: Source,
        id: PayloadId,
        place: String,
        key_of: impl FnOnce(&Head) -> Result<FileKey, PayloadError>,
    ) -> Result<PayloadReader, PayloadError> {
        let head = read_head(&mut source, id, &place)?;
        let key = key_of(&head)?;
        let mut reader = PayloadReader {
            id,
            place,
            source,
            key: key.cipher(),
            places: Vec::new(),
            bytes: 0,
            sha256: [0; DIGEST_BYTES],
            frame: Vec::new(),
            frame_number: None,
            position: 0,
            digest: digest::Context::new(&digest::SHA256),
        };
        reader.read_index(head.bytes as u64)?;
        Ok(reader)
    }

    /// Plain bytes in all.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    pub fn sha256(&self) -> [u8; DIGEST_BYTES] {
        self.sha256
    }

    /// Bytes `offset..offset + length`, cut at the payload's end.
    pub fn read_range(&mut self, offset: u64, length: u64) -> Result<Vec<u8>, PayloadError> {
        let end = offset.saturating_add(length).min(self.bytes);
        let mut out = Vec::with_capacity(usize::try_from(end.saturating_sub(offset)).unwrap_or(0));
        let mut at = offset;
        while at < end {
            let within = (at % FRAME_BYTES as u64) as usize;
            let frame = self.frame_at(at)?;
            let part = (frame.len() - within).min((end - at) as usize);
            out.extend_from_slice(&frame[within..within + part]);
            at += part as u64;
        }
        Ok(out)
    }

    /// All of it, for a payload that is known to be small enough.
    pub fn read_whole(mut self) -> Result<Vec<u8>, PayloadError> {
        let bytes = self.read_range(0, self.bytes)?;
        match digest::digest(&digest::SHA256, &bytes).as_ref() == self.sha256 {
            true => Ok(bytes),
            false => Err(self.damaged(self.bytes)),
        }
    }

    /// Reads to the end and keeps nothing: whether all of it is whole.
    pub fn check(mut self) -> Result<(), PayloadError> {
        while self.position < self.bytes {
            self.next_part(FRAME_BYTES, |_| ())?;
        }
        Ok(())
    }

    fn damaged(&self, offset: u64) -> PayloadError {
        PayloadError::Damaged { id: self.id, offset, place: self.place.clone() }
    }

    fn read_at(&mut self, at: u64, length: usize, told: u64) -> Result<Vec<u8>, PayloadError> {
        self.source.read_at(at, length).map_err(|error| trouble(error, self.id, &self.place, told))
    }

    /// The frame that holds byte `at`, which is within the payload.
    fn frame_at(&mut self, at: u64) -> Result<&[u8], PayloadError> {
        let number = at / FRAME_BYTES as u64;
        if self.frame_number != Some(number) {
            self.frame_number = None;
            self.frame = self.open_frame(number, at)?;
            self.frame_number = Some(number);
        }
        Ok(&self.frame)
    }

    fn open_frame(&mut self, number: u64, at: u64) -> Result<Vec<u8>, PayloadError> {
        let (from, to) = (self.places[number as usize], self.places[number as usize + 1]);
        let mut sealed = self.read_at(from, (to - from) as usize, at)?;
        let length = u32::from_be_bytes(sealed[..4].try_into().expect("four bytes"));
        if u64::from(length) != to - from - 4 {
            return Err(self.damaged(at));
        }
        sealed.drain(..4);
        let plain = frames::open(&self.key, self.id, number, sealed).ok_or_else(|| self.damaged(at))?;
        let expected = (self.bytes - number * FRAME_BYTES as u64).min(FRAME_BYTES as u64);
        if plain.len() as u64 == expected { Ok(plain) } else { Err(self.damaged(at)) }
    }

    fn read_index(&mut self, frames_at: u64) -> Result<(), PayloadError> {
        let length = self.source.len().map_err(|error| trouble(error, self.id, &self.place, 0))?;
        let damaged = || PayloadError::Damaged { id: self.id, offset: length, place: self.place.clone() };
        let trailer_at = length.checked_sub(TRAILER_BYTES as u64).ok_or_else(damaged)?;
        let tail_at = length.saturating_sub(TAIL_BYTES as u64);
        let tail = self.read_at(tail_at, (length - tail_at) as usize, length)?;
        let trailer = &tail[(trailer_at - tail_at) as usize..];
        if trailer[4..] != END_MAGIC {
            return Err(self.damaged(length));
        }
        let index_bytes = u64::from(u32::from_be_bytes(trailer[..4].try_into().expect("four bytes")));
        let index_at = trailer_at.checked_sub(index_bytes).filter(|&at| at >= frames_at);
        let index_at = index_at.ok_or_else(|| self.damaged(length))?;
        let sealed = match index_at.checked_sub(tail_at) {
            Some(within) => tail[within as usize..(trailer_at - tail_at) as usize].to_vec(),
            None => self.read_at(index_at, index_bytes as usize, length)?,
        };
        let index = frames::open(&self.key, self.id, INDEX_FRAME, sealed).ok_or_else(|| self.damaged(length))?;
        self.take_index(&index, index_at).ok_or_else(|| self.damaged(length))
    }

    fn take_index(&mut self, index: &[u8], index_at: u64) -> Option<()> {
        let (places, rest) = index.split_at_checked(index.len().checked_sub(8 + DIGEST_BYTES)?)?;
        let place = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("eight bytes"));
        self.places = places.chunks_exact(8).map(place).chain([index_at]).collect();
        self.bytes = place(&rest[..8]);
        self.sha256.copy_from_slice(&rest[8..]);
        // A frame cannot be much larger than its plain bytes; a damaged place must not claim memory.
        let sound = |pair: &[u64]| pair[1].checked_sub(pair[0]).is_some_and(|size| (4..FRAME_MAX).contains(&size));
        let frames = self.bytes.div_ceil(FRAME_BYTES as u64);
        (frames + 1 == self.places.len() as u64 && self.places.windows(2).all(sound)).then_some(())
    }

    /// Gives at most `most` bytes from where reading in order stands, and goes on; at the end the digest must fit.
    fn next_part<T>(&mut self, most: usize, take: impl FnOnce(&[u8]) -> T) -> Result<T, PayloadError> {
        let (at, within) = (self.position, (self.position % FRAME_BYTES as u64) as usize);
        self.frame_at(at)?;
        let part = (self.frame.len() - within).min(most);
        let bytes = &self.frame[within..within + part];
        self.digest.update(bytes);
        self.position += part as u64;
        let taken = take(bytes);
        if self.position == self.bytes && self.digest.clone().finish().as_ref() != self.sha256 {
            return Err(self.damaged(self.bytes));
        }
        Ok(taken)
    }
}

const FRAME_MAX: u64 = (FRAME_BYTES + FRAME_BYTES / 8) as u64;

impl Read for PayloadReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.bytes || out.is_empty() {
            return Ok(0);
        }
        let taken = self.next_part(out.len(), |bytes| {
            out[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        });
        taken.map_err(io::Error::other)
    }
}
