//! What a new user hands in by mistake: he is told at once what is wrong, and nothing of it reaches a payer.

use std::time::Duration;

use super::batches::{Professional, clean};
use super::trip::{check_arrived, claims_at, wait_for_claims_at};
use super::world::World;
use super::world::payers::Payer;
use super::world::run::wait_for;

struct Scene {
    world: World,
    login: std::path::PathBuf,
    key: String,
    payer: Payer,
}

fn scene() -> Scene {
    let world = World::new();
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let key = world.key("acme");
    payer.start();
    world.start();
    Scene { world, login, key, payer }
}

/// A good file still goes its way, and nothing else has reached the payer.
fn check_only_good_claims_arrive(scene: &mut Scene, seed: u64) {
    let good = clean(Professional, 5, seed, "BSTAR");
    scene.world.watch_for(&good.claims);
    scene.world.submit(&scene.key, &good.bytes);
    let got = wait_for_claims_at(&scene.payer, good.claims.len());
    check_arrived(&good.claims, &got);
}

/// As good as a PDF for whoever looks for X12 in it.
fn pdf() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n".to_vec();
    bytes.extend((0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8));
    bytes.extend(b"\n%%EOF\n");
    bytes
}

#[test]
fn an_empty_file_is_refused_with_a_sentence() {
    let mut scene = scene();
    let reply = scene.world.call(&scene.key, "POST", "/v1/submissions", Some(b""));
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.json()["detail"].as_str().unwrap().contains("empty"), "{}", reply.text());
    scene.world.write("empty.837", "");
    let visit = scene.world.sftp("acme", &scene.login, "put empty.837 inbound/empty.837\n");
    assert!(!visit.well, "an empty file was taken over SFTP: {}", visit.said);
    check_only_good_claims_arrive(&mut scene, 701);
    scene.world.finish();
}

#[test]
fn a_file_that_is_no_x12_is_refused_and_the_sender_hears_why() {
    let mut scene = scene();
    let reply = scene.world.call(&scene.key, "POST", "/v1/submissions?wait=30", Some(&pdf()));
    let said = reply.text();
    assert!(said.contains("ISA"), "what is missing is not said: {said}");
    match reply.status {
        200 => assert_eq!(reply.json()["state"], "refused", "{said}"),
        status => assert!((400..500).contains(&status), "{said}"),
    }
    std::fs::write(scene.world.path("scan.pdf"), pdf().split_off(7)).unwrap();
    let visit = scene.world.sftp("acme", &scene.login, "put scan.pdf inbound/scan.pdf\n");
    if visit.well {
        let note = wait_for_note(&scene);
        assert!(note.contains("ISA") && note.contains("scan.pdf"), "{note}");
    }
    check_only_good_claims_arrive(&mut scene, 702);
    scene.world.finish();
}

/// The text of a note in the sender's `/acks`.
fn wait_for_note(scene: &Scene) -> String {
    let name = wait_for("a note in /acks", Duration::from_secs(30), || {
        let names = scene.world.listed("acme", &scene.login, "/acks");
        names.into_iter().find(|name| name.contains("scan") && name.ends_with(".txt"))
    });
    let visit = scene.world.sftp("acme", &scene.login, &format!("get acks/{name} note\n"));
    assert!(visit.well, "{}", visit.said);
    std::fs::read_to_string(scene.world.path("note")).unwrap()
}

#[test]
fn a_file_that_breaks_off_is_answered_with_a_ta1_and_no_claim_of_it_is_sent() {
    let mut scene = scene();
    let whole = clean(Professional, 60, 703, "BSTAR");
    scene.world.watch_for(&whole.claims);
    let cut = &whole.bytes[..whole.bytes.len() / 2];
    let reply = scene.world.call(&scene.key, "POST", "/v1/submissions?wait=30", Some(cut));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let told = reply.json();
    assert_eq!(told["accepted_claims"], 0, "{told}");
    assert!(told["errors"].as_u64().unwrap() > 0, "{told}");
    let id = told["id"].as_str().unwrap();
    let ta1 = scene.world.call(&scene.key, "GET", &format!("/v1/submissions/{id}/ta1"), None);
    assert_eq!(ta1.status, 200, "{}", ta1.text());
    assert!(ta1.text().contains("*R*"), "{}", ta1.text());
    // The whole file is no repetition of the part.
    scene.world.submit(&scene.key, &whole.bytes);
    check_arrived(&whole.claims, &wait_for_claims_at(&scene.payer, whole.claims.len()));
    scene.world.finish();
}

#[test]
fn a_request_that_breaks_off_leaves_nothing() {
    let mut scene = scene();
    let made = clean(Professional, 400, 704, "BSTAR");
    scene.world.watch_for(&made.claims);
    // curl is told a length that the body does not have, and gives up waiting for the answer.
    let reply = super::world::https::Request::new("POST", &scene.world.url("/v1/submissions"))
        .trusting(&scene.world.authority())
        .bearer(&scene.key)
        .with("-H", &format!("Content-Length: {}", made.bytes.len() * 2))
        .with("--http1.1", "--fail-early")
        .with("--max-time", "2")
        .send(Some(&made.bytes));
    assert_ne!(reply.status, 202, "{}", reply.text());
    check_only_good_claims_arrive(&mut scene, 705);
    assert_eq!(scene.world.all(&scene.key, "/v1/submissions", "cursor").len(), 1, "the half file was taken");
    scene.world.finish();
}

#[test]
fn a_wrong_key_is_refused_over_https_and_sftp_and_the_message_says_what_to_do() {
    let mut scene = scene();
    let made = clean(Professional, 5, 706, "BSTAR");
    for key in ["wrong", "cg_0000000000000000000000000000000000000000", ""] {
        let reply = scene.world.call(key, "POST", "/v1/submissions", Some(&made.bytes));
        assert_eq!(reply.status, 401, "{}", reply.text());
        let detail = reply.json()["detail"].as_str().unwrap().to_string();
        assert!(detail.contains("key") && detail.len() > 20, "{detail}");
    }
    // The answer is seen although most of the file has not been sent when it is given.
    let large = vec![b'~'; 5_000_000];
    let reply = scene.world.call("wrong", "POST", "/v1/submissions", Some(&large));
    assert_eq!(reply.status, 401, "{}", reply.text());
    let other = scene.world.path("other_ed25519");
    super::world::run::ssh_key(&other);
    scene.world.write("f.837", &String::from_utf8_lossy(&made.bytes));
    let visit = scene.world.sftp("acme", &other, "put f.837 inbound/f.837\n");
    assert!(!visit.well && visit.said.contains("Permission denied"), "{}", visit.said);
    check_only_good_claims_arrive(&mut scene, 707);
    assert_eq!(claims_at(&scene.payer).len(), 5);
    scene.world.finish();
}

#[test]
fn a_file_for_another_receiver_or_of_another_sender_is_refused_with_a_ta1() {
    let mut scene = scene();
    for (seed, change) in [(708, "sender"), (709, "receiver"), (710, "usage")] {
        let mut batch = super::batches::batch(Professional, 5, seed, &["BSTAR"]);
        match change {
            "sender" => batch.sender.id = "SOMEBODY".to_string(),
            "receiver" => batch.receiver.id = "ELSEWHERE".to_string(),
            _ => batch.usage = "P".to_string(),
        }
        let made = super::batches::make(batch);
        scene.world.watch_for(&made.claims);
        let reply = scene.world.call(&scene.key, "POST", "/v1/submissions?wait=30", Some(&made.bytes));
        assert_eq!(reply.status, 200, "{change}: {}", reply.text());
        assert_eq!(reply.json()["accepted_claims"], 0, "{change}: {}", reply.text());
        let id = reply.json()["id"].as_str().unwrap().to_string();
        let ta1 = scene.world.call(&scene.key, "GET", &format!("/v1/submissions/{id}/ta1"), None);
        assert!(ta1.status == 200 && ta1.text().contains("*R*"), "{change}: {}", ta1.text());
    }
    check_only_good_claims_arrive(&mut scene, 711);
    scene.world.finish();
}
