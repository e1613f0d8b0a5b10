//! TA1, 999, 277CA and 835 and a repeat of each, in orders drawn from a seed, with the gateway killed between any two:
//! while the last one is fetched, while it is worked in, and when it is done. However that falls, all ends the same.
//! `CLAIMGATE_IT_SEED` repeats a run's draws; `CLAIMGATE_ORDERS` sets how many orders there are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::answers::{ack277ca, ack999, era835, ta1};
use super::batches::{Professional, clean};
use super::crash::Moments;
use super::day::in_another_envelope;
use super::trip::{Ends, adjudicated, claims_at, decide, end, money, triage, wait_for_ends};
use super::world::payers::Payer;
use super::world::run::{pass, wait_for};
use super::world::{PATIENCE, World, paid_claims};
use super::x12::{Claim, File, claims, element};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Ta1,
    Ack999,
    Ack277ca,
    Era835,
}

const ALL: [Kind; 4] = [Kind::Ta1, Kind::Ack999, Kind::Ack277ca, Kind::Era835];
const STEPS: usize = 2 * ALL.len();
const CLAIMS_OF_A_BATCH: usize = 3;

/// Where the gateway is killed while answers come in; one more moment is when all of a step is worked in.
const POINTS: [&str; 9] = [
    "collect.fetched",
    "collect.kept",
    "collect.cleared",
    "correlate.read",
    "remit.read",
    "commit.asked",
    "commit.told",
    "group.asked",
    "group.done",
];
/// Kills at a point in one step, before it is let come to its end.
const KILLS_OF_A_STEP: usize = 2;

/// A file of claims at a payer, and what comes of it in which order.
struct Batch {
    payer: usize,
    file: Vec<u8>,
    claims: Vec<Claim>,
    order: Vec<Kind>,
    /// What it was answered, for the repeats.
    said: BTreeMap<Kind, Vec<u8>>,
}

fn orders() -> usize {
    std::env::var("CLAIMGATE_ORDERS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

impl Batch {
    fn new(payer: usize, file: Vec<u8>, moments: &mut Moments) -> Batch {
        let mut order: Vec<Kind> = ALL.into_iter().chain(ALL).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, moments.below(last + 1));
        }
        let claims = claims(&file);
        Batch { payer, file, claims, order, said: BTreeMap::new() }
    }

    /// The answer of a step; `None` where nothing is to be paid or denied.
    fn answer(&mut self, sender: &str, step: usize, moments: &mut Moments) -> Option<Vec<u8>> {
        let kind = self.order[step];
        if let Some(first) = self.said.get(&kind) {
            // A 277CA in another envelope is another answer, of which the submitter is told.
            let anew = kind != Kind::Ack277ca && moments.below(2) == 0;
            return Some(if anew { in_another_envelope(first, moments) } else { first.clone() });
        }
        let written = match kind {
            Kind::Ta1 => ta1(sender, &self.file),
            Kind::Ack999 => ack999(sender, &self.file),
            Kind::Ack277ca => ack277ca(sender, &self.claims, triage),
            Kind::Era835 => match adjudicated(&self.claims).as_slice() {
                [] => return None,
                adjudicated => era835(sender, adjudicated, decide),
            },
        };
        self.said.insert(kind, written.clone());
        Some(written)
    }
}

struct Scene {
    world: World,
    key: String,
    payers: [Payer; 2],
    batches: Vec<Batch>,
}

/// Each file handed in is a batch at one of two payers, of which one leaves its answers to be cleared away.
fn sent(moments: &mut Moments) -> Scene {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payers =
        [world.sftp_payer("bluestar", "BLUESTAR", "BSTAR"), world.sftp_payer("redmoon", "REDMOON", "RMOON")];
    let cleared = std::fs::read_to_string(world.path("partners/redmoon.toml")).unwrap();
    world.write("partners/redmoon.toml", &cleared.replace("after_collect = \"leave\"", "after_collect = \"delete\""));
    let key = world.key("acme");
    payers.iter_mut().for_each(Payer::start);
    world.start();
    let mut batches: Vec<Batch> = Vec::new();
    for n in 0..orders() {
        let payer = n % payers.len();
        let of_payer = ["BSTAR", "RMOON"][payer];
        let made = clean(Professional, CLAIMS_OF_A_BATCH, 7_000 + n as u64, of_payer);
        world.watch_for(&made.claims);
        let before: usize = payers[payer].arrived().len();
        world.submit(&key, &made.bytes);
        let file = wait_for("the batch to be at its payer", PATIENCE, || {
            let arrived = payers[payer].arrived();
            assert!(arrived.len() <= before + 1, "each file handed in is one batch");
            let known = |bytes: &Vec<u8>| batches.iter().any(|batch| batch.file == *bytes);
            arrived.into_iter().map(|one| one.bytes).find(|bytes| !known(bytes))
        });
        batches.push(Batch::new(payer, file, moments));
    }
    Scene { world, key, payers, batches }
}

impl Scene {
    /// Puts the next answer to each batch where the gateway fetches it; how many files, and whether money is among them.
    fn leave(&mut self, step: usize, moments: &mut Moments) -> (usize, bool) {
        let (mut files, mut money) = (0, false);
        for (n, batch) in self.batches.iter_mut().enumerate() {
            let payer = &self.payers[batch.payer];
            if let Some(answer) = batch.answer(&payer.id, step, moments) {
                payer.answer(&format!("{n:03}.{step}"), &answer);
                files += 1;
                money |= batch.order[step] == Kind::Era835;
            }
        }
        (files, money)
    }

    /// Starts the gateway, which dies at a drawn point, and starts it again, until all `given` files are worked in; then
    /// kills it. The points at which it died.
    fn work(&mut self, given: usize, new: usize, money: bool, moments: &mut Moments) -> Vec<String> {
        let (mut died, deadline) = (Vec::new(), Instant::now() + PATIENCE);
        loop {
            let point = (died.len() < KILLS_OF_A_STEP).then(|| self.point(new, money, moments)).flatten();
            self.world.environment = point.iter().map(|point| format!("CLAIMGATE_CRASH_AT={point}")).collect();
            self.world.launch();
            loop {
                if self.world.has_ended() {
                    let point =
                        point.unwrap_or_else(|| panic!("the gateway ended by itself:\n{}", self.world.log_tail()));
                    died.push(point);
                    break;
                }
                let worked_in = self.worked_in();
                assert!(worked_in <= given, "{worked_in} files are here, of {given} that payers left");
                if worked_in == given {
                    self.world.kill_9();
                    return died;
                }
                assert!(Instant::now() < deadline, "answers are not worked in:\n{}", self.world.log_tail());
                pass(Duration::from_millis(30));
            }
        }
    }

    /// A crash point and how often it is passed before; `None`: only when all is done.
    fn point(&self, files: usize, money: bool, moments: &mut Moments) -> Option<String> {
        let can_be_passed = |point: &str| match point {
            "remit.read" => money,
            "collect.cleared" => self.batches.iter().any(|batch| batch.payer == 1),
            "group.asked" | "group.done" => self.world.stores_in_a_file(),
            _ => true,
        };
        let points: Vec<&str> = POINTS.into_iter().filter(|point| can_be_passed(point)).collect();
        let point = points.get(moments.below(points.len() + 1))?;
        let passes = if point.starts_with("co") && !point.starts_with("com") { files } else { 2 * files };
        Some(format!("{point}:{}", 1 + moments.below(passes.div_ceil(2))))
    }

    /// Files of payers that need no more work.
    fn worked_in(&self) -> usize {
        // Before the first start there is no database; one that is being written is asked again.
        self.world.ask("SELECT COUNT(*) FROM inbound WHERE state > 1").and_then(|rows| rows.parse().ok()).unwrap_or(0)
    }

    /// What the gateway tells of a claim's life, in no order: kind, code and what was said of its status.
    fn told(&self, id: &str) -> BTreeSet<[String; 3]> {
        let whole = self.world.get(&self.key, &format!("/v1/claims/{id}"));
        let text = |event: &serde_json::Value, name: &str| event[name].as_str().unwrap_or("").to_string();
        let events = whole["timeline"].as_array().expect("a claim has a timeline");
        events.iter().map(|event| ["kind", "code", "status"].map(|name| text(event, name))).collect()
    }
}

#[test]
fn answers_in_any_order_and_twice_end_the_same_when_the_gateway_is_killed_between_any_two() {
    let mut moments = Moments::new();
    let mut scene = sent(&mut moments);
    scene.world.kill_9();
    let (mut given, mut died) = (0, Vec::new());
    for step in 0..STEPS {
        let (new, money) = scene.leave(step, &mut moments);
        given += new;
        died.extend(scene.work(given, new, money, &mut moments));
    }
    println!("{} orders, killed {} times when all was done and at {died:?}", scene.batches.len(), STEPS);
    assert!(died.len() >= STEPS / 2, "the points were not reached: {died:?}");
    scene.world.environment.clear();
    scene.world.start();
    check(&scene);
    assert_eq!(scene.worked_in(), given, "each file that a payer left is one file here");
    let Scene { world, .. } = scene;
    world.finish();
}

fn check(scene: &Scene) {
    let Scene { world, key, payers, batches } = scene;
    let got: Vec<Claim> = batches.iter().flat_map(|batch| batch.claims.clone()).collect();
    let per_payer = |payer: &Payer| claims_at(payer).len();
    assert_eq!(payers.iter().map(per_payer).sum::<usize>(), got.len(), "nothing is sent twice");
    let ends: Ends = got.iter().map(|claim| (claim.number.clone(), end(claim))).collect();
    wait_for_ends(world, key, &ends);
    assert_eq!(paid_claims(&world.mail(key, "835")), money(&got), "each payment is handed on once");

    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for letter in world.mail(key, "277ca") {
        for trn in File::read(&letter).named("TRN").filter(|trn| trn[1] == "2") {
            *told.entry(element(trn, 2).to_string()).or_default() += 1;
        }
    }
    let order =
        |claim: &Claim| &batches.iter().find(|one| one.claims.iter().any(|c| c.number == claim.number)).unwrap().order;
    let mut lives: BTreeMap<&str, BTreeSet<[String; 3]>> = BTreeMap::new();
    for listed in world.claims(key) {
        let number = listed["patient_control_number"].as_str().unwrap();
        let claim = got.iter().find(|claim| claim.number == number).unwrap();
        // Once by the gateway, once by the payer.
        assert_eq!(told.get(number), Some(&2), "{:?}", order(claim));
        let id = listed["id"].as_str().unwrap();
        let payments = world.get(key, &format!("/v1/claims/{id}"))["payments"].as_array().map(Vec::len);
        assert_eq!(payments, Some(usize::from(end(claim) != "payer_rejected")), "{:?}", order(claim));
        let mut told = scene.told(id);
        // Whether a payer said the same once more in another envelope is told, and changes nothing.
        told.retain(|[kind, _, _]| kind != "repeat");
        let kinds: BTreeSet<&str> = told.iter().map(|[kind, _, _]| kind.as_str()).collect();
        assert!(["TA1", "999", "277CA"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        let first = lives.entry(end(claim)).or_insert_with(|| told.clone());
        assert_eq!(told, *first, "{:?}", order(claim));
    }
    assert!(lives.len() > 1, "claims come to different ends: {:?}", lives.keys());
}
