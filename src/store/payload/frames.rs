//! The form of a sealed payload, the same in a file, an object and a row:
//!
//! | part | bytes |
//! |---|---|
//! | magic `CGPAY2`, two zero bytes, the payload's id | 16 |
//! | two places for the payload's key: id of the master key that wrapped it (8), the wrapped key (60) | 136 |
//! | frames: length of the sealed frame (4), sealed frame | |
//! | index, sealed like a frame: place of each frame (8 each), plain length (8), SHA-256 (32) | |
//! | length of the sealed index (4), magic `CGEND1` and two zero bytes | 12 |
//!
//! All frames but the last hold [`FRAME_BYTES`] plain bytes. The nonce is the frame's number; id and number are
//! authenticated with it, so frames cannot change places or payloads.
//!
//! One place for the key is in use and one is free (zeros): a file's key is wrapped anew into the free one before the
//! other is wiped, so that a header can be rewritten where it stands and no crash leaves it without a key. The first
//! form, `CGPAY1`, has one place without an id; it is read, and no longer written.

use std::cell::RefCell;
use std::io;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

use super::keys::{FileKey, KEY_ID_BYTES, KeyId, MasterKey, TAG_BYTES, WRAPPED_BYTES};
use crate::domain::ids::PayloadId;
use crate::domain::limits::FRAME_BYTES;

const MAGIC: [u8; 8] = *b"CGPAY2\0\0";
const FIRST_MAGIC: [u8; 8] = *b"CGPAY1\0\0";
pub(super) const END_MAGIC: [u8; 8] = *b"CGEND1\0\0";
pub(super) const BOUND_BYTES: usize = 16;
pub(super) const SLOT_BYTES: usize = KEY_ID_BYTES + WRAPPED_BYTES;
pub(super) const HEADER_BYTES: usize = BOUND_BYTES + 2 * SLOT_BYTES;
const FIRST_HEADER_BYTES: usize = BOUND_BYTES + WRAPPED_BYTES;
pub(super) const TRAILER_BYTES: usize = 12;
pub(super) const DIGEST_BYTES: usize = 32;
/// The index is sealed as if it were this frame.
pub(super) const INDEX_FRAME: u64 = u64::MAX;
const COMPRESSION_LEVEL: i32 = 1;

/// What stands before the frames.
pub(super) struct Head {
    /// Magic and id; the key is wrapped bound to them.
    pub bound_to: [u8; BOUND_BYTES],
    pub form: Form,
    /// In the order of their places; a free place is none.
    pub slots: Vec<Slot>,
    pub bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One place, no key id.
    First,
    TwoSlots,
}

pub(super) struct Slot {
    /// Which of the two places.
    pub place: usize,
    /// `None` in the first form, which does not say.
    pub key: Option<KeyId>,
    pub wrapped: Vec<u8>,
}

/// `None` when these are not the first bytes of this payload.
pub(super) fn head(bytes: &[u8], id: PayloadId) -> Option<Head> {
    let bound_to: [u8; BOUND_BYTES] = bytes.get(..BOUND_BYTES)?.try_into().ok()?;
    if bound_to[8..] != id.0.to_be_bytes() {
        return None;
    }
    if bound_to[..8] == FIRST_MAGIC {
        let wrapped = bytes.get(BOUND_BYTES..FIRST_HEADER_BYTES)?.to_vec();
        let slots = vec![Slot { place: 0, key: None, wrapped }];
        return Some(Head { bound_to, form: Form::First, slots, bytes: FIRST_HEADER_BYTES });
    }
    if bound_to[..8] != MAGIC {
        return None;
    }
    let places = bytes.get(BOUND_BYTES..HEADER_BYTES)?.chunks_exact(SLOT_BYTES).enumerate();
    let slots = places.filter_map(|(place, bytes)| slot(place, bytes)).collect();
    Some(Head { bound_to, form: Form::TwoSlots, slots, bytes: HEADER_BYTES })
}

pub(super) fn slot(place: usize, bytes: &[u8]) -> Option<Slot> {
    let (key, wrapped) = bytes.split_at_checked(KEY_ID_BYTES)?;
    let in_use = bytes.iter().any(|&byte| byte != 0);
    in_use.then(|| Some(Slot { place, key: Some(KeyId(key.try_into().ok()?)), wrapped: wrapped.to_vec() }))?
}

pub(super) fn bound_to(id: PayloadId) -> [u8; BOUND_BYTES] {
    let mut bytes = [0; BOUND_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..].copy_from_slice(&id.0.to_be_bytes());
    bytes
}

/// A place with this key in it.
pub(super) fn filled_slot(bound_to: &[u8; BOUND_BYTES], key: &FileKey, master: &MasterKey) -> Vec<u8> {
    [&master.id().0[..], &master.wrap(bound_to, key)[..]].concat()
}

pub(super) fn new_header(id: PayloadId, key: &FileKey, master: &MasterKey) -> Vec<u8> {
    let bound_to = bound_to(id);
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(&bound_to);
    header.extend_from_slice(&filled_slot(&bound_to, key, master));
    header.resize(HEADER_BYTES, 0);
    header
}

thread_local! {
    /// A compressor owns tables that are dear to make for a payload of one claim.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compresses and encrypts one frame.
pub(super) fn seal(key: &LessSafeKey, id: PayloadId, number: u64, plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut sealed = COMPRESSOR.with_borrow_mut(|held| {
        let compressor = match held {
            Some(compressor) => compressor,
            None => held.insert(zstd::bulk::Compressor::new(COMPRESSION_LEVEL)?),
        };
        compressor.compress(plain)
    })?;
    key.seal_in_place_append_tag(nonce(number), Aad::from(associated(id, number)), &mut sealed)
        .map_err(|_| io::Error::other("a frame is beyond the cipher's limits"))?;
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
    DECOMPRESSOR.with_borrow_mut(|held| {
        let decompressor = match held {
            Some(decompressor) => decompressor,
            None => held.insert(zstd::bulk::Decompressor::new().ok()?),
        };
        decompressor.decompress(compressed, plain).ok()
    })
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
