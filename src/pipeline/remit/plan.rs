//! Decides who is handed which part of a remittance, and by what its repeat is known at a glance. Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_lc_rs::digest;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, as it came.
    Whole,
    /// Its claims with the provider adjustments; BPR02 is what these leave.
    WithAdjustments,
    /// Its claims alone; BPR02 is their sum.
    ClaimsOnly,
}

impl Extent {
    pub fn holds_adjustments(self) -> bool {
        match self {
            Extent::Whole | Extent::WithAdjustments => true,
            Extent::ClaimsOnly => false,
        }
    }
}

/// Divides a remittance among the submitters of its claims (`None`: a claim nobody was found for). A remittance
/// whose claims are all one submitter's goes to it whole. Otherwise each gets its claims, and the provider
/// adjustments go with the submitter of most claims, the first in the file when several have as many: an
/// adjustment is one sum of the payee's and cannot be divided. So the parts' BPR02 add up to the payment, less
/// what was paid on claims nobody was found for. Where nobody was found for any, the adjustments wait with them, and go
/// with the first that is found ([`late_extent`]).
pub fn shares(partners: &[Option<&str>]) -> Vec<Share> {
    let mut claims: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, partner) in partners.iter().enumerate() {
        if let Some(partner) = partner {
            claims.entry(partner).or_default().push(n);
        }
    }
    let whole = claims.len() == 1 && partners.iter().all(Option::is_some);
    let adjusted = claims.iter().max_by_key(|(_, own)| (own.len(), std::cmp::Reverse(own[0]))).map(|(name, _)| *name);
    let share = |(partner, own): (&str, Vec<usize>)| Share {
        partner: partner.to_string(),
        claims: own,
        extent: match (whole, adjusted == Some(partner)) {
            (true, _) => Extent::Whole,
            (false, true) => Extent::WithAdjustments,
            (false, false) => Extent::ClaimsOnly,
        },
    };
    claims.into_iter().map(share).collect()
}

/// What the submitter of a claim that was found late is handed of `remittance`, besides that claim.
pub fn late_extent(remittance: &Remittance, row: &RemittanceRow) -> Extent {
    match row.adjustments_handed || remittance.adjustments.is_empty() {
        true => Extent::ClaimsOnly,
        false => Extent::WithAdjustments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_submitters_remittance_goes_to_it_whole() {
        let all = shares(&[Some("acme"), Some("acme")]);
        assert_eq!(all, [Share { partner: "acme".into(), claims: vec![0, 1], extent: Extent::Whole }]);
    }

    #[test]
    fn a_shared_remittance_is_divided_and_nobodys_claim_is_handed_to_nobody() {
        let all = shares(&[Some("bolt"), Some("acme"), None, Some("bolt")]);
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].partner.as_str(), all[0].extent), ("acme", Extent::ClaimsOnly));
        assert_eq!((all[1].claims.as_slice(), all[1].extent), (&[0, 3][..], Extent::WithAdjustments));
        assert_eq!(shares(&[Some("acme"), None])[0].extent, Extent::WithAdjustments);
        assert!(shares(&[None]).is_empty());
    }
}
