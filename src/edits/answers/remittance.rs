//! Reads the segments of an 835 into its [`Ledger`], and checks what needs no sum: trace, codes, who a claim was
//! forwarded to, contacts. A clean remittance costs a look at each segment's id and its amounts.

use super::contact;
use super::hits::{Hits, Spotted};
use super::ledger::{INPATIENT_AMOUNTS, InpatientAmounts, Ledger, Spot};
use super::units::Units;
use crate::domain::Cents;
use crate::edits::catalogue::remittance as edits;
use crate::edits::codesets::{CodeSets, List, Listed};
use crate::x12::Segment;
use crate::x12::segment::text_of;

/// Elements of TS2, and of MIA what they total.
const TOTALLED: [(usize, usize); INPATIENT_AMOUNTS] =
    [(1, 4), (2, 16), (3, 14), (4, 6), (5, 8), (6, 18), (15, 7), (17, 9), (18, 10), (19, 11)];

/// One 835 at a time; its buffers are used again.
#[derive(Debug, Default)]
pub(super) struct Remittance<'c> {
    ledger: Ledger,
    codes: Option<&'c CodeSets>,
    payment: Spotted,
    section: Spotted,
    totals: Spotted,
    claim: Spotted,
    line: Spotted,
    provider: Spotted,
    part: Part,
    /// CLP02 of a claim that must name the payer it went to.
    forwarded: Option<u8>,
}

/// The part of the transaction being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Opening,
    Section,
    Claim,
    Line,
    Closing,
}

/// An amount that may be left out, which is nothing; one that cannot be read is `None`.
fn amount(segment: &Segment<'_>, element: usize) -> Option<Cents> {
    match segment.element(element) {
        b"" => Some(Cents::ZERO),
        bytes => Cents::from_x12(bytes),
    }
}

fn optional(segment: &Segment<'_>, element: usize) -> Option<Cents> {
    Cents::from_x12(segment.element(element))
}

impl<'c> Remittance<'c> {
    pub fn start(&mut self, codes: &'c CodeSets) {
        self.ledger.start();
        (self.codes, self.part, self.forwarded) = (Some(codes), Part::Opening, None);
    }

    /// Not in the list, and not newer than it.
    fn is_unknown(&self, list: List, code: &[u8]) -> bool {
        let listed = self.codes.map(|codes| codes.judge_when(list, code, || None));
        matches!(listed, Some(Listed::Unknown | Listed::Doubtful))
    }

    #[inline]
    pub fn segment(&mut self, at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
        match segment.id() {
            b"CAS" => self.adjustments(at, segment, hits),
            b"SVC" => {
                let (charge, paid) = (amount(segment, 2), amount(segment, 3));
                let (units, submitted) = (Units::read(segment.element(5)), Units::read(segment.element(7)));
                self.ledger.line(charge, paid, units, submitted);
                self.flush(hits);
                (self.part, self.line) = (Part::Line, at);
            }
            b"CLP" => self.claim(at, segment, hits),
            b"NM1" if segment.element(1) == b"TT" => self.forwarded = None,
            b"LQ" if segment.element(1) == b"HE" => self.remark(at, segment, 2, hits),
            b"MIA" => {
                self.ledger.inpatient(TOTALLED.map(|(_, element)| optional(segment, element)));
                [5, 20, 21, 22, 23].into_iter().for_each(|element| self.remark(at, segment, element, hits));
            }
            b"MOA" => [3, 4, 5, 6, 7].into_iter().for_each(|element| self.remark(at, segment, element, hits)),
            b"AMT" if segment.element(1) == b"I" && self.part == Part::Claim => {
                self.ledger.interest(optional(segment, 2));
            }
            b"LX" => {
                self.leave_claim(hits);
                self.ledger.section();
                self.flush(hits);
                self.part = Part::Section;
            }
            b"PLB" => self.provider_adjustments(at, segment, hits),
            b"PER" => contact::check(at, segment, hits),
            b"TS2" => self.totals(at, segment),
            b"TS3" => self.counted(at, segment),
            b"BPR" => {
                self.payment = at;
                self.ledger.pay(optional(segment, 2), segment.element(1), segment.element(4));
                self.flush(hits);
            }
            b"TRN" if self.part == Part::Opening => trace(at, segment, hits),
            _ => {}
        }
    }

    /// True when the remittance broke a rule that holds it.
    pub fn end(&mut self, hits: &mut Hits) {
        self.leave_claim(hits);
        self.ledger.end();
        self.flush(hits);
    }

    fn claim(&mut self, at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
        self.leave_claim(hits);
        let status = segment.element(2);
        self.ledger.claim(status, optional(segment, 3), optional(segment, 4), amount(segment, 5));
        self.flush(hits);
        (self.part, self.claim) = (Part::Claim, at);
        hits.enter_claim(segment.element(1));
        self.forwarded = match status {
            b"19" => Some(19),
            b"20" => Some(20),
            b"21" => Some(21),
            b"23" => Some(23),
            _ => None,
        };
    }

    fn leave_claim(&mut self, hits: &mut Hits) {
        self.ledger.close_claim();
        self.flush(hits);
        if let Some(status) = self.forwarded.take() {
            let edit = &edits::FORWARDED_TO_NOBODY;
            hits.add(edit, self.claim, 2, edit.say(&[&status]), &status.to_string());
        }
        hits.leave_claim();
    }

    fn adjustments(&mut self, at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
        let group = segment.element(1);
        for element in (2..=segment.element_count()).step_by(3) {
            let reason = segment.element(element);
            if reason.is_empty() && segment.element(element + 1).is_empty() {
                continue;
            }
            let quantity = Units::read(segment.element(element + 2));
            self.ledger.adjust(group, optional(segment, element + 1), quantity);
            if self.is_unknown(List::Carc, reason) {
                unlisted(hits, &edits::REASON_UNKNOWN, at, element, reason);
            }
        }
    }

    fn remark(&mut self, at: Spotted, segment: &Segment<'_>, element: usize, hits: &mut Hits) {
        let remark = segment.element(element);
        if !remark.is_empty() && self.is_unknown(List::Rarc, remark) {
            unlisted(hits, &edits::REMARK_UNKNOWN, at, element, remark);
        }
    }

    fn provider_adjustments(&mut self, at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
        if self.part != Part::Closing {
            self.leave_claim(hits);
            (self.part, self.provider) = (Part::Closing, at);
        }
        for element in (3..=segment.element_count()).step_by(2) {
            let reason = segment.component(element, 1);
            if !reason.is_empty() || !segment.element(element + 1).is_empty() {
                self.ledger.provider(reason, optional(segment, element + 1));
            }
            if !reason.is_empty() && !PROVIDER_REASONS.contains(&reason) {
                unlisted(hits, &edits::PROVIDER_REASON_UNKNOWN, at, element, reason);
            }
        }
        self.flush(hits);
    }

    fn counted(&mut self, at: Spotted, segment: &Segment<'_>) {
        self.section = at;
        let count = std::str::from_utf8(segment.element(4)).ok().and_then(|text| text.parse().ok());
        self.ledger.state(count, optional(segment, 5));
    }

    fn totals(&mut self, at: Spotted, segment: &Segment<'_>) {
        self.totals = at;
        let totals: InpatientAmounts = TOTALLED.map(|(element, _)| optional(segment, element));
        self.ledger.totals(totals);
    }

    /// What the ledger found, with its place.
    #[inline]
    fn flush(&mut self, hits: &mut Hits) {
        if !self.ledger.broken.is_empty() {
            self.place_broken(hits);
        }
    }

    #[cold]
    fn place_broken(&mut self, hits: &mut Hits) {
        for broken in self.ledger.broken.drain(..) {
            let at = match broken.spot {
                Spot::Payment => self.payment,
                Spot::Section => self.section,
                Spot::Totals => self.totals,
                Spot::Claim => self.claim,
                Spot::Line => self.line,
                Spot::Provider if self.part == Part::Closing => self.provider,
                Spot::Provider => self.payment,
            };
            hits.add(broken.edit, at, usize::from(broken.element), broken.message, "");
        }
    }
}

/// PLB03-1 and following, as X12 lists them.
const PROVIDER_REASONS: [&[u8]; 41] = [
    b"50", b"51", b"72", b"90", b"AH", b"AM", b"AP", b"B2", b"B3", b"BD", b"BN", b"C5", b"CR", b"CS", b"CT", b"CV",
    b"CW", b"DM", b"E3", b"FB", b"FC", b"GO", b"HM", b"IP", b"IR", b"IS", b"J1", b"L3", b"L6", b"LE", b"LS", b"OA",
    b"OB", b"PI", b"PL", b"RA", b"RE", b"SL", b"TL", b"WO", b"WU",
];

#[cold]
fn unlisted(hits: &mut Hits, edit: &'static crate::domain::Edit, at: Spotted, element: usize, code: &[u8]) {
    let code = text_of(code);
    hits.add(edit, at, element, edit.say(&[&code]), &code);
}

/// TRN02 is there, and TRN03 is 1 and nine digits.
fn trace(at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
    let (number, originator) = (segment.element(2), segment.element(3));
    let sound = originator.len() == 10 && originator[0] == b'1' && originator.iter().all(u8::is_ascii_digit);
    if number.is_empty() || !sound {
        let element = if number.is_empty() { 2 } else { 3 };
        hits.add(&edits::TRACE, at, element, edits::TRACE.say(&[]), &text_of(segment.element(element)));
    }
}
