//! API keys: made, revoked, looked up by their digest. The key itself is shown once and never stored.

use aws_lc_rs::digest::{SHA256, digest};

use super::sql::query;
use super::{Store, StoreError};
use crate::domain::ids::KeyId;

/// 32 random bytes, written as 52 characters behind `cg_`.
const KEY_BYTES: usize = 32;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[derive(Clone, Debug)]
pub struct KeyRow {
    pub id: KeyId,
    pub partner: String,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
}

/// A new key's text.
pub fn new_key_text() -> String {
    let mut bytes = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random source works");
    let mut text = String::from("cg_");
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - held) & 31) as usize]));
    }
    text
}

/// 256 random bits need no slow hash.
fn digest_of(key: &str) -> Vec<u8> {
    digest(&SHA256, key.as_bytes()).as_ref().to_vec()
}

impl Store {
    pub async fn add_key(&self, id: KeyId, partner: &str, key: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query("INSERT INTO api_key (id, partner, digest, created_at) VALUES (?, ?, ?, ?)")
            .bind(id.0)
            .bind(partner)
            .bind(digest_of(key))
            .bind(now_ms)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("add a key"))?;
        tx.commit().await.map_err(StoreError::at("add a key"))
    }

    /// The partner whose key this is, unless it was revoked.
    pub async fn partner_of_key(&self, key: &str) -> Result<Option<(KeyId, String)>, StoreError> {
        let row = query("SELECT id, partner FROM api_key WHERE digest = ? AND revoked_at IS NULL")
            .bind(digest_of(key))
            .fetch_optional(self.quick())
            .await
            .map_err(StoreError::at("look up a key"))?;
        Ok(row.map(|row| (KeyId(row.get(0)), row.get(1))))
    }

    /// True when there was such a key in force.
    pub async fn revoke_key(&self, id: KeyId, now_ms: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = query("UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
            .bind(now_ms)
            .bind(id.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("revoke a key"))?;
        tx.commit().await.map_err(StoreError::at("revoke a key"))?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let rows = query("SELECT id, partner, created_at, revoked_at FROM api_key ORDER BY id")
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list keys"))?;
        Ok(rows
            .into_iter()
            .map(|row| KeyRow {
                id: KeyId(row.get(0)),
                partner: row.get(1),
                created_at: row.get(2),
                revoked_at: row.get(3),
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_opens_for_its_partner_until_it_is_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        let key = new_key_text();
        assert_eq!(key.len(), 3 + 52);
        store.add_key(KeyId(7), "acme", &key, 1).await.unwrap();
        assert_eq!(store.partner_of_key(&key).await.unwrap(), Some((KeyId(7), "acme".to_string())));
        assert_eq!(store.partner_of_key(&new_key_text()).await.unwrap(), None);
        assert!(store.revoke_key(KeyId(7), 2).await.unwrap());
        assert!(!store.revoke_key(KeyId(7), 3).await.unwrap());
        assert_eq!(store.partner_of_key(&key).await.unwrap(), None);
        assert_eq!(store.keys().await.unwrap()[0].revoked_at, Some(2));
    }
}
