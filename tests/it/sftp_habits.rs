//! Habits of billing companies' SFTP clients: a temporary name first, the same file again, several in one go.

use std::path::Path;
use std::time::Duration;

use super::batches::{Professional, clean};
use super::trip::{check_arrived, claims_at, wait_for_claims_at};
use super::world::World;
use super::world::run::wait_for;

fn put(world: &World, login: &Path, commands: &str) {
    let visit = world.sftp("acme", login, commands);
    assert!(visit.well, "{commands}: {}", visit.said);
}

#[test]
fn the_same_file_again_is_not_taken_twice_and_a_note_in_acks_says_so() {
    let mut world = World::new();
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let made = clean(Professional, 15, 901, "BSTAR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    payer.start();
    world.start();
    made.save(world.folder(), "monday.837");
    put(&world, &login, "put monday.837 inbound/monday.837\n");
    wait_for_claims_at(&payer, 15);
    put(&world, &login, "put monday.837 inbound/tuesday.837\n");
    let name = wait_for("a note in /acks", Duration::from_secs(30), || {
        world.listed("acme", &login, "/acks").into_iter().find(|name| name.ends_with(".txt"))
    });
    put(&world, &login, &format!("get acks/{name} note\n"));
    let note = std::fs::read_to_string(world.path("note")).unwrap();
    let first = world.all(&key, "/v1/submissions", "cursor")[0]["id"].as_str().unwrap().to_string();
    assert!(note.contains(&first) && note.contains("tuesday.837"), "{note}");
    assert_eq!(world.all(&key, "/v1/submissions", "cursor").len(), 1);
    assert_eq!(claims_at(&payer).len(), 15);
    world.finish();
}

#[test]
fn a_file_under_a_temporary_name_is_taken_when_it_is_renamed() {
    let mut world = World::new();
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let key = world.key("acme");
    payer.start();
    world.start();
    let mut all = Vec::new();
    for (place, ending) in [".tmp", ".part", ".filepart"].iter().enumerate() {
        let made = clean(Professional, 5, 910 + place as u64, "BSTAR");
        world.watch_for(&made.claims);
        let name = format!("f{place}.837");
        made.save(world.folder(), &name);
        put(&world, &login, &format!("put {name} inbound/{name}{ending}\n"));
        assert!(world.all(&key, "/v1/submissions", "cursor").len() == place, "{ending} was taken under that name");
        put(&world, &login, &format!("ls inbound\nrename inbound/{name}{ending} inbound/{name}\n"));
        all.extend(made.claims);
        check_arrived(&all, &wait_for_claims_at(&payer, all.len()));
    }
    world.finish();
}

#[test]
fn many_files_in_one_connection_are_all_taken_and_their_acknowledgements_stay_until_removed() {
    let mut world = World::new();
    let login = world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    payer.start();
    world.start();
    let (mut all, mut commands) = (Vec::new(), "cd inbound\n".to_string());
    for place in 0..8 {
        let made = clean(Professional, 4, 920 + place, "BSTAR");
        world.watch_for(&made.claims);
        made.save(world.folder(), &format!("{place}.837"));
        commands.push_str(&format!("put {place}.837\n"));
        all.extend(made.claims);
    }
    put(&world, &login, &commands);
    check_arrived(&all, &wait_for_claims_at(&payer, all.len()));
    // TA1, 999 and 277CA of each.
    let names = wait_for("all acknowledgements", Duration::from_secs(60), || {
        Some(world.listed("acme", &login, "/acks")).filter(|names| names.len() >= 24)
    });
    std::fs::create_dir(world.path("got")).unwrap();
    put(&world, &login, "lcd got\ncd acks\nget *\n");
    assert_eq!(std::fs::read_dir(world.path("got")).unwrap().count(), names.len());
    put(&world, &login, &format!("rm acks/{}\n", names[0]));
    let left = world.listed("acme", &login, "/acks");
    assert_eq!(left.len(), names.len() - 1);
    assert!(!left.contains(&names[0]));
    world.finish();
}
