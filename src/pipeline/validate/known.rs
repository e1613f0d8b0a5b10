//! Which claims may have come before, kept in memory by partner, so that the store is asked about likely duplicates
//! only. What was validated since the last file, here or on another node, is read before each large file; what is
//! stored already costs nothing again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::store::{Store, StoreError};

/// Submissions whose fingerprints are read at one time: a large one has a megabyte of them.
const PAGE: u32 = 32;

#[derive(Default)]
pub struct KnownClaims {
    partners: Mutex<HashMap<String, Arc<Partner>>>,
}

#[derive(Default)]
struct Partner {
    /// [`Store::validated_turn`] of the newest submission that is in it. Held while it is brought up to date.
    through: tokio::sync::Mutex<i64>,
    sieve: Arc<RwLock<Sieve>>,
}

impl KnownClaims {
    /// Fingerprints that may be of earlier claims of a partner: of all that were validated until now.
    pub async fn of(&self, store: &Store, partner: &str) -> Result<Candidates, StoreError> {
        let known = {
            let mut partners = self.partners.lock().unwrap_or_else(PoisonError::into_inner);
            partners.entry(partner.to_string()).or_default().clone()
        };
        let mut through = known.through.lock().await;
        loop {
            let page = store.fingerprints_after(partner, *through, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(Candidates(known.sieve.clone())) };
            let mut sieve = known.sieve.write().unwrap_or_else(PoisonError::into_inner);
            page.iter().flat_map(|(_, fingerprints)| fingerprints).for_each(|fingerprint| sieve.add(*fingerprint));
            *through = *last;
        }
    }
}

/// Also knows claims that were added after it was asked for; a candidate is only ever a reason to ask the store.
pub struct Candidates(Arc<RwLock<Sieve>>);

impl Candidates {
    pub fn may_have(&self, fingerprint: i64) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).may_have(fingerprint)
    }
}

/// Bloom filters, each larger than the one before until they have [`LAYER_MAX`]: two bytes a claim, and about one
/// claim in 1,000 is taken for known by each full one.
#[derive(Default)]
struct Sieve {
    layers: Vec<Layer>,
}

struct Layer {
    bits: Vec<u64>,
    room: usize,
}

const LAYER_MIN: usize = 1 << 12;
const LAYER_MAX: usize = 1 << 19;
const BITS_PER_CLAIM: usize = 16;
const PROBES: u64 = 6;

impl Sieve {
    fn add(&mut self, fingerprint: i64) {
        if self.layers.last().is_none_or(|layer| layer.room == 0) {
            let claims =
                LAYER_MIN.checked_shl(2 * self.layers.len() as u32).unwrap_or(LAYER_MAX).clamp(LAYER_MIN, LAYER_MAX);
            self.layers.push(Layer { bits: vec![0; claims * BITS_PER_CLAIM / 64], room: claims });
        }
        let layer = self.layers.last_mut().expect("there is one with room");
        for place in places(fingerprint, layer.bits.len()) {
            layer.bits[place / 64] |= 1 << (place % 64);
        }
        layer.room -= 1;
    }

    fn may_have(&self, fingerprint: i64) -> bool {
        self.layers.iter().any(|layer| {
            places(fingerprint, layer.bits.len()).all(|place| layer.bits[place / 64] >> (place % 64) & 1 == 1)
        })
    }
}

/// A fingerprint is as good as random, so its halves serve as two hashes. `words` is a power of two.
fn places(fingerprint: i64, words: usize) -> impl Iterator<Item = usize> {
    let (first, step) = (fingerprint as u64 & 0xffff_ffff, (fingerprint as u64 >> 32) | 1);
    let mask = (words * 64 - 1) as u64;
    (0..PROBES).map(move |n| (first.wrapping_add(n.wrapping_mul(step)) & mask) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As good as random, and always the same.
    fn fingerprint(n: u64) -> i64 {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (mixed >> 32)) as i64
    }

    #[test]
    fn every_claim_that_was_added_is_a_candidate_and_few_others_are() {
        let mut sieve = Sieve::default();
        let known = 700_000;
        (0..known).for_each(|n| sieve.add(fingerprint(n)));
        assert!((0..known).all(|n| sieve.may_have(fingerprint(n))));
        let wrong = (known..known + 100_000).filter(|n| sieve.may_have(fingerprint(*n))).count();
        assert!(wrong < 1_000, "{wrong} of 100,000 are taken for known");
        let bytes: usize = sieve.layers.iter().map(|layer| layer.bits.len() * 8).sum();
        assert!(bytes < 3 * known as usize, "{bytes} bytes for {known} claims");
    }
}
