//! Reads a payload: in order, or any range of it, each frame checked as it is opened.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use aws_lc_rs::aead::LessSafeKey;

use super::frames::{self, DIGEST_BYTES, END_MAGIC, HEADER_BYTES, INDEX_FRAME, TRAILER_BYTES};
use super::{MasterKey, PayloadError};
use crate::domain::ids::PayloadId;
use crate::domain::limits::FRAME_BYTES;

pub struct PayloadReader {
    id: PayloadId,
    path: PathBuf,
    file: File,
    key: LessSafeKey,
    places: Vec<u64>,
    bytes: u64,
    sha256: [u8; DIGEST_BYTES],
    /// The frame opened last, and its number.
    frame: Vec<u8>,
    frame_number: Option<u64>,
    /// Where `Read` goes on.
    position: u64,
}

impl PayloadReader {
    pub(super) fn open(path: PathBuf, id: PayloadId, master: &MasterKey) -> Result<PayloadReader, PayloadError> {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(PayloadError::Missing { id, path }),
            Err(source) => return Err(PayloadError::Read { id, source }),
        };
        let damaged = |offset| PayloadError::Damaged { id, offset, path: path.clone() };
        let length = file.metadata().map_err(|source| PayloadError::Read { id, source })?.len();
        let mut head = [0; HEADER_BYTES];
        file.read_exact_at(&mut head, 0).map_err(|_| damaged(0))?;
        let (header, wrapped) = head.split_at(16);
        if header != frames::header(id) {
            return Err(damaged(0));
        }
        let key = master.unwrap_file_key(header, wrapped).ok_or(PayloadError::OtherKey { id })?;
        let mut reader = PayloadReader {
            id,
            file,
            key,
            places: Vec::new(),
            bytes: 0,
            sha256: [0; DIGEST_BYTES],
            frame: Vec::new(),
            frame_number: None,
            position: 0,
            path: path.clone(),
        };
        reader.read_index(length).ok_or_else(|| damaged(length))?;
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

    fn open_frame(&self, number: u64, at: u64) -> Result<Vec<u8>, PayloadError> {
        let damaged = || PayloadError::Damaged { id: self.id, offset: at, path: self.path.clone() };
        let place = *self.places.get(number as usize).ok_or_else(damaged)?;
        let sealed = self.read_sealed(place).ok_or_else(damaged)?;
        let plain = frames::open(&self.key, self.id, number, sealed).ok_or_else(damaged)?;
        let expected = (self.bytes - number * FRAME_BYTES as u64).min(FRAME_BYTES as u64);
        if plain.len() as u64 == expected { Ok(plain) } else { Err(damaged()) }
    }

    fn read_sealed(&self, place: u64) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        self.file.read_exact_at(&mut length, place).ok()?;
        let length = u32::from_be_bytes(length) as usize;
        // A frame cannot be much larger than its plain bytes; a damaged length must not claim memory.
        if length > FRAME_BYTES + FRAME_BYTES / 8 {
            return None;
        }
        let mut sealed = vec![0; length];
        self.file.read_exact_at(&mut sealed, place + 4).ok()?;
        Some(sealed)
    }

    fn read_index(&mut self, file_length: u64) -> Option<()> {
        let mut trailer = [0; TRAILER_BYTES];
        let trailer_at = file_length.checked_sub(TRAILER_BYTES as u64)?;
        self.file.read_exact_at(&mut trailer, trailer_at).ok()?;
        if trailer[4..] != END_MAGIC {
            return None;
        }
        let length = u64::from(u32::from_be_bytes(trailer[..4].try_into().ok()?));
        let index_at = trailer_at.checked_sub(length).filter(|&at| at >= HEADER_BYTES as u64)?;
        let mut sealed = vec![0; usize::try_from(length).ok()?];
        self.file.read_exact_at(&mut sealed, index_at).ok()?;
        let index = frames::open(&self.key, self.id, INDEX_FRAME, sealed)?;
        let (places, rest) = index.split_at_checked(index.len().checked_sub(8 + DIGEST_BYTES)?)?;
        self.places =
            places.chunks_exact(8).map(|place| u64::from_be_bytes(place.try_into().expect("eight bytes"))).collect();
        self.bytes = u64::from_be_bytes(rest[..8].try_into().ok()?);
        self.sha256.copy_from_slice(&rest[8..]);
        (self.bytes.div_ceil(FRAME_BYTES as u64) == self.places.len() as u64).then_some(())
    }
}

impl Read for PayloadReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.bytes || out.is_empty() {
            return Ok(0);
        }
        let (at, within) = (self.position, (self.position % FRAME_BYTES as u64) as usize);
        let frame = self.frame_at(at).map_err(io::Error::other)?;
        let part = (frame.len() - within).min(out.len());
        out[..part].copy_from_slice(&frame[within..within + part]);
        self.position += part as u64;
        Ok(part)
    }
}
