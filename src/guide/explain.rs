//! The elements of one segment explained: what each is called, what its code means, its value as people write it.

use std::borrow::Cow;

use super::labels::Labels;
use super::model::{Element, Guide, Type};
use super::readable::{Form, readable};
use super::source::{BaseUse, ElementLine};
use super::{Guides, NodeId};
use crate::x12::segment::text_of;
use crate::x12::{Isa, Segment};

/// The data element of a date whose form the element before it names.
const PERIOD: &str = "1251";

/// An element, or a component of one, that holds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    /// As `NM109` or `CLM05-01`.
    pub reference: Cow<'a, str>,
    /// Empty where nothing names it.
    pub name: &'a str,
    /// Which repetition, from 1, where the element is repeated.
    pub repetition: Option<u16>,
    pub value: Cow<'a, str>,
    /// A day, a time or money as people write it, where that is not the value itself.
    pub readable: Option<String>,
    /// Of a code, where a label is known.
    pub meaning: Option<&'a str>,
}

/// Where names and meanings come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Explain<'g> {
    pub guides: &'g Guides,
    pub labels: &'g Labels,
}

/// What is known of an element.
#[derive(Clone, Copy)]
enum Defined<'g> {
    Guide(&'g Guide, &'g Element),
    Envelope(&'g ElementLine),
    Standard(&'g BaseUse),
    Nowhere,
}

/// How to read one value.
struct Reading<'g> {
    reference: Cow<'g, str>,
    /// Data element number.
    number: &'g str,
    name: &'g str,
    /// Outside code list.
    external: Option<&'g str>,
    coded: bool,
    implied_cents: bool,
    moment: Option<Form<'static>>,
}

impl<'g> Explain<'g> {
    /// A segment's name where no guide has a place for it.
    pub fn name(&self, id: &str) -> &'g str {
        let envelope = self.guides.base().control(id).map(|segment| segment.name.as_str());
        envelope.or_else(|| self.labels.segment(id)).unwrap_or("")
    }

    /// By a place in a guide.
    pub fn placed<'a>(&self, guide: &'g Guide, node: NodeId, segment: &Segment<'a>) -> Vec<Shown<'a>>
    where
        'g: 'a,
    {
        let elements = guide.elements(node);
        let defined = |n: usize| elements.get(n - 1).map_or(Defined::Nowhere, |found| Defined::Guide(guide, found));
        self.elements(segment, defined)
    }

    /// By the envelopes' segments or the standard's own.
    pub fn standard<'a>(&self, segment: &Segment<'a>) -> Vec<Shown<'a>>
    where
        'g: 'a,
    {
        let (base, id) = (self.guides.base(), text_of(segment.id()));
        let (control, standard) = (base.control(&id), base.segment(&id));
        self.elements(segment, |n| {
            let envelope = control.and_then(|found| found.els.get(n - 1)).map(Defined::Envelope);
            let other = standard.and_then(|found| found.els.get(n - 1)).map(Defined::Standard);
            envelope.or(other).unwrap_or(Defined::Nowhere)
        })
    }

    pub fn isa<'a>(&self, isa: &Isa<'a>) -> Vec<Shown<'a>>
    where
        'g: 'a,
    {
        let lines = self.guides.base().control("ISA").map_or(&[][..], |found| &found.els);
        let mut shown = Vec::with_capacity(16);
        for n in 1..=16 {
            let defined = lines.get(n - 1).map_or(Defined::Nowhere, Defined::Envelope);
            let value = isa.trimmed(n);
            if !value.is_empty() {
                shown.push(self.value(defined, b"ISA", (n, 0), None, value, b""));
            }
        }
        shown
    }

    fn elements<'a>(&self, segment: &Segment<'a>, defined: impl Fn(usize) -> Defined<'g>) -> Vec<Shown<'a>>
    where
        'g: 'a,
    {
        let count = segment.element_count();
        let mut shown = Vec::with_capacity(count);
        for n in (1..=count).filter(|&n| !segment.element(n).is_empty()) {
            let definition = defined(n);
            let composite = self.is_composite(definition);
            let repeated = segment.repetitions(n).nth(1).is_some();
            for (repetition, whole) in (1..).zip(segment.repetitions(n)).filter(|(_, whole)| !whole.is_empty()) {
                let repetition = repeated.then_some(repetition);
                if !composite {
                    shown.push(self.value(definition, segment.id(), (n, 0), repetition, whole, segment.element(n - 1)));
                    continue;
                }
                let mut before: &[u8] = b"";
                for (c, part) in (1..).zip(whole.split(|&byte| byte == segment.delimiters.component)) {
                    if !part.is_empty() {
                        let component = self.component(definition, c);
                        shown.push(self.value(component, segment.id(), (n, c), repetition, part, before));
                    }
                    before = part;
                }
            }
        }
        shown
    }

    fn is_composite(&self, defined: Defined<'g>) -> bool {
        match defined {
            Defined::Guide(_, element) => element.kind == Type::Composite,
            Defined::Envelope(line) => !line.sub.is_empty(),
            Defined::Standard(used) => !used.sub.is_empty(),
            Defined::Nowhere => false,
        }
    }

    fn component(&self, defined: Defined<'g>, c: usize) -> Defined<'g> {
        let found = match defined {
            Defined::Guide(guide, element) => {
                guide.components(element).get(c - 1).map(|found| Defined::Guide(guide, found))
            }
            Defined::Envelope(line) => line.sub.get(c - 1).map(Defined::Envelope),
            Defined::Standard(used) => used.sub.get(c - 1).map(Defined::Standard),
            Defined::Nowhere => None,
        };
        found.unwrap_or(Defined::Nowhere)
    }

    /// `before` is the value of the element or component before this one.
    fn value<'a>(
        &self,
        defined: Defined<'g>,
        segment: &[u8],
        at: (usize, usize),
        repetition: Option<u16>,
        value: &'a [u8],
        before: &[u8],
    ) -> Shown<'a>
    where
        'g: 'a,
    {
        let reading = self.reading(defined, segment, at);
        let text = borrowed(value);
        let form = match reading.moment {
            Some(moment) => moment,
            None if reading.number == PERIOD => Form::Period(before),
            None if reading.implied_cents => Form::ImpliedCents,
            None if self.labels.is_money(reading.number) => Form::Money,
            None => Form::Plain,
        };
        let labels = self.labels;
        let meaning = match reading.external {
            Some(list) => labels.meaning(list, &text),
            None if reading.coded => labels.meaning(reading.number, &text),
            None => labels
                .meaning(&reading.reference, &text)
                .or_else(|| labels.meaning_after(reading.number, before, &text)),
        };
        let readable = readable(form, value);
        Shown { reference: reading.reference, name: reading.name, repetition, value: text, readable, meaning }
    }

    fn reading(&self, defined: Defined<'g>, segment: &[u8], (n, c): (usize, usize)) -> Reading<'g> {
        let reference = || {
            let component = if c > 0 { format!("-{c:02}") } else { String::new() };
            Cow::Owned(format!("{}{n:02}{component}", text_of(segment)))
        };
        let base = self.guides.base();
        let named = |number: &str| base.element(number).map_or("", |element| element.n.as_str());
        match defined {
            Defined::Guide(guide, element) => {
                let text = guide.text(element);
                Reading {
                    reference: Cow::Borrowed(&text.reference),
                    number: &text.number,
                    name: if text.name.is_empty() { named(&text.number) } else { &text.name },
                    external: text.external.as_deref(),
                    coded: element.kind == Type::Code || guide.codes(element).is_some(),
                    implied_cents: element.kind == Type::Number(2),
                    moment: moment_of(element.kind),
                }
            }
            Defined::Envelope(line) => Reading {
                reference: Cow::Borrowed(&line.e),
                number: &line.d,
                name: &line.n,
                external: None,
                coded: line.codes.is_some(),
                implied_cents: false,
                moment: line.t.as_deref().and_then(super::syntax::kind).and_then(moment_of),
            },
            Defined::Standard(used) => {
                let kind = base.element(&used.d).and_then(|element| super::syntax::kind(&element.t));
                Reading {
                    reference: reference(),
                    number: &used.d,
                    name: named(&used.d),
                    external: None,
                    coded: kind == Some(Type::Code),
                    implied_cents: kind == Some(Type::Number(2)),
                    moment: kind.and_then(moment_of),
                }
            }
            Defined::Nowhere => Reading {
                reference: reference(),
                number: "",
                name: "",
                external: None,
                coded: false,
                implied_cents: false,
                moment: None,
            },
        }
    }
}

/// As [`text_of`], without a copy where there need be none.
pub(super) fn borrowed(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(text_of(bytes)), Cow::Borrowed)
}

fn moment_of(kind: Type) -> Option<Form<'static>> {
    match kind {
        Type::Date => Some(Form::Date),
        Type::Time => Some(Form::Time),
        Type::Text | Type::Code | Type::Number(_) | Type::Decimal | Type::Composite => None,
    }
}
