//! What a claim's remittances say of its service lines, and where they leave it open: an amount that no remittance gives
//! for a line is not told as nothing paid. Pure.

use std::collections::HashSet;

use serde_json::Value;

use super::plan::{Decided, Said};
use crate::domain::posting::{PaymentKind, Posting, standing};
use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::remit::balance::is_denied;
use crate::pipeline::remit::read::{Adjustment, Line};
use crate::store::asked_claims::PaidDetail;

/// It is decided, and nothing more is known.
const NOTHING_MORE: &str = "F0:0";
const PAID: &str = "F1:65";
const DENIED: &str = "F2:585";
/// Decided without a payment and without a denial: the patient's share, or part of another line.
const BY_THE_PLAN: &str = "F0:104";

pub(super) enum Remitted {
    /// There is money of which nobody can say for which line it is, or nobody has looked yet.
    Open,
    /// No remittance speaks of lines.
    OfTheClaimAlone,
    Lines(Vec<Told>),
}

/// A line of a remittance.
pub(super) struct Told {
    /// LX01 of the claim's line; empty: of none, and then without money.
    number: String,
    line: Line,
    /// No reversal took it back.
    stands: bool,
}

impl Remitted {
    /// Of all payments of one claim.
    pub fn read(payments: &[PaidDetail]) -> Remitted {
        let postings: Vec<Posting> = payments.iter().map(|payment| payment.posting.clone()).collect();
        let standing = standing(&postings);
        // What was taken back whole leaves nothing of any line, whatever is known of its lines.
        let whole = |(payment, reversal): &&(usize, usize)| postings[*payment].paid == -postings[*reversal].paid;
        let gone: HashSet<usize> = standing.taken_back.iter().filter(whole).flat_map(|&(a, b)| [a, b]).collect();
        let stands: HashSet<usize> = standing.places.into_iter().collect();
        let mut all = Vec::new();
        for (n, payment) in payments.iter().enumerate() {
            if payment.posting.kind == PaymentKind::Predetermination || gone.contains(&n) {
                continue;
            }
            let told = read_lines(payment, stands.contains(&n));
            let waits = !told.is_empty() && !payment.tied;
            let of_no_line = told.is_empty() && payment.posting.paid != Cents::ZERO;
            let of_unknown_line = told.iter().any(|one| one.number.is_empty() && one.line.paid != Cents::ZERO);
            if waits || of_no_line || of_unknown_line {
                return Remitted::Open;
            }
            all.extend(told);
        }
        if all.is_empty() { Remitted::OfTheClaimAlone } else { Remitted::Lines(all) }
    }

    /// The status of the claim's line with this number, and what was paid for it in all; `None`: that is not known.
    pub fn say(&self, number: &str, claim: ClaimStatus, said: &Said) -> Option<(String, Cents)> {
        let lines = match (&said.decided, self) {
            (Decided::No, _) | (Decided::By(_), Remitted::OfTheClaimAlone) => return as_the_claim(claim, said),
            (Decided::By(_), Remitted::Open) => return None,
            (Decided::By(_), Remitted::Lines(lines)) => lines,
        };
        let own: Vec<&Told> = lines.iter().filter(|one| one.number == number).collect();
        let paid: Cents = own.iter().map(|one| one.line.paid).sum();
        let standing: Vec<&Told> = own.into_iter().filter(|one| one.stands).collect();
        let code = if matches!(claim, ClaimStatus::Reversed | ClaimStatus::Forwarded) {
            said.code.as_str()
        } else if standing.is_empty() {
            NOTHING_MORE
        } else if paid > Cents::ZERO {
            PAID
        } else if standing.iter().any(|one| is_denied(&one.line)) {
            DENIED
        } else {
            BY_THE_PLAN
        };
        Some((code.to_string(), paid))
    }
}

/// Where nothing is said of lines, what is said of the claim holds for each, unless it has an amount that is theirs
/// together.
fn as_the_claim(claim: ClaimStatus, said: &Said) -> Option<(String, Cents)> {
    match claim {
        ClaimStatus::Paid | ClaimStatus::PartiallyPaid => None,
        ClaimStatus::Received
        | ClaimStatus::Rejected
        | ClaimStatus::Accepted
        | ClaimStatus::Batched
        | ClaimStatus::Sent
        | ClaimStatus::PayerReceived
        | ClaimStatus::PayerAccepted
        | ClaimStatus::PayerRejected
        | ClaimStatus::Pending
        | ClaimStatus::Denied
        | ClaimStatus::Reversed
        | ClaimStatus::Forwarded => Some((said.code.clone(), Cents::ZERO)),
    }
}

fn read_lines(payment: &PaidDetail, stands: bool) -> Vec<Told> {
    let detail: Value = serde_json::from_str(payment.detail.reveal()).unwrap_or_default();
    let lines = detail["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    let told = |line: &Value| Told { number: text(&line["claim_line"]), line: line_of(line), stands };
    lines.iter().map(told).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// What a stored line says of its money.
fn line_of(told: &Value) -> Line {
    let cents = |value: &Value| serde_json::from_value::<Cents>(value.clone()).unwrap_or_default();
    let adjustment = |one: &Value| Adjustment {
        group: text(&one["group"]),
        reason: text(&one["reason"]),
        amount: cents(&one["amount"]),
        quantity: String::new(),
    };
    let adjustments = told["adjustments"].as_array().map(Vec::as_slice).unwrap_or_default();
    Line {
        charge: cents(&told["charge"]),
        paid: cents(&told["paid"]),
        adjustments: adjustments.iter().map(adjustment).collect(),
        ..Line::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Phi;
    use crate::store::asked_claims::LastPayment;

    /// A line of 100.00: the claim's line that it is tied to, what is paid, and the reason for the rest.
    type Paid<'a> = (&'a str, i64, &'a str);

    fn payment(clp02: &str, paid: i64, number: &str, lines: &[Paid<'_>]) -> PaidDetail {
        let kind = PaymentKind::from_clp02(clp02);
        let charge = if kind == PaymentKind::Reversal { -10_000 } else { 10_000 };
        let line = |&(tied, paid, reason): &Paid<'_>| {
            let rest = json!([{"group": "CO", "reason": reason, "amount": Cents(charge - paid)}]);
            let mut line = json!({"charge": Cents(charge), "paid": Cents(paid), "adjustments": rest});
            if !tied.is_empty() {
                line["claim_line"] = json!(tied);
            }
            line
        };
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let posting = Posting {
            kind,
            charge: Cents(charge),
            paid: Cents(paid),
            patient_responsibility: Cents::ZERO,
            denied: Cents::ZERO,
            payer_number: number.into(),
        };
        PaidDetail { posting, tied: true, detail: Phi::new(json!({ "lines": lines }).to_string()) }
    }

    fn said(claim: ClaimStatus, payments: &[PaidDetail]) -> Option<(String, i64)> {
        let last = LastPayment { trace: String::new(), payment_date: String::new(), received_at: 1 };
        let said = Said { code: "F9:9".into(), at: 1, decided: Decided::By(last) };
        Remitted::read(payments).say("1", claim, &said).map(|(code, paid)| (code, paid.0))
    }

    /// In whichever order the payments came.
    #[track_caller]
    fn check(claim: ClaimStatus, payments: &[PaidDetail], wanted: Option<(&str, i64)>) {
        let wanted = wanted.map(|(code, paid)| (code.to_string(), paid));
        assert_eq!(said(claim, payments), wanted);
        let backward: Vec<PaidDetail> = payments.iter().rev().cloned().collect();
        assert_eq!(said(claim, &backward), wanted, "in the other order");
    }

    #[test]
    fn a_line_that_was_paid_once_is_paid_whatever_came_before_or_after() {
        let denied = payment("1", 0, "A", &[("1", 0, "50")]);
        let paid = payment("1", 8_000, "B", &[("1", 8_000, "45")]);
        check(ClaimStatus::Paid, &[denied.clone(), paid], Some(("F1:65", 8_000)));
        let bundled = payment("1", 0, "B", &[("1", 0, "97")]);
        check(ClaimStatus::Denied, &[denied.clone(), bundled.clone()], Some(("F2:585", 0)));
        check(ClaimStatus::Paid, &[bundled], Some(("F0:104", 0)));
    }

    #[test]
    fn a_denial_that_was_taken_back_is_none() {
        let denied = payment("1", 0, "A", &[("1", 0, "50")]);
        let back = payment("22", 0, "A", &[("1", 0, "50")]);
        let anew = payment("1", 0, "C", &[("1", 0, "97")]);
        check(ClaimStatus::Paid, &[denied, back, anew], Some(("F0:104", 0)));
    }

    #[test]
    fn what_was_taken_back_and_paid_anew_is_told_once() {
        let first = payment("1", 8_000, "A", &[("1", 8_000, "45")]);
        let back = payment("22", -8_000, "A", &[("1", -8_000, "45")]);
        let anew = payment("1", 6_000, "B", &[("1", 6_000, "45")]);
        check(ClaimStatus::Paid, &[first.clone(), back.clone(), anew.clone()], Some(("F1:65", 6_000)));
        check(ClaimStatus::Reversed, &[first, back], Some(("F9:9", 0)));
    }

    #[test]
    fn what_was_paid_and_taken_back_without_lines_leaves_nothing_of_any_line() {
        let anew = payment("1", 6_000, "B", &[("1", 6_000, "45")]);
        let (first, back) = (payment("1", 8_000, "A", &[]), payment("22", -8_000, "A", &[]));
        check(ClaimStatus::Paid, &[first, back, anew], Some(("F1:65", 6_000)));
    }

    #[test]
    fn money_that_is_told_of_no_line_leaves_all_of_them_open() {
        let (whole, lines) = (payment("1", 500, "A", &[]), payment("1", 6_000, "B", &[("1", 6_000, "45")]));
        check(ClaimStatus::Paid, &[whole, lines], None);
        check(ClaimStatus::Reversed, &[payment("22", -8_000, "A", &[])], None);
    }

    #[test]
    fn nothing_is_told_while_lines_wait_to_be_tied() {
        let paid = payment("1", 8_000, "A", &[("1", 8_000, "45")]);
        check(ClaimStatus::Paid, &[PaidDetail { tied: false, ..paid }], None);
    }

    #[test]
    fn nothing_is_told_while_money_is_of_an_unknown_line() {
        let paid = payment("1", 8_000, "A", &[("1", 8_000, "45")]);
        check(ClaimStatus::Paid, &[payment("1", 8_000, "A", &[("", 8_000, "45")])], None);
        check(ClaimStatus::Paid, &[paid, payment("1", 500, "B", &[("", 500, "45"), ("1", 0, "97")])], None);
        // Without money there is nothing to be wrong about.
        let elsewhere = payment("1", 8_000, "A", &[("2", 8_000, "45"), ("", 0, "97")]);
        check(ClaimStatus::Paid, &[elsewhere], Some(("F0:0", 0)));
    }

    #[test]
    fn a_claim_that_was_paid_as_a_whole_has_no_amounts_of_lines_and_one_denied_has_its_code() {
        check(ClaimStatus::Paid, &[payment("1", 8_000, "A", &[])], None);
        check(ClaimStatus::Paid, &[payment("1", 0, "A", &[])], None);
        check(ClaimStatus::Denied, &[payment("4", 0, "A", &[])], Some(("F9:9", 0)));
        check(ClaimStatus::Forwarded, &[payment("23", 0, "A", &[])], Some(("F9:9", 0)));
    }

    #[test]
    fn a_predetermination_is_no_payment_and_its_lines_have_no_say() {
        let (whole, foretold) = (payment("4", 0, "A", &[]), payment("25", 7_000, "", &[("1", 7_000, "45")]));
        check(ClaimStatus::Denied, &[whole, foretold], Some(("F9:9", 0)));
    }
}
