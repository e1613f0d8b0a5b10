//! Claims that stand in several buckets are found in each of them, and no further is looked than need be.

use super::*;
use crate::domain::{ClaimStatus, Phi};
use crate::pipeline::answers::testing::{ack277ca, answer, send};
use crate::pipeline::testing::{World, professional, sample, world};
use crate::store::search::{ClaimLine, ClaimQuery};

/// Three files of two claims, in a bucket each; all but the last are closed.
async fn three_buckets() -> World {
    let world = world().await;
    for file in 0..3u32 {
        let claims = [sample(&format!("Ab{file}"), file + 1), sample(&format!("Cd{file}"), file + 11)];
        send(&world, "acme", &professional(file + 1, &[&claims])).await;
        // As if so many others had come.
        let first = newest(&world, ClaimQuery::default()).await.first().map(|line| line.id);
        drop(world.gateway.store.bucket_for(first, 100_000).await.unwrap());
    }
    world
}

async fn newest(world: &World, query: ClaimQuery) -> Vec<ClaimLine> {
    world.gateway.store.search_claims(&ClaimQuery { limit: 50, ..query }).await.unwrap()
}

#[tokio::test]
async fn many_control_numbers_are_looked_for_only_in_buckets_that_hold_them() {
    let world = three_buckets().await;
    let store = &world.gateway.store;
    let strange: Vec<String> = (0..WORTH_MAKING).map(|n| format!("NOT{n}")).collect();
    let mut numbers: Vec<&str> = strange.iter().map(String::as_str).collect();
    numbers.extend(["aB0", "CD1", "ab2"]);
    let at = |back: usize| numbers.len() - back;
    let places = store.whereabouts(&numbers).await.unwrap();
    assert_eq!((places.any.len(), &places.some), (1, &vec![(2, vec![at(2)]), (1, vec![at(3)])]));
    let found = store.claims_by_control_number(&numbers).await.unwrap();
    let mut found: Vec<&str> = found.iter().map(|claim| claim.patient_control_number.reveal().as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, ["Ab0", "Ab2", "Cd1"]);
}

#[tokio::test]
async fn a_search_stops_at_the_bucket_that_fills_its_page_and_misses_none() {
    let world = three_buckets().await;
    let by_name = |limit, before| ClaimQuery {
        patient_last_name: Some(Phi::new("doe".to_string())),
        limit,
        before,
        ..ClaimQuery::default()
    };
    let all = newest(&world, by_name(50, None)).await;
    let order: Vec<&str> = all.iter().map(|line| line.patient_control_number.reveal().as_str()).collect();
    assert_eq!(order, ["Cd2", "Ab2", "Cd1", "Ab1", "Cd0", "Ab0"]);
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = world.gateway.store.search_claims(&by_name(2, before)).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        paged.extend(page.into_iter().map(|line| line.id));
    }
    assert_eq!(paged, all.iter().map(|line| line.id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_search_by_status_finds_what_claims_have_themselves_and_what_they_have_from_their_batch() {
    let world = world().await;
    let claims = [sample("A1", 1), sample("A2", 2), sample("A3", 3).spoilt()];
    let sent = send(&world, "acme", &professional(1, &[&claims])).await;
    let mail = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
    answer(&world, &ack277ca(&[(sent[0].clone(), "A3:21", "")])).await;
    let expected = [(ClaimStatus::Rejected, "A3"), (ClaimStatus::PayerRejected, "A1"), (ClaimStatus::Sent, "A2")];
    for status in ClaimStatus::ALL.iter().copied() {
        let found = newest(&world, ClaimQuery { status: Some(status), ..ClaimQuery::default() }).await;
        let found: Vec<&str> = found.iter().map(|line| line.patient_control_number.reveal().as_str()).collect();
        let expected: Vec<&str> = expected.iter().filter(|(of, _)| *of == status).map(|(_, number)| *number).collect();
        assert_eq!(found, expected, "{}", status.as_str());
    }
}
