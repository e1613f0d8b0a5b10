//! Whether a remittance says again what an earlier one of its payer said, is another word on the same payment, or is
//! new. Posting one payment twice counts money that never came, so what may be the same is held. Pure.

use std::collections::HashSet;
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
    /// These were held for the same payment, and it adds up: it takes their place.
    New { instead_of: Vec<RemittanceId> },
    /// It says what that one said.
    Repeat(RemittanceId),
    /// The same payment, as its numbers, amount, date and payee say, but it says other things of claims: posting both would
    /// count the money twice.
    Contradicts { of: RemittanceId, state: RemittanceState },
    /// It may be the same payment: what is missing in one of them or is not the same, and whether claims are told the same.
    MayRepeat { of: RemittanceId, doubts: Vec<&'static str>, says_the_same: bool },
}

impl Newness {
    pub fn repeated(&self) -> Option<RemittanceId> {
        match self {
            Newness::Repeat(of) => Some(*of),
            Newness::New { .. } | Newness::Contradicts { .. } | Newness::MayRepeat { .. } => None,
        }
    }

    /// The held ones whose place it takes.
    pub fn instead_of(&self) -> &[RemittanceId] {
        match self {
            Newness::New { instead_of } => instead_of,
            Newness::Repeat(_) | Newness::Contradicts { .. } | Newness::MayRepeat { .. } => &[],
        }
    }
}

/// An earlier remittance, and whether it says the same of claims and provider adjustments.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    pub earlier: &'a EarlierRemittance,
    pub says_the_same: bool,
    /// Both pay mostly the same claims, as far as the shorter of the two goes.
    pub shares_claims: bool,
    /// The new one pays most claims of the earlier one, which may have been cut off before the first of them.
    pub covers_it: bool,
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
    let (facts, theirs) = (remittance.facts(), earlier.facts());
    match (earlier.trace == remittance.trace, earlier.amount == remittance.amount) {
        (false, _) => false,
        (true, true) => remittance.is_numbered() || facts.likeness(&theirs) != Likeness::Different,
        (true, false) => is_of_another_amount(remittance, earlier),
    }
}

/// Apart from its amount it is the same payment, and its claims decide: the one may correct the other.
pub fn is_of_another_amount(remittance: &Remittance, earlier: &EarlierRemittance) -> bool {
    let are_numbered = remittance.is_numbered() && earlier.amount != Cents::ZERO;
    let is_alike = || remittance.facts().likeness_but_amount(&earlier.facts()) == Likeness::Same;
    are_numbered && earlier.amount != remittance.amount && is_alike()
}

/// Whether both are of one size, as far as one can tell without looking at each claim.
pub fn is_as_large(one: &Remittance, other: &Remittance) -> bool {
    let size = |of: &Remittance| (of.claims.len(), of.claims_paid(), of.adjusted());
    size(one) == size(other)
}

/// Decides by those that may matter. `adds_up`: what is held, and was never posted, gives way to it.
pub fn newness(remittance: &Remittance, all: &[Compared<'_>], adds_up: bool) -> Newness {
    let likeness = |one: &Compared<'_>| remittance.facts().likeness(&one.earlier.facts());
    let is_repeat = |one: &&Compared<'_>| one.says_the_same && likeness(one) == Likeness::Same;
    let stands_held = |one: &&Compared<'_>| one.earlier.state == RemittanceState::Held && !one.earlier.put_aside;
    if let Some(same) = all.iter().filter(is_repeat).find(|one| !stands_held(one)) {
        return Newness::Repeat(same.earlier.id);
    }
    // What a person put aside was never posted and will not be.
    let standing: Vec<&Compared<'_>> = all.iter().filter(|one| !one.earlier.put_aside).collect();
    let (held, posted): (Vec<&Compared<'_>>, Vec<_>) = standing.into_iter().partition(stands_held);
    let against = |all: &[&Compared<'_>]| contradiction(remittance, all, adds_up);
    let repeat = all.iter().filter(is_repeat).find(stands_held);
    match (against(&posted), repeat) {
        (Some(_), Some(same)) => Newness::Repeat(same.earlier.id),
        (Some(against), None) => against,
        (None, Some(same)) if !adds_up => Newness::Repeat(same.earlier.id),
        (None, _) if adds_up => {
            let (instead_of, others): (Vec<&Compared<'_>>, Vec<_>) =
                held.into_iter().partition(|one| takes_its_place(remittance, one));
            let instead_of = instead_of.iter().map(|one| one.earlier.id).collect();
            match (against(&others), repeat) {
                (None, _) => Newness::New { instead_of },
                (Some(_), Some(same)) => Newness::Repeat(same.earlier.id),
                (Some(against), None) => against,
            }
        }
        (None, _) => against(&held).unwrap_or(Newness::New { instead_of: Vec::new() }),
    }
}

/// Whether it is the same payment as one that is held, and says all of it: payments of nothing share their number, and a
/// payer may give several of a day one.
fn takes_its_place(remittance: &Remittance, held: &Compared<'_>) -> bool {
    match remittance.facts().likeness(&held.earlier.facts()) {
        Likeness::Same => held.says_the_same || remittance.is_numbered() && held.covers_it,
        Likeness::Doubtful | Likeness::Different => held.covers_it && is_other_amount(remittance, held),
    }
}

fn is_other_amount(remittance: &Remittance, one: &Compared<'_>) -> bool {
    one.shares_claims && is_of_another_amount(remittance, one.earlier)
}

/// What speaks against posting it beside these. One that does not add up is held, and says so, whatever its amount.
fn contradiction(remittance: &Remittance, all: &[&Compared<'_>], adds_up: bool) -> Option<Newness> {
    let likeness = |one: &Compared<'_>| remittance.facts().likeness(&one.earlier.facts());
    let is_numbered = remittance.is_numbered();
    if let Some(one) = all.iter().find(|one| is_numbered && likeness(one) == Likeness::Same) {
        return Some(Newness::Contradicts { of: one.earlier.id, state: one.earlier.state });
    }
    let is_doubtful = |one: &&&Compared<'_>| {
        let of_claims = one.says_the_same && !remittance.claims.is_empty();
        match likeness(one) {
            Likeness::Same => false,
            Likeness::Doubtful => is_numbered || of_claims,
            // The same words on the same claims under the same number are hardly ever two payments.
            Likeness::Different => is_numbered && of_claims || adds_up && is_other_amount(remittance, one),
        }
    };
    all.iter().find(is_doubtful).map(|one| Newness::MayRepeat {
        of: one.earlier.id,
        doubts: remittance.facts().doubts(&one.earlier.facts()),
        says_the_same: one.says_the_same,
    })
}

/// What a remittance says of claims and provider adjustments, in no order.
#[derive(Debug, PartialEq, Eq)]
pub struct Content(Vec<String>);

impl Content {
    fn of(mut said: Vec<String>) -> Content {
        said.sort_unstable();
        Content(said)
    }

    /// How it stands to an earlier one that says this.
    pub fn compared<'a>(&self, earlier: &'a EarlierRemittance, theirs: &Content) -> Compared<'a> {
        let (own, others) = (self.claims(), theirs.claims());
        let shared = own.intersection(&others).count();
        Compared {
            earlier,
            says_the_same: self == theirs,
            shares_claims: shared * 2 > own.len().min(others.len()),
            covers_it: others.is_empty() || shared * 2 > others.len(),
        }
    }

    /// By number and CLP02.
    fn claims(&self) -> HashSet<String> {
        let of_claims = self.0.iter().filter(|said| said.starts_with("CLP|"));
        of_claims.map(|said| said.splitn(4, '|').take(3).collect::<Vec<_>>().join("|")).collect()
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
        decided(now, before, earlier, false)
    }

    fn decided(now: &Remittance, before: &Remittance, earlier: &EarlierRemittance, adds_up: bool) -> Newness {
        let all = [content_of(now).compared(earlier, &content_of(before))];
        newness(now, if may_matter(now, earlier) { &all } else { &[] }, adds_up)
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
    const NEW: Newness = Newness::New { instead_of: Vec::new() };

    #[test]
    fn one_that_adds_up_takes_the_place_of_what_was_held_for_the_same_payment() {
        let first = remittance("T1", 100);
        let held = EarlierRemittance { state: RemittanceState::Held, ..earlier(&first) };
        let other = with_another_claim(&first);
        let takes_its_place = Newness::New { instead_of: vec![OF] };
        assert_eq!(decided(&other, &first, &held, true), takes_its_place);
        // The first was cut off behind what it says of money.
        assert_eq!(decided(&first, &first, &held, true), takes_its_place);
        assert_eq!(decided(&first, &first, &held, false), Newness::Repeat(OF));
        let of_another_amount = Remittance { amount: Cents(101), ..first.clone() };
        assert_eq!(decided(&of_another_amount, &first, &held, true), takes_its_place);
        let wrong_too = with_another_claim(&of_another_amount);
        assert_eq!(decided(&wrong_too, &first, &held, false), NEW, "it says itself what is wrong with it");
    }

    #[test]
    fn what_is_held_for_other_claims_keeps_its_place() {
        let of = |control: &str, trace, amount| Remittance {
            claims: vec![ClaimPayment { control_number: control.to_string().into(), ..ClaimPayment::default() }],
            ..remittance(trace, amount)
        };
        let held = |of: &Remittance| EarlierRemittance { state: RemittanceState::Held, ..earlier(of) };
        let state = RemittanceState::Held;
        let first = of("A1", "T1", 100);
        assert_eq!(decided(&of("B2", "T1", 100), &first, &held(&first), true), Newness::Contradicts { of: OF, state });
        // Payments of nothing share their number.
        let first = of("A1", "0", 0);
        assert_eq!(decided(&of("B2", "0", 0), &first, &held(&first), true), NEW);
        let again =
            Remittance { claims: vec![first.claims[0].clone(), of("B2", "0", 0).claims.remove(0)], ..first.clone() };
        assert_eq!(decided(&again, &first, &held(&first), true), NEW, "of nothing");
        // Under the number of a larger one that is held.
        let large = Remittance {
            claims: ["A1", "B2", "C3"].map(|control| of(control, "T1", 1).claims.remove(0)).into(),
            ..of("", "T1", 300)
        };
        assert!(matches!(decided(&of("A1", "T1", 100), &large, &held(&large), true), Newness::MayRepeat { .. }));
        let cut_off = Remittance { claims: Vec::new(), ..of("", "T1", 100) };
        let whole = of("A1", "T1", 100);
        assert_eq!(decided(&whole, &cut_off, &held(&cut_off), true), Newness::New { instead_of: vec![OF] });
    }

    #[test]
    fn the_claims_of_a_posted_payment_are_not_paid_once_more_under_its_number() {
        let first = remittance("T1", 100);
        let doubts = vec!["the amount (BPR02)"];
        let again = Remittance { amount: Cents(101), ..first.clone() };
        assert_eq!(
            decided(&again, &first, &earlier(&first), true),
            Newness::MayRepeat { of: OF, doubts, says_the_same: true }
        );
        let of_others = Remittance {
            claims: vec![ClaimPayment { control_number: "B2".to_string().into(), ..ClaimPayment::default() }],
            ..again
        };
        assert_eq!(decided(&of_others, &first, &earlier(&first), true), NEW);
    }

    #[test]
    fn a_repeat_says_the_same_and_the_same_check_for_other_claims_contradicts() {
        let first = remittance("T1", 100);
        check(&first, &first, Newness::Repeat(OF));
        let other = with_another_claim(&first);
        check(&other, &first, Newness::Contradicts { of: OF, state: RemittanceState::Posted });
        check(&remittance("T2", 100), &first, NEW);
        let mut turned = other.clone();
        turned.claims.reverse();
        check(&turned, &other, Newness::Repeat(OF));
    }

    #[test]
    fn payments_of_nothing_share_a_number_and_differ_by_their_claims() {
        let first = remittance("0", 0);
        check(&with_another_claim(&first), &first, NEW);
        check(&first, &first, Newness::Repeat(OF));
        let undated = Remittance { trace_payer: String::new(), ..first.clone() };
        assert!(matches!(newness_of(&undated, &first, &earlier(&first)), Newness::MayRepeat { .. }));
        check(&Remittance { trace_payer: String::new(), ..with_another_claim(&first) }, &first, NEW);
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
        check(&with_another_claim(&payee), &first, NEW);
    }

    #[test]
    fn what_was_put_aside_contradicts_nothing_but_its_repeat_is_known() {
        let first = remittance("T1", 100);
        let held = EarlierRemittance { state: RemittanceState::Held, ..earlier(&first) };
        let other = with_another_claim(&first);
        let state = RemittanceState::Held;
        assert_eq!(newness_of(&other, &first, &held), Newness::Contradicts { of: OF, state });
        let put_aside = EarlierRemittance { put_aside: true, ..held };
        assert_eq!(newness_of(&other, &first, &put_aside), NEW);
        assert_eq!(newness_of(&first, &first, &put_aside), Newness::Repeat(OF));
    }
}
