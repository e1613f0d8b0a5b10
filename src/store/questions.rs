//! Claim status requests that go on to payers: each file is a batch of kind 276 that holds no claims, so that it is
//! delivered, tried again and answered like any other. Each question waits for a 277 about its claim.

use std::collections::HashSet;

use super::batches::BatchState;
use super::deliveries::{NewDelivery, add_delivery};
use super::events::{NewBatchEvent, add_batch_event};
use super::mail::{MailKind, NewMail, Shelf, put_mail};
use super::payload_rows::add_payload;
use super::sql::{QueryBuilder, Tx, query};
use super::{Sealed, Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, MailId};

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

/// Of one 277, in the order of its claims: the claim, where it is known, and TRN02.
pub type Answered277 = (Option<ClaimId>, String);

/// Questions that a payer left open for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverdueQuestions {
    pub questions: i64,
    pub files: i64,
    /// When the oldest of them was sent.
    pub since: i64,
}

/// Rows of one statement: 5 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 6_000;

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
                kind: MailKind::Claims837,
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
    /// Those of these claims about which the payer was asked and has not answered.
    pub async fn asked_of(&self, payer: &str, claims: Vec<i64>) -> Result<HashSet<ClaimId>, StoreError> {
        // As an expression the payer keeps the planner from reading all that it left open.
        let rows = query(
            "SELECT DISTINCT claim_id FROM question
             WHERE claim_id IN (SELECT value FROM list(?)) AND payer || '' = ? AND answered_at IS NULL",
        )
        .bind(claims)
        .bind(payer)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for open questions"))?;
        Ok(rows.iter().map(|row| ClaimId(row.get(0))).collect())
    }

    /// What the payer was asked between these times and left open; a file that it refused waits for a person instead.
    pub async fn overdue_questions(
        &self,
        payer: &str,
        sent_after: i64,
        sent_before: i64,
    ) -> Result<Option<OverdueQuestions>, StoreError> {
        let row = query(
            "SELECT COUNT(*), COUNT(DISTINCT b.id), coalesce(MIN(b.sent_at), 0) FROM question q JOIN batch b ON b.id = q.batch_id
             WHERE q.payer = ? AND q.answered_at IS NULL AND b.state = 3 AND b.sent_at >= ? AND b.sent_at < ?
             AND coalesce(b.claim_status, 4) <> 6",
        )
        .bind(payer)
        .bind(sent_after)
        .bind(sent_before)
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("look for questions that nobody answers"))?;
        let overdue = OverdueQuestions { questions: row.get(0), files: row.get(1), since: row.get(2) };
        Ok((overdue.questions > 0).then_some(overdue))
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

/// A 277 about a claim answers all that its payer was asked of it. One whose claim nobody knows answers the question with its
/// TRN02, when there is only one.
pub(super) async fn answer_questions(
    tx: &mut Tx,
    payer: &str,
    answered: &[Answered277],
    at: i64,
) -> Result<(), StoreError> {
    let step = || StoreError::at("note that questions are answered");
    let claims: Vec<i64> = answered.iter().filter_map(|(claim, _)| claim.map(|claim| claim.0)).collect();
    if !claims.is_empty() {
        query(
            "UPDATE question SET answered_at = ?
             WHERE claim_id IN (SELECT value FROM list(?)) AND payer || '' = ? AND answered_at IS NULL",
        )
        .bind(at)
        .bind(claims)
        .bind(payer)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    }
    let unknown = answered.iter().filter(|(claim, reference)| claim.is_none() && !reference.is_empty());
    let references: Vec<&str> = unknown.map(|(_, reference)| reference.as_str()).collect();
    if !references.is_empty() {
        query(
            "UPDATE question SET answered_at = ?1 WHERE payer = ?2 AND answered_at IS NULL AND reference IN (
                 SELECT q.reference FROM question q WHERE q.payer = ?2 AND q.answered_at IS NULL
                 AND q.reference IN (SELECT value FROM list(?3)) GROUP BY q.reference HAVING COUNT(*) = 1)",
        )
        .bind(at)
        .bind(payer)
        .bind(references)
        .execute(&mut *tx)
        .await
        .map_err(step())?;
    }
    Ok(())
}
