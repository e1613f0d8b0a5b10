//! All that one file is going to change, gathered before anything is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::post::{self, Papers, Parcel, Posting, Refusal};
use super::questions::Questions;
use super::read::status::{ClaimAnswer, ReportKind};
use super::repeats;
use crate::domain::ids::{BatchId, ClaimId, InboundId};
use crate::domain::{ClaimStatus, Phi};
use crate::pipeline::answers::ladder::Candidate;
use crate::pipeline::{Gateway, StageError};
use crate::store::answers::{Acknowledged, Answered, BatchMove, ClaimMove};
use crate::store::events::{NewBatchEvent, NewClaimEvent};
use crate::store::exceptions::{ExceptionKind, NewException};
use crate::store::inbound::{InboundRow, InboundState};
use crate::store::matching::ClaimFacts;
use crate::store::questions::{AskedQuestion, QuestionKey};
use crate::store::said::{BatchSaid, BatchWord, Said, SaidBefore};

pub struct Draft {
    pub gateway: Arc<Gateway>,
    pub inbound: InboundRow,
    pub answered: Answered,
    /// Claims refused with their file, whose submitters are told in our own words.
    refusals: Vec<Refusal>,
    refused: HashSet<ClaimId>,
    /// What the payer said before, also further up in this file.
    said_of_claims: HashMap<(ReportKind, ClaimId), Vec<SaidBefore>>,
    said_of_batches: HashMap<BatchId, Vec<BatchSaid>>,
    questions: Questions,
    /// How often this file says the same of a claim nobody knows.
    unmatched: HashMap<String, usize>,
    /// What the file says that is new.
    news: usize,
    /// The earlier files of what it says again.
    repeated: Vec<InboundId>,
}

/// An answer that matched nothing.
pub struct Unmatched {
    pub kind: ExceptionKind,
    pub reason: String,
    pub response: Value,
    pub candidates: Vec<Candidate>,
    /// By which numbers its claim may come later.
    pub awaits: Vec<String>,
    /// Its digest: the same answer is raised once.
    pub said: i64,
    /// The open question that it answers.
    pub answers: Option<QuestionKey>,
}

impl Draft {
    pub fn new(gateway: &Arc<Gateway>, inbound: InboundRow) -> Draft {
        let answered = Answered {
            inbound_id: inbound.id,
            from: InboundState::Received,
            to: InboundState::Done,
            repeat_of: None,
            kinds: String::new(),
            notes: Vec::new(),
            house_notes: Vec::new(),
            at: gateway.clock.now_ms(),
            claims: Vec::new(),
            learned: Vec::new(),
            claim_events: Vec::new(),
            batches: Vec::new(),
            batch_events: Vec::new(),
            verdicts: Vec::new(),
            exceptions: Vec::new(),
            mail: Vec::new(),
            answered: Vec::new(),
        };
        Draft {
            gateway: gateway.clone(),
            inbound,
            answered,
            refusals: Vec::new(),
            refused: HashSet::new(),
            said_of_claims: HashMap::new(),
            said_of_batches: HashMap::new(),
            questions: Questions::default(),
            unmatched: HashMap::new(),
            news: 0,
            repeated: Vec::new(),
        }
    }

    pub fn payer(&self) -> &str {
        &self.inbound.partner
    }

    /// An event of this file on a batch.
    pub fn event_of_batch(&self, batch_id: BatchId, kind: &'static str, code: String, text: String) -> NewBatchEvent {
        let (at, inbound_id) = (self.answered.at, Some(self.inbound.id));
        NewBatchEvent { at, code, inbound_id, ..self.gateway.batch_event(batch_id, kind, text) }
    }

    pub fn batch_event(&mut self, event: NewBatchEvent) {
        self.news += 1;
        // Who says by what a repeat is known has asked for what was said before.
        if let (Some(word), Some(known)) = (&event.said, self.said_of_batches.get_mut(&event.batch_id)) {
            let (kind, inbound_id) = (event.kind.to_string(), self.inbound.id);
            known.push(BatchSaid { kind, word: word.clone(), inbound_id });
        }
        self.answered.batch_events.push(event);
    }

    pub fn claim_event(&mut self, event: NewClaimEvent) {
        self.news += 1;
        self.answered.claim_events.push(event);
    }

    /// An event of this file on a claim, without how it matched.
    pub fn event_of(
        &self,
        claim_id: ClaimId,
        kind: &'static str,
        status: Option<ClaimStatus>,
        code: String,
        text: String,
    ) -> NewClaimEvent {
        NewClaimEvent {
            id: self.gateway.draw_id(),
            claim_id,
            at: self.answered.at,
            kind,
            status,
            code,
            text,
            rule: "",
            evidence: String::new(),
            inbound_id: Some(self.inbound.id),
            said: None,
            lines: Phi::default(),
        }
    }

    /// What the payer said of these claims before: read once, for [`Draft::claim_repeats`].
    pub async fn read_said(&mut self, kind: ReportKind, claims: &[ClaimId]) -> Result<(), StageError> {
        let unread = claims.iter().filter(|claim| !self.said_of_claims.contains_key(&(kind, **claim)));
        let unread: Vec<i64> = unread.map(|claim| claim.0).collect();
        let mut said = self.gateway.store.said_of_claims(self.payer(), kind.as_str(), unread).await?;
        for claim in claims {
            self.said_of_claims.entry((kind, *claim)).or_insert_with(|| said.remove(claim).unwrap_or_default());
        }
        Ok(())
    }

    /// True when the payer said this of the claim before: then it is told so, and nothing more comes of it.
    pub fn claim_repeats(
        &mut self,
        kind: ReportKind,
        claim: ClaimId,
        (said, status): (&Said, Option<ClaimStatus>),
        code: &str,
    ) -> bool {
        let before = self.said_of_claims.entry((kind, claim)).or_default();
        let of = repeats::repeated(said, status, before).map(|one| one.inbound_id);
        let Some(of) = of else {
            self.note_said(kind, claim, (said, status));
            return false;
        };
        self.repeated.push(of);
        let event = self.event_of(claim, repeats::KIND, None, code.to_string(), repeats::told(kind.as_str()));
        self.answered.claim_events.push(event);
        true
    }

    /// For what stands further down in this file.
    pub fn note_said(&mut self, kind: ReportKind, claim: ClaimId, (said, status): (&Said, Option<ClaimStatus>)) {
        let (said, inbound_id) = (said.clone(), self.inbound.id);
        self.said_of_claims.entry((kind, claim)).or_default().push(SaidBefore { said, status, inbound_id });
    }

    /// True when the payer's last answer of the kind took the claim in.
    pub fn was_taken(&self, kind: ReportKind, claim: ClaimId) -> bool {
        let last = self.said_of_claims.get(&(kind, claim)).and_then(|before| before.last());
        matches!(last.and_then(|last| last.status), Some(ClaimStatus::PayerReceived | ClaimStatus::PayerAccepted))
    }

    /// What the payer said of a batch as a whole before.
    pub async fn said_of(&mut self, batch: BatchId) -> Result<&[BatchSaid], StageError> {
        if !self.said_of_batches.contains_key(&batch) {
            let said = self.gateway.store.said_of_batch(batch).await?;
            self.said_of_batches.insert(batch, said);
        }
        Ok(self.said_of_batches.get(&batch).map(Vec::as_slice).unwrap_or_default())
    }

    /// True when the payer's last answer of the kind about the same transactions said this: then the batch is told so, and
    /// nothing more comes of it.
    pub async fn batch_repeats(
        &mut self,
        batch: BatchId,
        kind: &'static str,
        (word, code): (&BatchWord, &str),
    ) -> Result<bool, StageError> {
        let before = self.said_of(batch).await?;
        let Some(of) = repeats::repeated_of_batch(kind, word, before).map(|one| one.inbound_id) else {
            return Ok(false);
        };
        self.repeats(of);
        let event = self.event_of_batch(batch, repeats::KIND, code.to_string(), repeats::told(kind));
        self.answered.batch_events.push(event);
        Ok(true)
    }

    /// What the payer was asked that these answers may be to: read once, for [`Draft::answers_question`].
    pub async fn read_questions(&mut self, answers: &[(Option<ClaimId>, &str)]) -> Result<(), StageError> {
        let (store, came_at) = (&self.gateway.store, self.inbound.received_at);
        Ok(self.questions.look_for(store, &self.inbound.partner, came_at, answers).await?)
    }

    /// The open question that a 277 answers: whoever asked is owed the answer. The claim comes with its submitter.
    pub fn answers_question(
        &mut self,
        kind: ReportKind,
        claim: Option<(ClaimId, &str)>,
        answer: &ClaimAnswer,
    ) -> Option<AskedQuestion> {
        let question = match kind {
            ReportKind::ClaimStatus => self.questions.answer(claim, answer.trace.reveal()),
            ReportKind::ClaimAck => None,
        };
        self.answered.answered.extend(question.as_ref().map(|question| question.key));
        question
    }

    pub fn repeats(&mut self, of: InboundId) {
        self.repeated.push(of);
    }

    /// Once all is taken: what the file says again is noted, and a file that says nothing else is a repeat itself.
    pub fn note_repeats(&mut self, is_all: bool) {
        let Some(first) = self.repeated.first().copied() else { return };
        if is_all && self.news == 0 {
            self.answered.repeat_of = Some(first);
        }
        let again = self.repeated.len();
        self.answered.notes.push(format!(
            "{again} of its answers say what was said before (first in file {first}): they were neither applied nor handed \
             on again."
        ));
    }

    pub fn move_batch(&mut self, batch_id: BatchId, ack: Acknowledged, said: Option<ClaimStatus>) {
        self.answered.batches.push(BatchMove { batch_id, ack, said });
    }

    /// About the file as a whole.
    pub fn except(&mut self, kind: ExceptionKind, reason: String, response: Value) {
        let unmatched =
            Unmatched { kind, reason, response, candidates: Vec::new(), awaits: Vec::new(), said: 0, answers: None };
        self.add_exception(unmatched, None);
    }

    /// Raised once: the same answer in another envelope is a repeat, whatever became of the first.
    pub async fn except_unmatched(&mut self, all: Vec<Unmatched>) -> Result<(), StageError> {
        let mut named = Vec::with_capacity(all.len());
        for one in all {
            let said = format!("said:{}:{}:{:016x}", self.payer(), one.kind.as_str(), one.said);
            // Twice in one file it may be of two claims that nothing tells apart.
            let times = self.unmatched.entry(said.clone()).or_default();
            *times += 1;
            named.push((format!("{said}:{times}"), one));
        }
        let origins = named.iter().map(|(origin, _)| origin.clone()).collect();
        let known = self.gateway.store.exceptions_of_origins(origins).await?;
        for (origin, one) in named {
            match (known.get(&origin), one.answers) {
                (Some(of), None) => self.repeats(*of),
                // Whoever asked anew is owed the answer, also when it says nothing new.
                (Some(_), Some(question)) => {
                    self.add_exception(one, Some(format!("{origin}:{}:{}", question.0, question.1)))
                }
                (None, _) => self.add_exception(one, Some(origin)),
            }
        }
        Ok(())
    }

    fn add_exception(&mut self, one: Unmatched, origin: Option<String>) {
        self.news += 1;
        self.answered.exceptions.push(NewException {
            id: self.gateway.draw_id(),
            inbound_id: self.inbound.id,
            payer: self.inbound.partner.clone(),
            kind: one.kind,
            raised_at: self.answered.at,
            reason: one.reason,
            response: one.response.to_string(),
            candidates: json!(one.candidates).to_string(),
            payment_id: None,
            awaits: one.awaits,
            origin,
        });
    }

    /// True when an answer of this file refused it.
    pub fn is_refused(&self, claim: ClaimId) -> bool {
        self.refused.contains(&claim)
    }

    /// Once, however many answers of this file refuse it. `event`: its kind, and by what a repeat of it is known; `None` where
    /// what stands on its batch tells of it.
    pub fn refuse_one(
        &mut self,
        claim: ClaimFacts,
        (code, text): (&str, &str),
        event: Option<(&'static str, Option<Said>)>,
    ) {
        if !self.refused.insert(claim.id) {
            return;
        }
        if let Some((kind, known_by)) = event {
            let said = ClaimStatus::PayerRejected;
            self.answered.claims.push(ClaimMove { claim_id: claim.id, said });
            let event = self.event_of(claim.id, kind, Some(said), code.to_string(), text.to_string());
            self.claim_event(NewClaimEvent { said: known_by, ..event });
        }
        self.refusals.push(Refusal { claim, code: code.to_string(), text: text.to_string() });
    }

    /// Writes and seals a letter for each submitter that an answer of this file concerns.
    pub async fn write_letters(&mut self, papers: &Papers, mut parcels: Vec<Parcel>) -> Result<(), StageError> {
        let refusals = std::mem::take(&mut self.refusals);
        parcels.extend(post::parcels_of_refusals(refusals));
        for (number, parcel) in parcels.into_iter().enumerate() {
            let origin = format!("inbound:{}:{}:{}:{number}", self.inbound.id, parcel.partner, parcel.kind.as_str());
            match post::mail(&self.gateway, papers, parcel, origin, &format!("{}-{number}", self.inbound.id)).await? {
                Posting::Mail(mail) => self.answered.mail.push(*mail),
                Posting::NoSuchSubmitter(partner) => self
                    .answered
                    .house_notes
                    .push(format!("Answers for {partner} are not handed on: no file in partners/ has that name.")),
            }
        }
        Ok(())
    }
}
