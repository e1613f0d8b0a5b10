//! Findings of the walk: their place, their words, their codes.

use std::borrow::Cow;
use std::fmt::Display;

use super::model::{Element, Guide};
use super::{Found, Standing, Tag};
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope};
use crate::x12::segment::text_of;

/// IK404 holds at most so many characters.
const VALUE_CHARS_MAX: usize = 99;

/// Where a segment is: its position in the transaction and its place in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Here {
    pub position: u32,
    pub offset: u64,
    pub line: u32,
}

/// What the findings of one segment share.
pub(super) struct Tell<'o> {
    pub out: &'o mut Vec<Found>,
    pub guide: &'o Guide,
    pub here: Here,
    pub segment: Tag,
    pub loop_id: Tag,
    pub standing: Standing,
}

/// A broken rule before it has a place.
pub(super) struct Fault<'f> {
    pub edit: &'static Edit,
    pub snip: u8,
    /// IK304 or IK403.
    pub code: &'static str,
    pub element: Option<(&'f Element, Option<u16>)>,
    pub value: &'f [u8],
    pub message: String,
    pub fix: Cow<'static, str>,
}

impl<'f> Fault<'f> {
    /// A fault of the segment as a whole.
    pub fn new(edit: &'static Edit, facts: &[&dyn Display]) -> Fault<'f> {
        let (message, fix) = (edit.say(facts), Cow::Borrowed(edit.fix));
        Fault { edit, snip: edit.snip, code: edit.ack_code(), element: None, value: b"", message, fix }
    }

    pub fn of(self, element: &'f Element, repetition: Option<u16>, value: &'f [u8]) -> Fault<'f> {
        Fault { element: Some((element, repetition)), value, ..self }
    }

    /// A hint that knows more than the catalogue's.
    pub fn fix(self, fix: String) -> Fault<'f> {
        Fault { fix: Cow::Owned(fix), ..self }
    }

    /// Another level than the catalogue's: what the guide forbids, X12 itself may forbid or allow.
    pub fn level(self, snip: u8) -> Fault<'f> {
        Fault { snip, ..self }
    }

    /// Another of the catalogue's codes than the first.
    pub fn code(self, code: &'static str) -> Fault<'f> {
        Fault { code, ..self }
    }
}

impl Tell<'_> {
    #[cold]
    pub fn push(&mut self, fault: Fault<'_>) {
        let code = (!fault.code.is_empty()).then_some(Cow::Borrowed(fault.code));
        let mut ack = AckCodes::default();
        let mut place = Place {
            segment: Some(SegmentPlace {
                id: Cow::Owned(self.segment.to_string()),
                position: self.here.position,
                offset: self.here.offset,
                line: self.here.line,
            }),
            loop_id: (!self.loop_id.is_none()).then(|| Cow::Owned(self.loop_id.to_string())),
            ..Place::default()
        };
        match fault.element {
            None => ack.ik3 = code,
            Some((element, repetition)) => {
                ack.ik4 = code;
                ack.data_element = Some(Cow::Owned(self.guide.text(element).number.clone()));
                place.element = Some(u16::from(element.position));
                place.component = (element.component > 0).then_some(u16::from(element.component));
                place.repetition = repetition;
            }
        }
        let value = (!fault.value.is_empty()).then(|| text_of(fault.value).chars().take(VALUE_CHARS_MAX).collect());
        let finding = Finding {
            edit: Cow::Borrowed(fault.edit.id),
            snip: fault.snip,
            severity: fault.edit.severity,
            scope: scope_of(self.standing),
            place,
            value,
            message: fault.message,
            fix: fault.fix.into_owned(),
            ack,
            statuses: fault.edit.status_codes(""),
            trigger: None,
        };
        self.out.push(Found { finding, standing: self.standing });
    }

    /// A fault at an element told by its position.
    #[cold]
    pub fn push_at(&mut self, fault: Fault<'_>, element: u16, data_element: Option<&'static str>) {
        let code = fault.code;
        self.push(fault);
        if let Some(Found { finding, .. }) = self.out.last_mut() {
            finding.place.element = Some(element);
            let data_element = data_element.map(Cow::Borrowed);
            finding.ack = AckCodes { ik4: Some(Cow::Borrowed(code)), data_element, ..AckCodes::default() };
        }
    }

    /// `SV102 (line item charge amount)`.
    pub fn label(&self, element: &Element) -> String {
        let text = self.guide.text(element);
        match text.name.as_str() {
            "" => text.reference.clone(),
            name => format!("{} ({})", text.reference, spoken(name)),
        }
    }
}

/// What an error there rejects.
pub(super) fn scope_of(standing: Standing) -> Scope {
    match standing {
        Standing::Transaction => Scope::Transaction,
        Standing::Level { .. } | Standing::Claim { .. } => Scope::Claim,
    }
}

/// A name of the schemas inside a sentence: small letters, but for short forms such as `ID`.
pub(super) fn spoken(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for (nth, word) in name.split(' ').enumerate() {
        if nth > 0 {
            text.push(' ');
        }
        match word.chars().any(char::is_lowercase) {
            true => text.extend(word.chars().flat_map(char::to_lowercase)),
            false => text.push_str(word),
        }
    }
    text
}
