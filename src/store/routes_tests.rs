//! Claims of many files go into one payer's window while it is closed again and again: each ends in one batch, which is
//! what it says it is, and no claim gets into one that is closed.

use std::collections::BTreeMap;

use super::claims::{NewClaim, Span, Spans, add_claims};
use super::events::NewBatchEvent;
use super::routes::{Placement, Placing};
use super::sql::query;
use super::{Store, testing};
use crate::domain::ids::{BatchId, ClaimId, EventId, SubmissionId, TransactionId};
use crate::domain::{Cents, ClaimKind, Phi};

const FILES: i64 = 12;
const CLAIMS_OF_A_FILE: i64 = 40;
const PIECE: u32 = 15;
const PAYERS: [&str; 3] = ["BSTAR", "RMOON", "GSUN"];

pub(super) fn claim(id: i64, submission: i64) -> NewClaim {
    let text = |text: &str| text.to_string();
    let span = Span { offset: 0, bytes: 1 };
    NewClaim {
        id: ClaimId(id),
        submission_id: SubmissionId(submission),
        transaction_id: TransactionId(submission),
        partner: text("acme"),
        kind: ClaimKind::Professional,
        patient_control_number: Phi::new(format!("C{id}")),
        charge: Cents(100),
        frequency: text("1"),
        facility: text("11"),
        original_reference: None,
        upstream_trace: None,
        payer_id: text(PAYERS[usize::try_from(id).unwrap() % PAYERS.len()]),
        filing_indicator: text("CI"),
        purpose: text("CH"),
        provider_npi: text("1234567893"),
        provider_tin: String::new(),
        provider_name: String::new(),
        member_id: Phi::new(String::new()),
        patient_last_name: Phi::new(String::new()),
        patient_first_name: Phi::new(String::new()),
        patient_birth_date: Phi::new(String::new()),
        service_from: String::new(),
        service_to: String::new(),
        lines: 1,
        fingerprint: id,
        spans: Spans { provider: span, subscriber: span, patient: span, claim: span },
    }
}

async fn made(store: &Store) {
    let mut tx = store.begin_beside().await.unwrap();
    for file in 1..=FILES {
        let claims: Vec<NewClaim> = (0..CLAIMS_OF_A_FILE).map(|n| claim(file * 1_000 + n, file)).collect();
        add_claims(&mut tx, 1, &claims, &Default::default(), &[]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// As the route stage does it, by one of two nodes at the same file.
async fn route(store: Store, file: i64, node: i64) {
    let (mut after, mut draw) = (None, (file * 2 + node) * 10_000);
    loop {
        let piece = store.claims_to_route(SubmissionId(file), after, PIECE).await.unwrap();
        if piece.count() == 0 {
            return;
        }
        let mut placements = Vec::new();
        for claims in piece.claims.clone() {
            draw += 1;
            let payer = claims.payer_id.to_ascii_lowercase();
            let (new_batch, event) = (BatchId(draw), EventId(draw));
            placements.push(Placement { claims, payer, release_at: 0, new_batch, event });
        }
        // In an order of its own, as the nodes' plans may have.
        placements.rotate_left(usize::try_from(node + file).unwrap() % PAYERS.len());
        match store.place_piece(SubmissionId(file), &piece, &placements, 1).await.unwrap() {
            Placing::Done => after = Some(piece.last),
            Placing::ChangedMeanwhile => {}
        }
    }
}

async fn claims_in(store: &Store, batch: BatchId) -> i64 {
    let row = query("SELECT count(*) FROM claim WHERE batch_id = ?").bind(batch.0).fetch_one(store.readers()).await;
    row.unwrap().get(0)
}

/// Closes whatever is open, and notes what each batch held when it was closed.
async fn close_all(store: &Store, closed: &mut BTreeMap<BatchId, i64>) {
    for batch in store.batches_in(super::batches::BatchState::Open).await.unwrap() {
        let event = NewBatchEvent {
            id: EventId(900_000 + batch.0),
            batch_id: batch,
            at: 2,
            kind: "closed",
            st02: String::new(),
            code: String::new(),
            text: String::new(),
            inbound_id: None,
            said: None,
        };
        store.close_batch(&event).await.unwrap();
        closed.insert(batch, claims_in(store, batch).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claims_placed_by_several_nodes_while_windows_close_are_in_one_batch_each_and_none_in_a_closed_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = testing::open(folder.path()).await;
    made(&store).await;
    let routing: Vec<_> =
        (1..=FILES).flat_map(|file| [0, 1].map(|node| tokio::spawn(route(store.clone(), file, node)))).collect();
    let mut closed = BTreeMap::new();
    while !routing.iter().all(|one| one.is_finished()) {
        close_all(&store, &mut closed).await;
    }
    for one in routing {
        one.await.unwrap();
    }
    close_all(&store, &mut closed).await;
    for (batch, held) in &closed {
        assert_eq!(claims_in(&store, *batch).await, *held, "claims got into batch {batch} after it was closed");
    }
    let all = query("SELECT count(*), sum(claims), sum(charge) FROM batch").fetch_one(store.readers()).await.unwrap();
    let (batches, counted, charge): (i64, i64, i64) = (all.get(0), all.get(1), all.get(2));
    assert_eq!(usize::try_from(batches).unwrap(), closed.len());
    assert_eq!(
        (counted, charge),
        (FILES * CLAIMS_OF_A_FILE, FILES * CLAIMS_OF_A_FILE * 100),
        "batches count other claims"
    );
    assert_eq!(closed.values().sum::<i64>(), FILES * CLAIMS_OF_A_FILE);
    assert!(closed.len() > PAYERS.len(), "no window was closed while claims came");
}
