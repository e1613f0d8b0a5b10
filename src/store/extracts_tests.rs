//! Searches by what extracts know find what a walk through all claims finds, and look at nothing else in buckets whose extract
//! is made.

use super::*;
use crate::domain::Cents;
use crate::domain::ClaimStatus;
use crate::pipeline::answers::testing::send;
use crate::pipeline::testing::{World, professional, sample, world};
use crate::store::search::Among;

#[test]
fn what_is_written_of_an_extract_is_read_again_and_what_is_none_is_not() {
    let mut entries: Vec<Entry> = (0..5_000i64)
        .map(|n| {
            let key = n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) >> (n % 60);
            Entry { key, reach: key.saturating_add(n % 7), claim: (1 << 59) - n * n * 977 }
        })
        .collect();
    entries.extend([i64::MIN, 0, i64::MAX].map(|key| Entry { key, reach: key, claim: i64::MAX - 1 }));
    entries.sort_unstable();
    assert_eq!(read(&written(&entries)).unwrap(), entries);
    assert_eq!(read(&[]).unwrap(), []);
    assert_eq!(read(&[0x80; 12]), Some(Vec::new()), "nothing ends: the caller misses entries");
    assert_eq!(read(&[1]), None);
}

#[test]
fn days_are_in_order_and_what_is_no_day_is_none() {
    let days = ["1999-12-31", "2000-01-01", "2026-09-30", "2026-10-01"].map(day);
    assert!(days.is_sorted() && days.iter().all(Option::is_some), "{days:?}");
    for none in ["", "2026", "2026-1-1", "20261001", "2026-10-xx", "2026-10-01-", "-026-10-01"] {
        assert_eq!(day(none), None, "{none}");
    }
}

/// Claims in four buckets, of which the last is open; what they are like repeats with different steps.
async fn four_buckets() -> World {
    let world = world().await;
    for file in 0..4u32 {
        let claims: Vec<_> = (0..12).map(|n| sample(&format!("F{file}N{n}"), file * 20 + n + 1)).collect();
        send(&world, "acme", &professional(file + 1, &[&claims])).await;
        if file < 3 {
            let first = newest(&world, ClaimQuery::default()).await.first().copied().map(crate::domain::ids::ClaimId);
            drop(world.gateway.store.bucket_for(first, 100_000).await.unwrap());
        }
    }
    for sql in [
        "UPDATE claim SET charge = 100 * (1 + id % 7)",
        "UPDATE claim SET service_from = '2026-0' || (1 + id % 9) || '-11', service_to = '2026-0' || (1 + id % 9) || '-2' || (id % 5)",
        "UPDATE claim SET service_from = '', service_to = '' WHERE id % 11 = 0",
        "UPDATE claim SET payer_id = 'P' || (id % 5)",
        "UPDATE claim SET payer = NULL, status = 2, batch_id = NULL WHERE id % 3 = 0 AND status <> 1",
        "UPDATE claim SET partner = 'acme' || (id % 3)",
    ] {
        run_sql(&world, sql).await;
    }
    world
}

async fn run_sql(world: &World, sql: &'static str) {
    let mut tx = world.gateway.store.begin().await.unwrap();
    query(sql).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn newest(world: &World, query: ClaimQuery) -> Vec<i64> {
    let limit = if query.limit == 0 { 100 } else { query.limit };
    let found = world.gateway.store.search_claims(&ClaimQuery { limit, ..query }).await.unwrap();
    found.iter().map(|line| line.id.0).collect()
}

async fn make(world: &World) -> usize {
    world.gateway.store.make_extracts(&Lease::alone("extracts"), 2).await.unwrap()
}

fn queries() -> Vec<ClaimQuery> {
    let none = ClaimQuery::default();
    let of = |text: &str| Some(text.to_string());
    vec![
        ClaimQuery { charge_min: Some(Cents(300)), charge_max: Some(Cents(300)), ..none.clone() },
        ClaimQuery { charge_min: Some(Cents(650)), ..none.clone() },
        ClaimQuery { charge_max: Some(Cents(100)), ..none.clone() },
        ClaimQuery { charge_min: Some(Cents(100_000)), ..none.clone() },
        ClaimQuery { service_from: of("2026-07-21"), ..none.clone() },
        ClaimQuery { service_to: of("2026-02-11"), ..none.clone() },
        ClaimQuery { service_from: of("2026-03-12"), service_to: of("2026-03-20"), ..none.clone() },
        ClaimQuery { service_from: of("2026-03-23"), service_to: of("2026-04-11"), ..none.clone() },
        ClaimQuery { payer: of("P3"), ..none.clone() },
        ClaimQuery { payer: of("bluestar"), ..none.clone() },
        ClaimQuery { payer: of("nobody"), ..none.clone() },
        ClaimQuery { only_payer: of("bluestar"), charge_max: Some(Cents(200)), ..none.clone() },
        ClaimQuery { partner: of("acme2"), ..none.clone() },
        ClaimQuery { partner: of("acme1"), payer: of("P1"), service_from: of("2026-02-01"), ..none.clone() },
    ]
}

#[tokio::test]
async fn a_search_by_extracts_finds_what_a_walk_finds_page_by_page() {
    let world = four_buckets().await;
    let mut walked = Vec::new();
    for query in queries() {
        walked.push(newest(&world, query).await);
    }
    assert_eq!((make(&world).await, make(&world).await, make(&world).await), (2, 1, 0));
    for (query, walked) in queries().into_iter().zip(walked) {
        let wanted = wanted(&query);
        let store = &world.gateway.store;
        let mut paged: Vec<i64> = Vec::new();
        // As if the newest claims filled no page.
        while let found @ [_, ..] = &store
            .search_buckets(
                &ClaimQuery {
                    limit: 2,
                    before: paged.last().copied().map(crate::domain::ids::ClaimId),
                    ..query.clone()
                },
                &wanted,
                &store.all_buckets().await.unwrap(),
            )
            .await
            .unwrap()[..]
        {
            paged.extend(found.iter().map(|line| line.id.0));
        }
        assert_eq!(paged, walked, "{query:?}");
        assert_eq!(newest(&world, query).await, walked);
    }
}

#[tokio::test]
async fn a_claim_that_is_routed_after_its_extract_was_made_is_found_by_its_payer() {
    let world = four_buckets().await;
    // Some stand in a lot, which is no batch yet and may be dissolved.
    run_sql(&world, "UPDATE claim SET payer = 'first', status = 3, batch_id = 88 WHERE bucket = 2 AND status = 2")
        .await;
    while make(&world).await > 0 {}
    run_sql(&world, "UPDATE claim SET payer = 'later' WHERE payer IS NULL AND status <> 1").await;
    run_sql(&world, "UPDATE claim SET payer = 'later' WHERE batch_id = 88").await;
    let by_payer = ClaimQuery { payer: Some("later".into()), limit: 100, ..ClaimQuery::default() };
    let store = &world.gateway.store;
    let found = store.search_buckets(&by_payer, &wanted(&by_payer), &store.all_buckets().await.unwrap()).await.unwrap();
    assert_eq!(found.iter().map(|line| line.id.0).collect::<Vec<_>>(), newest(&world, by_payer).await);
    assert!(!found.is_empty());
}

#[tokio::test]
async fn in_a_bucket_with_an_extract_only_what_it_names_is_looked_at() {
    let world = four_buckets().await;
    while make(&world).await > 0 {}
    // Behind its back: what no gateway does.
    run_sql(&world, "UPDATE claim SET charge = 77 WHERE bucket IN (1, 4)").await;
    let by_charge = ClaimQuery { charge_max: Some(Cents(77)), limit: 100, ..ClaimQuery::default() };
    let store = &world.gateway.store;
    let buckets = store.all_buckets().await.unwrap();
    assert_eq!(buckets.iter().filter(|bucket| bucket.extracted).count(), 3);
    let found = store.search_buckets(&by_charge, &wanted(&by_charge), &buckets).await.unwrap();
    assert_eq!(found.len(), 12, "those of the open bucket alone");
}

#[tokio::test]
async fn an_extract_goes_with_its_bucket() {
    let world = four_buckets().await;
    while make(&world).await > 0 {}
    let pieces = || async {
        let asked = query("SELECT count(*) FROM claim_extract").fetch_one(world.gateway.store.readers()).await;
        asked.unwrap().get::<i64>(0)
    };
    assert_eq!(pieces().await, 12, "four fields of three buckets");
    run_sql(&world, "UPDATE claim_bucket SET extracted = 0 WHERE number = 2").await;
    while make(&world).await > 0 {}
    assert_eq!(pieces().await, 12, "one that is made again is there once");
}

#[tokio::test]
async fn claims_that_are_not_sent_yet_are_found_by_their_status() {
    let world = four_buckets().await;
    while make(&world).await > 0 {}
    let store = &world.gateway.store;
    let by_status = |status| ClaimQuery { status: Some(status), limit: 100, ..ClaimQuery::default() };
    let accepted = by_status(ClaimStatus::Accepted);
    let walked: Vec<i64> =
        store.search_claims_in(&accepted, Among::All).await.unwrap().iter().map(|line| line.id.0).collect();
    assert!(!walked.is_empty());
    let buckets = store.all_buckets().await.unwrap();
    let found = store.search_buckets(&accepted, &[Wanted::any_payer()], &buckets).await.unwrap();
    assert_eq!(found.iter().map(|line| line.id.0).collect::<Vec<_>>(), walked);
    assert_eq!(newest(&world, accepted).await, walked);
    // Half of a submission is in a batch, and the newest submission is not checked to its end.
    run_sql(&world, "UPDATE claim SET status = 3, batch_id = 77 WHERE bucket = 2 AND status = 2").await;
    run_sql(
        &world,
        "INSERT INTO batch (id, payer, kind, purpose, state, opened_at, release_at)
         VALUES (77, 'bluestar', '837P', 'CH', 0, 0, 0)",
    )
    .await;
    run_sql(&world, "UPDATE submission SET state = 0 WHERE id = (SELECT max(id) FROM submission)").await;
    for (status, claims) in [
        (ClaimStatus::Batched, "status IN (2, 3) AND batch_id IN (SELECT id FROM batch WHERE claim_status IS NULL)"),
        (ClaimStatus::Received, "bucket = 4 AND status IN (1, 2)"),
    ] {
        let sql = format!("SELECT id FROM claim WHERE {claims} ORDER BY id DESC");
        let rows = query(sql).fetch_all(store.readers()).await.unwrap();
        let expected: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert!(!expected.is_empty());
        assert_eq!(newest(&world, by_status(status)).await, expected, "{status:?}");
    }
}
