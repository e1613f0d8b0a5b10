//! Reads an 837 as a payer's mail room does: what can be told is taken, what cannot is left empty. Only counts
//! and control numbers of the envelopes are judged. Never fails.

use std::sync::Arc;

use super::received::{Days, Group, Name, Payee, Received, ReceivedClaim, ReceivedLine, Transaction};
use crate::domain::Cents;
use crate::simulator::pen::Party;
use crate::x12::Delimiters;
use crate::x12::segment::text_of;

/// Every interchange of a file, in its order.
pub fn read(file: &[u8]) -> Vec<Received> {
    let mut all = Vec::new();
    let mut rest = file;
    while let Some(at) = memchr::memmem::find(rest, b"ISA") {
        rest = &rest[at..];
        let Some(delimiters) = delimiters_of(rest) else { break };
        let mut reader = Reader::new(delimiters);
        let mut used = 0;
        while reader.open && used < rest.len() {
            let end = memchr::memchr(delimiters.segment, &rest[used..]).map_or(rest.len(), |found| used + found);
            reader.segment(rest[used..end].trim_ascii());
            used = (end + 1).min(rest.len());
        }
        all.push(reader.finish());
        rest = &rest[used..];
    }
    all
}

fn delimiters_of(isa: &[u8]) -> Option<Delimiters> {
    let (&element, &component, &segment) = (isa.get(3)?, isa.get(104)?, isa.get(105)?);
    let repetition = isa.get(82).copied().filter(|byte| !byte.is_ascii_alphanumeric());
    Some(Delimiters { element, repetition, component, segment })
}

/// Where in a transaction the next segment stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Before the first HL, or in a level before its claims.
    Level,
    Claim,
    /// 2320 and below: other payers, which do not concern this one.
    OtherPayer,
    Line,
}

struct Reader {
    delimiters: Delimiters,
    open: bool,
    received: Received,
    stand: Stand,
    payee: Payee,
    shared_payee: Option<Arc<Payee>>,
    subscriber: Name,
    dependent: Option<Name>,
    member_id: String,
    payer_id: String,
    filing: String,
}

impl Reader {
    fn new(delimiters: Delimiters) -> Reader {
        let received = Received {
            delimiters,
            sender: Party::new("", ""),
            receiver: Party::new("", ""),
            date: String::new(),
            time: String::new(),
            control_number: String::new(),
            usage: String::new(),
            groups: Vec::new(),
            trouble: Some("023"),
        };
        Reader {
            delimiters,
            open: true,
            received,
            stand: Stand::Level,
            payee: Payee::default(),
            shared_payee: None,
            subscriber: Name::default(),
            dependent: None,
            member_id: String::new(),
            payer_id: String::new(),
            filing: String::new(),
        }
    }

    fn finish(self) -> Received {
        self.received
    }

    fn segment(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let elements = Elements { all: bytes.split(|&b| b == self.delimiters.element).collect() };
        if let Some(transaction) = self.transaction() {
            transaction.segments += 1;
        }
        match elements.at(0) {
            b"ISA" => self.interchange(&elements),
            b"IEA" => self.interchange_end(&elements),
            b"GS" => self.group(&elements),
            b"GE" => self.group_end(&elements),
            b"ST" => self.transaction_start(&elements),
            b"SE" => self.transaction_end(&elements),
            b"BHT" => self.reference(&elements),
            b"HL" => self.level(&elements),
            b"SBR" => self.subscriber(&elements),
            b"NM1" => self.name(&elements),
            b"CLM" => self.claim(&elements),
            b"REF" => self.number(&elements),
            b"DTP" => self.day(&elements),
            b"LX" => self.line(&elements),
            b"SV1" => self.service(&elements, 1, 0, 2, 4),
            b"SV2" => self.service(&elements, 2, 1, 3, 5),
            b"SV3" => self.service(&elements, 1, 0, 2, 6),
            _ => {}
        }
    }

    fn transaction(&mut self) -> Option<&mut Transaction> {
        self.received.groups.last_mut()?.transactions.last_mut()
    }

    fn current_claim(&mut self) -> Option<&mut ReceivedClaim> {
        self.transaction()?.claims.last_mut()
    }

    fn interchange(&mut self, isa: &Elements<'_>) {
        let received = &mut self.received;
        received.sender = Party::new(isa.text(5).trim(), isa.text(6).trim());
        received.receiver = Party::new(isa.text(7).trim(), isa.text(8).trim());
        received.date = isa.text(9);
        received.time = isa.text(10);
        received.control_number = isa.text(13);
        received.usage = isa.text(15);
    }

    fn interchange_end(&mut self, iea: &Elements<'_>) {
        let received = &mut self.received;
        received.trouble = if iea.text(2) != received.control_number {
            Some("001")
        } else if iea.number(1) != Some(received.groups.len()) {
            Some("021")
        } else {
            None
        };
        self.open = false;
    }

    fn group(&mut self, gs: &Elements<'_>) {
        self.received.groups.push(Group {
            functional_id: gs.text(1),
            control_number: gs.text(6),
            guide: gs.text(8),
            declared: String::new(),
            transactions: Vec::new(),
            trouble: Some("3"),
        });
    }

    fn group_end(&mut self, ge: &Elements<'_>) {
        let Some(group) = self.received.groups.last_mut() else { return };
        group.declared = ge.text(1);
        group.trouble = if group.functional_id != "HC" {
            Some("1")
        } else if ge.text(2) != group.control_number {
            Some("4")
        } else if ge.number(1) != Some(group.transactions.len()) {
            Some("5")
        } else {
            None
        };
    }

    fn transaction_start(&mut self, st: &Elements<'_>) {
        self.stand = Stand::Level;
        let Some(group) = self.received.groups.last_mut() else { return };
        group.transactions.push(Transaction {
            id: st.text(1),
            control_number: st.text(2),
            guide: st.text(3),
            reference: String::new(),
            submitter_name: String::new(),
            submitter_id: String::new(),
            claims: Vec::new(),
            trouble: Some("2"),
            segments: 1,
        });
    }

    fn transaction_end(&mut self, se: &Elements<'_>) {
        let Some(transaction) = self.transaction() else { return };
        transaction.trouble = if se.text(2) != transaction.control_number {
            Some("3")
        } else if se.number(1) != Some(transaction.segments) {
            Some("4")
        } else {
            None
        };
    }

    fn reference(&mut self, bht: &Elements<'_>) {
        if let Some(transaction) = self.transaction() {
            transaction.reference = bht.text(3);
        }
    }

    fn level(&mut self, hl: &Elements<'_>) {
        self.stand = Stand::Level;
        match hl.at(3) {
            b"20" => {
                self.payee = Payee::default();
                self.shared_payee = None;
            }
            b"22" => {
                self.subscriber = Name::default();
                self.dependent = None;
                self.member_id.clear();
                self.payer_id.clear();
            }
            b"23" => self.dependent = Some(Name::default()),
            _ => {}
        }
    }

    fn subscriber(&mut self, sbr: &Elements<'_>) {
        match self.stand {
            Stand::Level => self.filing = sbr.text(9),
            Stand::Claim | Stand::OtherPayer => self.stand = Stand::OtherPayer,
            Stand::Line => {}
        }
    }

    fn name(&mut self, nm1: &Elements<'_>) {
        if self.stand != Stand::Level {
            return;
        }
        let name = Name { last: nm1.text(3), first: nm1.text(4) };
        match nm1.at(1) {
            b"41" => {
                if let Some(transaction) = self.transaction() {
                    transaction.submitter_name = name.last;
                    transaction.submitter_id = nm1.text(9);
                }
            }
            b"85" => {
                let tax_id = std::mem::take(&mut self.payee.tax_id);
                let entity = nm1.text(2);
                self.payee = Payee { npi: nm1.text(9), tax_id, entity, name: name.last, first: name.first };
            }
            b"IL" => {
                self.subscriber = name;
                self.member_id = nm1.text(9);
            }
            b"QC" => self.dependent = Some(name),
            b"PR" => self.payer_id = nm1.text(9),
            _ => {}
        }
    }

    fn claim(&mut self, clm: &Elements<'_>) {
        self.stand = Stand::Claim;
        let payee = self.shared_payee.get_or_insert_with(|| Arc::new(self.payee.clone())).clone();
        let place: Vec<&[u8]> = clm.at(5).split(|&b| b == self.delimiters.component).collect();
        let part = |n: usize| place.get(n).map(|part| text_of(part)).unwrap_or_default();
        let claim = ReceivedClaim {
            number: clm.text(1),
            charge: Cents::from_x12(clm.at(2)).unwrap_or_default(),
            facility: part(0),
            frequency: part(2),
            institutional: part(1) == "A",
            payee,
            payer_id: self.payer_id.clone(),
            filing: self.filing.clone(),
            member_id: self.member_id.clone(),
            subscriber: self.subscriber.clone(),
            dependent: self.dependent.clone(),
            trace: String::new(),
            service: None,
            lines: Vec::new(),
        };
        if let Some(transaction) = self.transaction() {
            transaction.claims.push(claim);
        }
    }

    fn number(&mut self, reference: &Elements<'_>) {
        let value = reference.text(2);
        match (self.stand, reference.at(1)) {
            (Stand::Level, b"EI" | b"SY") if self.shared_payee.is_none() => self.payee.tax_id = value,
            (Stand::Claim, b"D9") => {
                if let Some(claim) = self.current_claim() {
                    claim.trace = value;
                }
            }
            (Stand::Line, b"6R") => {
                if let Some(line) = self.current_claim().and_then(|claim| claim.lines.last_mut()) {
                    line.control = value;
                }
            }
            _ => {}
        }
    }

    fn day(&mut self, dtp: &Elements<'_>) {
        let stand = self.stand;
        let Some(days) = days_of(&dtp.text(3)) else { return };
        let Some(claim) = self.current_claim() else { return };
        match (stand, dtp.at(1)) {
            (Stand::Claim, b"434" | b"472") => claim.service = Some(days),
            (Stand::Line, b"472") => {
                if let Some(line) = claim.lines.last_mut() {
                    line.service = Some(days.clone());
                }
                // The statement dates of an 837I stand; elsewhere the lines span the claim.
                if !claim.institutional {
                    claim.service = Some(claim.service.take().map_or(days.clone(), |before| before.with(&days)));
                }
            }
            _ => {}
        }
    }

    fn line(&mut self, lx: &Elements<'_>) {
        self.stand = Stand::Line;
        let number = lx.text(1);
        if let Some(claim) = self.current_claim() {
            claim.lines.push(ReceivedLine {
                procedure: String::new(),
                revenue: String::new(),
                charge: Cents::ZERO,
                units: String::new(),
                control: String::new(),
                number,
                service: None,
            });
        }
    }

    /// SV1, SV2 or SV3, which differ in where their elements stand; 0 for one they do not have.
    fn service(&mut self, sv: &Elements<'_>, procedure: usize, revenue: usize, charge: usize, units: usize) {
        if let Some(line) = self.current_claim().and_then(|claim| claim.lines.last_mut()) {
            line.procedure = sv.text(procedure);
            line.revenue = if revenue > 0 { sv.text(revenue) } else { String::new() };
            line.charge = Cents::from_x12(sv.at(charge)).unwrap_or_default();
            line.units = sv.text(units);
        }
    }
}

struct Elements<'a> {
    all: Vec<&'a [u8]>,
}

impl<'a> Elements<'a> {
    fn at(&self, n: usize) -> &'a [u8] {
        self.all.get(n).copied().unwrap_or_default()
    }

    fn text(&self, n: usize) -> String {
        text_of(self.at(n))
    }

    fn number(&self, n: usize) -> Option<usize> {
        self.text(n).parse().ok()
    }
}

impl Days {
    fn with(self, other: &Days) -> Days {
        Days { from: self.from.min(other.from.clone()), to: self.to.max(other.to.clone()) }
    }
}

/// D8, RD8 or DT.
fn days_of(text: &str) -> Option<Days> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let day = |text: &str| text.get(..8).filter(|day| day.bytes().all(|b| b.is_ascii_digit())).map(str::to_string);
    Some(Days { from: day(from)?, to: day(to)? })
}
