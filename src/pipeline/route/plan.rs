//! Where the claims of a submission go: decided from what they name, the partners' files and the time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::ids::IdSource;
use crate::partner::schedule::next_release;
use crate::partner::{Partners, Payer};
use crate::store::lots::{Lot, LotPlacement};
use crate::store::routes::{Placement, Stray, Unplaced};

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub placements: Vec<Placement>,
    pub strays: Vec<Stray>,
}

pub(super) fn plan(found: Vec<Unplaced>, partners: &Partners, now: Timestamp, zone: &TimeZone, ids: &IdSource) -> Plan {
    let mut plan = Plan::default();
    let now_ms = now.as_millisecond();
    for claims in found {
        match payer_of(&claims, partners) {
            Ok(payer) => plan.placements.push(Placement {
                payer: payer.id.to_string(),
                release_at: next_release(&payer.batch.release, now, zone).as_millisecond(),
                new_batch: ids.draw(now_ms),
                event: ids.draw(now_ms),
                claims,
            }),
            Err(reason) => plan.strays.push(Stray { claims, exception: ids.draw(now_ms), reason }),
        }
    }
    plan
}

/// The lots that become batches, and those whose payer is not the one that they were made for.
pub(super) fn plan_lots(
    lots: Vec<Lot>,
    partners: &Partners,
    now: Timestamp,
    zone: &TimeZone,
    ids: &IdSource,
) -> (Vec<LotPlacement>, Vec<Lot>) {
    let (mut placements, mut others) = (Vec::new(), Vec::new());
    for lot in lots {
        match partners.taker(&lot.claims.payer_id, lot.claims.kind).filter(|payer| payer.id.as_str() == lot.payer) {
            Some(payer) => placements.push(LotPlacement {
                release_at: next_release(&payer.batch.release, now, zone).as_millisecond(),
                event: ids.draw(now.as_millisecond()),
                lot,
            }),
            None => others.push(lot),
        }
    }
    (placements, others)
}

/// The payer that takes these claims now, or what support can do about it.
fn payer_of<'a>(claims: &Unplaced, partners: &'a Partners) -> Result<&'a Payer, String> {
    let Unplaced { payer_id, kind, claims: count, .. } = claims;
    let Some(payer) = partners.payer_for_id(payer_id) else {
        return Err(format!(
            "{count} claims ({kind}) name the payer \"{payer_id}\", which no partner file has: add it to payer_ids of a payer"
        ));
    };
    let file = partners.file_of(&payer.id);
    if !payer.active {
        return Err(format!(
            "{count} claims ({kind}) wait for {}, which is not active: see active in {file}",
            payer.id
        ));
    }
    if !payer.accepts.contains(kind) {
        return Err(format!("{count} claims wait: {} does not take {kind}, see accepts in {file}", payer.id));
    }
    Ok(payer)
}
