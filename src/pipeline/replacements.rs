//! Which claim a replacement or void claim (CLM05-3 of 7 or 8) stands for: the one whose payer's number its REF*F8
//! gives; where that number is unknown here, the claim before it with the same patient control number, provider and
//! member. Works on the store alone, once for each batch; no stage.

use std::sync::Arc;

use super::{Gateway, StageError};
use crate::domain::Phi;
use crate::domain::ids::{BatchId, ClaimId};
use crate::store::events::NewClaimEvent;
use crate::store::matching::ClaimFacts;
use crate::store::replacements::Replacement;

/// Links the replacement and void claims of a batch.
pub async fn link(gateway: &Arc<Gateway>, batch: BatchId) -> Result<(), StageError> {
    for replacement in gateway.store.replacements_of_batch(batch).await? {
        let earlier = gateway.store.earlier_claims(&replacement).await?;
        if let Some((original, rule)) = original(&replacement, &earlier) {
            let (by, of) = events(gateway, &replacement, original, rule);
            gateway.store.link_replacement(by, of).await?;
        }
    }
    Ok(())
}

/// `earlier`: those with the number it refers to first, then those with its control number, each newest first.
fn original(replacement: &Replacement, earlier: &[ClaimFacts]) -> Option<(ClaimId, &'static str)> {
    let reference = replacement.original_reference.reveal();
    let numbered =
        |claim: &&ClaimFacts| !reference.is_empty() && claim.payer_numbers().any(|number| number == reference);
    let same = |claim: &&ClaimFacts| claim.provider_npi == replacement.provider_npi;
    if let Some(claim) = earlier.iter().filter(numbered).find(same) {
        return Some((claim.id, "payer claim control number"));
    }
    // The number it refers to may be known for another claim: then it is not this one's predecessor.
    let free = |claim: &&ClaimFacts| claim.payer_claim_control_number.is_none() || reference.is_empty();
    let alike = |claim: &&ClaimFacts| {
        same(claim)
            && claim.patient_control_number.reveal() == replacement.patient_control_number.reveal()
            && claim.member_id.reveal() == replacement.member_id.reveal()
    };
    let claim = earlier.iter().filter(free).find(alike)?;
    Some((claim.id, "patient control number, provider and member"))
}

fn events(
    gateway: &Gateway,
    replacement: &Replacement,
    original: ClaimId,
    rule: &'static str,
) -> (NewClaimEvent, NewClaimEvent) {
    let (does, done) = if replacement.frequency == "8" { ("voids", "voided") } else { ("replaces", "replaced") };
    let event = |claim_id, kind, text| NewClaimEvent {
        id: gateway.draw_id(),
        claim_id,
        at: gateway.clock.now_ms(),
        kind,
        status: None,
        code: replacement.frequency.clone(),
        text,
        rule,
        evidence: String::new(),
        inbound_id: None,
        said: None,
        lines: Phi::default(),
    };
    let by = event(replacement.id, "replaces", format!("This claim {does} claim {original}"));
    let of = event(original, "replaced", format!("This claim is {done} by claim {}", replacement.id));
    (by, of)
}

#[cfg(test)]
mod tests {
    use crate::pipeline::answers::testing::*;
    use crate::pipeline::correlate;
    use crate::pipeline::testing::{Sample, World, professional, sample, world};
    use crate::store::search::ClaimQuery;

    /// A1 with the payer's number ICN1, and a second claim of this number that refers to `reference`.
    async fn replaced(frequency: &str, reference: &str) -> World {
        let world = world().await;
        let first = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        answer(&world, &ack277ca(&[(first[0].clone(), "A2:20", "ICN1")])).await;
        let dearer = Sample { charge: 120, ..sample("A1", 1) };
        let file = String::from_utf8(professional(2, &[&[dearer]])).unwrap();
        let file = file.replace("11:B:1*Y*A*Y*Y~\n", &format!("11:B:{frequency}*Y*A*Y*Y~\nREF*F8*{reference}~\n"));
        // One segment more.
        let count = file.split("SE*").nth(1).unwrap().split('*').next().unwrap().to_string();
        let more = count.parse::<u32>().unwrap() + 1;
        let file = file.replace(&format!("SE*{count}*"), &format!("SE*{more}*"));
        send(&world, "acme", file.as_bytes()).await;
        correlate::run(&world.gateway).await.unwrap();
        world
    }

    /// Kind and text of what links the two claims, the newer claim first.
    async fn links(world: &World) -> Vec<(String, String, String)> {
        let query =
            ClaimQuery { patient_control_number: Some("A1".to_string().into()), limit: 10, ..ClaimQuery::default() };
        let mut found = Vec::new();
        for claim in world.gateway.store.search_claims(&query).await.unwrap() {
            for event in world.gateway.store.claim_timeline(claim.id).await.unwrap() {
                if event.kind.starts_with("replace") {
                    found.push((event.kind, event.text, event.rule));
                }
            }
        }
        found
    }

    #[tokio::test]
    async fn a_replacement_is_linked_by_the_payers_number_and_told_on_both_timelines_once() {
        let world = replaced("7", "ICN1").await;
        let told = links(&world).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!((told[0].0.as_str(), told[0].2.as_str()), ("replaces", "payer claim control number"));
        assert!(
            told[0].1.starts_with("This claim replaces claim ") && told[1].1.contains("is replaced by"),
            "{told:?}"
        );
        correlate::run(&world.gateway).await.unwrap();
        assert_eq!(links(&world).await.len(), 2);
    }

    #[tokio::test]
    async fn a_void_that_refers_to_a_number_of_another_claim_is_not_linked_by_its_control_number() {
        let told = links(&replaced("8", "ICN9").await).await;
        assert!(told.is_empty(), "the claim before it is known to be ICN1, not ICN9: {told:?}");
    }
}
