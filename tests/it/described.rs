//! The API's description is true: each answer that a caller gets has a status, a type and a form that stand in it, and every
//! problem is one.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::answers::{Decision, era835};
use super::batches::{Professional, clean};
use super::world::https::{Reply, Request};
use super::world::payers::hosted_payer_file;
use super::world::run::{ssh_key, wait_for};
use super::world::{PATIENCE, World};
use super::x12::claims;

const STAFF: &str = "boss:a-long-enough-password";
const MIB: usize = 1024 * 1024;

/// In whose name a call is made.
enum Who<'a> {
    Key(&'a str),
    Staff,
    Nobody,
}

struct Scene {
    world: World,
    acme: String,
    harbor: String,
    description: Value,
    /// Calls of the description that were made, and how they were answered.
    seen: BTreeSet<(String, u16)>,
}

fn scene() -> Scene {
    let world = World::new();
    world.submitter("acme", "ACMEBILL");
    let public = ssh_key(&world.path("harbor_ed25519"));
    world.write("partners/harbor.toml", &hosted_payer_file("HARBOR", "HARBR", &public));
    let (acme, harbor) = (world.key("acme"), world.key("harbor"));
    let added = world.claimgate_with(&["user", "add", "boss", "--role", "operator"], b"a-long-enough-password\n");
    assert!(added.status.success());
    world.start();
    let description = Request::new("GET", &world.url("/openapi.json")).trusting(&world.authority()).send(None).json();
    Scene { world, acme, harbor, description, seen: BTreeSet::new() }
}

impl Scene {
    /// Makes a call and compares its answer with what the description says of `template`.
    fn call(&mut self, who: &Who<'_>, template: &str, path: &str, body: Option<&[u8]>) -> Reply {
        self.call_with(who, template, path, body, "X-Nothing: 1")
    }

    fn call_with(&mut self, who: &Who<'_>, template: &str, path: &str, body: Option<&[u8]>, header: &str) -> Reply {
        let (reply, kind) = self.ask(who, template.split_once(' ').unwrap().0, path, body, header);
        let (method, route) = template.split_once(' ').unwrap();
        let answers = &self.description["paths"][route][method.to_lowercase()]["responses"];
        assert!(answers.is_object(), "{template} is not described");
        let told = || format!("{method} {path}: {}", reply.text());
        let answer = &answers[reply.status.to_string()];
        assert!(answer.is_object(), "the status is not described: {}", told());
        let content = &answer["content"][&kind];
        assert!(content.is_object(), "the type {kind} is not described: {}", told());
        if kind.ends_with("json") {
            fits(&self.description, &content["schema"], &reply.json(), "body")
                .unwrap_or_else(|why| panic!("{why}: {}", told()));
        }
        if reply.status >= 400 {
            assert_eq!(kind, "application/problem+json", "{}", told());
            assert_eq!(reply.json()["status"], reply.status, "{}", told());
        }
        self.seen.insert((template.to_string(), reply.status));
        reply
    }

    /// The answer and its type.
    fn ask(&self, who: &Who<'_>, method: &str, path: &str, body: Option<&[u8]>, header: &str) -> (Reply, String) {
        let headers = self.world.path("headers");
        let request = Request::new(method, &self.world.url(path)).trusting(&self.world.authority());
        let request = match who {
            Who::Key(key) => request.bearer(key),
            Who::Staff => request.with("-u", STAFF),
            Who::Nobody => request,
        };
        let reply = request.with("-D", headers.to_str().unwrap()).with("-H", header).send(body);
        let text = fs::read_to_string(&headers).unwrap().to_lowercase();
        let kind = text.lines().rev().find_map(|line| line.strip_prefix("content-type:")).unwrap_or_default();
        (reply, kind.split(';').next().unwrap_or_default().trim().to_string())
    }

    fn id(&mut self, who: &Who<'_>, template: &str) -> String {
        let path = template.strip_prefix("GET ").unwrap();
        let reply = self.call(who, template, path, None);
        reply.json()["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{path}: {}", reply.text())).to_string()
    }
}

/// Whether a value has the form of a schema, and nothing besides.
fn fits(description: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let schema = resolved(description, schema);
    if let Some(forms) = schema["oneOf"].as_array() {
        let fit = forms.iter().any(|form| fits(description, form, value, place).is_ok());
        return if fit { Ok(()) } else { Err(format!("{place} has none of its forms: {value}")) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ if schema["allOf"].is_array() => vec!["object"],
        _ => return Ok(()),
    };
    let is = |name: &str| match name {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a schema of type {other}"),
    };
    if !types.iter().any(|name| is(name)) {
        return Err(format!("{place} is no {types:?}: {value}"));
    }
    if let Some(items) = value.as_array() {
        return items.iter().try_for_each(|item| fits(description, &schema["items"], item, &format!("{place}[]")));
    }
    let (mut properties, mut required) = (Vec::new(), Vec::new());
    gather(description, schema, &mut properties, &mut required);
    let Some(members) = value.as_object().filter(|_| !properties.is_empty()) else { return Ok(()) };
    if let Some(missing) = required.iter().find(|name| !members.contains_key(**name)) {
        return Err(format!("{place} lacks {missing}"));
    }
    members.iter().try_for_each(|(name, member)| match properties.iter().find(|(known, _)| *known == name) {
        Some((_, schema)) => fits(description, schema, member, &format!("{place}.{name}")),
        None => Err(format!("{place}.{name} is not described")),
    })
}

fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(name) => description.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("no schema {name}")),
        None => schema,
    }
}

/// The members of an object and of all that it is made of.
fn gather<'a>(
    description: &'a Value,
    schema: &'a Value,
    properties: &mut Vec<(&'a String, &'a Value)>,
    required: &mut Vec<&'a str>,
) {
    let schema = resolved(description, schema);
    properties.extend(schema["properties"].as_object().into_iter().flatten());
    required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
    schema["allOf"].as_array().into_iter().flatten().for_each(|part| gather(description, part, properties, required));
}

const SUBMIT: &str = "POST /v1/submissions";

fn hand_in_claims(scene: &mut Scene) -> String {
    let key = scene.acme.clone();
    let acme = Who::Key(&key);
    let good = clean(Professional, 3, 951, "HARBR");
    let mut spoilt = super::batches::batch(Professional, 3, 952, &["HARBR"]);
    spoilt.defects_per_mille = Some(1000);
    let spoilt = super::batches::make(spoilt);
    scene.world.watch_for(&good.claims);
    scene.world.watch_for(&spoilt.claims);
    let once = "Idempotency-Key: one";
    let first = scene.call_with(&acme, SUBMIT, "/v1/submissions", Some(&good.bytes), once);
    let again = scene.call_with(&acme, SUBMIT, "/v1/submissions", Some(&good.bytes), once);
    assert_eq!((first.status, again.status), (202, 202), "a repeat is answered as the first time");
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(scene.call_with(&acme, SUBMIT, "/v1/submissions", Some(&spoilt.bytes), once).status, 422);
    let id = first.json()["id"].as_str().unwrap().to_string();
    let same = scene.call(&acme, SUBMIT, "/v1/submissions", Some(&good.bytes));
    assert_eq!((same.status, same.json()["id"].as_str()), (409, Some(id.as_str())));
    assert_eq!(scene.call(&acme, SUBMIT, "/v1/submissions?wait=30", Some(&spoilt.bytes)).status, 200);
    for (path, body) in [("?wait=abc", &b"ISA"[..]), ("?wait=-1", b"ISA"), ("?nothing=1", b"ISA"), ("", b"")] {
        assert_eq!(scene.call(&acme, SUBMIT, &format!("/v1/submissions{path}"), Some(body)).status, 400, "{path}");
    }
    let questions =
        super::answers::interchange("ACMEBILL", "HR", "005010X212", &[vec!["ST*276*0001*005010X212".into()]]);
    let refused = scene.call(&acme, SUBMIT, "/v1/submissions?wait=30", Some(&questions));
    assert!(refused.text().contains("POST /v1/claim-status"), "{}", refused.text());
    assert_eq!(scene.call(&Who::Nobody, SUBMIT, "/v1/submissions", Some(b"ISA")).status, 401);
    assert_eq!(scene.call(&Who::Staff, SUBMIT, "/v1/submissions", Some(b"ISA")).status, 403);
    id
}

fn look_at_submissions(scene: &mut Scene, id: &str) {
    let key = scene.acme.clone();
    let acme = Who::Key(&key);
    let of = |rest: &str| format!("/v1/submissions/{id}{rest}");
    wait_for("the checks", PATIENCE, || {
        let reply = scene.world.call(&key, "GET", &of(""), None).json();
        ["validated", "routed"].contains(&reply["state"].as_str().unwrap()).then_some(())
    });
    let one = "GET /v1/submissions/{id}";
    scene.id(&acme, "GET /v1/submissions");
    scene.call(&acme, "GET /v1/submissions", "/v1/submissions?limit=1&cursor=", None);
    for query in ["limit=-3", "limit=0", "cursor=zz", "after=1"] {
        assert_eq!(scene.call(&acme, "GET /v1/submissions", &format!("/v1/submissions?{query}"), None).status, 400);
    }
    assert_eq!(scene.call(&acme, one, &of(""), None).status, 200);
    assert_eq!(scene.call(&acme, one, "/v1/submissions/000000000000", None).status, 404);
    assert_eq!(scene.call(&acme, one, "/v1/submissions/%ff", None).status, 400);
    let bad = scene.call(&acme, "GET /v1/submissions", "/v1/submissions", None).json()["items"][0]["id"].clone();
    let findings = format!("/v1/submissions/{}/findings", bad.as_str().unwrap());
    let told = scene.call(&acme, "GET /v1/submissions/{id}/findings", &findings, None);
    assert!(!told.json()["items"].as_array().unwrap().is_empty());
    scene.call(&acme, "GET /v1/submissions/{id}/findings", &format!("{findings}?limit=x"), None);
    for accept in ["Accept: text/plain", "Accept: text/html"] {
        scene.call_with(&acme, "GET /v1/submissions/{id}/report", &of("/report"), None, accept);
    }
    for (kind, status) in [("999", 200), ("nothing", 404)] {
        let reply = scene.call(&acme, "GET /v1/submissions/{id}/{kind}", &of(&format!("/{kind}")), None);
        assert_eq!(reply.status, status);
    }
}

fn look_at_claims(scene: &mut Scene) {
    let key = scene.acme.clone();
    let acme = Who::Key(&key);
    let (list, search) = ("GET /v1/claims", "POST /v1/claims/search");
    let id = scene.id(&acme, list);
    for day in ["yesterday", "2026-1-5", "01%2F05%2F2026", "2026-13-45"] {
        assert_eq!(scene.call(&acme, list, &format!("/v1/claims?service_from={day}"), None).status, 400, "{day}");
        for field in ["service_to", "patient_birth_date"] {
            let body = format!("{{\"{field}\":\"{day}\"}}");
            let reply = scene.call(&acme, search, "/v1/claims/search", Some(body.as_bytes()));
            assert!(reply.status == 400 && !reply.text().contains(day), "{}", reply.text());
        }
    }
    let all = scene.call(&acme, list, "/v1/claims?service_from=2020-01-01&service_to=", None);
    assert!(all.json()["items"].as_array().unwrap().len() >= 3, "{}", all.text());
    for (body, status) in [("{}", 200), ("{bad", 400), ("[]", 400), ("", 400), ("{\"nothing\":1}", 400)] {
        let reply = scene.call(&acme, search, "/v1/claims/search", Some(body.as_bytes()));
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
    }
    let large = vec![b' '; 2 * MIB];
    let reply = scene.call(&acme, search, "/v1/claims/search", Some(&large));
    assert!(reply.status == 413 && reply.text().contains("1 MiB at most"), "{}", reply.text());
    for (path, status) in [(id.as_str(), 200), ("%ff", 400), ("000000000000", 404)] {
        assert_eq!(scene.call(&acme, "GET /v1/claims/{id}", &format!("/v1/claims/{path}"), None).status, status);
    }
    scene.call(&acme, "GET /v1/claims/{id}/edi", &format!("/v1/claims/{id}/edi"), None);
    let ask = "POST /v1/claim-status";
    let reply = scene.call(&acme, ask, "/v1/claim-status", Some(&vec![b'x'; 9 * MIB]));
    assert!(reply.status == 413 && reply.text().contains("A 276 may be 8 MiB at most"), "{}", reply.text());
    assert_eq!(scene.call(&acme, ask, "/v1/claim-status?ask_payers=1", Some(b"ISA")).status, 400);
    assert_eq!(scene.call(&acme, ask, "/v1/claim-status", Some(b"<html>")).status, 400);
    // A 276 of another sender gets its TA1.
    let asked = super::answers::interchange("NOBODY", "HR", "005010X212", &[vec!["ST*276*0001*005010X212".into()]]);
    assert_eq!(scene.call(&acme, ask, "/v1/claim-status", Some(&asked)).status, 200);
}

fn answer(scene: &mut Scene) {
    let keys = (scene.acme.clone(), scene.harbor.clone());
    let (acme, harbor) = (Who::Key(&keys.0), Who::Key(&keys.1));
    let hand_in = "POST /v1/inbound";
    let fetched = wait_for("claims for the payer", PATIENCE, || scene.world.mail(&keys.1, "837").into_iter().next());
    let mut sent = claims(&fetched);
    let era = era835("HARBOR", &sent, |_| Decision::Pay);
    assert_eq!(scene.call(&harbor, hand_in, "/v1/inbound", Some(&era)).status, 202);
    assert_eq!(scene.call(&harbor, hand_in, "/v1/inbound?file_name=%ff", Some(&era)).status, 200);
    sent.truncate(1);
    (sent[0].number, sent[0].trace, sent[0].member) = ("NOBODY-1".into(), String::new(), "NOMEMBER1".into());
    scene.call(&harbor, hand_in, "/v1/inbound", Some(&era835("HARBOR", &sent, |_| Decision::Pay)));
    assert_eq!(scene.call(&harbor, hand_in, "/v1/inbound", Some(b"")).status, 400);
    assert_eq!(scene.call(&acme, hand_in, "/v1/inbound", Some(&era)).status, 403);
    let id = scene.id(&harbor, "GET /v1/inbound");
    for (path, template, status) in [
        (id.clone(), "GET /v1/inbound/{id}", 200),
        ("000000000000".to_string(), "GET /v1/inbound/{id}", 404),
        (format!("{id}/file"), "GET /v1/inbound/{id}/file", 200),
    ] {
        assert_eq!(scene.call(&harbor, template, &format!("/v1/inbound/{path}"), None).status, status);
    }
    assert_eq!(scene.call(&acme, "GET /v1/inbound", "/v1/inbound", None).status, 403);
    assert_eq!(scene.call(&harbor, "GET /v1/inbound", "/v1/inbound?limit=x", None).status, 400);
    wait_for("the remittance", PATIENCE, || (scene.world.mail(&keys.0, "835").len() == 1).then_some(()));
    let id = scene.id(&acme, "GET /v1/remittances");
    scene.call(&acme, "GET /v1/remittances/{id}", &format!("/v1/remittances/{id}"), None);
    for query in ["paid_from=nonsense", "amount=abc", "state=x", "nothing=1"] {
        assert_eq!(scene.call(&acme, "GET /v1/remittances", &format!("/v1/remittances?{query}"), None).status, 400);
    }
}

fn look_at_the_mailbox(scene: &mut Scene) {
    let key = scene.acme.clone();
    let acme = Who::Key(&key);
    let list = "GET /v1/mailbox";
    let id = scene.id(&acme, list);
    for query in ["limit=abc", "cursor=1", "kind=bogus", "after=zz"] {
        assert_eq!(scene.call(&acme, list, &format!("/v1/mailbox?{query}"), None).status, 400, "{query}");
    }
    let all = scene.call(&acme, list, "/v1/mailbox?after=&kind=", None);
    assert!(all.json()["items"].as_array().unwrap().len() > 2, "{}", all.text());
    assert_eq!(scene.call(&acme, list, "/v1/mailbox?kind=276", None).status, 200);
    assert_eq!(scene.call(&Who::Staff, list, "/v1/mailbox", None).status, 403);
    for (path, status) in [(id.as_str(), 200), ("000000000000", 404), ("%ff", 400)] {
        assert_eq!(scene.call(&acme, "GET /v1/mailbox/{id}", &format!("/v1/mailbox/{path}"), None).status, status);
    }
}

fn decide(scene: &mut Scene) {
    let key = scene.acme.clone();
    let acme = Who::Key(&key);
    let list = "GET /v1/exceptions";
    let id = wait_for("the exception", PATIENCE, || {
        let (reply, _) = scene.ask(&Who::Staff, "GET", "/v1/exceptions", None, "X-Nothing: 1");
        reply.json()["items"][0]["id"].as_str().map(str::to_string)
    });
    for (query, status) in [("", 200), ("?state=foo", 400), ("?limit=x", 400)] {
        assert_eq!(scene.call(&Who::Staff, list, &format!("/v1/exceptions{query}"), None).status, status);
    }
    let claim = scene.id(&acme, "GET /v1/claims");
    let at = |what: &str| (format!("POST /v1/exceptions/{{id}}/{what}"), format!("/v1/exceptions/{id}/{what}"));
    let (resolve, path) = at("resolve");
    let named = |claim: &str| format!("{{\"claim_id\":\"{claim}\"}}").into_bytes();
    assert_eq!(scene.call(&Who::Staff, &resolve, &path, Some(b"{bad")).status, 400);
    assert_eq!(scene.call(&Who::Staff, &resolve, &path, Some(&named("000000000000"))).status, 404);
    assert_eq!(scene.call(&acme, &resolve, &path, Some(&named(&claim))).status, 422, "it was rejected, and never sent");
    let (release, path) = at("release");
    assert_eq!(scene.call(&acme, &release, &path, Some(b"")).status, 403);
    assert_eq!(scene.call(&Who::Staff, &release, &path, Some(b"")).status, 422);
    let (dismiss, path) = at("dismiss");
    assert_eq!(scene.call(&Who::Staff, &dismiss, &path, Some(b"{}")).status, 400);
    let reason = br#"{"reason":"nobody's"}"#;
    assert_eq!(scene.call(&Who::Staff, &dismiss, &path, Some(reason)).status, 200);
    assert_eq!(scene.call(&Who::Staff, &dismiss, &path, Some(reason)).status, 409);
    let (undo, path) = at("undo");
    assert_eq!(scene.call(&Who::Staff, &undo, &path, Some(b"")).status, 200);
    let (dismiss, path) = at("dismiss");
    assert_eq!(scene.call(&Who::Staff, &dismiss, &path, Some(reason)).status, 200);
}

fn operate(scene: &mut Scene) {
    let keys = (scene.acme.clone(), scene.harbor.clone());
    let acme = Who::Key(&keys.0);
    let (deliveries, retry) = ("GET /v1/deliveries", "POST /v1/deliveries/{id}/retry");
    for who in [&acme, &Who::Key(&keys.1), &Who::Staff] {
        assert_eq!(scene.call(who, "GET /v1/payers", "/v1/payers", None).status, 200);
        assert_eq!(scene.call(who, "GET /v1/edits", "/v1/edits", None).status, 200);
    }
    let id = scene.id(&Who::Staff, deliveries);
    assert_eq!(scene.call(&acme, deliveries, "/v1/deliveries", None).status, 403);
    assert_eq!(scene.call(&Who::Staff, deliveries, "/v1/deliveries?limit=x", None).status, 400);
    for (id, status) in [(id.as_str(), 409), ("000000000000", 404)] {
        let path = format!("/v1/deliveries/{id}/retry");
        assert_eq!(scene.call(&Who::Staff, retry, &path, Some(b"")).status, status);
    }
    let release = "POST /v1/batches/release";
    for (body, status) in [("", 200), ("{\"payer\":\"harbor\"}", 200), ("{\"payer\":\"x\"}", 400), ("{bad", 400)] {
        let reply = scene.call(&Who::Staff, release, "/v1/batches/release", Some(body.as_bytes()));
        assert_eq!(reply.status, status, "{body}");
    }
    assert_eq!(scene.call(&acme, release, "/v1/batches/release", Some(b"")).status, 403);
    // Addresses that are not described are problems too.
    for (method, path, status) in
        [("GET", "/v1/nothing", 404), ("PUT", "/v1/submissions", 405), ("GET", "/v1/claim-status", 405)]
    {
        let (reply, kind) = scene.ask(&acme, method, path, None, "X-Nothing: 1");
        assert_eq!((reply.status, kind.as_str()), (status, "application/problem+json"), "{}", reply.text());
    }
}

#[test]
fn every_call_is_answered_as_the_description_says() {
    let mut scene = scene();
    let submission = hand_in_claims(&mut scene);
    look_at_submissions(&mut scene, &submission);
    answer(&mut scene);
    look_at_claims(&mut scene);
    look_at_the_mailbox(&mut scene);
    decide(&mut scene);
    operate(&mut scene);
    for (path, methods) in scene.description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let template = format!("{} {path}", method.to_uppercase());
            let made = scene.seen.iter().any(|(seen, _)| *seen == template);
            assert!(made, "{template} was never called");
        }
    }
    scene.world.stop();
    scene.world.check_log();
}
