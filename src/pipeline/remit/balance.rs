//! Whether a remittance adds up: at each service line, at each claim, and as a whole; by the same ledger as the check
//! of a file. What does not is told with its place and its sums, without a patient's data. Errors hold a remittance;
//! warnings do not.

use super::read::{Adjustment, ClaimPayment, Line, Remittance};
use crate::domain::{Cents, Severity};
use crate::edits::answers::ledger::{Broken, Ledger};
use crate::edits::answers::units::Units;

/// Sentences kept of one remittance.
const SENTENCES_MAX: usize = 20;
/// Reductions that a contract, a bundle, another payer or the law explains: no denial.
const EXPLAINED: [&str; 17] =
    ["23", "24", "44", "45", "59", "90", "94", "97", "101", "104", "131", "137", "144", "161", "172", "237", "253"];
/// Reasons of group PR by which the patient pays a share of what is covered: deductible, coinsurance, copay,
/// blood deductible.
const PATIENT_SHARE: [&str; 4] = ["1", "2", "3", "66"];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub errors: Vec<String>,
    pub warnings: Vec<String>,
}

impl Balance {
    fn error(&mut self, text: String) {
        if self.errors.len() < SENTENCES_MAX {
            self.errors.push(text);
        }
    }

    fn warn(&mut self, text: String) {
        if self.warnings.len() < SENTENCES_MAX {
            self.warnings.push(text);
        }
    }
}

/// Adds a remittance up, in exact cents, as the check of any 835 does.
pub fn check(remittance: &Remittance) -> Balance {
    let mut balance = Balance::default();
    remittance.faults.iter().for_each(|fault| balance.error(fault.clone()));
    let mut ledger = Ledger::default();
    let (handling, method) = (remittance.handling.as_bytes(), remittance.method.as_bytes());
    ledger.pay(Some(remittance.amount), handling, method);
    ledger.section();
    let (counted, charged) = remittance.stated_claims.unzip();
    ledger.state(counted, charged);
    for (n, claim) in remittance.claims.iter().enumerate() {
        add_claim(claim, n + 1, &mut ledger, &mut balance);
    }
    for one in &remittance.adjustments {
        ledger.provider(one.reason.as_bytes(), Some(one.amount));
    }
    ledger.end();
    take_broken(&mut ledger, "BPR", &mut balance);
    balance
}

fn add_claim(claim: &ClaimPayment, number: usize, ledger: &mut Ledger, balance: &mut Balance) {
    let share = claim.patient_responsibility.unwrap_or(Cents::ZERO);
    ledger.claim(claim.status.as_bytes(), Some(claim.charge), Some(claim.paid), Some(share));
    take_broken(ledger, "BPR", balance);
    let place = format!("claim {number} (line {}, segment {})", claim.line, claim.segment);
    claim.cas.iter().for_each(|one| add_adjustment(one, ledger));
    for (n, line) in claim.lines.iter().enumerate() {
        let units = |text: &str| Units::read(text.trim().as_bytes());
        ledger.line(Some(line.charge), Some(line.paid), units(&line.units), units(&line.submitted_units));
        line.adjustments.iter().for_each(|one| add_adjustment(one, ledger));
        ledger.close_line();
        take_broken(ledger, &format!("{place}, service line {}", n + 1), balance);
    }
    ledger.interest(Some(claim.interest));
    ledger.close_claim();
    take_broken(ledger, &place, balance);
}

fn add_adjustment(one: &Adjustment, ledger: &mut Ledger) {
    ledger.adjust(one.group.as_bytes(), Some(one.amount), Units::read(one.quantity.trim().as_bytes()));
}

/// What does not add up, with its place.
fn take_broken(ledger: &mut Ledger, place: &str, balance: &mut Balance) {
    for Broken { edit, message, .. } in ledger.broken.drain(..) {
        // As a part of a sentence.
        let mut message = message.trim_end_matches('.').to_string();
        if let Some(first) = message.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        match edit.severity {
            Severity::Error => balance.error(format!("{place}: {message}")),
            Severity::Warning => balance.warn(format!("{place}: {message}")),
        }
    }
}

/// Charges of a claim that are neither paid, nor explained, nor the patient's share: of lines that pay nothing,
/// and of reductions at the claim itself. Negative in a reversal.
pub fn denied(claim: &ClaimPayment) -> Cents {
    let lines: Cents = claim.lines.iter().filter(|line| is_denied(line)).map(|line| line.charge).sum();
    let own: Cents = claim.cas.iter().filter(|one| denies(one)).map(|one| one.amount).sum();
    lines + own
}

/// Of a line that pays nothing, whether that is a denial.
pub fn is_denied(line: &Line) -> bool {
    line.paid == Cents::ZERO && line.charge != Cents::ZERO && line.adjustments.iter().any(denies)
}

fn denies(adjustment: &Adjustment) -> bool {
    match adjustment.group.as_str() {
        "PR" => !PATIENT_SHARE.contains(&adjustment.reason.as_str()),
        _ => !EXPLAINED.contains(&adjustment.reason.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cas(group: &str, reason: &str, cents: i64) -> Adjustment {
        Adjustment { group: group.into(), reason: reason.into(), amount: Cents(cents), quantity: String::new() }
    }

    fn claim(charge: i64, paid: i64, cas: Vec<Adjustment>, lines: Vec<Line>) -> ClaimPayment {
        ClaimPayment {
            status: "1".into(),
            charge: Cents(charge),
            paid: Cents(paid),
            cas,
            lines,
            ..ClaimPayment::default()
        }
    }

    fn line(charge: i64, paid: i64, adjustments: Vec<Adjustment>) -> Line {
        Line { charge: Cents(charge), paid: Cents(paid), adjustments, ..Line::default() }
    }

    fn remittance(amount: i64, claims: Vec<ClaimPayment>) -> Remittance {
        let (handling, method) = if amount == 0 { ("H", "NON") } else { ("I", "ACH") };
        Remittance {
            amount: Cents(amount),
            claims,
            handling: handling.into(),
            method: method.into(),
            ..Remittance::default()
        }
    }

    #[test]
    fn a_remittance_that_adds_up_has_nothing_to_say() {
        let lines = vec![line(6000, 4000, vec![cas("CO", "45", 2000)]), line(4000, 4000, vec![])];
        let good = remittance(8000, vec![claim(10000, 8000, vec![], lines)]);
        assert_eq!(check(&good), Balance::default());
    }

    #[test]
    fn each_level_that_does_not_add_up_is_told_with_its_place_and_sums() {
        let lines = vec![line(6000, 4100, vec![cas("CO", "45", 2000)]), line(4000, 4000, vec![])];
        let balance = check(&remittance(8000, vec![claim(10000, 8000, vec![], lines)]));
        assert_eq!(
            balance.errors,
            [
                "claim 1 (line 0, segment 0), service line 1: 60.00 charged less 20.00 adjusted is 40.00, but 41.00 is paid for the service line"
            ]
        );
        let balance = check(&remittance(8000, vec![claim(10000, 8000, vec![cas("CO", "45", 1999)], vec![])]));
        assert!(balance.errors[0].starts_with("claim 1 (line 0, segment 0): 100.00 charged less 19.99"), "{balance:?}");
        let balance = check(&remittance(7999, vec![claim(8000, 8000, vec![], vec![])]));
        assert!(balance.errors[0].contains("BPR02 is 79.99"), "{balance:?}");
    }

    #[test]
    fn a_positive_plb_takes_money_and_a_negative_one_adds() {
        let mut with_plb = remittance(7000, vec![claim(8000, 8000, vec![], vec![])]);
        with_plb.adjustments.push(super::super::read::ProviderAdjustment {
            provider: String::new(),
            period: String::new(),
            reason: "WO".into(),
            reference: String::new(),
            amount: Cents(1000),
        });
        assert!(check(&with_plb).errors.is_empty());
    }

    #[test]
    fn a_wrong_patient_share_and_wrong_line_sums_are_warnings() {
        let mut odd = claim(10000, 9000, vec![cas("PR", "1", 1000)], vec![line(9000, 9000, vec![])]);
        odd.patient_responsibility = Some(Cents(500));
        let balance = check(&remittance(9000, vec![odd]));
        assert!(balance.errors.is_empty(), "{balance:?}");
        assert_eq!(balance.warnings.len(), 2);
    }

    #[test]
    fn a_denied_line_counts_whole_and_a_bundled_or_contractual_one_does_not() {
        let denied_line =
            claim(10000, 5000, vec![], vec![line(5000, 0, vec![cas("CO", "50", 5000)]), line(5000, 5000, vec![])]);
        assert_eq!(denied(&denied_line), Cents(5000));
        let bundled =
            claim(10000, 5000, vec![], vec![line(5000, 0, vec![cas("CO", "97", 5000)]), line(5000, 5000, vec![])]);
        assert_eq!(denied(&bundled), Cents::ZERO);
        assert_eq!(denied(&claim(10000, 8000, vec![cas("CO", "45", 2000)], vec![])), Cents::ZERO);
        assert_eq!(denied(&claim(10000, 0, vec![cas("CO", "50", 10000)], vec![])), Cents(10000));
        assert_eq!(denied(&claim(10000, 0, vec![cas("PR", "1", 10000)], vec![])), Cents::ZERO);
        assert_eq!(denied(&claim(10000, 0, vec![cas("PR", "27", 10000)], vec![])), Cents(10000));
    }
}
