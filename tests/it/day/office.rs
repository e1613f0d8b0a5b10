//! A payer's office through the day: it answers what came, late, lost, twice, spoiled and in any order; it takes money
//! back; it pays claims that nobody sent through the gateway; it sends what is no answer at all.

use std::collections::BTreeSet;

use super::super::answers::{Triage, ack277ca, ack999, interchange, ta1};
use super::super::crash::Moments;
use super::super::remits::{opening, pay};
use super::super::trip::triage;
use super::super::world::World;
use super::super::world::payers::Payer;
use super::super::x12::{Claim, File, amount, claims};
use super::books::{Books, Entry};

const NOT_AN_ANSWER: &[u8] = b"<!DOCTYPE html><html><body>503 Service Unavailable</body></html>";

/// PLB03 of what could not be taken back.
pub const BROUGHT_FORWARD: &str = "FB:0001";

/// A file that is to be left for the gateway.
struct Due {
    hour: usize,
    name: String,
    bytes: Vec<u8>,
}

pub struct Office {
    pub payer: Payer,
    key: String,
    pub books: Books,
    seen: BTreeSet<String>,
    due: Vec<Due>,
    /// Files left for the gateway or handed in.
    pub left: usize,
    /// Numbers remittances and payments.
    number: usize,
}

/// What a remittance is made of.
#[derive(Default)]
struct Sheet {
    segments: Vec<String>,
    /// Sum of CLP04.
    total: i64,
}

impl Office {
    pub fn new(payer: Payer, key: String) -> Office {
        let (books, seen, due) = (Books::default(), BTreeSet::new(), Vec::new());
        Office { payer, key, books, seen, due, left: 0, number: 0 }
    }

    /// Claims that reached it.
    pub fn claims(&self) -> usize {
        self.books.accounts.len()
    }

    /// Answers what is new. Answers that get lost are not in the books.
    pub fn work(&mut self, hour: usize, moments: &mut Moments) {
        for file in self.payer.arrived() {
            if self.seen.insert(file.name.clone()) {
                self.answer(&file.name, &file.bytes, hour, moments);
            }
        }
    }

    fn answer(&mut self, name: &str, file: &[u8], hour: usize, moments: &mut Moments) {
        let all = claims(file);
        self.books.enter(&all);
        let sender = self.payer.id.clone();
        for (kind, bytes) in [("ta1", ta1(&sender, file)), ("999", ack999(&sender, file))] {
            if moments.below(8) > 0 {
                all.iter().for_each(|claim| self.books.account(claim).received = true);
                self.post(name, kind, bytes, hour + moments.below(3), moments);
            }
        }
        if moments.below(8) > 0 {
            for claim in &all {
                self.books.account(claim).taken = Some(triage(claim) == Triage::Accept);
            }
            self.post(name, "277ca", ack277ca(&sender, &all, triage), hour + moments.below(4), moments);
        }
        let mut adjudicated: Vec<Claim> =
            all.into_iter().filter(|claim| triage(claim) == Triage::Accept && moments.below(12) > 0).collect();
        adjudicated.sort_by(|a, b| a.npi.cmp(&b.npi));
        for of_provider in adjudicated.chunk_by(|a, b| a.npi == b.npi) {
            let hour = hour + 1 + moments.below(3);
            if moments.below(15) == 0 {
                self.remit_wrongly(name, of_provider, hour, moments);
            }
            self.remit(name, of_provider, hour, moments);
        }
    }

    /// Pays and denies a provider's claims.
    fn remit(&mut self, name: &str, claims: &[Claim], hour: usize, moments: &mut Moments) {
        let mut sheet = Sheet::default();
        for claim in claims {
            let (mood, spoiled) = (moments.below(11), moments.below(12));
            self.number += 1;
            let entry = self.add(&mut sheet, claim, mood, 1, self.number, spoiled);
            self.books.account(claim).entries.push(entry);
        }
        if moments.below(6) == 0 {
            self.number += 1;
            let stranger = stranger(&claims[0], self.number);
            let paid = self.add(&mut sheet, &stranger, 9, 1, self.number, 5).paid;
            self.books.strangers += paid;
        }
        let adjusted = match moments.below(3) {
            0 if sheet.total > 5_000 => 2_500,
            1 => -500,
            _ => 0,
        };
        self.send(name, sheet, adjusted, &claims[0], hour, moments);
    }

    /// The same claims, out by a cent, under a check of its own: nobody may be paid by it.
    fn remit_wrongly(&mut self, name: &str, claims: &[Claim], hour: usize, moments: &mut Moments) {
        let mut sheet = Sheet::default();
        for claim in claims {
            self.number += 1;
            self.add(&mut sheet, claim, 9, 1, self.number, 5);
        }
        self.number += 1;
        let bytes = self.written(&sheet, sheet.total + 1, 0, &claims[0]);
        self.books.held_payment += sheet.total + 1;
        self.books.remittances += 1;
        self.books.paid += sheet.total + 1;
        self.post(name, &format!("{}.wrong.835", self.number), bytes, hour, moments);
    }

    /// Takes some payments of one provider back, and pays some of these claims anew.
    pub fn recoup(&mut self, hour: usize, moments: &mut Moments) {
        let paid = |entry: Entry| entry.paid > 0 && !entry.denied;
        let found = self.books.accounts.values().filter(|one| one.standing().is_some_and(paid));
        let mut found: Vec<(Claim, Entry)> =
            found.filter_map(|one| Some((one.claim.clone(), one.standing()?))).collect();
        let Some((first, _)) = found.get(moments.below(found.len().max(1))).cloned() else { return };
        found.retain(|(claim, _)| claim.npi == first.npi);
        found.truncate(3);
        let mut sheet = Sheet::default();
        for (claim, entry) in &found {
            let back = self.add(&mut sheet, claim, entry.mood, -1, entry.number, 5);
            self.books.account(claim).entries.push(back);
            if moments.below(2) == 0 {
                let anew = self.add(&mut sheet, claim, moments.below(3), 1, entry.number, 5);
                self.books.account(claim).entries.push(anew);
            }
        }
        // What it would have to be paid back is brought forward.
        let adjusted = sheet.total.min(0);
        self.number += 1;
        self.send(&format!("recoup{}", self.number), sheet, adjusted, &first, hour, moments);
    }

    fn send(&mut self, name: &str, sheet: Sheet, adjusted: i64, to: &Claim, hour: usize, moments: &mut Moments) {
        self.number += 1;
        let amount = sheet.total - adjusted;
        let bytes = self.written(&sheet, amount, adjusted, to);
        self.books.remittances += 1;
        self.books.paid += amount;
        self.books.adjusted += adjusted;
        let kind = format!("{}.835", self.number);
        self.post(name, &kind, bytes, hour, moments);
    }

    fn written(&self, sheet: &Sheet, paid: i64, adjusted: i64, to: &Claim) -> Vec<u8> {
        let mut segments = opening("0001", &format!("{}{:07}", &self.payer.id[..3], self.number), paid, to);
        segments.extend(sheet.segments.iter().cloned());
        if adjusted != 0 {
            let reason = match adjusted {
                2_500 => "WO:0042",
                -500 => "L6",
                _ => BROUGHT_FORWARD,
            };
            segments.push(format!("PLB*{}*20261231*{reason}*{}", to.npi, amount(adjusted)));
        }
        interchange(&self.payer.id, "HP", "005010X221A1", &[segments])
    }

    /// One CLP; `spoiled` 0 and 1 rewrite the control number.
    fn add(
        &mut self,
        sheet: &mut Sheet,
        claim: &Claim,
        mood: usize,
        sign: i64,
        number: usize,
        spoiled: usize,
    ) -> Entry {
        let written = match spoiled {
            0 => claim.number.to_lowercase(),
            1 => format!("000{}", claim.number),
            _ => claim.number.clone(),
        };
        let as_written = Claim { number: written, ..claim.clone() };
        let paid = pay(&as_written, mood, sign, number, &mut sheet.segments);
        sheet.total += paid;
        let mood = if sign < 0 { 9 } else { mood };
        Entry { paid, denied: mood < 3, reversal: sign < 0, mood, number }
    }

    /// To be left in that hour, and now and then once more.
    fn post(&mut self, name: &str, kind: &str, bytes: Vec<u8>, hour: usize, moments: &mut Moments) {
        let copy = match moments.below(5) {
            0 => Some(bytes.clone()),
            1 if kind != "277ca" => Some(in_another_envelope(&bytes, moments)),
            _ => None,
        };
        if let Some(bytes) = copy {
            self.due.push(Due { hour: hour + moments.below(3), name: format!("{name}.{kind}.again"), bytes });
        }
        self.due.push(Due { hour, name: format!("{name}.{kind}"), bytes });
    }

    /// Hands in what is no answer, different each time. One that is left is fetched when it has stood still for a minute.
    pub fn hand_in_a_page(&mut self, world: &World, hour: usize) {
        let bytes = [NOT_AN_ANSWER, "\n".repeat(hour + 1).as_bytes()].concat();
        let reply = world.call(&self.key, "POST", "/v1/inbound?file_name=era.835", Some(&bytes));
        assert_eq!(reply.status, 202, "{}", reply.text());
        self.left += 1;
    }

    /// Leaves what is due, in no order.
    pub fn leave(&mut self, hour: usize) {
        while let Some(place) = self.due.iter().position(|one| one.hour <= hour) {
            let Due { name, bytes, .. } = self.due.swap_remove(place);
            self.payer.answer(&name, &bytes);
            self.left += 1;
        }
    }
}

/// A visit of the same provider that was billed on another way.
fn stranger(like: &Claim, number: usize) -> Claim {
    Claim {
        number: format!("ELSEWHERE{number}"),
        charge: 12_345,
        lines: vec![("HC:99213".to_string(), "123.45".to_string())],
        member: format!("Q{number:08}"),
        last: "ELSEWHERE".to_string(),
        first: "SOMEBODY".to_string(),
        trace: format!("X{number}"),
        service: "20260105".to_string(),
        ..like.clone()
    }
}

/// With another control number; what it says stays.
pub fn in_another_envelope(file: &[u8], moments: &mut Moments) -> Vec<u8> {
    let text = String::from_utf8(file.to_vec()).unwrap();
    let number = File::read(file).first("ISA")[13].clone();
    text.replace(&number, &format!("{}", 700_000_000 + moments.below(99_999_999))).into_bytes()
}
