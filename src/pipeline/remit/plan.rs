//! Decides who is handed which part of a remittance, and by what its repeat is known at a glance. Pure.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use aws_lc_rs::digest;

use super::placing::placed;
use super::read::Remittance;
use crate::domain::Cents;
use crate::store::remittances::RemittanceRow;

/// SHA-256 of all that a remittance says of money, however its file is written.
pub fn digest_of(remittance: &Remittance) -> [u8; 32] {
    let mut said = format!(
        "{}|{}|{}|{}|{}|{}\n",
        remittance.trace,
        remittance.trace_payer,
        remittance.amount,
        remittance.payment_date,
        remittance.payee_npi,
        remittance.payee_tin
    );
    for claim in &remittance.claims {
        let share = claim.patient_responsibility.unwrap_or(Cents::ZERO);
        let (control, number) = (claim.control_number.reveal(), claim.payer_number.reveal());
        let _ = writeln!(said, "{control}|{}|{}|{}|{share}|{number}", claim.status, claim.charge, claim.paid);
        for one in claim.cas.iter().chain(claim.lines.iter().flat_map(|line| &line.adjustments)) {
            let _ = write!(said, "{}:{}:{} ", one.group, one.reason, one.amount);
        }
        for line in &claim.lines {
            let _ = write!(said, "{}:{}:{} ", line.procedure, line.charge, line.paid);
        }
    }
    for one in &remittance.adjustments {
        let _ = writeln!(said, "{}|{}|{}|{}", one.provider, one.reason, one.reference, one.amount);
    }
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, said.as_bytes()).as_ref());
    out
}

/// What one submitter is handed of a remittance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub partner: String,
    /// Indexes of its claims.
    pub claims: Vec<usize>,
    pub extent: Extent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, as it came.
    Whole,
    /// Its claims with these provider adjustments, by their index; BPR02 is what these leave.
    Part(Vec<usize>),
}

impl Extent {
    pub fn holds_adjustments(&self) -> bool {
        match self {
            Extent::Whole => true,
            Extent::Part(adjustments) => !adjustments.is_empty(),
        }
    }
}

/// Divides a remittance among the submitters of its claims (`None`: a claim nobody was found for). A remittance whose
/// claims are all one submitter's goes to it whole. Otherwise each gets its claims and those provider adjustments that
/// [`placing::placed`](super::placing::placed) gives it. So the parts' BPR02 add up to the payment, less what was paid on claims
/// nobody was found for; but a part that takes more money than it pays cannot say so in its BPR02, see
/// [`split`](super::split). Where nobody was found for any claim, the adjustments wait with them, and go with the first that is
/// found ([`late_extent`]).
pub fn shares(remittance: &Remittance, partners: &[Option<&str>], known: &HashMap<String, String>) -> Vec<Share> {
    let mut claims: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, partner) in partners.iter().enumerate() {
        if let Some(partner) = partner {
            claims.entry(partner).or_default().push(n);
        }
    }
    if is_whole(partners) {
        let all = |(partner, own): (&str, Vec<usize>)| Share {
            partner: partner.to_string(),
            claims: own,
            extent: Extent::Whole,
        };
        return claims.into_iter().map(all).collect();
    }
    let placed = placed(remittance, partners, known);
    let share = |(partner, own): (&str, Vec<usize>)| Share {
        extent: Extent::Part((0..placed.len()).filter(|&n| placed[n] == Some(partner)).collect()),
        partner: partner.to_string(),
        claims: own,
    };
    claims.into_iter().map(share).collect()
}

/// True when all claims are one submitter's.
pub fn is_whole(partners: &[Option<&str>]) -> bool {
    let first = partners.first().copied().flatten();
    first.is_some() && partners.iter().all(|partner| *partner == first)
}

/// What the submitter of a claim that was found late is handed of `remittance`, besides that claim.
pub fn late_extent(remittance: &Remittance, row: &RemittanceRow) -> Extent {
    match row.adjustments_handed {
        true => Extent::Part(Vec::new()),
        false => Extent::Part((0..remittance.adjustments.len()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::{ClaimPayment, ProviderAdjustment};
    use super::*;

    fn of(partners: &[Option<&str>]) -> Vec<Share> {
        let claims = vec![ClaimPayment::default(); partners.len()];
        let taken = ProviderAdjustment {
            provider: "1".into(),
            period: "20261231".into(),
            reason: "WO".into(),
            reference: String::new(),
            amount: Cents(0),
        };
        shares(&Remittance { claims, adjustments: vec![taken], ..Remittance::default() }, partners, &HashMap::new())
    }

    #[test]
    fn one_submitters_remittance_goes_to_it_whole() {
        let all = of(&[Some("acme"), Some("acme")]);
        assert_eq!(all, [Share { partner: "acme".into(), claims: vec![0, 1], extent: Extent::Whole }]);
    }

    #[test]
    fn a_shared_remittance_is_divided_and_nobodys_claim_is_handed_to_nobody() {
        let all = of(&[Some("bolt"), Some("acme"), None, Some("bolt")]);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].partner.as_str(), &all[0].extent), ("acme", &Extent::Part(vec![])));
        assert_eq!((all[1].claims.as_slice(), &all[1].extent), (&[0, 3][..], &Extent::Part(vec![0])));
        assert_eq!(of(&[Some("acme"), None])[0].extent, Extent::Part(vec![0]));
        assert!(of(&[None]).is_empty());
    }
}
