//! Alarms: what is overdue or stuck. An alarm stands once for its subject, and is cleared when its cause is gone.

use std::collections::BTreeMap;

use super::announcements::{AlarmNews, add_alarm_news};
use super::sql::query;
use super::{Store, StoreError};
use crate::domain::ids::{AlarmId, BatchId, SubmissionId};

/// What an alarm is about: its kind, and an id or a partner's name.
pub type AlarmKey = (String, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    pub id: AlarmId,
    pub kind: String,
    pub subject: String,
    pub text: String,
    pub raised_at: i64,
    pub cleared_at: Option<i64>,
}

/// What a call of [`Store::set_alarms`] changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmChange {
    pub raised: Vec<AlarmKey>,
    pub cleared: Vec<AlarmKey>,
}

/// An answer to a batch, as a column of `batch` tells whether it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Awaited {
    Ta1,
    Ack999,
    Ack277ca,
    /// Asked of the claims: the batch is answered when none of them waits.
    Remit835,
}

impl Awaited {
    pub const ALL: [Awaited; 4] = [Awaited::Ta1, Awaited::Ack999, Awaited::Ack277ca, Awaited::Remit835];

    /// As people, partners' files and metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Awaited::Ta1 => "TA1",
            Awaited::Ack999 => "999",
            Awaited::Ack277ca => "277CA",
            Awaited::Remit835 => "835",
        }
    }
}

/// Stuck rows of one kind that get an alarm of their own; more say nothing more.
const STUCK_MAX: i64 = 100;

impl Store {
    /// Batches in the mailbox of a payer that fetches from us, put there before `put_before` and not fetched.
    pub async fn batches_not_fetched(&self, payer: &str, put_before: i64) -> Result<Vec<BatchId>, StoreError> {
        query(
            "SELECT b.id FROM batch b JOIN delivery d ON d.batch_id = b.id
             WHERE b.state = 2 AND b.payer = ? AND d.state = 3 AND d.created_at < ? ORDER BY b.id",
        )
        .bind(payer)
        .bind(put_before)
        .fetch_all(self.readers())
        .await
        .map(|rows| rows.iter().map(|row| BatchId(row.get(0))).collect())
        .map_err(StoreError::at("look for batches that nobody fetches"))
    }

    /// Batches that support has because their files could not be built, with the reason.
    pub async fn batches_not_built(&self) -> Result<Vec<(String, String)>, StoreError> {
        query("SELECT origin, reason FROM exception WHERE state = 0 AND kind = 'batch' ORDER BY id LIMIT ?")
            .bind(STUCK_MAX)
            .fetch_all(self.readers())
            .await
            .map(|rows| rows.iter().map(|row| (row.get::<Option<_>>(0).unwrap_or_default(), row.get(1))).collect())
            .map_err(StoreError::at("look for batches that were not built"))
    }

    /// Files that came before `came_before` and whose work is not done, each as `submission` or `inbound` with its id.
    pub async fn unworked(&self, came_before: i64) -> Result<Vec<(&'static str, String)>, StoreError> {
        let step = || StoreError::at("look for files that are not worked");
        let mut found = Vec::new();
        for (kind, sql) in [
            ("submission", "SELECT id FROM submission WHERE state IN (0, 1) AND received_at < ? ORDER BY id LIMIT ?"),
            ("inbound", "SELECT id FROM inbound WHERE state IN (0, 1) AND received_at < ? ORDER BY id LIMIT ?"),
        ] {
            let rows = query(sql).bind(came_before).bind(STUCK_MAX).fetch_all(self.readers()).await.map_err(step())?;
            found.extend(rows.iter().map(|row| (kind, SubmissionId(row.get(0)).to_string())));
        }
        Ok(found)
    }

    /// Makes exactly these alarms stand: raises the new ones, clears those that are not among them. `letter` writes
    /// what the operator's webhook is told of each change, where there is one.
    pub async fn set_alarms(
        &self,
        standing: &BTreeMap<AlarmKey, String>,
        now_ms: i64,
        mut new_id: impl FnMut() -> AlarmId,
        letter: Option<impl Fn(&AlarmNews<'_>) -> String>,
    ) -> Result<AlarmChange, StoreError> {
        let step = || StoreError::at("set alarms");
        let mut tx = self.begin().await?;
        let rows = query("SELECT kind, subject FROM alarm WHERE cleared_at IS NULL")
            .fetch_all(&mut tx)
            .await
            .map_err(step())?;
        let before: Vec<AlarmKey> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let mut change = AlarmChange::default();
        for key in before.iter().filter(|key| !standing.contains_key(*key)) {
            query("UPDATE alarm SET cleared_at = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL")
                .bind(now_ms)
                .bind(&key.0)
                .bind(&key.1)
                .execute(&mut tx)
                .await
                .map_err(step())?;
            if let Some(letter) = &letter {
                add_alarm_news(&mut tx, new_id(), &letter(&AlarmNews::Cleared { key }), now_ms).await?;
            }
            change.cleared.push(key.clone());
        }
        for (key, text) in standing.iter().filter(|(key, _)| !before.contains(key)) {
            query("INSERT INTO alarm (id, kind, subject, text, raised_at) VALUES (?, ?, ?, ?, ?)")
                .bind(new_id().0)
                .bind(&key.0)
                .bind(&key.1)
                .bind(text)
                .bind(now_ms)
                .execute(&mut tx)
                .await
                .map_err(step())?;
            if let Some(letter) = &letter {
                add_alarm_news(&mut tx, new_id(), &letter(&AlarmNews::Raised { key, text }), now_ms).await?;
            }
            change.raised.push(key.clone());
        }
        tx.commit().await.map_err(step())?;
        Ok(change)
    }

    /// Alarms that stand, newest first.
    pub async fn standing_alarms(&self) -> Result<Vec<AlarmRow>, StoreError> {
        let rows = query(
            "SELECT id, kind, subject, text, raised_at, cleared_at FROM alarm WHERE cleared_at IS NULL ORDER BY id DESC",
        )
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("list alarms"))?;
        Ok(rows
            .iter()
            .map(|row| AlarmRow {
                id: AlarmId(row.get(0)),
                kind: row.get(1),
                subject: row.get(2),
                text: row.get(3),
                raised_at: row.get(4),
                cleared_at: row.get(5),
            })
            .collect())
    }
}
