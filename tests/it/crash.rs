//! The gateway is killed at random moments, with no chance to tidy up. What was answered is at the payer exactly
//! once in the end. `CLAIMGATE_IT_SEED` repeats a run's moments.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::batches::{Made, Professional, clean};
use super::trip::{answer_all, check_arrived, claims_at, money, wait_for_claims_at, wait_for_ends};
use super::world::run::{CLAIMGATE, pass, program, run, said, wait_for};
use super::world::{PATIENCE, World, paid_claims};

/// Moments drawn from a seed that is printed first.
pub struct Moments(u64);

impl Moments {
    pub fn new() -> Moments {
        let given = std::env::var("CLAIMGATE_IT_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| jiff::Timestamp::now().as_nanosecond() as u64 | 1);
        println!("CLAIMGATE_IT_SEED={seed}");
        Moments(seed)
    }

    pub fn within(&mut self, milliseconds: std::ops::Range<u64>) -> Duration {
        let length = (milliseconds.end - milliseconds.start) as usize;
        Duration::from_millis(milliseconds.start + self.below(length) as u64)
    }

    /// A number from 0 on.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Kills the gateway and starts it again; now and then it is killed while it starts.
pub fn kill_and_start(world: &World, moments: &mut Moments) {
    world.kill_9();
    if moments.within(0..4).as_millis() == 0 {
        world.launch();
        pass(moments.within(10..800));
        world.kill_9();
    }
    world.start();
}

/// Hands a file in until it is said to be kept.
fn insist(world: &World, key: &str, login: &Path, place: usize, file: &Made) {
    let name = format!("{place}.837");
    file.save(world.folder(), &name);
    wait_for("a file to be taken", PATIENCE, || {
        let taken = if place.is_multiple_of(2) {
            let reply = world.call(key, "POST", "/v1/submissions", Some(&file.bytes));
            // 409: an earlier try was kept and its answer lost.
            matches!(reply.status, 202 | 409)
        } else {
            world.sftp("acme", login, &format!("put {name} inbound/{name}\n")).well
        };
        taken.then_some(())
    });
}

#[test]
fn nothing_is_lost_or_doubled_when_the_gateway_is_killed_on_the_way_to_the_payer() {
    let mut moments = Moments::new();
    let mut world = World::new();
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let files: Vec<Made> = (0..10).map(|n| clean(Professional, 25, 500 + n, "BSTAR")).collect();
    files.iter().for_each(|file| world.watch_for(&file.claims));
    let key = world.key("acme");
    payer.start();
    world.start();

    let taken = AtomicUsize::new(0);
    let total: usize = files.iter().map(|file| file.claims.len()).sum();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (place, file) in files.iter().enumerate() {
                insist(&world, &key, &login, place, file);
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
        let (mut kills, began) = (0, Instant::now());
        while taken.load(Ordering::SeqCst) < files.len() || claims_at(&payer).len() < total {
            if began.elapsed() > 2 * PATIENCE {
                // The thread that hands files in would wait for a gateway that is gone.
                eprintln!("claims are missing at the payer:\n{}", world.log_tail());
                std::process::abort();
            }
            if kills < 12 {
                pass(moments.within(30..1500));
                kill_and_start(&world, &mut moments);
                kills += 1;
            } else {
                pass(Duration::from_millis(50));
                assert!(claims_at(&payer).len() <= total, "claims were sent twice");
            }
        }
    });
    let got = wait_for_claims_at(&payer, total);
    check_arrived(files.iter().flat_map(|file| &file.claims), &got);
    assert_eq!(world.claims(&key).len(), total);
    world.finish();
}

#[test]
fn every_answer_counts_once_when_the_gateway_is_killed_while_they_come_in() {
    let mut moments = Moments::new();
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let file = clean(Professional, 120, 601, "BSTAR");
    world.watch_for(&file.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    world.submit(&key, &file.bytes);
    let got = wait_for_claims_at(&payer, file.claims.len());

    let ends = answer_all(&payer);
    for _ in 0..6 {
        pass(moments.within(10..1200));
        kill_and_start(&world, &mut moments);
    }
    wait_for_ends(&world, &key, &ends);
    let money = money(&got);
    wait_for("all remittances", PATIENCE, || {
        (paid_claims(&world.mail(&key, "835")).len() >= money.len()).then_some(())
    });
    assert_eq!(paid_claims(&world.mail(&key, "835")), money, "each claim stands in one remittance");
    for claim in world.claims(&key).iter().filter(|claim| claim["status"] == "paid").take(20) {
        let whole = world.get(&key, &format!("/v1/claims/{}", claim["id"].as_str().unwrap()));
        assert_eq!(whole["payments"].as_array().map(Vec::len), Some(1), "paid once");
    }
    world.finish();
}

/// The short form of `make crash`: see `docs/crash-safety.md`.
#[test]
fn nothing_is_lost_doubled_or_acknowledged_too_early_when_the_gateway_is_killed_at_each_crash_point() {
    if std::env::var("CLAIMGATE_TEST_STORE").is_ok() {
        return println!("skipped: over PostgreSQL it is run by hand, make crash STORE=postgres://…");
    }
    let mut harness = Command::new(program("python3"));
    harness.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/run"));
    harness.args([
        "--binary",
        CLAIMGATE,
        "--kills",
        "8",
        "--each",
        "1",
        "--round",
        "30",
        "--life",
        "1.5",
        "--patience",
        "180",
    ]);
    let ended = run(&mut harness, b"");
    print!("{}", said(&ended));
    assert!(ended.status.success(), "{}", said(&ended));
}
