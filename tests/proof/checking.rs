//! What holds of the whole-file check for any bytes at all: every place is in the file, what was counted adds up,
//! nobody is refused without a reason, and the cuts between reads change nothing.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::OnceLock;

use claimgate::domain::{Cents, ClaimKind, Finding, Severity};
use claimgate::edits::check::check_on_one_core;
use claimgate::edits::sink::{
    CheckedClaim, CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, Summary, SyntaxVerdict, Tally, Verdict,
};
use claimgate::edits::{CodeSets, Day, Reading, Settings, check};
use claimgate::guide::Guides;

use super::chopped::{Chopped, seed_of};
use super::reading::{NARROW, is_inside};
use super::sample::{Dear, Sample};

pub fn guides() -> &'static Guides {
    static GUIDES: OnceLock<Guides> = OnceLock::new();
    GUIDES.get_or_init(|| Guides::load(None).expect("the guides in the binary are sound"))
}

/// All levels, no partner, and a day after all that the generators write.
pub fn settings() -> Settings<'static> {
    static CODES: OnceLock<CodeSets> = OnceLock::new();
    Settings::alone(Day::read(b"20261120").expect("a day"), CODES.get_or_init(CodeSets::shipped))
}

/// The same, in so little room and with so early a second core that small inputs meet both.
pub fn narrow() -> Settings<'static> {
    Settings { reading: Reading { room: NARROW, two_cores_bytes_min: 1024 }, ..settings() }
}

/// Everything a check told, in its order.
#[derive(Debug, Default, PartialEq)]
pub struct Log {
    pub findings: Vec<Finding>,
    pub claims: Vec<Claim>,
    pub transactions: Vec<Transaction>,
    pub groups: Vec<Group>,
    pub interchanges: Vec<Interchange>,
}

#[derive(Debug, PartialEq)]
pub struct Claim {
    /// CLM01.
    pub number: Vec<u8>,
    pub verdict: Verdict,
    pub charge: Cents,
    pub fingerprint: u128,
    pub range: Range<u64>,
    pub billing: Range<u64>,
    pub subscriber: Range<u64>,
    /// Ids of all edits that concern it, and which of them reject.
    pub edits: Vec<(String, Severity)>,
}

#[derive(Debug, PartialEq)]
pub struct Transaction {
    pub kind: Option<ClaimKind>,
    pub verdict: SyntaxVerdict,
    pub codes: Vec<String>,
    pub syntax: usize,
    pub refused: bool,
    pub tally: Tally,
    pub range: Range<u64>,
    /// Claims told when it ended.
    claims: usize,
}

#[derive(Debug, PartialEq)]
pub struct Group {
    /// GS01.
    pub code: String,
    pub verdict: SyntaxVerdict,
    pub codes: Vec<String>,
    pub received: u32,
    pub accepted: u32,
    transactions: usize,
}

#[derive(Debug, PartialEq)]
pub struct Interchange {
    pub verdict: Verdict,
    pub code: String,
    groups: usize,
}

impl Sink for Log {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.findings.push(finding.clone());
        Ok(())
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        self.claims.push(Claim {
            number: claim.control_number().to_vec(),
            verdict: claim.verdict,
            charge: claim.charge(),
            fingerprint: claim.fingerprint,
            range: claim.ranges.claim.clone(),
            billing: claim.ranges.billing.clone(),
            subscriber: claim.ranges.subscriber.clone(),
            edits: claim.findings().map(|finding| (finding.edit.to_string(), finding.severity)).collect(),
        });
        Ok(())
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        self.transactions.push(Transaction {
            kind: checked.kind,
            verdict: checked.verdict,
            codes: checked.codes.iter().map(|code| code.to_string()).collect(),
            syntax: checked.syntax.len(),
            refused: !checked.refusal.is_empty(),
            tally: checked.claims,
            range: checked.range.clone(),
            claims: self.claims.len(),
        });
        Ok(())
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        self.groups.push(Group {
            code: checked.group.code.clone(),
            verdict: checked.verdict,
            codes: checked.codes.iter().map(|code| code.to_string()).collect(),
            received: checked.received,
            accepted: checked.accepted,
            transactions: self.transactions.len(),
        });
        Ok(())
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        let code = checked.code.to_string();
        self.interchanges.push(Interchange { verdict: checked.verdict, code, groups: self.groups.len() });
        Ok(())
    }
}

/// What a check of these bytes tells that stays on this core.
pub fn told_on_one_core(source: impl Read, settings: &Settings<'_>) -> (Log, Summary) {
    let mut log = Log::default();
    let summary = check_on_one_core(source, guides(), settings, &mut log).expect("memory does not fail");
    (log, summary)
}

/// What a check of these bytes tells, on two cores where the file is worth it.
pub fn told(source: impl Read + Send, settings: &Settings<'_>) -> (Log, Summary) {
    let mut log = Log::default();
    let summary = check(source, guides(), settings, &mut log).expect("memory does not fail");
    (log, summary)
}

/// Checks `data` at all levels: whole, chopped, and on two cores.
pub fn walker(data: &[u8], sample: Sample) {
    let narrow = narrow();
    let (log, summary) = told_on_one_core(data, &narrow);
    adds_up(&log, &summary);
    places(&log, data);
    assert_eq!(summary.bytes, data.len() as u64, "bytes were left over");
    let seed = seed_of(data);
    if sample.takes(seed, Dear::Chopped) {
        let (chopped, of_chopped) = told_on_one_core(Chopped::new(data, seed), &narrow);
        assert!(log == chopped && summary == of_chopped, "the check depends on how the file was cut into reads");
    }
    if sample.takes(seed, Dear::TwoCores) {
        let (on_two, of_two) = told(data, &narrow);
        assert!(log == on_two && summary == of_two, "two cores tell another story than one");
    }
}

fn places(log: &Log, data: &[u8]) {
    log.findings.iter().for_each(|finding| is_inside(finding, data));
    let length = data.len() as u64;
    let mut end = 0;
    for claim in &log.claims {
        let Range { start, end: claim_end } = claim.range;
        assert!(end <= start && start < claim_end && claim_end <= length, "a claim's range: {:?}", claim.range);
        assert!(data[start as usize..].starts_with(b"CLM"), "a claim begins with its CLM");
        end = claim_end;
        let above = [&claim.billing, &claim.subscriber];
        assert!(above.iter().all(|range| range.start <= range.end && range.end <= start), "{above:?} before {start}");
        let begins = |range: &Range<u64>| range.is_empty() || data[range.start as usize..].starts_with(b"HL");
        assert!(above.into_iter().all(begins), "a level begins with its HL");
    }
    let mut end = 0;
    for transaction in &log.transactions {
        let Range { start, end: transaction_end } = transaction.range;
        assert!(end <= start && start < transaction_end && transaction_end <= length, "{:?}", transaction.range);
        end = transaction_end;
    }
}

fn adds_up(log: &Log, summary: &Summary) {
    let errors = log.findings.iter().filter(|finding| finding.severity == Severity::Error).count() as u64;
    assert_eq!(summary.errors, errors, "errors told and errors counted");
    assert_eq!(summary.warnings, log.findings.len() as u64 - errors, "warnings told and warnings counted");
    assert_eq!(summary.interchanges as usize, log.interchanges.len());
    assert_eq!(summary.groups as usize, log.groups.len());
    assert_eq!(summary.transactions as usize, log.transactions.len());
    let mut all = Tally::default();
    let (mut from_group, mut from_transaction, mut from_claim) = (0, 0, 0);
    for interchange in &log.interchanges {
        let rejected = interchange.verdict == Verdict::Rejected;
        assert_eq!(rejected, interchange.code != "000", "a TA1's code says its verdict");
        let mut of_interchange = Tally::default();
        for group in &log.groups[from_group..interchange.groups] {
            let transactions = &log.transactions[from_transaction..group.transactions];
            of_interchange.merge(group_adds_up(group, transactions, log, from_claim));
            from_claim = transactions.last().map_or(from_claim, |last| last.claims);
            from_transaction = group.transactions;
        }
        from_group = interchange.groups;
        all.merge(if rejected { of_interchange.all_rejected() } else { of_interchange });
    }
    assert_eq!(from_claim, log.claims.len(), "each claim stands in a transaction");
    assert_eq!(summary.claims, all, "claims of the summary");
    let refused = log.interchanges.iter().filter(|one| one.verdict == Verdict::Rejected).count();
    assert_eq!(summary.interchanges_rejected as usize, refused);
    assert_eq!(summary.refused.is_some(), log.interchanges.is_empty(), "only what has no interchange is no X12");
}

fn group_adds_up(group: &Group, transactions: &[Transaction], log: &Log, mut from: usize) -> Tally {
    let refused = !group.codes.is_empty();
    let rejected = |one: &&Transaction| one.verdict == SyntaxVerdict::Rejected;
    let accepted = transactions.len() - transactions.iter().filter(rejected).count();
    assert_eq!(group.received as usize, transactions.len());
    assert_eq!(group.accepted as usize, if refused { 0 } else { accepted });
    assert_eq!(group.verdict == SyntaxVerdict::Rejected, refused || (accepted == 0 && !transactions.is_empty()));
    let mut of_group = Tally::default();
    for transaction in transactions {
        let looked_at = !group.codes.iter().any(|code| matches!(code.as_str(), "1" | "2"));
        transaction_adds_up(transaction, &log.claims[from..transaction.claims], looked_at);
        from = transaction.claims;
        of_group.merge(transaction.tally);
    }
    if refused { of_group.all_rejected() } else { of_group }
}

fn transaction_adds_up(transaction: &Transaction, claims: &[Claim], looked_at: bool) {
    let rejected = transaction.verdict == SyntaxVerdict::Rejected;
    assert!(transaction.codes.len() <= 5, "an IK5 has room for five codes");
    if !looked_at {
        assert!(rejected && claims.is_empty(), "nothing is taken of a group of another type or version");
        return;
    }
    let clean = transaction.codes.is_empty() && transaction.syntax == 0;
    assert_eq!(clean, transaction.verdict == SyntaxVerdict::Accepted, "a verdict and its codes: {transaction:?}");
    assert!(!rejected || !transaction.codes.is_empty(), "a transaction is refused without a code");
    if transaction.kind.is_none() {
        assert!(claims.is_empty(), "only an 837 has claims");
        return;
    }
    let mut tally = Tally::default();
    for claim in claims {
        let wrong = claim.edits.iter().any(|(_, severity)| *severity == Severity::Error);
        assert!(!wrong || claim.verdict == Verdict::Rejected, "accepted in spite of {:?}", claim.edits);
        let reasoned = wrong || rejected || claim.verdict == Verdict::Accepted;
        assert!(reasoned, "a claim is refused without a reason");
        assert!(transaction.range.start < claim.range.start && claim.range.end <= transaction.range.end);
        tally.add(claim.verdict, claim.charge);
    }
    let tally = if rejected { tally.all_rejected() } else { tally };
    assert_eq!(transaction.tally, tally, "claims of a transaction");
}
