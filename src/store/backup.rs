//! What a backup asks of the database: itself as it is at one moment, the payloads that stand apart from it, and what
//! must be different in a store that was put back.

use std::path::Path;

use super::sql::{Row, query};
use super::{Engine, Store, StoreError};
use crate::domain::ids::PayloadId;

/// Control numbers that a restored store leaves out: those that were given out after the backup are not given again.
const NUMBERS_LEFT_OUT: i64 = 10_000;

/// How much there is, for a person who compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoreCounts {
    pub submissions: i64,
    pub claims: i64,
    pub payer_files: i64,
    pub mailbox_files: i64,
}

impl Store {
    /// Writes the database, as it is at this moment, into a file that is not there yet. Whoever writes goes on
    /// meanwhile. Only of SQLite.
    pub async fn snapshot_into(&self, path: &Path) -> Result<(), StoreError> {
        let Some(path) = path.to_str() else {
            return Err(StoreError::Damaged { what: "the name of the folder for the backup".to_string() });
        };
        query("VACUUM INTO ?")
            .bind(path)
            .execute(self.readers())
            .await
            .map_err(StoreError::at("write a copy of itself"))?;
        Ok(())
    }

    /// Payloads that stand in the folder or the bucket, oldest first, after `after`.
    pub async fn payloads_apart(&self, after: Option<PayloadId>, limit: u32) -> Result<Vec<PayloadId>, StoreError> {
        let rows = query("SELECT id FROM payload WHERE id > ? AND sealed IS NULL ORDER BY id LIMIT ?")
            .bind(after.map_or(-1, |id| id.0))
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list the payloads that stand apart"))?;
        Ok(rows.iter().map(|row: &Row| PayloadId(row.get(0))).collect())
    }

    pub async fn counts(&self) -> Result<StoreCounts, StoreError> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM submission), (SELECT COUNT(*) FROM claim), (SELECT COUNT(*) FROM inbound),
                    (SELECT COUNT(*) FROM mail)",
        )
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("count its rows"))?;
        Ok(StoreCounts {
            submissions: row.get(0),
            claims: row.get(1),
            payer_files: row.get(2),
            mailbox_files: row.get(3),
        })
    }

    /// Takes uploads that were replaced after a copy was made, and whose payloads are gone, out of the copy.
    pub async fn forget_uploads(&self, payloads: &[PayloadId]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for sql in ["DELETE FROM upload WHERE payload_id = ?", "DELETE FROM payload WHERE id = ?"] {
            for id in payloads {
                query(sql).bind(id.0).execute(&mut tx).await.map_err(StoreError::at("forget replaced uploads"))?;
            }
        }
        tx.commit().await.map_err(StoreError::at("forget replaced uploads"))
    }

    /// Whether a gateway or an operator ever put something into it.
    pub async fn was_used(&self) -> Result<bool, StoreError> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM submission) + (SELECT COUNT(*) FROM inbound) + (SELECT COUNT(*) FROM api_key)
                  + (SELECT COUNT(*) FROM console_user) + (SELECT COUNT(*) FROM audit)",
        )
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("look whether it is empty"))?;
        Ok(row.get::<i64>(0) > 0)
    }

    /// Makes a store that was put back safe to go on with: what happened after the backup is unknown to it. Control
    /// numbers go on beyond those that may have been used, and a file that was due may have been sent: the next
    /// attempt looks at the payer before it sends.
    pub async fn go_on_after_restore(&self) -> Result<(), StoreError> {
        let step = || StoreError::at("make ready after a restore");
        let mut tx = self.begin().await?;
        query("UPDATE control_number SET value = value + ?")
            .bind(NUMBERS_LEFT_OUT)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        query("UPDATE delivery SET doubtful = 1 WHERE state = 0 AND doubtful = 0")
            .execute(&mut tx)
            .await
            .map_err(step())?;
        if self.engine() == Engine::Sqlite {
            // The gateways that the copy knows of ran elsewhere, or at another time.
            query("UPDATE node SET seen_at = 0").execute(&mut tx).await.map_err(step())?;
        }
        tx.commit().await.map_err(step())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_copy_holds_what_was_there_and_a_restored_one_gives_no_number_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open("sqlite:claims.db", folder.path()).await.unwrap();
        store.take_control_numbers("isa:bluestar", 7).await.unwrap();
        let path = folder.path().join("copy.db");
        store.snapshot_into(&path).await.unwrap();
        let after_the_backup = store.take_control_numbers("isa:bluestar", 1).await.unwrap();
        assert!(store.snapshot_into(&path).await.is_err(), "it wrote over a file");
        let copy = Store::open_copy(&path).await.unwrap();
        assert!(!copy.was_used().await.unwrap());
        copy.go_on_after_restore().await.unwrap();
        assert!(copy.take_control_numbers("isa:bluestar", 1).await.unwrap() > after_the_backup);
    }
}
