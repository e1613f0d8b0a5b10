//! A day of traffic on a short clock: three billing companies hand in professional, institutional and dental claims over
//! HTTPS and SFTP, three payers answer as payers do, each is out for hours, the gateway is killed in each hour. In the end
//! the gateway's sums are the payers' own, to the cent; and what is then taken from its books is found.
//!
//! `CLAIMGATE_DAY_HOURS` makes it longer, `CLAIMGATE_IT_SEED` repeats a run's draws (not the moments of its kills).

mod books;
mod office;

pub use office::in_another_envelope;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;

use self::books::Account;
use self::office::Office;
use super::batches::{Dental, Institutional, Made, Professional, batch, make};
use super::crash::{Moments, kill_and_start};
use super::world::run::{pass, said, wait_for};
use super::world::{PATIENCE, World, paid_claims};
use super::x12::{File, cents};

const CLAIMS_OF_A_FILE: usize = 6;
/// Claims of a thousand that are spoiled in every third file.
const SPOILED: u16 = 200;

struct Company {
    name: &'static str,
    id: &'static str,
    key: String,
    login: PathBuf,
    handed_in: Vec<Made>,
}

struct Day {
    world: World,
    companies: Vec<Company>,
    offices: Vec<Office>,
    moments: Moments,
    /// Files handed in twice and refused.
    repeats: usize,
}

fn hours() -> usize {
    std::env::var("CLAIMGATE_DAY_HOURS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

impl Day {
    fn new() -> Day {
        let moments = Moments::new();
        let world = World::new();
        let ids = [("acme", "ACMEBILL"), ("brook", "BROOKBIL"), ("cedar", "CEDARBIL")];
        let logins = ids.map(|(name, id)| (name, id, world.submitter(name, id)));
        let payers = [
            world.sftp_payer("bluestar", "BLUESTAR", "BSTAR"),
            world.sftp_payer("redmoon", "REDMOON", "RMOON"),
            world.https_payer("prairie", "PRAIRIE", "PRAIR"),
        ];
        let companies = logins.map(|(name, id, login)| {
            let key = world.key(name);
            Company { name, id, key, login, handed_in: Vec::new() }
        });
        let mut offices = Vec::from(payers.map(|payer| {
            let key = world.key(&payer.name);
            Office::new(payer, key)
        }));
        offices.iter_mut().for_each(|office| office.payer.start());
        world.start();
        Day { world, companies: companies.into(), offices, moments, repeats: 0 }
    }

    fn hour(&mut self, hour: usize) {
        let made: Vec<Made> = (0..self.companies.len()).map(|n| self.made(hour, n)).collect();
        made.iter().for_each(|file| self.world.watch_for(&file.claims));
        // Each payer is away in one hour of four.
        let away = hour % 4;
        if let Some(office) = self.offices.get_mut(away) {
            office.payer.stop();
        }
        let Day { world, companies, moments, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (n, (company, file)) in companies.iter().zip(&made).enumerate() {
                    insist(world, company, hour * 10 + n, file);
                }
            });
            pass(moments.within(20..700));
            kill_and_start(world, moments);
        });
        for (company, file) in self.companies.iter_mut().zip(made) {
            company.handed_in.push(file);
        }
        if self.moments.below(3) == 0 {
            self.hand_in_again();
        }
        for office in &mut self.offices {
            office.work(hour, &mut self.moments);
            if self.moments.below(3) == 0 {
                office.recoup(hour + 1, &mut self.moments);
            }
            if self.moments.below(5) == 0 {
                office.hand_in_a_page(&self.world, hour);
            }
            office.leave(hour);
        }
        pass(self.moments.within(20..700));
        kill_and_start(&self.world, &mut self.moments);
        if let Some(office) = self.offices.get_mut(away) {
            office.payer.start();
        }
    }

    fn made(&mut self, hour: usize, company: usize) -> Made {
        let kind = [Professional, Institutional, Dental][(hour + company) % 3];
        let payer = ["BSTAR", "RMOON", "PRAIR"][self.moments.below(3)];
        let mut batch = batch(kind, CLAIMS_OF_A_FILE, 90_000 + (hour * 10 + company) as u64, &[payer]);
        batch.sender.id = self.companies[company].id.to_string();
        batch.defects_per_mille = (self.moments.below(3) == 0).then_some(SPOILED);
        make(batch)
    }

    fn hand_in_again(&mut self) {
        let company = &self.companies[self.moments.below(self.companies.len())];
        let file = &company.handed_in[self.moments.below(company.handed_in.len())];
        let reply = self.world.call(&company.key, "POST", "/v1/submissions", Some(&file.bytes));
        assert_eq!(reply.status, 409, "{}", reply.text());
        self.repeats += 1;
    }

    /// Lets all claims reach their payers, and all answers the gateway.
    fn settle(&mut self, hour: usize) {
        let good = |company: &Company| company.handed_in.iter().map(|file| file.good().count()).sum::<usize>();
        let sent: usize = self.companies.iter().map(good).sum();
        let (mut before, mut since) = (String::new(), Instant::now());
        loop {
            for office in &mut self.offices {
                office.work(hour, &mut self.moments);
                office.leave(usize::MAX);
            }
            let there: usize = self.offices.iter().map(Office::claims).sum();
            let left: usize = self.offices.iter().map(|office| office.left).sum();
            let worked = self.world.ask("SELECT COUNT(*) FROM inbound WHERE state > 1");
            if there == sent && worked == Some(left.to_string()) {
                return;
            }
            let state = format!("{there} of {sent} claims at payers, {worked:?} of {left} answers worked in");
            if state != before {
                (before, since) = (state, Instant::now());
            }
            assert!(there <= sent && since.elapsed() < PATIENCE, "{before}\n{}", self.world.log_tail());
            pass(std::time::Duration::from_millis(200));
        }
    }

    fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.offices.iter().flat_map(|office| office.books.accounts.values())
    }

    /// Each claim of a company has the status and the money of its payer's books.
    fn check_claims(&self, company: &Company) {
        let accounts: BTreeMap<&str, &Account> =
            self.accounts().map(|account| (account.claim.number.as_str(), account)).collect();
        let listed = self.world.claims(&company.key);
        let spoiled: BTreeSet<&String> = company.handed_in.iter().flat_map(|file| &file.spoiled).collect();
        let all: usize = company.handed_in.iter().map(|file| file.claims.len()).sum();
        assert_eq!(listed.len(), all, "claims of {}", company.name);
        for claim in &listed {
            let text = |name: &str| claim[name].as_str().unwrap().to_string();
            let number = text("patient_control_number");
            let expected = match accounts.get(number.as_str()) {
                _ if spoiled.contains(&number) => ("rejected", 0),
                Some(account) => (account.status(), account.paid()),
                None => panic!("{number} is at no payer"),
            };
            assert_eq!((text("status").as_str(), cents(&text("paid"))), expected, "{number}");
        }
    }

    /// Each payment was handed on once, to the company of its claim; the letters' own totals come to this.
    fn check_letters(&self, company: &Company) -> i64 {
        let own: BTreeSet<&String> =
            company.handed_in.iter().flat_map(|file| &file.claims).map(|claim| &claim.number).collect();
        let entries = |account: &Account| {
            let number = account.claim.number.clone();
            account.entries.iter().map(move |entry| (number.clone(), entry.paid)).collect::<Vec<_>>()
        };
        let mut expected: Vec<(String, i64)> =
            self.accounts().filter(|account| own.contains(&account.claim.number)).flat_map(entries).collect();
        expected.sort();
        let letters = self.world.mail(&company.key, "835");
        assert_eq!(paid_claims(&letters), expected, "payments handed on to {}", company.name);
        letters.iter().map(|letter| bank(&File::read(letter))).sum()
    }

    /// What `claimgate reconcile` says is what the payers' books say.
    fn check_account(&self) {
        let account = reconciled(&self.world, 0);
        let money = |name: &str| cents(account["money"][name].as_str().unwrap());
        let sum = |of: fn(&Office) -> i64| self.offices.iter().map(of).sum::<i64>();
        assert_eq!(account["money"]["remittances"], sum(|office| office.books.remittances as i64));
        assert_eq!(money("paid_by_payers"), sum(|office| office.books.paid), "paid by payers");
        assert_eq!(money("on_claims"), sum(|office| office.books.on_claims()), "on claims");
        assert_eq!(money("unmatched"), sum(|office| office.books.strangers), "of claims never sent");
        assert_eq!(money("held"), sum(|office| office.books.held_payment), "held");
        assert_eq!(money("adjustments"), sum(|office| office.books.adjusted), "PLB");
    }
}

/// What the letter's remittances move: BPR02 and, where a part of a payment takes more than it pays, what the gateway
/// carries forward in it.
fn bank(letter: &File) -> i64 {
    let paid: i64 = letter.named("BPR").map(|bpr| cents(&bpr[2])).sum();
    let own = |plb: &&Vec<String>| plb[3].starts_with("FB:") && plb[3] != office::BROUGHT_FORWARD;
    paid + letter.named("PLB").filter(own).map(|plb| cents(&plb[4])).sum::<i64>()
}

/// Hands a file in until it is said to be kept: the first company over HTTPS, the second over SFTP, the third now so,
/// now so.
fn insist(world: &World, company: &Company, place: usize, file: &Made) {
    let name = format!("{place}.837");
    file.save(world.folder(), &name);
    let over_sftp = company.name == "brook" || (company.name == "cedar" && place.is_multiple_of(4));
    wait_for("a file to be taken", PATIENCE, || {
        let taken = if over_sftp {
            world.sftp(company.name, &company.login, &format!("put {name} inbound/{name}\n")).well
        } else {
            // 409: an earlier try was kept and its answer lost.
            matches!(world.call(&company.key, "POST", "/v1/submissions", Some(&file.bytes)).status, 202 | 409)
        };
        taken.then_some(())
    });
}

fn reconciled(world: &World, status: i32) -> Value {
    let output = world.claimgate(&["reconcile", "--format", "json"]);
    assert_eq!(output.status.code(), Some(status), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A cent less on a claim, a letter that was never written, a payment that is gone: each is found.
fn check_losses_are_found(world: &World) {
    let paid = world.ask("SELECT id FROM claim WHERE paid > 0 ORDER BY id LIMIT 1").expect("somebody is paid");
    let letter = world.ask("SELECT id FROM mail WHERE kind = '835' ORDER BY id LIMIT 1").expect("money was handed on");
    let payment = world.ask("SELECT id FROM payment WHERE claim_id IS NOT NULL AND paid > 0 ORDER BY id LIMIT 1");
    for (loss, undone) in [
        (format!("UPDATE claim SET paid = paid - 1 WHERE id = {paid}"), true),
        (format!("UPDATE mail SET kind = '277' WHERE id = {letter}"), true),
        (format!("DELETE FROM payment WHERE id = {}", payment.expect("it was paid")), false),
    ] {
        world.change(&loss);
        let wrong = reconciled(world, 1)["wrong"].clone();
        assert!(!wrong.as_array().unwrap().is_empty(), "{loss}: {wrong}");
        if undone {
            world.change(&loss.replace("paid - 1", "paid + 1").replace("'277'", "'835'"));
            reconciled(world, 0);
        }
    }
}

#[test]
fn after_a_day_of_traffic_with_kills_outages_and_faulty_answers_every_claim_and_cent_is_where_the_payers_say() {
    let mut day = Day::new();
    let hours = hours();
    (0..hours).for_each(|hour| day.hour(hour));
    day.settle(hours);
    day.companies.iter().for_each(|company| day.check_claims(company));
    let handed_on: i64 = day.companies.iter().map(|company| day.check_letters(company)).sum();
    let sum = |of: fn(&Office) -> i64| day.offices.iter().map(of).sum::<i64>();
    let posted = sum(|office| office.books.paid - office.books.held_payment);
    assert_eq!(handed_on, posted - sum(|office| office.books.strangers), "what the letters move");

    day.world.stop();
    day.world.check_log();
    day.world.done(&["audit", "verify"]);
    day.world.done(&["store", "check"]);
    day.check_account();
    check_losses_are_found(&day.world);
    println!(
        "{hours} hours, {} kills, {} files, {} claims at payers, {} answers, {} remittances of {} cents, {} refused repeats",
        2 * hours,
        day.companies.iter().map(|company| company.handed_in.len()).sum::<usize>(),
        sum(|office| office.claims() as i64),
        sum(|office| office.left as i64),
        sum(|office| office.books.remittances as i64),
        sum(|office| office.books.paid),
        day.repeats,
    );
}
