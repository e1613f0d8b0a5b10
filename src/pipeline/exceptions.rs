//! A person decides what an answer is about that matched no claim: it is applied as if it had matched, taken back,
//! or put aside. Works on the store alone, so also beside a running gateway; no stage.

use std::sync::Arc;

use serde::Deserialize;

use super::applying::{self, Decision};
use super::correlate::whole_file::HeldForUsage;
use super::gateway::discard;
use super::notices::{self, Adjustments, Turn};
use super::remit::LookedUp;
use super::{Gateway, Stage, StageError, remit, retry};
use crate::domain::ids::{ClaimId, ExceptionId, RemittanceId};
use crate::domain::{Phi, error_chain};
use crate::store::StoreError;
use crate::store::events::NewClaimEvent;
use crate::store::exceptions::{Dismissed, ExceptionKind, ExceptionRow, ExceptionState, Undoing};
use crate::store::inbound::InboundRow;
use crate::store::matching::{ClaimFacts, ClaimKey};
use crate::store::releases::ReleaseEnd;

pub const BY_HAND: &str = "by hand";

/// Why a decision could not be carried out. The texts are for the person who made it.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    #[error("there is no exception {id}")]
    NoSuchException { id: ExceptionId },
    #[error("exception {id} is not open any more: look at it again, and undo it first if it was decided wrongly")]
    NotOpen { id: ExceptionId },
    #[error("exception {id} is open: there is nothing to take back")]
    NotDecided { id: ExceptionId },
    #[error("there is no claim {id}")]
    NoSuchClaim { id: ClaimId },
    #[error("claim {id} was never sent to a payer, so no payer can have answered it: choose another")]
    NeverSent { id: ClaimId },
    #[error("claim {claim} went to another payer than the one that answered ({payer}): choose another")]
    OtherPayer { claim: ClaimId, payer: String },
    #[error(
        "exception {id} is about a whole file and not about one claim: release it, if it holds money back, or dismiss it"
    )]
    NotOfOneClaim { id: ExceptionId },
    #[error(
        "exception {id} is about money of a payee and not about one claim: release it once it is known whose payee that is, \
         which hands it on, or dismiss it"
    )]
    OfAPayee { id: ExceptionId },
    #[error(
        "exception {id} is about one answer and holds no remittance: resolve it with the claim it is about, or dismiss it"
    )]
    OfOneAnswer { id: ExceptionId },
    #[error("exception {id} holds no remittance and no file: there is nothing to release")]
    NothingHeld { id: ExceptionId },
    #[error("exception {id} is not released: {why}")]
    StillKept { id: ExceptionId, why: &'static str },
    #[error("what exception {id} is about was handed on since: dismiss it")]
    HandedOn { id: ExceptionId },
    #[error("exception {id} was released: what was posted or handed on with it is not taken back as a whole")]
    Final { id: ExceptionId },
    #[error(
        "remittance {other} is posted for the same payment: number, date and payee are the same, and so are its amount or its \
         claims; to post this one too would count the money twice. Dismiss this exception, or ask the payer which of the two \
         is right"
    )]
    PaidAlready { other: RemittanceId },
    #[error("the file behind exception {id} does not read as it did when it came")]
    FileDiffers { id: ExceptionId },
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<StoreError> for ResolveError {
    fn from(error: StoreError) -> ResolveError {
        ResolveError::Stage(StageError::Store(error))
    }
}

/// Applies the answer to the claim, tells its submitter, and closes the exception.
pub async fn resolve(gateway: &Arc<Gateway>, id: ExceptionId, claim: ClaimId, by: &str) -> Result<(), ResolveError> {
    let exception = open(gateway, id).await?;
    let claim = chosen(gateway, &exception, claim).await?;
    let inbound = inbound(gateway, &exception).await?;
    let decision = Decision {
        by,
        rule: BY_HAND,
        evidence: String::new(),
        note: format!("{by} decided that it is about this claim"),
    };
    let is_done = match (exception.kind, exception.payment_id) {
        (ExceptionKind::ClaimAck | ExceptionKind::ClaimStatus, _) => {
            let papers = applying::status_papers(gateway, &inbound).await?;
            applying::status(gateway, &exception, &papers, claim, decision).await?
        }
        (ExceptionKind::Remittance, Some(payment)) => {
            let papers = remit::papers(gateway, &inbound).await?;
            applying::payment(gateway, &exception, &papers, payment, claim, decision).await?
        }
        (ExceptionKind::Remittance, None) => return Err(ResolveError::OfAPayee { id }),
        (
            ExceptionKind::Ta1
            | ExceptionKind::Ack999
            | ExceptionKind::File
            | ExceptionKind::Balance
            | ExceptionKind::Route
            | ExceptionKind::Batch,
            _,
        ) => return Err(ResolveError::NotOfOneClaim { id }),
    };
    match is_done {
        true => Ok(()),
        false => Err(ResolveError::NotOpen { id }),
    }
}

/// Takes a decision back: the exception is open again, and the claim stands where its other answers put it. What
/// was put into a mailbox stays there, and a note beside it says so. One that had been put aside is tried with the claims
/// that were sent since; one that had been applied shows the claims that it may be about as they are now.
pub async fn undo(gateway: &Arc<Gateway>, id: ExceptionId, by: &str) -> Result<(), ResolveError> {
    let exception = found(gateway, id).await?;
    if exception.state == ExceptionState::Open {
        return Err(ResolveError::NotDecided { id });
    }
    // A remittance that was let through is posted, a file was worked, what was handed to a payee's submitter is there; none is of
    // one claim.
    let is_of_a_payee = exception.kind == ExceptionKind::Remittance && exception.payment_id.is_none();
    let is_whole = matches!(exception.kind, ExceptionKind::Balance | ExceptionKind::File);
    if (is_whole || is_of_a_payee) && exception.state == ExceptionState::Resolved {
        return Err(ResolveError::Final { id });
    }
    let at = gateway.clock.now_ms();
    let event = NewClaimEvent {
        id: gateway.draw_id(),
        // Only written when the decision named a claim, and then with that one.
        claim_id: exception.claim_id.unwrap_or(ClaimId(0)),
        at,
        kind: "undone",
        status: None,
        code: String::new(),
        text: format!("{by} took back that the {} was about this claim", exception.kind.as_str()),
        rule: BY_HAND,
        evidence: String::new(),
        inbound_id: Some(exception.inbound_id),
        said: None,
        lines: Phi::default(),
    };
    let letter = notices::letter(gateway, &exception).await?;
    let adjustments = match (letter, exception.payment_id) {
        (Some(_), Some(payment)) => gateway.store.adjustments_with(payment).await?,
        (_, _) => None,
    };
    let theirs = match (letter, adjustments) {
        (Some(letter), Some((_, holding))) if letter.id != holding => Adjustments::MovedFromAnother,
        (_, Some(_)) => Adjustments::Moved,
        (Some(letter), None) if letter.holds_adjustments => Adjustments::AsTheyWere,
        (Some(_) | None, None) => Adjustments::None,
    };
    let note = match (exception.claim_id, exception.event_id) {
        (Some(claim), Some(decided)) => {
            notices::note(gateway, &exception, claim, decided, (Turn::TakenBack, theirs)).await?
        }
        (_, _) => None,
    };
    let undoing = Undoing { id, by: by.to_string(), at, event, note, adjustments };
    if !gateway.store.undo_exception(&undoing).await? {
        if let Some(note) = &undoing.note {
            discard(gateway, note.payload.id).await;
        }
        return Err(ResolveError::NotDecided { id });
    }
    let tried = match (exception.state, exception.claim_id) {
        (ExceptionState::Resolved, Some(claim)) => retry::taken_back(gateway, id, claim).await,
        (ExceptionState::Dismissed, _) => retry::reopened(gateway, id).await,
        (ExceptionState::Open | ExceptionState::Resolved, _) => Ok(()),
    };
    match tried {
        Ok(()) => {}
        // The decision is taken back whatever comes of this.
        Err(trouble) => tracing::warn!(exception = %id, error = error_chain(&trouble), "it was not tried again"),
    }
    Ok(())
}

/// Closes an exception that needs nothing done; `reason` is kept with it. With the last payment of a remittance that no
/// claim was found for, its provider adjustments go to the submitter of its payee.
pub async fn dismiss(gateway: &Arc<Gateway>, id: ExceptionId, by: &str, reason: &str) -> Result<(), ResolveError> {
    let exception = found(gateway, id).await?;
    loop {
        let orphaned = match exception.payment_id {
            Some(payment) => {
                let inbound = inbound(gateway, &exception).await?;
                remit::adjustments_beside(gateway, &inbound, id, payment).await?
            }
            None => None,
        };
        let at = gateway.clock.now_ms();
        let dismissed = gateway.store.dismiss_exception(id, by, reason, at, orphaned.as_ref()).await?;
        match dismissed {
            Dismissed::WithAdjustments => return Ok(()),
            Dismissed::Alone | Dismissed::NotOpen | Dismissed::AdjustmentsLeft => {
                // What was sealed here belongs to nobody.
                for mail in orphaned.iter().flat_map(|one| &one.mail) {
                    discard(gateway, mail.payload.id).await;
                }
            }
        }
        match dismissed {
            Dismissed::WithAdjustments | Dismissed::Alone => return Ok(()),
            Dismissed::NotOpen => return Err(ResolveError::NotOpen { id }),
            // It has become the last meanwhile.
            Dismissed::AdjustmentsLeft => {}
        }
    }
}

/// Posts the held remittance that a `balance` exception is about, although it does not add up or may have come before; or
/// hands on what was with nobody as its payee was not known; or has a file worked that was held for its usage, by what the
/// payer's file in `partners/` says now.
pub async fn release(gateway: &Arc<Gateway>, id: ExceptionId, by: &str) -> Result<(), ResolveError> {
    #[derive(Deserialize)]
    struct Held {
        remittance: RemittanceId,
    }
    let exception = open(gateway, id).await?;
    match (exception.kind, exception.payment_id) {
        (ExceptionKind::Balance, _) => {}
        (ExceptionKind::Remittance, None) => return hand_on(gateway, &exception, by).await,
        (ExceptionKind::File, _) => return work_file(gateway, &exception, by).await,
        (ExceptionKind::Remittance, Some(_)) | (ExceptionKind::ClaimAck | ExceptionKind::ClaimStatus, _) => {
            return Err(ResolveError::OfOneAnswer { id });
        }
        (ExceptionKind::Ta1 | ExceptionKind::Ack999 | ExceptionKind::Route | ExceptionKind::Batch, _) => {
            return Err(ResolveError::NothingHeld { id });
        }
    }
    let held: Held = serde_json::from_str(&exception.response).map_err(|_| ResolveError::NothingHeld { id })?;
    match remit::release_remittance(gateway, held.remittance, by).await? {
        ReleaseEnd::Posted => Ok(()),
        ReleaseEnd::NotHeld => Err(ResolveError::NotOpen { id }),
        ReleaseEnd::Contradicts(other) => Err(ResolveError::PaidAlready { other }),
    }
}

/// To the submitter of the payee, where it is known now.
async fn hand_on(gateway: &Arc<Gateway>, exception: &ExceptionRow, by: &str) -> Result<(), ResolveError> {
    let id = exception.id;
    match remit::look_up(gateway, exception, by).await? {
        LookedUp::Done => Ok(()),
        LookedUp::OfNoPayee => Err(ResolveError::NothingHeld { id }),
        LookedUp::NotOpen => Err(ResolveError::NotOpen { id }),
        LookedUp::HandedBefore => Err(ResolveError::HandedOn { id }),
        LookedUp::Kept(why) => Err(ResolveError::StillKept { id, why }),
    }
}

async fn work_file(gateway: &Arc<Gateway>, exception: &ExceptionRow, by: &str) -> Result<(), ResolveError> {
    let id = exception.id;
    let _: HeldForUsage = serde_json::from_str(&exception.response).map_err(|_| ResolveError::NothingHeld { id })?;
    let at = gateway.clock.now_ms();
    if !gateway.store.release_inbound(exception.inbound_id, id, by, at).await? {
        return Err(ResolveError::NotOpen { id });
    }
    gateway.nudges.nudge(Stage::Correlate);
    Ok(())
}

async fn found(gateway: &Gateway, id: ExceptionId) -> Result<ExceptionRow, ResolveError> {
    gateway.store.exception(id).await?.ok_or(ResolveError::NoSuchException { id })
}

async fn open(gateway: &Gateway, id: ExceptionId) -> Result<ExceptionRow, ResolveError> {
    let exception = found(gateway, id).await?;
    match exception.state {
        ExceptionState::Open => Ok(exception),
        ExceptionState::Resolved | ExceptionState::Dismissed => Err(ResolveError::NotOpen { id }),
    }
}

/// The claim that the person chose, when the payer can have meant it.
async fn chosen(gateway: &Gateway, exception: &ExceptionRow, id: ClaimId) -> Result<ClaimFacts, ResolveError> {
    let found = gateway.store.claims_for_answers(ClaimKey::Id, &[id.0][..]).await?;
    let claim = found.into_iter().next().ok_or(ResolveError::NoSuchClaim { id })?;
    if claim.batch_id.is_none() {
        return Err(ResolveError::NeverSent { id });
    }
    match claim.is_with(&exception.payer) {
        true => Ok(claim),
        false => Err(ResolveError::OtherPayer { claim: id, payer: exception.payer.clone() }),
    }
}

async fn inbound(gateway: &Gateway, exception: &ExceptionRow) -> Result<InboundRow, ResolveError> {
    let row: Option<InboundRow> = gateway.store.inbound(exception.inbound_id).await?;
    row.ok_or(ResolveError::FileDiffers { id: exception.id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cents, ClaimStatus};
    use crate::pipeline::answers::testing::*;
    use crate::pipeline::testing::{World, sample};
    use crate::store::mail::MailKind;

    /// Claim A1, batched; and an answer about it with nothing by which it could be found.
    async fn unmatched(kind: ExceptionKind) -> (World, ExceptionRow) {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        let lost = SentClaim {
            control_number: "NOBODY".into(),
            trace: String::new(),
            date: "20200101".into(),
            ..claims[0].clone()
        };
        let file = match kind {
            ExceptionKind::ClaimAck => ack277ca(&[(lost, "A3:21", "ICN7")]),
            _ => era835(910, &[remittance("0001", "T1", "80", &[(lost, "1", "80", &["CAS*CO*45*20"], "ICN7")], &[])]),
        };
        answer(&world, &file).await;
        let exception = open_exceptions(&world).await.remove(0);
        (world, exception)
    }

    #[tokio::test]
    async fn an_answer_resolved_by_hand_counts_and_one_taken_back_does_not() {
        let (world, exception) = unmatched(ExceptionKind::ClaimAck).await;
        let id = claim(&world, "A1").await.received.id;
        resolve(&world.gateway, exception.id, id, "sue").await.unwrap();
        let refused = claim(&world, "A1").await;
        assert_eq!(refused.status, ClaimStatus::PayerRejected);
        assert_eq!(refused.payer_claim_control_number.as_deref(), Some("ICN7"));
        let letter = &letters(&world, "acme", MailKind::Ack277ca).await[0];
        assert!(letter.contains("TRN*2*A1~"), "the submitter's own number: {letter}");
        let twice = resolve(&world.gateway, exception.id, id, "bob").await;
        assert!(matches!(twice, Err(ResolveError::NotOpen { .. })));

        undo(&world.gateway, exception.id, "sue").await.unwrap();
        let back = claim(&world, "A1").await;
        assert_eq!((back.status, back.payer_claim_control_number), (ClaimStatus::Batched, None));
        assert_eq!(open_exceptions(&world).await.len(), 1);
    }

    #[tokio::test]
    async fn money_resolved_by_hand_is_posted_and_handed_on_and_can_be_taken_back() {
        let (world, exception) = unmatched(ExceptionKind::Remittance).await;
        let id = claim(&world, "A1").await.received.id;
        assert!(letters(&world, "acme", MailKind::Remit835).await.is_empty());
        resolve(&world.gateway, exception.id, id, "sue").await.unwrap();
        let paid = claim(&world, "A1").await;
        assert_eq!((paid.status, paid.paid), (ClaimStatus::Paid, Cents(8000)));
        let letter = &letters(&world, "acme", MailKind::Remit835).await[0];
        assert!(letter.contains("CLP*A1*1*100*80*") && letter.contains("BPR*I*80*"), "{letter}");

        undo(&world.gateway, exception.id, "sue").await.unwrap();
        let back = claim(&world, "A1").await;
        assert_eq!((back.status, back.paid), (ClaimStatus::Batched, Cents::ZERO));
        let notes = letters(&world, "acme", MailKind::Note).await;
        assert_eq!(notes.len(), 1);
        for wanted in
            ["TAKEN BACK\r\n\r\nThe file ", "your claim A1 (100.00 charged", "(80.00, check or EFT T1), reverse it"]
        {
            assert!(notes[0].contains(wanted), "{wanted}: {}", notes[0]);
        }
        assert!(!notes[0].contains("PLB"), "there are none: {}", notes[0]);
        // Once more the same decision: posted again, and the letter that is there is not doubled.
        resolve(&world.gateway, exception.id, id, "sue").await.unwrap();
        assert_eq!(claim(&world, "A1").await.paid, Cents(8000));
        assert_eq!(letters(&world, "acme", MailKind::Remit835).await.len(), 1);
        let notes = letters(&world, "acme", MailKind::Note).await;
        assert!(notes.len() == 2 && notes[1].contains("HOLDS AGAIN\r\n\r\nWhat the file "), "{notes:?}");
        undo(&world.gateway, exception.id, "sue").await.unwrap();
        assert_eq!(letters(&world, "acme", MailKind::Note).await.len(), 3, "each turn is told of");
    }

    #[tokio::test]
    async fn what_cannot_be_about_the_claim_is_refused_and_what_needs_nothing_is_dismissed() {
        let (world, exception) = unmatched(ExceptionKind::ClaimAck).await;
        let nobody = resolve(&world.gateway, exception.id, ClaimId(77), "sue").await;
        assert!(matches!(nobody, Err(ResolveError::NoSuchClaim { .. })));
        dismiss(&world.gateway, exception.id, "sue", "a test of the payer's").await.unwrap();
        assert!(open_exceptions(&world).await.is_empty());
        undo(&world.gateway, exception.id, "sue").await.unwrap();
        assert_eq!(open_exceptions(&world).await.len(), 1);
    }
}
