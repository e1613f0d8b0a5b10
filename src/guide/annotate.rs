//! A file explained, segment by segment: the loop each stands in, what its elements are called, what their codes
//! mean. Judges nothing; what has no place in its guide, and what no guide describes, is shown by the names of the
//! standard.
//!
//! ```text
//! let mut annotator = Annotator::new(&guides, &labels);
//! match reader.next()? {
//!     Some(Token::Isa(isa)) => annotator.isa(&isa),
//!     Some(Token::Segment(segment)) => annotator.segment(&segment),
//!     Some(Token::Damage(_)) | None => ...
//! }
//! annotator.open()    // at the end: what the file left open
//! ```

use std::borrow::Cow;

pub use super::explain::Shown;
use super::explain::{Explain, borrowed};
use super::labels::Labels;
use super::{Found, Guide, Guides, NodeId, Standing, Step, Tag, Walker};
use crate::domain::Severity;
use crate::x12::{Isa, Segment};

/// A segment explained.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotated<'a> {
    /// From 1 in its transaction, the ST counted; 0 outside of transactions.
    pub position: u32,
    pub id: Cow<'a, str>,
    /// Empty where nothing names it.
    pub name: &'a str,
    pub place: Place<'a>,
    /// How many envelopes and loops it stands in.
    pub depth: usize,
    /// Set when it is the first segment of a loop.
    pub opened: Option<OpenedLoop>,
    /// Those that hold something.
    pub elements: Vec<Shown<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'g> {
    /// ISA, TA1, GS, GE, IEA, and ST and SE.
    Envelope,
    /// Where the guide has it; the loop is `None` at the top of the transaction.
    Placed(Option<InLoop<'g>>),
    /// The guide has no place for it.
    Unplaced,
    /// In a transaction of a type or version that is not supported.
    NoGuide,
    /// Outside of any transaction, and no segment of an envelope.
    Stray,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLoop<'g> {
    pub id: Tag,
    pub name: &'g str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedLoop {
    /// Which one inside its parent, from 1.
    pub repeat: u32,
    pub level: Option<OpenedLevel>,
}

/// A hierarchical level, by its HL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedLevel {
    /// 1 the outermost.
    pub rank: u8,
    /// HL01, and HL02 where it has a parent.
    pub number: String,
    pub parent: Option<String>,
}

/// The transaction at hand: from its ST to the segment after its SE.
#[derive(Clone, Debug)]
pub struct OpenTransaction<'g> {
    /// ST01 and ST02.
    pub code: String,
    pub control: String,
    /// ST03, or else GS08.
    pub version: String,
    /// `None`: its type or version is not supported.
    pub guide: Option<&'g Guide>,
    /// So far, the ST counted.
    pub segments: u32,
    /// The walk along the guide found nothing wrong so far.
    pub sound: bool,
}

/// The innermost envelope that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Open {
    Nothing,
    Interchange,
    Group,
    Transaction,
}

/// Explains the segments of a file in their order. Its memory does not grow with the file.
pub struct Annotator<'g> {
    guides: &'g Guides,
    explain: Explain<'g>,
    open: Open,
    /// GS08.
    version: String,
    transaction: Option<OpenTransaction<'g>>,
    walker: Option<Walker<'g>>,
    found: Vec<Found>,
    /// Of the last segment that had a place.
    depth: usize,
    trailers_missing: u32,
}

impl<'g> Annotator<'g> {
    pub fn new(guides: &'g Guides, labels: &'g Labels) -> Annotator<'g> {
        Annotator {
            guides,
            explain: Explain { guides, labels },
            open: Open::Nothing,
            version: String::new(),
            transaction: None,
            walker: None,
            found: Vec::new(),
            depth: 0,
            trailers_missing: 0,
        }
    }

    pub fn open(&self) -> Open {
        self.open
    }

    /// How many envelopes something came after without their SE, GE or IEA; those open at the end not counted.
    pub fn trailers_missing(&self) -> u32 {
        self.trailers_missing
    }

    /// Still told when its SE was the last segment; gone after that.
    pub fn transaction(&self) -> Option<&OpenTransaction<'g>> {
        self.transaction.as_ref()
    }

    pub fn isa<'a>(&mut self, isa: &Isa<'a>) -> Annotated<'a>
    where
        'g: 'a,
    {
        self.leave(Open::Nothing);
        self.open = Open::Interchange;
        self.version.clear();
        let elements = self.explain.isa(isa);
        let name = self.explain.name("ISA");
        Annotated { position: 0, id: "ISA".into(), name, place: Place::Envelope, depth: 0, opened: None, elements }
    }

    pub fn segment<'a>(&mut self, segment: &Segment<'a>) -> Annotated<'a>
    where
        'g: 'a,
    {
        if self.open != Open::Transaction {
            self.end_transaction();
        }
        match (segment.id(), self.open) {
            (b"ST", Open::Group | Open::Transaction) => self.transaction_start(segment),
            (b"SE", Open::Transaction) => {
                let annotated = self.inside(segment);
                self.finish_walk();
                self.open = Open::Group;
                Annotated { place: Place::Envelope, depth: 2, ..annotated }
            }
            (b"GS", Open::Interchange | Open::Group | Open::Transaction) => {
                self.leave(Open::Interchange);
                self.open = Open::Group;
                self.version = segment.text(8);
                self.standard(segment, Place::Envelope, 1)
            }
            (b"GE", Open::Group | Open::Transaction) => {
                self.leave(Open::Group);
                self.open = Open::Interchange;
                self.standard(segment, Place::Envelope, 1)
            }
            (b"IEA", Open::Interchange | Open::Group | Open::Transaction) => {
                self.leave(Open::Interchange);
                self.open = Open::Nothing;
                self.standard(segment, Place::Envelope, 0)
            }
            (b"TA1", Open::Interchange) => self.standard(segment, Place::Envelope, 1),
            (_, Open::Transaction) => self.inside(segment),
            (_, Open::Nothing | Open::Interchange | Open::Group) => self.standard(segment, Place::Stray, 1),
        }
    }

    fn transaction_start<'a>(&mut self, segment: &Segment<'a>) -> Annotated<'a>
    where
        'g: 'a,
    {
        self.leave(Open::Group);
        let code = segment.text(1);
        let stated = segment.text(3);
        let guide = [&stated, &self.version].into_iter().find_map(|version| self.guides.find(&code, version));
        let guide = guide.map(|guide| &**guide);
        let version = if stated.is_empty() { self.version.clone() } else { stated };
        let control = segment.text(2);
        self.transaction = Some(OpenTransaction { code, control, version, guide, segments: 0, sound: guide.is_some() });
        self.walker = guide.map(Walker::start);
        self.open = Open::Transaction;
        let annotated = self.inside(segment);
        self.depth = 3;
        Annotated { place: Place::Envelope, depth: 2, ..annotated }
    }

    /// A segment from ST to SE.
    fn inside<'a>(&mut self, segment: &Segment<'a>) -> Annotated<'a>
    where
        'g: 'a,
    {
        let position = match &mut self.transaction {
            Some(transaction) => {
                transaction.segments += 1;
                transaction.segments
            }
            None => 0,
        };
        let Some(walker) = &mut self.walker else {
            let annotated = self.standard(segment, Place::NoGuide, 3);
            return Annotated { position, ..annotated };
        };
        let guide = walker.guide();
        let step = walker.step(segment, position, &mut self.found);
        self.judge();
        let Some(node) = step.node else {
            let annotated = self.standard(segment, Place::Unplaced, self.depth);
            return Annotated { position, ..annotated };
        };
        self.depth = 3 + usize::from(step.depth);
        let placed = guide.segment(node);
        Annotated {
            position,
            id: borrowed(segment.id()),
            name: &placed.name,
            place: Place::Placed(in_loop(guide, node)),
            depth: self.depth,
            opened: opened(&step, segment),
            elements: self.explain.placed(guide, node, segment),
        }
    }

    fn standard<'a>(&self, segment: &Segment<'a>, place: Place<'g>, depth: usize) -> Annotated<'a>
    where
        'g: 'a,
    {
        let id = borrowed(segment.id());
        let (name, elements) = (self.explain.name(&id), self.explain.standard(segment));
        Annotated { position: 0, id, name, place, depth, opened: None, elements }
    }

    fn finish_walk(&mut self) {
        if let (Some(mut walker), Some(transaction)) = (self.walker.take(), &self.transaction) {
            walker.finish(transaction.segments + 1, &mut self.found);
            self.judge();
        }
    }

    fn judge(&mut self) {
        let wrong =
            self.found.drain(..).fold(false, |wrong, found| wrong | (found.finding.severity == Severity::Error));
        if let Some(transaction) = self.transaction.as_mut().filter(|_| wrong) {
            transaction.sound = false;
        }
    }

    /// What is open inside of `to` should have ended.
    fn leave(&mut self, to: Open) {
        let missing = [Open::Interchange, Open::Group, Open::Transaction].into_iter();
        self.trailers_missing += missing.filter(|&open| to < open && open <= self.open).count() as u32;
        self.end_transaction();
    }

    fn end_transaction(&mut self) {
        (self.transaction, self.walker) = (None, None);
        self.found.clear();
    }
}

fn in_loop(guide: &Guide, node: NodeId) -> Option<InLoop<'_>> {
    let found = guide.loop_of(guide.segment(node).loop_index);
    (!found.loop_id.is_none()).then_some(InLoop { id: found.loop_id, name: &found.name })
}

fn opened(step: &Step, segment: &Segment<'_>) -> Option<OpenedLoop> {
    let opened = step.opened?;
    let level = match step.standing {
        Standing::Level { level, .. } if step.opens_level => {
            let parent = Some(segment.text(2)).filter(|parent| !parent.is_empty());
            Some(OpenedLevel { rank: level + 1, number: segment.text(1), parent })
        }
        Standing::Level { .. } | Standing::Transaction | Standing::Claim { .. } => None,
    };
    Some(OpenedLoop { repeat: opened.repeat, level })
}

#[cfg(test)]
mod tests;
