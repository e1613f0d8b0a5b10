//! The 277CA (005010X214): for each claim of an accepted transaction whether it goes on, and if not, why.
//!
//! What is rejected is told once, at the level where it is wrong: the batch (2200B) or a billing provider
//! (2200C) stands for all claims under it, which are then counted and not named; else each claim is named
//! (2200D), and its lines only where they made it be rejected (2220D).

use std::io;

use super::draft::{Draft, Part};
use super::pen::{Pen, cut};
use super::spool::Spool;
use crate::domain::finding::StatusCode;
use crate::domain::{Cents, ClaimKind, Finding, Severity};
use crate::edits::claim::{Line, tag};
use crate::edits::sink::{CheckedTransaction, Party, Tally, Verdict};
use crate::edits::statuses::{self, Level};
use crate::edits::{CheckedClaim, Day};

/// Reasons told of one provider, claim or line; more would help nobody.
const REASONS_MAX: usize = 20;
/// Bytes of STC12.
const TEXT_MAX: usize = 264;
/// HL numbers of source and receiver; billing providers and patients follow.
const RECEIVER_HL: u32 = 2;
/// Bytes of one provider's claims that are held until its totals, which stand before them, are known. A provider
/// with more has its claims in the spool meanwhile.
const HELD_BYTES_MAX: usize = 64 * 1024;

/// The claims of one transaction, written as they come: totals stand before them in the file and are known
/// after them.
#[derive(Debug)]
pub struct Claims {
    /// The claims of the provider being read that are not in the spool yet.
    pen: Pen,
    hl: u32,
    provider: Option<Provider>,
    today: String,
    /// What is finished, in order: ranges of the spool, and heads of providers whose claims were there first.
    done: Vec<Part>,
    /// Where the part of the spool begins that is not in `done` yet.
    spooled_from: u64,
    segments: u32,
}

/// The billing provider being read.
#[derive(Debug)]
struct Provider {
    /// Where its level begins in the file that is answered.
    begins: u64,
    hl: u32,
    /// Its level up to the totals.
    head: Pen,
    /// Rejected as such, and all claims with it.
    refused: bool,
    /// What is said of it, an STC each.
    statuses: Vec<Vec<StatusCode>>,
    claims: Tally,
    /// Where its claims begin in the spool, once there are many.
    spooled_from: Option<u64>,
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
    pub fn new(pen: Pen, today: String, spooled_from: u64) -> Claims {
        Claims { pen, hl: RECEIVER_HL, provider: None, today, done: Vec::new(), spooled_from, segments: 0 }
    }

    pub fn add(&mut self, claim: &CheckedClaim<'_>, trace: &str, spool: &mut Spool) -> io::Result<()> {
        if self.provider.as_ref().is_none_or(|provider| provider.begins != claim.ranges.billing.start) {
            self.close_provider(spool)?;
            self.provider = Some(self.billing_provider(claim));
        }
        let Some(provider) = &mut self.provider else { return Ok(()) };
        provider.claims.add(claim.verdict, claim.charge());
        let parent = provider.hl;
        if !provider.refused {
            self.claim(claim, trace, parent);
        }
        if self.pen.len() < HELD_BYTES_MAX {
            return Ok(());
        }
        if let Some(provider) = &mut self.provider {
            provider.spooled_from.get_or_insert(spool.len());
        }
        self.pen.pour(spool)
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>, trace: &str, parent: u32) {
        self.hl += 1;
        let pen = &mut self.pen;
        pen.begin("HL").element(self.hl.to_string()).element(parent.to_string()).element("PT").end();
        patient(pen, claim);
        let control = pen.at_least(1, cut(claim.control_number(), 50), b"0");
        pen.begin("TRN").element("2").element(control).end();
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

    /// The level of a billing provider; when it is itself at fault, its claims fall with it.
    fn billing_provider(&mut self, claim: &CheckedClaim<'_>) -> Provider {
        self.hl += 1;
        let (provider, tax_id) = (claim.billing_provider(), claim.billing_tax_id());
        let refused = claim.billing_findings().any(|finding| finding.severity == Severity::Error);
        let mut head = self.pen.another();
        let (hl, parent) = (self.hl.to_string(), RECEIVER_HL.to_string());
        head.begin("HL").element(hl).element(parent).element("19").element(if refused { "0" } else { "1" }).end();
        let (qualifier, id) = match (provider.id(), tax_id) {
            (b"", b"") => ("SV", &b"UNKNOWN"[..]),
            (b"", tax_id) => ("FI", tax_id),
            (npi, _) => ("XX", npi),
        };
        let entity_type: &[u8] = if provider.entity_type() == b"1" { b"1" } else { b"2" };
        name(&mut head, "85", entity_type, &provider);
        identifier(&mut head, qualifier, id);
        // There is no trace number of a provider to give back.
        head.begin("TRN").element("1").element("0").end();
        let statuses = match refused {
            true => reasons(Level::Provider, claim.billing_findings()).map(|reason| reason.statuses).collect(),
            false => vec![vec![status("A1", "19", Some("AY"))]],
        };
        let begins = claim.ranges.billing.start;
        Provider { begins, hl: self.hl, head, refused, statuses, claims: Tally::default(), spooled_from: None }
    }

    /// Puts the provider being read and its claims in their order.
    fn close_provider(&mut self, spool: &mut Spool) -> io::Result<()> {
        let Some(mut provider) = self.provider.take() else { return Ok(()) };
        let (action, claims) = (if provider.refused { "U" } else { "WQ" }, provider.claims);
        let total = claims.accepted_charge + claims.rejected_charge;
        for statuses in &provider.statuses {
            stc(&mut provider.head, statuses, "", action, Some(total), "");
        }
        totals(&mut provider.head, claims, "QA", "QC");
        self.segments += provider.head.segments;
        match provider.spooled_from {
            None => {
                provider.head.pour(spool)?;
                self.pen.pour(spool)
            }
            Some(claims_from) => {
                self.pen.pour(spool)?;
                let before = Part::Spooled(self.spooled_from..claims_from);
                let claims = Part::Spooled(claims_from..spool.len());
                self.done.extend([before, Part::Own(provider.head.into_bytes()), claims]);
                self.spooled_from = spool.len();
                Ok(())
            }
        }
    }

    fn reasons(&mut self, claim: &CheckedClaim<'_>) {
        let mut told = false;
        for reason in reasons(Level::Claim, claim.findings()) {
            stc(&mut self.pen, &reason.statuses, &self.today, "U", Some(claim.charge()), reason.text);
            told = true;
        }
        if !told {
            // Rejected with what it stands in; the 999 has the reason.
            stc(&mut self.pen, &[status("A3", "0", None)], &self.today, "U", Some(claim.charge()), "");
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
            let mut reasons = reasons(Level::Claim, claim.findings().filter(here)).peekable();
            if reasons.peek().is_none() || !service(&mut self.pen, &line, claim.kind()) {
                continue;
            }
            for reason in reasons {
                stc(&mut self.pen, &reason.statuses, "", "U", None, "");
            }
            let control = line.run.qualified(tag::L2400, tag::REF, b"6R").map(|placed| placed.element(2));
            let number = line.run.first(tag::L2400, tag::LX).map(|lx| lx.element(1));
            let reference = control.or(number).unwrap_or_default();
            if !self.pen.at_least(1, cut(reference, 50), b"").is_empty() {
                self.pen.begin("REF").element("FJ").element(cut(reference, 50)).end();
            }
            let prescription = line.run.qualified(tag::L2410, tag::REF, b"XZ").map_or(&b""[..], |xz| xz.element(2));
            if !self.pen.at_least(1, cut(prescription, 50), b"").is_empty() {
                self.pen.begin("REF").element("XZ").element(cut(prescription, 50)).end();
            }
            if let Some(period) = line.service_period() {
                dates(&mut self.pen, period);
            }
        }
    }

    /// The whole transaction, ST to SE.
    pub fn finish(
        mut self,
        head: &Head<'_>,
        checked: &CheckedTransaction<'_>,
        control: &str,
        draft: &mut Draft,
    ) -> io::Result<()> {
        self.close_provider(&mut draft.spool)?;
        let claimless = self.hl == RECEIVER_HL;
        // A batch that is refused as a whole names no provider and no claim.
        let named = checked.refusal.is_empty() && !claimless;
        let mut tail = self.pen.another();
        let mut pen = self.pen.another();
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
        let children = if named { "1" } else { "0" };
        pen.begin("HL").element("2").element("1").element("21").element(children).end();
        let submitter = checked.submitter;
        let entity_type: &[u8] = if submitter.entity_type() == b"1" { b"1" } else { b"2" };
        name(&mut pen, "41", entity_type, &submitter);
        identifier(&mut pen, "46", submitter.id());
        let batch = pen.at_least(1, cut(checked.batch, 50), b"0");
        pen.begin("TRN").element("2").element(batch).end();
        batch_totals(&mut pen, checked, &head.date);
        let told = if named { self.segments + self.pen.segments } else { 0 };
        let count = pen.segments + told + 1;
        tail.begin("SE").element(count.to_string()).element(control).end();
        let mut parts = vec![Part::Own(pen.into_bytes())];
        if named {
            parts.extend(self.done);
            parts.push(Part::Spooled(self.spooled_from..draft.spool.len()));
        }
        parts.push(Part::Own(tail.into_bytes()));
        draft.add(parts);
        Ok(())
    }
}

fn batch_totals(pen: &mut Pen, checked: &CheckedTransaction<'_>, today: &str) {
    let all = checked.claims;
    let total = all.accepted_charge + all.rejected_charge;
    if checked.refusal.is_empty() {
        stc(pen, &[status("A1", "19", Some("AY"))], today, "WQ", Some(total), "");
    } else {
        stc(pen, &Level::Batch.fit(checked.refusal), today, "U", Some(total), "");
    }
    totals(pen, all, "90", "AA");
}

/// Claims and charges that go on, and that do not; nothing is said of none.
fn totals(pen: &mut Pen, all: Tally, accepted: &str, rejected: &str) {
    for (qualifier, count) in [(accepted, all.accepted), (rejected, all.rejected)] {
        if count > 0 {
            pen.begin("QTY").element(qualifier).element(count.to_string()).end();
        }
    }
    for (qualifier, count, amount) in
        [("YU", all.accepted, all.accepted_charge), ("YY", all.rejected, all.rejected_charge)]
    {
        if count > 0 {
            pen.begin("AMT").element(qualifier).element(amount.to_x12()).end();
        }
    }
}

/// Why something is rejected, as the level says it.
struct Reason<'f> {
    statuses: Vec<StatusCode>,
    text: &'f str,
}

/// The errors that a 277CA gives as reasons, each status once.
fn reasons<'f>(level: Level, findings: impl Iterator<Item = &'f Finding>) -> impl Iterator<Item = Reason<'f>> {
    let mut told: Vec<Vec<StatusCode>> = Vec::new();
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    let new = move |finding: &'f Finding| {
        let statuses = level.fit(&statuses::of(finding));
        (!told.contains(&statuses)).then(|| {
            told.push(statuses.clone());
            Reason { statuses, text: &finding.message }
        })
    };
    errors.filter_map(new).take(REASONS_MAX)
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
    let name = pen.at_least(1, cut(party.name(), 60), b"UNKNOWN");
    pen.begin("NM1").element(entity).element(entity_type).element(name);
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
    let id = pen.at_least(2, cut(id, 80), b"UNKNOWN");
    pen.element(qualifier).element(id).end();
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
    // Cut first: what is left may be all blanks.
    let (sent, revenue) = (cut(line.procedure(2), 48), cut(sv.element(1), 48));
    let revenue = if kind == ClaimKind::Institutional { pen.at_least(1, revenue, b"") } else { b"" };
    let code = pen.at_least(1, sent, b"");
    let (qualifier, code, revenue) = match (code, revenue) {
        (b"", b"") => return false,
        (b"", revenue) => (&b"NU"[..], revenue, &b""[..]),
        (code, revenue) => (qualifier(line.procedure(1), kind), code, revenue),
    };
    let mut composite = vec![qualifier, code];
    if sent == code {
        // A modifier has two characters; what has not is no modifier and cannot be given back.
        composite.extend((3..=6).map(|nth| line.procedure(nth)).map(|m| if pen.fills(2, m) { m } else { b"" }));
    }
    pen.begin("SVC").composite(&composite);
    pen.element(line.charge().unwrap_or_default().to_x12()).skip(1).element(revenue).skip(2);
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
