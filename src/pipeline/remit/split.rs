//! Writes what one submitter is handed of a remittance. What the payer wrote is copied; changed are the envelope, the
//! claim's number where the payer cut or rewrote it, and in a part of a remittance BPR02, which is what that part
//! pays, and the LX numbers. A part that takes more money than it pays has 0 there and, as all amounts must add up, a PLB FB of
//! ours: the payer took that money from another part of the payment. hand_on.rs tells its submitter so.

use std::collections::BTreeMap;

use super::plan::Extent;
use super::read::Remittance;
use crate::domain::{Cents, Phi};
use crate::pipeline::answers::Outgoing;
use crate::pipeline::answers::outgoing::{elements, segments};

/// The chosen claims of a remittance, by their index, with the patient control number that the submitter gave.
pub type Own = BTreeMap<usize, Phi<String>>;

/// Writes one transaction.
pub fn write(out: &mut Outgoing, file: &[u8], remittance: &Remittance, own: &Own, extent: &Extent) {
    out.begin_transaction("835", "");
    let paper = Paper { file, remittance };
    match extent {
        Extent::Whole => {
            paper.copy(out, &remittance.opening);
            paper.write_claims(out, own, Sections::AsTheyCame);
            paper.copy(out, &remittance.closing);
        }
        Extent::Part(adjustments) => paper.write_part(out, own, adjustments),
    }
    out.end_transaction();
}

/// What a part pays: its claims less its provider adjustments. Below nothing where it takes more than it pays.
pub fn amount_of(remittance: &Remittance, own: &Own, adjustments: &[usize]) -> Cents {
    let paid: Cents = own.keys().filter_map(|&n| remittance.claims.get(n)).map(|claim| claim.paid).sum();
    paid - adjustments.iter().filter_map(|&n| remittance.adjustments.get(n)).map(|one| one.amount).sum()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sections {
    /// LX with its summaries.
    AsTheyCame,
    /// Numbered anew, without summaries, which count the claims of others.
    Anew,
}

struct Paper<'a> {
    file: &'a [u8],
    remittance: &'a Remittance,
}

impl Paper<'_> {
    fn part(&self, range: &std::ops::Range<usize>) -> &[u8] {
        self.file.get(range.start..range.end.min(self.file.len())).unwrap_or_default()
    }

    fn copy(&self, out: &mut Outgoing, range: &std::ops::Range<usize>) {
        let delimiters = self.remittance.head.interchange.delimiters;
        for segment in segments(self.part(range), delimiters) {
            out.copy(segment, delimiters);
        }
    }

    fn write_part(&self, out: &mut Outgoing, own: &Own, adjustments: &[usize]) {
        let delimiters = self.remittance.head.interchange.delimiters;
        let amount = amount_of(self.remittance, own, adjustments);
        for segment in segments(self.part(&self.remittance.opening), delimiters) {
            match (elements(segment, delimiters).next().unwrap_or_default(), amount > Cents::ZERO) {
                (b"BPR", true) => out.copy_replacing(segment, delimiters, 2, &amount.to_x12()),
                (b"BPR", false) => {
                    let date = self.remittance.payment_date.replace('-', "");
                    out.segment(&["BPR", "H", "0", "C", "NON", "", "", "", "", "", "", "", "", "", "", "", &date]);
                }
                (_, _) => out.copy(segment, delimiters),
            }
        }
        self.write_claims(out, own, Sections::Anew);
        self.write_adjustments(out, adjustments);
        // Money that is taken back here and not paid out here was taken from another part of the payment.
        if amount < Cents::ZERO {
            let reference = format!("FB:{}", self.remittance.trace);
            let period = self.remittance.payment_date.replace('-', "");
            let provider = match self.remittance.payee_npi.as_str() {
                "" => self.remittance.payee_tin.as_str(),
                npi => npi,
            };
            out.segment_with_composite(&["PLB", provider, &period, &reference, &amount.to_x12()], 3);
        }
    }

    /// The PLB segments with these reasons alone, in ascending order; each keeps its provider and period.
    fn write_adjustments(&self, out: &mut Outgoing, chosen: &[usize]) {
        let delimiters = self.remittance.head.interchange.delimiters;
        let mut next = 0;
        for segment in segments(self.part(&self.remittance.closing), delimiters) {
            let all: Vec<&[u8]> = elements(segment, delimiters).collect();
            let (head, pairs) = all.split_at(all.len().min(3));
            if head.first() != Some(&&b"PLB"[..]) {
                continue;
            }
            let mut kept = head.to_vec();
            let mut is_cut = false;
            for pair in pairs.chunks(2).filter(|pair| pair.iter().any(|element| !element.is_empty())) {
                match chosen.binary_search(&next).is_ok() {
                    true => kept.extend(pair),
                    false => is_cut = true,
                }
                next += 1;
            }
            if !is_cut {
                out.copy(segment, delimiters);
            } else if kept.len() > head.len() {
                out.copy(&kept.join(&delimiters.element), delimiters);
            }
        }
    }

    fn write_claims(&self, out: &mut Outgoing, own: &Own, sections: Sections) {
        let (mut written, mut number) = (0, 0);
        for (n, claim) in self.remittance.claims.iter().enumerate() {
            let Some(control_number) = own.get(&n) else { continue };
            let upto = claim.section.map_or(written, |section| section + 1);
            if upto > written {
                match sections {
                    // Also those without a claim of their own.
                    Sections::AsTheyCame => {
                        self.remittance.sections[written..upto].iter().for_each(|section| self.copy(out, section));
                    }
                    Sections::Anew => {
                        number += 1;
                        out.segment(&["LX", &number.to_string()]);
                    }
                }
                written = upto;
            }
            self.write_claim(out, n, control_number.reveal());
        }
        if sections == Sections::AsTheyCame {
            self.remittance.sections[written..].iter().for_each(|section| self.copy(out, section));
        }
    }

    fn write_claim(&self, out: &mut Outgoing, n: usize, control_number: &str) {
        let delimiters = self.remittance.head.interchange.delimiters;
        let claim = &self.remittance.claims[n];
        for segment in segments(self.part(&claim.range), delimiters) {
            let is_clp = elements(segment, delimiters).next() == Some(b"CLP");
            if is_clp && claim.control_number.reveal() != control_number {
                out.copy_replacing(segment, delimiters, 1, control_number);
            } else {
                out.copy(segment, delimiters);
            }
        }
    }
}
