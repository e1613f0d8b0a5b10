//! Answers as payers really send them: twice, in any order, for several billing companies at once, or a refusal of
//! the whole file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;

use super::answers::{self, Decision, ack277ca, ack999, era835, ta1};
use super::batches::{Made, Professional, batch, clean, make};
use super::trip::{Ends, adjudicated, answer_all, decide, end, money, triage, wait_for_claims_at, wait_for_ends};
use super::world::payers::Payer;
use super::world::run::wait_for;
use super::world::{PATIENCE, World, paid_claims};
use super::x12::{Claim, claims};

struct Scene {
    world: World,
    key: String,
    payer: Payer,
    got: Vec<Claim>,
}

/// A file of claims at its payer, and the gateway waiting for answers.
fn sent(count: usize, seed: u64) -> Scene {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let made = clean(Professional, count, seed, "BSTAR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    let got = wait_for_claims_at(&payer, count);
    Scene { world, key, payer, got }
}

fn all_ends(claims: &[Claim], status: &'static str) -> Ends {
    claims.iter().map(|claim| (claim.number.clone(), status)).collect()
}

/// Waits until the payer's file has been worked in: only then has it had its effect, or none.
fn wait_until_worked_in(world: &World, files: usize) {
    wait_for("the payer's files to be worked in", PATIENCE, || {
        let done = world.log().matches("a payer's file was worked in").count();
        (done >= files).then_some(())
    });
}

#[test]
fn answers_that_come_in_reverse_order_end_the_same() {
    let scene = sent(30, 1_001);
    let Scene { world, key, payer, got } = &scene;
    payer.answer("1.835", &era835(&payer.id, &adjudicated(got), decide));
    wait_until_worked_in(world, 1);
    payer.answer("2.277ca", &ack277ca(&payer.id, got, triage));
    wait_until_worked_in(world, 2);
    let file = &payer.arrived()[0].bytes;
    payer.answer("3.999", &ack999(&payer.id, file));
    payer.answer("4.ta1", &ta1(&payer.id, file));
    wait_until_worked_in(world, 4);
    let ends = got.iter().map(|claim| (claim.number.clone(), end(claim))).collect();
    wait_for_ends(world, key, &ends);
    scene.world.finish();
}

#[test]
fn the_same_remittance_under_another_name_pays_nothing_twice() {
    let scene = sent(20, 1_002);
    let Scene { world, key, payer, got } = &scene;
    let ends = answer_all(payer);
    wait_for_ends(world, key, &ends);
    let before = world.claims(key);
    let again = std::fs::read(payer.folder().join("outbound/835.0")).unwrap();
    payer.answer("835.again", &again);
    wait_for("the repetition to be seen", PATIENCE, || world.log().contains("came again").then_some(()));
    let mail = wait_for("the remittance", PATIENCE, || Some(world.mail(key, "835")).filter(|mail| !mail.is_empty()));
    assert_eq!(paid_claims(&mail), money(got));
    assert_eq!(world.claims(key), before);
    scene.world.finish();
}

#[test]
fn a_remittance_sent_again_in_a_new_envelope_pays_nothing_twice() {
    let scene = sent(20, 1_003);
    let Scene { world, key, payer, .. } = &scene;
    let ends = answer_all(payer);
    wait_for_ends(world, key, &ends);
    let before = world.claims(key);
    let files = world.log().matches("a payer's file was worked in").count();
    // Another ISA13, the same check numbers and claims.
    let text = String::from_utf8(std::fs::read(payer.folder().join("outbound/835.0")).unwrap()).unwrap();
    let number = text.split('*').nth(13).unwrap().to_string();
    payer.answer("835.again", text.replace(&number, "987654321").as_bytes());
    wait_until_worked_in(world, files + 1);
    assert_eq!(paid_of(&world.claims(key)), paid_of(&before), "claims were paid twice");
    for claim in world.claims(key).iter().take(10) {
        let whole = world.get(key, &format!("/v1/claims/{}", claim["id"].as_str().unwrap()));
        assert!(whole["payments"].as_array().unwrap().len() <= 1, "{whole}");
    }
    scene.world.finish();
}

fn paid_of(claims: &[serde_json::Value]) -> BTreeMap<String, String> {
    let text = |claim: &serde_json::Value, name: &str| claim[name].as_str().unwrap().to_string();
    claims.iter().map(|claim| (text(claim, "id"), text(claim, "paid"))).collect()
}

#[test]
fn a_payer_that_refuses_the_interchange_refuses_every_claim_in_it() {
    let scene = sent(15, 1_004);
    let Scene { world, key, payer, got } = &scene;
    let refusal = String::from_utf8(ta1(&payer.id, &payer.arrived()[0].bytes)).unwrap().replace("*A*000", "*R*023");
    payer.answer("1.ta1", refusal.as_bytes());
    wait_for_ends(world, key, &all_ends(got, "payer_rejected"));
    scene.world.finish();
}

#[test]
fn a_payer_that_refuses_a_transaction_refuses_its_claims() {
    let scene = sent(15, 1_005);
    let Scene { world, key, payer, got } = &scene;
    let refusal = String::from_utf8(ack999(&payer.id, &payer.arrived()[0].bytes)).unwrap();
    let refusal = refusal.replace("IK5*A", "IK5*R*5").replace("AK9*A*1*1*1", "AK9*R*1*1*0");
    payer.answer("1.999", refusal.as_bytes());
    wait_for_ends(world, key, &all_ends(got, "payer_rejected"));
    scene.world.finish();
}

#[test]
fn one_remittance_for_two_billing_companies_is_parted() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.submitter("rival", "RIVALBIL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let acmes = clean(Professional, 20, 1_011, "BSTAR");
    let mut of_rival = batch(Professional, 25, 1_012, &["BSTAR"]);
    of_rival.sender.id = "RIVALBIL".to_string();
    let rivals: Made = make(of_rival);
    world.watch_for(&acmes.claims);
    world.watch_for(&rivals.claims);
    let keys = [world.key("acme"), world.key("rival")];
    payer.start();
    world.start();
    world.submit(&keys[0], &acmes.bytes);
    world.submit(&keys[1], &rivals.bytes);
    let got = wait_for_claims_at(&payer, 45);
    payer.answer("1.277ca", &one_277ca_a_file(&payer));
    payer.answer("2.835", &era835(&payer.id, &got, |_| Decision::Pay));
    for (key, made) in keys.iter().zip([&acmes, &rivals]) {
        wait_for_ends(&world, key, &all_ends(&made.claims, "paid"));
        let mut expected: Vec<_> =
            made.claims.iter().map(|claim| (claim.number.clone(), answers::paid(claim, Decision::Pay))).collect();
        expected.sort();
        let mail = wait_for("the remittances", PATIENCE, || {
            Some(world.mail(key, "835")).filter(|mail| paid_claims(mail).len() >= expected.len())
        });
        assert_eq!(paid_claims(&mail), expected);
    }
    world.finish();
}

/// The payer's 277CAs over all its files, one after another.
fn one_277ca_a_file(payer: &Payer) -> Vec<u8> {
    let files = payer.arrived();
    files.iter().flat_map(|file| ack277ca(&payer.id, &claims(&file.bytes), |_| answers::Triage::Accept)).collect()
}

#[test]
fn a_response_that_is_still_being_written_is_taken_when_it_is_whole() {
    let scene = sent(25, 1_006);
    let Scene { world, key, payer, got } = &scene;
    let whole = era835(&payer.id, got, |_| Decision::Pay);
    let (half, rest) = whole.split_at(whole.len() / 2);
    payer.answer("1.835", half);
    // Another file tells when the folder has been looked through with the half file in it.
    payer.answer("2.ta1", &ta1(&payer.id, &payer.arrived()[0].bytes));
    wait_until_worked_in(world, 1);
    let mut file = File::options().append(true).open(payer.folder().join("outbound/1.835")).unwrap();
    file.write_all(rest).unwrap();
    wait_for_ends(world, key, &all_ends(got, "paid"));
    assert_eq!(world.log().matches("a payer's file is kept").count(), 2, "the half file was taken for a whole one");
    scene.world.finish();
}

#[test]
fn a_remittance_that_names_the_claim_by_its_number_alone_is_matched() {
    let scene = sent(12, 1_007);
    let Scene { world, key, payer, got } = &scene;
    // No 277CA came before, so the payer's number is unknown; the 835 has neither our trace number.
    let mut strange = got.clone();
    strange.iter_mut().for_each(|claim| claim.trace = format!("X{}", claim.number.replace('-', "")));
    payer.answer("1.835", &era835(&payer.id, &strange, |_| Decision::Pay));
    wait_for_ends(world, key, &all_ends(got, "paid"));
    scene.world.finish();
}
