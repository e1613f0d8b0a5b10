//! Two gateways over one PostgreSQL and one folder of payloads: they share the work, one's end is not the work's, and
//! each claim arrives once. Runs where `CLAIMGATE_TEST_STORE` names a server, as `make test` does.

use std::path::Path;
use std::time::Duration;

use super::batches::{Made, Professional, clean};
use super::trip::{
    answer_all, check_arrived, claims_at, wait_for_claims_after_trouble, wait_for_claims_at, wait_for_ends,
};
use super::world::https::{Reply, Request, plain};
use super::world::run::{CLAIMGATE, Running, free_port, pass, wait_for};
use super::world::{PATIENCE, Ports, World};

/// A second gateway beside that of a world.
pub struct Second {
    pub running: Running,
    pub ports: Ports,
}

impl Second {
    fn start(world: &World) -> Second {
        Second::start_over(world, world.database_url())
    }

    /// That calls the same database by another address.
    pub fn start_over(world: &World, store: &str) -> Second {
        let ports = Ports { https: free_port(), sftp: free_port(), ops: free_port() };
        let mut settings = world.settings().replace("[gateway]\n", "[gateway]\nnode = 1\n");
        for (first, second) in
            [(world.ports.https, ports.https), (world.ports.sftp, ports.sftp), (world.ports.ops, ports.ops)]
        {
            settings = settings.replace(&format!("127.0.0.1:{first}"), &format!("127.0.0.1:{second}"));
        }
        let settings = settings.replace(&format!("{:?}", world.database_url()), &format!("{store:?}"));
        world.write("second.toml", &settings);
        let args = ["serve", "--config", "second.toml"];
        let log = world.path("gateway.log");
        let running = Running::start("the second gateway", Path::new(CLAIMGATE), &args, world.folder(), &log);
        let url = format!("http://127.0.0.1:{}/readyz", ports.ops);
        wait_for("the second gateway to be ready", PATIENCE, || (plain(&url)?.status == 200).then_some(()));
        Second { running, ports }
    }

    fn submit(&self, world: &World, key: &str, bytes: &[u8]) {
        let reply = self.hand_in(world, key, bytes);
        assert_eq!(reply.status, 202, "{}", reply.text());
    }

    pub fn hand_in(&self, world: &World, key: &str, bytes: &[u8]) -> Reply {
        let url = format!("https://localhost:{}/v1/submissions", self.ports.https);
        Request::new("POST", &url).trusting(&world.authority()).bearer(key).send(Some(bytes))
    }
}

fn files(from: u64) -> Vec<Made> {
    (0..8).map(|n| clean(Professional, 40, from + n, "BSTAR")).collect()
}

#[test]
fn two_gateways_over_one_database_share_the_work_and_one_that_is_killed_leaves_it_to_the_other() {
    if std::env::var("CLAIMGATE_TEST_STORE").is_err() {
        return println!("skipped: several gateways need PostgreSQL (CLAIMGATE_TEST_STORE)");
    }
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let (before, after) = (files(7_000), files(7_100));
    let all: Vec<&Made> = before.iter().chain(&after).collect();
    all.iter().for_each(|file| world.watch_for(&file.claims));
    let key = world.key("acme");
    payer.start();
    world.start();
    let second = Second::start(&world);

    for (place, file) in before.iter().enumerate() {
        match place % 2 {
            0 => drop(world.submit(&key, &file.bytes)),
            _ => second.submit(&world, &key, &file.bytes),
        }
    }
    let sent: usize = before.iter().map(|file| file.claims.len()).sum();
    wait_for_claims_at(&payer, sent);

    for file in &after {
        second.submit(&world, &key, &file.bytes);
    }
    // In the middle of whatever it does now.
    pass(Duration::from_millis(150));
    second.running.kill();
    let total: usize = all.iter().map(|file| file.claims.len()).sum();
    // A file that the killed one was sending is looked into when its lease is over.
    let got = wait_for_claims_after_trouble(&payer, total);
    check_arrived(all.iter().flat_map(|file| &file.claims), &got);
    let ends = answer_all(&payer);
    wait_for_ends(&world, &key, &ends);
    assert_eq!(claims_at(&payer).len(), total, "claims were sent twice");
    world.finish();
}

#[test]
fn a_gateway_whose_number_is_in_use_does_not_start() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.start();
    let mut settings = world.settings();
    for port in [world.ports.https, world.ports.sftp, world.ports.ops] {
        settings = settings.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{}", free_port()));
    }
    world.write("same.toml", &settings);
    let log = world.path("same.log");
    let args = ["serve", "--config", "same.toml"];
    let mut same = Running::start("the same gateway again", Path::new(CLAIMGATE), &args, world.folder(), &log);
    let ended = wait_for("it to give up", PATIENCE, || same.ended());
    assert_eq!(ended.code(), Some(2));
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("gateway.node 0 is in use"), "{said}");
    world.finish();
}
