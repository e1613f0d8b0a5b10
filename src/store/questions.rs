//! Claim status requests that go on to payers: each file is a batch of kind 276 that holds no claims, so that it is
//! delivered, tried again and answered like any other. Each question waits for a 277 about its claim.

use std::collections::BTreeMap;

use super::batches::BatchState;
use super::deliveries::{NewDelivery, add_delivery};
use super::events::{NewBatchEvent, add_batch_event};
use super::mail::{MailKind, NewMail, Shelf, put_mail};
use super::payload_rows::add_payload;
use super::sql::{QueryBuilder, Row, Tx, query};
use super::{Sealed, Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, MailId, first_of};

/// A file of questions, sealed.
#[derive(Clone, Debug)]
pub struct PassedOn {
    pub id: BatchId,
    pub payer: String,
    pub isa13: String,
    pub gs06: String,
    pub file: Sealed,
    pub file_name: String,
    pub delivery: NewDelivery,
    /// Set for a payer that fetches from us.
    pub mail: Option<MailId>,
    pub event: NewBatchEvent,
    /// The claims that are asked about, each with the TRN02 of its question.
    pub questions: Vec<(ClaimId, String)>,
}

/// A question by its file and its place in it.
pub type QuestionKey = (BatchId, i64);

/// What a payer was asked of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedQuestion {
    pub key: QuestionKey,
    pub claim_id: ClaimId,
    /// TRN02.
    pub reference: String,
    pub answered_at: Option<i64>,
}

/// Questions that a payer left open for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueQuestions {
    pub questions: i64,
    pub files: i64,
    /// When the oldest of them was sent.
    pub since: i64,
}

/// In this order: the questions are walked, by the index of those that are open, and not the batches.
const OVERDUE: &str =
    "SELECT COUNT(*), COUNT(DISTINCT b.id), coalesce(MIN(b.sent_at), 0) FROM question q CROSS JOIN batch b
     WHERE b.id = q.batch_id AND q.payer = ? AND q.answered_at IS NULL AND q.batch_id >= ? AND q.batch_id < ?
     AND b.state = 3 AND b.sent_at >= ? AND b.sent_at < ? AND coalesce(b.claim_status, 4) <> 6";
/// Rows of one statement: 5 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 6_000;
/// A file that took longer to its payer, because the payer did not fetch it or could not be reached, asks what is too old
/// to be told of.
const ON_ITS_WAY_MS: i64 = 30 * 24 * 3_600_000;

impl Store {
    /// Makes the file due at its payer.
    pub async fn pass_on_questions(&self, passed: &PassedOn) -> Result<(), StoreError> {
        let step = || StoreError::at("pass questions on");
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO batch (id, payer, kind, purpose, state, opened_at, release_at, closed_at, isa13, gs06, payload_id,
                 file_name) VALUES (?1, ?2, '276', '', ?3, ?4, ?4, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(passed.id.0)
        .bind(&passed.payer)
        .bind(BatchState::Built.code())
        .bind(passed.event.at)
        .bind(&passed.isa13)
        .bind(&passed.gs06)
        .bind(passed.file.id.0)
        .bind(&passed.file_name)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        add_payload(&mut tx, &passed.file, passed.event.at).await?;
        add_questions(&mut tx, passed).await?;
        add_batch_event(&mut tx, &passed.event).await?;
        add_delivery(&mut tx, &passed.delivery).await?;
        if let Some(id) = passed.mail {
            let mail = NewMail {
                id,
                partner: passed.payer.clone(),
                kind: MailKind::Questions276,
                file_name: passed.file_name.clone(),
                payload: passed.file.clone(),
                created_at: passed.event.at,
                submission_id: None,
                inbound_id: None,
                origin: format!("batch:{}", passed.id),
                shelf: Shelf::Mailbox,
                remittances: Vec::new(),
            };
            put_mail(&mut tx, &mail).await?;
        }
        tx.commit().await.map_err(step())
    }

    /// What the payer was asked of these claims before a time, answered or not, the oldest first.
    pub async fn questions_of(
        &self,
        payer: &str,
        claims: Vec<i64>,
        before: i64,
    ) -> Result<Vec<AskedQuestion>, StoreError> {
        // As expressions, payer and file keep the planner from reading all that was asked.
        let rows = query(
            "SELECT batch_id, ordinal, claim_id, reference, answered_at FROM question
             WHERE claim_id IN (SELECT value FROM list(?)) AND payer || '' = ? AND batch_id + 0 < ?
             ORDER BY batch_id, ordinal",
        )
        .bind(claims)
        .bind(payer)
        .bind(first_of(before))
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for questions about claims"))?;
        Ok(rows.iter().map(asked_question).collect())
    }

    /// Of the questions that the payer left open, those under these numbers (TRN02) that no other has, each with the submitter
    /// that asked.
    pub async fn sole_questions(
        &self,
        payer: &str,
        references: Vec<&str>,
        before: i64,
    ) -> Result<Vec<(AskedQuestion, String)>, StoreError> {
        let rows = query(
            "SELECT MIN(q.batch_id), MIN(q.ordinal), MIN(q.claim_id), q.reference, MIN(q.answered_at), coalesce(MIN(c.partner), '')
             FROM question q LEFT JOIN claim c ON c.id = q.claim_id
             WHERE q.payer = ? AND q.answered_at IS NULL AND q.reference IN (SELECT value FROM list(?)) AND q.batch_id + 0 < ?
             GROUP BY q.reference HAVING COUNT(*) = 1",
        )
        .bind(payer)
        .bind(references)
        .bind(first_of(before))
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for open questions by their numbers"))?;
        Ok(rows.iter().map(|row| (asked_question(row), row.get(5))).collect())
    }

    /// What the payer was asked between these times and left open; a file that it refused waits for a person instead. Only
    /// what was asked then is looked at, however much an unanswering payer was asked before and since.
    pub async fn overdue_questions(
        &self,
        payer: &str,
        sent_after: i64,
        sent_before: i64,
    ) -> Result<Option<OverdueQuestions>, StoreError> {
        let row = query(OVERDUE)
            .bind(payer)
            .bind(first_of(sent_after - ON_ITS_WAY_MS))
            .bind(first_of(sent_before))
            .bind(sent_after)
            .bind(sent_before)
            .fetch_one(self.readers())
            .await
            .map_err(StoreError::at("look for questions that nobody answers"))?;
        let overdue = OverdueQuestions { questions: row.get(0), files: row.get(1), since: row.get(2) };
        Ok((overdue.questions > 0).then_some(overdue))
    }
}

fn asked_question(row: &Row) -> AskedQuestion {
    AskedQuestion {
        key: (BatchId(row.get(0)), row.get(1)),
        claim_id: ClaimId(row.get(2)),
        reference: row.get(3),
        answered_at: row.get(4),
    }
}

async fn add_questions(tx: &mut Tx, passed: &PassedOn) -> Result<(), StoreError> {
    let numbered: Vec<(i64, &(ClaimId, String))> = (0..).zip(&passed.questions).collect();
    for part in numbered.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new("INSERT INTO question (batch_id, ordinal, payer, claim_id, reference) ");
        insert.push_values(part, |row, (ordinal, (claim, reference))| {
            row.push_bind(passed.id.0).push_bind(*ordinal).push_bind(&passed.payer);
            row.push_bind(claim.0).push_bind(reference);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("note questions"))?;
    }
    Ok(())
}

/// Notes that these are answered. One that was answered meanwhile keeps its first answer.
pub(super) async fn answer_questions(tx: &mut Tx, answered: &[QuestionKey], at: i64) -> Result<(), StoreError> {
    let mut by_file: BTreeMap<BatchId, Vec<i64>> = BTreeMap::new();
    for (batch, ordinal) in answered {
        by_file.entry(*batch).or_default().push(*ordinal);
    }
    for (batch, ordinals) in by_file {
        query(
            "UPDATE question SET answered_at = ?
             WHERE batch_id = ? AND ordinal IN (SELECT value FROM list(?)) AND answered_at IS NULL",
        )
        .bind(at)
        .bind(batch.0)
        .bind(ordinals)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("note that questions are answered"))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "questions_tests.rs"]
mod tests;
