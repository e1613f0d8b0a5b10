//! Whoever is not meant to see a partner's data does not see a byte of it: strangers, rivals, payers, by every
//! route of the API, by SFTP and by the console.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::answers::era835;
use super::batches::{Made, Professional, clean};
use super::trip::{answer_all, decide, wait_for_claims_at, wait_for_ends};
use super::world::https::{Reply, Request};
use super::world::payers::{Payer, hosted_payer_file};
use super::world::run::{ssh_key, wait_for};
use super::world::{PATIENCE, World};
use super::x12::Claim;

const STAFF: &str = "boss:a-long-enough-password";

/// A world in which `acme` has one of everything.
struct Scene {
    world: World,
    acme: String,
    made: Made,
    got: Vec<Claim>,
    /// What an id in a route's place may be, by the word before it.
    ids: Vec<(&'static str, String)>,
    // Lives as long as the scene.
    _payer: Payer,
}

fn scene() -> Scene {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.submitter("rival", "RIVALBIL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let public = ssh_key(&world.path("northwind_ed25519"));
    world.write("partners/northwind.toml", &hosted_payer_file("NORTHWND", "NWIND", &public));
    let made = clean(Professional, 20, 41, "BSTAR");
    world.watch_for(&made.claims);
    let acme = world.key("acme");
    let added = world.claimgate_with(&["user", "add", "boss", "--role", "operator"], b"a-long-enough-password\n");
    assert!(added.status.success());
    payer.start();
    world.start();
    let submission = world.submit(&acme, &made.bytes);
    let got = wait_for_claims_at(&payer, made.claims.len());
    let mut nobodys = got[0].clone();
    (nobodys.number, nobodys.trace, nobodys.member) = ("NOBODY-1".into(), String::new(), "NOMEMBER1".into());
    nobodys.charge += 77;
    payer.answer("835.nobody", &era835(&payer.id, &[nobodys], decide));
    let ends = answer_all(&payer);
    wait_for_ends(&world, &acme, &ends);
    let ids = vec![
        ("submissions", submission),
        ("claims", world.claims(&acme)[0]["id"].as_str().unwrap().to_string()),
        ("mailbox", world.all(&acme, "/v1/mailbox", "after")[0]["id"].as_str().unwrap().to_string()),
        ("deliveries", first_id(&world, "/v1/deliveries")),
        ("exceptions", first_id(&world, "/v1/exceptions")),
    ];
    Scene { world, acme, made, got, ids, _payer: payer }
}

/// As an operator sees it.
fn first_id(world: &World, path: &str) -> String {
    wait_for(path, PATIENCE, || {
        let reply = as_staff(world, "GET", path).send(None);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()["items"][0]["id"].as_str().map(str::to_string)
    })
}

fn as_staff(world: &World, method: &str, path: &str) -> Request {
    Request::new(method, &world.url(path)).trusting(&world.authority()).with("-u", STAFF)
}

impl Scene {
    /// Words that would betray acme's claims or files.
    fn secrets(&self) -> BTreeSet<&str> {
        let claims = self.made.claims.iter().flat_map(|c| [&c.number, &c.member, &c.last]);
        let traces = self.got.iter().map(|claim| &claim.trace);
        let ids = self.ids.iter().map(|(_, id)| id);
        claims.chain(traces).chain(ids).map(String::as_str).filter(|word| !word.is_empty()).collect()
    }

    /// Every route of the API's own description, with acme's ids in the places of ids.
    fn routes(&self) -> Vec<(String, String)> {
        let described =
            Request::new("GET", &self.world.url("/openapi.json")).trusting(&self.world.authority()).send(None);
        let described = described.json();
        let mut routes = Vec::new();
        for (path, methods) in described["paths"].as_object().expect("the description lists paths") {
            for method in methods.as_object().unwrap().keys().filter(|m| ["get", "post"].contains(&m.as_str())) {
                routes.push((method.to_uppercase(), self.filled(path)));
            }
        }
        assert!(routes.len() > 12, "{routes:?}");
        routes
    }

    fn filled(&self, path: &str) -> String {
        let of_its_kind = self.ids.iter().find(|(before, _)| path.contains(before));
        let id = of_its_kind.map_or("0", |(_, id)| id.as_str());
        path.replace("{id}", id).replace("{kind}", "999")
    }

    /// A body that a call understands and that asks for acme's own.
    fn body(&self, path: &str) -> Option<Vec<u8>> {
        let claim = &self.ids.iter().find(|(word, _)| *word == "claims").unwrap().1;
        let body = match path {
            "/v1/claims/search" => serde_json::json!({ "patient_control_number": self.made.claims[0].number }),
            "/v1/batches/release" => serde_json::json!({}),
            _ if path.ends_with("/resolve") => serde_json::json!({ "claim_id": claim }),
            _ => return Some(self.made.bytes.clone()),
        };
        Some(body.to_string().into_bytes())
    }

    fn try_route(&self, key: Option<&str>, method: &str, path: &str) -> Reply {
        let mut request = Request::new(method, &self.world.url(path)).trusting(&self.world.authority());
        if let Some(key) = key {
            request = request.bearer(key);
        }
        let body = if method == "POST" { self.body(path) } else { None };
        let reply = request.send(body.as_deref());
        let seen = String::from_utf8_lossy(&reply.body).into_owned();
        for secret in self.secrets().into_iter().filter(|secret| !path.contains(secret)) {
            assert!(!seen.contains(secret), "{method} {path} shows `{secret}` of acme's: {seen}");
        }
        reply
    }
}

#[test]
fn no_route_gives_a_byte_of_a_partners_data_to_anybody_else() {
    let scene = scene();
    let revoked = scene.world.key("acme");
    let listed = scene.world.done(&["key", "list"]);
    let id = listed.lines().last().and_then(|line| line.split_whitespace().next()).unwrap().to_string();
    scene.world.done(&["key", "revoke", &id]);
    let stranger = format!("{}x", &scene.acme[..scene.acme.len() - 1]);
    let rival = scene.world.key("rival");
    let other_payer = scene.world.key("northwind");
    for (method, path) in scene.routes().iter().filter(|(_, path)| path.starts_with("/v1/")) {
        for key in [None, Some(stranger.as_str()), Some(revoked.as_str()), Some("")] {
            let reply = scene.try_route(key, method, path);
            assert_eq!(reply.status, 401, "{method} {path} with a key that opens nothing: {}", reply.text());
        }
        for key in [&rival, &other_payer] {
            let about_acmes = scene.ids.iter().any(|(_, id)| path.contains(id.as_str()));
            let reply = scene.try_route(Some(key), method, path);
            let refused = [401, 403, 404].contains(&reply.status);
            let own = !about_acmes && !(500..600).contains(&reply.status);
            assert!(refused || own, "{method} {path} with another's key: {}", reply.text());
        }
    }
    assert!(scene.world.claims(&rival).iter().all(|claim| claim["submitter"] == "rival"));
    check_nothing_was_done(&scene);
    scene.world.stop();
    scene.world.check_log();
}

/// What others asked for left acme's claims and the exception as they were.
fn check_nothing_was_done(scene: &Scene) {
    let exceptions = as_staff(&scene.world, "GET", "/v1/exceptions").send(None).json();
    let open = exceptions["items"]
        .as_array()
        .unwrap()
        .iter()
        .any(|item| scene.ids.iter().any(|(_, id)| item["id"] == id.as_str()));
    assert!(open, "the exception was resolved by somebody without the right to: {exceptions}");
    let claims: Vec<Value> = scene.world.claims(&scene.acme);
    assert_eq!(claims.len(), scene.made.claims.len());
}

#[test]
fn the_same_bytes_from_another_partner_tell_nothing_of_the_first() {
    let scene = scene();
    let rival = scene.world.key("rival");
    let reply = scene.world.call(&rival, "POST", "/v1/submissions?wait=30", Some(&scene.made.bytes));
    // The envelope names acme as its sender, so the interchange is refused; that acme sent it is not said.
    assert!([200, 202].contains(&reply.status), "{}", reply.text());
    assert!(!reply.text().contains(&scene.ids[0].1), "{}", reply.text());
    assert_eq!(reply.json()["accepted_claims"], 0, "{}", reply.text());
    let ta1 = scene.world.mail(&rival, "ta1");
    assert!(ta1.iter().any(|bytes| String::from_utf8_lossy(bytes).contains("*R*")), "{} TA1s", ta1.len());
    scene.world.finish();
}

#[test]
fn a_payer_cannot_pay_claims_that_were_sent_to_another() {
    let scene = scene();
    let other_payer = scene.world.key("northwind");
    let before: Vec<Value> = scene.world.claims(&scene.acme);
    let open = exceptions(&scene.world);
    let forged = era835("NORTHWND", &scene.got, |_| super::answers::Decision::Pay);
    let reply = scene.world.call(&other_payer, "POST", "/v1/inbound", Some(&forged));
    assert_eq!(reply.status, 202, "{}", reply.text());
    wait_for("the forged remittance to become exceptions", PATIENCE, || {
        (exceptions(&scene.world) >= open + scene.got.len()).then_some(())
    });
    assert_eq!(scene.world.claims(&scene.acme), before);
    scene.world.finish();
}

fn exceptions(world: &World) -> usize {
    let reply = as_staff(world, "GET", "/v1/exceptions?limit=500").send(None);
    reply.json()["items"].as_array().map_or(0, Vec::len)
}

#[test]
fn sftp_lets_in_nobody_but_the_owner_of_a_login_and_shows_nobody_elses_files() {
    let scene = scene();
    let world = &scene.world;
    let (acme, rival) = (world.path("acme_ed25519"), world.path("rival_ed25519"));
    let stranger = world.path("stranger_ed25519");
    ssh_key(&stranger);
    let refused = |user: &str, key: &Path| {
        let visit = world.sftp(user, key, "ls\n");
        assert!(!visit.well, "{user} with {}: {}", key.display(), visit.said);
        assert!(visit.said.contains("Permission denied"), "{}", visit.said);
    };
    refused("acme", &rival);
    refused("rival", &acme);
    refused("acme", &stranger);
    refused("acme", &world.path("northwind_ed25519"));
    refused("bluestar", &world.path("certs/bluestar_ed25519"));
    refused("nobody", &acme);
    refused("root", &acme);

    let theirs = world.listed("acme", &acme, "/acks");
    assert!(!theirs.is_empty());
    for folder in ["/acks", "/remits", "/status", "/inbound"] {
        assert_eq!(world.listed("rival", &rival, folder), Vec::<String>::new(), "{folder} of rival");
    }
    let name = &theirs[0];
    for path in [
        format!("/acks/{name}"),
        format!("acks/../acks/{name}"),
        format!("/acme/acks/{name}"),
        format!("../acme/acks/{name}"),
        "/../certs/master.key".to_string(),
        "../../../../../../etc/passwd".to_string(),
        format!("{}/certs/master.key", world.folder().display()),
    ] {
        let visit = world.sftp("rival", &rival, &format!("get \"{path}\" fetched\n"));
        assert!(!visit.well && !world.path("fetched").exists(), "get {path}: {}", visit.said);
    }
    for command in ["ln -s /etc/passwd inbound/x", "mkdir x", "rmdir acks", "put acme_ed25519.pub acks/x"] {
        let visit = world.sftp("rival", &rival, &format!("{command}\n"));
        assert!(!visit.well, "{command}: {}", visit.said);
    }
    assert!(!world.sftp("acme", &acme, "put acme_ed25519.pub ../../etc/x\n").well);
    world.stop();
    world.check_log();
}

#[test]
fn what_is_shown_to_operators_names_no_patient() {
    let scene = scene();
    let secrets = scene.secrets();
    let Some(metrics) = super::world::https::plain(&format!("http://127.0.0.1:{}/metrics", scene.world.ports.ops))
    else {
        panic!("the ops address does not answer");
    };
    assert_eq!(metrics.status, 200);
    let page = Request::new("GET", &scene.world.url("/console")).trusting(&scene.world.authority()).send(None);
    assert!([302, 303, 307].contains(&page.status), "{}", page.text());
    for text in [metrics.text(), page.text(), scene.world.log()] {
        let found = secrets.iter().find(|secret| secret.len() > 4 && !is_id(&scene, secret) && text.contains(**secret));
        assert!(found.is_none(), "{found:?} stands where operators see it");
    }
    scene.world.finish();
}

/// Our own ids and trace numbers name nobody.
fn is_id(scene: &Scene, word: &str) -> bool {
    scene.ids.iter().any(|(_, id)| id == word) || scene.got.iter().any(|claim| claim.trace == word)
}
