//! Old claims are removed beside a gateway that runs, but what is on hold; every claim stays accounted for.

use super::batches::{Professional, clean};
use super::world::run::{said, wait_for};
use super::world::{PATIENCE, World};

#[test]
fn what_is_old_is_removed_beside_a_running_gateway_and_what_is_on_hold_stays() {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let key = world.key("acme");
    world.start();
    // No payer is there for them, so all come to their end at once.
    let made = clean(Professional, 1_200, 91, "BSTAR");
    let id = world.submit(&key, &made.bytes);
    wait_for("the claims to be refused", PATIENCE, || {
        let refused = world.claims(&key).iter().filter(|claim| claim["status"] == "rejected").count();
        (refused == made.claims.len()).then_some(())
    });
    let row = || world.get(&key, &format!("/v1/submissions/{id}"));
    let state = wait_for("its route", PATIENCE, || Some(row()["state"].clone()).filter(|state| state == "routed"));
    let reconciled = || world.done(&["reconcile"]);
    let before = reconciled();
    assert!(world.done(&["store", "purge"]).contains("kept forever"));
    world.write(
        "gateway.toml",
        &(world.settings() + "[retention]\nsubmissions = \"1s\"\nfindings = \"1s\"\nanswers = \"1s\"\nmail = \"1s\"\n"),
    );
    wait_for("the submission to be old", PATIENCE, || {
        world.done(&["store", "purge", "--dry-run"]).contains("1200").then_some(())
    });
    assert_eq!(world.claimgate(&["hold", "add", "--partner", "nobody"]).status.code(), Some(2));
    let claim = world.claims(&key)[7]["id"].as_str().unwrap().to_string();
    for hold in [["--partner", "acme"], ["--claim", claim.as_str()]] {
        world.done(&[&["hold", "add", "--reason", "order 7"], &hold[..]].concat());
        let listed = world.done(&["hold", "list"]);
        assert!(listed.contains(hold[1]) && listed.contains("order 7"), "{listed}");
        world.done(&["store", "purge"]);
        assert_eq!(world.claims(&key).len(), 1_200);
        world.done(&[&["hold", "remove"], &hold[..]].concat());
        assert_eq!(world.claimgate(&[&["hold", "remove"], &hold[..]].concat()).status.code(), Some(1));
    }
    let partner = std::fs::read_to_string(world.path("partners/acme.toml")).unwrap();
    world.write("partners/acme.toml", &format!("legal_hold = true\n{partner}"));
    world.done(&["store", "purge"]);
    assert_eq!(world.claims(&key).len(), 1_200);
    world.write("partners/acme.toml", &partner);

    world.done(&["store", "purge"]);
    assert!(world.claims(&key).is_empty());
    assert!(world.mail(&key, "999").is_empty());
    assert_eq!(reconciled(), before, "every claim is accounted for as before");
    let again = world.call(&key, "POST", "/v1/submissions", Some(&made.bytes));
    assert_eq!(again.status, 409, "the same bytes are still known: {}", again.text());
    assert_eq!(row()["state"], state, "its row is still there");
    // A submitter that left has no file any more, but its rows are there.
    std::fs::rename(world.path("partners/acme.toml"), world.path("acme.toml")).unwrap();
    let held = world.claimgate(&["hold", "add", "--partner", "acme"]);
    std::fs::rename(world.path("acme.toml"), world.path("partners/acme.toml")).unwrap();
    assert!(held.status.success(), "{}", said(&held));
    let checked = world.claimgate(&["store", "check"]);
    assert!(checked.status.success(), "{}", said(&checked));
    world.finish();
}
