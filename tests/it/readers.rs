//! Two systems of one billing company read the same mailbox and take nothing from each other.

use super::batches::clean;
use super::world::World;
use super::world::payers::hosted_payer_file;
use super::world::run::ssh_key;
use super::world::submitter::submitter_file;
use claimgate::domain::ClaimKind::Professional;

#[test]
fn two_readers_of_one_mailbox_each_see_everything_over_https_and_sftp() {
    let mut world = World::new();
    let logins = [world.path("first_ed25519"), world.path("second_ed25519")];
    let keys = logins.each_ref().map(|path| ssh_key(path));
    let file = submitter_file("acme", "ACMEBILL", &keys.join("\", \""));
    world.write("partners/acme.toml", &file);
    let public = ssh_key(&world.path("harbor_ed25519"));
    world.write("partners/harbor.toml", &hosted_payer_file("HARBOR", "HARBR", &public));
    let readers = [world.key("acme"), world.key("acme")];
    let made = clean(Professional, 3, 930, "HARBR");
    world.watch_for(&made.claims);
    world.start();
    let reply = world.call(&readers[0], "POST", "/v1/submissions?wait=30", Some(&made.bytes));
    assert_eq!(reply.status, 200, "{}", reply.text());

    let all = readers.each_ref().map(|key| world.all(key, "/v1/mailbox", "after"));
    assert!(all[0].len() >= 3 && all[0] == all[1], "{all:?}");
    // What one has read, and how far it is, is nothing to the other, nor to itself when it asks again.
    let last = all[0].last().unwrap()["id"].as_str().unwrap();
    let path = format!("/v1/mailbox/{last}");
    let first = world.call(&readers[0], "GET", &path, None);
    assert!(world.all(&readers[0], &format!("/v1/mailbox?after={last}"), "after").is_empty());
    assert_eq!(world.all(&readers[1], "/v1/mailbox", "after"), all[0]);
    assert_eq!(world.call(&readers[1], "GET", &path, None).body, first.body);
    assert_eq!(world.call(&readers[0], "GET", &path, None).body, first.body);

    let [one, other] = logins.each_ref().map(|login| world.listed("acme", login, "/acks"));
    assert!(!one.is_empty() && one == other, "{one:?} {other:?}");
    let removed = format!("get acks/{0} got.one\nrm acks/{0}\n", one[0]);
    assert!(world.sftp("acme", &logins[0], &removed).well);
    assert!(!world.listed("acme", &logins[0], "/acks").contains(&one[0]), "removed, and still shown");
    assert_eq!(world.listed("acme", &logins[1], "/acks"), other, "the other system's file was taken away");
    assert!(world.sftp("acme", &logins[1], &format!("get acks/{} got.other\n", one[0])).well);
    let got = ["got.one", "got.other"].map(|name| std::fs::read(world.path(name)).unwrap());
    assert_eq!(got[0], got[1]);
    assert_eq!(world.all(&readers[0], "/v1/mailbox", "after"), all[0], "a removal over SFTP hides nothing over HTTPS");
    world.finish();
}
