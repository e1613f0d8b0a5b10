//! Files of claims for the tests, made by the library's own simulator: what a billing company would send.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use claimgate::domain::ClaimKind;
use claimgate::simulator::claims::Batch;
use claimgate::simulator::pen::Party;

use super::x12::{Claim, claims};

/// A file of claims, and what a plain reader sees in it.
#[derive(Clone)]
pub struct Made {
    pub bytes: Vec<u8>,
    pub claims: Vec<Claim>,
    /// Control numbers of the claims that the gateway must reject.
    pub spoiled: BTreeSet<String>,
}

pub use ClaimKind::{Dental, Institutional, Professional};

/// A clean file from `ACMEBILL` to the gateway for one payer.
pub fn clean(kind: ClaimKind, count: usize, seed: u64, payer_id: &str) -> Made {
    make(batch(kind, count, seed, &[payer_id]))
}

/// A file in which some claims of a thousand are spoiled, each by one thing.
pub fn with_defects(kind: ClaimKind, count: usize, seed: u64, payer_id: &str, per_mille: u16) -> Made {
    let mut batch = batch(kind, count, seed, &[payer_id]);
    batch.defects_per_mille = Some(per_mille);
    make(batch)
}

/// What a test may still change before it makes the file.
pub fn batch(kind: ClaimKind, count: usize, seed: u64, payer_ids: &[&str]) -> Batch {
    // Two days ago, so that no time zone finds it in the future.
    let day = jiff::Zoned::now().date().saturating_sub(jiff::Span::new().days(2));
    let mut batch = Batch::new(kind, count, seed, day);
    batch.sender = Party::new("ZZ", "ACMEBILL");
    batch.payer_ids = payer_ids.iter().map(ToString::to_string).collect();
    batch
}

pub fn make(batch: Batch) -> Made {
    let (bytes, summary) = batch.to_bytes();
    let claims = claims(&bytes);
    assert_eq!(claims.len(), summary.claims, "the plain reader sees every claim");
    let spoiled = summary.spoiled.into_iter().map(|spoiled| spoiled.patient_control_number).collect();
    Made { bytes, claims, spoiled }
}

impl Made {
    pub fn good(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| !self.spoiled.contains(&claim.number))
    }

    /// Writes it into a folder, as a billing company has it on its disk.
    pub fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, &self.bytes).unwrap();
        path
    }
}
