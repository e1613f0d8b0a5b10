//! To whom each provider adjustment (PLB) of a remittance of several submitters goes. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

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
    let names = Names::of(remittance, partners);
    // Without a claim here it would get a part that only takes money.
    let here: HashSet<&str> = partners.iter().flatten().copied().collect();
    let of_known = |one: &ProviderAdjustment| here.get(known.get(one.reference.trim())?.as_str()).copied();
    let place = |one| names.numbered(one).or_else(|| of_known(one)).or_else(|| names.interest(one));
    let mut placed: Vec<Option<&str>> = remittance.adjustments.iter().map(place).collect();
    let rest: Cents = sum(remittance, |n| placed[n].is_none());
    if let Some(bearer) = bearer(remittance, partners, &placed, rest) {
        placed.iter_mut().for_each(|one| *one = one.or(Some(bearer)));
    }
    placed
}

/// References of adjustments that may be the payer's numbers of claims paid before.
pub fn unplaced<'a>(remittance: &'a Remittance, partners: &[Option<&str>]) -> Vec<&'a str> {
    let names = Names::of(remittance, partners);
    let of_none = |one: &&ProviderAdjustment| names.numbered(one).or_else(|| names.interest(one)).is_none();
    let references = remittance.adjustments.iter().filter(of_none).map(|one| one.reference.trim());
    references.filter(|reference| !reference.is_empty()).collect()
}

/// Whose the claims are that adjustments may name, read once.
struct Names<'a, 'b> {
    /// By CLP07 and CLP01; `None`: nobody's, or several submitters'.
    by_number: HashMap<&'b str, Option<&'a str>>,
    /// The only submitter of whose claims interest is told.
    with_interest: Option<&'a str>,
}

impl<'a, 'b> Names<'a, 'b> {
    fn of(remittance: &'b Remittance, partners: &[Option<&'a str>]) -> Names<'a, 'b> {
        let mut by_number: HashMap<&str, Option<&str>> = HashMap::new();
        for (claim, partner) in remittance.claims.iter().zip(partners) {
            for number in [claim.payer_number.reveal(), claim.control_number.reveal()] {
                let known = by_number.entry(number).or_insert(*partner);
                *known = known.filter(|known| Some(*known) == *partner);
            }
        }
        let mut interest = remittance.claims.iter().zip(partners).filter(|(claim, _)| claim.interest != Cents::ZERO);
        let first = interest.next().and_then(|(_, partner)| *partner);
        let with_interest = first.filter(|first| interest.all(|(_, other)| *other == Some(*first)));
        Names { by_number, with_interest }
    }

    fn numbered(&self, one: &ProviderAdjustment) -> Option<&'a str> {
        let reference = one.reference.trim();
        self.by_number.get(reference).copied().flatten().filter(|_| !reference.is_empty())
    }

    fn interest(&self, one: &ProviderAdjustment) -> Option<&'a str> {
        self.with_interest.filter(|_| one.reason == INTEREST)
    }
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
