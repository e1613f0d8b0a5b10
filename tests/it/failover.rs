//! The database is lost under load and another takes its place: two gateways wait, say so, and go on by themselves, and
//! whatever was told to a submitter is at the payer once. Runs where `CLAIMGATE_TEST_STORE` is set, as `make test` does,
//! and where a PostgreSQL server's programs are installed: it starts a primary and a synchronous replica of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::batches::{Made, Professional, clean};
use super::nodes::Second;
use super::trip::{answer_all, check_arrived, claims_at, money, wait_for_claims_after_trouble, wait_for_ends};
use super::world::cluster::Cluster;
use super::world::https::{Reply, Request, plain};
use super::world::run::{pass, wait_for};
use super::world::{PATIENCE, World, paid_claims};
use super::x12;

const CLAIMS_OF_A_FILE: usize = 8;
const FILES_OF_A_SENDER: u64 = 120;
/// Long enough for a stage to have asked in vain, and for a session to be refused.
const OUTAGE: Duration = Duration::from_secs(3);

/// Who hands files in, each until it is told that it is kept.
struct Senders<'a> {
    world: &'a World,
    second: &'a Second,
    key: &'a str,
    login: &'a Path,
    enough: AtomicBool,
    /// The test has failed: nobody need be told any more.
    abandoned: AtomicBool,
    told: Mutex<Vec<Made>>,
    /// How often each status was answered.
    answered: Mutex<BTreeMap<u16, usize>>,
    refused_over_sftp: AtomicUsize,
}

impl Senders<'_> {
    fn work(&self, place: u64) {
        for number in 0..FILES_OF_A_SENDER {
            if self.enough.load(Ordering::SeqCst) {
                return;
            }
            let file = clean(Professional, CLAIMS_OF_A_FILE, 40_000 + place * 1_000 + number, "BSTAR");
            match place {
                0 => self.over_https(|| self.world.call(self.key, "POST", "/v1/submissions", Some(&file.bytes))),
                1 => self.over_https(|| self.second.hand_in(self.world, self.key, &file.bytes)),
                _ => self.over_sftp(&format!("{place}-{number}.837"), &file),
            }
            self.told.lock().unwrap().push(file);
            pass(Duration::from_millis(20));
        }
        panic!("more files were needed than were made");
    }

    fn over_https(&self, hand_in: impl Fn() -> Reply) {
        wait_for("a file to be taken", PATIENCE, || {
            let reply = hand_in();
            *self.answered.lock().unwrap().entry(reply.status).or_default() += 1;
            // 409: an earlier try was kept, and could not be told.
            assert!(matches!(reply.status, 202 | 409 | 503), "{}\n{}", reply.text(), self.failures());
            (matches!(reply.status, 202 | 409) || self.abandoned.load(Ordering::SeqCst)).then_some(())
        });
    }

    /// What the gateways said of requests that failed.
    fn failures(&self) -> String {
        let log = self.world.log();
        let failed: Vec<&str> = log.lines().filter(|line| line.contains("a request failed")).collect();
        failed.join("\n")
    }

    fn over_sftp(&self, name: &str, file: &Made) {
        file.save(self.world.folder(), name);
        wait_for("a file to be taken over SFTP", PATIENCE, || {
            let put = self.world.sftp("acme", self.login, &format!("put {name} inbound/{name}\n"));
            if !put.well {
                self.refused_over_sftp.fetch_add(1, Ordering::SeqCst);
            }
            (put.well || self.abandoned.load(Ordering::SeqCst)).then_some(())
        });
    }
}

fn ready(ops: u16) -> u16 {
    plain(&format!("http://127.0.0.1:{ops}/readyz")).map_or(0, |reply| reply.status)
}

/// A submission is put off in words and with a time, not lost or left hanging.
fn check_put_off(world: &World, key: &str) {
    let (file, headers) = (clean(Professional, 1, 49_999, "BSTAR"), world.path("headers"));
    let begun = Instant::now();
    let asked = Request::new("POST", &world.url("/v1/submissions")).trusting(&world.authority()).bearer(key);
    let reply = asked.with("-D", &headers.display().to_string()).send(Some(&file.bytes));
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?} to be put off", begun.elapsed());
    let headers = std::fs::read_to_string(headers).unwrap().to_ascii_lowercase();
    assert!(headers.contains("retry-after: 5"), "{headers}");
}

/// Loses the primary in the middle of the work, and lets the replica take its place while it still only reads.
fn fail_over(cluster: &mut Cluster, world: &World, second: &Second, key: &str) {
    cluster.lose_primary();
    let lost = Instant::now();
    wait_for("both gateways to say that they are not ready", PATIENCE, || {
        (ready(world.ports.ops) == 503 && ready(second.ports.ops) == 503).then_some(())
    });
    check_put_off(world, key);
    pass(OUTAGE);
    cluster.move_address();
    pass(OUTAGE);
    let state = (ready(world.ports.ops), ready(second.ports.ops));
    assert_eq!(state, (503, 503), "a server that only reads was taken for the database");
    cluster.promote();
    let promoted = Instant::now();
    wait_for("both gateways to be ready again", Duration::from_secs(30), || {
        (ready(world.ports.ops) == 200 && ready(second.ports.ops) == 200).then_some(())
    });
    println!("away for {:?}, ready {:?} after the promotion", lost.elapsed(), promoted.elapsed());
    let log = world.log();
    for said in ["the database is away; this gateway waits for it", "the database is back; this gateway goes on"] {
        assert!(log.matches(said).count() >= 2, "not both gateways said: {said}");
    }
    assert!(
        log.contains("the database takes writes at another host now"),
        "the one that knows both hosts did not say so"
    );
}

fn check_acknowledged(world: &World, key: &str, told: &[Made]) {
    let lines = |kind: &str, id: &str| -> usize {
        world.mail(key, kind).iter().map(|bytes| x12::File::read(bytes).named(id).count()).sum()
    };
    wait_for("all acknowledgements", PATIENCE, || (lines("999", "AK1") >= told.len()).then_some(()));
    assert_eq!(lines("999", "AK1"), told.len(), "each file has one 999");
    assert_eq!(lines("ta1", "TA1"), told.len(), "each file has one TA1");
    let mut told_of: BTreeMap<String, usize> = BTreeMap::new();
    for bytes in world.mail(key, "277ca") {
        for trn in x12::File::read(&bytes).named("TRN") {
            *told_of.entry(trn[2].clone()).or_default() += 1;
        }
    }
    for claim in told.iter().flat_map(|file| &file.claims) {
        assert_eq!(told_of.get(&claim.number), Some(&1), "how often a 277CA tells of {}", claim.number);
    }
}

#[test]
fn a_database_that_fails_over_under_load_is_waited_for_and_nothing_is_lost_or_doubled() {
    if std::env::var("CLAIMGATE_TEST_STORE").is_err() {
        return println!("skipped: it is about PostgreSQL (CLAIMGATE_TEST_STORE)");
    }
    let Some(mut cluster) = Cluster::start() else {
        return println!("skipped: no programs of a PostgreSQL server are installed here (initdb, pg_basebackup)");
    };
    let world = World::over(&cluster.url());
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let key = world.key("acme");
    payer.start();
    world.start();
    let second = Second::start_over(&world, &cluster.url_of_both());
    let senders = Senders {
        world: &world,
        second: &second,
        key: &key,
        login: &login,
        enough: AtomicBool::new(false),
        abandoned: AtomicBool::new(false),
        told: Mutex::default(),
        answered: Mutex::default(),
        refused_over_sftp: AtomicUsize::new(0),
    };
    std::thread::scope(|scope| {
        for place in 0..3 {
            let senders = &senders;
            scope.spawn(move || senders.work(place));
        }
        // However this thread ends, the others must.
        let end = EndsThem(&senders);
        wait_for("the work to be under way", PATIENCE, || (claims_at(&payer).len() > 60).then_some(()));
        fail_over(&mut cluster, &world, &second, &key);
        let before = senders.told.lock().unwrap().len();
        wait_for("files to be taken again", PATIENCE, || {
            (senders.told.lock().unwrap().len() > before + 9).then_some(())
        });
        drop(end);
    });
    let answered = senders.answered.into_inner().unwrap();
    println!("answered {answered:?}, refused over SFTP {}", senders.refused_over_sftp.load(Ordering::SeqCst));
    assert!(answered.get(&503).is_some_and(|times| *times > 0), "nobody was put off: {answered:?}");
    let told = senders.told.into_inner().unwrap();
    settle(world, second, &payer, &key, &told);
    drop(cluster);
}

struct EndsThem<'a, 'b>(&'a Senders<'b>);

impl Drop for EndsThem<'_, '_> {
    fn drop(&mut self) {
        self.0.enough.store(true, Ordering::SeqCst);
        self.0.abandoned.store(std::thread::panicking(), Ordering::SeqCst);
    }
}

fn settle(mut world: World, second: Second, payer: &super::world::payers::Payer, key: &str, told: &[Made]) {
    told.iter().for_each(|file| world.watch_for(&file.claims));
    let total: usize = told.iter().map(|file| file.claims.len()).sum();
    let began = Instant::now();
    let got = wait_for_claims_after_trouble(payer, total);
    println!("{total} claims of {} files, the last at the payer after {:?}", told.len(), began.elapsed());
    check_arrived(told.iter().flat_map(|file| &file.claims), &got);
    check_acknowledged(&world, key, told);
    let ends = answer_all(payer);
    wait_for_ends(&world, key, &ends);
    let money = money(&got);
    wait_for("all remittances", PATIENCE, || (paid_claims(&world.mail(key, "835")).len() >= money.len()).then_some(()));
    assert_eq!(paid_claims(&world.mail(key, "835")), money, "each claim stands in one remittance");
    assert_eq!(claims_at(payer).len(), total, "claims were sent twice");
    assert!(second.running.terminate().success(), "the second gateway did not stop in order");
    world.finish();
}
