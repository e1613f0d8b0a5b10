//! What became of a file is known to the node that handed it over, and recorded however late: after an outage of any
//! length, when its leases are over, and when another node has looked for the file meanwhile.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::{World, build_all, deliver_all, only, statuses};
use crate::domain::ClaimStatus;
use crate::link::certs;
use crate::link::remote_files::RemoteFiles;
use crate::link::sftp_client::RemoteFile;
use crate::link::trouble::LinkError;
use crate::pipeline::deliver::insist::insist_on_end;
use crate::pipeline::deliver::run::{Serving, serve_all};
use crate::pipeline::lease::under_lease_renewed;
use crate::pipeline::lines::Lines;
use crate::pipeline::outgoing_tests::{SAMPLE, sample_file};
use crate::pipeline::testing::KEY;
use crate::pipeline::under_way::Turn;
use crate::pipeline::{Gateway, StageError};
use crate::store::alarms::AlarmRow;
use crate::store::attempts::{Failure, Reach, Taken};
use crate::store::deliveries::{DeliveryState, Doubtful};
use crate::store::{Engine, StoreError};

/// The folder of a payer over SFTP, in memory.
#[derive(Clone, Default)]
struct Folder {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    renames: Arc<AtomicUsize>,
    /// Where the key lies with which the gateway would log in.
    _keys: Option<Arc<TempDir>>,
    /// When there is one, a rename tells that it was asked for, and waits for a word.
    gate: Arc<Mutex<Option<Gate>>>,
}

struct Gate {
    asked: Sender<()>,
    go_on: Receiver<()>,
}

impl RemoteFiles for Folder {
    fn put(&self, source: &mut dyn Read, folder: &str, name: &str, _bytes: u64) -> Result<(), LinkError> {
        let mut all = Vec::new();
        source.read_to_end(&mut all).unwrap();
        self.files.lock().unwrap().insert(format!("{folder}/{name}"), all);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), LinkError> {
        if let Some(gate) = self.gate.lock().unwrap().take() {
            gate.asked.send(()).unwrap();
            gate.go_on.recv().unwrap();
        }
        let mut files = self.files.lock().unwrap();
        let bytes = files.remove(from).unwrap();
        files.insert(to.to_string(), bytes);
        self.renames.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn stat(&self, path: &str) -> Result<Option<u64>, LinkError> {
        Ok(self.files.lock().unwrap().get(path).map(|bytes| bytes.len() as u64))
    }

    fn look(&self, path: &str) -> Result<Option<RemoteFile>, LinkError> {
        let there = |bytes| RemoteFile { name: path.to_string(), bytes, modified: None };
        Ok(self.stat(path)?.map(there))
    }

    fn list(&self, _folder: &str) -> Result<Vec<RemoteFile>, LinkError> {
        Ok(Vec::new())
    }

    fn get(&self, _path: &str, _sink: &mut dyn Write) -> Result<u64, LinkError> {
        Ok(0)
    }

    fn remove(&self, path: &str) -> Result<(), LinkError> {
        self.files.lock().unwrap().remove(path);
        Ok(())
    }
}

/// One claim in a file that is due to a payer with such a folder.
async fn world() -> (World, Folder) {
    let keys = tempfile::tempdir().unwrap();
    certs::init(keys.path()).unwrap();
    let key = keys.path().join(certs::SSH_HOST_KEY);
    let settings = format!(
        "kind = \"payer\"\nname = \"Blue Star Health\"\npayer_ids = [\"BSTAR\"]\naccepts = [\"837P\"]\n\
         [interchange]\nqualifier = \"ZZ\"\nid = \"BLUESTAR\"\n[batch]\nrelease = \"immediate\"\n[endpoint]\n\
         type = \"sftp\"\nhost = \"payer.test\"\nport = 22\nuser = \"claimgate\"\nprivate_key = \"{}\"\n\
         host_key = \"{KEY}\"\nupload_to = \"inbound\"\n",
        key.display()
    );
    let mut world = World::new(&[("bluestar", settings)]).await;
    let folder = Folder { _keys: Some(Arc::new(keys)), ..Folder::default() };
    let dialled = folder.clone();
    let gateway = Arc::get_mut(&mut world.gateway).unwrap();
    gateway.lines = Lines::over(Arc::new(move |_| Ok(Box::new(dialled.clone()))));
    world.submit(&sample_file(&[SAMPLE])).await;
    build_all(&world).await;
    (world, folder)
}

async fn take(world: &World, node: u8) -> Taken {
    let (gateway, id) = (&world.gateway, only(world).await.id);
    let now = gateway.clock.now_ms();
    gateway.store.take_delivery(id, node, now, now + 60_000).await.unwrap().unwrap()
}

/// One node has handed the file over, and another looks into it, as the first was away for too long.
async fn two_nodes(world: &World) -> (Taken, Taken) {
    let first = take(world, 0).await;
    world.gateway.store.begin_second_half(&first).await.unwrap();
    world.gateway.clock.advance(Duration::from_secs(60));
    let second = take(world, 1).await;
    assert_eq!(second.delivery.doubtful, Doubtful::MayHaveArrived);
    (first, second)
}

async fn record_sent(gateway: &Gateway, taken: &Taken, outcome: &'static str) {
    let event = gateway.batch_event(taken.delivery.batch_id, "sent", "as told");
    gateway.store.record_sent(taken, outcome, "", &event).await.unwrap();
}

async fn outcomes(world: &World) -> Vec<String> {
    let attempts = world.gateway.store.delivery_attempts(only(world).await.id).await.unwrap();
    attempts.into_iter().map(|attempt| attempt.outcome).collect()
}

async fn is_sent_once(world: &World) {
    assert_eq!(only(world).await.state, DeliveryState::Sent);
    assert_eq!(statuses(world).await, [ClaimStatus::Sent]);
    let store = &world.gateway.store;
    let claim = store.batch_claims(only(world).await.batch_id, None, 1).await.unwrap()[0].id;
    let told = store.claim_timeline(claim).await.unwrap();
    assert_eq!(told.iter().filter(|event| event.kind == "sent").count(), 1, "it is told as sent once");
}

async fn alarms(world: &World) -> Vec<AlarmRow> {
    world.gateway.store.standing_alarms().await.unwrap()
}

fn is_lost<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Lost { .. }))
}

#[tokio::test]
async fn what_arrived_is_recorded_also_while_another_node_looks_for_it_and_that_node_hands_nothing_over() {
    let (world, _folder) = world().await;
    let (first, second) = two_nodes(&world).await;
    let gateway = &world.gateway;
    record_sent(gateway, &first, "sent").await;
    assert_eq!(outcomes(&world).await, ["sent", ""], "the other's attempt is its own");
    let now = gateway.clock.now_ms();
    assert!(is_lost(gateway.store.begin_second_half(&second).await), "it would have been sent twice");
    assert!(is_lost(gateway.store.extend_lease(&second, now + 60_000).await));
    let failure = Failure { next_at: now, doubtful: Doubtful::No, reach: Reach::ThisDelivery, detail: String::new() };
    assert!(is_lost(gateway.store.record_failed(&second, &failure, now).await));
    let event = gateway.batch_event(second.delivery.batch_id, "support", "nobody knows");
    assert!(is_lost(gateway.store.record_given_up(&second, Doubtful::ToldToSupport, gateway.draw_id(), &event).await));
    assert!(gateway.store.end_overtaken(&second, now).await.unwrap());
    assert_eq!(outcomes(&world).await, ["sent", "found"]);
    is_sent_once(&world).await;
}

#[tokio::test]
async fn what_arrived_is_recorded_also_when_another_node_found_it_or_told_support() {
    let (found, _folder) = world().await;
    let (first, second) = two_nodes(&found).await;
    record_sent(&found.gateway, &second, "found").await;
    record_sent(&found.gateway, &first, "sent").await;
    // A try whose end was not known is made again.
    record_sent(&found.gateway, &first, "sent").await;
    assert_eq!(outcomes(&found).await, ["sent", "found"]);
    is_sent_once(&found).await;

    let (told, _folder) = world().await;
    let (first, second) = two_nodes(&told).await;
    let event = told.gateway.batch_event(second.delivery.batch_id, "support", "most likely the payer took it");
    let alarm = told.gateway.draw_id();
    told.gateway.store.record_given_up(&second, Doubtful::ToldToSupport, alarm, &event).await.unwrap();
    assert_eq!(alarms(&told).await.len(), 1);
    record_sent(&told.gateway, &first, "sent").await;
    assert_eq!(outcomes(&told).await, ["sent", "support"]);
    assert!(alarms(&told).await.is_empty(), "support still looks for it");
    is_sent_once(&told).await;
}

#[tokio::test]
async fn an_attempt_that_is_taken_over_and_did_not_arrive_changes_nothing() {
    let (world, _folder) = world().await;
    let (first, _second) = two_nodes(&world).await;
    assert!(!world.gateway.store.end_overtaken(&first, 0).await.unwrap());
    assert_eq!(outcomes(&world).await, ["look", ""]);
    assert_eq!(only(&world).await.state, DeliveryState::Due);
}

#[tokio::test]
async fn what_happened_is_recorded_however_long_the_database_is_away() {
    let (world, _folder) = world().await;
    let first = take(&world, 0).await;
    let gateway = &world.gateway;
    gateway.store.begin_second_half(&first).await.unwrap();
    let event = gateway.batch_event(first.delivery.batch_id, "sent", "as told");
    let asked = AtomicUsize::new(0);
    let write = || async {
        gateway.clock.advance(Duration::from_secs(3_600));
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(StoreError::away()),
            _ => gateway.store.record_sent(&first, "sent", "", &event).await,
        }
    };
    insist_on_end(write).await.unwrap();
    is_sent_once(&world).await;
}

/// With SQLite there is one gateway, and no lease to be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_payer_took_while_the_lease_was_lost_is_recorded() {
    let (world, folder) = world().await;
    if world.gateway.store.engine() == Engine::Sqlite {
        return;
    }
    let (gateway, id) = (world.gateway.clone(), only(&world).await.id);
    let ((asked, was_asked), (go_on, word)) = (channel(), channel());
    *folder.gate.lock().unwrap() = Some(Gate { asked, go_on: word });
    assert_eq!(gateway.under_way.begin("bluestar"), Turn::Yours);
    let serving = Serving::begun(gateway.clone(), "bluestar".to_string());
    let served = tokio::spawn({
        let gateway = gateway.clone();
        async move {
            let every = Duration::from_millis(20);
            under_lease_renewed(&gateway, "deliver:bluestar", every, async |_| serve_all(&serving, vec![id]).await)
                .await
        }
    });
    tokio::task::spawn_blocking(move || was_asked.recv().unwrap()).await.unwrap();
    // As when the lease ran out while the database was away, and another node took the delivery over.
    gateway.store.end_leases(0).await.unwrap();
    let ended = served.await.unwrap();
    assert!(matches!(ended, Err(StageError::LeaseLost)), "{ended:?}");
    gateway.clock.advance(Duration::from_secs(60));
    let second = take(&world, 1).await;
    go_on.send(()).unwrap();
    gateway.under_way.idle().await;
    is_sent_once(&world).await;
    assert_eq!(outcomes(&world).await, ["sent", ""]);
    assert!(is_lost(gateway.store.begin_second_half(&second).await));
    assert_eq!(folder.renames.load(Ordering::SeqCst), 1);
}

/// The whole stage of a node that looked for the file when the first one's word came.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_meanwhile_that_the_file_arrived_ends_its_attempt_in_order() {
    let (world, folder) = world().await;
    let first = take(&world, 0).await;
    world.gateway.store.begin_second_half(&first).await.unwrap();
    world.gateway.clock.advance(Duration::from_secs(60));
    let ((asked, was_asked), (go_on, word)) = (channel(), channel());
    *folder.gate.lock().unwrap() = Some(Gate { asked, go_on: word });
    // What the first one left under its hidden name is whole: the second would rename it.
    let bytes = world.gateway.read_payload(first.delivery.payload_id).await.unwrap();
    let hidden = format!("inbound/.{}.part", first.delivery.file_name);
    folder.files.lock().unwrap().insert(hidden, bytes);
    let world = Arc::new(world);
    let delivering = tokio::spawn({
        let world = world.clone();
        async move { deliver_all(&world).await }
    });
    tokio::task::spawn_blocking(move || was_asked.recv().unwrap()).await.unwrap();
    record_sent(&world.gateway, &first, "sent").await;
    go_on.send(()).unwrap();
    delivering.await.unwrap();
    assert_eq!(outcomes(&world).await, ["sent", "sent"], "both are true: the second one renamed it");
    is_sent_once(&world).await;
}
