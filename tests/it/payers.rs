//! Ways to a payer: away for a while, over HTTPS, and one that comes to fetch.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::answers::{ack277ca, ack999, era835, ta1};
use super::batches::{Institutional, Professional, clean};
use super::trip::{
    adjudicated, answer_all, check_arrived, claims_at, decide, money, triage, wait_for_claims_at, wait_for_ends,
};
use super::world::https::Request;
use super::world::payers::hosted_payer_file;
use super::world::run::{said, ssh_key, wait_for};
use super::world::{PATIENCE, World, paid_claims};
use super::x12::{Claim, claims};

#[test]
fn a_payer_that_is_away_gets_its_claims_when_it_is_back_and_holds_up_nobody_else() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut away = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let mut there = world.sftp_payer("redriver", "REDRIVER", "RRIVR");
    let for_away = clean(Professional, 40, 801, "BSTAR");
    let for_there = clean(Professional, 40, 802, "RRIVR");
    world.watch_for(&for_away.claims);
    world.watch_for(&for_there.claims);
    let key = world.key("acme");
    there.start();
    world.start();

    world.submit(&key, &for_away.bytes);
    wait_for("an attempt to fail", PATIENCE, || {
        let listed = deliveries(&world);
        let line = listed.lines().find(|line| line.contains("bluestar"))?;
        // Delivery, payer, state, attempts.
        line.split_whitespace().nth(3).filter(|attempts| *attempts != "0").map(|_| ())
    });
    let began = Instant::now();
    world.submit(&key, &for_there.bytes);
    check_arrived(&for_there.claims, &wait_for_claims_at(&there, 40));
    assert!(began.elapsed() < Duration::from_secs(20), "the other payer was held up for {:?}", began.elapsed());
    assert!(claims_at(&away).is_empty());

    away.start();
    check_arrived(&for_away.claims, &wait_for_claims_at(&away, 40));
    for (payer, name) in [(&away, "away"), (&there, "there")] {
        assert_eq!(payer.arrived().len(), 1, "{name}: one file");
    }
    world.finish();
}

/// `claimgate delivery list`; it ends with 1 when one of them needs a person.
fn deliveries(world: &World) -> String {
    said(&world.claimgate(&["delivery", "list"]))
}

#[test]
fn a_payer_that_shows_another_host_key_gets_nothing() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    for name in ["host", "host.pub"] {
        std::fs::remove_file(payer.folder().join(name)).unwrap();
    }
    ssh_key(&payer.folder().join("host"));
    let made = clean(Professional, 10, 803, "BSTAR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    wait_for("the host key to be told as wrong", PATIENCE, || deliveries(&world).contains("host key").then_some(()));
    let left: Vec<_> = std::fs::read_dir(payer.folder().join("inbound")).unwrap().collect();
    assert!(left.is_empty(), "something was uploaded: {left:?}");
    world.finish();
}

#[test]
fn claims_go_to_a_payer_over_https_and_its_answers_are_fetched() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.https_payer("northwind", "NORTHWND", "NWIND");
    let made = clean(Institutional, 80, 811, "NWIND");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    let got = wait_for_claims_at(&payer, 80);
    check_arrived(&made.claims, &got);
    let ends = answer_all(&payer);
    wait_for_ends(&world, &key, &ends);
    wait_for("the remittance", PATIENCE, || (paid_claims(&world.mail(&key, "835")) == money(&got)).then_some(()));
    world.finish();
}

#[test]
fn an_https_payer_in_trouble_is_tried_again_and_gets_each_claim_once() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.https_payer("northwind", "NORTHWND", "NWIND");
    std::fs::write(payer.folder().join("trouble"), "503").unwrap();
    let made = clean(Professional, 30, 812, "NWIND");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    wait_for("the payer's 503 to be told", PATIENCE, || deliveries(&world).contains("503").then_some(()));
    std::fs::remove_file(payer.folder().join("trouble")).unwrap();
    check_arrived(&made.claims, &wait_for_claims_at(&payer, 30));
    world.finish();
}

#[test]
fn a_payer_that_logs_in_fetches_its_claims_and_leaves_its_answers() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let login = world.path("harbor_ed25519");
    let public = ssh_key(&login);
    world.write("partners/harbor.toml", &hosted_payer_file("HARBOR", "HARBR", &public));
    let made = clean(Professional, 50, 821, "HARBR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    world.start();
    world.submit(&key, &made.bytes);

    let got = fetch_all(&world, &login, 50);
    check_arrived(&made.claims, &got);
    // What was fetched stays, and a removal hides it from this login only.
    let name = world.listed("harbor", &login, "/outbound")[0].clone();
    assert!(world.sftp("harbor", &login, &format!("rm outbound/{name}\n")).well);
    assert!(!world.listed("harbor", &login, "/outbound").contains(&name));

    let sent = std::fs::read(world.path("fetched.0")).unwrap();
    let answers = [
        ("ta1", ta1("HARBOR", &sent)),
        ("999", ack999("HARBOR", &sent)),
        ("277ca", ack277ca("HARBOR", &got, triage)),
        ("835", era835("HARBOR", &adjudicated(&got), decide)),
    ];
    for (name, bytes) in answers {
        std::fs::write(world.path(name), bytes).unwrap();
        let visit = world.sftp(
            "harbor",
            &login,
            &format!("put {name} inbound/{name}.tmp\nrename inbound/{name}.tmp inbound/{name}.x12\n"),
        );
        assert!(visit.well, "{name}: {}", visit.said);
    }
    let ends = got.iter().map(|claim| (claim.number.clone(), super::trip::end(claim))).collect::<BTreeMap<_, _>>();
    wait_for_ends(&world, &key, &ends);
    world.finish();
}

/// A client of HTTP/1.1 reads as far as Content-Length says, and no further.
#[test]
fn claims_that_a_payer_fetches_over_https_are_sent_whichever_http_it_speaks() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let public = ssh_key(&world.path("harbor_ed25519"));
    world.write("partners/harbor.toml", &hosted_payer_file("HARBOR", "HARBR", &public));
    let (key, payers_key) = (world.key("acme"), world.key("harbor"));
    world.start();
    let mut fetched = 0;
    // The second file is of several frames.
    for (seed, count, speaks) in [(841, 5, "--http1.1"), (842, 900, "--http1.1"), (843, 5, "--http2")] {
        let made = clean(Professional, count, seed, "HARBR");
        world.watch_for(&made.claims);
        let submission = world.submit(&key, &made.bytes);
        wait_for("the claims to be fetched and sent", PATIENCE, || {
            let files = world.all(&payers_key, "/v1/mailbox?kind=837", "after");
            for file in &files[fetched..] {
                let url = world.url(&format!("/v1/mailbox/{}", file["id"].as_str().unwrap()));
                let request = Request::new("GET", &url).trusting(&world.authority()).bearer(&payers_key);
                let reply = request.flag(speaks).send(None);
                assert_eq!((reply.status, reply.body.len() as u64), (200, file["bytes"].as_u64().unwrap()), "{speaks}");
            }
            fetched = files.len();
            let sent = world.all(&key, &format!("/v1/claims?submission={submission}&status=sent&limit=500"), "cursor");
            (sent.len() == count).then_some(())
        });
    }
    world.finish();
}

/// Everything in `/outbound`, once so many claims are there.
fn fetch_all(world: &World, login: &std::path::Path, count: usize) -> Vec<Claim> {
    wait_for("claims in /outbound", PATIENCE, || {
        let mut got = Vec::new();
        for (place, name) in world.listed("harbor", login, "/outbound").iter().enumerate() {
            let visit = world.sftp("harbor", login, &format!("get outbound/{name} fetched.{place}\n"));
            assert!(visit.well, "{}", visit.said);
            got.extend(claims(&std::fs::read(world.path(&format!("fetched.{place}"))).unwrap()));
        }
        (got.len() >= count).then_some(got)
    })
}

#[test]
fn a_payer_may_hand_its_answers_in_over_the_api() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let made = clean(Professional, 20, 831, "BSTAR");
    world.watch_for(&made.claims);
    let (key, payers_key) = (world.key("acme"), world.key("bluestar"));
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    let got = wait_for_claims_at(&payer, 20);
    let remittance = era835("BLUESTAR", &got, decide);
    let first = world.call(&payers_key, "POST", "/v1/inbound", Some(&remittance));
    assert_eq!(first.status, 202, "{}", first.text());
    let again = world.call(&payers_key, "POST", "/v1/inbound", Some(&remittance));
    assert_eq!(again.status, 200, "the same bytes again: {}", again.text());
    let by_submitter = world.call(&key, "POST", "/v1/inbound", Some(&remittance));
    assert_eq!(by_submitter.status, 403, "{}", by_submitter.text());
    check_what_is_told_of_files(&world, &payers_key, &key, &remittance);
    let ends = got.iter().map(|claim| {
        let end = if decide(claim) == super::answers::Decision::Pay { "paid" } else { "denied" };
        (claim.number.clone(), end)
    });
    wait_for_ends(&world, &key, &ends.collect());
    world.finish();
}

/// Of the file handed in twice, and of one that is none.
fn check_what_is_told_of_files(world: &World, payers_key: &str, key: &str, remittance: &[u8]) {
    let page = b"<!DOCTYPE html><html>502 Bad Gateway</html>";
    world.call(payers_key, "POST", "/v1/inbound?file_name=era.835", Some(page));
    let worked = |items: &[serde_json::Value]| items.iter().all(|item| item["state"] != "received");
    let items = wait_for("the files to be worked in", PATIENCE, || {
        Some(world.all(payers_key, "/v1/inbound", "cursor")).filter(|items| worked(items))
    });
    let told = |item: &serde_json::Value| (item["state"].clone(), item["kinds"].clone());
    let expected = [("not_x12", vec![]), ("repeat", vec![]), ("worked", vec!["835"])];
    assert_eq!(items.iter().map(told).collect::<Vec<_>>(), expected.map(|(state, kinds)| (state.into(), kinds.into())));
    assert_eq!(items[1]["repeat_of"], items[2]["id"]);
    assert!(items[0]["notes"][0].as_str().unwrap().contains("HTML"), "{}", items[0]);
    let path = format!("/v1/inbound/{}/file", items[1]["id"].as_str().unwrap());
    assert_eq!(world.call(payers_key, "GET", &path, None).body, remittance);
    for path in ["/v1/inbound", &path] {
        assert_eq!(world.call(key, "GET", path, None).status, 403, "a submitter reads a payer's files at {path}");
    }
}
