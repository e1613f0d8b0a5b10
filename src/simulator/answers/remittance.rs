//! The 835 (005010X221A1): one transaction, which is one payment, for each payee of a file.

use std::collections::BTreeMap;

use super::adjudication::{Adjustment, ClaimPayment, LinePayment, Round, payments};
use super::claim_status::accepted_transactions;
use super::received::{Days, Payee, Received, ReceivedClaim, ReceivedLine};
use super::{Letter, Terms};
use crate::domain::Cents;
use crate::simulator::chance::hash;
use crate::simulator::pen::Pen;

const GUIDE: &str = "005010X221A1";

/// What a payment carries besides its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderLevel {
    Nothing,
    /// An old overpayment is taken back (PLB*WO), so much of it as each payment covers.
    Recoups(Cents),
}

/// All payments of one round for a file; `None` when there is nothing to say.
pub fn remittance(
    letter: &Letter<'_>,
    received: &Received,
    terms: &Terms,
    round: Round,
    provider_level: ProviderLevel,
) -> Option<Vec<u8>> {
    let mut by_payee: BTreeMap<&Payee, Vec<Item<'_>>> = BTreeMap::new();
    for claim in accepted_transactions(received).flat_map(|transaction| &transaction.claims) {
        for payment in payments(claim, terms, round) {
            by_payee.entry(&claim.payee).or_default().push(Item { claim, payment });
        }
    }
    if by_payee.is_empty() {
        return None;
    }
    let header = letter.header(received);
    let mut pen = Pen::new(received.delimiters);
    pen.interchange(&header);
    pen.group("HP", GUIDE, 1, &header);
    for (payee, items) in by_payee {
        let trace = trace_number(received, terms, round, payee);
        pen.transaction("835", "");
        Writer { pen: &mut pen, letter, payee, trace }.write(&items, provider_level);
        pen.transaction_end();
    }
    pen.group_end(1);
    pen.interchange_end(1, &header);
    Some(pen.take())
}

/// CLP06. Its list lacks some codes of SBR09, as CI and BL, for which ZZ stands.
fn filing_of(claim_filing: &str) -> &str {
    const KNOWN: &[&str] =
        &["12", "13", "14", "15", "16", "17", "AM", "CH", "DS", "HM", "LM", "MA", "MB", "MC", "OF", "TV", "VA", "WC"];
    if KNOWN.contains(&claim_filing) { claim_filing } else { "ZZ" }
}

struct Item<'a> {
    claim: &'a ReceivedClaim,
    payment: ClaimPayment,
}

/// TRN02. It follows from what is paid, not from the interchange that says so: a remittance that is sent
/// twice names the same payment.
fn trace_number(received: &Received, terms: &Terms, round: Round, payee: &Payee) -> String {
    let round = match round {
        Round::First => "1",
        Round::Correction => "2",
    };
    let whole =
        [&received.sender.id, &received.control_number, &payee.npi, &payee.tax_id].map(String::as_str).join("\n");
    format!("{round}{:011}", hash(terms.seed, whole.as_bytes()) % 100_000_000_000)
}

struct Writer<'a> {
    pen: &'a mut Pen,
    letter: &'a Letter<'a>,
    payee: &'a Payee,
    trace: String,
}

impl Writer<'_> {
    fn write(&mut self, items: &[Item<'_>], provider_level: ProviderLevel) {
        let claims: Cents = items.iter().map(|item| item.payment.paid).sum();
        let recouped = match provider_level {
            ProviderLevel::Nothing => Cents::ZERO,
            ProviderLevel::Recoups(amount) => amount.min(claims).max(Cents::ZERO),
        };
        self.payment(claims - recouped);
        self.parties();
        self.pen.segment(&["LX", "1"]);
        for item in items {
            self.claim(item.claim, &item.payment);
        }
        if recouped != Cents::ZERO {
            let reference = self.pen.composite(&["WO", &format!("L{}", &self.trace[1..])]);
            let year_end = format!("{}1231", self.letter.at.year());
            let id = if self.payee.npi.is_empty() { &self.payee.tax_id } else { &self.payee.npi };
            self.pen.segment(&["PLB", id, &year_end, &reference, &recouped.to_x12()]);
        }
    }

    /// BPR, TRN and DTM*405.
    fn payment(&mut self, amount: Cents) {
        let day = self.letter.day();
        let payer = format!("1{}", self.letter.from.tax_id);
        if amount == Cents::ZERO {
            self.pen.segment(&["BPR", "H", "0", "C", "NON", "", "", "", "", "", "", "", "", "", "", "", &day]);
        } else {
            let money = amount.to_x12();
            let from = ["01", "999999992", "DA", "4400011122"];
            let to = ["01", "999988880", "DA", "7700033344"];
            let mut bpr = vec!["BPR", "I", &money, "C", "ACH", "CCP"];
            bpr.extend(from);
            bpr.extend([payer.as_str(), ""]);
            bpr.extend(to);
            bpr.push(&day);
            self.pen.segment(&bpr);
        }
        self.pen.segment(&["TRN", "1", &self.trace, &payer]);
        self.pen.segment(&["DTM", "405", &day]);
    }

    /// 1000A and 1000B.
    fn parties(&mut self) {
        self.pen.segment(&["N1", "PR", &self.letter.from.name]);
        self.pen.segment(&["N3", "1200 SIMULATION WAY"]);
        self.pen.segment(&["N4", "COLUMBUS", "OH", "432151200"]);
        self.pen.segment(&["PER", "BL", "PROVIDER SUPPORT", "TE", "6145550177"]);
        let payee = self.payee;
        let name = if payee.first.is_empty() { payee.name.clone() } else { format!("{} {}", payee.first, payee.name) };
        let (qualifier, id) = if payee.npi.is_empty() { ("FI", &payee.tax_id) } else { ("XX", &payee.npi) };
        self.pen.segment(&["N1", "PE", &name, qualifier, id]);
        if !payee.npi.is_empty() && !payee.tax_id.is_empty() {
            self.pen.segment(&["REF", "TJ", &payee.tax_id]);
        }
    }

    fn claim(&mut self, claim: &ReceivedClaim, payment: &ClaimPayment) {
        // The patient's share is left out where there is none.
        let share = payment.patient_share.filter(|share| *share != Cents::ZERO).map(Cents::to_x12).unwrap_or_default();
        let filing = filing_of(&claim.filing);
        self.pen.segment(&[
            "CLP",
            &claim.number,
            payment.status,
            &payment.charge.to_x12(),
            &payment.paid.to_x12(),
            &share,
            filing,
            &payment.control_number,
            &claim.facility,
            &claim.frequency,
        ]);
        self.adjustments(&payment.adjustments);
        let patient = claim.patient();
        self.pen.segment(&["NM1", "QC", "1", &patient.last, &patient.first, "", "", "", "MI", &claim.member_id]);
        if claim.dependent.is_some() {
            let holder = &claim.subscriber;
            self.pen.segment(&["NM1", "IL", "1", &holder.last, &holder.first, "", "", "", "MI", &claim.member_id]);
        }
        if let Some(replaced) = &payment.replaces {
            self.pen.segment(&["REF", "F8", replaced]);
        }
        if let Some(Days { from, to }) = &claim.service {
            self.pen.segment(&["DTM", "232", from]);
            self.pen.segment(&["DTM", "233", to]);
        }
        self.pen.segment(&["DTM", "050", &self.letter.day()]);
        for (line, payment) in claim.lines.iter().zip(&payment.lines) {
            self.line(claim, line, payment);
        }
    }

    fn line(&mut self, claim: &ReceivedClaim, line: &ReceivedLine, payment: &LinePayment) {
        let (procedure, revenue) = self.service_of(line);
        // On a reversal the units go back with the money; one is what the guide takes when none are given.
        let units = if payment.charge.0 < 0 { String::new() } else { line.units.clone() };
        let (charge, paid) = (payment.charge.to_x12(), payment.paid.to_x12());
        self.pen.segment(&["SVC", &procedure, &charge, &paid, &revenue, &units]);
        match line.service.as_ref().or(claim.service.as_ref()) {
            Some(Days { from, to }) if from != to => {
                self.pen.segment(&["DTM", "150", from]);
                self.pen.segment(&["DTM", "151", to]);
            }
            Some(Days { from, .. }) => self.pen.segment(&["DTM", "472", from]),
            None => {}
        }
        self.adjustments(&payment.adjustments);
        if !line.control.is_empty() {
            self.pen.segment(&["REF", "6R", &line.control]);
        }
        if payment.allowed != Cents::ZERO {
            self.pen.segment(&["AMT", "B6", &payment.allowed.to_x12()]);
        }
    }

    /// SVC01 and SVC04: the procedure with its modifiers and beside it the revenue code, or the revenue code
    /// alone as an NU procedure.
    fn service_of(&self, line: &ReceivedLine) -> (String, String) {
        if line.procedure.is_empty() {
            return (self.pen.composite(&["NU", &line.revenue]), String::new());
        }
        let parts: Vec<&str> = line.procedure.split(char::from(self.pen.component())).take(6).collect();
        (self.pen.composite(&parts), line.revenue.clone())
    }

    /// One CAS for each group code.
    fn adjustments(&mut self, all: &[Adjustment]) {
        for of_group in all.chunk_by(|one, next| one.group == next.group) {
            let mut elements = vec!["CAS".to_string(), of_group[0].group.to_string()];
            for (place, adjustment) in of_group.iter().enumerate() {
                if place > 0 {
                    elements.push(String::new());
                }
                elements.push(adjustment.reason.to_string());
                elements.push(adjustment.amount.to_x12());
            }
            self.pen.segment(&elements.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}
