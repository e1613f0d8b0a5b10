//! Reads 835s into plain values. Reading never fails: an amount that is none is told as a fault of its remittance,
//! which then does not balance; everything else that is missing is empty.

use std::ops::Range;

use serde::Serialize;

use crate::domain::{Cents, Phi};
use crate::pipeline::answers::amount::{amount, date, date_range};
use crate::pipeline::answers::{Head, Listener, Overview, PersonName, walk};
use crate::x12::Segment;
use crate::x12::envelope::Interchange;
use crate::x12::segment::text_of;

/// One ST: one payment to one payee. Ranges are bytes of the file.
#[derive(Clone, Debug, Default)]
pub struct Remittance {
    pub head: Head,
    /// BPR01, as `I` or `H`.
    pub handling: String,
    /// BPR02.
    pub amount: Cents,
    /// BPR04.
    pub method: String,
    /// BPR16.
    pub payment_date: String,
    /// TRN02 and TRN03.
    pub trace: String,
    pub trace_payer: String,
    pub payee_name: String,
    pub payee_npi: String,
    pub payee_tin: String,
    pub claims: Vec<ClaimPayment>,
    pub adjustments: Vec<ProviderAdjustment>,
    /// Claims and charges that TS3 segments count: TS304 and TS305.
    pub stated_claims: Option<(i64, Cents)>,
    /// Amounts that could not be read, by their place.
    pub faults: Vec<String>,
    /// From after ST to before the first LX, CLP or PLB.
    pub opening: Range<usize>,
    /// LX with TS3 and TS2.
    pub sections: Vec<Range<usize>>,
    /// The PLB segments.
    pub closing: Range<usize>,
}

/// One CLP.
#[derive(Clone, Debug, Default)]
pub struct ClaimPayment {
    /// CLP01.
    pub control_number: Phi<String>,
    /// CLP02.
    pub status: String,
    pub charge: Cents,
    pub paid: Cents,
    /// CLP05; `None` when it is not there.
    pub patient_responsibility: Option<Cents>,
    /// AMT*I, which PLB*L6 pays.
    pub interest: Cents,
    /// CLP07.
    pub payer_number: Phi<String>,
    pub cas: Vec<Adjustment>,
    pub lines: Vec<Line>,
    /// CLP09.
    pub frequency: String,
    pub member_ids: Vec<Phi<String>>,
    /// Patient and insured.
    pub names: Vec<PersonName>,
    /// NM1*TT: the payer it was passed on to, by name and id.
    pub passed_on_to: Option<(String, String)>,
    pub service_from: String,
    /// Remark codes of MIA and MOA.
    pub remarks: Vec<String>,
    /// Index of the LX it stands under.
    pub section: Option<usize>,
    /// Of its CLP in the file, from 1.
    pub line: u32,
    /// Of its CLP in the transaction, ST being 1, as SE01 counts them: many files are one line.
    pub segment: u32,
    pub range: Range<usize>,
}

/// One SVC.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Line {
    /// SVC01 as it stands, as `HC:99213:25`.
    pub procedure: String,
    /// SVC06: as it was claimed, where the payer judged another.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub submitted_procedure: String,
    pub charge: Cents,
    pub paid: Cents,
    pub revenue_code: String,
    /// SVC05 and SVC07 as they stand.
    pub units: String,
    pub submitted_units: String,
    /// REF*6R.
    pub control_number: String,
    pub service_date: String,
    pub adjustments: Vec<Adjustment>,
    pub remarks: Vec<String>,
}

/// One reason of a CAS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// CO, PR, OA, PI or CR.
    pub group: String,
    pub reason: String,
    pub amount: Cents,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub quantity: String,
}

/// One reason of a PLB. A positive amount takes money from the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderAdjustment {
    pub provider: String,
    pub period: String,
    pub reason: String,
    pub reference: String,
    pub amount: Cents,
}

impl Remittance {
    pub fn claims_paid(&self) -> Cents {
        self.claims.iter().map(|claim| claim.paid).sum()
    }

    pub fn adjusted(&self) -> Cents {
        self.adjustments.iter().map(|one| one.amount).sum()
    }
}

/// All 835s of a file, in its order.
pub fn read(bytes: &[u8]) -> (Vec<Remittance>, Overview) {
    let mut reader = FileReader::default();
    let overview = walk(bytes, &mut reader);
    (reader.remittances, overview)
}

#[derive(Default)]
struct FileReader {
    remittances: Vec<Remittance>,
    open: Option<Open>,
}

struct Open {
    remittance: Remittance,
    place: Place,
    /// Where the current part began.
    begin: usize,
    /// So many segments were read, ST included.
    segments: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the payee.
    Opening,
    Payee,
    Section,
    Claim,
    Line,
    Closing,
}

impl Listener for FileReader {
    fn ta1(&mut self, _: &Interchange, _: &Segment<'_>) {}

    fn start(&mut self, head: Head) {
        let remittance = |head| Remittance { head, ..Remittance::default() };
        self.open = (head.code == "835").then(|| Open {
            remittance: remittance(head),
            place: Place::Opening,
            begin: 0,
            segments: 1,
        });
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        if let Some(open) = &mut self.open {
            open.take(segment);
        }
    }

    fn end(&mut self, offset: u64) {
        if let Some(mut open) = self.open.take() {
            open.close(usize::try_from(offset).unwrap_or(usize::MAX));
            self.remittances.push(open.remittance);
        }
    }
}

impl Open {
    fn take(&mut self, segment: &Segment<'_>) {
        let at = usize::try_from(segment.offset).unwrap_or(usize::MAX);
        if self.segments == 1 {
            self.begin = at;
        }
        self.segments += 1;
        match segment.id() {
            b"BPR" => self.take_bpr(segment),
            b"TRN" if self.place == Place::Opening => {
                self.remittance.trace = segment.text(2).trim().to_string();
                self.remittance.trace_payer = segment.text(3).trim().to_string();
            }
            b"N1" if matches!(self.place, Place::Opening | Place::Payee) => self.take_n1(segment),
            b"CUR" if self.place == Place::Opening => self.take_cur(segment),
            b"LX" => self.turn(at, Place::Section),
            b"TS3" => self.take_ts3(segment),
            b"CLP" => {
                self.turn(at, Place::Claim);
                self.take_clp(segment);
            }
            b"SVC" if matches!(self.place, Place::Claim | Place::Line) => {
                self.place = Place::Line;
                self.take_svc(segment);
            }
            b"PLB" => {
                if self.place != Place::Closing {
                    self.turn(at, Place::Closing);
                }
                self.take_plb(segment);
            }
            b"CAS" => self.take_cas(segment),
            b"AMT" if self.place == Place::Claim && segment.element(1) == b"I" => self.take_interest(segment),
            b"NM1" => self.take_nm1(segment),
            b"DTM" => self.take_dtm(segment),
            b"REF" => self.take_ref(segment),
            b"MIA" => self.take_remarks(segment, &[5, 20, 21, 22, 23]),
            b"MOA" => self.take_remarks(segment, &[3, 4, 5, 6, 7]),
            b"LQ" => self.take_lq(segment),
            _ => {}
        }
    }

    /// Ends the current part before byte `at` and begins the next.
    fn turn(&mut self, at: usize, next: Place) {
        self.close(at);
        self.begin = at;
        self.place = next;
        match next {
            Place::Section => self.remittance.sections.push(at..at),
            Place::Claim => {
                let section = self.remittance.sections.len().checked_sub(1);
                self.remittance.claims.push(ClaimPayment { section, ..ClaimPayment::default() });
            }
            Place::Opening | Place::Payee | Place::Line | Place::Closing => {}
        }
    }

    fn close(&mut self, at: usize) {
        let range = self.begin..at.max(self.begin);
        match self.place {
            Place::Opening | Place::Payee => self.remittance.opening = range,
            Place::Section => {
                if let Some(section) = self.remittance.sections.last_mut() {
                    *section = range;
                }
            }
            Place::Claim | Place::Line => {
                if let Some(claim) = self.remittance.claims.last_mut() {
                    claim.range = range;
                }
            }
            Place::Closing => self.remittance.closing = range,
        }
    }

    /// An amount that must be there; what is none counts as nothing and is told.
    fn required(&mut self, segment: &Segment<'_>, element: usize, what: &str) -> Cents {
        match amount(segment.element(element)) {
            Some(cents) => cents,
            None => {
                let place = self.where_now();
                self.remittance.faults.push(format!("{place}{what} on line {} is no amount", segment.line));
                Cents::ZERO
            }
        }
    }

    /// An amount that may be missing.
    fn optional(&mut self, segment: &Segment<'_>, element: usize, what: &str) -> Option<Cents> {
        match segment.element(element).trim_ascii() {
            b"" => None,
            _ => Some(self.required(segment, element, what)),
        }
    }

    fn where_now(&self) -> String {
        match self.place {
            Place::Opening | Place::Payee | Place::Section | Place::Closing => String::new(),
            Place::Claim | Place::Line => format!("claim {}, ", self.remittance.claims.len()),
        }
    }

    fn take_bpr(&mut self, segment: &Segment<'_>) {
        self.remittance.handling = segment.text(1);
        self.remittance.amount = self.required(segment, 2, "BPR02");
        self.remittance.method = segment.text(4);
        self.remittance.payment_date = date(segment.element(16));
    }

    /// All amounts are added up and posted as dollars.
    fn take_cur(&mut self, segment: &Segment<'_>) {
        let currency = segment.text(2).trim().to_ascii_uppercase();
        if !matches!(currency.as_str(), "" | "USD") {
            self.remittance.faults.push(format!("CUR02 says {currency}, but only US dollars are posted"));
        }
    }

    fn take_n1(&mut self, segment: &Segment<'_>) {
        if segment.element(1) != b"PE" {
            return;
        }
        self.place = Place::Payee;
        self.remittance.payee_name = segment.text(2);
        let id = segment.text(4).trim().to_string();
        match segment.element(3) {
            b"XX" => self.remittance.payee_npi = id,
            b"FI" => self.remittance.payee_tin = id,
            _ => {}
        }
    }

    fn take_ts3(&mut self, segment: &Segment<'_>) {
        let count = std::str::from_utf8(segment.element(4)).ok().and_then(|text| text.trim().parse::<i64>().ok());
        if let (Some(count), Some(charge)) = (count, amount(segment.element(5))) {
            let (claims, sum) = self.remittance.stated_claims.unwrap_or((0, Cents::ZERO));
            self.remittance.stated_claims = Some((claims + count, sum + charge));
        }
    }

    fn take_clp(&mut self, segment: &Segment<'_>) {
        let charge = self.required(segment, 3, "CLP03");
        let paid = self.required(segment, 4, "CLP04");
        let patient_responsibility = self.optional(segment, 5, "CLP05");
        if let Some(claim) = self.remittance.claims.last_mut() {
            claim.control_number = Phi::new(segment.text(1).trim().to_string());
            claim.status = segment.text(2).trim().to_string();
            (claim.line, claim.segment) = (segment.line, self.segments);
            (claim.charge, claim.paid, claim.patient_responsibility) = (charge, paid, patient_responsibility);
            claim.payer_number = Phi::new(segment.text(7).trim().to_string());
            claim.frequency = segment.text(9).trim().to_string();
        }
    }

    fn take_svc(&mut self, segment: &Segment<'_>) {
        let charge = self.required(segment, 2, "SVC02");
        let paid = self.optional(segment, 3, "SVC03").unwrap_or(Cents::ZERO);
        let procedure = |n: usize| segment.components(n).map(text_of).collect::<Vec<_>>().join(":");
        let line = Line {
            procedure: procedure(1),
            submitted_procedure: procedure(6),
            charge,
            paid,
            revenue_code: segment.text(4),
            units: segment.text(5),
            submitted_units: segment.text(7),
            ..Line::default()
        };
        if let Some(claim) = self.remittance.claims.last_mut() {
            claim.lines.push(line);
        }
    }

    fn take_cas(&mut self, segment: &Segment<'_>) {
        if !matches!(self.place, Place::Claim | Place::Line) {
            return;
        }
        let group = segment.text(1);
        let mut found = Vec::new();
        for place in (2..=segment.element_count()).step_by(3) {
            if segment.element(place).is_empty() && segment.element(place + 1).is_empty() {
                continue;
            }
            found.push(Adjustment {
                group: group.clone(),
                reason: segment.text(place),
                amount: self.required(segment, place + 1, &format!("CAS{:02}", place + 1)),
                quantity: segment.text(place + 2),
            });
        }
        let Some(claim) = self.remittance.claims.last_mut() else { return };
        match (self.place, claim.lines.last_mut()) {
            (Place::Line, Some(line)) => line.adjustments.extend(found),
            (_, _) => claim.cas.extend(found),
        }
    }

    fn take_interest(&mut self, segment: &Segment<'_>) {
        let interest = self.required(segment, 2, "AMT*I");
        if let Some(claim) = self.remittance.claims.last_mut() {
            claim.interest += interest;
        }
    }

    fn take_plb(&mut self, segment: &Segment<'_>) {
        let (provider, period) = (segment.text(1), segment.text(2));
        for place in (3..=segment.element_count()).step_by(2) {
            if segment.element(place).is_empty() && segment.element(place + 1).is_empty() {
                continue;
            }
            let adjustment = ProviderAdjustment {
                provider: provider.clone(),
                period: period.clone(),
                reason: text_of(segment.component(place, 1)),
                reference: text_of(segment.component(place, 2)),
                amount: self.required(segment, place + 1, &format!("PLB{:02}", place + 1)),
            };
            self.remittance.adjustments.push(adjustment);
        }
    }

    fn claim(&mut self) -> Option<&mut ClaimPayment> {
        match self.place {
            Place::Claim | Place::Line => self.remittance.claims.last_mut(),
            Place::Opening | Place::Payee | Place::Section | Place::Closing => None,
        }
    }

    fn take_nm1(&mut self, segment: &Segment<'_>) {
        let id = segment.text(9).trim().to_string();
        let Some(claim) = self.claim() else { return };
        match segment.element(1) {
            // Patient, insured, and either of them as the payer corrected it.
            b"QC" | b"IL" | b"74" => {
                claim.names.extend(PersonName::of(segment));
                if !id.is_empty() {
                    claim.member_ids.push(Phi::new(id));
                }
            }
            b"TT" => claim.passed_on_to = Some((segment.text(3).trim().to_string(), id)),
            _ => {}
        }
    }

    fn take_dtm(&mut self, segment: &Segment<'_>) {
        let (in_line, day) = (self.place == Place::Line, date_range(segment.element(2)).0);
        let Some(claim) = self.claim() else { return };
        match (segment.element(1), in_line) {
            (b"232", false) => claim.service_from = day,
            (b"472" | b"150", true) => {
                // A line whose day cannot be read says nothing of the claim's.
                let is_first = claim.service_from.is_empty() || day < claim.service_from;
                if is_first && !day.is_empty() {
                    claim.service_from.clone_from(&day);
                }
                if let Some(line) = claim.lines.last_mut() {
                    line.service_date = day;
                }
            }
            (_, _) => {}
        }
    }

    fn take_ref(&mut self, segment: &Segment<'_>) {
        let value = segment.text(2).trim().to_string();
        match (segment.element(1), self.place) {
            (b"TJ", Place::Payee) => self.remittance.payee_tin = value,
            // Beside a tax id in N1.
            (b"HPI", Place::Payee) if self.remittance.payee_npi.is_empty() => self.remittance.payee_npi = value,
            (b"6R", Place::Line) => {
                if let Some(line) = self.claim().and_then(|claim| claim.lines.last_mut()) {
                    line.control_number = value;
                }
            }
            (_, _) => {}
        }
    }

    fn take_remarks(&mut self, segment: &Segment<'_>, elements: &[usize]) {
        let codes: Vec<String> = elements.iter().map(|&n| segment.text(n)).filter(|code| !code.is_empty()).collect();
        if let Some(claim) = self.claim() {
            claim.remarks.extend(codes);
        }
    }

    fn take_lq(&mut self, segment: &Segment<'_>) {
        let code = segment.text(2);
        if let Some(line) = self.claim().and_then(|claim| claim.lines.last_mut()) {
            line.remarks.push(code);
        }
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
