//! The master key wraps a fresh key for each file, so that rotating it rewrites headers, not files.

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::PayloadError;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const TAG_BYTES: usize = 16;
/// Nonce, sealed key and tag.
pub(super) const WRAPPED_BYTES: usize = NONCE_LEN + KEY_BYTES + TAG_BYTES;

/// `certs/master.key`.
pub struct MasterKey(LessSafeKey);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    pub fn read(path: &Path) -> Result<MasterKey, PayloadError> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| PayloadError::MasterKey { path: path.to_path_buf(), source })?;
        MasterKey::from_hex(text.trim()).ok_or_else(|| PayloadError::MasterKeyForm { path: path.to_path_buf() })
    }

    pub fn from_hex(text: &str) -> Option<MasterKey> {
        if text.len() != KEY_BYTES * 2 || !text.is_ascii() {
            return None;
        }
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        for (place, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).ok()?;
        }
        Some(MasterKey(cipher(&key[..])))
    }

    /// A fresh file key and its wrapped form, bound to the file's header.
    pub(super) fn new_file_key(&self, header: &[u8]) -> (LessSafeKey, Vec<u8>) {
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        let mut nonce = [0u8; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut *key).expect("the system's random source works");
        aws_lc_rs::rand::fill(&mut nonce).expect("the system's random source works");
        let mut sealed = key.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(header), &mut sealed)
            .expect("32 bytes are within the cipher's limits");
        (cipher(&key[..]), [&nonce[..], &sealed[..]].concat())
    }

    /// `None` when this key did not wrap it.
    pub(super) fn unwrap_file_key(&self, header: &[u8], wrapped: &[u8]) -> Option<LessSafeKey> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_LEN)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let key = self.0.open_in_place(nonce, Aad::from(header), &mut sealed).ok()?;
        Some(cipher(key))
    }
}

fn cipher(key: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}
