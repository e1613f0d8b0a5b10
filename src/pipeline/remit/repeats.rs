//! Whether a remittance says again what an earlier one of its payer said, is another word on the same payment, or is
//! new. Posting one payment twice counts money that never came, so what may be the same is held. Pure.

use std::fmt::Write;

use serde::Deserialize;

use super::read::{ClaimPayment, Remittance};
use crate::domain::Cents;
use crate::domain::ids::RemittanceId;
use crate::domain::payment_facts::{Likeness, PaymentFacts};
use crate::store::earlier::EarlierRemittance;
use crate::store::remittances::{PaymentRow, RemittanceState};

/// How a remittance stands to earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newness {
    New,
    /// It says what that one said.
    Repeat(RemittanceId),
    /// The same payment, as its numbers, amount, date and payee say, but it says other things of claims: posting both would
    /// count the money twice.
    Contradicts {
        of: RemittanceId,
        state: RemittanceState,
    },
    /// It may be the same payment: what is missing in one of them or is not the same, and whether claims are told the same.
    MayRepeat {
        of: RemittanceId,
        doubts: Vec<&'static str>,
        says_the_same: bool,
    },
}

impl Newness {
    pub fn repeated(&self) -> Option<RemittanceId> {
        match self {
            Newness::Repeat(of) => Some(*of),
            Newness::New | Newness::Contradicts { .. } | Newness::MayRepeat { .. } => None,
        }
    }
}

/// An earlier remittance, and whether it says the same of claims and provider adjustments.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    pub earlier: &'a EarlierRemittance,
    pub says_the_same: bool,
}

impl Remittance {
    pub fn facts(&self) -> PaymentFacts<'_> {
        PaymentFacts {
            trace: &self.trace,
            originator: &self.trace_payer,
            amount: self.amount,
            date: &self.payment_date,
            payee_npi: &self.payee_npi,
            payee_tin: &self.payee_tin,
        }
    }

    /// Payers give all their payments of nothing one number, and some payments none: there only what is said of claims decides.
    pub fn is_numbered(&self) -> bool {
        self.amount != Cents::ZERO && !self.trace.is_empty()
    }
}

/// Whether what the earlier one says has to be looked at: where it cannot be the same payment whatever it says, it is not.
pub fn may_matter(remittance: &Remittance, earlier: &EarlierRemittance) -> bool {
    let is_alike = earlier.trace == remittance.trace && earlier.amount == remittance.amount;
    is_alike && (remittance.is_numbered() || remittance.facts().likeness(&earlier.facts()) != Likeness::Different)
}

/// Whether both are of one size, as far as one can tell without looking at each claim.
pub fn is_as_large(one: &Remittance, other: &Remittance) -> bool {
    let size = |of: &Remittance| (of.claims.len(), of.claims_paid(), of.adjusted());
    size(one) == size(other)
}

/// Decides by those that may matter.
pub fn newness(remittance: &Remittance, all: &[Compared<'_>]) -> Newness {
    let likeness = |one: &Compared<'_>| remittance.facts().likeness(&one.earlier.facts());
    if let Some(same) = all.iter().find(|one| one.says_the_same && likeness(one) == Likeness::Same) {
        return Newness::Repeat(same.earlier.id);
    }
    // What a person put aside was never posted and will not be.
    let mut standing: Vec<&Compared<'_>> = all.iter().filter(|one| !one.earlier.put_aside).collect();
    standing.sort_by_key(|one| one.earlier.state as i64);
    let is_numbered = remittance.is_numbered();
    if let Some(one) = standing.iter().find(|one| is_numbered && likeness(one) == Likeness::Same) {
        return Newness::Contradicts { of: one.earlier.id, state: one.earlier.state };
    }
    let is_doubtful = |one: &&&Compared<'_>| {
        let of_claims = one.says_the_same && !remittance.claims.is_empty();
        match likeness(one) {
            Likeness::Same => false,
            Likeness::Doubtful => is_numbered || of_claims,
            // The same words on the same claims under the same number are hardly ever two payments.
            Likeness::Different => is_numbered && of_claims,
        }
    };
    match standing.iter().find(is_doubtful) {
        Some(one) => Newness::MayRepeat {
            of: one.earlier.id,
            doubts: remittance.facts().doubts(&one.earlier.facts()),
            says_the_same: one.says_the_same,
        },
        None => Newness::New,
    }
}

/// What a remittance says of claims and provider adjustments, in no order.
#[derive(Debug, PartialEq, Eq)]
pub struct Content(Vec<String>);

impl Content {
    fn of(mut said: Vec<String>) -> Content {
        said.sort_unstable();
        Content(said)
    }
}

pub fn content_of(remittance: &Remittance) -> Content {
    let claims = remittance.claims.iter().map(of_claim);
    let adjustments = remittance.adjustments.iter().map(|one| of_provider(&one.reason, &one.reference, one.amount));
    Content::of(claims.chain(adjustments).collect())
}

/// The same of one in the store.
pub fn content_of_rows(adjustment_list: &str, payments: &[PaymentRow]) -> Content {
    let adjustments: Vec<KeptAdjustment> = serde_json::from_str(adjustment_list).unwrap_or_default();
    let adjustments = adjustments.iter().map(|one| of_provider(&one.reason, &one.reference, one.amount));
    Content::of(payments.iter().map(of_payment).chain(adjustments).collect())
}

fn of_provider(reason: &str, reference: &str, amount: Cents) -> String {
    format!("PLB|{reason}|{reference}|{amount}")
}

/// The head of a claim: its texts and amounts.
fn said_of([control, status, number]: [&str; 3], [charge, paid, share]: [Cents; 3]) -> String {
    format!("CLP|{control}|{status}|{charge}|{paid}|{share}|{number}|")
}

fn add_reason(said: &mut String, group: &str, reason: &str, amount: Cents) {
    let _ = write!(said, "{group}:{reason}:{amount} ");
}

fn add_line(said: &mut String, procedure: &str, charge: Cents, paid: Cents) {
    let _ = write!(said, "{procedure}:{charge}:{paid} ");
}

fn of_claim(claim: &ClaimPayment) -> String {
    let share = claim.patient_responsibility.unwrap_or(Cents::ZERO);
    let texts = [claim.control_number.reveal().as_str(), &claim.status, claim.payer_number.reveal()];
    let mut said = said_of(texts, [claim.charge, claim.paid, share]);
    for one in claim.cas.iter().chain(claim.lines.iter().flat_map(|line| &line.adjustments)) {
        add_reason(&mut said, &one.group, &one.reason, one.amount);
    }
    claim.lines.iter().for_each(|line| add_line(&mut said, &line.procedure, line.charge, line.paid));
    said
}

/// As it was kept.
#[derive(Default, Deserialize)]
struct KeptDetail {
    adjustments: Vec<KeptAdjustment>,
    lines: Vec<KeptLine>,
}

#[derive(Deserialize)]
struct KeptAdjustment {
    #[serde(default)]
    group: String,
    reason: String,
    /// Of a PLB.
    #[serde(default)]
    reference: String,
    amount: Cents,
}

#[derive(Deserialize)]
struct KeptLine {
    procedure: String,
    charge: Cents,
    paid: Cents,
    adjustments: Vec<KeptAdjustment>,
}

fn of_payment(payment: &PaymentRow) -> String {
    let texts = [
        payment.patient_control_number.reveal().as_str(),
        &payment.clp_status,
        payment.payer_claim_control_number.reveal(),
    ];
    let mut said = said_of(texts, [payment.charge, payment.paid, payment.patient_responsibility]);
    let detail: KeptDetail = serde_json::from_str(payment.detail.reveal()).unwrap_or_default();
    for one in detail.adjustments.iter().chain(detail.lines.iter().flat_map(|line| &line.adjustments)) {
        add_reason(&mut said, &one.group, &one.reason, one.amount);
    }
    detail.lines.iter().for_each(|line| add_line(&mut said, &line.procedure, line.charge, line.paid));
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remittance(trace: &str, amount: i64) -> Remittance {
        let claims = vec![ClaimPayment::default()];
        Remittance {
            trace: trace.into(),
            trace_payer: "1".into(),
            amount: Cents(amount),
            claims,
            ..Remittance::default()
        }
    }

    fn earlier(of: &Remittance) -> EarlierRemittance {
        EarlierRemittance {
            id: RemittanceId(5),
            trace: of.trace.clone(),
            trace_payer: of.trace_payer.clone(),
            amount: of.amount,
            payment_date: of.payment_date.clone(),
            payee: (of.payee_npi.clone(), of.payee_tin.clone()),
            state: RemittanceState::Posted,
            put_aside: false,
            digest: Vec::new(),
        }
    }

    fn newness_of(now: &Remittance, before: &Remittance, earlier: &EarlierRemittance) -> Newness {
        let says_the_same = content_of(now) == content_of(before);
        let all = [Compared { earlier, says_the_same }];
        newness(now, if may_matter(now, earlier) { &all } else { &[] })
    }

    fn check(now: &Remittance, before: &Remittance, expected: Newness) {
        assert_eq!(newness_of(now, before, &earlier(before)), expected);
    }

    fn with_another_claim(of: &Remittance) -> Remittance {
        let mut other = of.clone();
        other.claims.push(ClaimPayment { paid: Cents(1), ..ClaimPayment::default() });
        other
    }

    const OF: RemittanceId = RemittanceId(5);

    #[test]
    fn a_repeat_says_the_same_and_the_same_check_for_other_claims_contradicts() {
        let first = remittance("T1", 100);
        check(&first, &first, Newness::Repeat(OF));
        let other = with_another_claim(&first);
        check(&other, &first, Newness::Contradicts { of: OF, state: RemittanceState::Posted });
        check(&remittance("T2", 100), &first, Newness::New);
        check(&remittance("T1", 200), &first, Newness::New);
        let mut turned = other.clone();
        turned.claims.reverse();
        check(&turned, &other, Newness::Repeat(OF));
    }

    #[test]
    fn payments_of_nothing_share_a_number_and_differ_by_their_claims() {
        let first = remittance("0", 0);
        check(&with_another_claim(&first), &first, Newness::New);
        check(&first, &first, Newness::Repeat(OF));
        let undated = Remittance { trace_payer: String::new(), ..first.clone() };
        assert!(matches!(newness_of(&undated, &first, &earlier(&first)), Newness::MayRepeat { .. }));
        check(&Remittance { trace_payer: String::new(), ..with_another_claim(&first) }, &first, Newness::New);
    }

    #[test]
    fn what_may_be_the_same_payment_is_not_posted() {
        let first = Remittance { payee_npi: "1".into(), payment_date: "2026-11-03".into(), ..remittance("T1", 100) };
        let undated = Remittance { payment_date: String::new(), ..first.clone() };
        let doubts = vec!["the date (BPR16)"];
        check(&undated, &first, Newness::MayRepeat { of: OF, doubts: doubts.clone(), says_the_same: true });
        let other = with_another_claim(&undated);
        check(&other, &first, Newness::MayRepeat { of: OF, doubts, says_the_same: false });
        // The very same claims and amounts for another payee; but another's claims under the same number are another payment.
        let payee = Remittance { payee_npi: "2".into(), ..first.clone() };
        let doubts = vec!["the payee"];
        check(&payee, &first, Newness::MayRepeat { of: OF, doubts, says_the_same: true });
        check(&with_another_claim(&payee), &first, Newness::New);
    }

    #[test]
    fn what_was_put_aside_contradicts_nothing_but_its_repeat_is_known() {
        let first = remittance("T1", 100);
        let held = EarlierRemittance { state: RemittanceState::Held, ..earlier(&first) };
        let other = with_another_claim(&first);
        let state = RemittanceState::Held;
        assert_eq!(newness_of(&other, &first, &held), Newness::Contradicts { of: OF, state });
        let put_aside = EarlierRemittance { put_aside: true, ..held };
        assert_eq!(newness_of(&other, &first, &put_aside), Newness::New);
        assert_eq!(newness_of(&first, &first, &put_aside), Newness::Repeat(OF));
    }
}
