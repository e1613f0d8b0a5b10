//! Finds the claims of many answers at once: each rung of the ladder is one question to the store, asked only
//! for the answers that the rungs above left over.

use std::collections::HashMap;

use super::ladder::{self, Matched, Rule, Sought};
use super::names;
use crate::domain::ids::ClaimId;
use crate::store::matching::{ClaimFacts, ClaimKey, PREFIX_CANDIDATES_MAX, PaidUnder};
use crate::store::{Bind, Store, StoreError};

/// Claims of one member that are compared with one answer.
const MEMBER_CANDIDATES_MAX: usize = 100;
/// Of CLM01 as payers must give it back.
const CONTROL_NUMBER_LENGTH_MAX: usize = 20;

/// For each of `sought`, in their order, what became of it.
pub async fn find_claims(store: &Store, payer: &str, sought: &[Sought]) -> Result<Vec<Matched>, StoreError> {
    let mut pool = Pool::default();
    let traces = sought.iter().filter_map(|one| ClaimId::from_trace_number(&one.trace));
    let ids: Vec<i64> = traces.map(|id| id.0).collect();
    pool.ask(store, ClaimKey::Id, &ids).await?;
    let mut matched: Vec<Option<Matched>> = sought.iter().map(|one| pool.by_trace(one, payer)).collect();

    let left = || sought.iter().zip(&matched).filter(|(_, found)| found.is_none()).map(|(one, _)| one);
    let numbers = left().map(|one| one.payer_claim_control_number.reveal()).filter(|number| says_something(number));
    let numbers: Vec<&str> = numbers.map(String::as_str).collect();
    let controls = left().map(|one| one.control_number.reveal()).filter(|number| says_something(number));
    let controls: Vec<&str> = controls.map(String::as_str).collect();
    // A payer may give back our trace number where the patient control number should be.
    let as_traces: Vec<i64> =
        controls.iter().filter_map(|text| ClaimId::from_trace_number(text)).map(|id| id.0).collect();
    pool.ask_payer_numbers(store, &numbers).await?;
    pool.ask_control_numbers(store, &controls).await?;
    pool.ask(store, ClaimKey::Id, &as_traces).await?;
    for (one, found) in sought.iter().zip(&mut matched).filter(|(_, found)| found.is_none()) {
        *found = pool.surely(one, payer);
    }

    let left = || sought.iter().zip(&matched).filter(|(_, found)| found.is_none()).map(|(one, _)| one);
    let members: Vec<&str> = left()
        .flat_map(|one| &one.member_ids)
        .map(|member| member.reveal().as_str())
        .filter(|id| says_something(id))
        .collect();
    pool.ask(store, ClaimKey::MemberId, &members).await?;
    let rewritten: Vec<String> = left().flat_map(|one| rewritten(one.control_number.reveal())).collect();
    let rewritten: Vec<&str> = rewritten.iter().map(String::as_str).collect();
    pool.ask_control_numbers(store, &rewritten).await?;
    let parts: Vec<&str> = left().flat_map(|one| ladder::parts(one.control_number.reveal())).collect();
    pool.ask_control_numbers(store, &parts).await?;
    let recased: Vec<String> = left().flat_map(|one| recased(one.payer_claim_control_number.reveal())).collect();
    let recased: Vec<&str> = recased.iter().map(String::as_str).collect();
    pool.ask_payer_numbers(store, &recased).await?;
    for one in left().filter(|one| ladder::is_cut(one.control_number.reveal())) {
        pool.ask_begin(store, payer, one.control_number.reveal()).await?;
    }
    let mut settled = Vec::with_capacity(sought.len());
    for (one, found) in sought.iter().zip(matched) {
        settled.push(match found {
            Some(found) => found,
            None => pool.settle(store, one, payer).await?,
        });
    }
    pool.settle_by_payments(store, payer, sought, &mut settled).await?;
    Ok(settled)
}

/// The forms in which we may know a control number that a payer padded with zeros, stripped of them, or wrote with
/// signs of its own.
fn rewritten(control_number: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if !says_something(control_number) {
        return forms;
    }
    let plain: String = control_number.chars().filter(char::is_ascii_alphanumeric).collect();
    forms.push(control_number.trim_start_matches('0').to_string());
    forms.push(plain.trim_start_matches('0').to_string());
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        forms.extend((plain.len() + 1..=CONTROL_NUMBER_LENGTH_MAX).map(|length| format!("{plain:0>length$}")));
    }
    forms.push(plain);
    forms.retain(|form| form != control_number);
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// A payer's number in capitals and in small letters, where it is not that already.
fn recased(number: &str) -> Vec<String> {
    let mut forms = vec![number.to_ascii_uppercase(), number.to_ascii_lowercase()];
    forms.retain(|form| says_something(number) && form != number);
    forms
}

/// Fillers like `0` are no numbers of anything.
pub fn says_something(number: &str) -> bool {
    number.bytes().any(|byte| byte.is_ascii_alphanumeric() && byte != b'0')
}

/// Every claim that any question found, by what it was found.
#[derive(Default)]
struct Pool {
    claims: Vec<ClaimFacts>,
    by_id: HashMap<i64, usize>,
    by_payer_number: HashMap<String, Vec<usize>>,
    by_control: HashMap<String, Vec<usize>>,
    by_member: HashMap<String, Vec<usize>>,
    by_begin: HashMap<String, Vec<usize>>,
    /// By last name and first day of service.
    by_name: HashMap<(String, String), Vec<usize>>,
}

impl Pool {
    async fn ask<'a, T>(&mut self, store: &Store, key: ClaimKey, values: &'a [T]) -> Result<(), StoreError>
    where
        &'a [T]: Bind,
    {
        if values.is_empty() {
            return Ok(());
        }
        for claim in store.claims_for_answers(key, values).await? {
            self.add(claim);
        }
        Ok(())
    }

    /// By the number that stands with a claim, and by those that it was answered under before.
    async fn ask_payer_numbers(&mut self, store: &Store, numbers: &[&str]) -> Result<(), StoreError> {
        self.ask(store, ClaimKey::PayerClaimControlNumber, numbers).await?;
        let others = store.other_payer_numbers(numbers).await?;
        let ids: Vec<i64> = others.iter().map(|(claim, _)| claim.0).collect();
        self.ask(store, ClaimKey::Id, &ids).await?;
        for (claim, number) in others {
            let Some(&place) = self.by_id.get(&claim.0) else { continue };
            self.by_payer_number.entry(fold(number.reveal())).or_default().push(place);
            self.claims[place].other_payer_numbers.push(number);
        }
        Ok(())
    }

    async fn ask_control_numbers(&mut self, store: &Store, numbers: &[&str]) -> Result<(), StoreError> {
        if !numbers.is_empty() {
            for claim in store.claims_by_control_number(numbers).await? {
                self.add(claim);
            }
        }
        Ok(())
    }

    async fn ask_begin(&mut self, store: &Store, payer: &str, begin: &str) -> Result<(), StoreError> {
        if !says_something(begin) || self.by_begin.contains_key(&fold(begin)) {
            return Ok(());
        }
        let claims = store.claims_by_control_number_begin(payer, begin).await?;
        // Of a part of them one may look like the only one that fits, so then none is a candidate by its begin.
        let too_many = claims.len() > PREFIX_CANDIDATES_MAX;
        let places = if too_many { Vec::new() } else { claims.into_iter().map(|claim| self.add(claim)).collect() };
        self.by_begin.insert(fold(begin), places);
        Ok(())
    }

    fn add(&mut self, claim: ClaimFacts) -> usize {
        if let Some(&known) = self.by_id.get(&claim.id.0) {
            return known;
        }
        let place = self.claims.len();
        self.by_id.insert(claim.id.0, place);
        if let Some(number) = &claim.payer_claim_control_number {
            self.by_payer_number.entry(fold(number.reveal())).or_default().push(place);
        }
        self.by_control.entry(ladder::bare(claim.patient_control_number.reveal())).or_default().push(place);
        let name = (names::plain(claim.patient_last_name.reveal()), claim.service_from.clone());
        self.by_name.entry(name).or_default().push(place);
        self.by_member.entry(fold(claim.member_id.reveal())).or_default().push(place);
        self.claims.push(claim);
        place
    }

    fn by_trace(&self, sought: &Sought, payer: &str) -> Option<Matched> {
        let place = *self.by_id.get(&ClaimId::from_trace_number(&sought.trace)?.0)?;
        match ladder::choose(sought, payer, &[&self.claims[place]]) {
            Matched::One(found) if found.rule == Rule::Trace => Some(Matched::One(found)),
            Matched::One(_) | Matched::Unclear { .. } => None,
        }
    }

    /// A match that further candidates could not change: by a rung that all its candidates are known for.
    fn surely(&self, sought: &Sought, payer: &str) -> Option<Matched> {
        match ladder::choose(sought, payer, &self.candidates(sought, Reach::Numbers)) {
            // The claim that the control number means may be one whose number was rewritten.
            Matched::One(found) if found.rule == Rule::PayerNumber && is_another(sought, &found.claim) => None,
            Matched::One(found) if found.rule <= Rule::ControlNumber => Some(Matched::One(found)),
            Matched::One(_) | Matched::Unclear { .. } => None,
        }
    }

    /// By all that is left: where no rung decides, claims of the patient's name and day are shown too.
    async fn settle(&mut self, store: &Store, sought: &Sought, payer: &str) -> Result<Matched, StoreError> {
        let reason = match ladder::choose(sought, payer, &self.candidates(sought, Reach::Member)) {
            Matched::Unclear { reason, .. } if !sought.service_from.is_empty() => reason,
            decided => return Ok(decided),
        };
        for name in &sought.names {
            for claim in store.claims_by_name_and_day(payer, name.last.reveal(), &sought.service_from).await? {
                self.add(claim);
            }
        }
        // A name proves nothing: it only brings claims before a person.
        Ok(Matched::Unclear {
            reason,
            candidates: ladder::rank(sought, payer, &self.candidates(sought, Reach::Member)),
        })
    }

    /// What is still not clear, by the payments that stand on its candidates, and by what came beside it under the same
    /// patient control number and was found by a stronger one.
    async fn settle_by_payments(
        &self,
        store: &Store,
        payer: &str,
        sought: &[Sought],
        settled: &mut [Matched],
    ) -> Result<(), StoreError> {
        let mut ids: Vec<i64> = Vec::new();
        for (one, matched) in sought.iter().zip(settled.iter()) {
            match matched {
                Matched::Unclear { candidates, .. } if says_something(one.control_number.reveal()) => {
                    ids.extend(candidates.iter().map(|candidate| candidate.claim_id.0));
                }
                Matched::Unclear { .. } | Matched::One(_) => {}
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        ids.sort_unstable();
        ids.dedup();
        let beside = sought.iter().zip(settled.iter()).filter_map(|(one, matched)| beside(one, matched, &ids));
        let mut paid: HashMap<ClaimId, Vec<PaidUnder>> = HashMap::new();
        for one in store.paid_under(&ids).await?.into_iter().chain(beside) {
            paid.entry(one.claim_id).or_default().push(one);
        }
        for (one, matched) in sought.iter().zip(settled) {
            let is_open = matches!(matched, Matched::Unclear { .. }) && says_something(one.control_number.reveal());
            if is_open && let Some(found) = ladder::choose_paid(one, payer, &self.candidates(one, Reach::Member), &paid)
            {
                *matched = Matched::One(found);
            }
        }
        Ok(())
    }

    fn candidates(&self, sought: &Sought, reach: Reach) -> Vec<&ClaimFacts> {
        let mut places: Vec<usize> = Vec::new();
        let control = sought.control_number.reveal();
        let ids = [ClaimId::from_trace_number(&sought.trace), ClaimId::from_trace_number(control)];
        places.extend(ids.into_iter().flatten().filter_map(|id| self.by_id.get(&id.0)));
        let number = sought.payer_claim_control_number.reveal();
        places.extend(self.by_payer_number.get(&fold(number)).into_iter().flatten());
        if says_something(control) {
            places.extend(self.by_control.get(&ladder::bare(control)).into_iter().flatten());
        }
        match reach {
            Reach::Numbers => {}
            Reach::Member => {
                places.extend(self.by_begin.get(&fold(control)).into_iter().flatten());
                places.extend(self.of_member(sought));
                places.extend(self.by_part(sought));
                let day = || sought.service_from.clone();
                let keys = sought.names.iter().map(|name| (names::plain(name.last.reveal()), day()));
                places.extend(keys.filter_map(|key| self.by_name.get(&key)).flatten());
            }
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| &self.claims[place]).collect()
    }

    /// Claims of the provider, or member, whose number the one that is told begins or ends with.
    fn by_part(&self, sought: &Sought) -> Vec<usize> {
        let same = |said: &str, known: &str| !said.is_empty() && said.eq_ignore_ascii_case(known);
        let is_theirs = |claim: &ClaimFacts| {
            let members = sought.member_ids.iter().map(|member| member.reveal());
            same(&sought.npi, &claim.provider_npi)
                || same(&sought.tin, &claim.provider_tin)
                || members.into_iter().any(|member| same(member, claim.member_id.reveal()))
        };
        let parts = ladder::parts(sought.control_number.reveal());
        let places = parts.into_iter().filter_map(|part| self.by_control.get(&ladder::bare(part))).flatten();
        places.copied().filter(|&place| is_theirs(&self.claims[place])).collect()
    }

    /// The member's claims of the same day or charge, or with a number alike; a member may have hundreds. Those by
    /// which a match is decided come first, so that a tie among them is never cut off.
    fn of_member(&self, sought: &Sought) -> Vec<usize> {
        let members = sought.member_ids.iter().filter(|member| says_something(member.reveal()));
        let all = members.flat_map(|member| self.by_member.get(&fold(member.reveal())).into_iter().flatten().copied());
        let (mut deciding, mut near) = (Vec::new(), Vec::new());
        for place in all {
            let claim = &self.claims[place];
            let charge = Some(claim.charge) == sought.charge;
            let day = !sought.service_from.is_empty() && claim.service_from == sought.service_from;
            let alike = ladder::is_alike(sought.control_number.reveal(), claim.patient_control_number.reveal());
            match (charge && day) || alike {
                true => deciding.push(place),
                false if charge || day => near.push(place),
                false => {}
            }
        }
        deciding.extend(near);
        deciding.truncate(MEMBER_CANDIDATES_MAX);
        deciding
    }
}

/// What was found by our trace number or the payer's, as if it were paid.
fn beside(sought: &Sought, matched: &Matched, among: &[i64]) -> Option<PaidUnder> {
    let Matched::One(found) = matched else { return None };
    let is_sure = found.rule <= Rule::PayerNumber && among.binary_search(&found.claim.id.0).is_ok();
    is_sure.then_some(PaidUnder {
        claim_id: found.claim.id,
        patient_control_number: sought.control_number.clone(),
        payer_claim_control_number: sought.payer_claim_control_number.clone(),
        charge: sought.charge?,
    })
}

/// How far candidates are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// By trace, payer's number and patient control number.
    Numbers,
    /// And by the begin of a control number, and by member.
    Member,
}

/// True when the control number that is told is not this claim's.
fn is_another(sought: &Sought, claim: &ClaimFacts) -> bool {
    let said = sought.control_number.reveal();
    says_something(said) && !ladder::is_alike(said, claim.patient_control_number.reveal())
}

fn fold(text: &str) -> String {
    text.to_ascii_uppercase()
}
