//! Which claims of a file travel in a batch of their own: those of a payer of whom the first thousand bring many. Decided
//! when the payer's first claims are sent to the store, and the same for all that follow.

use std::sync::Arc;

use crate::domain::Cents;
use crate::domain::ids::BatchId;
use crate::partner::Partners;
use crate::store::claims::NewClaim;
use crate::store::lots::Lot;
use crate::store::routes::Unplaced;
use crate::store::validation::Chunk;

pub(in crate::pipeline) struct Lots {
    partners: Arc<Partners>,
    /// With none: they are routed one by one.
    decided: Vec<(Unplaced, Option<(BatchId, String)>)>,
}

impl Lots {
    pub(in crate::pipeline) fn new(partners: Arc<Partners>) -> Lots {
        Lots { partners, decided: Vec::new() }
    }

    /// The lots of the chunk's accepted claims.
    pub(in crate::pipeline) fn of(&mut self, chunk: &Chunk, draw: impl Fn() -> BatchId) -> Vec<Lot> {
        let groups = groups(chunk);
        let lots = groups.into_iter().filter_map(|claims| {
            let (batch, payer) = self.lot_for(&claims, &draw)?;
            Some(Lot { batch, payer, claims })
        });
        lots.collect()
    }

    fn lot_for(&mut self, claims: &Unplaced, draw: &impl Fn() -> BatchId) -> Option<(BatchId, String)> {
        let same = |one: &Unplaced| {
            one.payer_id == claims.payer_id && one.kind == claims.kind && one.purpose == claims.purpose
        };
        if let Some((_, decided)) = self.decided.iter().find(|(one, _)| same(one)) {
            return decided.clone();
        }
        let taker = self.partners.taker(&claims.payer_id, claims.kind);
        let alone = taker.filter(|payer| match payer.batch.alone_from {
            0 => false,
            from => claims.claims >= i64::from(from),
        });
        let decided = alone.map(|payer| (draw(), payer.id.to_string()));
        self.decided.push((claims.clone(), decided.clone()));
        decided
    }
}

/// The accepted claims by what decides their route.
fn groups(chunk: &Chunk) -> Vec<Unplaced> {
    let rejected = chunk.rejected();
    let mut groups: Vec<Unplaced> = Vec::new();
    // Neighbours mostly go the same way.
    let mut last = 0;
    for claim in chunk.claims.iter().filter(|claim| !rejected.contains(&claim.id.0)) {
        if !groups.get(last).is_some_and(|group| group.are_like(claim)) {
            last = groups.iter().position(|group| group.are_like(claim)).unwrap_or_else(|| {
                groups.push(none_like(claim));
                groups.len() - 1
            });
        }
        groups[last].claims += 1;
        groups[last].charge += claim.charge;
    }
    groups
}

fn none_like(claim: &NewClaim) -> Unplaced {
    Unplaced {
        payer_id: claim.payer_id.clone(),
        kind: claim.kind,
        purpose: claim.purpose.clone(),
        claims: 0,
        charge: Cents::ZERO,
    }
}
