//! Over HTTPS, against a payer whose answers are given out one by one.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use tempfile::TempDir;

use super::{build_all, deliver_all, only, statuses};
use crate::domain::ClaimStatus;
use crate::link::certs;
use crate::link::https_server::{HttpLimits, serve};
use crate::link::tls::{TlsFiles, server_config};
use crate::pipeline::outgoing_tests::{SAMPLE, World, https_payer, sample_file};
use crate::store::deliveries::DeliveryState;

/// Key, name and bytes of each file that was posted.
type Posted = Vec<(String, String, Vec<u8>)>;
/// Status, and what `Retry-After` says.
type Answer = (u16, Option<&'static str>);

#[derive(Clone)]
struct Desk {
    /// Its certificate and authority.
    keys: Arc<TempDir>,
    /// 202 when there are no more.
    answers: Arc<Mutex<VecDeque<Answer>>>,
    posted: Arc<Mutex<Posted>>,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk { keys: Arc::new(tempfile::tempdir().unwrap()), answers: Arc::default(), posted: Arc::default() }
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_string();
    assert_eq!(header("content-type"), "application/edi-x12");
    desk.posted.lock().unwrap().push((header("idempotency-key"), header("x-file-name"), body.to_vec()));
    let (status, retry_after) = desk.answers.lock().unwrap().pop_front().unwrap_or((202, None));
    let headers = retry_after.map(|seconds| [("retry-after", seconds)]);
    (StatusCode::from_u16(status).unwrap(), headers.map(IntoResponse::into_response).unwrap_or_default())
}

/// A payer that answers so, and a gateway with one claim for it.
async fn world_of(answers: &[Answer]) -> (World, Desk) {
    let desk = Desk::default();
    let keys = desk.keys.path();
    certs::init(keys).unwrap();
    desk.answers.lock().unwrap().extend(answers);
    let port = payer(keys, desk.clone()).await;
    let settings = https_payer("\"BSTAR\"", "immediate", "[retry]\nfirst = \"30s\"\nmax = \"1h\"\n")
        .replace("https://127.0.0.1:1/claims", &format!("https://localhost:{port}/claims"))
        + &format!("ca = \"{}\"\n", keys.join(certs::CA_CERTIFICATE).display());
    let world = World::new(&[("bluestar", settings)]).await;
    world.submit(&sample_file(&[SAMPLE])).await;
    build_all(&world).await;
    (world, desk)
}

async fn payer(keys: &Path, desk: Desk) -> u16 {
    let files = TlsFiles {
        certificate: keys.join(certs::SERVER_CERTIFICATE),
        key: keys.join(certs::SERVER_KEY),
        client_ca: None,
    };
    let tls = server_config(&files).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/claims", post(take)).with_state(desk);
    let (sender, stop) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        let _stays_open = sender;
        serve(listener, tls, router, HttpLimits::default(), stop).await;
    });
    port
}

/// The outcomes of the attempts, the waits of `retry` passed between them.
async fn outcomes(world: &World) -> Vec<String> {
    for _ in 0..5 {
        deliver_all(world).await;
        world.gateway.clock.advance(Duration::from_secs(600));
    }
    let attempts = world.gateway.store.delivery_attempts(only(world).await.id).await.unwrap();
    attempts.into_iter().map(|attempt| attempt.outcome).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_posted_with_its_name_and_key() {
    let (world, desk) = world_of(&[]).await;
    assert_eq!(outcomes(&world).await, ["sent"]);
    let delivery = only(&world).await;
    let bytes = world.gateway.read_payload(delivery.payload_id).await.unwrap();
    assert_eq!(*desk.posted.lock().unwrap(), [(delivery.id.to_string(), delivery.file_name, bytes)]);
    assert_eq!(statuses(&world).await, [ClaimStatus::Sent]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_with_the_same_key_that_the_payer_has_already_is_found() {
    let (world, desk) = world_of(&[(500, None), (409, None)]).await;
    assert_eq!(outcomes(&world).await, ["look", "found"]);
    let posted = desk.posted.lock().unwrap();
    assert_eq!((posted.len(), &posted[0].0), (2, &posted[1].0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_cut_off_is_repeated_with_its_key() {
    let (world, desk) = world_of(&[(409, None)]).await;
    let (store, now) = (&world.gateway.store, world.gateway.clock.now_ms());
    let taken = store.take_delivery(only(&world).await.id, 0, now, now + 1000).await.unwrap().unwrap();
    store.begin_second_half(&taken).await.unwrap();
    let world = world.again(1).await;
    super::recover(&world.gateway).await.unwrap();
    assert_eq!(outcomes(&world).await, ["look", "found"]);
    assert_eq!(desk.posted.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_asks_to_wait_is_left_alone_so_long() {
    let (world, desk) = world_of(&[(429, Some("300"))]).await;
    deliver_all(&world).await;
    assert_eq!(only(&world).await.next_at, world.gateway.clock.now_ms() + 300_000);
    assert_eq!(outcomes(&world).await, ["retry", "sent"]);
    assert_eq!(desk.posted.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_the_payer_refuses_goes_to_support() {
    let (world, _desk) = world_of(&[(422, None)]).await;
    assert_eq!(outcomes(&world).await, ["support"]);
    let delivery = only(&world).await;
    assert_eq!(delivery.state, DeliveryState::WithSupport);
    assert!(delivery.last_detail.contains("422"), "{}", delivery.last_detail);
    assert_eq!(statuses(&world).await, [ClaimStatus::Batched]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_lost_here_goes_to_support_at_once() {
    let (world, desk) = world_of(&[]).await;
    world.gateway.store.lose_small_payload(only(&world).await.payload_id).await;
    assert_eq!(outcomes(&world).await, ["support"]);
    let delivery = only(&world).await;
    assert_eq!(delivery.state, DeliveryState::WithSupport);
    assert!(delivery.last_detail.contains("Restore it from a backup"), "{}", delivery.last_detail);
    assert!(desk.posted.lock().unwrap().is_empty());
}
