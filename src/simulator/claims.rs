//! Invented batches of claims: 837P, 837I and 837D as a billing company would send them, with several billing
//! providers, subscribers and dependents, one to six lines a claim. A batch without defects is clean under
//! every rule that rejects; with defects, each spoiled claim breaks exactly one, and the summary says which.
//!
//! Memory does not grow with the batch: what is written is handed on after each patient.

mod codes;
mod dental;
mod institutional;
mod people;
mod practice;
mod professional;

use std::io::{self, Write};

use jiff::civil::Date;

use self::people::{Dependent, MemberId, OwnClaims, Subscriber};
use self::practice::Provider;
use super::chance::{Chance, hash};
use super::pen::{Header, Party, Pen};
use crate::domain::{Cents, ClaimKind};
use crate::x12::Delimiters;

/// A payer id that no route of a gateway should know.
pub const UNKNOWN_PAYER_ID: &str = "ZZ000";

/// What to write. [`Batch::new`] fills in what a test seldom cares for.
#[derive(Clone, Debug)]
pub struct Batch {
    pub kind: ClaimKind,
    pub claims: usize,
    pub seed: u64,
    /// ISA05/06, GS02 and the submitter of 1000A.
    pub sender: Party,
    /// ISA07/08, GS03 and the receiver of 1000B.
    pub receiver: Party,
    /// ISA15: `T` or `P`.
    pub usage: String,
    /// NM109 of 2010BB; each subscriber has one of them.
    pub payer_ids: Vec<String>,
    /// The day the batch is written; services were given on the weeks before it.
    pub date: Date,
    /// How many claims of a thousand are spoiled; `None` for a clean batch.
    pub defects_per_mille: Option<u16>,
    /// Claims in one ST; the guides recommend 5000 at most.
    pub claims_per_transaction: usize,
}

/// The one thing that is wrong with a spoiled claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defect {
    /// The rendering (P, D) or attending (I) provider's NPI has a wrong last digit.
    NpiCheckDigit,
    /// CLM02 is ten dollars more than its lines.
    ChargesDoNotAddUp,
    /// The subscriber has no NM108 and NM109.
    MissingMemberId,
    /// The principal diagnosis is written with its point.
    DiagnosisForm,
    /// The service is given weeks after the batch was written.
    FutureServiceDate,
    /// 2010BB names [`UNKNOWN_PAYER_ID`].
    UnknownPayer,
}

impl Defect {
    pub const ALL: [Defect; 6] = [
        Defect::NpiCheckDigit,
        Defect::ChargesDoNotAddUp,
        Defect::MissingMemberId,
        Defect::DiagnosisForm,
        Defect::FutureServiceDate,
        Defect::UnknownPayer,
    ];
}

/// A claim that was spoiled on purpose. Its number is invented, so it may be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoiled {
    /// CLM01.
    pub patient_control_number: String,
    pub defect: Defect,
}

/// What a batch came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    pub claims: usize,
    pub transactions: usize,
    /// Sum of all CLM02.
    pub charge: Cents,
    pub bytes: u64,
    pub spoiled: Vec<Spoiled>,
}

impl Batch {
    /// A clean test batch from `DEMOBILL` to `CLAIMGATE` for the payer `SIMPAY`.
    pub fn new(kind: ClaimKind, claims: usize, seed: u64, date: Date) -> Batch {
        Batch {
            kind,
            claims,
            seed,
            sender: Party::new("ZZ", "DEMOBILL"),
            receiver: Party::new("ZZ", "CLAIMGATE"),
            usage: "T".to_string(),
            payer_ids: vec!["SIMPAY".to_string()],
            date,
            defects_per_mille: None,
            claims_per_transaction: 5000,
        }
    }

    /// Writes one interchange with one group.
    pub fn write(&self, out: &mut impl Write) -> io::Result<Summary> {
        let header = Header {
            from: &self.sender,
            to: &self.receiver,
            at: self.date.at(7, 30, 0, 0),
            control_number: self.control_number(),
            usage: &self.usage,
        };
        let mut writer = Writer::new(self, out);
        writer.pen.interchange(&header);
        writer.pen.group("HC", self.kind.guide(), 1, &header);
        let size = self.claims_per_transaction.max(1);
        for first in (0..self.claims).step_by(size) {
            writer.transaction(size.min(self.claims - first))?;
        }
        writer.pen.group_end(1);
        writer.pen.interchange_end(1, &header);
        writer.hand_on()?;
        Ok(writer.summary)
    }

    pub fn to_bytes(&self) -> (Vec<u8>, Summary) {
        let mut bytes = Vec::new();
        let summary = self.write(&mut bytes).expect("writing to memory does not fail");
        (bytes, summary)
    }

    /// ISA13: two batches of other seeds or kinds are not taken for a repetition.
    fn control_number(&self) -> u32 {
        (self.identity() % 999_999_999) as u32 + 1
    }

    fn identity(&self) -> u64 {
        hash(self.seed, self.kind.as_str().as_bytes())
    }
}

/// The claim being written, as the three kinds see it.
struct Visit<'a> {
    /// CLM01.
    number: &'a str,
    /// The day of the service, or of the discharge.
    day: Date,
    provider: &'a Provider,
    defect: Option<Defect>,
}

impl Visit<'_> {
    /// A diagnosis code as this claim writes it in first place.
    fn principal(&self, code: &str) -> String {
        let (category, rest) = code.split_at(3);
        if self.defect == Some(Defect::DiagnosisForm) { format!("{category}.{rest}") } else { code.to_string() }
    }

    /// The NPI of the person who gave the service, as this claim writes it.
    fn clinician_npi(&self, npi: &str) -> String {
        if self.defect == Some(Defect::NpiCheckDigit) { practice::with_wrong_check_digit(npi) } else { npi.to_string() }
    }

    /// CLM02, as this claim writes it.
    fn total(&self, lines: Cents) -> Cents {
        if self.defect == Some(Defect::ChargesDoNotAddUp) { lines + Cents(1000) } else { lines }
    }
}

struct Writer<'a, W: Write> {
    batch: &'a Batch,
    out: &'a mut W,
    pen: Pen,
    chance: Chance,
    providers: Vec<Provider>,
    level: u64,
    summary: Summary,
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(batch: &'a Batch, out: &'a mut W) -> Writer<'a, W> {
        let mut chance = Chance::new(batch.identity());
        let count = (batch.claims / 100).clamp(3, 40);
        let providers = (0..count).map(|n| Provider::invent(batch.kind, n, &mut chance)).collect();
        let summary = Summary { claims: 0, transactions: 0, charge: Cents::ZERO, bytes: 0, spoiled: Vec::new() };
        Writer { batch, out, pen: Pen::new(Delimiters::USUAL), chance, providers, level: 0, summary }
    }

    fn hand_on(&mut self) -> io::Result<()> {
        let bytes = self.pen.take();
        self.summary.bytes += bytes.len() as u64;
        self.out.write_all(&bytes)
    }

    fn transaction(&mut self, claims: usize) -> io::Result<()> {
        let batch = self.batch;
        self.level = 0;
        self.summary.transactions += 1;
        self.pen.transaction("837", batch.kind.guide());
        let day = batch.date.strftime("%Y%m%d").to_string();
        let reference = format!("{:08X}{:04}", batch.identity() as u32, self.summary.transactions);
        self.pen.segment(&["BHT", "0019", "00", &reference, &day, "0730", "CH"]);
        self.pen.segment(&["NM1", "41", "2", "DEMO BILLING SERVICES", "", "", "", "", "46", &batch.sender.id]);
        self.pen.segment(&["PER", "IC", "SUBMISSIONS DESK", "TE", "6145550142"]);
        self.pen.segment(&["NM1", "40", "2", "CLAIM GATEWAY", "", "", "", "", "46", &batch.receiver.id]);
        let providers = self.providers.len();
        for place in 0..providers {
            let share = claims * (place + 1) / providers - claims * place / providers;
            if share > 0 {
                self.provider(&self.providers[place].clone(), share)?;
            }
        }
        self.pen.transaction_end();
        self.hand_on()
    }

    fn provider(&mut self, provider: &Provider, claims: usize) -> io::Result<()> {
        let level = self.next_level();
        self.pen.segment(&["HL", &level, "", "20", "1"]);
        provider.write(&mut self.pen);
        let mut left = claims;
        while left > 0 {
            let subscriber = Subscriber::invent(self.batch, &mut self.chance);
            left -= self.subscriber(provider, &level, &subscriber, left);
            self.hand_on()?;
        }
        Ok(())
    }

    /// One subscriber with up to `left` claims, his own or of those insured with him; how many it were.
    fn subscriber(&mut self, provider: &Provider, above: &str, subscriber: &Subscriber, left: usize) -> usize {
        let defect = self.draw_defect();
        let level = self.next_level();
        let insured_with_others = !subscriber.on_medicare() && self.chance.below(4) == 0;
        let dependent = insured_with_others.then(|| Dependent::invent(self.batch, subscriber, &mut self.chance));
        let children = if dependent.is_some() { "1" } else { "0" };
        self.pen.segment(&["HL", &level, above, "22", children]);
        let unknown_payer = defect == Some(Defect::UnknownPayer);
        let payer_id = if unknown_payer { UNKNOWN_PAYER_ID } else { &subscriber.payer_id };
        let own_claims = if dependent.is_none() { OwnClaims::Yes } else { OwnClaims::OfADependent };
        let missing = defect == Some(Defect::MissingMemberId);
        let member_id = if missing { MemberId::Missing } else { MemberId::Given };
        subscriber.write(&mut self.pen, payer_id, own_claims, member_id);
        if let Some(dependent) = dependent {
            let child = self.next_level();
            self.pen.segment(&["HL", &child, &level, "23", "0"]);
            dependent.write(&mut self.pen);
        }
        // A spoiled subscriber spoils every claim below, so it has one.
        let claims = if defect.is_none() && left > 1 && self.chance.below(6) == 0 { 2 } else { 1 };
        let last_day = self.chance.between(2, 20);
        for claim in 0..claims {
            let days_ago = last_day + 20 * claim as i64;
            self.claim(provider, defect, days_ago);
        }
        claims
    }

    fn claim(&mut self, provider: &Provider, defect: Option<Defect>, days_ago: i64) {
        let number = self.next_number();
        let days_ago = if defect == Some(Defect::FutureServiceDate) { -40 } else { days_ago };
        let day = people::days_before(self.batch.date, days_ago);
        let visit = Visit { number: &number, day, provider, defect };
        let charge = match self.batch.kind {
            ClaimKind::Professional => professional::write(&mut self.pen, &mut self.chance, &visit),
            ClaimKind::Institutional => institutional::write(&mut self.pen, &mut self.chance, &visit),
            ClaimKind::Dental => dental::write(&mut self.pen, &mut self.chance, &visit),
        };
        self.summary.claims += 1;
        self.summary.charge += charge;
        if let Some(defect) = defect {
            self.summary.spoiled.push(Spoiled { patient_control_number: number, defect });
        }
    }

    fn draw_defect(&mut self) -> Option<Defect> {
        let parts = self.batch.defects_per_mille?;
        self.chance.per_mille(parts).then(|| self.chance.draw(&Defect::ALL))
    }

    /// HL01.
    fn next_level(&mut self) -> String {
        self.level += 1;
        self.level.to_string()
    }

    /// CLM01: a run of its own for each seed and kind, then a count.
    fn next_number(&self) -> String {
        format!("{:06X}-{:07}", self.batch.identity() >> 40, self.summary.claims + 1)
    }
}

#[cfg(test)]
mod tests;
