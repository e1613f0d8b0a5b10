//! What payers said before of a claim or a batch, by a digest of each answer: the same answer in another envelope is
//! known by it.

use std::collections::HashMap;

use super::sql::query;
use super::{Store, StoreError};
use crate::domain::ClaimStatus;
use crate::domain::ids::{BatchId, ClaimId, InboundId};

/// An answer about a claim, without the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Of all that it says of the claim: see `pipeline::correlate::repeats`.
    pub digest: i64,
    /// The newest day of its statuses, `CCYYMMDD`; empty where it names none.
    pub day: String,
}

/// One that came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidBefore {
    pub said: Said,
    pub status: Option<ClaimStatus>,
    pub inbound_id: InboundId,
}

/// What an answer says of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchWord {
    pub digest: i64,
    /// The numbers of the transactions that it is about, a space between; empty: the whole batch.
    pub about: String,
}

/// One that came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSaid {
    /// `TA1`, `999`, `997` or `277CA`.
    pub kind: String,
    pub word: BatchWord,
    pub inbound_id: InboundId,
}

impl Store {
    /// What a payer's answers of one kind said of these claims, the oldest first; those that a person took back left out.
    pub async fn said_of_claims(
        &self,
        payer: &str,
        kind: &str,
        claims: Vec<i64>,
    ) -> Result<HashMap<ClaimId, Vec<SaidBefore>>, StoreError> {
        let rows = query(
            "SELECT e.claim_id, e.said, e.said_day, e.status, e.inbound_id
             FROM claim_event e JOIN inbound i ON i.id = e.inbound_id
             WHERE e.claim_id IN (SELECT value FROM list(?)) AND e.kind = ? AND e.said IS NOT NULL
             AND e.undone_at IS NULL AND i.partner = ? ORDER BY e.id",
        )
        .bind(claims)
        .bind(kind)
        .bind(payer)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read what a payer said before"))?;
        let mut said: HashMap<ClaimId, Vec<SaidBefore>> = HashMap::new();
        for row in &rows {
            said.entry(ClaimId(row.get(0))).or_default().push(SaidBefore {
                said: Said { digest: row.get(1), day: row.get(2) },
                status: row.get::<Option<i64>>(3).and_then(ClaimStatus::from_code),
                inbound_id: InboundId(row.get(4)),
            });
        }
        Ok(said)
    }

    /// What a payer said of a batch as a whole, the oldest first.
    pub async fn said_of_batch(&self, batch: BatchId) -> Result<Vec<BatchSaid>, StoreError> {
        let rows = query(
            "SELECT kind, said, about, inbound_id FROM batch_event
             WHERE batch_id = ? AND said IS NOT NULL AND inbound_id IS NOT NULL ORDER BY id",
        )
        .bind(batch.0)
        .fetch_all(self.quick())
        .await
        .map_err(StoreError::at("read what a payer said of a batch before"))?;
        let said = |row: &super::sql::Row| BatchSaid {
            kind: row.get(0),
            word: BatchWord { digest: row.get(1), about: row.get(2) },
            inbound_id: InboundId(row.get(3)),
        };
        Ok(rows.iter().map(said).collect())
    }

    /// The exceptions that were raised for these answers before, by the file of each.
    pub async fn exceptions_of_origins(&self, origins: Vec<String>) -> Result<HashMap<String, InboundId>, StoreError> {
        let rows = query("SELECT origin, inbound_id FROM exception WHERE origin IN (SELECT value FROM list(?))")
            .bind(origins)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("look for answers that wait already"))?;
        Ok(rows.iter().map(|row| (row.get(0), InboundId(row.get(1)))).collect())
    }
}
