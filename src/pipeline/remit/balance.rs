//! Whether a remittance adds up: at each service line, at each claim, and as a whole. What does not is told with its
//! place and its sums, without a patient's data. Errors hold a remittance; warnings do not.

use super::read::{Adjustment, ClaimPayment, Line, Remittance};
use crate::domain::Cents;
use crate::domain::posting::PaymentKind;

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

/// Adds a remittance up, in exact cents.
pub fn check(remittance: &Remittance) -> Balance {
    let mut balance = Balance::default();
    remittance.faults.iter().for_each(|fault| balance.error(fault.clone()));
    for (n, claim) in remittance.claims.iter().enumerate() {
        check_claim(claim, n + 1, &mut balance);
    }
    let (paid, adjusted) = (remittance.claims_paid(), remittance.adjusted());
    if remittance.amount != paid - adjusted {
        balance.error(format!(
            "the payment: claims pay {paid}, provider adjustments (PLB) take {adjusted}, which leaves {}, but BPR02 is {}",
            paid - adjusted,
            remittance.amount
        ));
    }
    check_handling(remittance, &mut balance);
    check_sections(remittance, &mut balance);
    balance
}

fn sum(adjustments: &[Adjustment]) -> Cents {
    adjustments.iter().map(|one| one.amount).sum()
}

fn check_claim(claim: &ClaimPayment, number: usize, balance: &mut Balance) {
    for (n, line) in claim.lines.iter().enumerate() {
        let adjusted = sum(&line.adjustments);
        if line.charge - adjusted != line.paid {
            balance.error(format!(
                "claim {number}, service line {}: {} charged less {adjusted} adjusted is {}, but {} is paid",
                n + 1,
                line.charge,
                line.charge - adjusted,
                line.paid
            ));
        }
        check_units(line, number, n + 1, balance);
    }
    let lines_adjusted: Cents = claim.lines.iter().map(|line| sum(&line.adjustments)).sum();
    let adjusted = sum(&claim.cas) + lines_adjusted;
    if claim.charge - adjusted != claim.paid {
        balance.error(format!(
            "claim {number}: {} charged less {adjusted} adjusted is {}, but {} is paid",
            claim.charge,
            claim.charge - adjusted,
            claim.paid
        ));
    }
    let charged: Cents = claim.lines.iter().map(|line| line.charge).sum();
    if !claim.lines.is_empty() && charged != claim.charge {
        balance.warn(format!("claim {number}: its service lines charge {charged}, the claim {}", claim.charge));
    }
    check_patient_share(claim, number, balance);
    check_reversal(claim, number, balance);
}

fn check_patient_share(claim: &ClaimPayment, number: usize, balance: &mut Balance) {
    let all = claim.cas.iter().chain(claim.lines.iter().flat_map(|line| &line.adjustments));
    let share: Cents = all.filter(|one| one.group == "PR").map(|one| one.amount).sum();
    let stated = claim.patient_responsibility.unwrap_or(Cents::ZERO);
    if PaymentKind::from_clp02(&claim.status) != PaymentKind::Reversal && share != stated {
        balance.warn(format!("claim {number}: adjustments of group PR sum to {share}, CLP05 is {stated}"));
    }
}

fn check_reversal(claim: &ClaimPayment, number: usize, balance: &mut Balance) {
    if PaymentKind::from_clp02(&claim.status) == PaymentKind::Reversal
        && (claim.charge > Cents::ZERO || claim.paid > Cents::ZERO)
    {
        balance.warn(format!("claim {number}: a reversal (CLP02 22) with amounts that are not negative"));
    }
}

/// Units with up to three decimals, in thousandths.
fn units(text: &str) -> Option<i64> {
    let (negative, text) = text.trim().strip_prefix('-').map_or((false, text.trim()), |rest| (true, rest));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.len() <= 12 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 3 || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    let value: i64 = format!("{whole}{decimals:0<3}").parse().ok()?;
    Some(if negative { -value } else { value })
}

fn check_units(line: &Line, number: usize, line_number: usize, balance: &mut Balance) {
    let Some(submitted) = units(&line.submitted_units) else { return };
    let paid = units(&line.units).unwrap_or(1_000);
    let cut: i64 = line.adjustments.iter().filter_map(|one| units(&one.quantity)).sum();
    if submitted - cut != paid {
        balance.warn(format!("claim {number}, service line {line_number}: units do not add up"));
    }
}

fn check_handling(remittance: &Remittance, balance: &mut Balance) {
    let no_money = (remittance.handling == "H" && remittance.method == "NON") || remittance.handling == "P";
    if remittance.amount < Cents::ZERO {
        balance.warn(format!("the payment: BPR02 is {}, and no payment is negative", remittance.amount));
    } else if (remittance.amount == Cents::ZERO) != no_money {
        balance.warn(format!(
            "the payment: BPR02 is {} with BPR01 {} and BPR04 {}",
            remittance.amount, remittance.handling, remittance.method
        ));
    }
}

fn check_sections(remittance: &Remittance, balance: &mut Balance) {
    let Some((count, charge)) = remittance.stated_claims else { return };
    let charged: Cents = remittance.claims.iter().map(|claim| claim.charge).sum();
    if count != remittance.claims.len() as i64 || charge != charged {
        balance.warn(format!(
            "the payment: TS3 counts {count} claims with {charge} charged, there are {} with {charged}",
            remittance.claims.len()
        ));
    }
}

/// Charges of a claim that are neither paid, nor explained, nor the patient's share: of lines that pay nothing,
/// and of reductions at the claim itself. Negative in a reversal.
pub fn denied(claim: &ClaimPayment) -> Cents {
    let refused_line =
        |line: &&Line| line.paid == Cents::ZERO && line.charge != Cents::ZERO && line.adjustments.iter().any(denies);
    let lines: Cents = claim.lines.iter().filter(refused_line).map(|line| line.charge).sum();
    let own: Cents = claim.cas.iter().filter(|one| denies(one)).map(|one| one.amount).sum();
    lines + own
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
            ["claim 1, service line 1: 60.00 charged less 20.00 adjusted is 40.00, but 41.00 is paid"]
        );
        let balance = check(&remittance(8000, vec![claim(10000, 8000, vec![cas("CO", "45", 1999)], vec![])]));
        assert!(balance.errors[0].starts_with("claim 1: 100.00 charged less 19.99"), "{balance:?}");
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
