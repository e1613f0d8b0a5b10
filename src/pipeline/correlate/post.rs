//! From what is to be told to whom, to sealed letters with their addresses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::letters::{self, CLAIM_ACK_GUIDE, CLAIM_STATUS_GUIDE, Entry, Sheet, Source, Wording};
use super::read::status::{ReportKind, StatusReport};
use crate::domain::ids::{InboundId, TransactionId};
use crate::partner::submitter::Answer;
use crate::pipeline::answers::Outgoing;
use crate::pipeline::answers::outgoing::Letterhead;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError};
use crate::store::mail::{MailKind, NewMail, Shelf};
use crate::store::matching::ClaimFacts;
use crate::x12::Delimiters;

/// A payer's file and its reports, as they are on the table.
#[derive(Clone)]
pub struct Papers {
    pub inbound_id: InboundId,
    pub payer: String,
    pub file: Arc<Vec<u8>>,
    pub reports: Arc<Vec<StatusReport>>,
}

/// What one submitter is told from one source.
pub struct Parcel {
    pub partner: String,
    pub kind: ReportKind,
    /// Index of the payer's report; `None`: we speak ourselves.
    pub report: Option<usize>,
    pub items: Vec<Item>,
}

pub struct Item {
    pub claim: ClaimFacts,
    pub told: Told,
}

pub enum Told {
    /// By the payer.
    Answer {
        /// Index of the claim in its report.
        place: usize,
        /// TRN02 of the question that it answers.
        asked_under: Option<String>,
    },
    Refused {
        code: String,
        text: String,
    },
}

/// A claim refused with its file.
pub struct Refusal {
    pub claim: ClaimFacts,
    /// One composite, as `A3:684`.
    pub code: String,
    pub text: String,
}

pub enum Posting {
    Mail(Box<NewMail>),
    NoSuchSubmitter(String),
}

/// One parcel for each submitter that a report speaks to.
pub fn parcels_of_report(kind: ReportKind, report: usize, told: Vec<Item>) -> Vec<Parcel> {
    let mut by_partner: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for item in told {
        by_partner.entry(item.claim.partner.clone()).or_default().push(item);
    }
    let parcel = |(partner, items)| Parcel { partner, kind, report: Some(report), items };
    by_partner.into_iter().map(parcel).collect()
}

/// One parcel for each submitter whose claims were refused with their file.
pub fn parcels_of_refusals(refusals: Vec<Refusal>) -> Vec<Parcel> {
    let mut by_partner: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for Refusal { claim, code, text } in refusals {
        by_partner.entry(claim.partner.clone()).or_default().push(Item { claim, told: Told::Refused { code, text } });
    }
    let parcel = |(partner, items)| Parcel { partner, kind: ReportKind::ClaimAck, report: None, items };
    by_partner.into_iter().map(parcel).collect()
}

/// Writes a parcel's letter and seals it. `reference` begins its BHT03.
pub async fn mail(
    gateway: &Arc<Gateway>,
    papers: &Papers,
    parcel: Parcel,
    origin: String,
    reference: &str,
) -> Result<Posting, StageError> {
    let partners = gateway.partners.current();
    let Some(submitter) = partners.submitter(&parcel.partner) else {
        return Ok(Posting::NoSuchSubmitter(parcel.partner));
    };
    let mut transactions: Vec<TransactionId> = parcel.items.iter().map(|item| item.claim.transaction_id).collect();
    transactions.sort_unstable();
    transactions.dedup();
    let addressees = gateway.store.addressees(&transactions).await?.into_iter().map(|one| (one.id, one)).collect();
    let control = gateway.store.take_control_numbers(&format!("isa:{}", parcel.partner), 1).await?;

    let (mail_kind, answer) = match parcel.kind {
        ReportKind::ClaimAck => (MailKind::Ack277ca, Answer::Ack277ca),
        ReportKind::ClaimStatus => (MailKind::Status277, Answer::Status277),
    };
    let shelf = if submitter.acks.forwards(answer) { Shelf::Mailbox } else { Shelf::Archive };
    let (partner, receiver) = (parcel.partner.clone(), submitter.interchange.clone());
    let usage = submitter.usage.unwrap_or(gateway.config.gateway.usage);
    let (office, papers_there, reference) = (gateway.clone(), papers.clone(), reference.to_string());
    let file_name = format!("{}_{reference}_{}.x12", papers.payer, mail_kind.as_str());
    let payload = blocking(move || {
        let settings = &office.config.gateway;
        let at = office.clock.now().to_zoned(settings.time_zone.clone());
        let head = Letterhead { sender: &settings.interchange, receiver: &receiver, usage, at: &at };
        let guide = match parcel.kind {
            ReportKind::ClaimAck => CLAIM_ACK_GUIDE,
            ReportKind::ClaimStatus => CLAIM_STATUS_GUIDE,
        };
        let report = parcel.report.and_then(|place| papers_there.reports.get(place));
        let delimiters = report.map_or(Delimiters::USUAL, |report| report.interchange.delimiters);
        let source = match report {
            Some(report) => Source::Payer(report),
            None => Source::Gateway { name: &settings.name, etin: settings.etin.as_str() },
        };
        let mut out = Outgoing::begin(delimiters, &head, control, "HN", guide);
        let sheet = Sheet { file: &papers_there.file, source, reference: &reference, at: &at, addressees: &addressees };
        letters::write(&mut out, &sheet, &entries(report, &parcel.items));
        office.payloads.seal(office.draw_id(), &out.finish())
    })
    .await??;
    Ok(Posting::Mail(Box::new(NewMail {
        id: gateway.draw_id(),
        partner,
        kind: mail_kind,
        file_name,
        payload,
        created_at: gateway.clock.now_ms(),
        submission_id: None,
        inbound_id: Some(papers.inbound_id),
        origin,
        shelf,
        remittances: Vec::new(),
    })))
}

fn entries<'a>(report: Option<&'a StatusReport>, items: &'a [Item]) -> Vec<Entry<'a>> {
    let wording = |item: &'a Item| match &item.told {
        Told::Answer { place, asked_under } => {
            let answer = report.and_then(|report| report.claims.get(*place))?;
            Some(Wording::Payers { answer, asked_under: asked_under.as_deref() })
        }
        Told::Refused { code, text } => Some(Wording::Refused { code, text }),
    };
    items.iter().filter_map(|item| Some(Entry { claim: &item.claim, wording: wording(item)? })).collect()
}
