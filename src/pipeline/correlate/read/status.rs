//! Answers about claims: the 277CA (X214), which says whether a claim got into adjudication, and the 277 (X212
//! and its relatives), which says how it stands there. Both are the same tree of HL levels: who answers, to
//! whom, for which provider, about which patient; they differ in their codes.

use std::ops::Range;

use crate::domain::{Cents, ClaimStatus, Phi};
use crate::pipeline::answers::amount::{amount, date, date_range};
use crate::pipeline::answers::claimed::joined;
use crate::pipeline::answers::tying::ToldLine;
use crate::pipeline::answers::{Head, PersonName};
use crate::x12::Segment;
use crate::x12::envelope::Interchange;
use crate::x12::segment::text_of;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportKind {
    ClaimAck,
    ClaimStatus,
}

impl ReportKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ReportKind::ClaimAck => "277CA",
            ReportKind::ClaimStatus => "277",
        }
    }
}

/// One 277 transaction. Ranges are bytes of the file, from a segment's first to before another's.
#[derive(Clone, Debug)]
pub struct StatusReport {
    pub kind: ReportKind,
    pub interchange: Interchange,
    /// ST03 or GS08, as `005010X214`.
    pub version: String,
    /// BHT03: the payer's own number of this answer.
    pub reference: String,
    /// 2000A: HL, NM1, PER, TRN, DTP of who answers.
    pub source: Range<usize>,
    pub receivers: Vec<Level>,
    pub providers: Vec<Level>,
    pub claims: Vec<ClaimAnswer>,
}

/// A 2000B (information receiver) or 2000C (billing provider).
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// Index of the receiver it stands under; its own for a receiver.
    pub receiver: usize,
    /// TRN02: at a receiver, BHT03 of the 837 that is answered.
    pub trace: String,
    /// NM109.
    pub id: String,
    pub statuses: Vec<Status>,
    /// Claims below it.
    pub claims: usize,
    pub range: Range<usize>,
}

/// One STC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// STC01, STC10 and STC11 that are there.
    pub codes: Vec<Code>,
    /// STC02 as it stands.
    pub date: String,
    /// STC03: `WQ` or `U`.
    pub action: String,
    /// STC04.
    pub charge: Option<Cents>,
    /// At a service line.
    pub line: bool,
}

/// Category, status and entity, as `A7:562:85`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    pub category: String,
    pub code: String,
    pub entity: String,
}

impl Code {
    pub fn text(&self) -> String {
        let mut text = format!("{}:{}", self.category, self.code);
        if !self.entity.is_empty() {
            text.push(':');
            text.push_str(&self.entity);
        }
        text
    }
}

/// What is said of one claim (2200D, or 2200E for a dependent).
#[derive(Clone, Debug, Default)]
pub struct ClaimAnswer {
    /// Indexes into the report's receivers and providers; `None` when that level is missing.
    pub receiver: Option<usize>,
    pub provider: Option<usize>,
    /// TRN02: in a 277CA the CLM01 it answers, in a 277 the number of the question.
    pub trace: Phi<String>,
    /// REF*EJ of a 277: the CLM01.
    pub account: Phi<String>,
    /// REF*D9: our own number, when the payer gives it back.
    pub our_number: String,
    /// REF*1K.
    pub payer_claim_control_number: Phi<String>,
    pub member_ids: Vec<Phi<String>>,
    /// Last and first name of the patient, and of the subscriber above a dependent.
    pub names: Vec<PersonName>,
    pub statuses: Vec<Status>,
    pub service_from: String,
    pub service_to: String,
    /// 2220D or 2220E.
    pub lines: Vec<LineAnswer>,
    /// The levels of the patient (and, in a 277, of the subscriber above a dependent), up to the first TRN.
    pub patient: Vec<Range<usize>>,
    /// From TRN to before the next TRN, HL or SE.
    pub range: Range<usize>,
}

/// What is said of one service line.
#[derive(Clone, Debug, Default)]
pub struct LineAnswer {
    pub line: ToldLine,
    pub codes: Vec<Code>,
}

impl LineAnswer {
    /// As `A7:562:85 A7:21`.
    pub fn codes_text(&self) -> String {
        texts_of(self.codes.iter())
    }
}

impl ClaimAnswer {
    /// The patient control number it gives back.
    pub fn control_number(&self, kind: ReportKind) -> &str {
        match kind {
            ReportKind::ClaimAck => self.trace.reveal(),
            ReportKind::ClaimStatus => self.account.reveal(),
        }
    }

    pub fn charge(&self) -> Option<Cents> {
        self.statuses.iter().filter(|status| !status.line).find_map(|status| status.charge)
    }

    /// The claim's own statuses; those of its lines when it has none.
    fn own_statuses(&self) -> impl Iterator<Item = &Status> {
        let own = self.statuses.iter().any(|status| !status.line);
        self.statuses.iter().filter(move |status| status.line != own)
    }

    /// Where it says that the claim is, or `None` when it moves nothing: not found, try again, no claim code.
    pub fn says(&self, kind: ReportKind) -> Option<ClaimStatus> {
        self.speaking(kind).and_then(|code| meaning(kind, &code.category))
    }

    /// The code by which it says so.
    pub fn speaking(&self, kind: ReportKind) -> Option<&Code> {
        // A 277 may tell the whole history; the newest date speaks.
        let newest = self.own_statuses().map(|status| status.date.as_str()).max().unwrap_or_default();
        let now = self.own_statuses().filter(|status| kind == ReportKind::ClaimAck || status.date == newest);
        let said = |code: &&Code| meaning(kind, &code.category).map(weight);
        now.flat_map(|status| &status.codes).filter(|code| said(code).is_some()).max_by_key(|code| said(code))
    }

    /// All codes of the claim and its lines, as `A7:562:85 A7:21`.
    pub fn codes_text(&self) -> String {
        texts_of(self.statuses.iter().flat_map(|status| &status.codes))
    }
}

/// Each once, with a blank between two.
fn texts_of<'a>(codes: impl Iterator<Item = &'a Code>) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in codes.map(Code::text) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all.join(" ")
}

/// What a category says. F1 and F3 are told again, with the money, by the 835; until then the claim is at the payer.
fn meaning(kind: ReportKind, category: &str) -> Option<ClaimStatus> {
    let category = category.trim().to_ascii_uppercase();
    match (category.as_str(), kind) {
        ("A0" | "A1", _) => Some(ClaimStatus::PayerReceived),
        ("A2" | "A5", _) => Some(ClaimStatus::PayerAccepted),
        // A 277 with A4 answers a question: the payer did not find it, which is no refusal.
        ("A4", ReportKind::ClaimStatus) => None,
        ("A3" | "A4" | "A6" | "A7" | "A8", _) => Some(ClaimStatus::PayerRejected),
        ("F2" | "F4", ReportKind::ClaimStatus) => Some(ClaimStatus::Denied),
        (other, ReportKind::ClaimStatus) if other.starts_with(['P', 'R', 'F']) => Some(ClaimStatus::Pending),
        (_, ReportKind::ClaimStatus | ReportKind::ClaimAck) => None,
    }
}

/// Of several codes in one answer, the gravest speaks.
fn weight(status: ClaimStatus) -> u8 {
    match status {
        ClaimStatus::PayerRejected => 5,
        ClaimStatus::Denied => 4,
        ClaimStatus::Pending => 3,
        ClaimStatus::PayerAccepted => 2,
        ClaimStatus::PayerReceived => 1,
        ClaimStatus::Received
        | ClaimStatus::Rejected
        | ClaimStatus::Accepted
        | ClaimStatus::Batched
        | ClaimStatus::Sent
        | ClaimStatus::Paid
        | ClaimStatus::PartiallyPaid
        | ClaimStatus::Reversed
        | ClaimStatus::Forwarded => 0,
    }
}

impl Level {
    /// It refuses all that was sent below it: STC with `U`, and nothing below it says more.
    pub fn refuses_all(&self) -> bool {
        self.claims == 0 && self.statuses.iter().any(|status| status.action.eq_ignore_ascii_case("U"))
    }

    pub fn codes_text(&self) -> String {
        let codes = self.statuses.iter().flat_map(|status| &status.codes);
        codes.map(Code::text).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    Source,
    Receiver,
    Provider,
    /// A subscriber or patient, before its first TRN.
    Patient,
    Claim,
    Line,
}

pub struct StatusReader {
    report: StatusReport,
    place: Place,
    /// Where the current level or claim began.
    begin: usize,
    /// HL03 of the current level.
    level: String,
    patient: Patient,
    subscriber: Patient,
}

#[derive(Clone, Debug, Default)]
struct Patient {
    range: Range<usize>,
    member_ids: Vec<Phi<String>>,
    names: Vec<PersonName>,
}

impl StatusReader {
    pub fn new(head: Head) -> StatusReader {
        let kind = if head.version.contains("X214") { ReportKind::ClaimAck } else { ReportKind::ClaimStatus };
        StatusReader {
            report: StatusReport {
                kind,
                interchange: head.interchange,
                version: head.version,
                reference: String::new(),
                source: 0..0,
                receivers: Vec::new(),
                providers: Vec::new(),
                claims: Vec::new(),
            },
            place: Place::Before,
            begin: 0,
            level: String::new(),
            patient: Patient::default(),
            subscriber: Patient::default(),
        }
    }

    pub fn take(&mut self, segment: &Segment<'_>) {
        match segment.id() {
            b"BHT" => self.take_bht(segment),
            b"HL" => self.take_hl(segment),
            b"NM1" => self.take_nm1(segment),
            b"TRN" => self.take_trn(segment),
            b"STC" => self.take_stc(segment),
            b"REF" => self.take_ref(segment),
            b"DTP" => self.take_dtp(segment),
            b"SVC" if matches!(self.place, Place::Claim | Place::Line) => self.take_svc(segment),
            _ => {}
        }
    }

    pub fn finish(mut self, offset: u64) -> StatusReport {
        self.close(usize::try_from(offset).unwrap_or(usize::MAX));
        self.report
    }

    fn take_bht(&mut self, segment: &Segment<'_>) {
        self.report.reference = segment.text(3);
        // A version that names neither guide leaves it to BHT01.
        if !self.report.version.contains("X21") && segment.element(1) == b"0085" {
            self.report.kind = ReportKind::ClaimAck;
        }
    }

    fn take_hl(&mut self, segment: &Segment<'_>) {
        let at = place_of(segment);
        self.close(at);
        self.begin = at;
        self.level = segment.text(3).trim().to_ascii_uppercase();
        let receiver = self.report.receivers.len().saturating_sub(1);
        self.place = match self.level.as_str() {
            "20" => Place::Source,
            "21" => {
                let receiver = self.report.receivers.len();
                self.report.receivers.push(Level { receiver, ..Level::default() });
                Place::Receiver
            }
            "19" => {
                self.report.providers.push(Level { receiver, ..Level::default() });
                Place::Provider
            }
            "22" => {
                self.subscriber = Patient::default();
                self.patient = Patient::default();
                Place::Patient
            }
            _ => {
                self.patient = Patient::default();
                Place::Patient
            }
        };
    }

    /// Ends what is open at byte `at`.
    fn close(&mut self, at: usize) {
        let range = self.begin..at;
        match self.place {
            Place::Before => {}
            Place::Source => self.report.source = range,
            Place::Receiver => {
                if let Some(level) = self.report.receivers.last_mut() {
                    level.range = range;
                }
            }
            Place::Provider => {
                if let Some(level) = self.report.providers.last_mut() {
                    level.range = range;
                }
            }
            Place::Patient => {
                self.patient.range = range;
                if self.level == "22" {
                    self.subscriber = self.patient.clone();
                }
            }
            Place::Claim | Place::Line => {
                if let Some(claim) = self.report.claims.last_mut() {
                    claim.range = range;
                }
            }
        }
    }

    fn take_nm1(&mut self, segment: &Segment<'_>) {
        let id = segment.text(9).trim().to_string();
        match self.place {
            Place::Receiver => self.report.receivers.last_mut().into_iter().for_each(|level| level.id = id.clone()),
            Place::Provider => self.report.providers.last_mut().into_iter().for_each(|level| level.id = id.clone()),
            Place::Patient => {
                self.patient.names.extend(PersonName::of(segment));
                if !id.is_empty() {
                    self.patient.member_ids.push(Phi::new(id));
                }
            }
            Place::Before | Place::Source | Place::Claim | Place::Line => {}
        }
    }

    fn take_trn(&mut self, segment: &Segment<'_>) {
        let trace = segment.text(2).trim().to_string();
        match self.place {
            Place::Receiver => set_once(self.report.receivers.last_mut().map(|level| &mut level.trace), trace),
            Place::Provider => set_once(self.report.providers.last_mut().map(|level| &mut level.trace), trace),
            Place::Patient | Place::Claim | Place::Line => {
                let at = place_of(segment);
                self.close(at);
                self.begin = at;
                self.start_claim(trace);
            }
            Place::Before | Place::Source => {}
        }
    }

    fn start_claim(&mut self, trace: String) {
        let receiver = self.report.receivers.len().checked_sub(1);
        let provider = self.report.providers.len().checked_sub(1);
        let provider = provider.filter(|&n| Some(self.report.providers[n].receiver) == receiver);
        if let Some(level) = receiver.and_then(|n| self.report.receivers.get_mut(n)) {
            level.claims += 1;
        }
        if let Some(level) = provider.and_then(|n| self.report.providers.get_mut(n)) {
            level.claims += 1;
        }
        let mut member_ids = self.patient.member_ids.clone();
        let mut names = self.patient.names.clone();
        let mut patient = vec![self.patient.range.clone()];
        if self.level == "23" {
            member_ids.extend(self.subscriber.member_ids.iter().cloned());
            names.extend(self.subscriber.names.iter().cloned());
            patient.insert(0, self.subscriber.range.clone());
        }
        self.report.claims.push(ClaimAnswer {
            receiver,
            provider,
            trace: Phi::new(trace),
            member_ids,
            names,
            patient,
            ..ClaimAnswer::default()
        });
        self.place = Place::Claim;
    }

    fn take_stc(&mut self, segment: &Segment<'_>) {
        let codes = [1, 10, 11].map(|n| Code {
            category: text_of(segment.component(n, 1)).trim().to_string(),
            code: text_of(segment.component(n, 2)).trim().to_string(),
            entity: text_of(segment.component(n, 3)).trim().to_string(),
        });
        let status = Status {
            codes: codes.into_iter().filter(|code| !code.category.is_empty()).collect(),
            date: segment.text(2),
            action: segment.text(3).trim().to_string(),
            charge: amount(segment.element(4)),
            line: self.place == Place::Line,
        };
        match self.place {
            Place::Receiver => {
                self.report.receivers.last_mut().into_iter().for_each(|l| l.statuses.push(status.clone()))
            }
            Place::Provider => {
                self.report.providers.last_mut().into_iter().for_each(|l| l.statuses.push(status.clone()))
            }
            Place::Claim | Place::Line => {
                let Some(claim) = self.report.claims.last_mut() else { return };
                if let Some(line) = claim.lines.last_mut().filter(|_| status.line) {
                    line.codes.extend(status.codes.iter().cloned());
                }
                claim.statuses.push(status);
            }
            // A payer that forgot the TRN still says something of this patient's claim.
            Place::Patient => {
                let at = place_of(segment);
                self.close(at);
                self.begin = at;
                self.start_claim(String::new());
                self.report.claims.last_mut().into_iter().for_each(|claim| claim.statuses.push(status.clone()));
            }
            Place::Before | Place::Source => {}
        }
    }

    fn take_svc(&mut self, segment: &Segment<'_>) {
        self.place = Place::Line;
        let line = ToldLine {
            procedure: joined(segment.element(1), segment.delimiters.component),
            charge: amount(segment.element(2)).unwrap_or_default(),
            revenue_code: segment.text(4).trim().to_string(),
            ..ToldLine::default()
        };
        if let Some(claim) = self.report.claims.last_mut() {
            claim.lines.push(LineAnswer { line, codes: Vec::new() });
        }
    }

    fn take_ref(&mut self, segment: &Segment<'_>) {
        let Some(claim) = self.report.claims.last_mut() else { return };
        let value = segment.text(2).trim().to_string();
        match (self.place, segment.element(1)) {
            (Place::Claim, b"1K") => claim.payer_claim_control_number = Phi::new(value),
            (Place::Claim, b"D9") => claim.our_number = value,
            (Place::Claim, b"EJ") => claim.account = Phi::new(value),
            (Place::Line, b"FJ") => {
                claim.lines.last_mut().into_iter().for_each(|line| line.line.control_number = value.clone());
            }
            _ => {}
        }
    }

    fn take_dtp(&mut self, segment: &Segment<'_>) {
        let Some(claim) = self.report.claims.last_mut() else { return };
        let ours = self.place == Place::Claim || (self.place == Place::Line && claim.service_from.is_empty());
        if ours && segment.element(1) == b"472" {
            (claim.service_from, claim.service_to) = date_range(segment.element(3));
        }
        if self.place == Place::Line && segment.element(1) == b"472" {
            claim.lines.last_mut().into_iter().for_each(|line| line.line.service_date = date(segment.element(3)));
        }
    }
}

fn place_of(segment: &Segment<'_>) -> usize {
    usize::try_from(segment.offset).unwrap_or(usize::MAX)
}

fn set_once(slot: Option<&mut String>, value: String) {
    if let Some(slot) = slot
        && slot.is_empty()
    {
        *slot = value;
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
