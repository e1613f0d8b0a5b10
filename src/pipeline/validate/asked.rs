//! What the check asks while it runs, on its own thread: the store for earlier files, the partners for
//! payers, the counters for control numbers. A failure ends the check when it returns; until then it gets an
//! answer that harms nothing.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::known::Candidates;
use crate::ack::Counter;
use crate::domain::ClaimKind;
use crate::domain::requirements::Requirements;
use crate::edits::weights::Severities;
use crate::edits::{Lookups, Payer, PayerEdits};
use crate::partner::Partners;
use crate::partner::config::UnknownPayer;
use crate::pipeline::Gateway;
use crate::pipeline::payer_edits::EditsOfPayers;
use crate::store::StoreError;
use crate::store::submissions::{SMALL_BYTES, SubmissionRow};
use crate::x12::envelope::Interchange;
use crate::x12::segment::text_of;

pub struct Asked {
    gateway: Arc<Gateway>,
    runtime: Handle,
    partners: Arc<Partners>,
    payer_edits: Arc<EditsOfPayers>,
    submission: SubmissionRow,
    /// Fingerprints that may be of earlier claims; `None`: any may be.
    candidates: Option<Candidates>,
    trouble: Cell<Option<StoreError>>,
}

impl Asked {
    /// Must be made and used on a thread that may block.
    pub fn new(gateway: Arc<Gateway>, runtime: Handle, submission: SubmissionRow) -> Result<Asked, StoreError> {
        // Of a file that is not small the claims are first looked for in memory, so that the store is asked only about
        // likely duplicates.
        let candidates = match submission.bytes >= SMALL_BYTES {
            true => Some(runtime.block_on(gateway.known.claims.of(&gateway.store, &submission.partner))?),
            false => None,
        };
        let partners = gateway.partners.current();
        let payer_edits = gateway.payer_edits.of(&partners);
        let trouble = Cell::new(None);
        Ok(Asked { gateway, runtime, partners, payer_edits, submission, candidates, trouble })
    }

    /// What went wrong while the check asked.
    pub fn trouble(&self) -> Option<StoreError> {
        self.trouble.take()
    }

    /// The next control number of our answers to this partner.
    pub fn draw(&self, counter: Counter) -> u64 {
        let name = match counter {
            Counter::Interchange => "isa",
            Counter::Group => "gs",
            Counter::Reference => "reference",
        };
        let name = format!("{name}:{}", self.submission.partner);
        let number = self.runtime.block_on(self.gateway.numbers.take(&self.gateway.store, &name));
        self.or_trouble(number, 1).unsigned_abs()
    }

    fn since(&self, window: Duration) -> i64 {
        self.submission.received_at.saturating_sub(i64::try_from(window.as_millis()).unwrap_or(i64::MAX))
    }

    fn or_trouble<T>(&self, answer: Result<T, StoreError>, harmless: T) -> T {
        answer.unwrap_or_else(|error| {
            self.trouble.set(Some(error));
            harmless
        })
    }
}

/// Who sent an interchange, as the store has it.
pub fn sender_of(interchange: &Interchange) -> String {
    format!("{}:{}", interchange.sender_qualifier, interchange.sender)
}

/// The form in which a fingerprint is stored: its lower half.
pub fn stored_fingerprint(fingerprint: u128) -> i64 {
    fingerprint as u64 as i64
}

impl Lookups for Asked {
    fn control_number_used(&self, interchange: &Interchange) -> bool {
        let (sender, number) = (sender_of(interchange), &interchange.control);
        let since = self.since(self.gateway.config.duplicates.control_numbers);
        let SubmissionRow { id, partner, .. } = &self.submission;
        let used = self.gateway.store.interchange_number_used(partner, &sender, number, since, *id);
        self.or_trouble(self.runtime.block_on(used), false)
    }

    fn payer(&self, id: &[u8], kind: ClaimKind) -> Payer {
        match (self.partners.payer_for_id(&text_of(id)), self.gateway.config.intake.unknown_payer) {
            (Some(payer), _) if payer.accepts.contains(&kind) => Payer::Reached,
            (Some(_), _) => Payer::OtherKinds,
            (None, UnknownPayer::Reject) => Payer::Unknown,
            // Accepted, and left for support to route.
            (None, UnknownPayer::Hold) => Payer::Reached,
        }
    }

    fn claim_seen(&self, fingerprint: u128) -> bool {
        let fingerprint = stored_fingerprint(fingerprint);
        if self.candidates.as_ref().is_some_and(|candidates| !candidates.may_have(fingerprint)) {
            return false;
        }
        let since = self.since(self.gateway.config.duplicates.window);
        let SubmissionRow { id, partner, .. } = &self.submission;
        let asked = [fingerprint];
        let known = self.gateway.store.fingerprints_known(partner, &asked, since, *id);
        self.or_trouble(self.runtime.block_on(known), HashSet::new()).contains(&fingerprint)
    }

    fn payer_severities(&self, id: &[u8]) -> Option<&Severities> {
        self.payer_edits.severities_of(&self.partners, id)
    }

    fn requirements(&self, id: &[u8]) -> Option<&Requirements> {
        let asks = &self.partners.payer_for_id(&text_of(id))?.requirements;
        (!asks.asks_nothing()).then_some(asks)
    }

    fn payer_edits(&self, id: &[u8]) -> Option<&PayerEdits> {
        self.payer_edits.of(&self.partners, id)
    }
}
