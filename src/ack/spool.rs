//! What an answer says of many claims: kept in memory while it is small, and beyond that in a temporary file,
//! compressed and encrypted with a key that only this process has and forgets. The file has no name, so nothing
//! is left of it whatever happens. So the answer to a file of any size takes the same memory.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::domain::limits::{ACK_FRAME_BYTES as FRAME_BYTES, ACK_MEMORY_BYTES_MAX};

const COMPRESSION_LEVEL: i32 = 1;

/// Bytes that are added at the end and copied out by range.
#[derive(Debug, Default)]
pub struct Spool {
    /// What came last; all of it until the first time that there is too much.
    recent: Vec<u8>,
    disk: Option<Disk>,
}

impl Spool {
    /// Bytes added so far.
    pub fn len(&self) -> u64 {
        self.stored() + self.recent.len() as u64
    }

    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.recent.extend_from_slice(bytes);
        if self.recent.len() < ACK_MEMORY_BYTES_MAX {
            return Ok(());
        }
        let disk = match &mut self.disk {
            Some(disk) => disk,
            empty => empty.insert(Disk::open()?),
        };
        let whole = self.recent.len() / FRAME_BYTES * FRAME_BYTES;
        for frame in self.recent[..whole].chunks_exact(FRAME_BYTES) {
            disk.add(frame)?;
        }
        self.recent.drain(..whole);
        Ok(())
    }

    /// Writes the bytes of a range to `out`.
    pub fn copy(&self, range: Range<u64>, out: &mut impl Write) -> io::Result<()> {
        let stored = self.stored();
        if let Some(disk) = self.disk.as_ref().filter(|_| range.start < stored) {
            let end = range.end.min(stored);
            let (first, last) = (range.start / FRAME_BYTES as u64, end.div_ceil(FRAME_BYTES as u64));
            for number in first..last {
                let begins = number * FRAME_BYTES as u64;
                let within = |at: u64| at.saturating_sub(begins).min(FRAME_BYTES as u64) as usize;
                let frame = disk.frame(number)?;
                out.write_all(&frame[within(range.start)..within(end)])?;
            }
        }
        let within = |at: u64| at.saturating_sub(stored) as usize;
        out.write_all(&self.recent[within(range.start)..within(range.end)])
    }

    fn stored(&self) -> u64 {
        self.disk.as_ref().map_or(0, |disk| disk.ends.len() as u64 * FRAME_BYTES as u64)
    }
}

/// Full frames in a file without a name.
struct Disk {
    file: File,
    key: LessSafeKey,
    /// Where each frame ends in the file.
    ends: Vec<u64>,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("frames", &self.ends.len()).finish_non_exhaustive()
    }
}

impl Disk {
    fn open() -> io::Result<Disk> {
        let mut key = [0; 32];
        let no_chance = |_| io::Error::other("the system gives no random numbers");
        aws_lc_rs::rand::fill(&mut key).map_err(no_chance)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(no_chance)?;
        Ok(Disk { file: tempfile::tempfile()?, key: LessSafeKey::new(key), ends: Vec::new() })
    }

    fn add(&mut self, frame: &[u8]) -> io::Result<()> {
        let mut sealed = zstd::bulk::compress(frame, COMPRESSION_LEVEL)?;
        let number = self.ends.len() as u64;
        let beyond = |_| io::Error::other("a frame is beyond the cipher's limits");
        self.key.seal_in_place_append_tag(nonce(number), Aad::empty(), &mut sealed).map_err(beyond)?;
        let at = self.ends.last().copied().unwrap_or(0);
        self.file.write_all_at(&sealed, at)?;
        self.ends.push(at + sealed.len() as u64);
        Ok(())
    }

    fn frame(&self, number: u64) -> io::Result<Vec<u8>> {
        let nth = number as usize;
        let begins = if nth == 0 { 0 } else { self.ends[nth - 1] };
        let mut sealed = vec![0; (self.ends[nth] - begins) as usize];
        self.file.read_exact_at(&mut sealed, begins)?;
        let changed = |_| io::Error::other("a temporary file was changed by another");
        let compressed = self.key.open_in_place(nonce(number), Aad::empty(), &mut sealed).map_err(changed)?;
        zstd::bulk::decompress(compressed, FRAME_BYTES)
    }
}

/// Each number is used once under a key.
fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_copied_out_by_range_from_memory_and_from_disk() {
        let data: Vec<u8> =
            (0..ACK_MEMORY_BYTES_MAX * 2 + 3 * FRAME_BYTES / 2).map(|n| (n * 7 + n / 251) as u8).collect();
        let mut spool = Spool::default();
        for part in data.chunks(1_003) {
            spool.append(part).unwrap();
        }
        assert_eq!(spool.len(), data.len() as u64);
        assert!(spool.disk.is_some() && spool.recent.len() < ACK_MEMORY_BYTES_MAX);
        let frame = FRAME_BYTES;
        let end = data.len();
        let on_disk = end - spool.recent.len();
        let ranges = [
            (0, end),
            (0, 0),
            (5, 6),
            (frame - 3, frame + 4),
            (frame, 2 * frame),
            (on_disk - 9, on_disk),
            (on_disk - 9, on_disk + 9),
            (on_disk, end),
            (end, end),
        ];
        for (from, to) in ranges {
            let mut out = Vec::new();
            spool.copy(from as u64..to as u64, &mut out).unwrap();
            assert!(out == data[from..to], "{from}..{to}");
        }
    }

    #[test]
    fn nothing_stands_on_disk_in_the_clear_and_a_changed_byte_is_found() {
        let mut spool = Spool::default();
        let names = b"NM1*QC*1*DOE*JANE~".repeat(ACK_MEMORY_BYTES_MAX / 18 + 1);
        spool.append(&names).unwrap();
        let disk = spool.disk.as_ref().unwrap();
        let mut stored = vec![0; *disk.ends.last().unwrap() as usize];
        disk.file.read_exact_at(&mut stored, 0).unwrap();
        assert!(!stored.windows(4).any(|four| four == b"JANE" || four == b"NM1*"));
        stored[40] ^= 1;
        disk.file.write_all_at(&stored, 0).unwrap();
        assert!(spool.copy(0..10, &mut Vec::new()).is_err());
    }
}
