//! What HI says of a claim, read once: how many diagnoses lines can point to, which codes of the statement are
//! there, which diagnoses are of one sex or age. The diagnoses' own codes are judged in `diagnosis.rs`.

use std::fmt;

use super::facts::Sex;
use crate::domain::{Cents, ClaimKind};
use crate::edits::arena::Placed;
use crate::edits::catalogue::codes;
use crate::edits::claim::Claim;
use crate::edits::day::Day;
use crate::edits::forms;
use crate::edits::report::{Hit, Report};
use crate::edits::rules::{code_lists, diagnosis};

/// Places of an HI segment.
const PLACES: usize = 12;
/// Components of each that rules look at.
const COMPONENTS: usize = 9;

/// One code of HI: its segment and its place in it.
#[derive(Clone, Copy)]
pub struct Coded<'a> {
    pub hi: Placed<'a>,
    pub nth: usize,
}

impl<'a> Coded<'a> {
    /// A hit on the code itself.
    pub fn hit(&self, edit: &'static crate::edits::catalogue::Edit) -> Hit<'a> {
        Hit::new(edit, self.hi).element(self.nth).component(2)
    }

    /// A hit on the date beside it.
    fn hit_date(&self, edit: &'static crate::edits::catalogue::Edit) -> Hit<'a> {
        Hit::new(edit, self.hi).element(self.nth).component(4)
    }
}

/// The places of a claim's diagnoses, as bits from 1. One that is left empty between two is none.
#[derive(Clone, Copy, Default)]
pub struct Places(u32);

impl Places {
    fn add(&mut self, place: usize) {
        self.0 |= 1u32.checked_shl(place as u32).unwrap_or(0);
    }

    pub fn has(self, place: u32) -> bool {
        self.0 & 1u32.checked_shl(place).unwrap_or(0) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn last(self) -> usize {
        self.0.checked_ilog2().unwrap_or(0) as usize
    }
}

/// How many there are, or which, where some are left out.
impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.count_ones() as usize;
        if count == self.last() {
            return write!(f, "{count}");
        }
        let places: Vec<String> = (1..32).filter(|&place| self.has(place)).map(|place| place.to_string()).collect();
        write!(f, "only {}", places.join(", "))
    }
}

#[derive(Default)]
pub struct Health<'a> {
    /// Diagnoses that service lines can point to.
    pub diagnoses: Places,
    pub first: Option<Placed<'a>>,
    pub admitting: bool,
    pub visit_reason: bool,
    /// A principal ICD procedure.
    pub procedure: Option<Coded<'a>>,
    /// One of a section of operations, or of the ninth revision, which has none.
    pub operation: bool,
    pub undated_procedure: Option<Coded<'a>>,
    /// The first diagnosis that says whether it was present on admission.
    pub present_on_admission: Option<Coded<'a>>,
    /// Occurrence 01 or 02: an accident with another insurer in it.
    pub accident: Option<Coded<'a>>,
    /// Occurrence 27: the plan of hospice care was certified.
    pub hospice_certified: bool,
    /// Occurrence span 70: the stay that entitles to skilled nursing.
    pub qualifying_stay: bool,
    /// Condition 45: the patient's sex is not to be judged by.
    pub sex_is_open: bool,
    /// Value codes 80 and 81, covered and not covered days, in hundredths.
    pub days: Option<(Coded<'a>, Cents)>,
    /// The first diagnosis that only women, or only men, have.
    pub of_women: Option<Coded<'a>>,
    pub of_men: Option<Coded<'a>>,
    /// The first diagnosis that only a newborn has.
    pub of_newborns: Option<Coded<'a>>,
    pub of_the_spine: bool,
}

impl<'a> Health<'a> {
    /// Takes in one HI segment. `inpatient`: by the claim's bill type.
    pub fn take(&mut self, claim: &Claim<'a>, hi: Placed<'a>, stay: Stay, report: &mut Report<'_>) {
        self.first = self.first.or(Some(hi));
        let separator = hi.segment.delimiters.component;
        let before = self.diagnoses.last();
        for nth in 1..=hi.segment.element_count().min(PLACES) {
            let mut parts: [&'a [u8]; COMPONENTS] = [b""; COMPONENTS];
            for (slot, part) in parts.iter_mut().zip(hi.element(nth).split(|&byte| byte == separator)) {
                *slot = part;
            }
            let coded = Coded { hi, nth };
            match parts[0] {
                b"ABK" | b"ABF" => {
                    self.diagnoses.add(before + nth);
                    self.diagnosis(coded, parts[1]);
                    self.present(coded, parts[8]);
                }
                b"BK" | b"BF" => {
                    self.diagnoses.add(before + nth);
                    // Which codes of the ninth revision are of the spine is not known here.
                    self.of_the_spine = true;
                    self.present(coded, parts[8]);
                }
                b"TQ" => self.diagnoses.add(before + nth),
                b"ABJ" | b"BJ" => self.admitting = true,
                b"APR" | b"PR" => self.visit_reason = true,
                _ if stay != Stay::NotInstitutional => self.statement(claim, coded, &parts, stay, report),
                _ => {}
            }
        }
    }

    fn present(&mut self, coded: Coded<'a>, indicator: &[u8]) {
        if !indicator.is_empty() && self.present_on_admission.is_none() {
            self.present_on_admission = Some(coded);
        }
    }

    fn diagnosis(&mut self, coded: Coded<'a>, code: &[u8]) {
        match sex_of(code) {
            Sex::Female => self.of_women = self.of_women.or(Some(coded)),
            Sex::Male => self.of_men = self.of_men.or(Some(coded)),
            Sex::Unknown => {}
        }
        if code.starts_with(b"Z38") {
            self.of_newborns = self.of_newborns.or(Some(coded));
        }
        self.of_the_spine |= is_spinal(code);
    }

    /// Procedures, occurrences, conditions, values and DRG of an institutional claim.
    fn statement(
        &mut self,
        claim: &Claim<'a>,
        coded: Coded<'a>,
        parts: &[&'a [u8]; COMPONENTS],
        stay: Stay,
        report: &mut Report<'_>,
    ) {
        let [qualifier, code, format, date, ..] = *parts;
        let two = code.len() == 2 && forms::capitals_or_digits(code);
        let dated = || Day::read_period(format, date).is_some();
        match qualifier {
            b"BBR" | b"BBQ" | b"BR" | b"BQ" => self.procedure(claim, coded, parts, stay, report),
            b"BG" if !two => report.add(coded.hit(&codes::CONDITION_CODE)),
            b"BH" if !two => report.add(coded.hit(&codes::OCCURRENCE_CODE)),
            b"BH" if !dated() => report.add(coded.hit_date(&codes::OCCURRENCE_DATE)),
            b"BI" if !two => report.add(coded.hit(&codes::OCCURRENCE_SPAN_CODE)),
            b"BI" if !dated() => report.add(coded.hit_date(&codes::OCCURRENCE_SPAN_DATE)),
            b"BE" if !two => report.add(coded.hit(&codes::VALUE_CODE)),
            b"DR" if code.len() != 3 || !forms::digits(code) => report.add(coded.hit(&codes::DRG)),
            b"BG" | b"BH" | b"BI" | b"BE" | b"DR" => {
                code_lists::health(claim, coded.hi, coded.nth, report);
                self.note(coded, parts, report);
            }
            _ => {}
        }
    }

    /// Remembers a sound code that a rule looks for.
    fn note(&mut self, coded: Coded<'a>, parts: &[&'a [u8]; COMPONENTS], report: &mut Report<'_>) {
        let [qualifier, code, _, _, amount, ..] = *parts;
        match (qualifier, code) {
            (b"BG", b"45") => self.sex_is_open = true,
            (b"BH", b"01" | b"02") => self.accident = self.accident.or(Some(coded)),
            (b"BH", b"27") => self.hospice_certified = true,
            (b"BI", b"70") => self.qualifying_stay = true,
            (b"BE", _) => match Cents::from_x12(amount) {
                None => report.add(Hit::new(&codes::VALUE_AMOUNT, coded.hi).element(coded.nth).component(5)),
                Some(days) if matches!(code, b"80" | b"81") => {
                    let (first, sum) = self.days.unwrap_or((coded, Cents::ZERO));
                    self.days = Some((first, sum + days));
                }
                Some(_) => {}
            },
            _ => {}
        }
    }

    fn procedure(
        &mut self,
        claim: &Claim<'a>,
        coded: Coded<'a>,
        parts: &[&'a [u8]; COMPONENTS],
        stay: Stay,
        report: &mut Report<'_>,
    ) {
        let [qualifier, code, format, date, ..] = *parts;
        let tenth = matches!(qualifier, b"BBR" | b"BBQ");
        if matches!(qualifier, b"BBR" | b"BR") {
            self.procedure = self.procedure.or(Some(coded));
        }
        // Section 0 are operations, section 1 deliveries; all others are none.
        self.operation |= !tenth || matches!(code.first(), Some(b'0' | b'1'));
        if Day::read_period(format, date).is_none() {
            self.undated_procedure = self.undated_procedure.or(Some(coded));
        }
        if !tenth {
            return;
        }
        diagnosis::procedure(claim, coded.hi, coded.nth, report);
        if stay == Stay::Outpatient {
            report.add(coded.hit(&codes::PROCEDURE_OUTPATIENT));
        }
    }
}

/// Whether a claim is of a stay, by its bill type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    Inpatient,
    Outpatient,
    NotInstitutional,
}

impl Stay {
    pub fn of(kind: ClaimKind, inpatient: bool) -> Stay {
        match (kind, inpatient) {
            (ClaimKind::Institutional, true) => Stay::Inpatient,
            (ClaimKind::Institutional, false) => Stay::Outpatient,
            (ClaimKind::Professional | ClaimKind::Dental, _) => Stay::NotInstitutional,
        }
    }
}

/// The sex that alone has a diagnosis, by the chapters and categories of ICD-10-CM.
fn sex_of(code: &[u8]) -> Sex {
    let &[letter, tens, ones, ref rest @ ..] = code else { return Sex::Unknown };
    let category = match (tens, ones) {
        (b'0'..=b'9', b'0'..=b'9') => u32::from(tens - b'0') * 10 + u32::from(ones - b'0'),
        // O9A and Z3A are of pregnancy, as O99 and Z34 are.
        (b'9', b'A') if letter == b'O' => 99,
        (b'3', b'A') if letter == b'Z' => 34,
        _ => return Sex::Unknown,
    };
    match (letter, category) {
        (b'O', _) => Sex::Female,
        (b'C', 51..=58) | (b'D', 6 | 25..=28 | 39) | (b'E', 28) | (b'N', 70..=98) | (b'R', 87) => Sex::Female,
        (b'Z', 33 | 34 | 36 | 39) => Sex::Female,
        (b'C', 60..=63) | (b'D', 29 | 40) | (b'E', 29) | (b'N', 40..=53) | (b'R', 86) => Sex::Male,
        // Screening for cancer of the prostate, and its raised antigen.
        (b'Z', 12) if rest == b"5" => Sex::Male,
        (b'R', 97) if rest.starts_with(b"2") => Sex::Male,
        _ => Sex::Unknown,
    }
}

/// Diagnoses for which a spine is manipulated: its diseases, its sprains, nerve roots and muscle spasm.
fn is_spinal(code: &[u8]) -> bool {
    match code.get(..3) {
        Some([b'M', b'4', _] | [b'M', b'5', b'0'..=b'4'] | b"M99" | b"M62" | b"S13" | b"S23" | b"S33" | b"G54") => true,
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnoses_of_one_sex_are_known_by_their_category() {
        let is = |code: &str, sex: Sex| sex_of(code.as_bytes()) == sex;
        for code in ["O0990", "O9A111", "Z3480", "Z3A20", "C541", "D259", "N939"] {
            assert!(is(code, Sex::Female), "{code}");
        }
        for code in ["C61", "N401", "N529", "Z125", "R9720"] {
            assert!(is(code, Sex::Male), "{code}");
        }
        for code in ["C50911", "E119", "Z1231", "N390", "N179", "Z3800", "25000", "O"] {
            assert!(is(code, Sex::Unknown), "{code}");
        }
    }

    #[test]
    fn diagnoses_of_the_spine_are_known() {
        for code in ["M5450", "M4800", "M9901", "S134XXA"] {
            assert!(is_spinal(code.as_bytes()), "{code}");
        }
        for code in ["M1711", "M25561", "E119", "M5"] {
            assert!(!is_spinal(code.as_bytes()), "{code}");
        }
    }
}
