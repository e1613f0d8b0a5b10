//! A disk that is slow, that cannot sync or write, a database that was damaged, and a clock that jumps: nothing that
//! was answered is lost, nothing is sent twice, and what is wrong is said.

use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use super::batches::{Made, Professional, clean};
use super::trip::{check_arrived, wait_for_claims_after_trouble, wait_for_claims_at};
use super::world::disk::Disk;
use super::world::payers::Payer;
use super::world::run::{said, wait_for};
use super::world::{PATIENCE, World};

struct Scene {
    world: World,
    payer: Payer,
    key: String,
    files: Vec<Made>,
}

/// `None` where the database is on another machine's disk, which is not ours to spoil.
fn scene_with_a_database(seed: u64) -> Option<Scene> {
    Some(scene(seed)).filter(|scene| scene.world.stores_in_a_file())
}

fn scene(seed: u64) -> Scene {
    let mut world = World::new();
    world.with_a_disk_of_its_own();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let files: Vec<Made> = (0..6).map(|n| clean(Professional, 10, seed + n, "BSTAR")).collect();
    files.iter().for_each(|file| world.watch_for(&file.claims));
    let key = world.key("acme");
    payer.start();
    world.start();
    Scene { world, payer, key, files }
}

impl Scene {
    fn insist(&self, file: &Made) {
        wait_for("a file to be taken", PATIENCE, || {
            let reply = self.world.call(&self.key, "POST", "/v1/submissions", Some(&file.bytes));
            matches!(reply.status, 202 | 409).then_some(())
        });
    }

    /// Everything is at the payer, once, and adds up.
    fn finish(self) {
        let claims: Vec<_> = self.files.iter().flat_map(|file| file.claims.clone()).collect();
        let got = wait_for_claims_after_trouble(&self.payer, claims.len());
        check_arrived(&claims, &got);
        assert_eq!(self.world.claims(&self.key).len(), claims.len());
        self.world.finish();
    }
}

#[test]
fn no_answer_comes_before_a_slow_disk_has_synced() {
    let Some(scene) = scene_with_a_database(7_000) else { return };
    scene.world.disk_is(Disk::Slow(150), 0);
    for file in &scene.files {
        let asked = Instant::now();
        scene.world.submit(&scene.key, &file.bytes);
        // The one transaction with the submission, its payload and its row of the audit trail, at the least.
        let took = asked.elapsed();
        assert!(took >= Duration::from_millis(150), "answered after {took:?}");
    }
    scene.finish();
}

#[test]
fn a_disk_that_cannot_sync_is_answered_with_an_error_until_it_can() {
    for (seed, trouble) in [(7_100, Disk::NoSync), (7_200, Disk::NoWrite)] {
        let Some(scene) = scene_with_a_database(seed) else { return };
        let (before, after) = scene.files.split_at(3);
        before.iter().for_each(|file| scene.insist(file));
        scene.world.disk_is(trouble, 0);
        for file in after {
            let reply = scene.world.call(&scene.key, "POST", "/v1/submissions", Some(&file.bytes));
            assert!(matches!(reply.status, 500..=599), "{trouble:?}: {}", reply.text());
            assert!(reply.json()["detail"].as_str().unwrap().len() > 20, "{}", reply.text());
        }
        scene.world.disk_is(Disk::Well, 0);
        after.iter().for_each(|file| scene.insist(file));
        scene.finish();
    }
}

#[test]
fn what_a_disk_that_cannot_sync_refused_is_not_there_after_a_crash() {
    let Some(scene) = scene_with_a_database(7_300) else { return };
    scene.world.disk_is(Disk::NoSync, 0);
    for file in &scene.files {
        let reply = scene.world.call(&scene.key, "POST", "/v1/submissions", Some(&file.bytes));
        assert!(matches!(reply.status, 500..=599), "{}", reply.text());
    }
    scene.world.kill_9();
    scene.world.disk_is(Disk::Well, 0);
    scene.world.start();
    scene.files.iter().for_each(|file| scene.insist(file));
    scene.finish();
}

#[test]
fn a_clock_that_jumps_loses_nothing_and_holds_nothing_up() {
    const DAY: i64 = 86_400;
    let scene = scene(7_400);
    for (file, off) in scene.files.iter().zip([0, 2 * DAY, -DAY, 300 * DAY, -DAY, 0]) {
        scene.world.disk_is(Disk::Well, off);
        let claims_before = scene.payer.arrived().len();
        scene.insist(file);
        wait_for("the file to be at the payer although the clock jumped", PATIENCE, || {
            (scene.payer.arrived().len() > claims_before).then_some(())
        });
        scene.world.kill_9();
        scene.world.start();
    }
    scene.world.disk_is(Disk::Well, 0);
    scene.finish();
}

#[test]
fn a_page_that_was_overwritten_is_told_of() {
    let Some(scene) = scene_with_a_database(7_500) else { return };
    scene.files.iter().for_each(|file| scene.insist(file));
    let claims = scene.files.iter().map(|file| file.claims.len()).sum();
    wait_for_claims_at(&scene.payer, claims);
    scene.world.stop();
    let path = scene.world.path("var/claimgate.db");
    let clean = std::fs::read(&path).unwrap();
    // The log of the last commits was taken into the file when it was closed.
    assert!(!scene.world.path("var/claimgate.db-wal").exists());
    let page_bytes = usize::from(u16::from_be_bytes([clean[16], clean[17]]));
    let pages = clean.len() / page_bytes;
    // Of a page that nothing stands on nobody can say that it is damaged.
    let free = usize::try_from(u32::from_be_bytes(clean[36..40].try_into().unwrap())).unwrap();
    let (mut looked, mut unseen) = (0, 0);
    assert!(scene.world.claimgate(&["store", "check"]).status.success());
    for page in (0..pages).step_by((pages / 12).max(1)) {
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.write_all_at(&vec![0x5a; page_bytes], (page * page_bytes) as u64).unwrap();
        looked += 1;
        unseen += usize::from(scene.world.claimgate(&["store", "check"]).status.success());
        std::fs::write(&path, &clean).unwrap();
    }
    assert!(
        unseen <= free && unseen < looked / 2,
        "{unseen} of {looked} pages of garbage were not told of, {free} are free"
    );
    let checked = scene.world.claimgate(&["store", "check"]);
    assert!(checked.status.success(), "{}", said(&checked));
}
