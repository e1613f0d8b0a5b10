//! What was seen at each payer, and when each is looked at next.

use std::collections::HashMap;

use super::inbound::Seen;
use super::sql::{Row, query};
use super::{Store, StoreError};

/// When a payer was looked at, and when it is looked at next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub partner: String,
    pub last_at: i64,
    pub next_at: i64,
    /// In a row.
    pub failures: i64,
    /// The last failure, for staff; empty after a success.
    pub problem: String,
}

/// How a look at a payer ended.
#[derive(Clone, Debug)]
pub struct Polled<'a> {
    pub partner: &'a str,
    pub at: i64,
    pub next_at: i64,
    /// What `next_at` was when the look began: a wish to look again that came meanwhile stays.
    pub was_due_at: i64,
    pub problem: &'a str,
}

impl Store {
    /// Every payer that was ever looked at.
    pub async fn polls(&self) -> Result<Vec<Poll>, StoreError> {
        let rows = query("SELECT partner, last_at, next_at, failures, problem FROM poll ORDER BY partner")
            .fetch_all(self.quick())
            .await
            .map_err(StoreError::at("read when payers are polled"))?;
        let poll = |row: &Row| Poll {
            partner: row.get(0),
            last_at: row.get(1),
            next_at: row.get(2),
            failures: row.get(3),
            problem: row.get(4),
        };
        Ok(rows.iter().map(poll).collect())
    }

    /// Makes these payers due at once, whatever they failed with before.
    pub async fn poll_now(&self, partners: &[String], now: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for partner in partners {
            query(
                "INSERT INTO poll (partner, last_at, next_at) VALUES (?1, 0, ?2)
                 ON CONFLICT (partner) DO UPDATE SET next_at = ?2",
            )
            .bind(partner)
            .bind(now)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("make a payer due for collecting"))?;
        }
        tx.commit().await.map_err(StoreError::at("make a payer due for collecting"))
    }

    /// Records how a look at a payer ended; an empty problem is a success.
    pub async fn record_poll(&self, polled: &Polled<'_>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO poll (partner, last_at, next_at, failures, problem)
             VALUES (?1, ?2, ?3, CASE WHEN ?4 = '' THEN 0 ELSE 1 END, ?4)
             ON CONFLICT (partner) DO UPDATE SET last_at = ?2,
                 next_at = CASE WHEN poll.next_at = ?5 THEN ?3 ELSE poll.next_at END,
                 failures = CASE WHEN ?4 = '' THEN 0 ELSE poll.failures + 1 END, problem = ?4",
        )
        .bind(polled.partner)
        .bind(polled.at)
        .bind(polled.next_at)
        .bind(polled.problem)
        .bind(polled.was_due_at)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("record a poll"))?;
        tx.commit().await.map_err(StoreError::at("record a poll"))
    }

    /// Which of the files now at a payer were fetched before, and whether what was to be done there is done.
    pub async fn collected(&self, partner: &str, seen: &[Seen]) -> Result<HashMap<Seen, bool>, StoreError> {
        let paths: Vec<&str> = seen.iter().map(|seen| seen.remote_path.as_str()).collect();
        let rows = query(
            "SELECT remote_path, bytes, modified_at, cleared FROM collected
             WHERE partner = ? AND remote_path IN (SELECT value FROM list(?))",
        )
        .bind(partner)
        .bind(paths)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find collected files"))?;
        let seen = |row: &Row| {
            (Seen { remote_path: row.get(0), bytes: row.get(1), modified_at: row.get(2) }, row.get::<i64>(3) == 1)
        };
        Ok(rows.iter().map(seen).collect())
    }

    /// The file was removed or moved at the payer, as configured.
    pub async fn mark_cleared(&self, partner: &str, seen: &Seen) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query(
            "UPDATE collected SET cleared = 1 WHERE partner = ? AND remote_path = ? AND bytes = ? AND modified_at = ?",
        )
        .bind(partner)
        .bind(&seen.remote_path)
        .bind(seen.bytes)
        .bind(seen.modified_at)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("record that a file was cleared"))?;
        tx.commit().await.map_err(StoreError::at("record that a file was cleared"))
    }
}
