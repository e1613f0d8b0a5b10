//! What holds of TA1, 999 and 277CA for any file at all: our own reader and guides find nothing wrong with them, and
//! they say what the check said, in number and in money.

use std::io;

use claimgate::ack::{AckBuilder, AckFile, AckKind, Counter, Envelope, Ta1Policy};
use claimgate::domain::{Cents, Finding, Severity};
use claimgate::edits::Day;
use claimgate::edits::check::check_on_one_core;
use claimgate::edits::sink::{
    CheckedClaim, CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, Summary, SyntaxVerdict, Tally, Verdict,
};
use claimgate::guide::Guide;
use claimgate::x12::envelope::{Group, Interchange, Transaction};
use claimgate::x12::{Reader, Segment, Token};
use jiff::civil::date;

use super::checking::{Log, guides, narrow, settings};
use super::chopped::seed_of;
use super::sample::{Dear, Sample};

fn envelope() -> Envelope {
    Envelope {
        id: "CLAIMGATE".into(),
        qualifier: "ZZ".into(),
        name: "CLAIMGATE".into(),
        usage: "T".into(),
        now: date(2026, 11, 20).at(12, 30, 0, 0),
        received: Day::read(b"20261120").expect("a day"),
        ta1: Ta1Policy::Always,
    }
}

/// Answers `data` and reads the answers back.
pub fn acknowledgements(data: &[u8], sample: Sample) {
    let (log, summary, answers) = answers(data);
    let of = |kind| answers.iter().filter(move |answer: &&Answer| answer.0 == kind);
    if sample.takes(seed_of(data), Dear::AnswersChecked) {
        answers.iter().for_each(is_clean);
    }
    assert!(of(AckKind::Ta1).count() <= summary.interchanges as usize);
    let accepted = log.interchanges.iter().filter(|one| one.verdict == Verdict::Accepted).count();
    assert!(of(AckKind::N999).count() <= accepted && of(AckKind::N277ca).count() <= accepted);
    // Which group an answer belongs to is plain where the file has but one interchange, as most have.
    if let [interchange] = log.interchanges.as_slice() {
        for ta1 in of(AckKind::Ta1) {
            let segments = segments(&ta1.1);
            let ta1 = segments.iter().find(|segment| segment[0] == "TA1").expect("a TA1 has a TA1");
            let status = if interchange.verdict == Verdict::Accepted { "A" } else { "R" };
            assert_eq!((ta1[4].as_str(), ta1[5].as_str()), (status, interchange.code.as_str()));
        }
        says_what_was_found(&log, of(AckKind::N999).next(), of(AckKind::N277ca).next());
    }
}

/// What the check tells of `data`, and what is answered to it: one pass for both.
fn answers(data: &[u8]) -> (Log, Summary, Vec<Answer>) {
    let (mut number, mut trace) = (0, 0);
    let numbers = move |_: Counter| {
        number += 1;
        number
    };
    let traces = move |_: &CheckedClaim<'_>| {
        trace += 1;
        format!("TRACE{trace}")
    };
    let mut both = Both { log: Log::default(), builder: AckBuilder::new(envelope(), numbers, traces) };
    let summary = check_on_one_core(data, guides(), &narrow(), &mut both).expect("memory does not fail");
    let Both { log, mut builder } = both;
    let bytes = |file: AckFile| (file.kind, file.to_bytes().expect("memory does not fail"));
    (log, summary, builder.take().into_iter().map(bytes).collect())
}

/// Two that listen to one check.
struct Both<'a> {
    log: Log,
    builder: AckBuilder<'a>,
}

impl Sink for Both<'_> {
    fn interchange_start(&mut self, interchange: &Interchange) -> io::Result<()> {
        self.builder.interchange_start(interchange)?;
        self.log.interchange_start(interchange)
    }

    fn ta1(&mut self, ta1: &Segment<'_>) -> io::Result<()> {
        self.builder.ta1(ta1)?;
        self.log.ta1(ta1)
    }

    fn group_start(&mut self, group: &Group) -> io::Result<()> {
        self.builder.group_start(group)?;
        self.log.group_start(group)
    }

    fn transaction_start(&mut self, transaction: &Transaction, guide: Option<&Guide>) -> io::Result<()> {
        self.builder.transaction_start(transaction, guide)?;
        self.log.transaction_start(transaction, guide)
    }

    /// What was found is told by the transactions and claims; the log's copies would cost more than the check.
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.builder.finding(finding)
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        self.builder.claim(claim)?;
        self.log.claim(claim)
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        self.builder.transaction_end(checked)?;
        self.log.transaction_end(checked)
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        self.builder.group_end(checked)?;
        self.log.group_end(checked)
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        self.builder.interchange_end(checked)?;
        self.log.interchange_end(checked)
    }
}

/// An answer's kind and bytes.
type Answer = (AckKind, Vec<u8>);

/// Errors that our own check finds in an answer, but for those in segments that repeat what was received.
#[derive(Default)]
struct Faults(Vec<String>);

impl Sink for Faults {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let segment = finding.place.segment.as_ref().map_or("", |segment| &*segment.id);
        if finding.severity == Severity::Error && !matches!(segment, "ISA" | "TA1" | "AK1" | "AK2") {
            self.0.push(format!("{} at {segment} {:?}", finding.edit, finding.place.element));
        }
        Ok(())
    }
}

fn is_clean((kind, bytes): &Answer) {
    let mut faults = Faults::default();
    let summary = check_on_one_core(&bytes[..], guides(), &settings(), &mut faults).expect("memory does not fail");
    let text = String::from_utf8_lossy(bytes);
    assert!(faults.0.is_empty() && summary.refused.is_none(), "{kind:?}: {:?} in {text}", faults.0);
    assert_eq!(summary.interchanges, 1, "an answer is one interchange: {text}");
}

/// The segments of an answer that say what was found.
const TELLING: &[&[u8]] = &[b"TA1", b"AK2", b"IK5", b"AK9", b"HL", b"QTY", b"AMT"];

/// An answer's segments as texts, those that are looked at.
fn segments(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    while let Some(token) = reader.next().expect("memory does not fail") {
        match token {
            Token::Segment(segment) if !TELLING.contains(&segment.id()) => {}
            Token::Segment(segment) => {
                let mut elements: Vec<String> = (0..=segment.element_count()).map(|n| segment.text(n)).collect();
                elements.resize(10, String::new());
                all.push(elements);
            }
            Token::Isa(_) => {}
            Token::Damage(damage) => panic!("an answer is damaged: {damage:?}"),
        }
    }
    all
}

fn says_what_was_found(log: &Log, n999: Option<&Answer>, n277ca: Option<&Answer>) {
    let taken = |code: &str| code != "FA";
    if let Some(n999) = n999 {
        let segments = segments(&n999.1);
        let with = |id: &'static str| segments.iter().filter(move |segment| segment[0] == id);
        let groups = log.groups.iter().filter(|group| taken(&group.code));
        let said: Vec<_> = with("AK9").map(|ak9| (ak9[1].clone(), ak9[3].clone(), ak9[4].clone())).collect();
        let right: Vec<_> = groups
            .map(|group| (group.verdict.code().to_string(), group.received.to_string(), group.accepted.to_string()))
            .collect();
        assert_eq!(said, right, "AK901, AK903 and AK904");
        assert_eq!(with("AK2").count(), with("IK5").count(), "an IK5 for each AK2");
        let rejected = log.transactions.iter().filter(|one| one.verdict == SyntaxVerdict::Rejected).count();
        assert!(with("IK5").filter(|ik5| ik5[1] == "R").count() <= rejected);
    }
    let Some(n277ca) = n277ca else { return };
    let segments = segments(&n277ca.1);
    let mut said = Tally::default();
    let money = |text: &str| Cents::from_x12(text.as_bytes()).expect("an amount that we wrote");
    let mut level = "";
    for segment in &segments {
        if segment[0] == "HL" {
            level = &segment[3];
        }
        // Each billing provider's totals come again below those of the batch.
        if level != "21" {
            continue;
        }
        let amount = segment[2].as_str();
        match (segment[0].as_str(), segment[1].as_str()) {
            ("QTY", "90") => said.accepted += amount.parse::<u64>().expect("a count that we wrote"),
            ("QTY", "AA") => said.rejected += amount.parse::<u64>().expect("a count that we wrote"),
            ("AMT", "YU") => said.accepted_charge += money(amount),
            ("AMT", "YY") => said.rejected_charge += money(amount),
            _ => {}
        }
    }
    let patients = segments.iter().filter(|segment| segment[0] == "HL" && segment[3] == "PT").count() as u64;
    let refused_groups = log.groups.iter().any(|group| !group.codes.is_empty());
    if !refused_groups {
        let told = log.transactions.iter().filter(|one| one.kind.is_some() && one.verdict != SyntaxVerdict::Rejected);
        let mut right = Tally::default();
        told.clone().for_each(|one| right.merge(one.tally));
        assert_eq!(said, right, "totals of a 277CA");
        let listed: u64 = told.filter(|one| !one.refused).map(|one| one.tally.accepted + one.tally.rejected).sum();
        // A provider that is itself at fault is refused as a whole, without its claims; all others are told by name.
        assert!((right.accepted..=listed).contains(&patients), "{patients} of {listed} claims are told");
    }
}
