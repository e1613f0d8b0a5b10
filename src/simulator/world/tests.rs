//! The world's payers over real sockets, reached as the gateway reaches them.

use std::time::{Duration, Instant};

use super::*;
use crate::domain::ClaimKind;
use crate::link::sftp_client::{SftpClient, SftpTarget};
use crate::simulator::answers::{Mix, read as read_x12};
use crate::simulator::claims::Batch;
use crate::simulator::payer::Fault;

const TEMPER: Temper = Temper { terms: Terms { seed: 5, mix: Mix::TYPICAL }, delays: Delays::NONE };

struct Started {
    world: World,
    payers: RunningPayers,
    folder: tempfile::TempDir,
}

async fn start() -> Started {
    let folder = tempfile::tempdir().unwrap();
    let ports = Ports::free().await.unwrap();
    let world = World::write(folder.path(), Path::new("schemas"), ports, TEMPER, &Cast::default()).unwrap();
    let payers = world.start_payers().await.unwrap();
    Started { world, payers, folder }
}

fn claims() -> Vec<u8> {
    Batch::new(ClaimKind::Professional, 50, 8, jiff::civil::date(2026, 11, 20)).to_bytes().0
}

impl Started {
    fn target(&self) -> SftpTarget {
        SftpTarget {
            host: "127.0.0.1".into(),
            port: self.payers.sftp.address.port(),
            user: "claimgate".into(),
            private_key: self.folder.path().join("certs").join(GATEWAY_KEY),
            host_key: self.payers.sftp.host_key.clone(),
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(5),
        }
    }

    async fn over_sftp<T: Send + 'static>(&self, act: impl FnOnce(SftpTarget) -> T + Send + 'static) -> T {
        let target = self.target();
        tokio::task::spawn_blocking(move || act(target)).await.unwrap()
    }

    fn https(&self) -> reqwest::Client {
        let pem = std::fs::read(&self.payers.https.ca).unwrap();
        let ca = reqwest::Certificate::from_pem(&pem).unwrap();
        reqwest::Client::builder().tls_certs_only([ca]).build().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_put_over_sftp_is_answered_in_outbound() {
    let started = start().await;
    let answers = started
        .over_sftp(|target| {
            let client = SftpClient::connect(&target).unwrap();
            let file = claims();
            client.put(&mut file.as_slice(), "inbound", "one.837", file.len() as u64).unwrap();
            assert_eq!(client.stat("inbound/one.837").unwrap(), Some(file.len() as u64));
            let names: Vec<_> = client.list("outbound").unwrap().into_iter().map(|file| file.name).collect();
            let read = |name: &String| {
                let mut bytes = Vec::new();
                client.get(&format!("outbound/{name}"), &mut bytes).unwrap();
                client.remove(&format!("outbound/{name}")).unwrap();
                bytes
            };
            let answers: Vec<_> = names.iter().map(read).collect();
            assert_eq!(client.list("outbound").unwrap(), []);
            answers
        })
        .await;
    assert!(answers.len() >= 4);
    assert!(answers.iter().all(|bytes| bytes.starts_with(b"ISA*") && bytes.ends_with(b"~\n")));
    let tally = started.world.sftp_payer.tally();
    assert_eq!((tally.claims, tally.refused, tally.repeated), (50, 0, 0));
    started.payers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_posted_over_https_is_answered_under_responses() {
    let started = start().await;
    let (client, url) = (started.https(), started.payers.https.url());
    let post = |body: Vec<u8>| client.post(&url).header("x-file-name", "one.837").body(body).send();
    assert_eq!(post(claims()).await.unwrap().status(), 202);
    assert_eq!(post(claims()).await.unwrap().status(), 202);
    assert_eq!(post(b"ISA".to_vec()).await.unwrap().status(), 409);
    for name in ["two.837", "renamed.837"] {
        let again = client.post(format!("{url}/{name}")).header("idempotency-key", "batch-2").body("ISA").send();
        assert!(again.await.unwrap().text().await.unwrap().contains("two.837"));
    }
    assert_eq!(client.get(format!("{url}/one.837")).send().await.unwrap().status(), 200);
    assert_eq!(client.get(format!("{url}/renamed.837")).send().await.unwrap().status(), 404);
    let collect = started.payers.https.collect_url();
    let list: serde_json::Value =
        serde_json::from_str(&client.get(&collect).send().await.unwrap().text().await.unwrap()).unwrap();
    let files = list["files"].as_array().unwrap();
    assert!(files.len() >= 4);
    for file in files {
        let one = format!("{collect}/{}", file["name"].as_str().unwrap());
        let bytes = client.get(&one).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, file["bytes"].as_u64().unwrap());
        assert_eq!(read_x12(&bytes).len(), 1);
        assert_eq!(client.delete(&one).send().await.unwrap().status(), 204);
        assert_eq!(client.get(&one).send().await.unwrap().status(), 404);
    }
    assert_eq!(started.world.https_payer.tally().claims, 50, "the repeated post was not taken twice");
    started.payers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_that_is_away_refuses_connections_and_comes_back_at_the_same_address() {
    let started = start().await;
    let connects = || started.over_sftp(|target| SftpClient::connect(&target).is_ok());
    let posts = || async { started.https().get(started.payers.https.collect_url()).send().await.is_ok() };
    let check = |open: bool| async move {
        let until = Instant::now() + Duration::from_secs(20);
        while connects().await != open || posts().await != open {
            assert!(Instant::now() < until, "the door did not move");
        }
    };
    check(true).await;
    for payer in [&started.world.sftp_payer, &started.world.https_payer] {
        payer.set_faults(&[Fault::RefuseConnections]);
    }
    check(false).await;
    for payer in [&started.world.sftp_payer, &started.world.https_payer] {
        payer.set_faults(&[]);
    }
    check(true).await;
    started.payers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_let_in_over_sftp() {
    let started = start().await;
    let stranger = started.world.submitter_key.clone();
    let refused = started
        .over_sftp(move |target| SftpClient::connect(&SftpTarget { private_key: stranger, ..target }).is_err())
        .await;
    assert!(refused);
    started.payers.stop().await;
}

#[tokio::test]
async fn a_world_written_twice_keeps_its_keys() {
    let started = start().await;
    let key = std::fs::read(&started.world.submitter_key).unwrap();
    let again =
        World::write(started.folder.path(), Path::new("schemas"), started.world.ports, TEMPER, &Cast::default())
            .unwrap();
    assert_eq!(std::fs::read(again.submitter_key).unwrap(), key);
    for name in ["gateway.toml", "partners/demo-billing.toml", "partners/harbor-mutual.toml"] {
        let text = std::fs::read_to_string(started.folder.path().join(name)).unwrap();
        text.parse::<toml::Table>().unwrap();
    }
    started.payers.stop().await;
}
