//! Every payment on the right claim, to the cent: claims go out, are answered by remittances that know what each
//! payment is about, and the gateway's books are compared with that; then the same with spoiled answers.
//! `CLAIMGATE_MATCHING_CLAIMS` sets how many claims (`bench/matching` asks for 10,000).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use super::answers::{Triage, ack277ca};
use super::batches::{Professional, clean};
use super::remits::{Era, OF_CORRECTED, OF_OTHER_VISIT, Payment, WAYS, adjudicate, spoil};
use super::world::payers::hosted_payer_file;
use super::world::run::{program, ssh_key, wait_for};
use super::world::{PATIENCE, World};
use super::x12::{Claim, amount, cents, claims};

/// Payer ids of the outside generators are numbers.
const PAYER_ID: &str = "60054";

fn count() -> usize {
    std::env::var("CLAIMGATE_MATCHING_CLAIMS").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

/// A gateway whose payer has all claims of `bytes`.
struct Scene {
    world: World,
    key: String,
    payer: String,
    got: Vec<Claim>,
}

fn sent(bytes: &[u8]) -> Scene {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let public = ssh_key(&world.path("bluestar_ed25519"));
    world.write("partners/bluestar.toml", &hosted_payer_file("BLUESTAR", PAYER_ID, &public));
    let handed_in = claims(bytes);
    world.watch_for(&handed_in);
    let (key, payer) = (world.key("acme"), world.key("bluestar"));
    world.start();
    world.submit(&key, bytes);
    let got = wait_for("all claims to be with the payer", PATIENCE * 3, || {
        let got: Vec<Claim> = world.mail(&payer, "837").iter().flat_map(|file| claims(file)).collect();
        (got.len() >= handed_in.len()).then_some(got)
    });
    Scene { world, key, payer, got }
}

/// Longer control numbers with capitals, and one in fifty the same as that of another provider's claim.
fn with_long_numbers(bytes: &[u8], shared: bool) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut parts = text.split("CLM*");
    let mut written = parts.next().unwrap_or_default().to_string();
    let mut before: Vec<(String, String)> = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (n, (claim, part)) in claims(bytes).iter().zip(parts).enumerate() {
        let rest = part.strip_prefix(claim.number.as_str()).expect("CLM01 is the claim's number");
        let long = format!("{}{}", claim.number, &"-ABCDEFGHI"[..20 - claim.number.len().max(10)]);
        let mut others = before.iter().rev().filter(|(npi, number)| *npi != claim.npi && !taken.contains(number));
        let other = others.next().filter(|_| shared && n % 50 == 9).map(|(_, number)| number.clone());
        taken.extend(other.clone());
        let number = other.unwrap_or(long);
        written += &format!("CLM*{number}{rest}");
        before.push((claim.npi.clone(), number));
    }
    written.into_bytes()
}

/// The number of the claim that replaces this one.
fn corrected(number: &str) -> String {
    format!("R{}", &number[1..])
}

/// Every fortieth claim is followed by one that replaces it, of the same patient, day and charge.
fn with_corrections(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let segments: Vec<&str> = text.split('~').map(str::trim).filter(|segment| !segment.is_empty()).collect();
    let is = |segment: &str, ids: &[&str]| ids.contains(&segment.split('*').next().unwrap_or_default());
    let (mut written, mut claims, mut at) = (Vec::new(), 0, 0);
    let (mut opened, mut place) = (0, 0);
    while place < segments.len() {
        let segment = segments[place];
        match segment.split('*').next() {
            Some("ST") => opened = written.len(),
            Some("SE") => {
                let control = segment.rsplit('*').next().unwrap();
                written.push(format!("SE*{}*{control}", written.len() - opened + 1));
                place += 1;
                continue;
            }
            Some(_) | None => {}
        }
        written.push(segment.to_string());
        place += 1;
        if is(segment, &["CLM"]) {
            (claims, at) = (claims + 1, place - 1);
        }
        let ends = segments.get(place).is_some_and(|next| is(next, &["CLM", "HL", "SE"]));
        let is_first = at > 0 && segments[at].split('*').nth(5).is_some_and(|place| place.ends_with(":1"));
        if ends && claims % 40 == 3 && is_first {
            written.extend(replacing(&segments[at..place]));
            claims += 1;
        }
        if ends {
            at = 0;
        }
    }
    (written.join("~") + "~").into_bytes()
}

/// The claim of these segments, corrected.
fn replacing(claim: &[&str]) -> Vec<String> {
    let mut elements: Vec<String> = claim[0].split('*').map(str::to_string).collect();
    elements[1] = corrected(&elements[1]);
    elements[5] = elements[5].rsplit_once(':').expect("CLM05 has its frequency").0.to_string() + ":7";
    let rest = claim[1..].iter().filter(|segment| !segment.starts_with("REF*D9*"));
    let mut rest: Vec<String> = rest.map(ToString::to_string).collect();
    let before = |segment: &String| !["DTP", "PWK", "CN1", "AMT", "REF"].iter().any(|id| segment.starts_with(id));
    let place = rest.iter().position(before).expect("a claim has diagnoses");
    rest.insert(place, format!("REF*F8*OLD{}", elements[1]));
    rest.insert(0, elements.join("*"));
    rest
}

impl Scene {
    fn hand_in(&self, name: &str, bytes: &[u8]) -> u16 {
        let path = format!("/v1/inbound?file_name={name}");
        let reply = self.world.call(&self.payer, "POST", &path, Some(bytes));
        assert!(matches!(reply.status, 200 | 202), "POST {path}: {}", reply.text());
        reply.status
    }

    fn remittances(&self, more: &str) -> Vec<Value> {
        self.world.all(&self.payer, &format!("/v1/remittances?limit=500{more}"), "cursor")
    }

    fn wait_for_remittances(&self, count: usize) {
        wait_for("all remittances", PATIENCE * 3, || (self.remittances("").len() >= count).then_some(()));
    }

    /// Claims and those that replace them.
    fn corrections(&self) -> Vec<(Claim, Claim)> {
        let by_number: BTreeMap<(&str, String), &Claim> =
            self.got.iter().map(|claim| ((claim.npi.as_str(), claim.number.clone()), claim)).collect();
        let first = |one: &&Claim| !one.number.starts_with('R');
        let pair = |one: &Claim| {
            let by = by_number.get(&(one.npi.as_str(), corrected(&one.number)))?;
            Some((one.clone(), (*by).clone()))
        };
        self.got.iter().filter(first).filter_map(pair).collect()
    }

    /// The payer tells its numbers of some claims, and of all that were corrected, before it pays.
    fn teach_numbers(&self, corrections: &[(Claim, Claim)]) -> Vec<Claim> {
        let of_these = |claim: &Claim| corrections.iter().any(|(one, _)| one.trace == claim.trace);
        let told = |(n, claim): (usize, &Claim)| (n % 3 == 0 || of_these(claim)).then(|| claim.clone());
        let corrects = |claim: &Claim| corrections.iter().any(|(_, by)| by.trace == claim.trace);
        let known: Vec<Claim> = self.got.iter().enumerate().filter_map(told).filter(|one| !corrects(one)).collect();
        self.hand_in("numbers.277", &ack277ca("BLUESTAR", &known, |_| Triage::Accept));
        let told = known[known.len() - 1].trace.clone();
        wait_for("the payer's numbers to be known", PATIENCE, || {
            let body = serde_json::json!({ "trace_number": told }).to_string();
            let found = self.world.call(&self.key, "POST", "/v1/claims/search", Some(body.as_bytes())).json();
            found["items"][0]["payer_claim_control_number"].is_string().then_some(())
        });
        known
    }
}

/// What came of the payments of a file.
#[derive(Default)]
struct Tally {
    /// By the way they were spoiled: those that are on their claim, and those that wait for a person.
    ways: BTreeMap<&'static str, (usize, usize)>,
    rules: BTreeMap<String, usize>,
}

/// Compares the gateway's books with what each payment is about. `held` is the transaction that does not add up.
fn compare(scene: &Scene, era: &Era, held: Option<&str>) -> Tally {
    let claims = scene.world.claims(&scene.key);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let trace_of: BTreeMap<String, String> =
        claims.iter().map(|claim| (text(&claim["id"]), text(&claim["trace_number"]))).collect();
    let exceptions = scene.world.all(&scene.payer, "/v1/exceptions?limit=500", "cursor");
    let mut tally = Tally::default();
    let mut paid: BTreeMap<&str, i64> = BTreeMap::new();
    let listed: BTreeMap<String, Value> = scene
        .remittances("")
        .into_iter()
        .filter(|one| one["state"] != "repeat")
        .map(|one| (text(&one["trace"]), one))
        .collect();
    assert_eq!(listed.len(), era.transactions.len());
    for transaction in &era.transactions {
        let item = &listed[transaction.trace()];
        assert_eq!(item["amount"], amount(transaction.amount()).as_str());
        assert_eq!(item["claims_paid"], amount(transaction.paid()).as_str());
        assert_eq!(item["adjustments"], amount(transaction.adjusted()).as_str());
        let is_held = held == Some(transaction.trace());
        assert_eq!(item["state"], if is_held { "held" } else { "posted" }, "{item}");
        let whole = scene.world.get(&scene.payer, &format!("/v1/remittances/{}", text(&item["id"])));
        let payments = whole["payments"].as_array().unwrap();
        assert_eq!(payments.len(), transaction.payments.len());
        for (line, payment) in payments.iter().zip(&transaction.payments) {
            assert_eq!(line["paid"], amount(payment.paid()).as_str());
            match line["claim_id"].as_str() {
                Some(id) => {
                    let rule = text(&line["rule"]);
                    assert_eq!(
                        trace_of[id], payment.truth,
                        "a payment ({}) is on a wrong claim by {rule}",
                        payment.spoiled
                    );
                    assert!(line["evidence"].as_array().is_some_and(|all| !all.is_empty()), "{line}");
                    *tally.rules.entry(rule).or_default() += 1;
                    if !is_held {
                        tally.ways.entry(payment.spoiled).or_default().0 += 1;
                        *paid.entry(&payment.truth).or_default() += payment.paid();
                    }
                }
                None if is_held => {}
                None => {
                    check_candidates(&exceptions, line, payment, &trace_of);
                    tally.ways.entry(payment.spoiled).or_default().1 += 1;
                }
            }
        }
    }
    for claim in &claims {
        let trace = text(&claim["trace_number"]);
        let should = paid.get(trace.as_str()).copied().unwrap_or(0);
        assert_eq!(cents(claim["paid"].as_str().unwrap()), should, "what was paid in all, of {trace}");
    }
    tally
}

/// What nobody was found for waits for a person, the right claim, where there is one, among the first three.
fn check_candidates(exceptions: &[Value], line: &Value, payment: &Payment, trace_of: &BTreeMap<String, String>) {
    let of_it = |one: &&Value| one["response"]["payment"] == line["id"];
    let exception = exceptions.iter().find(of_it);
    let exception = exception.unwrap_or_else(|| panic!("{}: no claim and no exception: {line}", payment.spoiled));
    if payment.truth.is_empty() {
        return;
    }
    let candidates = exception["candidates"].as_array().unwrap();
    let first: BTreeSet<&str> = candidates
        .iter()
        .take(3)
        .filter_map(|one| trace_of.get(one["claim_id"].as_str()?).map(String::as_str))
        .collect();
    assert!(first.contains(payment.truth.as_str()), "{}: not among the first three: {exception}", payment.spoiled);
}

fn check_clean(bytes: &[u8], era: impl Fn(&Scene) -> Era) {
    let scene = sent(&with_long_numbers(bytes, false));
    let era = era(&scene);
    let began = Instant::now();
    scene.hand_in("1.835", &era.to_bytes("BLUESTAR"));
    scene.wait_for_remittances(era.transactions.len());
    println!("{} payments in {:?}", era.payments().count(), began.elapsed());
    let tally = compare(&scene, &era, None);
    println!("matched by {:?}", tally.rules);
    assert_eq!(tally.ways, BTreeMap::from([("", (era.payments().count(), 0))]), "every payment is on its claim");
    let handed: i64 =
        super::world::paid_claims(&scene.world.mail(&scene.key, "835")).iter().map(|(_, paid)| paid).sum();
    assert_eq!(handed, era.transactions.iter().map(|one| one.paid()).sum::<i64>(), "all of it is handed on");
    scene.world.finish();
}

fn check_spoiled(bytes: &[u8], era: impl Fn(&Scene) -> Era) {
    let scene = sent(&with_corrections(&with_long_numbers(bytes, true)));
    let corrections = scene.corrections();
    let known = scene.teach_numbers(&corrections);
    let mut era = era(&scene);
    let wrong = spoil(&mut era, &known, &corrections);
    let file = era.to_bytes("BLUESTAR");
    assert_eq!(scene.hand_in("1.835", &file), 202);
    scene.wait_for_remittances(era.transactions.len());
    // The same bytes again, under another name, and the same payments in another envelope.
    assert_eq!(scene.hand_in("1.835", &file), 200);
    assert_eq!(scene.hand_in("again.835", &file), 200);
    scene.hand_in("2.835", &era.to_bytes("BLUESTAR"));
    scene.wait_for_remittances(2 * era.transactions.len());
    assert_eq!(scene.remittances("&state=repeat").len(), era.transactions.len(), "all of it was told before");

    let tally = compare(&scene, &era, Some(&wrong));
    let held = era.transactions.iter().find(|one| one.trace() == wrong).unwrap();
    let all = era.payments().count();
    println!("{all} payments (on their claims, for a person): {:?}, matched by {:?}", tally.ways, tally.rules);
    for way in WAYS.into_iter().chain([""]) {
        let (found, not) = tally.ways.get(way).copied().unwrap_or_default();
        assert!(found > 0 && not * 100 <= found + not, "{way}: {found} are found and {not} are not");
    }
    for way in [OF_CORRECTED, OF_OTHER_VISIT] {
        let (found, not) = tally.ways.get(way).copied().unwrap_or_default();
        assert!(found == 0 && not > 0, "{way}: {found} are found, and {not} wait for a person");
    }
    let problem = scene.remittances("&state=held")[0]["problem"].as_str().unwrap().to_string();
    assert!(problem.contains("claim") && problem.contains("does not add up"), "{problem}");
    assert!(!held.payments.is_empty());
    scene.world.finish();
}

#[test]
fn every_payment_is_on_its_claim_to_the_cent() {
    check_clean(&clean(Professional, count(), 71, PAYER_ID).bytes, |scene| adjudicate("BLUESTAR", &scene.got));
}

#[test]
fn spoiled_answers_find_their_claims_or_a_person_and_never_a_wrong_claim() {
    check_spoiled(&clean(Professional, count(), 72, PAYER_ID).bytes, |scene| adjudicate("BLUESTAR", &scene.got));
}

/// The outside generators; `None` where they are not beside the project.
fn generators() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = ["../shared/bench", "../../shared/bench"].map(|folder| root.join(folder));
    let found = found.into_iter().find(|folder| folder.join("gen835.py").is_file());
    if found.is_none() {
        println!("skipped: ../shared/bench is not there");
    }
    found
}

/// Runs one of them; `args` and then `--out` with the file that is read back.
fn generated(folder: &Path, script: &str, args: &[&str], out: &Path) -> Vec<u8> {
    let mut python = Command::new(program("python3"));
    python.arg(folder.join(script)).args(args).arg("--out").arg(out);
    let ran = python.output().unwrap();
    assert!(ran.status.success(), "{script}: {}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read(out).unwrap()
}

fn outside_claims(folder: &Path, there: &Path, seed: &str) -> Vec<u8> {
    let count = count().to_string();
    let ids = ["--sender", "ACMEBILL", "--receiver", "CLAIMGATE", "--usage", "T", "--payer-ids", PAYER_ID];
    generated(folder, "gen837.py", &[&["--claims", &count, "--seed", seed][..], &ids].concat(), &there.join("g.837"))
}

/// The generator's remittance of what the payer got; its own summary says the same totals as the file.
fn outside_era(folder: &Path, scene: &Scene) -> Era {
    let files = scene.world.mail(&scene.payer, "837");
    let (from, out, sums) = (scene.world.path("got.837"), scene.world.path("got.835"), scene.world.path("got.json"));
    std::fs::write(&from, files.concat()).unwrap();
    let (from, summary) = (from.display().to_string(), sums.display().to_string());
    let era = Era::read(&generated(folder, "gen835.py", &[&from, "--summary", &summary], &out), &scene.got);
    let summary: Value = serde_json::from_slice(&std::fs::read(&sums).unwrap()).unwrap();
    for told in summary["transactions"].as_array().unwrap() {
        let one = era.transactions.iter().find(|one| told["trn"] == one.trace()).expect("it is in the file");
        let told = |name: &str| cents(told[name].as_str().unwrap());
        assert_eq!((told("bpr02"), told("sum_clp04"), told("plb")), (one.amount(), one.paid(), one.adjusted()));
    }
    era
}

#[test]
fn remittances_of_an_outside_generator_are_booked_to_the_cent_of_its_summary() {
    let Some(folder) = generators() else { return };
    let there = tempfile::tempdir().unwrap();
    check_clean(&outside_claims(&folder, there.path(), "8"), |scene| outside_era(&folder, scene));
}

#[test]
fn spoiled_remittances_of_an_outside_generator_find_their_claims_or_a_person() {
    let Some(folder) = generators() else { return };
    let there = tempfile::tempdir().unwrap();
    check_spoiled(&outside_claims(&folder, there.path(), "9"), |scene| outside_era(&folder, scene));
}
