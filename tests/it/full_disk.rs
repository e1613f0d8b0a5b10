//! A disk that fills up: nothing that was answered is lost, and the gateway goes on by itself when there is room.

use std::process::Command;

use super::batches::{Made, Professional, clean};
use super::trip::{check_arrived, claims_at, wait_for_claims_after_trouble};
use super::world::World;
use super::world::run::{program, run, said};

/// A small disk of its own over a folder of the world, taken away again at the end.
struct SmallDisk<'a> {
    world: &'a World,
    folder: &'static str,
}

impl SmallDisk<'_> {
    /// Says why not when this machine does not let us.
    fn over<'a>(world: &'a World, folder: &'static str, size: &str) -> Result<SmallDisk<'a>, String> {
        std::fs::create_dir_all(world.path(folder)).unwrap();
        let mut mount = Command::new(program("mount"));
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "claimgate-it"]).arg(world.path(folder));
        let mounted = run(&mut mount, b"");
        if mounted.status.success() { Ok(SmallDisk { world, folder }) } else { Err(said(&mounted)) }
    }

    /// `ro` or `rw`.
    fn make(&self, how: &str) {
        let mut mount = Command::new(program("mount"));
        let mounted = run(mount.args(["-o", &format!("remount,{how}")]).arg(self.world.path(self.folder)), b"");
        assert!(mounted.status.success(), "{}", said(&mounted));
    }

    /// Fills it up to so many free bytes.
    fn fill(&self, leave: u64) {
        let mut free = Command::new("df");
        free.args(["--output=avail", "-B1"]).arg(self.world.path(self.folder));
        let free = said(&run(&mut free, b"")).lines().last().and_then(|line| line.trim().parse::<u64>().ok());
        let ballast = free.expect("df tells the free bytes").saturating_sub(leave);
        std::fs::write(self.world.path(self.folder).join("ballast"), vec![7; ballast as usize]).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.world.path(self.folder).join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Lazily: the gateway may still have files open there.
        let _ = run(Command::new("umount").arg("-l").arg(self.world.path(self.folder)), b"");
    }
}

#[test]
fn a_full_disk_is_answered_with_an_error_and_what_was_taken_before_goes_on_when_there_is_room() {
    if std::env::var("CLAIMGATE_TEST_STORE").is_ok() {
        return println!("skipped: the rows of this run are not on the disk that fills up");
    }
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let files: Vec<Made> = (0..40).map(|n| clean(Professional, 100, 2_000 + n, "BSTAR")).collect();
    files.iter().for_each(|file| world.watch_for(&file.claims));
    let disk = match SmallDisk::over(&world, "var", "64m") {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no small disk can be mounted here: {why}"),
    };
    let key = world.key("acme");
    payer.start();
    world.start();
    disk.fill(1_000_000);

    let mut taken: Vec<&Made> = Vec::new();
    let mut refused = None;
    for file in &files {
        let reply = world.call(&key, "POST", "/v1/submissions", Some(&file.bytes));
        match reply.status {
            202 => taken.push(file),
            _ => {
                refused = Some((file, reply));
                break;
            }
        }
    }
    let (refused, reply) = refused.expect("the disk filled up");
    assert_eq!(reply.status, 507, "{}", reply.text());
    assert!(reply.json()["detail"].as_str().unwrap().len() > 20, "{}", reply.text());
    assert!(claims_at(&payer).len() <= taken.iter().map(|file| file.claims.len()).sum());

    disk.make_room();
    let reply = world.call(&key, "POST", "/v1/submissions", Some(&refused.bytes));
    assert_eq!(reply.status, 202, "what was refused was kept: {}\n{}", reply.text(), world.log_tail());
    taken.push(refused);
    let claims: Vec<_> = taken.iter().flat_map(|file| &file.claims).cloned().collect();
    let got = wait_for_claims_after_trouble(&payer, claims.len());
    check_arrived(&claims, &got);
    world.stop();
    world.check_log();
    let reconciled = world.claimgate(&["reconcile"]);
    assert!(reconciled.status.success(), "{}", said(&reconciled));
}

#[test]
fn a_folder_that_can_only_be_read_is_answered_with_an_error_and_leaves_nothing_behind() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let disk = match SmallDisk::over(&world, "var/payloads", "64m") {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no small disk can be mounted here: {why}"),
    };
    let file = clean(Professional, 2_000, 3_000, "BSTAR");
    let key = world.key("acme");
    world.start();
    disk.make("ro");
    let reply = world.call(&key, "POST", "/v1/submissions", Some(&file.bytes));
    assert_eq!(reply.status, 500, "{}", reply.text());
    assert!(reply.json()["detail"].as_str().unwrap().contains("our trouble"), "{}", reply.text());
    assert!(world.log().contains("its folder can only be read"), "{}", world.log_tail());
    assert!(world.all(&key, "/v1/submissions", "cursor").is_empty(), "something was recorded");
    disk.make("rw");
    let reply = world.call(&key, "POST", "/v1/submissions", Some(&file.bytes));
    assert_eq!(reply.status, 202, "when it can be written again: {}\n{}", reply.text(), world.log_tail());
    world.stop();
    drop(disk);
    world.watch_for(&file.claims);
    world.check_log();
}
