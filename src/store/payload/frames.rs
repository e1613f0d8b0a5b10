//! The form of a sealed file:
//!
//! | part | bytes |
//! |---|---|
//! | magic `CGPAY1`, two zero bytes, the payload's id | 16 |
//! | the file's key, wrapped by the master key | 60 |
//! | frames: length of the sealed frame (4), sealed frame | |
//! | index, sealed like a frame: place of each frame in the file (8 each), plain length (8), SHA-256 (32) | |
//! | length of the sealed index (4), magic `CGEND1` and two zero bytes | 12 |
//!
//! All frames but the last hold [`FRAME_BYTES`] plain bytes. The nonce is the frame's number; id and
//! number are authenticated with it, so frames cannot change places or files.

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use super::keys::{TAG_BYTES, WRAPPED_BYTES};
use crate::domain::ids::PayloadId;
use crate::domain::limits::FRAME_BYTES;

pub(super) const MAGIC: [u8; 8] = *b"CGPAY1\0\0";
pub(super) const END_MAGIC: [u8; 8] = *b"CGEND1\0\0";
pub(super) const HEADER_BYTES: usize = 16 + WRAPPED_BYTES;
pub(super) const TRAILER_BYTES: usize = 12;
pub(super) const DIGEST_BYTES: usize = 32;
/// The index is sealed as if it were this frame.
pub(super) const INDEX_FRAME: u64 = u64::MAX;
const COMPRESSION_LEVEL: i32 = 1;

pub(super) fn header(id: PayloadId) -> [u8; 16] {
    let mut header = [0; 16];
    header[..8].copy_from_slice(&MAGIC);
    header[8..].copy_from_slice(&id.0.to_be_bytes());
    header
}

/// Compresses and encrypts one frame.
pub(super) fn seal(key: &LessSafeKey, id: PayloadId, number: u64, plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut sealed = zstd::bulk::compress(plain, COMPRESSION_LEVEL)?;
    key.seal_in_place_append_tag(nonce(number), Aad::from(associated(id, number)), &mut sealed)
        .map_err(|_| std::io::Error::other("a frame is beyond the cipher's limits"))?;
    Ok(sealed)
}

/// The plain bytes, or `None` when the frame was changed.
pub(super) fn open(key: &LessSafeKey, id: PayloadId, number: u64, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    if sealed.len() < TAG_BYTES {
        return None;
    }
    let compressed = key.open_in_place(nonce(number), Aad::from(associated(id, number)), &mut sealed).ok()?;
    let largest = if number == INDEX_FRAME { usize::try_from(u32::MAX).ok()? } else { FRAME_BYTES };
    let plain = zstd::bulk::Decompressor::upper_bound(compressed).unwrap_or(largest).min(largest);
    zstd::bulk::decompress(compressed, plain).ok()
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn associated(id: PayloadId, number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&id.0.to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}
