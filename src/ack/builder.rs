//! Listens to a check and hands over the finished answer files, one of a kind for each interchange.

use std::fmt;
use std::io;

use jiff::civil::DateTime;

use super::draft::{AckFile, AckKind, Body, Draft, Mark, Part};
use super::n277ca::{Claims, Head};
use super::pen::{IsaElements, Pen, cut};
use super::{n999, ta1};
use crate::edits::sink::{CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, SyntaxVerdict};
use crate::edits::{CheckedClaim, Day, Verdict};
use crate::guide::Guide;
use crate::x12::Delimiters;
use crate::x12::envelope::{Group, Interchange, Transaction};

/// Which number is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// ISA13.
    Interchange,
    /// GS06.
    Group,
    /// BHT03 and the receipt's number of a 277CA.
    Reference,
}

/// When a TA1 is sent. One that is asked for with ISA14 is always sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ta1Policy {
    Always,
    #[default]
    OnError,
    Never,
}

/// Who answers, and when.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// ISA06 and ISA05 of the gateway.
    pub id: String,
    pub qualifier: String,
    /// In NM1*AY of the 277CA.
    pub name: String,
    /// ISA15 of what is sent.
    pub usage: String,
    /// In the gateway's time zone.
    pub now: DateTime,
    pub received: Day,
    pub ta1: Ta1Policy,
}

type Numbers<'a> = Box<dyn FnMut(Counter) -> u64 + 'a>;
type Traces<'a> = Box<dyn FnMut(&CheckedClaim<'_>) -> String + 'a>;

/// A [`Sink`] that writes TA1, 999 and 277CA. What it holds in memory does not grow with the claims: see
/// [`super::spool`].
pub struct AckBuilder<'a> {
    envelope: Envelope,
    /// Draws control numbers.
    numbers: Numbers<'a>,
    /// Our trace number of a claim, for REF*D9; empty: none is sent.
    traces: Traces<'a>,
    delimiters: Delimiters,
    /// GS02 of the received group, to whom the answers' groups go.
    partner: String,
    /// The answers to the interchange being read: a transaction of the 999 for each group, one of the 277CA for
    /// each transaction with claims.
    n999: Draft,
    n277ca: Draft,
    group: Option<OpenGroup>,
    /// Groups of the interchange that are no acknowledgements themselves.
    answered_groups: u32,
    claims: Option<Claims>,
    files: Vec<AckFile>,
}

/// The group being read.
#[derive(Debug)]
struct OpenGroup {
    /// The AK2 loops so far that are not in the spool yet; `None` for a group that gets no 999.
    ak2: Option<Pen>,
    /// Where the AK2 loops begin in the spool.
    spooled_from: u64,
    n277ca: Mark,
}

impl fmt::Debug for AckBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AckBuilder").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl<'a> AckBuilder<'a> {
    pub fn new(
        envelope: Envelope,
        numbers: impl FnMut(Counter) -> u64 + 'a,
        traces: impl FnMut(&CheckedClaim<'_>) -> String + 'a,
    ) -> AckBuilder<'a> {
        AckBuilder {
            envelope,
            numbers: Box::new(numbers),
            traces: Box::new(traces),
            delimiters: Delimiters::USUAL,
            partner: String::new(),
            n999: Draft::default(),
            n277ca: Draft::default(),
            group: None,
            answered_groups: 0,
            claims: None,
            files: Vec::new(),
        }
    }

    /// The files finished so far, taken out.
    pub fn take(&mut self) -> Vec<AckFile> {
        std::mem::take(&mut self.files)
    }

    fn pen(&self) -> Pen {
        Pen::new(self.delimiters)
    }

    fn date(&self) -> String {
        self.envelope.now.strftime("%Y%m%d").to_string()
    }

    fn time(&self) -> String {
        self.envelope.now.strftime("%H%M").to_string()
    }

    fn isa(&mut self, interchange: &Interchange) -> (Pen, u64) {
        let control = (self.numbers)(Counter::Interchange);
        let mut pen = self.pen();
        let (envelope, date, time) = (&self.envelope, self.date(), self.time());
        pen.isa(&IsaElements {
            sender: (&envelope.qualifier, &envelope.id),
            receiver: (&interchange.sender_qualifier, &interchange.sender),
            date: date[2..].to_string(),
            time,
            control,
            usage: &envelope.usage,
        });
        (pen, control)
    }

    fn finish(&mut self, kind: AckKind, interchange: &Interchange, body: Body) {
        self.files.push(AckFile { kind, interchange: interchange.control.clone(), body });
    }

    fn ta1(&mut self, checked: &CheckedInterchange<'_>) {
        let rejected = checked.verdict == Verdict::Rejected;
        let answers_only = self.answered_groups == 0 && checked.groups > 0;
        let wanted = match self.envelope.ta1 {
            // Nobody who did not ask waits for the receipt of a receipt.
            Ta1Policy::Always => !answers_only || rejected || checked.interchange.ack_requested,
            Ta1Policy::OnError => rejected || checked.interchange.ack_requested,
            Ta1Policy::Never => checked.interchange.ack_requested,
        };
        // A TA1 is never answered with a TA1.
        let only_ta1s = checked.ta1s > 0 && checked.groups == 0;
        if wanted && !only_ta1s {
            let (mut pen, control) = self.isa(checked.interchange);
            ta1::write(&mut pen, checked);
            iea(&mut pen, "0", control);
            self.finish(AckKind::Ta1, checked.interchange, Body::of(pen.into_bytes()));
        }
    }

    /// One interchange with one group that holds the transactions.
    fn group_file(&mut self, draft: Draft, kind: AckKind, interchange: &Interchange) {
        if draft.transactions == 0 {
            return;
        }
        let (code, version) = match kind {
            AckKind::N277ca => ("HN", "005010X214"),
            AckKind::N999 | AckKind::Ta1 => ("FA", "005010X231A1"),
        };
        let (mut head, control) = self.isa(interchange);
        let number = ((self.numbers)(Counter::Group) % 1_000_000_000).to_string();
        let partner = head.at_least(2, cut(self.partner.as_bytes(), 15), b"UNKNOWN");
        head.begin("GS").element(code).element(&self.envelope.id).element(partner).element(self.date());
        head.element(self.time()).element(&number).element("X").element(version).end();
        let mut tail = self.pen();
        tail.begin("GE").element(draft.transactions.to_string()).element(&number).end();
        iea(&mut tail, "1", control);
        self.finish(kind, interchange, draft.finish(head.into_bytes(), tail.into_bytes()));
    }
}

fn iea(pen: &mut Pen, groups: &str, control: u64) {
    pen.begin("IEA").element(groups).element(format!("{:09}", control % 1_000_000_000)).end();
}

/// Acknowledgements are not acknowledged.
fn is_acknowledgement(group: &Group) -> bool {
    group.code == "FA"
}

/// Delimiters for the answer: those received, with a repetition separator in any case.
fn answering(received: Delimiters) -> Delimiters {
    let free = [b'^', b'!', b'|', b'{'].into_iter().find(|&byte| !received.is_one(byte));
    Delimiters { repetition: received.repetition.or(free), ..received }
}

impl Sink for AckBuilder<'_> {
    fn interchange_start(&mut self, interchange: &Interchange) -> io::Result<()> {
        let usable = interchange.delimiters.fault().is_none() && interchange.delimiters.are_ascii();
        self.delimiters = answering(if usable { interchange.delimiters } else { Delimiters::USUAL });
        self.partner = interchange.sender.clone();
        (self.n999, self.n277ca) = (Draft::default(), Draft::default());
        self.answered_groups = 0;
        Ok(())
    }

    fn group_start(&mut self, group: &Group) -> io::Result<()> {
        if (2..=15).contains(&group.sender.len()) {
            self.partner = group.sender.clone();
        }
        let answered = !is_acknowledgement(group);
        self.answered_groups += u32::from(answered);
        self.group = Some(OpenGroup {
            ak2: answered.then(|| self.pen()),
            spooled_from: self.n999.spool.len(),
            n277ca: self.n277ca.mark(),
        });
        Ok(())
    }

    fn transaction_start(&mut self, _: &Transaction, guide: Option<&Guide>) -> io::Result<()> {
        let holds_claims = guide.is_some_and(|guide| guide.kind.parse::<crate::domain::ClaimKind>().is_ok());
        self.claims = holds_claims.then(|| Claims::new(self.pen(), self.date(), self.n277ca.spool.len()));
        Ok(())
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        let Some(claims) = &mut self.claims else { return Ok(()) };
        let trace = (self.traces)(claim);
        claims.add(claim, &trace, &mut self.n277ca.spool)
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        if let Some(pen) = self.group.as_mut().and_then(|group| group.ak2.as_mut()) {
            n999::transaction(pen, checked);
            pen.pour(&mut self.n999.spool)?;
        }
        let claims = self.claims.take();
        if let Some(claims) = claims.filter(|_| checked.verdict != SyntaxVerdict::Rejected) {
            let head = Head {
                gateway_name: &self.envelope.name,
                gateway_id: &self.envelope.id,
                reference: (self.numbers)(Counter::Reference).to_string(),
                received: format!("{:08}", self.envelope.received.number()),
                date: self.date(),
                time: self.time(),
            };
            let control = format!("{:04}", self.n277ca.transactions + 1);
            claims.finish(&head, checked, &control, &mut self.n277ca)?;
        }
        Ok(())
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        let Some(group) = self.group.take() else { return Ok(()) };
        let refused = !checked.codes.is_empty();
        if let Some(ak2) = group.ak2 {
            let control = format!("{:04}", self.n999.transactions + 1);
            let mut head = self.pen();
            head.begin("ST").element("999").element(&control).element("005010X231A1").end();
            n999::group_header(&mut head, checked.group);
            let mut tail = self.pen();
            n999::group_trailer(&mut tail, checked);
            let end = self.n999.spool.len();
            // Of a group that is refused as a whole, no transaction was judged.
            let (told, from) = if refused { (0, end) } else { (ak2.segments, group.spooled_from) };
            let count = head.segments + told + tail.segments + 1;
            tail.begin("SE").element(count.to_string()).element(&control).end();
            let (head, tail) = (Part::Own(head.into_bytes()), Part::Own(tail.into_bytes()));
            self.n999.add([head, Part::Spooled(from..end), tail]);
        }
        if refused {
            self.n277ca.back_to(group.n277ca);
        }
        Ok(())
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        self.ta1(checked);
        let (n999, n277ca) = (std::mem::take(&mut self.n999), std::mem::take(&mut self.n277ca));
        if checked.verdict == Verdict::Accepted {
            self.group_file(n999, AckKind::N999, checked.interchange);
            self.group_file(n277ca, AckKind::N277ca, checked.interchange);
        }
        Ok(())
    }
}
