//! From the parts that submitters are handed of remittances to sealed 835s with their addresses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::plan::Extent;
use super::read::Remittance;
use super::split::{self, Own};
use crate::domain::Cents;
use crate::domain::ids::InboundId;
use crate::partner::submitter::Answer;
use crate::pipeline::answers::Outgoing;
use crate::pipeline::answers::outgoing::Letterhead;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError};
use crate::store::mail::{MailKind, NewMail, Shelf};

/// The guide of an 835 whose own group does not name one.
const REMITTANCE_GUIDE: &str = "005010X221A1";

/// A payer's file with its remittances.
#[derive(Clone)]
pub struct Papers {
    pub inbound_id: InboundId,
    pub payer: String,
    pub file: Arc<Vec<u8>>,
    pub remittances: Arc<Vec<Remittance>>,
}

/// What a submitter is handed of one remittance.
#[derive(Clone, Debug)]
pub struct Handed {
    pub partner: String,
    /// Index of the remittance in the file.
    pub remittance: usize,
    pub own: Own,
    pub extent: Extent,
}

/// The files made, and sentences on those that could not be addressed.
#[derive(Debug, Default)]
pub struct HandedOn {
    pub mail: Vec<NewMail>,
    /// They name submitters: for the house alone.
    pub notes: Vec<String>,
    /// The remittances whose provider adjustments are in the files, by their index, and whose each of them is.
    pub adjustments: BTreeMap<usize, Vec<Option<String>>>,
}

impl HandedOn {
    fn note_owner(&mut self, papers: &Papers, partner: &str, handed: &Given) {
        let Some(remittance) = papers.remittances.get(handed.remittance) else { return };
        if !handed.extent.holds_adjustments() {
            return;
        }
        let all = remittance.adjustments.len();
        let owners = self.adjustments.entry(handed.remittance).or_insert_with(|| vec![None; all]);
        let mut give = |n: usize| {
            if let Some(owner) = owners.get_mut(n) {
                *owner = Some(partner.to_string());
            }
        };
        match &handed.extent {
            Extent::Whole => (0..all).for_each(give),
            Extent::Part(chosen) => chosen.iter().for_each(|&n| give(n)),
        }
    }
}

/// Of one remittance, in a file.
struct Given {
    remittance: usize,
    extent: Extent,
    /// What its part pays.
    amount: Cents,
}

/// Writes one file for each submitter (and each delimiters and version of the payer's, where they differ), and
/// seals it. `origin` says what it all was made of; no two letters of the same origin are ever put in.
pub async fn write(
    gateway: &Arc<Gateway>,
    papers: &Papers,
    handed: Vec<Handed>,
    origin: &str,
) -> Result<HandedOn, StageError> {
    let mut letters: BTreeMap<(String, [u8; 4], String), Vec<Handed>> = BTreeMap::new();
    for one in handed {
        let Some(remittance) = papers.remittances.get(one.remittance) else { continue };
        let delimiters = remittance.head.interchange.delimiters;
        let key = [delimiters.element, delimiters.component, delimiters.segment, delimiters.repetition.unwrap_or(0)];
        let version = match remittance.head.version.as_str() {
            "" => REMITTANCE_GUIDE,
            version => version,
        };
        letters.entry((one.partner.clone(), key, version.to_string())).or_default().push(one);
    }
    let mut done = HandedOn::default();
    for (number, ((partner, _, version), handed)) in letters.into_iter().enumerate() {
        let given: Vec<Given> = handed.iter().map(|one| given(papers, one)).collect();
        match letter(gateway, papers, &partner, version, handed, format!("{origin}:{partner}:835:{number}")).await? {
            Some(mail) => {
                given.iter().for_each(|one| done.note_owner(papers, &partner, one));
                let carried: Vec<&Given> = given.iter().filter(|one| one.amount < Cents::ZERO).collect();
                done.notes.extend(carried.iter().map(|one| house_note(papers, &partner, one)));
                let note = carry_note(gateway, papers, &mail, &carried).await?;
                done.mail.push(mail);
                done.mail.extend(note);
            }
            None => done
                .notes
                .push(format!("Payments for {partner} are not handed on: no file in partners/ has that name.")),
        }
    }
    Ok(done)
}

fn given(papers: &Papers, handed: &Handed) -> Given {
    let amount = match (papers.remittances.get(handed.remittance), &handed.extent) {
        (Some(remittance), Extent::Part(adjustments)) => split::amount_of(remittance, &handed.own, adjustments),
        // As the payer wrote it.
        (Some(_), Extent::Whole) | (None, _) => Cents::ZERO,
    };
    Given { remittance: handed.remittance, extent: handed.extent.clone(), amount }
}

fn house_note(papers: &Papers, partner: &str, carried: &Given) -> String {
    let control = papers.remittances.get(carried.remittance).map_or("", |one| one.head.control.as_str());
    format!(
        "transaction {control}: the part of {partner} takes {} more than it pays; a PLB FB that the payer did not write carries it, \
         and the parts come to as much more than the payment",
        -carried.amount
    )
}

/// A PLB that the payer did not write is told to who reads it.
async fn carry_note(
    gateway: &Arc<Gateway>,
    papers: &Papers,
    letter: &NewMail,
    carried: &[&Given],
) -> Result<Option<NewMail>, StageError> {
    if carried.is_empty() || letter.shelf != Shelf::Mailbox {
        return Ok(None);
    }
    let mut text = format!("CARRIED FORWARD\r\n\r\nOf the file {}:\r\n", letter.file_name);
    for one in carried {
        let Some(remittance) = papers.remittances.get(one.remittance) else { continue };
        text.push_str(&format!(
            "\r\nCheck or EFT {trace}: your part of it takes {amount} more than it pays. Its BPR02 is 0, and the last PLB,\r\n\
             FB:{trace} of -{amount}, is not the payer's: it was added here so that your part adds up. The payer took\r\n\
             the {amount} from what the same check or EFT pays on claims that are not in your file. Do not wait for it\r\n\
             in a later payment; settle it with the payee.\r\n",
            trace = remittance.trace,
            amount = -one.amount,
        ));
    }
    let id = gateway.draw_id();
    Ok(Some(NewMail {
        id,
        partner: letter.partner.clone(),
        kind: MailKind::Note,
        file_name: format!("{}_{id}_carried_forward.txt", papers.payer),
        payload: gateway.seal(text.into_bytes()).await?,
        created_at: gateway.clock.now_ms(),
        submission_id: None,
        inbound_id: Some(papers.inbound_id),
        origin: format!("{}:carried", letter.origin),
        shelf: Shelf::Mailbox,
        remittances: Vec::new(),
    }))
}

async fn letter(
    gateway: &Arc<Gateway>,
    papers: &Papers,
    partner: &str,
    version: String,
    handed: Vec<Handed>,
    origin: String,
) -> Result<Option<NewMail>, StageError> {
    let partners = gateway.partners.current();
    let Some(submitter) = partners.submitter(partner) else { return Ok(None) };
    let control = gateway.store.take_control_numbers(&format!("isa:{partner}"), 1).await?;
    let shelf = if submitter.acks.forwards(Answer::Remit835) { Shelf::Mailbox } else { Shelf::Archive };
    let receiver = submitter.interchange.clone();
    let usage = submitter.usage.unwrap_or(gateway.config.gateway.usage);
    let mut remittances: Vec<i64> = handed.iter().filter_map(|one| i64::try_from(one.remittance).ok()).collect();
    remittances.sort_unstable();
    remittances.dedup();
    let (office, there) = (gateway.clone(), papers.clone());
    let payload = blocking(move || {
        let settings = &office.config.gateway;
        let at = office.clock.now().to_zoned(settings.time_zone.clone());
        let head = Letterhead { sender: &settings.interchange, receiver: &receiver, usage, at: &at };
        let first = handed.first().and_then(|one| there.remittances.get(one.remittance));
        let delimiters = first.map(|remittance| remittance.head.interchange.delimiters).unwrap_or_default();
        let mut out = Outgoing::begin(delimiters, &head, control, "HP", &version);
        for one in &handed {
            if let Some(remittance) = there.remittances.get(one.remittance) {
                split::write(&mut out, &there.file, remittance, &one.own, &one.extent);
            }
        }
        office.payloads.seal(office.draw_id(), &out.finish())
    })
    .await??;
    Ok(Some(NewMail {
        id: gateway.draw_id(),
        partner: partner.to_string(),
        kind: MailKind::Remit835,
        file_name: format!("{}_{}_{control}_835.x12", papers.payer, papers.inbound_id),
        payload,
        created_at: gateway.clock.now_ms(),
        submission_id: None,
        inbound_id: Some(papers.inbound_id),
        origin,
        shelf,
        remittances,
    }))
}
