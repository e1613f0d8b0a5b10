//! Submissions: received, told apart, validated, read back with their counts and findings. What validation
//! leaves is committed by [`Store::finish_validation`] in `validation.rs`.

use super::audit::{self, AuditEntry};
use super::payload_rows::{add_payload, forget_payload};
use super::sql::{Row, Tx, query};
use super::{Sealed, Store, StoreError};
use crate::domain::ids::{ClaimId, PayloadId, SubmissionId, TransactionId};
use crate::domain::{Cents, Finding};

/// How a file came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Https,
    Sftp,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Https => "https",
            Channel::Sftp => "sftp",
        }
    }

    fn from_text(text: &str) -> Option<Channel> {
        [Channel::Https, Channel::Sftp].into_iter().find(|channel| channel.as_str() == text)
    }
}

/// Where a submission is. The numbers are the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubmissionState {
    Received = 0,
    Validated = 1,
    Routed = 2,
    /// Nothing in it could be read as X12.
    Refused = 3,
}

impl SubmissionState {
    pub fn as_str(self) -> &'static str {
        match self {
            SubmissionState::Received => "received",
            SubmissionState::Validated => "validated",
            SubmissionState::Routed => "routed",
            SubmissionState::Refused => "refused",
        }
    }

    pub fn code(self) -> i64 {
        self as i64
    }

    fn from_code(code: i64) -> Option<SubmissionState> {
        use SubmissionState::{Received, Refused, Routed, Validated};
        [Received, Validated, Routed, Refused].into_iter().find(|state| state.code() == code)
    }

    /// Its checks are done and its acknowledgements written.
    pub fn is_checked(self) -> bool {
        self != SubmissionState::Received
    }
}

/// A file whose payload is durable, on its way to its row.
#[derive(Clone, Debug)]
pub struct NewSubmission {
    pub id: SubmissionId,
    pub partner: String,
    pub channel: Channel,
    pub file_name: String,
    pub received_at: i64,
    pub payload: Sealed,
    pub idempotency_key: Option<String>,
    /// Whose request it was, for the audit trail.
    pub by: Option<Requester>,
}

/// Somebody with a key, and where the request came from.
#[derive(Clone, Debug)]
pub struct Requester {
    pub actor: String,
    pub source: String,
}

/// What became of a [`NewSubmission`].
#[derive(Clone, Debug)]
pub enum Taken {
    New,
    /// This partner has handed in the same bytes before.
    SameBytes(SubmissionRow),
    /// The same request again: key and bytes are those of an earlier one.
    Replayed(SubmissionRow),
    /// The key was used with other bytes.
    KeyOfOther(SubmissionRow),
}

impl Taken {
    /// True when nothing names this payload, which was sealed for the new submission.
    pub fn leaves_over(&self, payload: PayloadId) -> bool {
        match self {
            Taken::New => false,
            Taken::SameBytes(first) | Taken::Replayed(first) | Taken::KeyOfOther(first) => first.payload_id != payload,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct SubmissionRow {
    pub id: SubmissionId,
    pub partner: String,
    pub channel: Channel,
    pub file_name: String,
    pub received_at: i64,
    pub payload_id: PayloadId,
    pub sha256: [u8; 32],
    pub bytes: u64,
    pub idempotency_key: Option<String>,
    pub state: SubmissionState,
    /// Why nothing in it could be read.
    pub refused: Option<String>,
    pub counts: Counts,
    pub validated_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub claims: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub charge: Cents,
    pub errors: u64,
    pub warnings: u64,
}

/// One ST..SE of a submission, as its acknowledgements need it when a payer's answer comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    pub id: TransactionId,
    pub submission_id: SubmissionId,
    pub isa13: String,
    pub gs06: String,
    pub st02: String,
    pub guide: String,
    /// IK501: `A`, `E` or `R`.
    pub verdict: String,
    pub bht03: String,
    pub submitter_name: String,
    pub submitter_etin: String,
    pub claims: u64,
    pub charge: Cents,
}

/// A finding in its place among those of its submission.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    pub ordinal: u64,
    pub claim_id: Option<ClaimId>,
    pub finding: Finding,
}

/// So long only the node that received a submission, which is in its id (`domain/ids.rs`), checks it; then any.
const OWN_FIRST_MS: i64 = 5_000;

/// A submission below this size is checked beside any other, and recorded in one transaction. Files of about so many
/// bytes on are also judged on two cores.
pub const SMALL_BYTES: u64 = 256 * 1024;
const SMALL: &str = "bytes < 262144";
/// In the words of the index `submission_large`.
const LARGE: &str = "state = 0 AND bytes >= 262144";

/// Whether a large submission could be begun now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    Wanted,
    NotNow,
}

const COLUMNS: &str = "id, partner, channel, file_name, received_at, payload_id, sha256, bytes, idempotency_key, state, \
                       refused, claims, accepted, rejected, charge, errors, warnings, validated_at";

impl Store {
    /// Records a submission, or says which earlier one it repeats; then nothing is recorded. `upload` is the
    /// unfinished upload it came from, which ends in the same transaction either way.
    pub async fn receive_submission(&self, new: &NewSubmission, upload: Option<&str>) -> Result<Taken, StoreError> {
        let mut tx = self.begin().await?;
        let taken = match earlier(&mut tx, new).await? {
            Some(taken) => taken,
            None => insert(&mut tx, new).await.map(|()| Taken::New)?,
        };
        if let Some(name) = upload {
            super::uploads::end(&mut tx, &new.partner, name).await?;
            if taken.leaves_over(new.payload.id) {
                forget_payload(&mut tx, new.payload.id).await?;
            }
        }
        tx.commit().await.map_err(StoreError::at("record a submission"))?;
        Ok(taken)
    }

    pub async fn submission(&self, id: SubmissionId) -> Result<Option<SubmissionRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM submission WHERE id = ?");
        let row = query(sql).bind(id.0).fetch_optional(self.quick()).await;
        row.map_err(StoreError::at("read a submission"))?.as_ref().map(submission_from).transpose()
    }

    /// The submission of this partner that holds exactly these bytes; reads.
    pub async fn submission_of_bytes(
        &self,
        partner: &str,
        sha256: &[u8; 32],
    ) -> Result<Option<SubmissionRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM submission WHERE partner = ? AND sha256 = ?");
        let query = query(sql).bind(partner).bind(&sha256[..]);
        let row = query.fetch_optional(self.readers()).await.map_err(StoreError::at("look for the same bytes"))?;
        row.as_ref().map(submission_from).transpose()
    }

    /// Newest first; of one partner or of all. `before` is the last id of the page before.
    pub async fn submissions(
        &self,
        partner: Option<&str>,
        before: Option<SubmissionId>,
        limit: u32,
    ) -> Result<Vec<SubmissionRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM submission WHERE id < ?1 AND (?2 IS NULL OR partner = ?2) ORDER BY id DESC LIMIT ?3"
        );
        let rows = query(sql)
            .bind(before.map_or(i64::MAX, |id| id.0))
            .bind(partner)
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list submissions"))?;
        rows.iter().map(submission_from).collect()
    }

    /// Submissions whose checks are due, but those in `busy`, which are being checked now: of the small ones the
    /// oldest, at most `small_max`; of the others the oldest and the smallest.
    pub async fn submissions_due(
        &self,
        busy: &[SubmissionId],
        small_max: usize,
        large: Large,
        (node, now): (u8, i64),
    ) -> Result<Due, StoreError> {
        let busy: Vec<i64> = busy.iter().map(|id| id.0).collect();
        let first = async |which: &str, order: &str, limit: usize| {
            let sql = format!(
                "SELECT {COLUMNS} FROM submission
                 WHERE state IN (0, 1) AND state = 0 AND id NOT IN (SELECT value FROM list(?)) AND {which}
                   AND (received_at < ? OR (id / 8192) % 64 = ?)
                   AND NOT EXISTS (SELECT 1 FROM lease WHERE name = 'submission:' || id AND until > ?)
                 ORDER BY {order} LIMIT ?"
            );
            let rows = query(sql)
                .bind(&busy[..])
                .bind(now - OWN_FIRST_MS)
                .bind(node)
                .bind(now)
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(self.quick())
                .await;
            let rows = rows.map_err(StoreError::at("find submissions that are due"))?;
            rows.iter().map(submission_from).collect::<Result<Vec<_>, StoreError>>()
        };
        let small = match small_max {
            0 => Vec::new(),
            _ => first(SMALL, "id", small_max).await?,
        };
        let oldest = match large {
            Large::Wanted => first(LARGE, "id", 1).await?.pop(),
            Large::NotNow => None,
        };
        // Where there is no large one there is no smallest of them.
        let smallest = match oldest {
            Some(_) => first(LARGE, "bytes, id", 1).await?.pop(),
            None => None,
        };
        Ok(Due { small, oldest, smallest })
    }

    /// Bytes of the submissions that wait to be checked, or are being checked.
    pub async fn bytes_to_check(&self) -> Result<u64, StoreError> {
        let row = query("SELECT COALESCE(SUM(bytes), 0) FROM submission WHERE state IN (0, 1) AND state = 0")
            .fetch_one(self.readers())
            .await
            .map_err(StoreError::at("add up what waits to be checked"))?;
        Ok(row.get::<i64>(0).unsigned_abs())
    }

    pub async fn transactions_of(&self, id: SubmissionId) -> Result<Vec<TransactionRow>, StoreError> {
        let rows = query(
            "SELECT id, submission_id, isa13, gs06, st02, guide, verdict, bht03, submitter_name, submitter_etin,
                    claims, charge
             FROM submission_transaction WHERE submission_id = ? ORDER BY id",
        )
        .bind(id.0)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("read a submission's transactions"))?;
        Ok(rows.iter().map(transaction_from).collect())
    }

    /// Findings in the order of the file; `after` is the last ordinal of the page before.
    pub async fn findings_of_submission(
        &self,
        id: SubmissionId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let rows = query(
            "SELECT ordinal, claim_id, body FROM finding WHERE submission_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?",
        )
        .bind(id.0)
        .bind(after.map_or(-1, |ordinal| ordinal as i64))
        .bind(limit)
        .fetch_all(self.quick())
        .await
        .map_err(StoreError::at("read a submission's findings"))?;
        rows.iter().map(finding_from).collect()
    }
}

/// What is due next. The oldest and the smallest are often the same submission.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// Oldest first.
    pub small: Vec<SubmissionRow>,
    pub oldest: Option<SubmissionRow>,
    pub smallest: Option<SubmissionRow>,
}

async fn earlier(tx: &mut Tx, new: &NewSubmission) -> Result<Option<Taken>, StoreError> {
    if let Some(key) = &new.idempotency_key {
        let sql = format!("SELECT {COLUMNS} FROM submission WHERE partner = ? AND idempotency_key = ?");
        let row = query(sql).bind(&new.partner).bind(key).fetch_optional(&mut *tx).await;
        if let Some(row) = row.map_err(StoreError::at("look for an idempotency key"))? {
            let first = submission_from(&row)?;
            let same = first.sha256 == new.payload.sha256;
            return Ok(Some(if same { Taken::Replayed(first) } else { Taken::KeyOfOther(first) }));
        }
    }
    let sql = format!("SELECT {COLUMNS} FROM submission WHERE partner = ? AND sha256 = ?");
    let row = query(sql)
        .bind(&new.partner)
        .bind(&new.payload.sha256[..])
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::at("look for the same bytes"))?;
    row.map(|row| submission_from(&row).map(Taken::SameBytes)).transpose()
}

async fn insert(tx: &mut Tx, new: &NewSubmission) -> Result<(), StoreError> {
    add_payload(tx, &new.payload, new.received_at).await?;
    query(
        "INSERT INTO submission
         (id, partner, channel, file_name, received_at, payload_id, sha256, bytes, idempotency_key, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
    )
    .bind(new.id.0)
    .bind(&new.partner)
    .bind(new.channel.as_str())
    .bind(&new.file_name)
    .bind(new.received_at)
    .bind(new.payload.id.0)
    .bind(&new.payload.sha256[..])
    .bind(new.payload.bytes as i64)
    .bind(&new.idempotency_key)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("record a submission"))?;
    let Some(Requester { actor, source }) = &new.by else { return Ok(()) };
    let object = new.id.to_string();
    let entry = AuditEntry { actor, action: "submission.create", object: &object, source, result: "ok" };
    audit::append(tx, &entry, new.received_at).await
}

fn submission_from(row: &Row) -> Result<SubmissionRow, StoreError> {
    let id = SubmissionId(row.get("id"));
    let damaged = |what: &str| StoreError::Damaged { what: format!("submission {id}: {what}") };
    Ok(SubmissionRow {
        id,
        partner: row.get("partner"),
        channel: Channel::from_text(&row.get::<String>("channel")).ok_or_else(|| damaged("channel"))?,
        file_name: row.get("file_name"),
        received_at: row.get("received_at"),
        payload_id: PayloadId(row.get("payload_id")),
        sha256: digest_from(&row.get::<Vec<u8>>("sha256")).ok_or_else(|| damaged("sha256"))?,
        bytes: count(row, "bytes"),
        idempotency_key: row.get("idempotency_key"),
        state: SubmissionState::from_code(row.get("state")).ok_or_else(|| damaged("state"))?,
        refused: row.get("refused"),
        counts: Counts {
            claims: count(row, "claims"),
            accepted: count(row, "accepted"),
            rejected: count(row, "rejected"),
            charge: Cents(row.get("charge")),
            errors: count(row, "errors"),
            warnings: count(row, "warnings"),
        },
        validated_at: row.get("validated_at"),
    })
}

fn transaction_from(row: &Row) -> TransactionRow {
    TransactionRow {
        id: TransactionId(row.get("id")),
        submission_id: SubmissionId(row.get("submission_id")),
        isa13: row.get("isa13"),
        gs06: row.get("gs06"),
        st02: row.get("st02"),
        guide: row.get("guide"),
        verdict: row.get("verdict"),
        bht03: row.get("bht03"),
        submitter_name: row.get("submitter_name"),
        submitter_etin: row.get("submitter_etin"),
        claims: count(row, "claims"),
        charge: Cents(row.get("charge")),
    }
}

fn finding_from(row: &Row) -> Result<FindingRow, StoreError> {
    let ordinal = count(row, "ordinal");
    let body: String = row.get("body");
    // serde's error may quote the body, which may hold patient data.
    let finding = serde_json::from_str(&body)
        .map_err(|error| StoreError::Damaged { what: format!("finding {ordinal}, column {}", error.column()) })?;
    Ok(FindingRow { ordinal, claim_id: row.get::<Option<i64>>("claim_id").map(ClaimId), finding })
}

/// Counts are never negative in the store.
pub(super) fn count(row: &Row, column: &str) -> u64 {
    row.get::<i64>(column).unsigned_abs()
}

pub(super) fn digest_from(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.try_into().ok()
}
