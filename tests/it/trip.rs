//! Steps that several tests take: claims seen at payers, compared with what was handed in, and answered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::answers::{self, Decision, Triage};
use super::world::payers::Payer;
use super::world::run::wait_for;
use super::world::{PATIENCE, World};
use super::x12::{Claim, claims};

/// Control number to the status it must come to.
pub type Ends = BTreeMap<String, &'static str>;

/// Every claim in the files that reached a payer.
pub fn claims_at(payer: &Payer) -> Vec<Claim> {
    payer.arrived().iter().flat_map(|file| claims(&file.bytes)).collect()
}

/// Waits until so many claims are at the payer; panics when there are more.
pub fn wait_for_claims_at(payer: &Payer, count: usize) -> Vec<Claim> {
    wait_long_for_claims_at(payer, count, PATIENCE)
}

/// The same after trouble with the disk or a killed gateway: a delivery whose end could not be written down is looked
/// into when its lease is over, after a minute.
pub fn wait_for_claims_after_trouble(payer: &Payer, count: usize) -> Vec<Claim> {
    wait_long_for_claims_at(payer, count, PATIENCE * 3)
}

fn wait_long_for_claims_at(payer: &Payer, count: usize, patience: Duration) -> Vec<Claim> {
    let what = format!("{count} claims to reach {}", payer.name);
    let got = wait_for(&what, patience, || Some(claims_at(payer)).filter(|got| got.len() >= count));
    assert_eq!(got.len(), count, "{} got claims that nobody sent it", payer.name);
    got
}

/// Each claim arrived once, as it was sent, with a trace number of its own.
pub fn check_arrived<'a>(sent: impl IntoIterator<Item = &'a Claim>, got: &[Claim]) {
    let mut sent: BTreeMap<&str, &Claim> = sent.into_iter().map(|claim| (claim.number.as_str(), claim)).collect();
    let mut traces = std::collections::BTreeSet::new();
    for claim in got {
        let as_sent = sent.remove(claim.number.as_str());
        let as_sent = as_sent.unwrap_or_else(|| panic!("{} arrived twice, or was never sent", claim.number));
        assert_eq!(claim.charge, as_sent.charge, "charge of {}", claim.number);
        assert_eq!(claim.lines, as_sent.lines, "lines of {}", claim.number);
        assert_eq!(claim.own, as_sent.own, "segments of {}", claim.number);
        assert_eq!(claim.above, as_sent.above, "provider, subscriber and patient of {}", claim.number);
        assert!(!claim.trace.is_empty() && traces.insert(&claim.trace), "REF*D9 of {} is no own one", claim.number);
    }
    let missing: Vec<_> = sent.keys().take(5).collect();
    assert!(sent.is_empty(), "{} claims did not arrive, among them {missing:?}", sent.len());
}

/// The number at the end of a control number: what a test's payer makes its mind up by.
fn place(claim: &Claim) -> u32 {
    claim.number.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// One in ten is refused before it is looked at.
pub fn triage(claim: &Claim) -> Triage {
    if place(claim).is_multiple_of(10) { Triage::Reject } else { Triage::Accept }
}

/// One in five of the others is denied.
pub fn decide(claim: &Claim) -> Decision {
    if place(claim) % 5 == 1 { Decision::Deny } else { Decision::Pay }
}

/// The payer answers everything that reached it, all at once; what each claim must come to.
pub fn answer_all(payer: &Payer) -> Ends {
    let files = payer.arrived();
    for (place, file) in files.iter().enumerate() {
        payer.answer(&format!("ta1.{place}"), &answers::ta1(&payer.id, &file.bytes));
        payer.answer(&format!("999.{place}"), &answers::ack999(&payer.id, &file.bytes));
        let said = answers::ack277ca(&payer.id, &claims(&file.bytes), triage);
        payer.answer(&format!("277ca.{place}"), &said);
    }
    let got = claims_at(payer);
    payer.answer("835.0", &answers::era835(&payer.id, &adjudicated(&got), decide));
    got.iter().map(|claim| (claim.number.clone(), end(claim))).collect()
}

/// Those that the payer takes into adjudication.
pub fn adjudicated(claims: &[Claim]) -> Vec<Claim> {
    claims.iter().filter(|claim| triage(claim) == Triage::Accept).cloned().collect()
}

/// What a claim comes to by what the payer says of it.
pub fn end(claim: &Claim) -> &'static str {
    match (triage(claim), decide(claim)) {
        (Triage::Reject, _) => "payer_rejected",
        (Triage::Accept, Decision::Deny) => "denied",
        (Triage::Accept, Decision::Pay) => "paid",
    }
}

/// What the remittances handed on must say: control number and cents of each adjudicated claim, sorted.
pub fn money(got: &[Claim]) -> Vec<(String, i64)> {
    let pays = |claim: &Claim| (claim.number.clone(), answers::paid(claim, decide(claim)));
    let mut all: Vec<_> = adjudicated(got).iter().map(pays).collect();
    all.sort();
    all
}

/// Waits until every claim that this key sees has come to its end; panics with those that have not.
pub fn wait_for_ends(world: &World, key: &str, ends: &Ends) {
    let deadline = Instant::now() + PATIENCE;
    wait_for("every claim's end", PATIENCE * 2, || {
        let wrong = wrong_ends(world, key, ends);
        let some: Vec<_> = wrong.iter().take(5).collect();
        assert!(
            wrong.is_empty() || Instant::now() < deadline,
            "{} of {} claims have not come to their end: {some:?}\n{}",
            wrong.len(),
            ends.len(),
            world.log_tail()
        );
        wrong.is_empty().then_some(())
    });
}

/// Number, what it must be, what it is.
fn wrong_ends(world: &World, key: &str, ends: &Ends) -> Vec<(String, &'static str, String)> {
    let text = |claim: &serde_json::Value, name: &str| claim[name].as_str().unwrap_or("").to_string();
    let claims = world.claims(key);
    let is: BTreeMap<String, String> =
        claims.iter().map(|claim| (text(claim, "patient_control_number"), text(claim, "status"))).collect();
    assert_eq!(is.len(), claims.len(), "a claim is listed twice");
    let status = |number: &str| is.get(number).cloned().unwrap_or_else(|| "not there".to_string());
    let all = ends.iter().map(|(number, &must)| (number.clone(), must, status(number)));
    all.filter(|(_, must, is)| must != is).collect()
}
