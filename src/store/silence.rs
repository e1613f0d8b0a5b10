//! Who has not answered, and how long payers usually take: batches that wait for an answer, answer times learned from
//! the last weeks, and claims whose time for filing runs out.

use super::alarms::Awaited;
use super::sql::{Row, query};
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, first_of};

/// A batch that was sent and not answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueBatch {
    pub id: BatchId,
    pub sent_at: i64,
    /// Of its claims, those that no such answer has come for.
    pub claims: i64,
}

/// How long a payer took to answer with one kind of answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerTime {
    pub payer: String,
    pub awaited: Awaited,
    /// Batches that were answered; claims for an 835.
    pub answers: i64,
    pub median_ms: i64,
    /// 95 of 100 came within it.
    pub most_ms: i64,
    pub learned_at: i64,
}

/// Claims of one submitter that are rejected or not sent while their time for filing runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilingCount {
    pub submitter: String,
    pub claims: i64,
    /// The earliest last day of service among them, `YYYY-MM-DD`.
    pub service_to: String,
}

/// Whose claims, and which days of service are about to be too old.
#[derive(Clone, Debug)]
pub struct FilingWindow<'a> {
    pub payer: &'a str,
    /// NM109 of 2010BB that mean this payer, in every case that is likely.
    pub payer_ids: Vec<String>,
    pub service_from: String,
    pub service_to: String,
    /// Batches opened before this and not sent are stuck.
    pub opened_before: i64,
}

/// A claim that has no answer of the kind, by its own status: see `domain::ClaimStatus`.
fn unanswered(awaited: Awaited) -> &'static str {
    match awaited {
        // These befall the whole batch.
        Awaited::Ta1 | Awaited::Ack999 => "(2, 3, 4)",
        Awaited::Ack277ca => "(2, 3, 4, 5)",
        // No claim waits for a 277 unless it was asked about: see `store::questions`.
        Awaited::Status277 => "(-1)",
        Awaited::Remit835 => "(2, 3, 4, 5, 7, 8)",
    }
}

fn column(awaited: Awaited) -> Option<&'static str> {
    match awaited {
        Awaited::Ta1 => Some("ta1_at"),
        Awaited::Ack999 => Some("n999_at"),
        Awaited::Ack277ca => Some("n277ca_at"),
        Awaited::Status277 | Awaited::Remit835 => None,
    }
}

/// An answer that took longer says nothing of those to come: of older batches none is read.
const SENT_BEFORE_MS: i64 = 180 * 24 * 3600 * 1000;

impl Store {
    /// Batches of a payer that were sent before `sent_before` and still wait for this answer, or have claims that do.
    pub async fn overdue_batches(
        &self,
        payer: &str,
        awaited: Awaited,
        sent_before: i64,
    ) -> Result<Vec<OverdueBatch>, StoreError> {
        let waiting =
            format!("(SELECT COUNT(*) FROM claim c WHERE c.batch_id = b.id AND c.status IN {})", unanswered(awaited));
        let missing = match awaited {
            Awaited::Ta1 => "ta1_at IS NULL".to_string(),
            Awaited::Ack999 => "n999_at IS NULL AND coalesce(claim_status, 4) <> 6".to_string(),
            Awaited::Ack277ca => {
                format!("coalesce(claim_status, 4) <> 6 AND (n277ca_at IS NULL OR {waiting} > 0)")
            }
            Awaited::Status277 | Awaited::Remit835 => format!("coalesce(claim_status, 4) <> 6 AND {waiting} > 0"),
        };
        let sql = format!(
            "SELECT id, sent_at, {waiting} FROM batch b
             WHERE payer = ? AND state = 3 AND settled_at IS NULL AND kind <> '276' AND sent_at < ? AND {missing} ORDER BY id"
        );
        let rows = query(sql)
            .bind(payer)
            .bind(sent_before)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("look for silent payers"))?;
        let batch = |row: &Row| OverdueBatch { id: BatchId(row.get(0)), sent_at: row.get(1), claims: row.get(2) };
        Ok(rows.iter().map(batch).collect())
    }

    /// Marks the batches of a payer that nothing is awaited for any more, so that they are not looked at again; and
    /// takes the mark from those of which a person took a decision back since `undone_since`.
    pub async fn settle_batches(
        &self,
        payer: &str,
        awaited: &[Awaited],
        undone_since: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let step = || StoreError::at("settle batches");
        let mut tx = self.begin().await?;
        query(
            "UPDATE batch SET settled_at = NULL WHERE payer = ? AND settled_at IS NOT NULL AND id IN
             (SELECT c.batch_id FROM claim_event e JOIN claim c ON c.id = e.claim_id WHERE e.undone_at >= ?)",
        )
        .bind(payer)
        .bind(undone_since)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        let mut sql = format!(
            "UPDATE batch SET settled_at = ? WHERE payer = ? AND state = 3 AND settled_at IS NULL
             AND (claim_status = 6 OR NOT EXISTS (SELECT 1 FROM claim c WHERE c.batch_id = batch.id AND c.status IN {}))",
            unanswered(Awaited::Remit835)
        );
        for column in awaited.iter().filter_map(|awaited| column(*awaited)) {
            sql.push_str(" AND (claim_status = 6 OR ");
            sql.push_str(column);
            sql.push_str(" IS NOT NULL)");
        }
        query(sql).bind(now).bind(payer).execute(&mut tx).await.map_err(step())?;
        tx.commit().await.map_err(step())
    }

    /// How long each answer took that came since `since`: milliseconds and how often, in any order.
    pub async fn observed_waits(
        &self,
        payer: &str,
        awaited: Awaited,
        since: i64,
    ) -> Result<Vec<(i64, i64)>, StoreError> {
        let sql = match column(awaited) {
            Some(column) => format!(
                "SELECT {column} - sent_at, 1 FROM batch WHERE payer = ?1 AND state = 3 AND kind <> '276' AND sent_at >= ?2 - {SENT_BEFORE_MS}
                 AND {column} >= sent_at AND {column} >= ?2"
            ),
            None if awaited == Awaited::Status277 => "SELECT q.answered_at - b.sent_at, 1 FROM question q
                     JOIN batch b ON b.id = q.batch_id
                     WHERE q.payer = ?1 AND q.answered_at >= ?2 AND q.answered_at >= b.sent_at"
                .to_string(),
            None => "SELECT r.received_at - b.sent_at, COUNT(*) FROM remittance r
                     CROSS JOIN payment p CROSS JOIN claim c CROSS JOIN batch b
                     WHERE p.remittance_id = r.id AND c.id = p.claim_id AND b.id = c.batch_id AND r.payer = ?1 AND r.state = 0 AND r.received_at >= ?2 AND b.sent_at <= r.received_at
                     GROUP BY r.id, r.received_at, b.id, b.sent_at"
                .to_string(),
        };
        let rows = query(sql).bind(payer).bind(since).fetch_all(self.readers()).await;
        let rows = rows.map_err(StoreError::at("learn how long answers take"))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Whether the payer gave any file since then.
    pub async fn has_come_since(&self, payer: &str, since: i64) -> Result<bool, StoreError> {
        let row = query("SELECT EXISTS (SELECT 1 FROM inbound WHERE id >= ? AND partner = ?)")
            .bind(first_of(since))
            .bind(payer)
            .fetch_one(self.readers())
            .await
            .map_err(StoreError::at("look whether a payer gave a file"))?;
        Ok(row.get(0))
    }

    pub async fn set_answer_times(&self, times: &[AnswerTime]) -> Result<(), StoreError> {
        let step = || StoreError::at("keep how long answers take");
        let mut tx = self.begin_beside().await?;
        for time in times {
            query(
                "INSERT INTO answer_time (payer, kind, answers, median_ms, most_ms, learned_at) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT (payer, kind) DO UPDATE SET answers = excluded.answers, median_ms = excluded.median_ms,
                 most_ms = excluded.most_ms, learned_at = excluded.learned_at",
            )
            .bind(&time.payer)
            .bind(time.awaited.as_str())
            .bind(time.answers)
            .bind(time.median_ms)
            .bind(time.most_ms)
            .bind(time.learned_at)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        }
        tx.commit().await.map_err(step())
    }

    pub async fn answer_times(&self) -> Result<Vec<AnswerTime>, StoreError> {
        let rows = query("SELECT payer, kind, answers, median_ms, most_ms, learned_at FROM answer_time")
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read how long answers take"))?;
        let time = |row: &Row| {
            let kind: String = row.get(1);
            let awaited = Awaited::ALL.into_iter().find(|one| one.as_str() == kind);
            Ok(AnswerTime {
                payer: row.get(0),
                awaited: awaited.ok_or_else(|| StoreError::Damaged { what: "answer_time: kind".to_string() })?,
                answers: row.get(2),
                median_ms: row.get(3),
                most_ms: row.get(4),
                learned_at: row.get(5),
            })
        };
        rows.iter().map(time).collect()
    }

    /// Claims of a payer that are rejected and were not sent in again, or that wait in a batch that is not sent.
    pub async fn filing_counts(&self, window: &FilingWindow<'_>) -> Result<Vec<FilingCount>, StoreError> {
        let rows = query(
            "SELECT partner, COUNT(*), MIN(service_to) FROM (
                 SELECT c.id, c.partner, c.service_to, c.patient_control_number AS control FROM claim c
                 WHERE c.status IN (1, 6) AND c.payer_id IN (SELECT value FROM list(?1))
                 AND c.service_to BETWEEN ?2 AND ?3 AND c.frequency NOT IN ('7', '8')
                 UNION ALL
                 SELECT c.id, c.partner, c.service_to, c.patient_control_number FROM batch b
                 JOIN claim c ON c.batch_id = b.id
                 WHERE b.payer = ?4 AND b.claim_status = 6 AND c.status IN (2, 3)
                 AND c.service_to BETWEEN ?2 AND ?3 AND c.frequency NOT IN ('7', '8')
                 UNION ALL
                 SELECT c.id, c.partner, c.service_to, c.patient_control_number FROM batch b
                 JOIN claim c ON c.batch_id = b.id
                 WHERE b.state IN (0, 1, 2) AND b.payer = ?4 AND b.opened_at < ?5 AND c.status IN (2, 3)
                 AND c.service_to BETWEEN ?2 AND ?3 AND c.frequency NOT IN ('7', '8')
             ) AS late
             WHERE NOT EXISTS (SELECT 1 FROM claim n WHERE n.bucket IN (SELECT number FROM claim_bucket)
                 AND upper(n.patient_control_number) = upper(late.control)
                 AND n.partner = late.partner AND n.id > late.id AND n.status NOT IN (1, 6))
             GROUP BY partner ORDER BY partner",
        )
        .bind(window.payer_ids.clone())
        .bind(&window.service_from)
        .bind(&window.service_to)
        .bind(window.payer)
        .bind(window.opened_before)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for claims whose time for filing runs out"))?;
        let count = |row: &Row| FilingCount { submitter: row.get(0), claims: row.get(1), service_to: row.get(2) };
        Ok(rows.iter().map(count).collect())
    }
}
