//! Files reach a payer exactly once, whatever stops the gateway or the payer. Against OpenSSH's own server,
//! over real sockets; a machine without it skips what needs it.

mod https;
mod late;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::{recover, retry, run};
use crate::domain::ClaimStatus;
use crate::domain::ids::PayloadId;
use crate::link::sftp_client::SftpClient;
use crate::partner::Endpoint;
use crate::pipeline::lines::sftp_target;
use crate::pipeline::outgoing_tests::{SAMPLE, World, https_payer, sample_file};
use crate::pipeline::{Progress, batch, route};
use crate::store::deliveries::{Delivery, DeliveryState, Doubtful};

const SSHD: &str = "/usr/sbin/sshd";

/// OpenSSH's server with an `inbound` folder, one process a connection.
pub(in crate::pipeline) struct Payer {
    folder: TempDir,
    pub(in crate::pipeline) port: u16,
    calls: Arc<AtomicUsize>,
}

fn keygen(path: &Path) -> String {
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(path).status().unwrap();
    assert!(made.success());
    fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

impl Payer {
    /// `None` where there is no server to test against.
    pub(in crate::pipeline) fn new() -> Option<Payer> {
        // The server wants its empty folder to be there.
        if !Path::new(SSHD).exists() || fs::create_dir_all("/run/sshd").is_err() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("inbound")).unwrap();
        for name in ["host", "gateway", "other"] {
            keygen(&root.join(name));
        }
        let config = format!(
            "HostKey {root}/host\nAuthorizedKeysFile {root}/gateway.pub\nPermitRootLogin yes\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPidFile none\n\
             Subsystem sftp internal-sftp\n",
            root = root.display()
        );
        fs::write(root.join("sshd_config"), config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (config, calls) = (root.join("sshd_config"), Arc::new(AtomicUsize::new(0)));
        let counted = calls.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                serve_one(&stream.unwrap(), &config);
            }
        });
        Some(Payer { folder, port, calls })
    }

    /// Its partner file; `host` names the file of the host key that is expected.
    pub(in crate::pipeline) fn settings(&self, host: &str, port: u16) -> String {
        let root = self.folder.path().display();
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let key = fs::read_to_string(self.folder.path().join(format!("{host}.pub"))).unwrap();
        format!(
            "kind = \"payer\"\nname = \"Blue Star Health\"\npayer_ids = [\"BSTAR\"]\naccepts = [\"837P\"]\n\
             [interchange]\nqualifier = \"ZZ\"\nid = \"BLUESTAR\"\n[batch]\nrelease = \"immediate\"\n[endpoint]\n\
             type = \"sftp\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"{}\"\nprivate_key = \"{root}/gateway\"\n\
             host_key = \"{}\"\nupload_to = \"{root}/inbound\"\n[retry]\nfirst = \"30s\"\nmax = \"1m\"\n\
             give_up_after = \"10m\"\n",
            user.trim(),
            key.trim()
        )
    }

    pub(in crate::pipeline) fn inbound(&self) -> PathBuf {
        self.folder.path().join("inbound")
    }

    /// Everything in its folder, hidden or not.
    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.inbound()).unwrap();
        files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

fn serve_one(stream: &TcpStream, config: &Path) {
    let end = || Stdio::from(OwnedFd::from(stream.try_clone().unwrap()));
    let mut command = Command::new(SSHD);
    command.args(["-i", "-f"]).arg(config).stdin(end()).stdout(end()).stderr(Stdio::null());
    let mut server = command.spawn().unwrap();
    thread::spawn(move || server.wait());
}

async fn world_with(payer: &Payer) -> World {
    World::new(&[("bluestar", payer.settings("host", payer.port))]).await
}

async fn build_all(world: &World) {
    while route::run(&world.gateway).await.unwrap() == Progress::Worked {}
    while batch::run(&world.gateway).await.unwrap() == Progress::Worked {}
}

async fn deliver_all(world: &World) {
    while run(&world.gateway).await.unwrap() == Progress::Worked {
        world.gateway.under_way.idle().await;
    }
}

async fn deliveries(world: &World) -> Vec<Delivery> {
    world.gateway.store.deliveries(None, None, None, 100).await.unwrap()
}

async fn only(world: &World) -> Delivery {
    let mut all = deliveries(world).await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

async fn statuses(world: &World) -> Vec<ClaimStatus> {
    let mut statuses = Vec::new();
    for delivery in deliveries(world).await {
        for claim in world.gateway.store.batch_claims(delivery.batch_id, None, 100).await.unwrap() {
            statuses.push(world.gateway.store.claim(claim.id).await.unwrap().unwrap().status);
        }
    }
    statuses
}

/// The delivery is sent, and the payer has the file once and nothing else.
async fn arrived_once(world: &World, payer: &Payer) {
    let delivery = only(world).await;
    assert_eq!(delivery.state, DeliveryState::Sent, "{}", delivery.last_detail);
    assert_eq!(payer.files(), std::slice::from_ref(&delivery.file_name));
    let got = fs::read(payer.inbound().join(&delivery.file_name)).unwrap();
    assert_eq!(got, world.gateway.read_payload(delivery.payload_id).await.unwrap());
    assert_eq!(statuses(world).await, [ClaimStatus::Sent]);
}

#[derive(Clone, Copy, Debug)]
enum Crash {
    BeforeRouting,
    BeforeClosing,
    BeforeBuilding,
    /// The file was sealed, and no row says so.
    BeforeRecordingTheFile,
    BeforeTheFirstAttempt,
    BeforePutting,
    /// Half a file under its hidden name.
    WhilePutting,
    BeforeRenaming,
    AfterRenaming,
}

/// Does by hand what the stages had done when they were stopped.
async fn up_to(crash: Crash, world: &World) {
    let gateway = &world.gateway;
    world.submit(&sample_file(&[SAMPLE])).await;
    if matches!(crash, Crash::BeforeRouting) {
        return;
    }
    route::run(gateway).await.unwrap();
    let batch = gateway.store.batches_to_close(i64::MAX, 10).await.unwrap()[0];
    if matches!(crash, Crash::BeforeClosing) {
        return;
    }
    if matches!(crash, Crash::BeforeBuilding | Crash::BeforeRecordingTheFile) {
        gateway.store.close_batch(&gateway.batch_event(batch, "closed", String::new())).await.unwrap();
        if matches!(crash, Crash::BeforeRecordingTheFile) {
            gateway.payloads.seal(PayloadId(batch.0), b"ISA that no row names").unwrap();
        }
        return;
    }
    build_all(world).await;
    if matches!(crash, Crash::BeforeTheFirstAttempt) {
        return;
    }
    let now = gateway.clock.now_ms();
    let taken = gateway.store.take_delivery(only(world).await.id, 0, now, now + 60_000).await.unwrap().unwrap();
    if matches!(crash, Crash::BeforePutting) {
        return;
    }
    let bytes = gateway.read_payload(taken.delivery.payload_id).await.unwrap();
    let partners = gateway.partners.current();
    let Endpoint::Sftp(endpoint) = &partners.payer("bluestar").unwrap().endpoint else { panic!("it is over SFTP") };
    let (target, folder) = (sftp_target(endpoint), endpoint.upload_to.clone());
    let (name, half) = (taken.delivery.file_name.clone(), matches!(crash, Crash::WhilePutting));
    let hidden = format!(".{name}.part");
    let put = tokio::task::spawn_blocking(move || {
        let client = SftpClient::connect(&target).unwrap();
        let bytes = if half { &bytes[..100] } else { &bytes[..] };
        client.put(&mut &bytes[..], &folder, &hidden, bytes.len() as u64).unwrap();
        (client, folder, hidden)
    });
    let (client, folder, hidden) = put.await.unwrap();
    if half {
        return;
    }
    gateway.store.begin_second_half(&taken).await.unwrap();
    if matches!(crash, Crash::AfterRenaming) {
        let renamed = tokio::task::spawn_blocking(move || {
            client.rename(&format!("{folder}/{hidden}"), &format!("{folder}/{name}"))
        });
        renamed.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_arrives_once_wherever_the_gateway_was_killed() {
    let every = [
        Crash::BeforeRouting,
        Crash::BeforeClosing,
        Crash::BeforeBuilding,
        Crash::BeforeRecordingTheFile,
        Crash::BeforeTheFirstAttempt,
        Crash::BeforePutting,
        Crash::WhilePutting,
        Crash::BeforeRenaming,
        Crash::AfterRenaming,
    ];
    for crash in every {
        let Some(payer) = Payer::new() else { return };
        let world = world_with(&payer).await;
        up_to(crash, &world).await;
        let world = world.again(1).await;
        recover(&world.gateway).await.unwrap();
        build_all(&world).await;
        deliver_all(&world).await;
        arrived_once(&world, &payer).await;
        let last = world.gateway.store.delivery_attempts(only(&world).await.id).await.unwrap().pop().unwrap();
        let expected = if matches!(crash, Crash::AfterRenaming) { "found" } else { "sent" };
        assert_eq!(last.outcome, expected, "{crash:?}");
        deliver_all(&world).await;
        arrived_once(&world, &payer).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_the_payer_took_before_we_knew_is_not_sent_again() {
    let Some(payer) = Payer::new() else { return };
    let world = world_with(&payer).await;
    up_to(Crash::AfterRenaming, &world).await;
    let world = world.again(1).await;
    recover(&world.gateway).await.unwrap();
    fs::remove_file(payer.inbound().join(only(&world).await.file_name)).unwrap();
    deliver_all(&world).await;
    let delivery = only(&world).await;
    assert_eq!((delivery.state, delivery.doubtful), (DeliveryState::WithSupport, Doubtful::ToldToSupport));
    assert!(delivery.last_detail.contains("most likely the payer took it"), "{}", delivery.last_detail);
    assert!(payer.files().is_empty());
    // Support asks the payer, who does not have it.
    assert!(retry(&world.gateway, delivery.id, "ann").await.unwrap());
    deliver_all(&world).await;
    arrived_once(&world, &payer).await;
    assert!(!retry(&world.gateway, delivery.id, "ann").await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_host_key_gets_nothing_and_support_reads_why() {
    let Some(payer) = Payer::new() else { return };
    let world = World::new(&[("bluestar", payer.settings("other", payer.port))]).await;
    world.submit(&sample_file(&[SAMPLE])).await;
    build_all(&world).await;
    deliver_all(&world).await;
    let delivery = only(&world).await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::WithSupport, 1));
    assert!(delivery.last_detail.contains("host key"), "{}", delivery.last_detail);
    assert!(payer.files().is_empty());
    assert_eq!(statuses(&world).await, [ClaimStatus::Batched]);
    fs::write(world.folder.path().join("partners/bluestar.toml"), payer.settings("host", payer.port)).unwrap();
    world.gateway.partners.reload().unwrap();
    retry(&world.gateway, delivery.id, "ann").await.unwrap();
    deliver_all(&world).await;
    arrived_once(&world, &payer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_that_was_put_off_by_a_clock_that_was_put_back_is_due() {
    let away = https_payer("\"AWAY\"", "immediate", "[retry]\nfirst = \"30s\"\nmax = \"30m\"\ngive_up_after = \"90d\"");
    let world = World::new(&[("away", away)]).await;
    let mut absent = SAMPLE;
    absent.payer_id = "AWAY";
    world.submit(&sample_file(&[absent])).await;
    build_all(&world).await;
    world.gateway.clock.advance(Duration::from_secs(40 * 86_400));
    deliver_all(&world).await;
    assert_eq!(only(&world).await.attempts, 1);
    deliver_all(&world).await;
    assert_eq!(only(&world).await.attempts, 1, "it waits for its time");
    world.gateway.clock.put_back(Duration::from_secs(40 * 86_400));
    deliver_all(&world).await;
    assert_eq!(only(&world).await.attempts, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_is_away_is_tried_again_and_delays_no_other() {
    let Some(payer) = Payer::new() else { return };
    let away = https_payer("\"AWAY\"", "immediate", "[retry]\nfirst = \"30s\"\nmax = \"1m\"\ngive_up_after = \"2m\"");
    let world = World::new(&[("away", away), ("bluestar", payer.settings("host", payer.port))]).await;
    let mut absent = SAMPLE;
    absent.payer_id = "AWAY";
    world.submit(&sample_file(&[absent])).await;
    world.submit(&sample_file(&[SAMPLE])).await;
    build_all(&world).await;
    deliver_all(&world).await;
    let by_payer = |partner: &'static str| {
        let store = world.gateway.store.clone();
        async move { store.deliveries(None, Some(partner), None, 10).await.unwrap().remove(0) }
    };
    assert_eq!(by_payer("bluestar").await.state, DeliveryState::Sent);
    let waiting = by_payer("away").await;
    let now = world.gateway.clock.now_ms();
    assert_eq!((waiting.state, waiting.attempts, waiting.next_at), (DeliveryState::Due, 1, now + 30_000));
    assert!(waiting.last_detail.contains("no connection"), "{}", waiting.last_detail);
    for (seconds, attempts) in [(10, 1), (20, 2), (60, 3), (29, 3), (1, 4)] {
        world.gateway.clock.advance(Duration::from_secs(seconds));
        deliver_all(&world).await;
        assert_eq!(by_payer("away").await.attempts, attempts);
    }
    let given_up = by_payer("away").await;
    assert_eq!(given_up.state, DeliveryState::WithSupport);
    assert_eq!(payer.calls.load(Ordering::SeqCst), 1);
}
