//! Events on claims and on batches: written where they happened, once. What befalls a whole batch is one
//! row on the batch, what befalls a claim one on the claim.

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::said::{BatchWord, Said};
use super::sql::{QueryBuilder, Tx, query};
use crate::domain::ids::{BatchId, ClaimId, EventId, InboundId};
use crate::domain::{Cents, ClaimStatus, Phi};

/// Rows of one statement: 13 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 2_500;

#[derive(Clone, Debug)]
pub struct NewClaimEvent {
    pub id: EventId,
    pub claim_id: ClaimId,
    pub at: i64,
    /// `rejected`, `277CA`, `277`, `835`, `resolved`, `undone`, ...
    pub kind: &'static str,
    /// The claim's status after it.
    pub status: Option<ClaimStatus>,
    /// As `A2:20`, or CLP02.
    pub code: String,
    /// For support staff; no patient data.
    pub text: String,
    /// Which rule of the matching ladder found the claim.
    pub rule: &'static str,
    /// On what it matched, as JSON.
    pub evidence: String,
    pub inbound_id: Option<InboundId>,
    /// Of an answer whose repeat is to be known.
    pub said: Option<Said>,
    /// What it says of single service lines.
    pub lines: Phi<Vec<LineTold>>,
}

/// What a 277CA or 277 says of one service line.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTold {
    /// LX01 of the claim's line; `None`: not known which.
    pub claim_line: Option<String>,
    /// By what the claim's line is known.
    pub tied_by: Option<String>,
    /// As `A7:562:85 A7:21`.
    pub codes: String,
    /// `HC:99213:25`.
    pub procedure: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revenue_code: String,
    pub charge: Cents,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub control_number: String,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_date: String,
}

#[derive(Clone, Debug)]
pub struct NewBatchEvent {
    pub id: EventId,
    pub batch_id: BatchId,
    pub at: i64,
    /// `opened`, `closed`, `built`, `sent`, `TA1`, `999`, `277CA`, ...
    pub kind: &'static str,
    /// When it befalls one transaction of the batch.
    pub st02: String,
    pub code: String,
    pub text: String,
    pub inbound_id: Option<InboundId>,
    /// Of an answer whose repeat is to be known.
    pub said: Option<BatchWord>,
}

pub(super) async fn add_claim_events(tx: &mut Tx, events: &[NewClaimEvent]) -> Result<(), StoreError> {
    for part in events.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO claim_event (id, claim_id, at, kind, status, code, text, rule, evidence, inbound_id,
                 said, said_day, lines) ",
        );
        insert.push_values(part, |row, event| {
            row.push_bind(event.id.0)
                .push_bind(event.claim_id.0)
                .push_bind(event.at)
                .push_bind(event.kind)
                .push_bind(event.status.map(ClaimStatus::code))
                .push_bind(&event.code)
                .push_bind(&event.text)
                .push_bind(event.rule)
                .push_bind(&event.evidence)
                .push_bind(event.inbound_id.map(|id| id.0))
                .push_bind(event.said.as_ref().map(|said| said.digest))
                .push_bind(event.said.as_ref().map_or("", |said| said.day.as_str()))
                .push_bind(lines_text(event.lines.reveal()));
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("add claim events"))?;
    }
    Ok(())
}

fn lines_text(lines: &[LineTold]) -> Option<String> {
    (!lines.is_empty()).then(|| serde_json::to_string(lines).expect("its keys are texts, so it is JSON"))
}

/// As [`NewClaimEvent::lines`] was written.
pub(super) fn lines_of(text: Option<String>) -> Phi<Vec<LineTold>> {
    Phi::new(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

pub(super) async fn add_batch_event(tx: &mut Tx, event: &NewBatchEvent) -> Result<(), StoreError> {
    query(
        "INSERT INTO batch_event (id, batch_id, at, kind, st02, code, text, inbound_id, said, about)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(event.id.0)
    .bind(event.batch_id.0)
    .bind(event.at)
    .bind(event.kind)
    .bind(&event.st02)
    .bind(&event.code)
    .bind(&event.text)
    .bind(event.inbound_id.map(|id| id.0))
    .bind(event.said.as_ref().map(|word| word.digest))
    .bind(event.said.as_ref().map_or("", |word| word.about.as_str()))
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("add a batch event"))?;
    Ok(())
}
