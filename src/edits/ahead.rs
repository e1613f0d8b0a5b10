//! Reading a file and walking it along its guides, which judging its claims needs and does not change: so it can go
//! ahead on another core. What it finds crosses over in batches, in the order of the file.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::supported;
use crate::domain::Finding;
use crate::domain::finding::Place;
use crate::guide::{Found, Guides, Step, Walker};
use crate::x12::envelope::{Group, GroupEnd, Interchange, InterchangeEnd, Transaction, TransactionEnd};
use crate::x12::{Damage, Delimiters, Envelopes, Event, Looks, Reader, Segment};

/// Batches under way between the two.
const BATCHES_MAX: usize = 4;
/// A batch is handed over when it has so many bytes of segments, so many segments and events, or so many findings.
const BATCH_BYTES: usize = 96 * 1024;
const BATCH_ITEMS_MAX: usize = 8 * 1024;
const BATCH_FOUND_MAX: usize = 512;

/// Walks the transaction that is open.
pub(super) struct Walk<'g> {
    guides: &'g Guides,
    group: Group,
    walker: Option<Walker<'g>>,
}

/// What the walk says of an event.
#[derive(Debug, Default)]
pub(super) struct Stepped {
    /// Of the event's own segment, as ST and SE.
    pub step: Option<Step>,
    pub found: Vec<Found>,
    /// What the transaction's end leaves out.
    pub at_end: Vec<Found>,
}

impl<'g> Walk<'g> {
    pub fn new(guides: &'g Guides) -> Walk<'g> {
        Walk { guides, group: Group::default(), walker: None }
    }

    #[inline]
    pub fn segment(&mut self, segment: &Segment<'_>, position: u32, found: &mut Vec<Found>) -> Option<Step> {
        self.walker.as_mut().map(|walker| walker.step(segment, position, found))
    }

    pub fn event(&mut self, event: &Event<'_>) -> Stepped {
        let mut stepped = Stepped::default();
        match event {
            Event::Segment(segment, position) => stepped.step = self.segment(segment, *position, &mut stepped.found),
            Event::GroupStart(group) => self.group = (*group).clone(),
            Event::TransactionStart(transaction, st) => {
                let guide =
                    supported::transaction(self.guides, &self.group, transaction, &Place::default(), &mut Vec::new());
                self.walker = guide.map(Walker::start);
                stepped.step = self.segment(st, 1, &mut stepped.found);
            }
            Event::TransactionEnd(end, se) => {
                if let Some(se) = se {
                    stepped.step = self.segment(se, end.segments, &mut stepped.found);
                }
                if let Some(mut walker) = self.walker.take() {
                    walker.finish(end.segments + 1, &mut stepped.at_end);
                }
            }
            Event::InterchangeStart(_) | Event::InterchangeEnd(_) | Event::GroupEnd(_) => {}
            Event::Ta1(_) | Event::Stray(_) | Event::Damage(_) => {}
        }
        stepped
    }
}

/// Takes what was read and walked, in the order of the file.
pub(super) trait Judge {
    fn segment(
        &mut self,
        segment: &Segment<'_>,
        position: u32,
        step: Option<&Step>,
        found: &mut Vec<Found>,
    ) -> io::Result<()>;
    fn event(&mut self, event: Event<'_>, fresh: &mut Vec<Finding>, stepped: Stepped) -> io::Result<()>;
}

/// Reads, walks and judges on this core; returns how many bytes were read.
pub(super) fn here<R: Read>(source: Reader<R>, guides: &Guides, judge: &mut impl Judge) -> io::Result<u64> {
    let mut envelopes = Envelopes::new(source);
    let mut walk = Walk::new(guides);
    let (mut fresh, mut found) = (Vec::new(), Vec::new());
    loop {
        while let Some((segment, position)) = envelopes.next_in_transaction() {
            let step = walk.segment(&segment, position, &mut found);
            judge.segment(&segment, position, step.as_ref(), &mut found)?;
        }
        let Some(event) = envelopes.next(&mut fresh)? else { break };
        let stepped = walk.event(&event);
        judge.event(event, &mut fresh, stepped)?;
    }
    Ok(envelopes.bytes_read())
}

/// Reads and walks on another core, and judges on this one.
pub(super) fn on_two_cores<R: Read + Send>(
    source: Reader<R>,
    guides: &Guides,
    judge: &mut impl Judge,
) -> io::Result<u64> {
    let (to_judge, batches) = sync_channel(BATCHES_MAX);
    let (back, empty) = sync_channel(BATCHES_MAX + 2);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || ahead(source, guides, &to_judge, &empty));
        let judged = judge_batches(batches, &back, judge);
        // What stopped the judge stops the reader too: its batches find no taker.
        drop(back);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        judged.and(read)
    })
}

fn judge_batches(batches: Receiver<Batch>, back: &SyncSender<Batch>, judge: &mut impl Judge) -> io::Result<()> {
    for mut batch in batches {
        batch.judge(judge)?;
        // There may be nobody who needs it any more.
        let _ = back.try_send(batch);
    }
    Ok(())
}

fn ahead<R: Read>(
    source: Reader<R>,
    guides: &Guides,
    to_judge: &SyncSender<Batch>,
    empty: &Receiver<Batch>,
) -> io::Result<u64> {
    let mut envelopes = Envelopes::new(source);
    let mut walk = Walk::new(guides);
    let (mut fresh, mut batch) = (Vec::new(), Batch::default());
    loop {
        while let Some((segment, position)) = envelopes.next_in_transaction() {
            batch.segment(&segment, position, &mut walk);
            if batch.is_full() && !hand_over(&mut batch, to_judge, empty) {
                return Ok(0);
            }
        }
        let Some(event) = envelopes.next(&mut fresh)? else { break };
        let stepped = walk.event(&event);
        batch.event(event, &mut fresh, stepped);
        if batch.is_full() && !hand_over(&mut batch, to_judge, empty) {
            return Ok(0);
        }
    }
    // When nobody takes it the judge has an error to tell.
    let _ = to_judge.send(batch);
    Ok(envelopes.bytes_read())
}

/// Gives a full batch away and takes an empty one; false when nobody takes it any more.
fn hand_over(batch: &mut Batch, to_judge: &SyncSender<Batch>, empty: &Receiver<Batch>) -> bool {
    let next = empty.try_recv().unwrap_or_default();
    to_judge.send(std::mem::replace(batch, next)).is_ok()
}

/// A stretch of a file, read and walked.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    places: Vec<u32>,
    items: Vec<Item>,
    found: Vec<Found>,
    /// All findings, those of events too.
    findings: usize,
}

enum Item {
    Segment { kept: Kept, position: u32, step: Option<Step>, found: u32 },
    Event(Box<(Happened, Vec<Finding>, Stepped)>),
}

/// A segment in the batch's own memory.
#[derive(Clone, Copy)]
struct Kept {
    begin: u32,
    end: u32,
    first_place: u32,
    end_place: u32,
    line: u32,
    offset: u64,
    delimiters: Delimiters,
    looks: Looks,
}

/// An [`Event`] that owns what it tells.
enum Happened {
    InterchangeStart(Interchange),
    Ta1(Kept),
    GroupStart(Group),
    TransactionStart(Transaction, Kept),
    Segment(Kept, u32),
    TransactionEnd(TransactionEnd, Option<Kept>),
    GroupEnd(GroupEnd),
    InterchangeEnd(InterchangeEnd),
    Stray(Kept),
    Damage(Damage),
}

impl Batch {
    fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_BYTES || self.items.len() >= BATCH_ITEMS_MAX || self.findings >= BATCH_FOUND_MAX
    }

    #[inline]
    fn segment(&mut self, segment: &Segment<'_>, position: u32, walk: &mut Walk<'_>) {
        let before = self.found.len();
        let step = walk.segment(segment, position, &mut self.found);
        let (kept, found) = (self.keep(segment), (self.found.len() - before) as u32);
        self.findings += found as usize;
        self.items.push(Item::Segment { kept, position, step, found });
    }

    #[inline]
    fn keep(&mut self, segment: &Segment<'_>) -> Kept {
        let (begin, first_place) = (self.bytes.len() as u32, self.places.len() as u32);
        self.bytes.extend_from_slice(segment.bytes);
        self.places.extend_from_slice(segment.starts);
        let Segment { offset, line, delimiters, looks, .. } = *segment;
        let (end, end_place) = (self.bytes.len() as u32, self.places.len() as u32);
        Kept { begin, end, first_place, end_place, line, offset, delimiters, looks }
    }

    fn event(&mut self, event: Event<'_>, fresh: &mut Vec<Finding>, stepped: Stepped) {
        let happened = match event {
            Event::InterchangeStart(interchange) => Happened::InterchangeStart(interchange.clone()),
            Event::Ta1(segment) => Happened::Ta1(self.keep(&segment)),
            Event::GroupStart(group) => Happened::GroupStart(group.clone()),
            Event::TransactionStart(transaction, st) => Happened::TransactionStart(transaction.clone(), self.keep(&st)),
            Event::Segment(segment, position) => Happened::Segment(self.keep(&segment), position),
            Event::TransactionEnd(end, se) => Happened::TransactionEnd(end.clone(), se.map(|se| self.keep(&se))),
            Event::GroupEnd(end) => Happened::GroupEnd(end.clone()),
            Event::InterchangeEnd(end) => Happened::InterchangeEnd(end.clone()),
            Event::Stray(segment) => Happened::Stray(self.keep(&segment)),
            Event::Damage(damage) => Happened::Damage(damage),
        };
        self.findings += fresh.len() + stepped.found.len() + stepped.at_end.len();
        self.items.push(Item::Event(Box::new((happened, std::mem::take(fresh), stepped))));
    }

    /// Tells all of it to the judge and is empty then.
    fn judge(&mut self, judge: &mut impl Judge) -> io::Result<()> {
        let Batch { bytes, places, items, found, findings: _ } = self;
        let read = |kept: &Kept| Segment {
            bytes: &bytes[kept.begin as usize..kept.end as usize],
            starts: &places[kept.first_place as usize..kept.end_place as usize],
            offset: kept.offset,
            line: kept.line,
            delimiters: kept.delimiters,
            looks: kept.looks,
        };
        let mut found = found.drain(..);
        let mut own = Vec::new();
        for item in items.drain(..) {
            match item {
                Item::Segment { kept, position, step, found: count } => {
                    own.extend(found.by_ref().take(count as usize));
                    judge.segment(&read(&kept), position, step.as_ref(), &mut own)?;
                }
                Item::Event(event) => {
                    let (happened, mut fresh, stepped) = *event;
                    let event = match &happened {
                        Happened::InterchangeStart(interchange) => Event::InterchangeStart(interchange),
                        Happened::Ta1(kept) => Event::Ta1(read(kept)),
                        Happened::GroupStart(group) => Event::GroupStart(group),
                        Happened::TransactionStart(transaction, st) => Event::TransactionStart(transaction, read(st)),
                        Happened::Segment(kept, position) => Event::Segment(read(kept), *position),
                        Happened::TransactionEnd(end, se) => Event::TransactionEnd(end, se.as_ref().map(read)),
                        Happened::GroupEnd(end) => Event::GroupEnd(end),
                        Happened::InterchangeEnd(end) => Event::InterchangeEnd(end),
                        Happened::Stray(kept) => Event::Stray(read(kept)),
                        Happened::Damage(damage) => Event::Damage(*damage),
                    };
                    judge.event(event, &mut fresh, stepped)?;
                }
            }
        }
        drop(found);
        self.bytes.clear();
        self.places.clear();
        self.findings = 0;
        Ok(())
    }
}
