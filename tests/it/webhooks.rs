//! A billing company is told of each file in its mailbox: signed, in order, at least once, whatever stops meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;

use super::batches::{Made, clean};
use super::world::receiver::Receiver;
use super::world::run::{said, wait_for};
use super::world::{PATIENCE, World};
use claimgate::domain::ClaimKind::Professional;

struct Scene {
    world: World,
    receiver: Receiver,
    key: String,
    secret: String,
}

/// Submitter `acme` that wants to hear of everything; its claims go to a payer that fetches nothing.
fn scene() -> Scene {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let public = super::world::run::ssh_key(&world.path("harbor_ed25519"));
    world.write("partners/harbor.toml", &super::world::payers::hosted_payer_file("HARBOR", "HARBR", &public));
    let receiver = world.receiver("acme");
    let made = world.done(&["webhook", "secret"]);
    let secret = made.lines().last().unwrap().to_string();
    let file = std::fs::read_to_string(world.path("partners/acme.toml")).unwrap();
    world.write("partners/acme.toml", &format!("{file}{}", receiver.table(&secret)));
    let key = world.key("acme");
    Scene { world, receiver, key, secret }
}

fn made(seed: u64) -> Made {
    clean(Professional, 2, seed, "HARBR")
}

impl Scene {
    fn submit(&mut self, seed: u64) {
        let made = made(seed);
        self.world.watch_for(&made.claims);
        let reply = self.world.call(&self.key, "POST", "/v1/submissions?wait=30", Some(&made.bytes));
        assert_eq!(reply.status, 200, "{}", reply.text());
    }

    fn mailbox(&self) -> Vec<Value> {
        self.world.all(&self.key, "/v1/mailbox", "after")
    }

    /// Waits until every file of the mailbox was told, and looks at all that was told.
    fn wait_until_all_is_told(&self) -> Vec<Value> {
        let ids: Vec<String> = self.mailbox().iter().map(|item| item["id"].as_str().unwrap().to_string()).collect();
        let told = wait_for("the mailbox to be told", PATIENCE, || {
            let told = self.receiver.told();
            let known: BTreeSet<String> = told.iter().map(|one| body(one)["data"]["id"].to_string()).collect();
            (known.len() >= ids.len()).then_some(told)
        });
        told.iter().for_each(|one| self.check_signature(one));
        // In order; a repeat stands where it was first told or behind.
        let mut order: Vec<String> = Vec::new();
        for one in &told {
            let id = body(one)["data"]["id"].as_str().unwrap().to_string();
            if !order.contains(&id) {
                order.push(id);
            }
        }
        assert_eq!(order, ids, "told in another order than they came");
        told
    }

    fn check_signature(&self, told: &Value) {
        let key = BASE64.decode(self.secret.strip_prefix("whsec_").unwrap()).unwrap();
        let text = |name: &str| told[name].as_str().unwrap_or_else(|| panic!("no {name} in {told}"));
        let signed = format!("{}.{}.{}", text("webhook-id"), text("webhook-timestamp"), text("body"));
        let signature = BASE64.decode(text("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &signature).unwrap();
    }
}

fn body(told: &Value) -> Value {
    serde_json::from_str(told["body"].as_str().unwrap()).unwrap()
}

#[test]
fn each_file_of_the_mailbox_is_told_once_signed_and_in_order() {
    let mut scene = scene();
    scene.receiver.start();
    scene.world.start();
    (1..=3).for_each(|seed| scene.submit(900 + seed));
    let told = scene.wait_until_all_is_told();
    let mailbox = scene.mailbox();
    assert_eq!(told.len(), mailbox.len(), "something was told twice though nothing went wrong");
    for (one, item) in told.iter().zip(&mailbox) {
        let data = &body(one)["data"];
        for name in ["id", "kind", "file_name", "bytes", "created_at"] {
            assert_eq!(data[name], item[name], "{name}");
        }
        assert_eq!(one["path"], "/claimgate");
        let fetched = scene.world.call(&scene.key, "GET", data["link"].as_str().unwrap(), None);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &fetched.body);
        let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(data["sha256"], digest.as_str());
    }
    scene.world.finish();
}

#[test]
fn a_receiver_that_is_away_refuses_or_comes_back_misses_nothing_and_the_operator_sees_what_waits() {
    let mut scene = scene();
    scene.world.start();
    scene.submit(910);
    let waits = wait_for("a failed attempt to be listed", PATIENCE, || {
        let list = scene.world.done(&["webhook", "list"]);
        list.contains("Connection refused").then_some(list).or_else(|| {
            let list = scene.world.done(&["webhook", "list"]);
            list.lines().any(|line| line.contains("acme") && line.contains("localhost")).then_some(list)
        })
    });
    assert!(waits.contains("mail_") && waits.contains("due"), "{waits}");
    scene.receiver.refuse_with(500);
    scene.receiver.start();
    let refused = wait_for("two refusals", PATIENCE, || Some(scene.receiver.refused()).filter(|all| all.len() >= 2));
    assert_eq!(refused.iter().collect::<BTreeSet<_>>().len(), 1, "what comes later is told before what came first");
    assert!(scene.receiver.told().is_empty());
    scene.receiver.take_again();
    let told = scene.wait_until_all_is_told();
    assert_eq!(told[0]["webhook-id"], refused[0].as_str());
    scene.world.finish();
}

#[test]
fn a_gateway_that_is_killed_tells_again_under_the_same_id_and_goes_on() {
    let mut scene = scene();
    scene.receiver.refuse_with(503);
    scene.receiver.start();
    scene.world.start();
    scene.submit(920);
    wait_for("a refusal", PATIENCE, || scene.receiver.refused().first().cloned());
    scene.world.kill_9();
    let before = scene.receiver.refused();
    scene.receiver.take_again();
    scene.world.start();
    scene.submit(921);
    let told = scene.wait_until_all_is_told();
    assert_eq!(told[0]["webhook-id"], before[0].as_str(), "another id after the kill");
    scene.receiver.stop();
    scene.world.finish();
}

#[test]
fn a_gateway_that_is_killed_while_it_tells_one_goes_on_with_it_when_it_starts() {
    let mut scene = scene();
    scene.receiver.start();
    scene.receiver.fall_silent();
    scene.world.start();
    scene.submit(930);
    let heard = wait_for("a message to be heard", PATIENCE, || scene.receiver.heard().first().cloned());
    scene.world.kill_9();
    scene.receiver.speak_again();
    let started = std::time::Instant::now();
    scene.world.start();
    let told = wait_for("it to be told again", PATIENCE, || scene.receiver.told().first().cloned());
    assert_eq!(told["webhook-id"], heard.as_str());
    assert!(started.elapsed() < std::time::Duration::from_secs(25), "it waited for {:?}", started.elapsed());
    scene.wait_until_all_is_told();
    scene.world.finish();
}

#[test]
fn what_waits_behind_one_that_is_given_up_is_tried_as_often_as_that_one() {
    let mut scene = scene();
    let file = std::fs::read_to_string(scene.world.path("partners/acme.toml")).unwrap();
    scene.world.write("partners/acme.toml", &format!("{file}give_up_after = \"3s\"\n"));
    scene.receiver.refuse_with(500);
    scene.receiver.start();
    scene.world.start();
    scene.submit(940);
    let refused = wait_for("all to be given up", PATIENCE, || {
        let list = said(&scene.world.claimgate(&["webhook", "list"]));
        let given_up = list.lines().filter(|line| line.contains("given_up")).count();
        (given_up == scene.mailbox().len()).then(|| scene.receiver.refused())
    });
    let mut tries: BTreeMap<&str, usize> = BTreeMap::new();
    refused.iter().for_each(|id| *tries.entry(id).or_default() += 1);
    assert!(tries.len() >= 2, "{tries:?}");
    assert!(tries.values().all(|count| *count >= 3), "one was not tried for its own three seconds: {tries:?}");
    scene.world.finish();
}
