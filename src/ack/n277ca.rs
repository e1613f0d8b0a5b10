//! The 277CA (005010X214): for each claim of an accepted transaction whether it goes on, and if not, why.

use super::pen::{Pen, cut};
use crate::domain::finding::StatusCode;
use crate::domain::{Cents, ClaimKind, Finding, Severity};
use crate::edits::claim::{Line, tag};
use crate::edits::sink::{CheckedTransaction, Party, Verdict};
use crate::edits::{CheckedClaim, Day};

/// Reasons told of one claim or line; more would help nobody.
const REASONS_MAX: usize = 20;
/// Bytes of STC12.
const TEXT_MAX: usize = 264;
/// HL numbers of source and receiver; billing providers and patients follow.
const RECEIVER_HL: u32 = 2;

/// The claims of one transaction, written as they come: totals stand before them in the file and are known
/// after them.
#[derive(Debug)]
pub struct Claims {
    pen: Pen,
    hl: u32,
    provider_hl: u32,
    /// Where the billing level of the last claim begins in the file.
    provider: Option<u64>,
    today: String,
}

/// What the head of a 277CA says.
#[derive(Debug)]
pub struct Head<'a> {
    pub gateway_name: &'a str,
    pub gateway_id: &'a str,
    /// Our own numbers: BHT03 and the receipt's TRN02.
    pub reference: String,
    pub received: String,
    pub date: String,
    pub time: String,
}

impl Claims {
    pub fn new(pen: Pen, today: String) -> Claims {
        Claims { pen, hl: RECEIVER_HL, provider_hl: 0, provider: None, today }
    }

    pub fn add(&mut self, claim: &CheckedClaim<'_>, trace: &str) {
        if self.provider != Some(claim.ranges.billing.start) {
            self.provider = Some(claim.ranges.billing.start);
            self.billing_provider(claim);
        }
        self.hl += 1;
        let pen = &mut self.pen;
        pen.begin("HL").element(self.hl.to_string()).element(self.provider_hl.to_string()).element("PT").end();
        patient(pen, claim);
        let control = pen.at_least(1, claim.control_number(), b"0");
        pen.begin("TRN").element("2").element(cut(control, 50)).end();
        match claim.verdict {
            Verdict::Accepted => {
                let accepted = [status("A1", "19", Some("40"))];
                stc(pen, &accepted, &self.today, "WQ", Some(claim.charge()), "");
            }
            Verdict::Rejected => self.reasons(claim),
        }
        self.references(claim, trace);
        if claim.verdict == Verdict::Rejected {
            self.lines(claim);
        }
    }

    fn billing_provider(&mut self, claim: &CheckedClaim<'_>) {
        self.hl += 1;
        self.provider_hl = self.hl;
        let (provider, tax_id) = (claim.billing_provider(), claim.billing_tax_id());
        let (hl, parent) = (self.hl.to_string(), RECEIVER_HL.to_string());
        self.pen.begin("HL").element(hl).element(parent).element("19").element("1").end();
        let (qualifier, id) = match (provider.id(), tax_id) {
            (b"", b"") => ("SV", &b"UNKNOWN"[..]),
            (b"", tax_id) => ("FI", tax_id),
            (npi, _) => ("XX", npi),
        };
        let entity_type: &[u8] = if provider.entity_type() == b"1" { b"1" } else { b"2" };
        name(&mut self.pen, "85", entity_type, &provider);
        identifier(&mut self.pen, qualifier, id);
    }

    fn reasons(&mut self, claim: &CheckedClaim<'_>) {
        for finding in reasons(claim.findings()) {
            let statuses = statuses(finding);
            stc(&mut self.pen, &statuses, &self.today, "U", Some(claim.charge()), &finding.message);
        }
    }

    fn references(&mut self, claim: &CheckedClaim<'_>, trace: &str) {
        let pen = &mut self.pen;
        if !trace.is_empty() {
            pen.begin("REF").element("D9").element(trace).end();
        }
        if claim.kind() == ClaimKind::Institutional && !claim.facility().is_empty() {
            let bill_type = [claim.facility(), claim.frequency()].concat();
            pen.begin("REF").element("BLT").element(cut(&bill_type, 50)).end();
        }
        let period = claim.service_period();
        dates(pen, period.unwrap_or((claim.claim.as_of, claim.claim.as_of)));
    }

    /// Lines that made the claim be rejected.
    fn lines(&mut self, claim: &CheckedClaim<'_>) {
        for line in claim.claim.lines() {
            let mut positions = line.run.clone().map(|placed| placed.position);
            let Some(first) = positions.next() else { continue };
            let last = positions.last().unwrap_or(first);
            let here = |finding: &&Finding| {
                finding.place.segment.as_ref().is_some_and(|segment| (first..=last).contains(&segment.position))
            };
            let mut reasons = reasons(claim.findings().filter(here)).peekable();
            if reasons.peek().is_none() || !service(&mut self.pen, &line, claim.kind()) {
                continue;
            }
            for finding in reasons {
                stc(&mut self.pen, &statuses(finding), "", "U", None, &finding.message);
            }
            let control = line.run.qualified(tag::L2400, tag::REF, b"6R").map(|placed| placed.element(2));
            let number = line.run.first(tag::L2400, tag::LX).map(|lx| lx.element(1));
            let reference = control.or(number).unwrap_or_default();
            if !self.pen.at_least(1, reference, b"").is_empty() {
                self.pen.begin("REF").element("FJ").element(cut(reference, 50)).end();
            }
            if let Some(period) = line.service_period() {
                dates(&mut self.pen, period);
            }
        }
    }

    /// The whole transaction, ST to SE.
    pub fn finish(self, head: &Head<'_>, checked: &CheckedTransaction<'_>, control: &str) -> Pen {
        let refused = !checked.refusal.is_empty();
        let mut pen = self.pen.clone();
        pen.clear();
        pen.begin("ST").element("277").element(control).element("005010X214").end();
        pen.begin("BHT")
            .element("0085")
            .element("08")
            .element(&head.reference)
            .element(&head.date)
            .element(&head.time)
            .element("TH")
            .end();
        pen.begin("HL").element("1").skip(1).element("20").element("1").end();
        pen.begin("NM1")
            .element("AY")
            .element("2")
            .element(head.gateway_name)
            .skip(4)
            .element("46")
            .element(head.gateway_id)
            .end();
        pen.begin("TRN").element("1").element(&head.reference).end();
        pen.begin("DTP").element("050").element("D8").element(&head.received).end();
        pen.begin("DTP").element("009").element("D8").element(&head.date).end();
        let children = if refused || self.pen.is_empty() { "0" } else { "1" };
        pen.begin("HL").element("2").element("1").element("21").element(children).end();
        let submitter = checked.submitter;
        let entity_type: &[u8] = if submitter.entity_type() == b"1" { b"1" } else { b"2" };
        name(&mut pen, "41", entity_type, &submitter);
        identifier(&mut pen, "46", submitter.id());
        let batch = pen.at_least(1, checked.batch, b"0");
        pen.begin("TRN").element("2").element(cut(batch, 50)).end();
        batch_totals(&mut pen, checked, &head.date);
        if !refused {
            pen.append(&self.pen);
        }
        let count = pen.segments + 1;
        pen.begin("SE").element(count.to_string()).element(control).end();
        pen
    }
}

fn batch_totals(pen: &mut Pen, checked: &CheckedTransaction<'_>, today: &str) {
    let all = checked.claims;
    let (accepted, rejected) = (all.accepted, all.rejected);
    let total = all.accepted_charge + all.rejected_charge;
    if checked.refusal.is_empty() {
        stc(pen, &[status("A1", "19", Some("AY"))], today, "WQ", Some(total), "");
    } else {
        stc(pen, checked.refusal, today, "U", Some(total), "");
    }
    for (qualifier, count) in [("90", accepted), ("AA", rejected)].into_iter().filter(|(_, count)| *count > 0) {
        pen.begin("QTY").element(qualifier).element(count.to_string()).end();
    }
    let amounts = [("YU", accepted, all.accepted_charge), ("YY", rejected, all.rejected_charge)];
    for (qualifier, _, amount) in amounts.into_iter().filter(|(_, count, _)| *count > 0) {
        pen.begin("AMT").element(qualifier).element(amount.to_x12()).end();
    }
}

/// The errors that a 277CA gives as reasons, each status once.
fn reasons<'f>(findings: impl Iterator<Item = &'f Finding>) -> impl Iterator<Item = &'f Finding> {
    let mut told: Vec<Vec<StatusCode>> = Vec::new();
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors
        .filter(move |finding| {
            let statuses = statuses(finding);
            let new = !told.contains(&statuses);
            if new {
                told.push(statuses);
            }
            new
        })
        .take(REASONS_MAX)
}

/// An error of syntax has its codes in the 999; here stands that it is there.
fn statuses(finding: &Finding) -> Vec<StatusCode> {
    match finding.statuses.is_empty() {
        true => vec![status("A3", "684", None)],
        false => finding.statuses.clone(),
    }
}

fn status(category: &'static str, code: &'static str, entity: Option<&'static str>) -> StatusCode {
    StatusCode { category: category.into(), code: code.into(), entity: entity.map(Into::into) }
}

/// An STC: up to three statuses, date, action, charge and free text.
fn stc(pen: &mut Pen, statuses: &[StatusCode], date: &str, action: &str, charge: Option<Cents>, text: &str) {
    let mut composites = statuses.iter();
    pen.begin("STC");
    composite(pen, composites.next());
    pen.element(date).element(action).element(charge.map_or_else(String::new, Cents::to_x12)).skip(5);
    composite(pen, composites.next());
    composite(pen, composites.next());
    pen.element(cut(text.as_bytes(), TEXT_MAX)).end();
}

fn composite(pen: &mut Pen, status: Option<&StatusCode>) {
    match status {
        Some(StatusCode { category, code, entity }) => {
            pen.composite(&[category.as_bytes(), code.as_bytes(), entity.as_deref().unwrap_or_default().as_bytes()])
        }
        None => pen.skip(1),
    };
}

/// NM101 to NM107.
fn name(pen: &mut Pen, entity: &str, entity_type: &[u8], party: &Party<'_>) {
    let name = pen.at_least(1, party.name(), b"UNKNOWN");
    pen.begin("NM1").element(entity).element(entity_type).element(cut(name, 60));
    match entity_type {
        b"1" => pen.element(cut(party.first_name(), 35)).element(cut(party.middle_name(), 25)).skip(2),
        _ => pen.skip(4),
    };
}

fn patient(pen: &mut Pen, claim: &CheckedClaim<'_>) {
    name(pen, "QC", b"1", &claim.patient());
    let member = claim.subscriber();
    identifier(pen, if member.id_qualifier() == b"II" { "II" } else { "MI" }, member.id());
}

/// NM108 and NM109, which has two characters at least, and must be there also when that it is missing is the
/// reason.
fn identifier(pen: &mut Pen, qualifier: &str, id: &[u8]) {
    let id = pen.at_least(2, id, b"UNKNOWN");
    pen.element(qualifier).element(cut(id, 80)).end();
}

/// The answer's own dates run forward, also where those of the claim do not.
fn dates(pen: &mut Pen, (one, other): (Day, Day)) {
    let (from, to) = (one.min(other), one.max(other));
    pen.begin("DTP").element("472");
    match from == to {
        true => pen.element("D8").element(format!("{:08}", from.number())).end(),
        false => pen.element("RD8").element(format!("{:08}-{:08}", from.number(), to.number())).end(),
    }
}

/// SVC of a line; false when the line has no code to name it by.
fn service(pen: &mut Pen, line: &Line<'_>, kind: ClaimKind) -> bool {
    let Some(sv) = line.service else { return false };
    let revenue = if kind == ClaimKind::Institutional { pen.at_least(1, sv.element(1), b"") } else { b"" };
    let code = pen.at_least(1, line.procedure(2), b"");
    let (qualifier, code, revenue) = match (code, revenue) {
        (b"", b"") => return false,
        (b"", revenue) => (&b"NU"[..], revenue, &b""[..]),
        (code, revenue) => (qualifier(line.procedure(1), kind), code, revenue),
    };
    pen.begin("SVC").composite(&[qualifier, cut(code, 48)]);
    pen.element(line.charge().unwrap_or_default().to_x12()).skip(1).element(cut(revenue, 48)).skip(2);
    let units = sv.element(line.units_element());
    pen.element(if crate::edits::forms::thousandths(units).is_some() { units } else { b"" }).end();
    true
}

/// SVC01-1: as sent, where it is one that the 277CA knows.
fn qualifier(sent: &[u8], kind: ClaimKind) -> &[u8] {
    match (sent, kind) {
        (b"AD" | b"ER" | b"HC" | b"HP" | b"IV" | b"WK", _) => sent,
        (_, ClaimKind::Dental) => b"AD",
        (_, ClaimKind::Professional | ClaimKind::Institutional) => b"HC",
    }
}
