//! Writes the file of a batch: our envelope, our hierarchy numbers, the claims' own segments.

use super::levels::{Hierarchy, Level, run_length};
use super::plan::{self, Envelope, Used};
use super::sheet::{Clash, Sheet, elements, note_values, segments};
use super::sources::{SourceError, Sources};
use crate::domain::Cents;
use crate::domain::ids::{ClaimId, PayloadId};
use crate::pipeline::opener::Opener;
use crate::store::batches::{BatchClaim, BatchTransaction, Range};
use crate::store::{PayloadError, PayloadStore, Sealed, StoreError};
use crate::x12::Delimiters;

#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the file could not be sealed")]
    Payload(#[from] PayloadError),
    #[error("a claim could not be read")]
    Source(#[from] SourceError),
    #[error("the claims' values hold nearly every sign that could separate them: no delimiters are left for the file")]
    NoDelimiters,
    #[error("the batch has no claims")]
    Empty,
}

/// A page of claims after the given one, in the order of their ids; empty at the end.
pub(super) type Pages<'a> = dyn FnMut(Option<ClaimId>) -> Result<Vec<BatchClaim>, StoreError> + 'a;

pub(super) struct Built {
    pub file: Sealed,
    pub transactions: Vec<BatchTransaction>,
}

/// Writes the file under the id given.
pub(super) fn build(
    (payloads, opener): (&PayloadStore, &Opener),
    id: PayloadId,
    envelope: &Envelope,
    claims_max: usize,
    pages: &mut Pages<'_>,
) -> Result<Built, BuildError> {
    let mut delimiters = Delimiters::USUAL;
    loop {
        let sheet = Sheet::new(payloads.create(id), delimiters);
        let writing = Writing { sheet, sources: Sources::new(opener), envelope, claims_max };
        match writing.whole(pages)? {
            Ok(built) => return Ok(built),
            // A value holds a separator: all values are looked at, and separators found that none holds.
            Err(Clash) if delimiters == Delimiters::USUAL => {
                let used = used_bytes(opener, envelope, pages)?;
                delimiters = plan::delimiters(&used).ok_or(BuildError::NoDelimiters)?;
            }
            Err(Clash) => return Err(BuildError::NoDelimiters),
        }
    }
}

/// Where a 2010BB names the payer.
const NM109: usize = 9;

/// Either written, or stopped at a value that holds a delimiter.
type Outcome<T> = Result<Result<T, Clash>, BuildError>;

macro_rules! no_clash {
    ($outcome:expr) => {
        match $outcome {
            Ok(value) => value,
            Err(clash) => return Ok(Err(clash)),
        }
    };
}

struct Writing<'a> {
    sheet: Sheet,
    sources: Sources<'a>,
    envelope: &'a Envelope,
    claims_max: usize,
}

impl Writing<'_> {
    fn whole(mut self, pages: &mut Pages<'_>) -> Outcome<Built> {
        let mut queue = Queue { pages, waiting: Vec::new(), at: 0, after: None };
        let mut transactions = Vec::new();
        self.open_interchange()?;
        while queue.fill(1)? > 0 {
            let number = transactions.len() + 1;
            transactions.push(no_clash!(self.transaction(number, &mut queue)?));
        }
        if transactions.is_empty() {
            return Err(BuildError::Empty);
        }
        self.close_interchange(transactions.len())?;
        Ok(Ok(Built { file: self.sheet.finish()?, transactions }))
    }

    /// One ST..SE with as many claims as it may have.
    fn transaction(&mut self, number: usize, queue: &mut Queue<'_, '_>) -> Outcome<BatchTransaction> {
        let st02 = format!("{number:04}");
        let bht03 = format!("{}{st02}", self.envelope.bht03_stem);
        self.open_transaction(&st02, &bht03)?;
        let mut hierarchy = Hierarchy::default();
        let mut written = BatchTransaction {
            st02,
            bht03,
            first_claim: ClaimId(0),
            last_claim: ClaimId(0),
            claims: 0,
            charge: Cents::ZERO,
        };
        let mut room = self.claims_max;
        while room > 0 && queue.fill(room)? > 0 {
            let run = queue.run(room);
            for (claim, levels) in run.iter().zip(hierarchy.open(run)) {
                for level in &levels {
                    no_clash!(self.level(claim, level)?);
                }
                no_clash!(self.claim(claim)?);
                written.charge += claim.charge;
            }
            let count = run.len();
            if written.claims == 0 {
                written.first_claim = run[0].id;
            }
            written.last_claim = run[count - 1].id;
            written.claims += count as i64;
            room -= count;
            queue.at += count;
        }
        let segments = (self.sheet.segments() + 1).to_string();
        self.sheet.segment(&["SE", &segments, &written.st02])?;
        Ok(Ok(written))
    }

    /// Our HL, then the level as received; its payer is named by the id that the payer knows itself by.
    fn level(&mut self, claim: &BatchClaim, level: &Level) -> Outcome<()> {
        let (number, parent) = (level.number.to_string(), level.parent.map(|n| n.to_string()).unwrap_or_default());
        let has_children = if level.has_children { "1" } else { "0" };
        self.sheet.segment(&["HL", &number, &parent, level.code, has_children])?;
        let (bytes, from) = self.sources.read(claim, level.range)?;
        for segment in segments(&bytes, from).filter(|segment| !is_named(segment, b"HL", from)) {
            if starts_with(segment, &[b"NM1", b"PR"], from) {
                no_clash!(self.sheet.received_but(segment, from, NM109, &self.envelope.payer_id)?);
            } else {
                no_clash!(self.sheet.received(segment, from)?);
            }
        }
        Ok(Ok(()))
    }

    /// The claim's segments as received, with our trace number in the place of another's, or else after the
    /// last segment that may stand before it.
    fn claim(&mut self, claim: &BatchClaim) -> Outcome<()> {
        let (bytes, from) = self.sources.read(claim, claim.claim)?;
        let trace = claim.id.trace_number();
        let parts: Vec<&[u8]> = segments(&bytes, from).collect();
        let before = parts.iter().take_while(|segment| may_precede_trace(segment, from)).count();
        let theirs = parts[..before].iter().position(|segment| starts_with(segment, &[b"REF", b"D9"], from));
        for (n, segment) in parts.iter().enumerate() {
            if n == before && theirs.is_none() {
                self.sheet.segment(&["REF", "D9", &trace])?;
            }
            if Some(n) == theirs {
                self.sheet.segment(&["REF", "D9", &trace])?;
            } else {
                no_clash!(self.sheet.received(segment, from)?);
            }
        }
        if before == parts.len() && theirs.is_none() {
            self.sheet.segment(&["REF", "D9", &trace])?;
        }
        Ok(Ok(()))
    }

    fn open_interchange(&mut self) -> Result<(), BuildError> {
        let Envelope { us, payer, at, .. } = self.envelope;
        let delimiters = self.sheet.delimiters;
        let blank = " ".repeat(10);
        let padded = |id: &str| format!("{id:<15}");
        let repetition = char::from(delimiters.repetition.unwrap_or(b'^')).to_string();
        let component = char::from(delimiters.component).to_string();
        let ack = if self.envelope.ack_requested { "1" } else { "0" };
        self.sheet.segment(&[
            "ISA",
            "00",
            &blank,
            "00",
            &blank,
            &us.qualifier,
            &padded(&us.interchange_id),
            &payer.qualifier,
            &padded(&payer.interchange_id),
            &at.strftime("%y%m%d").to_string(),
            &at.strftime("%H%M").to_string(),
            &repetition,
            "00501",
            &self.envelope.isa13,
            ack,
            self.envelope.usage.as_str(),
            &component,
        ])?;
        let (date, time) = (at.strftime("%Y%m%d").to_string(), at.strftime("%H%M%S").to_string());
        let (sender, receiver) = (&us.interchange_id, &payer.interchange_id);
        let guide = self.envelope.kind.guide();
        self.sheet.segment(&["GS", "HC", sender, receiver, &date, &time, &self.envelope.gs06, "X", guide])?;
        Ok(())
    }

    fn close_interchange(&mut self, transactions: usize) -> Result<(), BuildError> {
        self.sheet.segment(&["GE", &transactions.to_string(), &self.envelope.gs06])?;
        self.sheet.segment(&["IEA", "1", &self.envelope.isa13])?;
        Ok(())
    }

    fn open_transaction(&mut self, st02: &str, bht03: &str) -> Result<(), BuildError> {
        let Envelope { us, payer, at, .. } = self.envelope;
        let (date, time) = (at.strftime("%Y%m%d").to_string(), at.strftime("%H%M%S").to_string());
        self.sheet.begin_count();
        self.sheet.segment(&["ST", "837", st02, self.envelope.kind.guide()])?;
        self.sheet.segment(&["BHT", "0019", "00", bht03, &date, &time, &self.envelope.purpose])?;
        self.sheet.segment(&["NM1", "41", "2", &us.name, "", "", "", "", "46", &us.id])?;
        let contact = ["PER", "IC"].into_iter().chain(self.envelope.contact.iter().map(String::as_str));
        self.sheet.segment(&contact.collect::<Vec<_>>())?;
        self.sheet.segment(&["NM1", "40", "2", &payer.name, "", "", "", "", "46", &payer.id])?;
        Ok(())
    }
}

/// Claims that wait to be written, read page by page.
struct Queue<'a, 'p> {
    pages: &'a mut Pages<'p>,
    waiting: Vec<BatchClaim>,
    /// How many of them are written.
    at: usize,
    after: Option<ClaimId>,
}

impl Queue<'_, '_> {
    /// Reads on until `wanted` claims wait or there are no more; says how many wait.
    fn fill(&mut self, wanted: usize) -> Result<usize, StoreError> {
        while self.waiting.len() - self.at < wanted {
            let page = (self.pages)(self.after)?;
            let Some(last) = page.last() else { break };
            self.after = Some(last.id);
            self.waiting.drain(..self.at);
            self.at = 0;
            self.waiting.extend(page);
        }
        Ok(self.waiting.len() - self.at)
    }

    /// The next claims that share a subscriber, at most `room`.
    fn run(&self, room: usize) -> &[BatchClaim] {
        let waiting = &self.waiting[self.at..];
        &waiting[..run_length(&waiting[..room.min(waiting.len())])]
    }
}

/// What the values of the whole file are made of.
fn used_bytes(opener: &Opener, envelope: &Envelope, pages: &mut Pages<'_>) -> Result<Used, BuildError> {
    let mut used = Used::default();
    let Envelope { us, payer, contact, .. } = envelope;
    let own = [us, payer].into_iter().flat_map(|party| [&party.interchange_id, &party.name, &party.id]);
    own.chain(contact).chain([&envelope.payer_id, &envelope.purpose]).for_each(|text| {
        text.bytes().for_each(|byte| used.add(byte));
    });
    let mut sources = Sources::new(opener);
    let mut after = None;
    loop {
        let page = pages(after)?;
        let Some(last) = page.last() else { return Ok(used) };
        after = Some(last.id);
        for (n, claim) in page.iter().enumerate() {
            let known = n.checked_sub(1).map(|before| &page[before]);
            let new = |range: fn(&BatchClaim) -> Range| {
                !known.is_some_and(|known| (known.submission_id, range(known)) == (claim.submission_id, range(claim)))
            };
            let ranges = [
                (claim.provider, new(|claim| claim.provider)),
                (claim.subscriber, new(|claim| claim.subscriber)),
                (claim.patient, new(|claim| claim.patient)),
                (claim.claim, true),
            ];
            for (range, _) in ranges.into_iter().filter(|(range, new)| *new && !range.is_empty()) {
                let (bytes, from) = sources.read(claim, range)?;
                segments(&bytes, from).for_each(|segment| note_values(segment, from, &mut used));
            }
        }
    }
}

/// The segments of a claim's own level that stand before or beside REF*D9 in the three guides.
fn may_precede_trace(segment: &[u8], from: Delimiters) -> bool {
    const IDS: [&[u8]; 9] = [b"CLM", b"DTP", b"CL1", b"DN1", b"DN2", b"PWK", b"CN1", b"AMT", b"REF"];
    let id = elements(segment, from).next().unwrap_or(b"");
    IDS.contains(&id)
}

fn is_named(segment: &[u8], id: &[u8], from: Delimiters) -> bool {
    starts_with(segment, &[id], from)
}

fn starts_with(segment: &[u8], wanted: &[&[u8]], from: Delimiters) -> bool {
    let mut found = elements(segment, from);
    wanted.iter().all(|&wanted| found.next() == Some(wanted))
}
