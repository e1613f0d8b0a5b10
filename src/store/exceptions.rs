//! Responses that matched nothing: raised, listed, resolved, undone.

use super::adjustments::{HandedAdjustments, are_left, hand_adjustments, hand_to_payee, note_letter, take_back};
use super::answers::{ClaimMove, LearnedNumber, learn_numbers, move_claims, replay};
use super::awaited::{add_awaited, forget_awaited, try_learned};
use super::events::{NewClaimEvent, add_claim_events};
use super::mail::{MailKind, NewMail, Posted, put_mail};
use super::payer_numbers::{forget_number, keep_told, stand_under_another};
use super::questions::{QuestionKey, answer_questions};
use super::remittances::{PassedOn, attach_payment, pass_on, post_claims, take_back_passing_on};
use super::sql::{QueryBuilder, Row, Tx, query};
use super::{Store, StoreError};
use crate::domain::ids::{ClaimId, EventId, ExceptionId, InboundId, MailId, PaymentId, RemittanceId};

/// Rows of one statement: 11 values each, SQLite takes 32,766.
const ROWS_MAX: usize = 2_900;

/// What kind of answer found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionKind {
    Ta1,
    Ack999,
    ClaimAck,
    ClaimStatus,
    Remittance,
    /// A file nobody could read.
    File,
    /// A remittance that does not add up, or that says again what another said.
    Balance,
    /// Claims whose payer is not reached any more.
    Route,
    /// Claims that no file could be made of.
    Batch,
}

impl ExceptionKind {
    pub const ALL: [ExceptionKind; 9] = [
        ExceptionKind::Ta1,
        ExceptionKind::Ack999,
        ExceptionKind::ClaimAck,
        ExceptionKind::ClaimStatus,
        ExceptionKind::Remittance,
        ExceptionKind::File,
        ExceptionKind::Balance,
        ExceptionKind::Route,
        ExceptionKind::Batch,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ExceptionKind::Ta1 => "TA1",
            ExceptionKind::Ack999 => "999",
            ExceptionKind::ClaimAck => "277CA",
            ExceptionKind::ClaimStatus => "277",
            ExceptionKind::Remittance => "835",
            ExceptionKind::File => "file",
            ExceptionKind::Balance => "balance",
            ExceptionKind::Route => "route",
            ExceptionKind::Batch => "batch",
        }
    }

    pub fn from_text(text: &str) -> Option<ExceptionKind> {
        ExceptionKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionState {
    Open = 0,
    Resolved = 1,
    Dismissed = 2,
}

impl ExceptionState {
    pub const ALL: [ExceptionState; 3] = [ExceptionState::Open, ExceptionState::Resolved, ExceptionState::Dismissed];

    pub fn as_str(self) -> &'static str {
        match self {
            ExceptionState::Open => "open",
            ExceptionState::Resolved => "resolved",
            ExceptionState::Dismissed => "dismissed",
        }
    }
}

#[derive(Clone)]
pub struct NewException {
    pub id: ExceptionId,
    pub inbound_id: InboundId,
    pub payer: String,
    pub kind: ExceptionKind,
    pub raised_at: i64,
    /// For staff, without patient data.
    pub reason: String,
    /// What the answer said, as JSON: enough to apply it later. Holds patient data.
    pub response: String,
    /// JSON list of `pipeline::answers::ladder::Candidate`.
    pub candidates: String,
    pub payment_id: Option<PaymentId>,
    /// Keys of claims that it may be about and that may come later, each once.
    pub awaits: Vec<String>,
    /// What it is raised for; raised once for the same.
    pub origin: Option<String>,
}

impl std::fmt::Debug for NewException {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NewException { id, inbound_id, payer, kind, reason, .. } = self;
        write!(f, "NewException {{ {id}, of inbound {inbound_id}, {payer}, {kind:?}: {reason} }}")
    }
}

/// Its `response` and `candidates` are JSON as they were stored.
#[derive(Clone)]
pub struct ExceptionRow {
    pub id: ExceptionId,
    pub inbound_id: InboundId,
    pub payer: String,
    pub kind: ExceptionKind,
    pub raised_at: i64,
    pub state: ExceptionState,
    pub reason: String,
    pub response: String,
    pub candidates: String,
    pub payment_id: Option<PaymentId>,
    pub claim_id: Option<ClaimId>,
    pub event_id: Option<EventId>,
    pub resolved_by: Option<String>,
    pub resolved_at: Option<i64>,
    /// Why it was dismissed.
    pub note: String,
}

/// A person's decision that an answer is about a claim, with all that follows from it.
#[derive(Debug)]
pub struct Resolution {
    pub id: ExceptionId,
    pub claim_id: ClaimId,
    pub by: String,
    pub at: i64,
    /// What the answer says of the claim; `None` for money, whose status comes from all payments.
    pub said: Option<ClaimMove>,
    pub learned: Option<LearnedNumber>,
    pub event: NewClaimEvent,
    pub passed_on: Option<PassedOn>,
    pub mail: Vec<NewMail>,
    /// Provider adjustments that its submitter has with it.
    pub adjustments: Option<HandedAdjustments>,
    /// The question that it answers.
    pub answered: Option<QuestionKey>,
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    Done,
    /// The exception is not open any more.
    NotOpen,
    /// Its mail holds provider adjustments that another submitter was handed meanwhile; nothing was changed.
    AdjustmentsGone,
}

/// A decision taken back.
#[derive(Debug)]
pub struct Undoing {
    pub id: ExceptionId,
    pub by: String,
    pub at: i64,
    /// Written on the claim; its status is filled in from what is left.
    pub event: NewClaimEvent,
    /// For the submitter whose mailbox holds a letter of the decision.
    pub note: Option<NewMail>,
    /// The remittance whose provider adjustments are taken back with it, and the letter that holds them.
    pub adjustments: Option<(RemittanceId, MailId)>,
}

/// Provider adjustments that nobody has, for when no payment of their remittance waits any more.
#[derive(Debug)]
pub struct Orphaned {
    pub remittance: RemittanceId,
    /// Whose each of them is with the letter.
    pub owners: Vec<Option<String>>,
    /// The letter that holds them.
    pub mail: Vec<NewMail>,
    /// Where there is no letter: what a person is told, once.
    pub unknown: Option<NewException>,
}

/// What became of a dismissal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissed {
    /// The exception is not open any more.
    NotOpen,
    Alone,
    /// It was the last of its remittance, whose adjustments were handed on with it.
    WithAdjustments,
    /// It is the last of its remittance, whose adjustments nobody has, and nothing was said of them; nothing was changed.
    AdjustmentsLeft,
}

const COLUMNS: &str = "SELECT id, inbound_id, payer, kind, raised_at, state, reason, response, candidates, payment_id,
    claim_id, event_id, resolved_by, resolved_at, note FROM exception ";

impl Store {
    /// Exceptions in a state (or all), newest first; `before` is the last id of the page before.
    pub async fn list_exceptions(
        &self,
        state: Option<ExceptionState>,
        payer: Option<&str>,
        before: Option<ExceptionId>,
        limit: u32,
    ) -> Result<Vec<ExceptionRow>, StoreError> {
        let mut query = QueryBuilder::new(COLUMNS);
        query.push("WHERE id < ").push_bind(before.map_or(i64::MAX, |id| id.0));
        if let Some(state) = state {
            query.push(" AND state = ").push_bind(state as i64);
        }
        if let Some(payer) = payer {
            query.push(" AND payer = ").push_bind(payer);
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
        let rows = query.build().fetch_all(self.readers()).await.map_err(StoreError::at("list exceptions"))?;
        rows.iter().map(exception_row).collect()
    }

    pub async fn exception(&self, id: ExceptionId) -> Result<Option<ExceptionRow>, StoreError> {
        let mut query = QueryBuilder::new(COLUMNS);
        query.push("WHERE id = ").push_bind(id.0);
        let row = query.build().fetch_optional(self.readers()).await.map_err(StoreError::at("read an exception"))?;
        row.as_ref().map(exception_row).transpose()
    }

    /// Open exceptions of some kinds, oldest first.
    pub async fn open_exceptions_of(
        &self,
        kinds: &[ExceptionKind],
        limit: u32,
    ) -> Result<Vec<ExceptionRow>, StoreError> {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let mut query = QueryBuilder::new(COLUMNS);
        query.push("WHERE state = 0 AND kind IN (SELECT value FROM list(");
        query.push_bind(kinds);
        query.push(")) ORDER BY id LIMIT ").push_bind(limit);
        let rows =
            query.build().fetch_all(self.readers()).await.map_err(StoreError::at("list exceptions of a kind"))?;
        rows.iter().map(exception_row).collect()
    }

    /// How many are open.
    pub async fn count_open_exceptions(&self) -> Result<i64, StoreError> {
        let row = query("SELECT COUNT(*) FROM exception WHERE state = 0").fetch_one(self.readers()).await;
        Ok(row.map_err(StoreError::at("count exceptions"))?.get(0))
    }

    /// Why open exceptions are not clear, and what each may be about (JSON), as the claims of now have it.
    pub async fn tell_candidates(&self, told: &[(ExceptionId, &str, String)]) -> Result<(), StoreError> {
        if told.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin_bulk().await?;
        for (id, reason, candidates) in told {
            query("UPDATE exception SET reason = ?, candidates = ? WHERE id = ? AND state = 0")
                .bind(*reason)
                .bind(candidates)
                .bind(id.0)
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("tell what an exception may be about"))?;
        }
        tx.commit().await.map_err(StoreError::at("tell what an exception may be about"))
    }

    /// Applies an open exception's answer to the claim chosen.
    pub async fn resolve_exception(&self, resolution: &Resolution) -> Result<Resolved, StoreError> {
        let mut tx = self.begin().await?;
        let closed = query(
            "UPDATE exception SET state = 1, claim_id = ?, event_id = ?, resolved_by = ?, resolved_at = ?
             WHERE id = ? AND state = 0 RETURNING payment_id",
        )
        .bind(resolution.claim_id.0)
        .bind(resolution.event.id.0)
        .bind(&resolution.by)
        .bind(resolution.at)
        .bind(resolution.id.0)
        .fetch_optional(&mut tx)
        .await
        .map_err(StoreError::at("resolve an exception"))?;
        let Some(row) = closed else { return Ok(Resolved::NotOpen) };
        if let Some(handed) = resolution.adjustments
            && !hand_adjustments(&mut tx, handed.remittance).await?
        {
            return Ok(Resolved::AdjustmentsGone);
        }
        forget_awaited(&mut tx, resolution.id).await?;
        if let Some(said) = resolution.said {
            move_claims(&mut tx, &[said]).await?;
        }
        keep_told(&mut tx, resolution.claim_id).await?;
        if let Some(learned) = &resolution.learned {
            learn_numbers(&mut tx, std::slice::from_ref(learned), Some(resolution.event.id)).await?;
        }
        if let Some(payment) = row.get::<Option<i64>>(0) {
            let tied = Some((resolution.claim_id, resolution.event.rule, resolution.event.evidence.as_str()));
            attach_payment(&mut tx, PaymentId(payment), tied).await?;
            post_claims(&mut tx, &[resolution.claim_id]).await?;
            try_learned(&mut tx, vec![resolution.claim_id.0]).await?;
        }
        answer_questions(&mut tx, resolution.answered.as_slice(), resolution.at).await?;
        add_claim_events(&mut tx, std::slice::from_ref(&resolution.event)).await?;
        pass_on(&mut tx, resolution.passed_on.as_slice()).await?;
        let mut letter = resolution.adjustments.and_then(|handed| handed.letter);
        for mail in &resolution.mail {
            let (Posted::Now(id) | Posted::Earlier(id)) = put_mail(&mut tx, mail).await?;
            letter = letter.or((mail.kind == MailKind::Remit835).then_some(id));
        }
        if let (Some(handed), Some(letter)) = (resolution.adjustments, letter) {
            note_letter(&mut tx, handed.remittance, letter).await?;
        }
        tx.commit().await.map_err(StoreError::at("resolve an exception"))?;
        Ok(Resolved::Done)
    }

    /// Takes a decision back: the claim returns to what its other answers say. `false`: it was not resolved.
    pub async fn undo_exception(&self, undoing: &Undoing) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let row = query("SELECT claim_id, event_id, payment_id FROM exception WHERE id = ? AND state IN (1, 2)")
            .bind(undoing.id.0)
            .fetch_optional(&mut tx)
            .await
            .map_err(StoreError::at("undo an exception"))?;
        let Some(row) = row else { return Ok(false) };
        let claim = row.get::<Option<i64>>(0).map(ClaimId);
        query(
            "UPDATE exception SET state = 0, claim_id = NULL, event_id = NULL, resolved_by = NULL, resolved_at = NULL,
                 note = ''
             WHERE id = ?",
        )
        .bind(undoing.id.0)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("undo an exception"))?;
        if let Some(claim) = claim {
            query("UPDATE claim_event SET undone_at = ? WHERE id = ?")
                .bind(undoing.at)
                .bind(row.get::<Option<i64>>(1))
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("undo an event"))?;
            if let Some(payment) = row.get::<Option<i64>>(2) {
                attach_payment(&mut tx, PaymentId(payment), None).await?;
            }
            if let Some(event) = row.get::<Option<i64>>(1) {
                take_back_passing_on(&mut tx, claim, event, undoing.at).await?;
            }
            forget_number(&mut tx, undoing.id, claim, row.get(1)).await?;
            if let Some(status) = replay(&mut tx, claim).await? {
                query("UPDATE claim SET status = ?, paid = 0, patient_responsibility = 0 WHERE id = ?")
                    .bind(status.code())
                    .bind(claim.0)
                    .execute(&mut tx)
                    .await
                    .map_err(StoreError::at("return a claim to what is left"))?;
            }
            post_claims(&mut tx, &[claim]).await?;
            stand_under_another(&mut tx, claim).await?;
            let event = NewClaimEvent { claim_id: claim, ..undoing.event.clone() };
            add_claim_events(&mut tx, &[event]).await?;
            if let Some(note) = &undoing.note {
                put_mail(&mut tx, note).await?;
            }
            if let Some((remittance, letter)) = undoing.adjustments {
                take_back(&mut tx, remittance, letter).await?;
            }
        }
        tx.commit().await.map_err(StoreError::at("undo an exception"))?;
        Ok(true)
    }

    /// Closes an exception that needs nothing done. What it waits for is kept for the case that this is taken back.
    pub async fn dismiss_exception(
        &self,
        id: ExceptionId,
        by: &str,
        reason: &str,
        at: i64,
        orphaned: Option<&Orphaned>,
    ) -> Result<Dismissed, StoreError> {
        let mut tx = self.begin().await?;
        let closed = query(
            "UPDATE exception SET state = 2, resolved_by = ?, resolved_at = ?, note = ? WHERE id = ? AND state = 0
             RETURNING payment_id",
        )
        .bind(by)
        .bind(at)
        .bind(reason)
        .bind(id.0)
        .fetch_optional(&mut tx)
        .await
        .map_err(StoreError::at("dismiss an exception"))?;
        let Some(row) = closed else { return Ok(Dismissed::NotOpen) };
        let handed = match (orphaned, row.get::<Option<i64>>(0)) {
            (Some(orphaned), _) => hand_orphaned(&mut tx, orphaned, at).await?,
            // The others of its remittance were decided since it was looked at.
            (None, Some(payment)) if are_left(&mut tx, PaymentId(payment)).await? => {
                return Ok(Dismissed::AdjustmentsLeft);
            }
            (None, _) => false,
        };
        tx.commit().await.map_err(StoreError::at("dismiss an exception"))?;
        Ok(if handed { Dismissed::WithAdjustments } else { Dismissed::Alone })
    }
}

/// Once no payment of their remittance waits for a person any more. `false`: no letter was put in.
async fn hand_orphaned(tx: &mut Tx, orphaned: &Orphaned, at: i64) -> Result<bool, StoreError> {
    let step = || StoreError::at("look for what waits of a remittance");
    let waiting = query(
        "SELECT COUNT(*) FROM exception e JOIN payment p ON p.id = e.payment_id WHERE p.remittance_id = ? AND e.state = 0",
    );
    let row = waiting.bind(orphaned.remittance.0).fetch_one(&mut *tx).await.map_err(step())?;
    if row.get::<i64>(0) > 0 {
        return Ok(false);
    }
    if let Some(unknown) = &orphaned.unknown {
        let told = query("SELECT COUNT(*) FROM exception WHERE inbound_id = ? AND payment_id IS NULL AND response = ?");
        let told = told.bind(unknown.inbound_id.0).bind(&unknown.response).fetch_one(&mut *tx).await.map_err(step())?;
        if told.get::<i64>(0) == 0 {
            add_exceptions(tx, std::slice::from_ref(unknown), at).await?;
        }
        return Ok(false);
    }
    hand_to_payee(tx, orphaned).await
}

/// `since`: when the answers began to look for their claims.
pub(super) async fn add_exceptions(tx: &mut Tx, exceptions: &[NewException], since: i64) -> Result<(), StoreError> {
    for part in exceptions.chunks(ROWS_MAX) {
        let mut insert = QueryBuilder::new(
            "INSERT INTO exception (id, inbound_id, payer, kind, raised_at, state, reason, response, candidates, payment_id,
                 origin) ",
        );
        insert.push_values(part, |row, exception| {
            row.push_bind(exception.id.0)
                .push_bind(exception.inbound_id.0)
                .push_bind(&exception.payer)
                .push_bind(exception.kind.as_str())
                .push_bind(exception.raised_at)
                .push_bind(0i64)
                .push_bind(&exception.reason)
                .push_bind(&exception.response)
                .push_bind(&exception.candidates)
                .push_bind(exception.payment_id.map(|id| id.0))
                .push_bind(exception.origin.as_deref());
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("raise exceptions"))?;
    }
    add_awaited(tx, exceptions, since).await
}

fn exception_row(row: &Row) -> Result<ExceptionRow, StoreError> {
    let id = ExceptionId(row.get(0));
    let damaged = |what: &str| StoreError::Damaged { what: format!("exception {id}: {what}") };
    let state: i64 = row.get(5);
    Ok(ExceptionRow {
        id,
        inbound_id: InboundId(row.get(1)),
        payer: row.get(2),
        kind: ExceptionKind::from_text(&row.get::<String>(3)).ok_or_else(|| damaged("kind"))?,
        raised_at: row.get(4),
        state: ExceptionState::ALL.into_iter().find(|one| *one as i64 == state).ok_or_else(|| damaged("state"))?,
        reason: row.get(6),
        response: row.get(7),
        candidates: row.get(8),
        payment_id: row.get::<Option<i64>>(9).map(PaymentId),
        claim_id: row.get::<Option<i64>>(10).map(ClaimId),
        event_id: row.get::<Option<i64>>(11).map(EventId),
        resolved_by: row.get(12),
        resolved_at: row.get(13),
        note: row.get(14),
    })
}
