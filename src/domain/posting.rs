//! What all payments of a claim say together. A claim may be paid in parts, taken back and paid anew, in one
//! remittance or in several and in any order; its status is that of what still stands.

use super::{Cents, ClaimStatus};

/// CLP02, as far as it matters to the claim's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// 1, 2, 3 and whatever else is no special case: processed as primary, secondary or tertiary.
    Processed,
    /// 4.
    Denied,
    /// 19, 20, 21: processed and passed to another payer. 23: passed on without more.
    Forwarded,
    /// 22.
    Reversal,
    /// 25: what would be paid. No money and no end of the claim.
    Predetermination,
}

impl PaymentKind {
    pub fn from_clp02(code: &str) -> PaymentKind {
        match code.trim() {
            "4" => PaymentKind::Denied,
            "19" | "20" | "21" | "23" => PaymentKind::Forwarded,
            "22" => PaymentKind::Reversal,
            "25" => PaymentKind::Predetermination,
            _ => PaymentKind::Processed,
        }
    }
}

/// One CLP that is posted on the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub kind: PaymentKind,
    pub charge: Cents,
    pub paid: Cents,
    pub patient_responsibility: Cents,
    /// Charges that are neither paid, nor a contractual reduction, nor the patient's share.
    pub denied: Cents,
    /// CLP07.
    pub payer_number: String,
}

/// A claim's money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// `None`: nothing that ends a claim was posted.
    pub status: Option<ClaimStatus>,
    /// The sum of all payments, taken back ones with their sign.
    pub paid: Cents,
    pub patient_responsibility: Cents,
    /// The payer's latest number for the claim, among the payments that stand.
    pub payer_number: Option<String>,
}

/// Sums the postings of one claim, oldest first.
pub fn posted(postings: &[Posting]) -> Posted {
    let standing: Vec<&Posting> = standing(postings).places.into_iter().map(|n| &postings[n]).collect();
    let all: Vec<&Posting> = postings.iter().filter(|one| one.kind != PaymentKind::Reversal).collect();
    // What was taken back may come after what stands; its number is the claim's only where nothing stands.
    let is_numbered = |one: &&&Posting| !one.payer_number.is_empty();
    let numbered = standing.iter().rev().find(is_numbered).or_else(|| all.iter().rev().find(is_numbered));
    Posted {
        status: status(postings, &standing),
        paid: postings.iter().map(|one| one.paid).sum(),
        patient_responsibility: postings.iter().map(|one| one.patient_responsibility).sum(),
        payer_number: numbered.map(|one| one.payer_number.clone()),
    }
}

/// What no reversal took back, by its place among the postings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub places: Vec<usize>,
    /// Each payment that was taken back, and its reversal.
    pub taken_back: Vec<(usize, usize)>,
}

/// A reversal takes back the payment that carries its number, or else one of exactly its amounts; a reversal of
/// something never seen here takes back nothing.
pub fn standing(postings: &[Posting]) -> Standing {
    let is_reversal = |n: &usize| postings[*n].kind == PaymentKind::Reversal;
    let (reversals, places): (Vec<usize>, Vec<usize>) = (0..postings.len()).partition(is_reversal);
    let mut standing = Standing { places, taken_back: Vec::new() };
    for n in reversals {
        let reversal = &postings[n];
        let same_charge = |one: &usize| postings[*one].charge == -reversal.charge;
        let same_amounts = |one: &usize| postings[*one].paid == -reversal.paid && same_charge(one);
        let same_number =
            |one: &usize| !reversal.payer_number.is_empty() && postings[*one].payer_number == reversal.payer_number;
        let places = &mut standing.places;
        let taken_back = places
            .iter()
            .position(|one| same_number(one) && same_amounts(one))
            .or_else(|| places.iter().position(|one| same_number(one) && same_charge(one)))
            .or_else(|| places.iter().position(same_amounts));
        if let Some(place) = taken_back {
            standing.taken_back.push((places.remove(place), n));
        }
    }
    standing
}

/// Paid when money came and nothing was denied; partially paid when money came and some charges were denied.
/// Without money: forwarded when another payer has the claim, paid when the whole of what was allowed is the
/// patient's share, and denied otherwise.
fn status(postings: &[Posting], standing: &[&Posting]) -> Option<ClaimStatus> {
    let ends = |one: &&&Posting| one.kind != PaymentKind::Predetermination;
    let ending: Vec<&&Posting> = standing.iter().filter(ends).collect();
    if ending.is_empty() {
        let reversed = postings.iter().any(|one| one.kind == PaymentKind::Reversal);
        return reversed.then_some(ClaimStatus::Reversed);
    }
    let paid: Cents = ending.iter().map(|one| one.paid).sum();
    let share: Cents = ending.iter().map(|one| one.patient_responsibility).sum();
    let denied: Cents = ending.iter().map(|one| one.denied).sum();
    let any = |kind| ending.iter().any(|one| one.kind == kind);
    Some(if paid > Cents::ZERO {
        if denied > Cents::ZERO { ClaimStatus::PartiallyPaid } else { ClaimStatus::Paid }
    } else if any(PaymentKind::Forwarded) {
        ClaimStatus::Forwarded
    } else if share > Cents::ZERO && denied <= Cents::ZERO && !any(PaymentKind::Denied) {
        ClaimStatus::Paid
    } else {
        ClaimStatus::Denied
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posting(clp02: &str, charge: i64, paid: i64, share: i64, denied: i64, number: &str) -> Posting {
        Posting {
            kind: PaymentKind::from_clp02(clp02),
            charge: Cents(charge),
            paid: Cents(paid),
            patient_responsibility: Cents(share),
            denied: Cents(denied),
            payer_number: number.to_string(),
        }
    }

    fn check(postings: &[Posting], status: ClaimStatus, paid: i64) {
        let forward = posted(postings);
        assert_eq!((forward.status, forward.paid), (Some(status), Cents(paid)), "{postings:?}");
        let backward: Vec<Posting> = postings.iter().rev().cloned().collect();
        assert_eq!(posted(&backward).status, Some(status), "in the other order: {postings:?}");
    }

    #[test]
    fn a_contractual_cut_is_paid_and_a_denied_line_is_partially_paid() {
        check(&[posting("1", 10000, 8000, 0, 0, "A")], ClaimStatus::Paid, 8000);
        check(&[posting("1", 10000, 5000, 1000, 3000, "A")], ClaimStatus::PartiallyPaid, 5000);
        check(&[posting("4", 10000, 0, 0, 10000, "A")], ClaimStatus::Denied, 0);
        check(&[posting("1", 10000, 0, 0, 10000, "A")], ClaimStatus::Denied, 0);
    }

    #[test]
    fn what_is_all_the_patients_share_is_no_denial() {
        check(&[posting("1", 10000, 0, 6000, 0, "A")], ClaimStatus::Paid, 0);
        check(&[posting("4", 10000, 0, 10000, 0, "A")], ClaimStatus::Denied, 0);
    }

    #[test]
    fn a_reversal_alone_reverses_and_a_correction_stands_in_any_order() {
        let (first, back) = (posting("1", 10000, 8000, 0, 0, "A"), posting("22", -10000, -8000, 0, 0, "A"));
        check(&[first.clone(), back.clone()], ClaimStatus::Reversed, 0);
        check(&[first.clone(), back.clone(), posting("1", 10000, 6000, 0, 0, "B")], ClaimStatus::Paid, 6000);
        check(&[first, back, posting("4", 10000, 0, 0, 10000, "A")], ClaimStatus::Denied, 0);
    }

    #[test]
    fn a_reversal_of_what_was_never_seen_here_does_not_hide_the_correction() {
        check(
            &[posting("22", -10000, -7000, 0, 0, "X"), posting("1", 10000, 8000, 0, 0, "B")],
            ClaimStatus::Paid,
            1000,
        );
    }

    #[test]
    fn the_payers_number_is_that_of_what_stands_in_any_order() {
        let (first, back) = (posting("1", 10000, 8000, 0, 0, "A"), posting("22", -10000, -8000, 0, 0, "A"));
        let again = posting("1", 10000, 6000, 0, 0, "B");
        let number = |order: [&Posting; 3]| posted(&order.map(Clone::clone)).payer_number;
        let (a, b, c) = (&first, &back, &again);
        for order in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            assert_eq!(number(order).as_deref(), Some("B"), "{order:?}");
        }
        assert_eq!(posted(&[back, first]).payer_number.as_deref(), Some("A"), "nothing stands: the last it had");
    }

    #[test]
    fn forwarding_counts_only_while_nothing_is_paid() {
        check(&[posting("19", 10000, 8000, 0, 0, "A")], ClaimStatus::Paid, 8000);
        check(&[posting("23", 10000, 0, 0, 10000, "A")], ClaimStatus::Forwarded, 0);
    }

    #[test]
    fn a_predetermination_ends_nothing() {
        assert_eq!(posted(&[posting("25", 10000, 0, 0, 0, "")]).status, None);
        assert_eq!(posted(&[]).status, None);
    }
}
