//! To whom each provider adjustment (PLB) of a remittance of several submitters goes. Pure.

use std::collections::{BTreeMap, HashMap};

use super::read::{ProviderAdjustment, Remittance};
use crate::domain::Cents;

/// Interest, which AMT*I of a claim tells.
const INTEREST: &str = "L6";

/// The submitter of each adjustment, in their order; `partners` are those of the claims, and `known` says whose claims the
/// payer's numbers are that no claim of the remittance has. An adjustment that names a claim goes with its submitter, interest
/// with the only one of whose claims interest is told. What is left is one sum of the payee's: it goes with the submitter of most
/// claims, the first in the file when several have as many, if that one's part can bear it, else with the one that is paid
/// most. `None`: nobody was found for any claim.
pub fn placed<'a>(
    remittance: &Remittance,
    partners: &[Option<&'a str>],
    known: &HashMap<String, String>,
) -> Vec<Option<&'a str>> {
    let mut placed: Vec<Option<&str>> =
        remittance.adjustments.iter().map(|one| named(one, remittance, partners, known)).collect();
    let rest: Cents = sum(remittance, |n| placed[n].is_none());
    if let Some(bearer) = bearer(remittance, partners, &placed, rest) {
        placed.iter_mut().for_each(|one| *one = one.or(Some(bearer)));
    }
    placed
}

/// References of adjustments that may be the payer's numbers of claims paid before.
pub fn unplaced<'a>(remittance: &'a Remittance, partners: &[Option<&str>]) -> Vec<&'a str> {
    let none = HashMap::new();
    let of_none = |one: &&ProviderAdjustment| named(one, remittance, partners, &none).is_none();
    let references = remittance.adjustments.iter().filter(of_none).map(|one| one.reference.trim());
    references.filter(|reference| !reference.is_empty()).collect()
}

fn named<'a>(
    one: &ProviderAdjustment,
    remittance: &Remittance,
    partners: &[Option<&'a str>],
    known: &HashMap<String, String>,
) -> Option<&'a str> {
    let reference = one.reference.trim();
    if !reference.is_empty() {
        let is_named = |n: &usize| {
            let claim = &remittance.claims[*n];
            [claim.payer_number.reveal(), claim.control_number.reveal()].into_iter().any(|number| number == reference)
        };
        let named = (0..partners.len()).filter(is_named).map(|n| partners[n]);
        if let Some(only) = only(named) {
            return Some(only);
        }
        if let Some(partner) = known.get(reference) {
            // Without a claim here it would get a part that only takes money.
            let here = partners.iter().flatten().find(|here| *here == partner);
            if let Some(here) = here {
                return Some(here);
            }
        }
    }
    if one.reason != INTEREST {
        return None;
    }
    let with_interest = (0..partners.len()).filter(|&n| remittance.claims[n].interest != Cents::ZERO);
    only(with_interest.map(|n| partners[n]))
}

/// The one submitter of them all.
fn only<'a>(mut partners: impl Iterator<Item = Option<&'a str>>) -> Option<&'a str> {
    let first = partners.next()??;
    partners.all(|other| other == Some(first)).then_some(first)
}

fn sum(remittance: &Remittance, which: impl Fn(usize) -> bool) -> Cents {
    remittance.adjustments.iter().enumerate().filter(|(n, _)| which(*n)).map(|(_, one)| one.amount).sum()
}

fn bearer<'a>(
    remittance: &Remittance,
    partners: &[Option<&'a str>],
    placed: &[Option<&str>],
    rest: Cents,
) -> Option<&'a str> {
    let mut claims: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, partner) in partners.iter().enumerate() {
        if let Some(partner) = partner {
            claims.entry(partner).or_default().push(n);
        }
    }
    let left = |partner: &str| {
        let paid: Cents = claims[partner].iter().map(|&n| remittance.claims[n].paid).sum();
        paid - sum(remittance, |n| placed[n] == Some(partner)) - rest
    };
    let by_count = |(_, own): &(&&str, &Vec<usize>)| (own.len(), std::cmp::Reverse(own[0]));
    let (most_claims, _) = claims.iter().max_by_key(by_count)?;
    if left(most_claims) >= Cents::ZERO {
        return Some(most_claims);
    }
    claims.keys().copied().max_by_key(|partner| (left(partner), std::cmp::Reverse(claims[partner][0])))
}

#[cfg(test)]
mod tests {
    use super::super::read::ClaimPayment;
    use super::*;
    use crate::domain::Phi;

    fn claim(number: &str, paid: i64, interest: i64) -> ClaimPayment {
        ClaimPayment {
            control_number: Phi::new(format!("C{number}")),
            payer_number: Phi::new(number.into()),
            paid: Cents(paid),
            interest: Cents(interest),
            ..ClaimPayment::default()
        }
    }

    fn plb(reason: &str, reference: &str, amount: i64) -> ProviderAdjustment {
        ProviderAdjustment {
            provider: "1".into(),
            period: "20261231".into(),
            reason: reason.into(),
            reference: reference.into(),
            amount: Cents(amount),
        }
    }

    /// Two claims of acme, paid 10.00 each, and one of bolt, paid 90.00.
    fn check(adjustments: Vec<ProviderAdjustment>, interest_of_bolt: i64, expected: &[&str]) {
        let claims = vec![claim("I1", 1000, 0), claim("I2", 1000, 0), claim("I3", 9000, interest_of_bolt)];
        let remittance = Remittance { claims, adjustments, ..Remittance::default() };
        let known = HashMap::from([("OLD".to_string(), "bolt".to_string()), ("GONE".to_string(), "cone".to_string())]);
        let partners = [Some("acme"), Some("acme"), Some("bolt")];
        let placed: Vec<&str> = placed(&remittance, &partners, &known).into_iter().flatten().collect();
        assert_eq!(placed, expected);
    }

    #[test]
    fn an_adjustment_goes_with_the_claim_that_it_names() {
        check(vec![plb("WO", "I3", 500), plb("WO", "CI3", 500), plb("WO", "I1", 500)], 0, &["bolt", "bolt", "acme"]);
        check(vec![plb("WO", "OLD", 500)], 0, &["bolt"]);
        // Its submitter has nothing in this payment.
        check(vec![plb("WO", "GONE", 500)], 0, &["acme"]);
    }

    #[test]
    fn interest_goes_with_the_only_submitter_of_whose_claims_it_is_told() {
        check(vec![plb("L6", "", -150)], 150, &["bolt"]);
        check(vec![plb("L6", "X", -150), plb("WO", "X", 100)], 150, &["bolt", "acme"]);
        check(vec![plb("L6", "", -150)], 0, &["acme"]);
    }

    #[test]
    fn the_rest_goes_where_most_claims_are_and_where_it_fits() {
        check(vec![plb("WO", "X", 2000)], 0, &["acme"]);
        check(vec![plb("WO", "X", 1500), plb("72", "Y", 600)], 0, &["bolt", "bolt"]);
        // What acme has been given already is counted.
        check(vec![plb("WO", "I1", 1500), plb("72", "Y", 600)], 0, &["acme", "bolt"]);
        check(vec![plb("WO", "X", 99_900)], 0, &["bolt"]);
    }
}
