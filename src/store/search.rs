//! Claim search by the fields of the contract, newest first, page by page.

use super::buckets::Bucket;
use super::extracts::{Wanted, wanted};
use super::sql::{QueryBuilder, Row, query as ask};
use super::submissions::SubmissionState;
use super::{Store, StoreError};
use crate::domain::ids::{BatchId, ClaimId, SubmissionId};
use crate::domain::{Cents, ClaimStatus, Phi};

/// What a claim must be like. Empty fields ask nothing.
#[derive(Clone, Debug, Default)]
pub struct ClaimQuery {
    /// Only claims of this submitter: what a partner's own key may see.
    pub partner: Option<String>,
    /// Only claims routed to this payer: what a payer's own key may see.
    pub only_payer: Option<String>,
    pub claim_id: Option<ClaimId>,
    pub patient_control_number: Option<Phi<String>>,
    /// A payer's partner name, or a payer id as it stands in claims.
    pub payer: Option<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    /// Claims that had this number of the payer's before; found when it is searched for.
    pub answered_under: Vec<i64>,
    pub status: Option<ClaimStatus>,
    pub submission: Option<SubmissionId>,
    pub batch: Option<BatchId>,
    pub provider_npi: Option<String>,
    pub member_id: Option<Phi<String>>,
    pub patient_last_name: Option<Phi<String>>,
    pub patient_birth_date: Option<Phi<String>>,
    pub service_from: Option<String>,
    pub service_to: Option<String>,
    pub charge_min: Option<Cents>,
    pub charge_max: Option<Cents>,
    /// TRN02 of a remittance that paid it.
    pub check_number: Option<String>,
    /// The last id of the page before.
    pub before: Option<ClaimId>,
    pub limit: u32,
}

/// Buckets that are looked into at one time, so that no more is kept in memory however many there are.
const BUCKETS_AT_ONCE: usize = 32;
/// Batches of one status whose newest claims are looked at.
const BATCHES_LOOKED_THROUGH: usize = 20;
/// The same of submissions that are being checked, and of batches that are not sent yet: theirs are not the newest claims alone.
const UNDER_WAY_MAX: usize = 200;

/// Claims of one status that are still looked through one by one.
const COMMON: i64 = 20_000;

/// Where a search looks.
pub(super) enum Among {
    All,
    /// From this claim on.
    From(i64),
    Buckets(Vec<i64>),
    /// All claims of these buckets, of which this is the first.
    Through(Vec<i64>, i64),
    These(Vec<i64>),
    /// Those that have the status themselves.
    Own(ClaimStatus),
    Submission(i64),
    Batch(i64),
}

/// A line of a list of claims.
#[derive(Clone, Debug)]
pub struct ClaimLine {
    pub id: ClaimId,
    pub submission_id: SubmissionId,
    pub partner: String,
    pub kind: String,
    pub status: ClaimStatus,
    pub patient_control_number: Phi<String>,
    pub charge: Cents,
    pub paid: Cents,
    pub payer_id: String,
    pub payer: Option<String>,
    pub payer_claim_control_number: Option<Phi<String>>,
    pub provider_npi: String,
    pub service_from: String,
    pub service_to: String,
}

/// A claim's own status, or its batch's while it has none of its own: the numbers are those of
/// accepted (2) and batched (3).
pub(super) const EFFECTIVE_STATUS: &str =
    "CASE WHEN c.status IN (2, 3) AND b.claim_status IS NOT NULL THEN b.claim_status
          WHEN c.status IN (1, 2, 3) AND c.submission_id IN (SELECT id FROM submission WHERE state IN (0, 1) AND state = 0) THEN 0
          ELSE c.status END";

impl ClaimQuery {
    /// Whether it asks for a field that few claims share.
    fn is_by_itself(&self) -> bool {
        self.claim_id.is_some()
            || self.submission.is_some()
            || self.batch.is_some()
            || self.check_number.is_some()
            || self.payer_claim_control_number.is_some()
    }

    /// Whether it asks for a field whose index begins with the bucket, and for none that says more.
    fn is_by_bucket(&self) -> bool {
        let of_patient =
            [&self.patient_control_number, &self.member_id, &self.patient_last_name, &self.patient_birth_date];
        !self.is_by_itself() && (self.provider_npi.is_some() || of_patient.iter().any(|field| field.is_some()))
    }
}

impl Store {
    /// Newest first.
    pub async fn search_claims(&self, query: &ClaimQuery) -> Result<Vec<ClaimLine>, StoreError> {
        if let Some(number) = &query.payer_claim_control_number {
            let others = self.other_payer_numbers(&[number.reveal()]).await?;
            let answered_under = others.into_iter().map(|(claim, _)| claim.0).collect();
            return self.search_claims_in(&ClaimQuery { answered_under, ..query.clone() }, Among::All).await;
        }
        if query.is_by_bucket() {
            return self.search_buckets(query, &[], &self.buckets_of(query).await?).await;
        }
        let by_extracts = if query.is_by_itself() { Vec::new() } else { wanted(query) };
        if let Some(status) = query.status.filter(|_| !query.is_by_itself()) {
            return self.search_status(query, status, &by_extracts).await;
        }
        match by_extracts.is_empty() {
            true => self.search_claims_in(query, Among::All).await,
            false => self.search_by_extracts(query, &by_extracts).await,
        }
    }

    /// The newest claims first, then the buckets.
    async fn search_by_extracts(&self, query: &ClaimQuery, by: &[Wanted]) -> Result<Vec<ClaimLine>, StoreError> {
        match self.search_newest(query).await? {
            Some(found) => Ok(found),
            None => self.search_buckets(query, by, &self.buckets_of(query).await?).await,
        }
    }

    /// Those that may hold claims of the page.
    async fn buckets_of(&self, query: &ClaimQuery) -> Result<Vec<Bucket>, StoreError> {
        let mut buckets = self.all_buckets().await?;
        buckets.retain(|bucket| match (query.before, bucket.ids) {
            (Some(before), Some((first, _))) => first < before.0,
            (None, _) | (_, None) => true,
        });
        Ok(buckets)
    }

    /// Looks into the newest buckets first, and no further than it takes: of the Smiths of ten years only those of some
    /// weeks are read.
    pub(super) async fn search_buckets(
        &self,
        query: &ClaimQuery,
        by_extracts: &[Wanted],
        buckets: &[Bucket],
    ) -> Result<Vec<ClaimLine>, StoreError> {
        let open = buckets.iter().take_while(|bucket| bucket.ids.is_none()).count();
        let (mut done, mut step) = (0, open + 1);
        let mut found: Vec<ClaimLine> = Vec::new();
        let enough = query.limit as usize;
        while let Some(next) = buckets.get(done) {
            let least = enough.checked_sub(1).and_then(|last| found.get(last)).map(|line| line.id.0);
            if least.zip(next.ids).is_some_and(|(least, (_, last))| least > last) {
                break;
            }
            let until = (done + step).min(buckets.len());
            let these = &buckets[done..until];
            let numbers =
                |kept: &dyn Fn(&&Bucket) -> bool| these.iter().filter(kept).map(|bucket| bucket.number).collect();
            if by_extracts.is_empty() {
                found.extend(self.search_claims_in(query, Among::Buckets(numbers(&|_| true))).await?);
            } else {
                let (made, not_made) = (numbers(&|bucket| bucket.extracted), numbers(&|bucket| !bucket.extracted));
                found.extend(self.search_looking_through(query, &not_made).await?);
                found.extend(self.search_extracts(query, by_extracts, &made).await?);
            }
            found.sort_unstable_by_key(|line| std::cmp::Reverse(line.id.0));
            found.truncate(enough);
            (done, step) = (until, (step.max(2) * 2).min(BUCKETS_AT_ONCE));
        }
        Ok(found)
    }

    /// Claims that have the status themselves stand in an index. The others have it from their batch or submission: where
    /// these are few, the newest claims of each are looked at, and where they are many the newest claims of all soon fill a page.
    async fn search_status(
        &self,
        query: &ClaimQuery,
        status: ClaimStatus,
        by: &[Wanted],
    ) -> Result<Vec<ClaimLine>, StoreError> {
        let (groups, most) = match status {
            ClaimStatus::Received => {
                let checked = ask("SELECT id FROM submission WHERE state = ? ORDER BY id DESC LIMIT ?");
                (checked.bind(SubmissionState::Received.code()), UNDER_WAY_MAX)
            }
            // With no payer yet.
            ClaimStatus::Accepted => return self.search_by_extracts(query, &[Wanted::any_payer()]).await,
            ClaimStatus::Batched => {
                // Also those that wait to be opened (lots.rs).
                let waiting = "SELECT id FROM (SELECT id FROM batch WHERE claim_status IS NULL
                     UNION ALL SELECT id FROM claim_lot) AS waiting ORDER BY id DESC LIMIT ?";
                (ask(waiting), UNDER_WAY_MAX)
            }
            ClaimStatus::Rejected
            | ClaimStatus::Sent
            | ClaimStatus::PayerReceived
            | ClaimStatus::PayerRejected
            | ClaimStatus::PayerAccepted
            | ClaimStatus::Pending
            | ClaimStatus::Paid
            | ClaimStatus::PartiallyPaid
            | ClaimStatus::Denied
            | ClaimStatus::Reversed
            | ClaimStatus::Forwarded => {
                let said = ask("SELECT id FROM batch WHERE claim_status = ? ORDER BY id DESC LIMIT ?");
                (said.bind(status.code()), BATCHES_LOOKED_THROUGH)
            }
        };
        let rows = groups
            .bind(most as i64 + 1)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("find batches of a status"))?;
        // Of the states before a claim is sent there is no index, and its own status is none of the others.
        let unsent = matches!(status, ClaimStatus::Received | ClaimStatus::Batched);
        // Where many have the status, what else is asked says more.
        if !by.is_empty() && (rows.len() > most || !unsent && self.is_common(status).await?) {
            return self.search_by_extracts(query, by).await;
        }
        if rows.len() > most {
            return self.search_claims_in(query, Among::All).await;
        }
        let mut found = if unsent { Vec::new() } else { self.search_claims_in(query, Among::Own(status)).await? };
        for row in &rows {
            let among = if status == ClaimStatus::Received { Among::Submission } else { Among::Batch };
            found.extend(self.search_claims_in(query, among(row.get(0))).await?);
        }
        found.sort_unstable_by_key(|line| std::cmp::Reverse(line.id.0));
        found.truncate(query.limit as usize);
        Ok(found)
    }

    /// Whether more claims have the status themselves than are soon looked through.
    async fn is_common(&self, status: ClaimStatus) -> Result<bool, StoreError> {
        let row = ask("SELECT 1 FROM claim WHERE status NOT IN (2, 3) AND status = ? ORDER BY id LIMIT 1 OFFSET ?")
            .bind(status.code())
            .bind(COMMON)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("see how many claims have a status"))?;
        Ok(row.is_some())
    }

    pub(super) async fn search_claims_in(
        &self,
        query: &ClaimQuery,
        among: Among,
    ) -> Result<Vec<ClaimLine>, StoreError> {
        let mut sql = QueryBuilder::new("SELECT c.id, c.submission_id, c.partner, c.kind, ");
        sql.push(EFFECTIVE_STATUS).push(
            " AS effective, c.patient_control_number, c.charge, c.paid, c.payer_id, c.payer, c.payer_claim_control_number,
              c.provider_npi, c.service_from, c.service_to
              FROM claim c LEFT JOIN batch b ON b.id = c.batch_id WHERE c.id IN (
              SELECT c.id FROM claim c LEFT JOIN batch b ON b.id = c.batch_id WHERE 1 = 1",
        );
        // The plus keeps the planner from walking all claims in the order that is asked for.
        let mut order = "c.id";
        match among {
            Among::All => {}
            Among::Buckets(numbers) => {
                sql.push(" AND c.bucket IN (SELECT value FROM list(").push_bind(numbers).push("))");
            }
            Among::From(first) => {
                sql.push(" AND c.id >= ").push_bind(first);
            }
            Among::Through(numbers, first) => {
                sql.push(" AND c.id >= ").push_bind(first);
                sql.push(" AND +c.bucket IN (SELECT value FROM list(").push_bind(numbers).push("))");
            }
            Among::These(ids) => {
                sql.push(" AND c.id IN (SELECT value FROM list(").push_bind(ids).push("))");
                order = "+c.id";
            }
            Among::Own(status) => {
                sql.push(" AND c.status NOT IN (2, 3) AND c.status = ").push_bind(status.code());
            }
            Among::Submission(id) => {
                sql.push(" AND c.submission_id = ").push_bind(id);
            }
            Among::Batch(id) => {
                sql.push(" AND c.batch_id IS NOT NULL AND c.batch_id = ").push_bind(id);
            }
        }
        add_identifiers(&mut sql, query);
        add_facts(&mut sql, query);
        // The rows themselves are only read of those that are shown.
        sql.push(" ORDER BY ").push(order).push(" DESC LIMIT ");
        sql.push_bind(i64::from(query.limit)).push(") ORDER BY c.id DESC");
        let rows = sql.build().fetch_all(self.readers()).await.map_err(StoreError::at("search claims"))?;
        rows.iter().map(line).collect()
    }
}

fn add_identifiers(sql: &mut QueryBuilder, query: &ClaimQuery) {
    let bare = |value: &Option<Phi<String>>| value.as_ref().map(|value| value.reveal().clone());
    match bare(&query.payer_claim_control_number) {
        Some(number) if query.answered_under.is_empty() => {
            sql.push(" AND c.payer_claim_control_number = ").push_bind(number);
        }
        Some(number) => {
            sql.push(" AND c.id IN (SELECT n.id FROM claim n WHERE n.payer_claim_control_number = ").push_bind(number);
            sql.push(" UNION ALL SELECT value FROM list(").push_bind(query.answered_under.clone()).push("))");
        }
        None => {}
    }
    let mut equal = |column: &'static str, value: Option<String>| {
        if let Some(value) = value {
            sql.push(" AND ").push(column).push(" = ").push_bind(value);
        }
    };
    equal("c.partner", query.partner.clone());
    equal("c.payer", query.only_payer.clone());
    equal("c.provider_npi", query.provider_npi.clone());
    // A lot's claims name their payer before it is theirs.
    if query.only_payer.is_some() {
        sql.push(" AND b.id IS NOT NULL");
    }
    if let Some(member) = &query.member_id {
        sql.push(" AND c.member_id = ").push_bind(member.reveal().clone());
    }
    if let Some(number) = &query.patient_control_number {
        sql.push(" AND upper(c.patient_control_number) = upper(").push_bind(number.reveal().clone()).push(")");
    }
    if let Some(born) = &query.patient_birth_date {
        sql.push(" AND c.patient_birth_date = ").push_bind(born.reveal().clone());
    }
    if let Some(name) = &query.patient_last_name {
        sql.push(" AND lower(c.patient_last_name) = lower(").push_bind(name.reveal().clone()).push(")");
    }
    for (column, id) in [
        ("c.id", query.claim_id.map(|id| id.0)),
        ("c.submission_id", query.submission.map(|id| id.0)),
        ("c.batch_id", query.batch.map(|id| id.0)),
    ] {
        if let Some(id) = id {
            sql.push(" AND ").push(column).push(" = ").push_bind(id);
        }
    }
    if let Some(before) = query.before {
        sql.push(" AND c.id < ").push_bind(before.0);
    }
}

fn add_facts(sql: &mut QueryBuilder, query: &ClaimQuery) {
    if let Some(payer) = &query.payer {
        sql.push(" AND (c.payer = ").push_bind(payer.clone());
        sql.push(" OR c.payer_id = ").push_bind(payer.clone()).push(")");
    }
    if let Some(status) = query.status {
        sql.push(" AND ").push(EFFECTIVE_STATUS).push(" = ").push_bind(status.code());
    }
    if let Some(from) = &query.service_from {
        sql.push(" AND c.service_to >= ").push_bind(from.clone());
    }
    if let Some(to) = &query.service_to {
        sql.push(" AND c.service_from <> '' AND c.service_from <= ").push_bind(to.clone());
    }
    if let Some(least) = query.charge_min {
        sql.push(" AND c.charge >= ").push_bind(least.0);
    }
    if let Some(most) = query.charge_max {
        sql.push(" AND c.charge <= ").push_bind(most.0);
    }
    if let Some(check) = &query.check_number {
        sql.push(
            " AND c.id IN (SELECT p.claim_id FROM payment p JOIN remittance r ON r.id = p.remittance_id WHERE r.trace = ",
        );
        sql.push_bind(check.clone()).push(")");
    }
}

fn line(row: &Row) -> Result<ClaimLine, StoreError> {
    Ok(ClaimLine {
        id: ClaimId(row.get(0)),
        submission_id: SubmissionId(row.get(1)),
        partner: row.get(2),
        kind: row.get(3),
        status: status(row.get(4))?,
        patient_control_number: Phi::new(row.get(5)),
        charge: Cents(row.get(6)),
        paid: Cents(row.get(7)),
        payer_id: row.get(8),
        payer: row.get(9),
        payer_claim_control_number: row.get::<Option<String>>(10).map(Phi::new),
        provider_npi: row.get(11),
        service_from: row.get(12),
        service_to: row.get(13),
    })
}

pub(super) fn status(code: i64) -> Result<ClaimStatus, StoreError> {
    ClaimStatus::from_code(code).ok_or_else(|| StoreError::Damaged { what: format!("claim status {code}") })
}
