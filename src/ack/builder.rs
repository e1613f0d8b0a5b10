//! Listens to a check and hands over the finished answer files, one of a kind for each interchange.

use std::fmt;
use std::io;

use jiff::civil::DateTime;

use super::n277ca::{Claims, Head};
use super::pen::{IsaElements, Pen};
use super::{n999, ta1};
use crate::edits::sink::{CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, SyntaxVerdict};
use crate::edits::{CheckedClaim, Day, Verdict};
use crate::guide::Guide;
use crate::x12::Delimiters;
use crate::x12::envelope::{Group, Interchange, Transaction};

/// A finished answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckFile {
    pub kind: AckKind,
    /// ISA13 of the interchange it answers.
    pub interchange: String,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AckKind {
    Ta1,
    N999,
    N277ca,
}

impl AckKind {
    pub fn as_str(self) -> &'static str {
        match self {
            AckKind::Ta1 => "ta1",
            AckKind::N999 => "999",
            AckKind::N277ca => "277ca",
        }
    }
}

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

/// A [`Sink`] that writes TA1, 999 and 277CA. It holds the answers to one interchange at a time, and the
/// claims' part of one 277CA.
pub struct AckBuilder<'a> {
    envelope: Envelope,
    /// Draws control numbers.
    numbers: Numbers<'a>,
    /// Our trace number of a claim, for REF*D9; empty: none is sent.
    traces: Traces<'a>,
    delimiters: Delimiters,
    /// GS02 of the received group, to whom the answers' groups go.
    partner: String,
    /// Transactions of the 999 and of the 277CA that are finished, and those of the group being read.
    n999: Vec<Pen>,
    n277ca: Vec<Pen>,
    of_group: Vec<Pen>,
    ak2: Option<Pen>,
    ak1: Option<Pen>,
    claims: Option<Claims>,
    files: Vec<AckFile>,
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
            n999: Vec::new(),
            n277ca: Vec::new(),
            of_group: Vec::new(),
            ak2: None,
            ak1: None,
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

    fn finish(&mut self, mut pen: Pen, groups: &str, control: u64, kind: AckKind, interchange: &Interchange) {
        pen.begin("IEA").element(groups).element(format!("{:09}", control % 1_000_000_000)).end();
        self.files.push(AckFile { kind, interchange: interchange.control.clone(), bytes: pen.into_bytes() });
    }

    fn ta1(&mut self, checked: &CheckedInterchange<'_>) {
        let rejected = checked.verdict == Verdict::Rejected;
        let wanted = match self.envelope.ta1 {
            Ta1Policy::Always => true,
            Ta1Policy::OnError => rejected || checked.interchange.ack_requested,
            Ta1Policy::Never => checked.interchange.ack_requested,
        };
        // A TA1 is never answered with a TA1.
        let only_ta1s = checked.ta1s > 0 && checked.groups == 0;
        if wanted && !only_ta1s {
            let (mut pen, control) = self.isa(checked.interchange);
            ta1::write(&mut pen, checked);
            self.finish(pen, "0", control, AckKind::Ta1, checked.interchange);
        }
    }

    /// One interchange with one group that holds the transactions.
    fn group_file(&mut self, bodies: &[Pen], kind: AckKind, interchange: &Interchange) {
        if bodies.is_empty() {
            return;
        }
        let (code, version) = match kind {
            AckKind::N277ca => ("HN", "005010X214"),
            AckKind::N999 | AckKind::Ta1 => ("FA", "005010X231A1"),
        };
        let (mut pen, control) = self.isa(interchange);
        let number = ((self.numbers)(Counter::Group) % 1_000_000_000).to_string();
        pen.begin("GS").element(code).element(&self.envelope.id).element(&self.partner).element(self.date());
        pen.element(self.time()).element(&number).element("X").element(version).end();
        for body in bodies {
            pen.append(body);
        }
        pen.begin("GE").element(bodies.len().to_string()).element(&number).end();
        self.finish(pen, "1", control, kind, interchange);
    }
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
        let usable = interchange.delimiters.fault().is_none();
        self.delimiters = answering(if usable { interchange.delimiters } else { Delimiters::USUAL });
        self.partner = interchange.sender.clone();
        self.n999.clear();
        self.n277ca.clear();
        Ok(())
    }

    fn group_start(&mut self, group: &Group) -> io::Result<()> {
        if (2..=15).contains(&group.sender.len()) {
            self.partner = group.sender.clone();
        }
        self.of_group.clear();
        if is_acknowledgement(group) {
            (self.ak1, self.ak2) = (None, None);
            return Ok(());
        }
        let mut pen = self.pen();
        n999::group_header(&mut pen, group);
        (self.ak1, self.ak2) = (Some(pen), Some(self.pen()));
        Ok(())
    }

    fn transaction_start(&mut self, _: &Transaction, guide: Option<&Guide>) -> io::Result<()> {
        let holds_claims = guide.is_some_and(|guide| guide.kind.parse::<crate::domain::ClaimKind>().is_ok());
        self.claims = holds_claims.then(|| Claims::new(self.pen(), self.date()));
        Ok(())
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        if let Some(claims) = &mut self.claims {
            let trace = (self.traces)(claim);
            claims.add(claim, &trace);
        }
        Ok(())
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        if let Some(pen) = &mut self.ak2 {
            n999::transaction(pen, checked);
        }
        let claims = self.claims.take();
        if let Some(claims) = claims.filter(|_| checked.verdict != SyntaxVerdict::Rejected) {
            let head = Head {
                gateway_name: &self.envelope.name,
                gateway_id: &self.envelope.id,
                reference: (self.numbers)(Counter::Reference).to_string(),
                received: format!("{:08}", self.envelope.received.number()),
                date: self.envelope.now.strftime("%Y%m%d").to_string(),
                time: self.envelope.now.strftime("%H%M").to_string(),
            };
            let control = format!("{:04}", self.n277ca.len() + self.of_group.len() + 1);
            self.of_group.push(claims.finish(&head, checked, &control));
        }
        Ok(())
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        let refused = !checked.codes.is_empty();
        if let (Some(ak1), Some(ak2)) = (self.ak1.take(), self.ak2.take()) {
            let mut pen = self.pen();
            let control = format!("{:04}", self.n999.len() + 1);
            pen.begin("ST").element("999").element(&control).element("005010X231A1").end();
            pen.append(&ak1);
            if !refused {
                pen.append(&ak2);
            }
            n999::group_trailer(&mut pen, checked);
            let count = pen.segments + 1;
            pen.begin("SE").element(count.to_string()).element(&control).end();
            self.n999.push(pen);
        }
        if !refused {
            self.n277ca.append(&mut self.of_group);
        }
        self.of_group.clear();
        Ok(())
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        self.ta1(checked);
        let (n999, n277ca) = (std::mem::take(&mut self.n999), std::mem::take(&mut self.n277ca));
        if checked.verdict == Verdict::Accepted {
            self.group_file(&n999, AckKind::N999, checked.interchange);
            self.group_file(&n277ca, AckKind::N277ca, checked.interchange);
        }
        Ok(())
    }
}
