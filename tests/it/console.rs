//! The console as a support person's browser uses it: a login, a search, a claim's page; no patient in an address.

use std::path::PathBuf;

use super::batches::{Professional, clean};
use super::trip::{answer_all, wait_for_claims_at, wait_for_ends};
use super::world::World;
use super::world::https::{Reply, Request};

struct Browser<'a> {
    world: &'a World,
    cookies: PathBuf,
}

impl Browser<'_> {
    fn ask(&self, method: &str, path: &str) -> Request {
        let jar = self.cookies.display().to_string();
        let request = Request::new(method, &self.world.url(path)).trusting(&self.world.authority());
        request.with("-b", &jar).with("-c", &jar)
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path).send(None)
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut request = self.ask("POST", path);
        for (name, value) in fields {
            request = request.with("--data-urlencode", &format!("{name}={value}"));
        }
        request.send(None)
    }
}

#[test]
fn support_logs_in_finds_a_claim_by_patient_and_reads_what_happened_to_it() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let made = clean(Professional, 25, 971, "BSTAR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    let added = world.claimgate_with(&["user", "add", "pat", "--role", "support"], b"a-long-enough-password\n");
    assert!(added.status.success());
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    let got = wait_for_claims_at(&payer, 25);
    let ends = answer_all(&payer);
    wait_for_ends(&world, &key, &ends);

    let browser = Browser { world: &world, cookies: world.path("cookies") };
    assert_eq!(browser.get("/console").status, 303, "without a login");
    let wrong = browser.post("/console/login", &[("name", "pat"), ("password", "not-this-one-either")]);
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    let login = browser.post("/console/login", &[("name", "pat"), ("password", "a-long-enough-password")]);
    assert_eq!(login.status, 303, "{}", login.text());
    assert_eq!(browser.get("/console").status, 200);

    let sought = got.iter().find(|claim| ends[&claim.number] == "paid").unwrap();
    let mut pages = Vec::new();
    for fields in [[("number", sought.number.as_str())], [("member_id", &sought.member)], [("last_name", &sought.last)]]
    {
        let found = browser.post("/console/search", &fields);
        assert_eq!(found.status, 200);
        assert!(found.text().contains(&sought.number), "{fields:?} did not find it: {}", found.text());
        pages.push(found.text());
    }
    let claims = links(&pages[0]).into_iter().filter(|link| link.starts_with("/console/claims/")).collect::<Vec<_>>();
    assert_eq!(claims.len(), 1, "a control number finds one claim: {claims:?}");
    let page = browser.get(&claims[0]);
    assert_eq!(page.status, 200);
    for word in [sought.number.as_str(), &sought.trace, "sent", "payer_accepted", "paid", "bluestar", "acme"] {
        assert!(page.text().contains(word), "`{word}` is not on the claim's page: {}", page.text());
    }
    pages.push(page.text());
    for link in pages.iter().flat_map(|page| links(page)) {
        let names = [&sought.number, &sought.member, &sought.last, &sought.first];
        assert!(names.iter().all(|name| !link.contains(name.as_str())), "{link} names a patient");
    }
    assert_eq!(browser.post("/console/logout", &[]).status, 303);
    assert_eq!(browser.get(&claims[0]).status, 303, "after the logout");
    world.finish();
}

/// Every address on a page.
fn links(page: &str) -> Vec<String> {
    let marks = ["href=\"", "action=\"", "src=\""];
    let cut = |mark: &'static str| page.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
    let mut found: Vec<String> = marks.into_iter().flat_map(cut).map(str::to_string).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn a_search_by_address_is_refused_so_that_no_patient_stands_in_a_log_of_addresses() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    let made = clean(Professional, 3, 972, "BSTAR");
    world.watch_for(&made.claims);
    let key = world.key("acme");
    world.start();
    for name in ["patient_control_number", "member_id", "patient_last_name", "patient_birth_date"] {
        let reply = world.call(&key, "GET", &format!("/v1/claims?{name}=x"), None);
        assert_eq!(reply.status, 400, "{name}: {}", reply.text());
        assert!(reply.text().contains("/v1/claims/search"), "{name}: {}", reply.text());
    }
    world.finish();
}
