//! From a verdict to money: what is paid and withheld on each line, in whole cents that always add up.

use super::Terms;
use super::received::{ReceivedClaim, ReceivedLine};
use super::verdict::Verdict;
use crate::domain::Cents;
use crate::simulator::chance::hash;

/// Which of a payer's two payments for a file is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Every accepted claim.
    First,
    /// What the first paid wrongly: taken back and paid again.
    Correction,
}

/// One CLP.
pub struct ClaimPayment {
    /// CLP02.
    pub status: &'static str,
    pub charge: Cents,
    pub paid: Cents,
    /// CLP05; not given on a reversal.
    pub patient_share: Option<Cents>,
    /// CLP07.
    pub control_number: String,
    /// REF*F8: the payment that this one replaces.
    pub replaces: Option<String>,
    /// CAS of the claim itself, for one without lines.
    pub adjustments: Vec<Adjustment>,
    /// As many as the claim has lines, in their order.
    pub lines: Vec<LinePayment>,
}

/// One SVC.
pub struct LinePayment {
    pub charge: Cents,
    pub paid: Cents,
    /// AMT*B6.
    pub allowed: Cents,
    pub adjustments: Vec<Adjustment>,
}

/// A group, a reason and an amount of a CAS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    pub group: &'static str,
    pub reason: &'static str,
    pub amount: Cents,
}

/// What the 835 of this round says of a claim, in the order in which it says it. Empty for a claim that the
/// 277CA rejected, and in the second round for one that needs no correction.
pub fn payments(claim: &ReceivedClaim, terms: &Terms, round: Round) -> Vec<ClaimPayment> {
    let number = terms.control_number(claim);
    let verdict = terms.verdict(claim);
    match (verdict, round) {
        (Verdict::Rejected(_), Round::First | Round::Correction) => Vec::new(),
        (Verdict::Paid | Verdict::PartlyPaid | Verdict::Denied, Round::Correction) => Vec::new(),
        (Verdict::Paid, Round::First) => vec![pay(claim, terms, number, "1", Scheme::InFull)],
        (Verdict::PartlyPaid, Round::First) => vec![pay(claim, terms, number, "1", Scheme::InPart)],
        (Verdict::Denied, Round::First) => vec![pay(claim, terms, number, "4", Scheme::Nothing)],
        (Verdict::Corrected, Round::First) => vec![pay(claim, terms, number, "1", Scheme::TooLittle)],
        (Verdict::Corrected, Round::Correction) => {
            let first = pay(claim, terms, number.clone(), "1", Scheme::TooLittle);
            let mut right = pay(claim, terms, format!("{number}C"), "1", Scheme::InFull);
            right.replaces = Some(number);
            vec![reverse(first), right]
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    InFull,
    InPart,
    Nothing,
    TooLittle,
}

fn pay(
    claim: &ReceivedClaim,
    terms: &Terms,
    control_number: String,
    status: &'static str,
    scheme: Scheme,
) -> ClaimPayment {
    // What the contract allows of each dollar charged.
    let percent = 55 + (hash(terms.seed, claim.number.as_bytes()) >> 32) as i64 % 40;
    let last = claim.lines.len().saturating_sub(1);
    let place = |n: usize| if n == last && last > 0 { Place::LastOfSeveral } else { Place::Other };
    let decide = |charge, n| decide(charge, percent, scheme, place(n));
    let lines: Vec<LinePayment> = claim.lines.iter().enumerate().map(|(n, line)| decide(line.charge, n)).collect();
    let whole = (lines.is_empty() || !adds_up(claim)).then(|| decide(claim.charge, 0));
    // Lines that do not add up to the claim could not balance: such a claim is answered as a whole.
    let (lines, adjustments, paid) = match whole {
        Some(whole) => (Vec::new(), whole.adjustments, whole.paid),
        None => {
            let paid = lines.iter().map(|line| line.paid).sum();
            (lines, Vec::new(), paid)
        }
    };
    let everything = adjustments.iter().chain(lines.iter().flat_map(|line| &line.adjustments));
    let share = everything.filter(|a| a.group == "PR").map(|a| a.amount).sum();
    ClaimPayment {
        status,
        charge: claim.charge,
        paid,
        patient_share: Some(share),
        control_number,
        replaces: None,
        adjustments,
        lines,
    }
}

fn adds_up(claim: &ReceivedClaim) -> bool {
    claim.lines.iter().map(|line: &ReceivedLine| line.charge).sum::<Cents>() == claim.charge
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    LastOfSeveral,
    Other,
}

fn decide(charge: Cents, percent: i64, scheme: Scheme, place: Place) -> LinePayment {
    let of = |amount: Cents, percent: i64| Cents(amount.0 * percent / 100);
    let adjustment = |group, reason, amount| Adjustment { group, reason, amount };
    let allowed = of(charge, percent);
    let contract = adjustment("CO", "45", charge - allowed);
    let adjustments = match (scheme, place) {
        (Scheme::InFull, Place::LastOfSeveral | Place::Other) => vec![contract],
        (Scheme::Nothing, Place::LastOfSeveral | Place::Other) => vec![adjustment("CO", "31", charge)],
        (Scheme::InPart, Place::LastOfSeveral) => vec![adjustment("CO", "97", charge)],
        (Scheme::InPart, Place::Other) => {
            vec![contract, adjustment("CO", "253", of(allowed, 2)), adjustment("PR", "2", of(allowed, 20))]
        }
        (Scheme::TooLittle, Place::LastOfSeveral | Place::Other) => {
            vec![adjustment("CO", "45", charge - of(allowed, 60))]
        }
    };
    // A CAS never says 0.
    let adjustments: Vec<Adjustment> = adjustments.into_iter().filter(|a| a.amount != Cents::ZERO).collect();
    let withheld = adjustments.iter().map(|a| a.amount).sum::<Cents>();
    let allowed = match scheme {
        Scheme::Nothing => Cents::ZERO,
        Scheme::InFull | Scheme::InPart | Scheme::TooLittle => allowed,
    };
    LinePayment { charge, paid: charge - withheld, allowed, adjustments }
}

/// CLP02 = 22: the same again with every sign turned.
fn reverse(first: ClaimPayment) -> ClaimPayment {
    let turn = |all: Vec<Adjustment>| all.into_iter().map(|a| Adjustment { amount: -a.amount, ..a }).collect();
    let lines = first.lines.into_iter().map(|line| LinePayment {
        charge: -line.charge,
        paid: -line.paid,
        allowed: Cents::ZERO,
        adjustments: turn(line.adjustments),
    });
    ClaimPayment {
        status: "22",
        charge: -first.charge,
        paid: -first.paid,
        patient_share: None,
        lines: lines.collect(),
        adjustments: turn(first.adjustments),
        ..first
    }
}
