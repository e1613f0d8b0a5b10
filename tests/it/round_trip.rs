//! The whole way: claims in by SFTP and HTTPS, the bad ones sent back, the good ones at the payer, and its answers
//! with the billing company.

use std::collections::{BTreeMap, BTreeSet};

use super::batches::{Institutional, Professional, clean, with_defects};
use super::trip::{answer_all, check_arrived, money, wait_for_claims_at, wait_for_ends};
use super::world::run::wait_for;
use super::world::{PATIENCE, World, paid_claims};
use super::x12::{claims, verdicts};

#[test]
fn every_claim_reaches_its_payer_unchanged_and_comes_to_its_end_with_every_cent() {
    let mut world = World::new();
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let (p, i) = (with_defects(Professional, 300, 11, "BSTAR", 60), clean(Institutional, 200, 12, "BSTAR"));
    world.watch_for(&p.claims);
    world.watch_for(&i.claims);
    let key = world.key("acme");
    payer.start();
    world.start();

    p.save(world.folder(), "p.837");
    let visit = world.sftp("acme", &login, "put p.837 inbound/p.837\n");
    assert!(visit.well, "{}", visit.said);
    let first = world.submit(&key, &i.bytes);
    let again = world.call(&key, "POST", "/v1/submissions", Some(&i.bytes));
    assert_eq!(again.status, 409, "the same bytes again: {}", again.text());
    assert_eq!(again.json()["id"], first.as_str());

    let good: Vec<_> = p.good().chain(i.good()).cloned().collect();
    assert!(p.spoiled.len() > 5, "the test needs some claims that are rejected");
    let got = wait_for_claims_at(&payer, good.len());
    check_arrived(&good, &got);

    let mut ends = answer_all(&payer);
    ends.extend(p.spoiled.iter().map(|number| (number.clone(), "rejected")));
    wait_for_ends(&world, &key, &ends);
    check_our_own_277ca(&world, &key, &p.spoiled);
    check_what_is_handed_on(&world, &key, &money(&got), &ends);
    world.finish();
}

/// The gateway's 277CA over each file: each claim once, the spoiled ones rejected and no other.
fn check_our_own_277ca(world: &World, key: &str, spoiled: &BTreeSet<String>) {
    for submission in world.all(key, "/v1/submissions", "cursor") {
        let id = submission["id"].as_str().unwrap();
        assert_eq!(submission["state"], "routed", "{submission}");
        let reply = world.call(key, "GET", &format!("/v1/submissions/{id}/277ca"), None);
        assert_eq!(reply.status, 200, "{}", reply.text());
        let said = verdicts(&reply.body);
        let numbers: BTreeSet<_> = said.iter().map(|(number, _)| number).collect();
        assert_eq!(said.len() as u64, submission["claims"].as_u64().unwrap(), "a claim, a verdict");
        assert_eq!(numbers.len(), said.len(), "no claim stands in it twice");
        for (number, category) in &said {
            let rejected = !["A0", "A1", "A2"].contains(&category.as_str());
            assert_eq!(rejected, spoiled.contains(number), "{number}: {category}");
        }
        for kind in ["ta1", "999"] {
            let reply = world.call(key, "GET", &format!("/v1/submissions/{id}/{kind}"), None);
            assert_eq!(reply.status, 200, "{kind}: {}", reply.text());
        }
    }
}

/// The payer's answers, as the billing company gets them.
fn check_what_is_handed_on(world: &World, key: &str, money: &[(String, i64)], ends: &BTreeMap<String, &str>) {
    let kinds: BTreeSet<_> =
        world.all(key, "/v1/mailbox", "after").iter().map(|item| item["kind"].as_str().unwrap().to_string()).collect();
    for kind in ["ta1", "999", "277ca", "835"] {
        assert!(kinds.contains(kind), "no {kind} in the mailbox: {kinds:?}");
    }
    let remittances = wait_for("all remittances", PATIENCE, || {
        Some(world.mail(key, "835")).filter(|files| paid_claims(files).len() >= money.len())
    });
    assert_eq!(paid_claims(&remittances), money, "money handed on is the money paid");
    // Ours and the payer's together: one verdict of ours for every claim, and one of the payer's for each sent.
    let all: Vec<_> = world.mail(key, "277ca").iter().flat_map(|bytes| verdicts(bytes)).collect();
    let sent = ends.values().filter(|end| **end != "rejected").count();
    assert_eq!(all.len(), ends.len() + sent, "verdicts in the mailbox");
    let refused = all.iter().filter(|(_, category)| category == "A3").map(|(number, _)| number);
    let refused: BTreeSet<_> = refused.filter(|number| ends[*number] == "payer_rejected").collect();
    assert_eq!(refused.len(), ends.values().filter(|end| **end == "payer_rejected").count());
}

#[test]
fn a_claim_can_be_followed_through_the_api() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let made = clean(Professional, 12, 21, "BSTAR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    payer.start();
    world.start();

    let reply = world.call(&key, "POST", "/v1/submissions?wait=30", Some(&made.bytes));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["accepted_claims"], 12);
    let got = wait_for_claims_at(&payer, 12);
    let ends = answer_all(&payer);
    wait_for_ends(&world, &key, &ends);

    let sought = got.iter().find(|claim| ends[&claim.number] == "paid").unwrap();
    let body = serde_json::json!({ "trace_number": sought.trace }).to_string();
    let found = world.call(&key, "POST", "/v1/claims/search", Some(body.as_bytes())).json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    let item = &found["items"][0];
    assert_eq!(item["patient_control_number"], sought.number.as_str());
    assert_eq!(item["charge"], super::x12::amount(sought.charge));
    let whole = world.get(&key, &format!("/v1/claims/{}", item["id"].as_str().unwrap()));
    let events = whole["timeline"].as_array().unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    for kind in ["received", "validated", "sent", "TA1", "999", "277CA", "835"] {
        assert!(kinds.contains(&kind), "{kind} is not in the timeline: {kinds:?}");
    }
    assert_eq!(whole["payments"].as_array().map(Vec::len), Some(1), "{whole}");
    let edi = world.call(&key, "GET", &format!("/v1/claims/{}/edi", item["id"].as_str().unwrap()), None);
    assert_eq!(edi.status, 200, "{}", edi.text());
    assert!(edi.text().contains(&sought.number) && edi.text().contains(&sought.trace));
    world.finish();
}

#[test]
fn claims_for_two_payers_in_one_file_are_parted() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut blue = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let mut red = world.sftp_payer("redriver", "REDRIVER", "RRIVR");
    let made = super::batches::make(super::batches::batch(Professional, 60, 31, &["BSTAR", "RRIVR"]));
    world.watch_for(&made.claims);
    let key = world.key("acme");
    blue.start();
    red.start();
    world.start();
    world.submit(&key, &made.bytes);
    for (payer, id) in [(&blue, "BSTAR"), (&red, "RRIVR")] {
        let own: Vec<_> = made.claims.iter().filter(|claim| claim.payer == id).cloned().collect();
        assert!(own.len() > 10);
        check_arrived(&own, &wait_for_claims_at(payer, own.len()));
        assert!(payer.arrived().iter().all(|file| claims(&file.bytes).iter().all(|claim| claim.payer == id)));
    }
    world.finish();
}
