//! Notes to a submitter about a letter that a decision had put into its mailbox: the decision was taken back, or it was
//! made again. The letter stays where it is, so whoever acted on it must hear of it.

use jiff::Timestamp;
use serde_json::Value;

use super::{Gateway, StageError};
use crate::domain::ids::{ClaimId, EventId, ExceptionId};
use crate::store::adjustments::DecisionLetter;
use crate::store::exceptions::ExceptionRow;
use crate::store::mail::{MailKind, MailRow, NewMail, Shelf};
use crate::store::timeline::ClaimRecord;

/// What became of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    TakenBack,
    /// The same decision as one that was taken back before.
    HoldsAgain,
}

/// What becomes of the provider adjustments (PLB) in the letter with its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustments {
    /// It holds none.
    None,
    /// They stay where they are: with this submitter when it is taken back, with another when it holds again.
    AsTheyWere,
    /// They go with the decision.
    Moved,
    /// The same of those that came to the submitter in a letter of an earlier decision.
    MovedFromAnother,
}

/// What a letter is made of that follows from a decision; the same decision puts none in twice.
pub fn letter_origin(exception: ExceptionId, claim: ClaimId) -> String {
    format!("exception:{exception}:{claim}")
}

/// Of the 835 that follows from it.
pub fn remittance_origin(exception: ExceptionId, claim: ClaimId, submitter: &str) -> String {
    format!("{}:{submitter}:835:0", letter_origin(exception, claim))
}

/// The 835 that the submitter of a decided exception has of that decision.
pub async fn letter(gateway: &Gateway, exception: &ExceptionRow) -> Result<Option<DecisionLetter>, StageError> {
    let Some(claim) = exception.claim_id else { return Ok(None) };
    let Some(record) = gateway.store.claim_record(claim).await? else { return Ok(None) };
    Ok(gateway.store.decision_letter(&remittance_origin(exception.id, claim, &record.partner)).await?)
}

/// The note, where the submitter has a letter of this decision in its mailbox; `event` is the decision's.
pub async fn note(
    gateway: &Gateway,
    exception: &ExceptionRow,
    claim: ClaimId,
    event: EventId,
    (turn, adjustments): (Turn, Adjustments),
) -> Result<Option<NewMail>, StageError> {
    let Some(record) = gateway.store.claim_record(claim).await? else { return Ok(None) };
    let status = letter_origin(exception.id, claim);
    let remittance = remittance_origin(exception.id, claim, &record.partner);
    let Some(letter) = gateway.store.mailbox_file_of(&[&status, &remittance]).await? else { return Ok(None) };
    let (what, text) = match turn {
        Turn::TakenBack => ("taken_back", taken_back(gateway, exception, &record, (&letter, adjustments))),
        Turn::HoldsAgain => ("holds_again", holds_again(gateway, &record, (&letter, adjustments))),
    };
    Ok(Some(NewMail {
        id: gateway.draw_id(),
        partner: record.partner.clone(),
        kind: MailKind::Note,
        file_name: format!("{}_{event}_{what}.txt", exception.payer),
        payload: gateway.seal(text.into_bytes()).await?,
        created_at: gateway.clock.now_ms(),
        submission_id: None,
        inbound_id: Some(exception.inbound_id),
        origin: format!("{what}:{}:{event}", exception.id),
        shelf: Shelf::Mailbox,
        remittances: Vec::new(),
    }))
}

fn taken_back(
    gateway: &Gateway,
    exception: &ExceptionRow,
    claim: &ClaimRecord,
    (letter, adjustments): (&MailRow, Adjustments),
) -> String {
    let response: Value = serde_json::from_str(&exception.response).unwrap_or_default();
    let money = match (response["paid"].as_str(), response["trace"].as_str()) {
        (Some(paid), Some(trace)) => {
            let theirs = match adjustments {
                Adjustments::None => "",
                Adjustments::AsTheyWere => "; the provider adjustments (PLB) in the file stay as they are",
                Adjustments::Moved => {
                    ", and with it the provider adjustments (PLB) in the file, which are taken back too"
                }
                Adjustments::MovedFromAnother => {
                    ", and with it the provider adjustments (PLB) of this check or EFT in the file that you have of it from \
                     before, which are taken back too"
                }
            };
            format!(" If you have posted its payment ({paid}, check or EFT {trace}), reverse it{theirs}.")
        }
        (_, _) => String::new(),
    };
    format!(
        "TAKEN BACK\r\n\r\nThe {} tells of your claim {} what {} said of another.\r\nThe decision that it was about yours was \
         taken back. Do not act on what the file says of this claim.{money}\r\nThe claim stands as its other answers put it.\r\n",
        named(gateway, letter),
        claim_named(claim),
        exception.payer,
    )
}

fn holds_again(gateway: &Gateway, claim: &ClaimRecord, (letter, adjustments): (&MailRow, Adjustments)) -> String {
    let theirs = match adjustments {
        Adjustments::None | Adjustments::Moved | Adjustments::MovedFromAnother => "",
        Adjustments::AsTheyWere => {
            ", but leave out the provider adjustments (PLB) in it: they were handed to another since"
        }
    };
    format!(
        "HOLDS AGAIN\r\n\r\nWhat the {} tells of your claim {} is about it after all: the decision that was taken back was made \
         again.\r\nAct on the file as on any other{theirs}. It is not sent a second time.\r\n",
        named(gateway, letter),
        claim_named(claim),
    )
}

fn named(gateway: &Gateway, letter: &MailRow) -> String {
    let zone = gateway.config.gateway.time_zone.clone();
    let at = Timestamp::from_millisecond(letter.created_at).unwrap_or_else(|_| gateway.clock.now()).to_zoned(zone);
    format!("file {} of {}", letter.file_name, at.strftime("%Y-%m-%d %H:%M"))
}

fn claim_named(claim: &ClaimRecord) -> String {
    let number = claim.patient_control_number.reveal();
    format!("{number} ({} charged, trace number {})", claim.charge, claim.id.trace_number())
}
