//! The 277CA (005010X214): one transaction for each 837 transaction that the 999 accepts, and in it one entry
//! for each claim.

use super::acknowledgments::{Syntax, transaction_verdict};
use super::received::{Days, Payee, Received, ReceivedClaim, Transaction};
use super::verdict::{Rejection, Verdict};
use super::{Letter, Terms};
use crate::domain::Cents;
use crate::simulator::pen::Pen;

const GUIDE: &str = "005010X214";

/// `None` when there is no claim to speak of.
pub fn claim_acknowledgment(letter: &Letter<'_>, received: &Received, terms: &Terms) -> Option<Vec<u8>> {
    let transactions: Vec<&Transaction> = accepted_transactions(received).filter(|t| !t.claims.is_empty()).collect();
    if transactions.is_empty() {
        return None;
    }
    let header = letter.header(received);
    let mut pen = Pen::new(received.delimiters);
    pen.interchange(&header);
    pen.group("HN", GUIDE, 1, &header);
    for (place, transaction) in transactions.into_iter().enumerate() {
        pen.transaction("277", GUIDE);
        Writer { pen: &mut pen, letter, terms, level: 0 }.write(transaction, place + 1);
        pen.transaction_end();
    }
    pen.group_end(1);
    pen.interchange_end(1, &header);
    Some(pen.take())
}

/// The transactions whose claims the payer looks at.
pub(super) fn accepted_transactions(received: &Received) -> impl Iterator<Item = &Transaction> {
    let groups = received.groups.iter().filter(|_| received.trouble.is_none());
    groups.flat_map(|group| {
        let accepted = |t: &&Transaction| transaction_verdict(group, t, Syntax::AsFound).0 == "A";
        group.transactions.iter().filter(accepted)
    })
}

struct Writer<'a> {
    pen: &'a mut Pen,
    letter: &'a Letter<'a>,
    terms: &'a Terms,
    level: usize,
}

impl Writer<'_> {
    fn write(&mut self, transaction: &Transaction, place: usize) {
        let day = self.letter.day();
        let time = self.letter.at.strftime("%H%M").to_string();
        let reference = format!("{:09}{place:04}", self.letter.control_number);
        self.pen.segment(&["BHT", "0085", "08", &reference, &day, &time, "TH"]);
        let payer = self.level("", "20", "1");
        let from = self.letter.from;
        self.pen.segment(&["NM1", "PR", "2", &from.name, "", "", "", "", "PI", &from.payer_id]);
        self.pen.segment(&["TRN", "1", &reference]);
        self.pen.segment(&["DTP", "050", "D8", &day]);
        self.pen.segment(&["DTP", "009", "D8", &day]);
        let submitter = self.level(&payer, "21", "1");
        let (name, id) = (&transaction.submitter_name, &transaction.submitter_id);
        self.pen.segment(&["NM1", "41", "2", name, "", "", "", "", "46", id]);
        self.pen.segment(&["TRN", "2", &transaction.reference]);
        self.totals(&transaction.claims, &day);
        for claims in transaction.claims.chunk_by(|one, next| one.payee == next.payee) {
            self.payee(&claims[0].payee, &submitter, claims);
        }
    }

    /// 2200B: how many claims and how much money went which way.
    fn totals(&mut self, claims: &[ReceivedClaim], day: &str) {
        let all: Cents = claims.iter().map(|claim| claim.charge).sum();
        let received = self.pen.composite(&["A1", "19", "PR"]);
        self.pen.segment(&["STC", &received, day, "WQ", &all.to_x12()]);
        let is_rejected = |claim: &&ReceivedClaim| matches!(self.terms.verdict(claim), Verdict::Rejected(_));
        let (rejected, accepted): (Vec<_>, Vec<_>) = claims.iter().partition(is_rejected);
        let sum = |claims: &[&ReceivedClaim]| claims.iter().map(|claim| claim.charge).sum::<Cents>().to_x12();
        for (claims, code) in [(&accepted, "90"), (&rejected, "AA")] {
            if !claims.is_empty() {
                self.pen.segment(&["QTY", code, &claims.len().to_string()]);
            }
        }
        for (claims, code) in [(&accepted, "YU"), (&rejected, "YY")] {
            if !claims.is_empty() {
                self.pen.segment(&["AMT", code, &sum(claims)]);
            }
        }
    }

    fn payee(&mut self, payee: &Payee, above: &str, claims: &[ReceivedClaim]) {
        let level = self.level(above, "19", "1");
        let (qualifier, id) = if payee.npi.is_empty() { ("FI", &payee.tax_id) } else { ("XX", &payee.npi) };
        let entity = if payee.entity == "1" { "1" } else { "2" };
        self.pen.segment(&["NM1", "85", entity, &payee.name, &payee.first, "", "", "", qualifier, id]);
        for claim in claims {
            self.claim(claim, &level);
        }
    }

    fn claim(&mut self, claim: &ReceivedClaim, above: &str) {
        self.level(above, "PT", "");
        let patient = claim.patient();
        self.pen.segment(&["NM1", "QC", "1", &patient.last, &patient.first, "", "", "", "MI", &claim.member_id]);
        self.pen.segment(&["TRN", "2", &claim.number]);
        let day = self.letter.day();
        let charge = claim.charge.to_x12();
        match self.terms.verdict(claim) {
            Verdict::Rejected(Rejection { category, status, entity }) => {
                let code = self.pen.composite(&[category, status, entity]);
                self.pen.segment(&["STC", &code, &day, "U", &charge]);
            }
            Verdict::Paid | Verdict::PartlyPaid | Verdict::Denied | Verdict::Corrected => {
                let code = self.pen.composite(&["A2", "20"]);
                self.pen.segment(&["STC", &code, &day, "WQ", &charge]);
                self.pen.segment(&["REF", "1K", &self.terms.control_number(claim)]);
            }
        }
        if !claim.trace.is_empty() {
            self.pen.segment(&["REF", "D9", &claim.trace]);
        }
        if claim.institutional {
            self.pen.segment(&["REF", "BLT", &format!("{}{}", claim.facility, claim.frequency)]);
        }
        match &claim.service {
            Some(Days { from, to }) if from != to => self.pen.segment(&["DTP", "472", "RD8", &format!("{from}-{to}")]),
            Some(Days { from, .. }) => self.pen.segment(&["DTP", "472", "D8", from]),
            // The guide wants a date and a predetermination has none: the day of the answer stands in.
            None => self.pen.segment(&["DTP", "472", "D8", &day]),
        }
    }

    /// HL; returns its number.
    fn level(&mut self, above: &str, code: &str, children: &str) -> String {
        self.level += 1;
        let number = self.level.to_string();
        self.pen.segment(&["HL", &number, above, code, children]);
        number
    }
}
