//! Files at payers that did not look whole when they were seen: since when each has stood as it is.

use super::inbound::Seen;
use super::sql::query;
use super::{Store, StoreError};

impl Store {
    /// Notes how a file looks now and returns since when it has looked so, in milliseconds since 1970.
    pub async fn glimpse(&self, partner: &str, seen: &Seen, now_ms: i64) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let row = query(
            "INSERT INTO glimpse (partner, remote_path, bytes, modified_at, first_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (partner, remote_path) DO UPDATE SET
                 first_at = CASE WHEN glimpse.bytes = ?3 AND glimpse.modified_at = ?4 THEN glimpse.first_at ELSE ?5 END,
                 bytes = ?3, modified_at = ?4
             RETURNING first_at",
        )
        .bind(partner)
        .bind(&seen.remote_path)
        .bind(seen.bytes)
        .bind(seen.modified_at)
        .bind(now_ms)
        .fetch_one(&mut tx)
        .await
        .map_err(StoreError::at("note an unfinished file"))?;
        tx.commit().await.map_err(StoreError::at("note an unfinished file"))?;
        Ok(row.get(0))
    }

    /// The file was taken, or is gone.
    pub async fn forget_glimpse(&self, partner: &str, remote_path: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query("DELETE FROM glimpse WHERE partner = ? AND remote_path = ?")
            .bind(partner)
            .bind(remote_path)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("forget an unfinished file"))?;
        tx.commit().await.map_err(StoreError::at("forget an unfinished file"))
    }
}
