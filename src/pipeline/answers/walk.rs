//! Walks a file of a payer: whatever interchanges, groups and transactions it holds, in any order and with any
//! delimiters. What is wrong with its envelopes stops nothing; [`super::lacks`] tells it.

use super::skipped::Skipped;
use crate::domain::Finding;
use crate::x12::envelope::{Group, Interchange, Transaction};
use crate::x12::{Envelopes, Event, Reader, Segment};

/// The envelopes around a transaction.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub interchange: Interchange,
    /// GS01 and GS06; empty when the group is missing.
    pub group_code: String,
    pub group_control: String,
    /// ST01 and ST02.
    pub code: String,
    pub control: String,
    /// ST03 or, where it is not sent, GS08.
    pub version: String,
}

/// Takes what a file holds, in its order.
pub trait Listener {
    /// A TA1, with the interchange it stands in.
    fn ta1(&mut self, interchange: &Interchange, segment: &Segment<'_>);
    fn start(&mut self, head: Head);
    /// A segment between ST and SE.
    fn segment(&mut self, segment: &Segment<'_>);
    /// The transaction's last segment before its SE ended before this byte of the file; for a file that is cut off
    /// that may lie one beyond its end.
    fn end(&mut self, offset: u64);
}

/// What a file is as a whole.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// `TA1`, `999`, `277`, `835`, ... each once, in the order of the file.
    pub kinds: Vec<String>,
    /// Its interchanges; of those between the same two with the same usage the first.
    pub interchanges: Vec<Interchange>,
    /// What could not be read and may hold answers.
    pub skipped: Skipped,
}

/// Interchanges of one file that are compared with each other.
const INTERCHANGES_MAX: usize = 100;

/// Walks all of `bytes`.
pub fn walk(bytes: &[u8], listener: &mut impl Listener) -> Overview {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let mut overview = Overview::default();
    let mut findings: Vec<Finding> = Vec::new();
    let mut open = Open::default();
    // Memory cannot fail to be read, so an error is the end.
    while let Ok(Some(event)) = envelopes.next(&mut findings) {
        match &event {
            Event::Damage(damage) => overview.skipped.damage(bytes, *damage),
            Event::InterchangeStart(facts) => overview.skipped.interchange(bytes, facts.offset),
            Event::Ta1(_) | Event::GroupStart(_) | Event::Stray(_) => overview.skipped.read(),
            Event::TransactionStart(..)
            | Event::Segment(..)
            | Event::TransactionEnd(..)
            | Event::GroupEnd(_)
            | Event::InterchangeEnd(_) => {}
        }
        take(event, &mut open, &mut overview, listener);
        findings.clear();
    }
    overview.skipped.interchange(bytes, bytes.len() as u64);
    overview
}

#[derive(Default)]
struct Open {
    interchange: Interchange,
    group: Group,
    /// In a transaction that stands in no group; its segments come as strays.
    astray: bool,
    /// One past the last segment of the open transaction.
    body_end: u64,
}

fn take(event: Event<'_>, open: &mut Open, overview: &mut Overview, listener: &mut impl Listener) {
    match event {
        Event::InterchangeStart(facts) => {
            add_interchange(overview, facts);
            open.interchange = facts.clone();
            open.group = Group::default();
        }
        Event::Ta1(segment) => {
            add_kind(overview, "TA1");
            listener.ta1(&open.interchange, &segment);
        }
        Event::GroupStart(facts) => {
            end_astray(open, listener);
            open.group = facts.clone();
        }
        Event::TransactionStart(facts, _) => {
            add_kind(overview, &facts.code);
            listener.start(head(open, facts));
        }
        Event::Segment(segment, _) => {
            open.body_end = end_of(&segment);
            listener.segment(&segment);
        }
        Event::TransactionEnd(_, _) => listener.end(open.body_end),
        Event::GroupEnd(_) => open.group = Group::default(),
        Event::InterchangeEnd(_) => end_astray(open, listener),
        Event::Stray(segment) => take_stray(&segment, open, overview, listener),
        Event::Damage(_) => {}
    }
}

/// A payer that forgets the group, or puts its TA1 into one, means it all the same.
fn take_stray(segment: &Segment<'_>, open: &mut Open, overview: &mut Overview, listener: &mut impl Listener) {
    match segment.id() {
        b"TA1" => {
            add_kind(overview, "TA1");
            listener.ta1(&open.interchange, segment);
        }
        b"ST" => {
            end_astray(open, listener);
            let facts = Transaction {
                code: segment.text(1),
                control: segment.text(2),
                version: segment.text(3),
                ..Transaction::default()
            };
            add_kind(overview, &facts.code);
            listener.start(head(open, &facts));
            open.astray = true;
        }
        b"SE" | b"GE" => end_astray(open, listener),
        _ if open.astray => {
            open.body_end = end_of(segment);
            listener.segment(segment);
        }
        _ => overview.skipped.stray(segment),
    }
}

fn end_astray(open: &mut Open, listener: &mut impl Listener) {
    if std::mem::take(&mut open.astray) {
        listener.end(open.body_end);
    }
}

/// One past a segment's terminator, which is one byte.
fn end_of(segment: &Segment<'_>) -> u64 {
    segment.offset + segment.bytes.len() as u64 + 1
}

fn head(open: &Open, transaction: &Transaction) -> Head {
    let version = if transaction.version.is_empty() { &open.group.version } else { &transaction.version };
    Head {
        interchange: open.interchange.clone(),
        group_code: open.group.code.clone(),
        group_control: open.group.control.clone(),
        code: transaction.code.clone(),
        control: transaction.control.clone(),
        version: version.clone(),
    }
}

fn add_interchange(overview: &mut Overview, facts: &Interchange) {
    let ends = |one: &Interchange| {
        let Interchange { sender_qualifier, sender, receiver_qualifier, receiver, usage, .. } = one.clone();
        [sender_qualifier, sender, receiver_qualifier, receiver, usage]
    };
    if overview.interchanges.len() < INTERCHANGES_MAX
        && !overview.interchanges.iter().any(|known| ends(known) == ends(facts))
    {
        overview.interchanges.push(facts.clone());
    }
}

fn add_kind(overview: &mut Overview, kind: &str) {
    if !overview.kinds.iter().any(|known| known == kind) {
        overview.kinds.push(kind.to_string());
    }
}
