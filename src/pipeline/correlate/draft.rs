//! All that one file is going to change, gathered before anything is written.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::plan;
use super::post::{self, Papers, Parcel, Posting, Refusal};
use crate::domain::ClaimStatus;
use crate::domain::ids::{BatchId, ClaimId};
use crate::pipeline::answers::ladder::Candidate;
use crate::pipeline::{Gateway, StageError};
use crate::store::answers::{Acknowledged, Answered, BatchMove, ClaimMove};
use crate::store::events::{NewBatchEvent, NewClaimEvent};
use crate::store::exceptions::{ExceptionKind, NewException};
use crate::store::inbound::{InboundRow, InboundState};
use crate::store::matching::ClaimFacts;

pub struct Draft {
    pub gateway: Arc<Gateway>,
    pub inbound: InboundRow,
    pub answered: Answered,
    /// Claims refused with their file, whose submitters are told in our own words.
    refusals: Vec<Refusal>,
    refused: HashSet<ClaimId>,
}

impl Draft {
    pub fn new(gateway: &Arc<Gateway>, inbound: InboundRow) -> Draft {
        let answered = Answered {
            inbound_id: inbound.id,
            from: InboundState::Received,
            to: InboundState::Done,
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
        };
        Draft { gateway: gateway.clone(), inbound, answered, refusals: Vec::new(), refused: HashSet::new() }
    }

    pub fn payer(&self) -> &str {
        &self.inbound.partner
    }

    pub fn batch_event(&mut self, batch_id: BatchId, kind: &'static str, st02: &str, code: String, text: String) {
        self.answered.batch_events.push(NewBatchEvent {
            id: self.gateway.draw_id(),
            batch_id,
            at: self.answered.at,
            kind,
            st02: st02.to_string(),
            code,
            text,
            inbound_id: Some(self.inbound.id),
        });
    }

    pub fn claim_event(
        &mut self,
        claim: ClaimId,
        kind: &'static str,
        said: Option<ClaimStatus>,
        code: String,
        text: String,
    ) {
        self.answered.claim_events.push(NewClaimEvent {
            id: self.gateway.draw_id(),
            claim_id: claim,
            at: self.answered.at,
            kind,
            status: said,
            code,
            text,
            rule: "",
            evidence: String::new(),
            inbound_id: Some(self.inbound.id),
        });
    }

    pub fn move_batch(&mut self, batch_id: BatchId, ack: Acknowledged, said: Option<ClaimStatus>) {
        self.answered.batches.push(BatchMove { batch_id, ack, said });
    }

    pub fn except(
        &mut self,
        kind: ExceptionKind,
        reason: impl Into<String>,
        response: serde_json::Value,
        candidates: &[Candidate],
    ) {
        self.except_awaiting(kind, reason, response, candidates, Vec::new());
    }

    /// The same for an answer whose claim may come later.
    pub fn except_awaiting(
        &mut self,
        kind: ExceptionKind,
        reason: impl Into<String>,
        response: serde_json::Value,
        candidates: &[Candidate],
        awaits: Vec<String>,
    ) {
        self.answered.exceptions.push(NewException {
            id: self.gateway.draw_id(),
            inbound_id: self.inbound.id,
            payer: self.inbound.partner.clone(),
            kind,
            raised_at: self.answered.at,
            reason: reason.into(),
            response: response.to_string(),
            candidates: json!(candidates).to_string(),
            payment_id: None,
            awaits,
        });
    }

    /// Claims refused with their file, each with its own event when `event` names a kind. A claim that is refused
    /// already, or of which the payer said something final, is not told of again.
    pub fn refuse(&mut self, claims: Vec<ClaimFacts>, code: &str, text: &str, event: Option<&'static str>) {
        for claim in claims {
            if !plan::can_be_refused(claim.status) || !self.refused.insert(claim.id) {
                continue;
            }
            if let Some(kind) = event {
                self.answered.claims.push(ClaimMove { claim_id: claim.id, said: ClaimStatus::PayerRejected });
                let said = Some(ClaimStatus::PayerRejected);
                self.claim_event(claim.id, kind, said, code.to_string(), text.to_string());
            }
            self.refusals.push(Refusal { claim, code: code.to_string(), text: text.to_string() });
        }
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
