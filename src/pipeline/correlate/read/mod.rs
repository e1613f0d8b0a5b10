//! Reads the answers that are about files and claims into plain values: TA1, 999 and 997 ([`functional`]),
//! 277CA and 277 ([`status`]). Reading never fails: what is missing is empty, what is strange is kept as it
//! stands.

pub mod functional;
pub mod status;

use functional::{FunctionalAck, FunctionalReader, InterchangeAck};
use status::{StatusReader, StatusReport};

use crate::edits::sniff::is_archive;
use crate::pipeline::answers::skipped::Skipped;
use crate::pipeline::answers::{Head, Listener, walk};
use crate::x12::Segment;
use crate::x12::envelope::Interchange;

/// All that a file says, kind by kind, in its order. 835s are left to the stage `remit`.
#[derive(Debug, Default)]
pub struct Answers {
    pub interchange_acks: Vec<InterchangeAck>,
    pub functional_acks: Vec<FunctionalAck>,
    pub status_reports: Vec<StatusReport>,
    /// `TA1`, `999`, `277CA`, `277`, `835`, ...: each once.
    pub kinds: Vec<String>,
    /// Kinds that no stage reads; empty where a transaction does not say what it is.
    pub foreign: Vec<String>,
    /// Answers that name nothing they are about, by their kind.
    pub mute: Vec<&'static str>,
    /// As the walk found them.
    pub interchanges: Vec<Interchange>,
    pub skipped: Skipped,
}

impl Answers {
    /// Each kind once, however many of its transactions say nothing.
    fn note_mute(&mut self, kind: &'static str) {
        if !self.mute.contains(&kind) {
            self.mute.push(kind);
        }
    }

    pub fn has_remittances(&self) -> bool {
        self.kinds.iter().any(|kind| kind == "835")
    }
}

pub fn read(bytes: &[u8]) -> Answers {
    if is_archive(bytes) {
        return Answers::default();
    }
    let mut reader = FileReader::default();
    let overview = walk(bytes, &mut reader);
    let mut answers = reader.answers;
    answers.interchanges = overview.interchanges;
    answers.skipped = overview.skipped;
    for kind in overview.kinds {
        match kind.as_str() {
            // Which of the two a 277 is stands in its own report.
            "277" => {}
            "TA1" | "999" | "997" | "835" => answers.kinds.push(kind),
            "" => answers.foreign.push(kind),
            _ => {
                answers.foreign.push(kind.clone());
                answers.kinds.push(kind);
            }
        }
    }
    for report in &answers.status_reports {
        let kind = report.kind.as_str();
        if !answers.kinds.iter().any(|known| known == kind) {
            answers.kinds.push(kind.to_string());
        }
    }
    answers
}

#[derive(Default)]
struct FileReader {
    answers: Answers,
    open: Transaction,
}

#[derive(Default)]
enum Transaction {
    #[default]
    Other,
    Functional(FunctionalReader),
    Status(Box<StatusReader>),
}

impl Listener for FileReader {
    fn ta1(&mut self, _: &Interchange, segment: &Segment<'_>) {
        self.answers.interchange_acks.push(InterchangeAck::read(segment));
    }

    fn start(&mut self, head: Head) {
        self.open = match head.code.as_str() {
            "999" | "997" => Transaction::Functional(FunctionalReader::new(&head)),
            "277" => Transaction::Status(Box::new(StatusReader::new(head))),
            _ => Transaction::Other,
        };
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        match &mut self.open {
            Transaction::Functional(reader) => reader.take(segment),
            Transaction::Status(reader) => reader.take(segment),
            Transaction::Other => {}
        }
    }

    fn end(&mut self, offset: u64) {
        match std::mem::take(&mut self.open) {
            Transaction::Functional(reader) => {
                let (kind, acks) = reader.finish();
                if acks.is_empty() {
                    self.answers.note_mute(kind);
                }
                self.answers.functional_acks.extend(acks);
            }
            Transaction::Status(reader) => {
                let report = reader.finish(offset);
                if report.receivers.is_empty() && report.providers.is_empty() && report.claims.is_empty() {
                    self.answers.note_mute(report.kind.as_str());
                }
                self.answers.status_reports.push(report);
            }
            Transaction::Other => {}
        }
    }
}
