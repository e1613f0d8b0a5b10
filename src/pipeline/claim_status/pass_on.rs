//! Passes questions on to payers that take them: for each payer one 276 in a file and a delivery of its own. TRN02 stays the
//! submitter's, and our trace number stands in REF*D9, so that the payer's 277 finds its claim and comes into the
//! submitter's mailbox with the number it was asked under.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::read::Asked;
use super::write::GUIDE;
use crate::domain::ids::BatchId;
use crate::domain::{ClaimStatus, so_many};
use crate::partner::{Endpoint, Payer};
use crate::pipeline::answers::outgoing::{elements, segments};
use crate::pipeline::{Gateway, Stage, StageError};
use crate::store::asked_claims::AskedClaim;
use crate::store::deliveries::{DeliveryState, NewDelivery};
use crate::store::questions::PassedOn;
use crate::x12::Delimiters;
use crate::x12::segment::text_of;
use crate::x12::write::{AckRequested, GroupHead, InterchangeHead, Layout, Value, WriteError, Writer};

/// A question about one claim that is at its payer.
pub(super) struct Question<'a> {
    pub asked: &'a Asked,
    pub claim: &'a AskedClaim,
    pub delimiters: Delimiters,
}

/// Whether the claim's payer can say more of it than we know.
fn is_at_its_payer(claim: &AskedClaim) -> bool {
    match claim.status {
        ClaimStatus::Received | ClaimStatus::Rejected | ClaimStatus::Accepted | ClaimStatus::Batched => false,
        ClaimStatus::Sent
        | ClaimStatus::PayerReceived
        | ClaimStatus::PayerRejected
        | ClaimStatus::PayerAccepted
        | ClaimStatus::Pending
        | ClaimStatus::Paid
        | ClaimStatus::PartiallyPaid
        | ClaimStatus::Denied
        | ClaimStatus::Reversed
        | ClaimStatus::Forwarded => true,
    }
}

/// How many questions are now due at payers. What cannot be written in any delimiters we use is left out.
pub(super) async fn pass_on(gateway: &Arc<Gateway>, questions: &[Question<'_>]) -> Result<usize, StageError> {
    let partners = gateway.partners.current();
    let mut by_payer: BTreeMap<&str, Vec<&Question<'_>>> = BTreeMap::new();
    for question in questions {
        by_payer.entry(question.claim.payer.as_deref().unwrap_or_default()).or_default().push(question);
    }
    let mut passed = 0;
    for (name, questions) in by_payer {
        let Some(payer) = partners.payer(name).filter(|payer| payer.active && payer.takes_questions) else { continue };
        passed += to_payer(gateway, payer, &questions).await?;
    }
    if passed > 0 {
        gateway.nudges.nudge(Stage::Deliver);
    }
    Ok(passed)
}

async fn to_payer(gateway: &Arc<Gateway>, payer: &Payer, questions: &[&Question<'_>]) -> Result<usize, StageError> {
    let batch: BatchId = gateway.draw_id();
    let isa13 = number(gateway.store.take_control_numbers(&format!("isa:{}", payer.id), 1).await?);
    let gs06 = number(gateway.store.take_control_numbers(&format!("gs:{}", payer.id), 1).await?);
    let at = gateway.clock.now().to_zoned(gateway.config.gateway.time_zone.clone());
    let head = Head { gateway, payer, at: &at, isa13, gs06, reference: batch.to_string() };
    let Some(bytes) = written(&head, questions) else { return Ok(0) };
    let name = payer.endpoint.file_name().render(&payer.id, &at, batch);
    let file_name = name.strip_suffix(".837").map_or(name.clone(), |stem| format!("{stem}.276"));
    let file = gateway.seal(bytes).await?;
    let (state, mail) = match &payer.endpoint {
        Endpoint::Sftp(_) | Endpoint::Https(_) => (DeliveryState::Due, None),
        Endpoint::Hosted(_) => (DeliveryState::WaitsToBeFetched, Some(gateway.draw_id())),
    };
    let now = gateway.clock.now_ms();
    let event =
        gateway.batch_event(batch, "built", format!("{} about claims", so_many(questions.len() as u64, "question")));
    let delivery = NewDelivery {
        id: gateway.draw_id(),
        batch_id: batch,
        partner: payer.id.to_string(),
        payload_id: file.id,
        file_name: file_name.clone(),
        bytes: file.bytes,
        state,
        created_at: now,
    };
    let (isa13, gs06) = (format!("{isa13:09}"), gs06.to_string());
    let asked = questions.iter().map(|one| (one.claim.id, one.asked.reference.clone())).collect();
    let passed = PassedOn {
        id: batch,
        payer: payer.id.to_string(),
        isa13,
        gs06,
        file,
        file_name,
        delivery,
        mail,
        event,
        questions: asked,
    };
    gateway.store.pass_on_questions(&passed).await?;
    tracing::info!(batch = %batch, payer = %payer.id, questions = questions.len(), "questions are passed on");
    Ok(questions.len())
}

/// Nine digits and never 0.
fn number(taken: i64) -> u32 {
    u32::try_from((taken - 1).rem_euclid(999_999_999) + 1).expect("nine digits fit")
}

struct Head<'a> {
    gateway: &'a Gateway,
    payer: &'a Payer,
    at: &'a jiff::Zoned,
    isa13: u32,
    gs06: u32,
    reference: String,
}

/// `None` where a value holds one of the delimiters.
fn written(head: &Head<'_>, questions: &[&Question<'_>]) -> Option<Vec<u8>> {
    let others = Delimiters { element: 0x1D, repetition: Some(0x1F), component: 0x1E, segment: 0x1C };
    [Delimiters::USUAL, others].into_iter().find_map(|delimiters| write(head, questions, delimiters).ok())
}

fn write(head: &Head<'_>, questions: &[&Question<'_>], delimiters: Delimiters) -> Result<Vec<u8>, WriteError> {
    let (us, them) = (&head.gateway.config.gateway, head.payer);
    let (day, time) = (head.at.strftime("%Y%m%d").to_string(), head.at.strftime("%H%M").to_string());
    let mut out = Writer::new(Vec::new(), delimiters, Layout::Packed)?;
    out.interchange(&InterchangeHead {
        sender_qualifier: us.interchange.qualifier.as_str(),
        sender: us.interchange.id.as_str(),
        receiver_qualifier: them.interchange.qualifier.as_str(),
        receiver: them.interchange.id.as_str(),
        date: &day[2..],
        time: &time,
        control: head.isa13,
        usage: them.usage.unwrap_or(us.usage).as_str(),
        ack_requested: AckRequested::No,
    })?;
    let (sender, receiver) = (us.interchange.id.as_str(), them.interchange.id.as_str());
    let (control, date, time) = (head.gs06, day.as_str(), time.as_str());
    out.group(&GroupHead { code: "HR", sender, receiver, date, time, control, version: GUIDE })?;
    out.transaction("276", "0001", GUIDE)?;
    plain(&mut out, &["BHT", "0010", "13", &head.reference, date, time])?;
    plain(&mut out, &["HL", "1", "", "20", "1"])?;
    plain(&mut out, &["NM1", "PR", "2", &them.name, "", "", "", "", "PI", them.sent_id().as_str()])?;
    plain(&mut out, &["HL", "2", "1", "21", "1"])?;
    plain(&mut out, &["NM1", "41", "2", &us.name, "", "", "", "", "46", us.etin.as_str()])?;
    let mut level = 2;
    for question in questions {
        write_one(&mut out, question, &mut level)?;
    }
    out.end_transaction()?;
    out.end_group()?;
    out.end_interchange()?;
    out.finish()
}

/// A provider's, a subscriber's and perhaps a dependent's level for each question, with what was asked under them.
fn write_one(out: &mut Writer<Vec<u8>>, question: &Question<'_>, level: &mut u32) -> Result<(), WriteError> {
    let raw = &question.asked.raw;
    let mut next = |out: &mut Writer<Vec<u8>>, above: &str, code: &str, children: &str| {
        *level += 1;
        let number = level.to_string();
        plain(out, &["HL", &number, above, code, children]).map(|()| number)
    };
    let provider = next(out, "2", "19", "1")?;
    repeat(out, raw.provider.reveal(), question.delimiters)?;
    let has_dependent = !raw.dependent.reveal().is_empty();
    let subscriber = next(out, &provider, "22", if has_dependent { "1" } else { "0" })?;
    repeat(out, raw.subscriber.reveal(), question.delimiters)?;
    if has_dependent {
        next(out, &subscriber, "23", "")?;
        repeat(out, raw.dependent.reveal(), question.delimiters)?;
    }
    plain(out, &["TRN", "1", &question.asked.reference])?;
    let ours = question.claim.id.trace_number();
    let mut named = false;
    for segment in segments(raw.details.reveal(), question.delimiters) {
        let is_number = segment.starts_with(b"REF");
        // Ours stands behind the other numbers of the claim, and in place of any that was there.
        if !is_number && !std::mem::replace(&mut named, true) {
            plain(out, &["REF", "D9", &ours])?;
        }
        let theirs = elements(segment, question.delimiters).nth(1) == Some(b"D9");
        if !(is_number && theirs) {
            repeat(out, segment, question.delimiters)?;
        }
    }
    if !named {
        plain(out, &["REF", "D9", &ours])?;
    }
    Ok(())
}

fn plain(out: &mut Writer<Vec<u8>>, elements: &[&str]) -> Result<(), WriteError> {
    let used = elements.iter().rposition(|element| !element.is_empty()).map_or(0, |last| last + 1);
    let values: Vec<Value<'_>> = elements[1..used].iter().map(|&element| Value::Text(element)).collect();
    out.segment(elements[0], &values)
}

/// Segments of the submitter's, in the delimiters of this file.
fn repeat(out: &mut Writer<Vec<u8>>, part: &[u8], from: Delimiters) -> Result<(), WriteError> {
    for segment in segments(part, from) {
        let texts: Vec<Vec<String>> = elements(segment, from)
            .map(|element| element.split(|&byte| byte == from.component).map(text_of).collect())
            .collect();
        let parts: Vec<Vec<&str>> = texts.iter().map(|all| all.iter().map(String::as_str).collect()).collect();
        let values: Vec<Value<'_>> = parts[1..]
            .iter()
            .map(|parts| match parts.as_slice() {
                [only] => Value::Text(only),
                several => Value::Composite(several),
            })
            .collect();
        out.segment(parts[0][0], &values)?;
    }
    Ok(())
}

/// Claims that one question means are several only when it says too little to bother a payer with.
pub(super) fn only_one<'a>(found: &[&'a AskedClaim]) -> Option<&'a AskedClaim> {
    match found {
        [only] if is_at_its_payer(only) => Some(only),
        _ => None,
    }
}
