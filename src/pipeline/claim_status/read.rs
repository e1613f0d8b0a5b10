//! Reads a 276 that its guide has no fault with: the levels, which the 277 repeats as they stand, and what is asked of
//! each claim.

use super::lines::AskedLine;
use crate::domain::{Cents, Phi};
use crate::edits::Day;
use crate::pipeline::answers::claimed::joined;
use crate::pipeline::answers::walk::{Head, Listener, walk};
use crate::x12::envelope::Interchange;
use crate::x12::{Delimiters, Segment};

/// One ST of the request.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub delimiters: Delimiters,
    pub lines: Vec<Line>,
}

#[derive(Debug)]
pub(super) enum Line {
    /// HL or NM1, as it came.
    Level(Phi<Vec<u8>>),
    Asked(Box<Asked>),
}

/// What is known of the claim that is asked about. Empty: not said.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// TRN02, which the answer brings back.
    pub reference: String,
    /// NM109 of 2100A.
    pub payer_id: String,
    /// NM108 and NM109 of 2100C.
    pub providers: Vec<(String, String)>,
    pub member_id: Phi<String>,
    /// REF*D9.
    pub trace: String,
    /// REF*1K.
    pub payer_claim_control_number: Phi<String>,
    /// REF*EJ.
    pub patient_control_number: Phi<String>,
    /// AMT*T3.
    pub charge: Option<Cents>,
    /// First and last day of DTP*472, of the claim or of its lines.
    pub service: Option<(Day, Day)>,
    /// SVC with what stands under it.
    pub lines: Vec<AskedLine>,
    /// REF*EJ and DTP*472 as they came, for an answer that has nothing else to say.
    pub own_words: Vec<Phi<Vec<u8>>>,
    pub raw: Raw,
}

/// Segments as they came, each with its terminator, for a question that is passed on.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    /// NM1 of 2100C.
    pub provider: Phi<Vec<u8>>,
    /// DMG and NM1 of the subscriber's level and of the dependent's; empty: the subscriber is the patient.
    pub subscriber: Phi<Vec<u8>>,
    pub dependent: Phi<Vec<u8>>,
    /// What stands behind TRN.
    pub details: Phi<Vec<u8>>,
}

fn append(to: &mut Phi<Vec<u8>>, segment: &Segment<'_>) {
    let mut bytes = std::mem::take(to).reveal().clone();
    bytes.extend_from_slice(segment.bytes);
    bytes.push(segment.delimiters.segment);
    *to = Phi::new(bytes);
}

pub(super) fn read(bytes: &[u8]) -> Vec<Request> {
    let mut reader = Reader::default();
    walk(bytes, &mut reader);
    reader.requests
}

#[derive(Default)]
struct Reader {
    requests: Vec<Request>,
    /// What the levels above say, for the claims under them.
    level: Asked,
    asked: Option<Box<Asked>>,
    /// HL03 of the level.
    code: Vec<u8>,
}

impl Reader {
    fn request(&mut self) -> &mut Vec<Line> {
        if self.requests.is_empty() {
            self.requests.push(Request::default());
        }
        &mut self.requests.last_mut().expect("made above").lines
    }

    fn end_asked(&mut self) {
        if let Some(asked) = self.asked.take() {
            self.request().push(Line::Asked(asked));
        }
    }

    fn level(&mut self, segment: &Segment<'_>) {
        self.end_asked();
        self.code = segment.element(3).to_vec();
        match segment.element(3) {
            b"20" => self.level = Asked::default(),
            b"19" => self.level = Asked { payer_id: std::mem::take(&mut self.level.payer_id), ..Asked::default() },
            b"22" => {
                self.level.member_id = Phi::default();
                (self.level.raw.subscriber, self.level.raw.dependent) = (Phi::default(), Phi::default());
            }
            b"23" => self.level.raw.dependent = Phi::default(),
            _ => {}
        }
        self.repeat(segment);
    }

    fn name(&mut self, segment: &Segment<'_>) {
        match segment.element(1) {
            b"PR" => self.level.payer_id = segment.text(9),
            b"1P" => self.level.providers.push((segment.text(8), segment.text(9))),
            b"IL" => self.level.member_id = Phi::new(segment.text(9)),
            _ => {}
        }
        self.keep(segment);
        self.repeat(segment);
    }

    /// Who the level is about.
    fn keep(&mut self, segment: &Segment<'_>) {
        match self.code.as_slice() {
            b"19" => append(&mut self.level.raw.provider, segment),
            b"22" => append(&mut self.level.raw.subscriber, segment),
            b"23" => append(&mut self.level.raw.dependent, segment),
            _ => {}
        }
    }

    fn repeat(&mut self, segment: &Segment<'_>) {
        let bytes = segment.bytes.to_vec();
        self.request().push(Line::Level(Phi::new(bytes)));
    }

    fn detail(&mut self, segment: &Segment<'_>) {
        let Some(asked) = &mut self.asked else {
            return self.keep(segment);
        };
        append(&mut asked.raw.details, segment);
        match (segment.id(), segment.element(1)) {
            (b"SVC", _) => asked.lines.push(AskedLine {
                procedure: joined(segment.element(1), segment.delimiters.component),
                charge: Cents::from_x12(segment.element(2)).unwrap_or_default(),
                revenue_code: segment.text(4),
                units: segment.text(7),
                ..AskedLine::default()
            }),
            (b"DTP", b"472") => {
                let days = Day::read_period(segment.element(2), segment.element(3));
                asked.service = match (asked.service, days) {
                    (Some((from, to)), Some((first, last))) => Some((from.min(first), to.max(last))),
                    (before, days) => before.or(days),
                };
                match asked.lines.last_mut() {
                    Some(line) => (line.days, line.period) = (days, segment.text(3)),
                    None => asked.own_words.push(Phi::new(segment.bytes.to_vec())),
                }
            }
            (b"REF", b"FJ") => {
                if let Some(line) = asked.lines.last_mut() {
                    line.control_number = segment.text(2);
                }
            }
            (_, _) if !asked.lines.is_empty() => {}
            (b"REF", b"D9") => asked.trace = segment.text(2),
            (b"REF", b"1K") => asked.payer_claim_control_number = Phi::new(segment.text(2)),
            (b"REF", b"EJ") => {
                asked.patient_control_number = Phi::new(segment.text(2));
                asked.own_words.push(Phi::new(segment.bytes.to_vec()));
            }
            (b"AMT", b"T3") => asked.charge = Cents::from_x12(segment.element(2)),
            _ => {}
        }
    }
}

impl Listener for Reader {
    fn ta1(&mut self, _: &Interchange, _: &Segment<'_>) {}

    fn start(&mut self, head: Head) {
        self.level = Asked::default();
        self.requests.push(Request { delimiters: head.interchange.delimiters, lines: Vec::new() });
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        match segment.id() {
            b"HL" => self.level(segment),
            b"NM1" => self.name(segment),
            b"TRN" => {
                self.end_asked();
                let asked = Asked { reference: segment.text(2), ..self.level.clone() };
                self.asked = Some(Box::new(asked));
            }
            _ => self.detail(segment),
        }
    }

    fn end(&mut self, _: u64) {
        self.end_asked();
    }
}
