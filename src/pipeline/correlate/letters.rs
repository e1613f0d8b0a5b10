//! Answers re-addressed: what a payer said of many submitters' claims, in one letter for each submitter, regrouped
//! by the transactions they handed in. The payer's own segments are copied; 2100B, 2200B and the HL numbers are
//! the submitter's, totals are counted anew, and the patient control number is the submitter's own again.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Zoned;

use super::read::status::{ClaimAnswer, ReportKind, StatusReport};
use crate::domain::ids::TransactionId;
use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::answers::Outgoing;
use crate::pipeline::answers::outgoing::{elements, segments};
use crate::store::matching::{AddresseeFacts, ClaimFacts};

/// The guide of the 277CA.
pub const CLAIM_ACK_GUIDE: &str = "005010X214";
/// The guide of the 277.
pub const CLAIM_STATUS_GUIDE: &str = "005010X212";

/// Who is the source (2000A) of a letter.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// The payer, as its own report names it.
    Payer(&'a StatusReport),
    /// The gateway: it says what became of claims whose file the payer refused.
    Gateway { name: &'a str, etin: &'a str },
}

/// One claim of a letter.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub claim: &'a ClaimFacts,
    pub wording: Wording<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Wording<'a> {
    /// As the payer put it.
    Payers {
        answer: &'a ClaimAnswer,
        /// TRN02 of the question that it answers, whatever the payer wrote there.
        asked_under: Option<&'a str>,
    },
    /// A refusal: one composite as `A3:684`, and a sentence for STC12.
    Refused { code: &'a str, text: &'a str },
}

/// What is the same in all transactions of a letter.
pub struct Sheet<'a> {
    /// The payer's file.
    pub file: &'a [u8],
    pub source: Source<'a>,
    /// Begins each BHT03.
    pub reference: &'a str,
    pub at: &'a Zoned,
    pub addressees: &'a BTreeMap<TransactionId, AddresseeFacts>,
}

/// Writes one transaction for each of the submitter's own; `entries` are all of one submitter.
pub fn write(out: &mut Outgoing, sheet: &Sheet<'_>, entries: &[Entry<'_>]) {
    let mut by_transaction: BTreeMap<TransactionId, Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        by_transaction.entry(entry.claim.transaction_id).or_default().push(*entry);
    }
    for (transaction, entries) in by_transaction {
        let addressee = sheet.addressees.get(&transaction);
        Writer { out, sheet, level: 0 }.transaction(addressee, &entries);
    }
}

struct Writer<'o, 'a> {
    out: &'o mut Outgoing,
    sheet: &'a Sheet<'a>,
    /// HL01 of the last level written.
    level: u32,
}

impl Writer<'_, '_> {
    fn kind(&self) -> ReportKind {
        match self.sheet.source {
            Source::Payer(report) => report.kind,
            Source::Gateway { .. } => ReportKind::ClaimAck,
        }
    }

    fn transaction(&mut self, addressee: Option<&AddresseeFacts>, entries: &[Entry<'_>]) {
        let (date, time) = (self.sheet.at.strftime("%Y%m%d").to_string(), self.sheet.at.strftime("%H%M").to_string());
        let (version, structure, purpose) = match self.kind() {
            ReportKind::ClaimAck => (CLAIM_ACK_GUIDE, "0085", "TH"),
            ReportKind::ClaimStatus => (CLAIM_STATUS_GUIDE, "0010", "DG"),
        };
        self.out.begin_transaction("277", version);
        let bht03 = addressee.map_or(String::new(), |to| format!("-{}", to.id));
        let reference: String = format!("{}{bht03}", self.sheet.reference).chars().take(30).collect();
        self.out.segment(&["BHT", structure, "08", &reference, &date, &time, purpose]);
        self.write_source(&date);
        self.write_receiver(addressee, entries, &date);
        for same_provider in entries.chunk_by(|a, b| provider_key(a) == provider_key(b)) {
            self.write_provider(same_provider);
        }
        self.out.end_transaction();
    }

    fn hl(&mut self, parent: &str, code: &str, children: &str) -> String {
        self.level += 1;
        let level = self.level.to_string();
        self.out.segment(&["HL", &level, parent, code, children]);
        level
    }

    fn write_source(&mut self, date: &str) {
        self.hl("", "20", "1");
        match self.sheet.source {
            Source::Payer(report) => self.copy_level(report, &report.source, &[]),
            Source::Gateway { name, etin } => {
                self.out.segment(&["NM1", "AY", "2", name, "", "", "", "", "46", etin]);
                self.out.segment(&["TRN", "1", self.sheet.reference]);
                self.out.segment(&["DTP", "050", "D8", date]);
                self.out.segment(&["DTP", "009", "D8", date]);
            }
        }
    }

    fn write_receiver(&mut self, addressee: Option<&AddresseeFacts>, entries: &[Entry<'_>], date: &str) {
        self.hl("1", "21", "1");
        let (name, etin) = addressee.map_or(("", ""), |to| (to.submitter_name.as_str(), to.submitter_etin.as_str()));
        self.out.segment(&["NM1", "41", "2", name, "", "", "", "", "46", etin]);
        if self.kind() == ReportKind::ClaimStatus {
            return;
        }
        self.out.segment(&["TRN", "2", addressee.map_or("0", |to| &to.bht03)]);
        let totals = Totals::of(entries);
        let code = match self.sheet.source {
            Source::Payer(_) => "A1:19:PR",
            Source::Gateway { .. } => "A1:19:AY",
        };
        let charge = (totals.accepted_charge + totals.rejected_charge).to_x12();
        self.out.segment_with_composite(&["STC", code, date, "WQ", &charge], 1);
        for (element, count) in [("90", totals.accepted), ("AA", totals.rejected)] {
            if count > 0 {
                self.out.segment(&["QTY", element, &count.to_string()]);
            }
        }
        for (element, count, sum) in
            [("YU", totals.accepted, totals.accepted_charge), ("YY", totals.rejected, totals.rejected_charge)]
        {
            if count > 0 {
                self.out.segment(&["AMT", element, &sum.to_x12()]);
            }
        }
    }

    fn write_provider(&mut self, entries: &[Entry<'_>]) {
        let parent = self.hl("2", "19", "1");
        let first = entries[0];
        match (first.wording, self.sheet.source) {
            (Wording::Payers { answer, .. }, Source::Payer(report)) if answer.provider.is_some() => {
                let provider = answer.provider.and_then(|n| report.providers.get(n));
                if let Some(provider) = provider {
                    // Its summary counts other submitters' claims too.
                    self.copy_level(report, &provider.range, &[b"STC", b"QTY", b"AMT"]);
                }
            }
            (_, _) => self.write_own_provider(first.claim),
        }
        for same_patient in entries.chunk_by(|a, b| patient_key(a).is_some() && patient_key(a) == patient_key(b)) {
            self.write_patient(&parent, same_patient);
        }
    }

    fn write_own_provider(&mut self, claim: &ClaimFacts) {
        let entity = match self.kind() {
            ReportKind::ClaimAck => "85",
            ReportKind::ClaimStatus => "1P",
        };
        let (qualifier, id) = match claim.provider_npi.as_str() {
            "" => ("FI", claim.provider_tin.as_str()),
            npi => ("XX", npi),
        };
        self.out.segment(&["NM1", entity, "2", &claim.provider_name, "", "", "", "", qualifier, id]);
        if self.kind() == ReportKind::ClaimAck {
            self.out.segment(&["TRN", "1", "0"]);
        }
    }

    fn write_patient(&mut self, parent: &str, entries: &[Entry<'_>]) {
        match (entries[0].wording, self.sheet.source) {
            (Wording::Payers { answer, .. }, Source::Payer(report)) => {
                self.write_patient_levels(parent, report, &answer.patient);
                for entry in entries {
                    if let Wording::Payers { answer, asked_under } = entry.wording {
                        self.copy_claim(report, (answer, asked_under), entry.claim);
                    }
                }
            }
            (_, _) => {
                for entry in entries {
                    self.write_own_claim(parent, entry);
                }
            }
        }
    }

    fn write_patient_levels(&mut self, parent: &str, report: &StatusReport, ranges: &[Range<usize>]) {
        let mut parent = parent.to_string();
        for (n, range) in ranges.iter().enumerate() {
            let last = n + 1 == ranges.len();
            let (code, children) = match (report.kind, n, last) {
                (ReportKind::ClaimAck, _, _) => ("PT", ""),
                (ReportKind::ClaimStatus, 0, true) => ("22", "0"),
                (ReportKind::ClaimStatus, 0, false) => ("22", "1"),
                (ReportKind::ClaimStatus, _, _) => ("23", ""),
            };
            parent = self.hl(&parent, code, children);
            self.copy_level(report, range, &[]);
        }
    }

    /// A level's segments but its HL and those named.
    fn copy_level(&mut self, report: &StatusReport, range: &Range<usize>, without: &[&[u8]]) {
        let delimiters = report.interchange.delimiters;
        for segment in segments(part(self.sheet.file, range), delimiters) {
            let id = elements(segment, delimiters).next().unwrap_or_default();
            if id != b"HL" && !without.contains(&id) {
                self.out.copy(segment, delimiters);
            }
        }
    }

    fn copy_claim(
        &mut self,
        report: &StatusReport,
        (answer, asked_under): (&ClaimAnswer, Option<&str>),
        claim: &ClaimFacts,
    ) {
        let delimiters = report.interchange.delimiters;
        let own = claim.patient_control_number.reveal();
        let mut first = true;
        for segment in segments(part(self.sheet.file, &answer.range), delimiters) {
            let mut parts = elements(segment, delimiters);
            let (id, qualifier) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            if std::mem::take(&mut first) && id != b"TRN" {
                self.out.segment(&["TRN", "2", asked_under.unwrap_or(own)]);
            }
            match (id, qualifier, &claim.upstream_trace, report.kind) {
                (b"TRN", _, _, ReportKind::ClaimAck) => self.out.copy_replacing(segment, delimiters, 2, own),
                (b"TRN", _, _, ReportKind::ClaimStatus) if asked_under.is_some() => {
                    self.out.copy_replacing(segment, delimiters, 2, asked_under.unwrap_or_default());
                }
                (b"REF", b"EJ", _, _) => self.out.copy_replacing(segment, delimiters, 2, own),
                (b"REF", b"D9", Some(theirs), _) => self.out.copy_replacing(segment, delimiters, 2, theirs),
                (_, _, _, _) => self.out.copy(segment, delimiters),
            }
        }
    }

    fn write_own_claim(&mut self, parent: &str, entry: &Entry<'_>) {
        let Wording::Refused { code, text } = entry.wording else { return };
        let claim = entry.claim;
        self.hl(parent, "PT", "");
        let member = claim.member_id.reveal().as_str();
        let qualifier = if member.is_empty() { "" } else { "MI" };
        let (last, given) = (claim.patient_last_name.reveal(), claim.patient_first_name.reveal());
        self.out.segment(&["NM1", "QC", "1", last, given, "", "", "", qualifier, member]);
        self.out.segment(&["TRN", "2", claim.patient_control_number.reveal()]);
        let date = self.sheet.at.strftime("%Y%m%d").to_string();
        let charge = claim.charge.to_x12();
        self.out.segment_with_composite(&["STC", code, &date, "U", &charge, "", "", "", "", "", "", "", text], 1);
        let trace = claim.upstream_trace.clone().unwrap_or_else(|| claim.id.trace_number());
        self.out.segment(&["REF", "D9", &trace]);
        let (from, to) = (claim.service_from.replace('-', ""), claim.service_to.replace('-', ""));
        match (from.as_str(), to.as_str()) {
            ("", _) => {}
            (from, to) if to.is_empty() || from == to => self.out.segment(&["DTP", "472", "D8", from]),
            (from, to) => self.out.segment(&["DTP", "472", "RD8", &format!("{from}-{to}")]),
        }
    }
}

/// Entries with the same key stand under one 2000C.
fn provider_key<'a>(entry: &Entry<'a>) -> (Option<usize>, &'a str, &'a str) {
    match entry.wording {
        Wording::Payers { answer, .. } if answer.provider.is_some() => (answer.provider, "", ""),
        Wording::Payers { .. } | Wording::Refused { .. } => {
            (None, &entry.claim.provider_npi, &entry.claim.provider_tin)
        }
    }
}

/// Entries with the same key stand under one patient.
fn patient_key<'a>(entry: &Entry<'a>) -> Option<&'a [Range<usize>]> {
    match entry.wording {
        Wording::Payers { answer, .. } => Some(&answer.patient),
        Wording::Refused { .. } => None,
    }
}

fn part<'a>(file: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    file.get(range.start..range.end.min(file.len())).unwrap_or_default()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    accepted: usize,
    rejected: usize,
    accepted_charge: Cents,
    rejected_charge: Cents,
}

impl Totals {
    fn of(entries: &[Entry<'_>]) -> Totals {
        let mut totals = Totals::default();
        for entry in entries {
            let rejected = match entry.wording {
                Wording::Payers { answer, .. } => answer.says(ReportKind::ClaimAck) == Some(ClaimStatus::PayerRejected),
                Wording::Refused { .. } => true,
            };
            if rejected {
                totals.rejected += 1;
                totals.rejected_charge += entry.claim.charge;
            } else {
                totals.accepted += 1;
                totals.accepted_charge += entry.claim.charge;
            }
        }
        totals
    }
}
