//! A master key wraps a fresh key for each payload. A payload says which master key wrapped its own, so that several
//! may be in use while one takes over from another (`ring.rs`), and changing it rewrites headers and no frames.

use std::fmt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest;
use zeroize::Zeroizing;

use super::PayloadError;

pub(super) const KEY_BYTES: usize = 32;
pub(super) const TAG_BYTES: usize = 16;
/// Nonce, sealed key and tag.
pub(super) const WRAPPED_BYTES: usize = NONCE_LEN + KEY_BYTES + TAG_BYTES;
pub(super) const KEY_ID_BYTES: usize = 8;

/// Which master key wrapped a payload's key: the first bytes of a digest of it, which tell nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId(pub(super) [u8; KEY_ID_BYTES]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// `certs/master.key`, or one of those before it.
pub struct MasterKey {
    id: KeyId,
    cipher: LessSafeKey,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
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
        Some(MasterKey { id: id_of(&key), cipher: cipher(&key) })
    }

    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Wraps a payload's key, bound to the payload's id.
    pub(super) fn wrap(&self, bound_to: &[u8], key: &FileKey) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).expect("the system's random source works");
        let mut sealed = key.0.to_vec();
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut sealed)
            .expect("32 bytes are within the cipher's limits");
        [&nonce[..], &sealed[..]].concat()
    }

    /// `None` when this key did not wrap it.
    pub(super) fn unwrap(&self, bound_to: &[u8], wrapped: &[u8]) -> Option<FileKey> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_LEN)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let key = self.cipher.open_in_place(nonce, Aad::from(bound_to), &mut sealed).ok()?;
        Some(FileKey(Zeroizing::new(<[u8; KEY_BYTES]>::try_from(&*key).ok()?)))
    }
}

/// The key of one payload, in the clear.
pub(super) struct FileKey(Zeroizing<[u8; KEY_BYTES]>);

impl FileKey {
    pub(super) fn fresh() -> FileKey {
        let mut key = Zeroizing::new([0u8; KEY_BYTES]);
        aws_lc_rs::rand::fill(&mut *key).expect("the system's random source works");
        FileKey(key)
    }

    pub(super) fn cipher(&self) -> LessSafeKey {
        cipher(&self.0)
    }
}

/// 64 hexadecimal digits for a new `master.key`.
pub(super) fn fresh_hex() -> Zeroizing<String> {
    Zeroizing::new(FileKey::fresh().0.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn id_of(key: &[u8; KEY_BYTES]) -> KeyId {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"claimgate master key id\0");
    context.update(key);
    let whole = context.finish();
    let mut id = [0; KEY_ID_BYTES];
    id.copy_from_slice(&whole.as_ref()[..KEY_ID_BYTES]);
    KeyId(id)
}

fn cipher(key: &[u8; KEY_BYTES]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}
