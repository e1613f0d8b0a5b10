//! Listens to the check: turns claims and findings into rows and sends them to the store in chunks, keeps the
//! verdicts of transactions and interchanges for the end, and lets the acknowledgements be written.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::asked::{Asked, sender_of, stored_fingerprint};
use super::lots::Lots;
use super::plan::{self, Reason};
use crate::ack::{AckBuilder, AckFile, Envelope};
use crate::domain::finding::Scope;
use crate::domain::ids::{ClaimId, TransactionId};
use crate::domain::{ClaimStatus, Finding, Phi, Severity};
use crate::edits::sink::{CheckedGroup, CheckedInterchange, CheckedTransaction, SyntaxVerdict};
use crate::edits::{CheckedClaim, Sink, Verdict};
use crate::guide::Guide;
use crate::pipeline::Gateway;
use crate::store::claims::{NewClaim, Span, Spans};
use crate::store::events::NewClaimEvent;
use crate::store::submissions::{SubmissionRow, TransactionRow};
use crate::store::validation::{Chunk, InterchangeRow, InterchangeVerdict, NewFinding, RejectedTransaction};
use crate::x12::envelope::{Group, Interchange, Transaction};
use crate::x12::segment::text_of;

/// A chunk is sent when it has so many of either.
const CLAIMS_PER_CHUNK: usize = 1_000;
const FINDINGS_PER_CHUNK: usize = 2_000;

pub struct Recorder {
    gateway: Arc<Gateway>,
    submission: SubmissionRow,
    at: i64,
    to_store: mpsc::Sender<Chunk>,
    chunk: Chunk,
    lots: Lots,
    findings: u64,
    /// Findings of the claim being read, until it has an id.
    of_claim: Vec<(u64, Finding)>,
    /// The claim told last; the acknowledgements take its trace number from here.
    claim_id: Rc<Cell<ClaimId>>,
    /// The transaction being read, or read last.
    transaction: TransactionId,
    acks: AckBuilder<'static>,
    open: Open,
    done: Recorded,
}

/// What is known when the file has been read.
#[derive(Default)]
pub struct Recorded {
    pub interchanges: Vec<InterchangeRow>,
    pub transactions: Vec<TransactionRow>,
    pub rejected: Vec<RejectedTransaction>,
    pub acks: Vec<AckFile>,
    /// Of all claims, 8 bytes each.
    pub fingerprints: Vec<i64>,
}

/// The envelopes being read.
#[derive(Default)]
struct Open {
    isa13: String,
    gs06: String,
    gs08: String,
    /// Transactions before this interchange and before this group.
    interchange_from: usize,
    group_from: usize,
    claims: Option<(ClaimId, ClaimId)>,
    /// The first error's sentence at each level.
    why: [Option<String>; 3],
    /// First and last claim of each transaction that has some and is not rejected, in step with
    /// [`Recorded::transactions`].
    claim_ranges: Vec<Option<(ClaimId, ClaimId)>>,
}

impl Recorder {
    pub fn new(
        gateway: Arc<Gateway>,
        asked: Rc<Asked>,
        submission: SubmissionRow,
        envelope: Envelope,
        to_store: mpsc::Sender<Chunk>,
    ) -> Recorder {
        let claim_id = Rc::new(Cell::new(ClaimId(0)));
        let (for_numbers, for_traces) = (asked, claim_id.clone());
        let numbers = move |counter| for_numbers.draw(counter);
        let acks = AckBuilder::new(envelope, numbers, move |_| for_traces.get().trace_number());
        let at = gateway.clock.now_ms();
        let lots = Lots::new(gateway.partners.current());
        Recorder {
            gateway,
            submission,
            at,
            to_store,
            chunk: Chunk::default(),
            lots,
            findings: 0,
            of_claim: Vec::new(),
            claim_id,
            transaction: TransactionId(0),
            acks,
            open: Open::default(),
            done: Recorded::default(),
        }
    }

    /// Sends the rest and gives the verdicts.
    pub fn finish(mut self) -> io::Result<Recorded> {
        self.settle_findings(None);
        self.send()?;
        self.done.acks.extend(self.acks.take());
        Ok(self.done)
    }

    /// Blocks while the store is behind.
    fn send(&mut self) -> io::Result<()> {
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.lots = self.lots.of(&chunk, || self.gateway.draw_id());
        let gone = |_| io::Error::other("the store takes no more claims");
        self.to_store.blocking_send(chunk).map_err(gone)
    }

    fn add_finding(&mut self, ordinal: u64, claim_id: Option<ClaimId>, finding: &Finding) {
        let body = serde_json::to_string(finding).expect("a finding becomes JSON");
        self.chunk.findings.push(NewFinding { ordinal, claim_id, body });
    }

    /// Gives the findings that waited for their claim its id.
    fn settle_findings(&mut self, told: Option<(ClaimId, &[u8])>) {
        for (ordinal, finding) in std::mem::take(&mut self.of_claim) {
            let is_its = |name: &[u8]| finding.place.claim.as_deref().is_some_and(|claim| claim == text_of(name));
            let claim_id = told.filter(|(_, name)| is_its(name)).map(|(id, _)| id);
            self.add_finding(ordinal, claim_id, &finding);
        }
    }

    fn why(&mut self, level: Scope) -> String {
        let level = level_of(level).map(|level| self.open.why[level].clone());
        level.flatten().unwrap_or_else(|| "Rejected with the file it came in.".to_string())
    }

    /// Rejects the claims of all transactions from `from` on that have some.
    fn reject_since(&mut self, from: usize, reason: &Reason) {
        for at in from..self.done.transactions.len() {
            self.done.transactions[at].verdict = SyntaxVerdict::Rejected.code().to_string();
            self.reject(at, reason);
        }
    }

    /// A transaction keeps the first reason it is given.
    fn reject(&mut self, at: usize, reason: &Reason) {
        let Some((first_claim, last_claim)) = self.open.claim_ranges[at].take() else { return };
        let id = self.done.transactions[at].id;
        let Reason { code, text } = reason.clone();
        self.done.rejected.push(RejectedTransaction { id, first_claim, last_claim, code, text });
    }

    fn new_claim(&self, id: ClaimId, checked: &CheckedClaim<'_>) -> NewClaim {
        let optional = |bytes: &[u8]| (!bytes.is_empty()).then(|| text_of(bytes));
        let provider = checked.billing_provider();
        let (subscriber, patient) = (checked.subscriber(), checked.patient());
        let days = checked.service_period();
        let span = |range: &std::ops::Range<u64>| Span { offset: range.start, bytes: range.end - range.start };
        NewClaim {
            id,
            submission_id: self.submission.id,
            transaction_id: self.transaction,
            partner: self.submission.partner.clone(),
            kind: checked.kind(),
            patient_control_number: Phi::new(text_of(checked.control_number())),
            charge: checked.charge(),
            frequency: text_of(checked.frequency()),
            facility: text_of(checked.facility()),
            original_reference: optional(checked.original_reference()),
            upstream_trace: optional(checked.upstream_trace()),
            payer_id: text_of(checked.payer().id()),
            filing_indicator: text_of(checked.filing_indicator()),
            purpose: text_of(checked.transaction_kind()),
            provider_npi: text_of(provider.id()),
            provider_tin: text_of(checked.billing_tax_id()),
            provider_name: text_of(provider.name()),
            member_id: Phi::new(text_of(subscriber.id())),
            patient_last_name: Phi::new(text_of(patient.name())),
            patient_first_name: Phi::new(text_of(patient.first_name())),
            patient_birth_date: Phi::new(checked.birth_date().map(|day| day.to_string()).unwrap_or_default()),
            service_from: days.map(|(from, _)| from.to_string()).unwrap_or_default(),
            service_to: days.map(|(_, to)| to.to_string()).unwrap_or_default(),
            lines: u32::try_from(checked.line_count()).unwrap_or(u32::MAX),
            fingerprint: stored_fingerprint(checked.fingerprint),
            spans: Spans {
                provider: span(&checked.ranges.billing),
                subscriber: span(&checked.ranges.subscriber),
                patient: checked.ranges.patient.as_ref().map(span).unwrap_or_default(),
                claim: span(&checked.ranges.claim),
            },
        }
    }

    fn rejection(&self, claim_id: ClaimId, reason: Reason) -> NewClaimEvent {
        NewClaimEvent {
            id: self.gateway.draw_id(),
            claim_id,
            at: self.at,
            kind: "rejected",
            status: Some(ClaimStatus::Rejected),
            code: reason.code,
            text: reason.text,
            rule: "",
            evidence: String::new(),
            inbound_id: None,
            said: None,
            lines: Phi::default(),
        }
    }
}

impl Sink for Recorder {
    fn interchange_start(&mut self, interchange: &Interchange) -> io::Result<()> {
        self.open.isa13 = interchange.control.clone();
        self.open.interchange_from = self.done.transactions.len();
        self.open.why = [None, None, None];
        self.acks.interchange_start(interchange)
    }

    fn group_start(&mut self, group: &Group) -> io::Result<()> {
        (self.open.gs06, self.open.gs08) = (group.control.clone(), group.version.clone());
        self.open.group_from = self.done.transactions.len();
        self.open.why[1] = None;
        self.acks.group_start(group)
    }

    fn transaction_start(&mut self, transaction: &Transaction, guide: Option<&Guide>) -> io::Result<()> {
        self.transaction = self.gateway.draw_id();
        self.open.claims = None;
        self.open.why[2] = None;
        self.acks.transaction_start(transaction, guide)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let ordinal = self.findings;
        self.findings += 1;
        if let (Severity::Error, Some(level)) = (finding.severity, level_of(finding.scope)) {
            self.open.why[level].get_or_insert_with(|| finding.message.clone());
        }
        match finding.place.claim {
            Some(_) => self.of_claim.push((ordinal, finding.clone())),
            None => self.add_finding(ordinal, None, finding),
        }
        self.acks.finding(finding)?;
        if self.chunk.findings.len() >= FINDINGS_PER_CHUNK { self.send() } else { Ok(()) }
    }

    fn claim(&mut self, checked: &CheckedClaim<'_>) -> io::Result<()> {
        let id: ClaimId = self.gateway.draw_id();
        self.claim_id.set(id);
        self.settle_findings(Some((id, checked.control_number())));
        let first = self.open.claims.map_or(id, |(first, _)| first);
        self.open.claims = Some((first, id));
        let claim = self.new_claim(id, checked);
        self.done.fingerprints.push(claim.fingerprint);
        self.chunk.claims.push(claim);
        if checked.verdict == Verdict::Rejected
            && let Some(reason) = plan::reason(checked.findings())
        {
            let event = self.rejection(id, reason);
            self.chunk.rejections.push(event);
        }
        self.acks.claim(checked)?;
        if self.chunk.claims.len() >= CLAIMS_PER_CHUNK { self.send() } else { Ok(()) }
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        self.settle_findings(None);
        self.done.transactions.push(TransactionRow {
            id: self.transaction,
            submission_id: self.submission.id,
            isa13: self.open.isa13.clone(),
            gs06: self.open.gs06.clone(),
            st02: checked.transaction.control.clone(),
            guide: checked.guide.map_or_else(|| self.open.gs08.clone(), |guide| guide.id.to_string()),
            verdict: checked.verdict.code().to_string(),
            bht03: text_of(checked.batch),
            submitter_name: text_of(checked.submitter.name()),
            submitter_etin: text_of(checked.submitter.id()),
            claims: checked.claims.accepted + checked.claims.rejected,
            charge: checked.claims.accepted_charge + checked.claims.rejected_charge,
        });
        self.open.claim_ranges.push(self.open.claims);
        let at = self.done.transactions.len() - 1;
        if checked.verdict == SyntaxVerdict::Rejected {
            let code = format!("999:{}", checked.codes.first().map_or("5", |code| &**code));
            let reason = Reason { code, text: self.why(Scope::Transaction) };
            self.reject(at, &reason);
        } else if let Some(status) = checked.refusal.first() {
            let reason = Reason { code: plan::code_of(status), text: self.why(Scope::Transaction) };
            self.reject(at, &reason);
        }
        self.acks.transaction_end(checked)
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        // A group whose transactions were all rejected is rejected too, without a code of its own.
        if let (SyntaxVerdict::Rejected, Some(code)) = (checked.verdict, checked.codes.first()) {
            let reason = Reason { code: format!("999:{code}"), text: self.why(Scope::Group) };
            self.reject_since(self.open.group_from, &reason);
        }
        self.acks.group_end(checked)
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        let sender = sender_of(checked.interchange);
        let (verdict, note) = match checked.verdict {
            Verdict::Accepted => (InterchangeVerdict::Accepted, None),
            Verdict::Rejected => {
                let reason = Reason { code: format!("TA1:{}", checked.code), text: self.why(Scope::Interchange) };
                self.reject_since(self.open.interchange_from, &reason);
                (InterchangeVerdict::Rejected, Some(checked.code.to_string()))
            }
        };
        self.done.interchanges.push(InterchangeRow {
            ordinal: self.done.interchanges.len() as u32,
            sender,
            control_number: checked.interchange.control.clone(),
            verdict,
            note,
        });
        self.acks.interchange_end(checked)?;
        self.done.acks.extend(self.acks.take());
        Ok(())
    }
}

fn level_of(scope: Scope) -> Option<usize> {
    match scope {
        Scope::Interchange => Some(0),
        Scope::Group => Some(1),
        Scope::Transaction => Some(2),
        Scope::Claim => None,
    }
}
