//! Judges the 276, finds its claims, one question to the store for each kind of number however many are asked, and
//! has the answer written.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::lines::Lines;
use super::pass_on::{Question, only_one, pass_on};
use super::plan::{choose, say};
use super::read::{Asked, Line, Request, read};
use super::write::{GUIDE, Pen};
use crate::ack::{AckBuilder, AckKind, Counter, Envelope, Ta1Policy};
use crate::domain::ClaimKind;
use crate::domain::ids::ClaimId;
use crate::edits::weights::Severities;
use crate::edits::{self, Context, Day, Lookups, Payer, Reading, Settings, Syntax};
use crate::partner::Submitter;
use crate::pipeline::answers::outgoing::{Letterhead, Outgoing};
use crate::pipeline::answers::search::says_something;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError};
use crate::store::asked_claims::AskedClaim;
use crate::store::matching::ClaimKey;
use crate::store::payer_numbers::Numbered;
use crate::x12::envelope::Interchange;

/// What guides say, and not more: a wrong check digit of an NPI finds no claim, which is answer enough.
const SNIP_MAX: u8 = 2;
/// Claims that are looked at for all questions of a request together, by one kind of number.
const CLAIMS_MAX: u32 = 20_000;
/// Questions that one statement looks for.
const QUESTIONS_PER_STATEMENT: usize = 2_000;

/// What goes back.
#[derive(Debug)]
pub struct Answer {
    pub kind: AnswerKind,
    pub bytes: Vec<u8>,
    /// Questions in the 276; 0 where it was not taken.
    pub questions: usize,
    /// Of these, how many went on to payers.
    pub passed_on: usize,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// This gateway, from what it knows.
    Here,
    /// And the payers that take questions, later: their 277s come into the mailbox.
    PayersToo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    Status277,
    /// The 276 breaks its guide.
    Ack999,
    /// Its interchange is refused.
    Ta1,
    /// It is no X12 at all, and so cannot be answered in X12.
    NotX12,
}

/// Answers a request of a submitter, whose own claims alone are looked at.
pub async fn answer(
    gateway: &Arc<Gateway>,
    submitter: &Submitter,
    ask: Ask,
    bytes: Vec<u8>,
) -> Result<Answer, StageError> {
    let (for_check, who, runtime) = (gateway.clone(), submitter.clone(), Handle::current());
    let checked = blocking(move || check(&for_check, &who, &runtime, bytes)).await??;
    let requests = match checked {
        Checked::Good(requests) => requests,
        Checked::Refused(answer) => return Ok(answer),
    };
    let asked: Vec<&Asked> = requests.iter().flat_map(|request| &request.lines).filter_map(asked_of).collect();
    let mut known = Known::default();
    for part in asked.chunks(QUESTIONS_PER_STATEMENT) {
        known.look_for(gateway, submitter.id.as_str(), part).await?;
    }
    let questions = asked.len();
    let bytes = write(gateway, submitter, &requests, &known).await?;
    let passed_on = match ask {
        Ask::Here => 0,
        Ask::PayersToo => pass_on(gateway, &known.at_payers(gateway, &requests)).await?,
    };
    Ok(Answer { kind: AnswerKind::Status277, bytes, questions, passed_on })
}

fn asked_of(line: &Line) -> Option<&Asked> {
    match line {
        Line::Asked(asked) => Some(asked),
        Line::Level(_) => None,
    }
}

enum Checked {
    Good(Vec<Request>),
    Refused(Answer),
}

/// On a thread that may block.
fn check(gateway: &Gateway, from: &Submitter, runtime: &Handle, bytes: Vec<u8>) -> Result<Checked, StageError> {
    let ours = &gateway.config.gateway;
    let now = gateway.clock.now().to_zoned(ours.time_zone.clone());
    let (as_of, usage) = (Day::of(now.date()), from.usage.unwrap_or(ours.usage).as_str());
    let transactions = ["276".to_string()];
    let codes = gateway.codes.load_full();
    let context = Context {
        sender: (from.interchange.qualifier.as_str(), from.interchange.id.as_str()),
        receiver: (ours.interchange.qualifier.as_str(), ours.interchange.id.as_str()),
        usage,
        transactions: &transactions,
        etins: &[],
        npis: &[],
        lookups: &NothingEarlier,
    };
    let severities = Severities::new();
    let settings = Settings {
        as_of,
        snip_max: SNIP_MAX,
        syntax: Syntax::Transaction,
        severities,
        codes: &codes,
        context: Some(context),
        reading: Reading::USUAL,
    };
    let envelope = Envelope {
        id: ours.interchange.id.to_string(),
        qualifier: ours.interchange.qualifier.to_string(),
        name: ours.name.clone(),
        usage: usage.to_string(),
        now: now.datetime(),
        received: as_of,
        ta1: Ta1Policy::OnError,
    };
    let mut acks = AckBuilder::new(envelope, numbers(gateway, from, runtime), |_| String::new());
    let io = |source| StageError::Io { step: "checking a claim status request", source };
    let summary = edits::check(&bytes[..], &gateway.guides, &settings, &mut acks).map_err(io)?;
    if summary.refused.is_some() {
        return Ok(Checked::Refused(Answer {
            kind: AnswerKind::NotX12,
            bytes: Vec::new(),
            questions: 0,
            passed_on: 0,
        }));
    }
    let requests = if summary.errors == 0 { read(&bytes) } else { Vec::new() };
    if requests.iter().any(|request| request.lines.iter().any(|line| asked_of(line).is_some())) {
        return Ok(Checked::Good(requests));
    }
    let files = acks.take();
    let kind = match files.iter().any(|file| file.kind == AckKind::N999) {
        true => AnswerKind::Ack999,
        false => AnswerKind::Ta1,
    };
    let mut refusal = Vec::new();
    files.iter().try_for_each(|file| file.write_to(&mut refusal)).map_err(io)?;
    Ok(Checked::Refused(Answer { kind, bytes: refusal, questions: 0, passed_on: 0 }))
}

/// Control numbers of the refusal. A number that cannot be had becomes the clock's: it is still new, and the database
/// that does not answer is told of by the next one who needs it.
fn numbers<'a>(gateway: &'a Gateway, to: &'a Submitter, runtime: &'a Handle) -> impl FnMut(Counter) -> u64 + 'a {
    |counter| {
        let name = match counter {
            Counter::Interchange => "isa",
            Counter::Group => "gs",
            Counter::Reference => "reference",
        };
        let drawn = runtime.block_on(gateway.numbers.take(&gateway.store, &format!("{name}:{}", to.id)));
        drawn.unwrap_or_else(|_| gateway.clock.now_ms() / 1000).unsigned_abs()
    }
}

/// A question may be asked as often as one likes, and is of no claim's kind.
struct NothingEarlier;

impl Lookups for NothingEarlier {
    fn control_number_used(&self, _: &Interchange) -> bool {
        false
    }
    fn payer(&self, _: &[u8], _: ClaimKind) -> Payer {
        Payer::Reached
    }
    fn claim_seen(&self, _: u128) -> bool {
        false
    }
}

/// Claims that any question may mean, by each of their numbers.
#[derive(Default)]
struct Known {
    claims: Vec<AskedClaim>,
    by_id: HashMap<ClaimId, usize>,
    by_number: HashMap<String, Vec<usize>>,
}

impl Known {
    async fn look_for(&mut self, gateway: &Gateway, submitter: &str, asked: &[&Asked]) -> Result<(), StageError> {
        let traces = asked.iter().filter_map(|one| ClaimId::from_trace_number(&one.trace));
        let ids: Vec<i64> = traces.map(|id| id.0).collect();
        let texts = |of: fn(&Asked) -> &String| -> Vec<&str> {
            let said = asked.iter().map(|one| of(one).as_str()).filter(|text| says_something(text));
            said.collect()
        };
        let numbers = texts(|one| one.payer_claim_control_number.reveal());
        let controls = texts(|one| one.patient_control_number.reveal());
        // Only for those that bring no number of the claim itself.
        let unnumbered = asked.iter().filter(|one| {
            let own = [&one.payer_claim_control_number, &one.patient_control_number];
            !own.into_iter().any(|number| says_something(number.reveal()))
        });
        let members: Vec<&str> =
            unnumbered.map(|one| one.member_id.reveal().as_str()).filter(|id| says_something(id)).collect();
        let store = &gateway.store;
        if !ids.is_empty() {
            self.add(store.asked_claims(submitter, ClaimKey::Id, ids, CLAIMS_MAX).await?);
        }
        let others = store.other_payer_numbers(&numbers).await?;
        for (key, values) in [
            (ClaimKey::PayerClaimControlNumber, numbers),
            (ClaimKey::PatientControlNumber, controls),
            (ClaimKey::MemberId, members),
        ] {
            if !values.is_empty() {
                self.add(store.asked_claims(submitter, key, values, CLAIMS_MAX).await?);
            }
        }
        if !others.is_empty() {
            let ids: Vec<i64> = others.iter().map(|(claim, _)| claim.0).collect();
            self.add(store.asked_claims(submitter, ClaimKey::Id, ids, CLAIMS_MAX).await?);
            self.add_numbers(others);
        }
        Ok(())
    }

    fn add_numbers(&mut self, others: Vec<Numbered>) {
        for (claim, number) in others {
            let Some(&place) = self.by_id.get(&claim) else { continue };
            self.by_number.entry(number.reveal().to_ascii_uppercase()).or_default().push(place);
            self.claims[place].other_payer_numbers.push(number);
        }
    }

    fn add(&mut self, claims: Vec<AskedClaim>) {
        for claim in claims {
            if self.by_id.contains_key(&claim.id) {
                continue;
            }
            let place = self.claims.len();
            self.by_id.insert(claim.id, place);
            let number = claim.payer_claim_control_number.as_ref();
            let texts = [number, Some(&claim.patient_control_number), Some(&claim.member_id)];
            for text in texts.into_iter().flatten() {
                self.by_number.entry(text.reveal().to_ascii_uppercase()).or_default().push(place);
            }
            self.claims.push(claim);
        }
    }

    /// The claims that a question means.
    fn chosen(&self, gateway: &Gateway, asked: &Asked) -> Vec<&AskedClaim> {
        let partners = gateway.partners.current();
        let payer = partners.payer_for_id(&asked.payer_id).map(|payer| payer.id.as_str());
        choose(asked, payer, &self.candidates(asked))
    }

    fn at_payers<'a>(&'a self, gateway: &Gateway, requests: &'a [Request]) -> Vec<Question<'a>> {
        let of = |request: &'a Request| {
            let asked = request.lines.iter().filter_map(asked_of);
            asked.filter_map(move |asked| {
                let claim = only_one(&self.chosen(gateway, asked))?;
                Some(Question { asked, claim, delimiters: request.delimiters })
            })
        };
        requests.iter().flat_map(of).collect()
    }

    /// Claims of whose service lines something is asked.
    fn asked_for_lines(&self, gateway: &Gateway, requests: &[Request]) -> Vec<i64> {
        let asked = requests.iter().flat_map(|request| &request.lines).filter_map(asked_of);
        let with_lines = asked.filter(|asked| !asked.lines.is_empty());
        let mut ids: Vec<i64> =
            with_lines.flat_map(|asked| self.chosen(gateway, asked)).map(|claim| claim.id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Newest first.
    fn candidates(&self, asked: &Asked) -> Vec<&AskedClaim> {
        let by_trace = ClaimId::from_trace_number(&asked.trace).and_then(|id| self.by_id.get(&id).copied());
        let said = [&asked.payer_claim_control_number, &asked.patient_control_number, &asked.member_id];
        let by_number = said.into_iter().filter_map(|text| self.by_number.get(&text.reveal().to_ascii_uppercase()));
        let mut places: Vec<usize> = by_trace.into_iter().chain(by_number.flatten().copied()).collect();
        places.sort_unstable_by_key(|&place| std::cmp::Reverse(self.claims[place].id));
        places.dedup();
        places.into_iter().map(|place| &self.claims[place]).collect()
    }
}

async fn write(
    gateway: &Gateway,
    submitter: &Submitter,
    requests: &[Request],
    known: &Known,
) -> Result<Vec<u8>, StageError> {
    let ids: Vec<i64> = known.claims.iter().map(|claim| claim.id.0).collect();
    let (said, payments) = match ids.is_empty() {
        true => (HashMap::new(), HashMap::new()),
        false => (gateway.store.said_codes(&ids).await?, gateway.store.last_payments(&ids).await?),
    };
    let lines = Lines::find(gateway, &known.asked_for_lines(gateway, requests)).await?;
    let control = gateway.numbers.take(&gateway.store, &format!("isa:{}", submitter.id)).await?;
    let ours = &gateway.config.gateway;
    let at = gateway.clock.now().to_zoned(ours.time_zone.clone());
    let usage = submitter.usage.unwrap_or(ours.usage);
    let head = Letterhead { sender: &ours.interchange, receiver: &submitter.interchange, usage, at: &at };
    let delimiters = requests.first().map(|request| request.delimiters).unwrap_or_default();
    let mut out = Outgoing::begin(delimiters, &head, control, "HN", GUIDE);
    let (date, time) = (at.strftime("%Y%m%d").to_string(), at.strftime("%H%M").to_string());
    for (place, request) in requests.iter().enumerate() {
        let mut pen = Pen { out: &mut out, zone: &ours.time_zone, date: &date, time: &time };
        pen.begin(&format!("{control}-{}", place + 1));
        for line in &request.lines {
            let asked = match line {
                Line::Level(segment) => {
                    pen.level(segment.reveal(), request.delimiters);
                    continue;
                }
                Line::Asked(asked) => asked,
            };
            let found = known.chosen(gateway, asked);
            if found.is_empty() {
                pen.not_found(asked, request.delimiters);
            }
            for claim in found {
                let codes = said.get(&claim.id).map_or(&[][..], Vec::as_slice);
                let said = say(claim, codes, payments.get(&claim.id));
                pen.claim(asked, claim, &said);
                lines.say(claim, asked, &said).iter().for_each(|line| pen.line(line, said.at));
            }
        }
        out.end_transaction();
    }
    Ok(out.finish())
}
