//! Many claims of one file for one payer: a batch of their own.

use super::{retry_unrouted, run};
use crate::domain::ClaimStatus;
use crate::domain::ids::{BatchId, ClaimId, SubmissionId, TransactionId};
use crate::pipeline::outgoing_tests::{SAMPLE, Sample, World, https_payer, sample_file};
use crate::pipeline::{Progress, batch};
use crate::store::leases::Lease;
use crate::store::search::{ClaimLine, ClaimQuery};
use crate::store::validation::RejectedTransaction;

const ALONE: &str = "alone_from = 2";

async fn one_payer(release: &str, further: &str) -> World {
    World::new(&[("bluestar", https_payer("\"BSTAR\"", release, further))]).await
}

fn three() -> String {
    let named = |number| Sample { number, ..SAMPLE };
    sample_file(&[named("A1"), named("A2"), named("A3")])
}

/// Routes and builds all there is; how many claims each delivered batch has, oldest first.
async fn sent(world: &World) -> Vec<usize> {
    while run(&world.gateway).await.unwrap() == Progress::Worked {}
    while batch::run(&world.gateway).await.unwrap() == Progress::Worked {}
    let mut deliveries = world.gateway.store.deliveries(None, None, None, 100).await.unwrap();
    deliveries.reverse();
    let mut counts = Vec::new();
    for delivery in deliveries {
        counts.push(world.payload_text(delivery.payload_id).await.matches("CLM*").count());
    }
    counts
}

async fn found(world: &World, query: ClaimQuery) -> Vec<ClaimLine> {
    world.gateway.store.search_claims(&ClaimQuery { limit: 10, ..query }).await.unwrap()
}

async fn statuses(world: &World) -> Vec<ClaimStatus> {
    found(world, ClaimQuery::default()).await.into_iter().map(|claim| claim.status).collect()
}

async fn batch_of(world: &World, claim: ClaimId) -> Option<BatchId> {
    world.gateway.store.claim(claim).await.unwrap().unwrap().batch_id
}

async fn waiting(world: &World, submission: SubmissionId) -> Vec<i64> {
    let lots = world.gateway.store.lots_of(submission).await.unwrap().lots;
    lots.iter().map(|lot| lot.claims.claims).collect()
}

#[tokio::test]
async fn many_claims_of_one_file_travel_alone_and_few_join_others() {
    let world = one_payer("immediate", ALONE).await;
    world.submit(&sample_file(&[SAMPLE])).await;
    world.submit(&three()).await;
    world.submit(&sample_file(&[Sample { number: "B1", ..SAMPLE }])).await;
    let mut sizes = sent(&world).await;
    sizes.sort_unstable();
    assert_eq!(sizes, [2, 3]);
    assert!(statuses(&world).await.iter().all(|status| *status == ClaimStatus::Batched));
}

#[tokio::test]
async fn a_batch_of_its_own_waits_for_the_payers_window_too() {
    let world = one_payer("every 12h", ALONE).await;
    world.submit(&three()).await;
    assert_eq!(sent(&world).await, [0_usize; 0]);
    assert_eq!(batch::release_now(&world.gateway, Some("bluestar")).await.unwrap(), 1);
    assert_eq!(sent(&world).await, [3]);
}

#[tokio::test]
async fn until_it_is_routed_nobody_but_its_submitter_sees_a_claim() {
    let world = one_payer("immediate", ALONE).await;
    let text = three();
    let id = world.receive(&text).await;
    let claims = world.add_checked(id, &text).await;
    assert_eq!(statuses(&world).await, [ClaimStatus::Received; 3]);
    let of_payer = || ClaimQuery { only_payer: Some("bluestar".to_string()), ..ClaimQuery::default() };
    assert_eq!(found(&world, of_payer()).await.len(), 0);
    let for_answers = || world.gateway.store.claims_by_control_number(&["A1"]);
    assert_eq!(for_answers().await.unwrap()[0].payer, None);
    assert!(world.gateway.store.claims_by_control_number_begin("bluestar", "A").await.unwrap().is_empty());
    world.finish(id, &text, claims.len()).await;
    assert_eq!(sent(&world).await, [3]);
    assert_eq!(found(&world, of_payer()).await.len(), 3);
    assert_eq!(for_answers().await.unwrap()[0].payer.as_deref(), Some("bluestar"));
}

#[tokio::test]
async fn checks_that_begin_anew_leave_nothing_of_the_earlier_lot() {
    let world = one_payer("immediate", ALONE).await;
    let text = three();
    let id = world.receive(&text).await;
    world.add_checked(id, &text).await;
    let world = world.again(1).await;
    let claims = world.add_checked(id, &text).await;
    assert_eq!(waiting(&world, id).await, [3]);
    world.finish(id, &text, claims.len()).await;
    assert_eq!(sent(&world).await, [3]);
}

#[tokio::test]
async fn a_lot_of_an_unfinished_check_keeps_its_number_from_others_after_a_restart() {
    let world = one_payer("immediate", ALONE).await;
    let text = three();
    let id = world.receive(&text).await;
    world.add_checked(id, &text).await;
    let lot = world.gateway.store.lots_of(id).await.unwrap().lots[0].batch;
    assert!(world.gateway.store.newest_id().await.unwrap().unwrap() >= lot.0);
}

#[tokio::test]
async fn claims_rejected_with_their_transaction_leave_the_lot() {
    let world = one_payer("immediate", ALONE).await;
    let text = three();
    let id = world.receive(&text).await;
    let claims = world.add_checked(id, &text).await;
    let transaction = claims[0].transaction_id;
    let rejected = |id: TransactionId, first: ClaimId, last: ClaimId| RejectedTransaction {
        id,
        first_claim: first,
        last_claim: last,
        code: "999:5".to_string(),
        text: String::new(),
    };
    let gateway = &world.gateway;
    let one = rejected(transaction, claims[1].id, claims[1].id);
    gateway.store.reject_transaction(&one, &Lease::alone("test"), 1, || gateway.draw_id()).await.unwrap();
    assert_eq!(waiting(&world, id).await, [2]);
    assert_eq!(batch_of(&world, claims[1].id).await, None);
    world.finish(id, &text, 2).await;
    assert_eq!(sent(&world).await, [2]);
    // A lot that all leave becomes no batch.
    let id = world.receive("another").await;
    let claims = world.add_checked(id, &text.replace("CLM*A", "CLM*B")).await;
    let all = rejected(transaction, claims[0].id, claims[2].id);
    gateway.store.reject_transaction(&all, &Lease::alone("test"), 1, || gateway.draw_id()).await.unwrap();
    world.finish(id, &text, 0).await;
    assert_eq!(sent(&world).await, [2]);
    assert_eq!(waiting(&world, id).await, [0_i64; 0]);
}

#[tokio::test]
async fn a_lot_whose_payer_takes_no_more_is_routed_like_any_other() {
    let world = one_payer("immediate", ALONE).await;
    let text = three();
    let id = world.receive(&text).await;
    let claims = world.add_checked(id, &text).await;
    let file = |further: &str| {
        let named = format!("active = {further}\n{}", https_payer("\"BSTAR\"", "immediate", ALONE));
        std::fs::write(world.folder.path().join("partners/bluestar.toml"), named).unwrap();
        world.gateway.partners.reload().unwrap();
    };
    file("false");
    world.finish(id, &text, claims.len()).await;
    assert_eq!(sent(&world).await, [0_usize; 0]);
    assert_eq!(world.gateway.store.submissions_with_strays().await.unwrap(), [id]);
    assert_eq!(statuses(&world).await, [ClaimStatus::Accepted; 3]);
    file("true");
    assert_eq!(retry_unrouted(&world.gateway).await.unwrap(), 1);
    assert_eq!(sent(&world).await, [3]);
    assert!(world.gateway.store.submissions_with_strays().await.unwrap().is_empty());
}
