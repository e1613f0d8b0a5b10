//! Whether a segment is sound, asked first and answered without a word: nearly all are. Only where the answer is
//! no does [`super::check`] look again and say what is wrong.

use memchr::memchr2;

use super::codes::CodeSet;
use super::model::{Element, Guide, Node, Type, Usage};
use super::values;
use crate::x12::Segment;

/// What an element must be, in the few bytes that the question needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick {
    form: Form,
    min: u8,
    max: u8,
    /// Components of a composite.
    count: u8,
    /// The first component, or the code list.
    first: u32,
    /// Which components must be there.
    required: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    /// One of a list whose codes all have a right length.
    Listed,
    Digits(Type),
    Date,
    Time,
    /// In the form that the element before it names.
    Period,
    Composite,
    /// Must be empty, or is too rare to have a quick answer.
    Never,
}

/// Lengths up to this one fit.
const LENGTH_MAX: u16 = 255;

impl Quick {
    pub fn of(element: &Element, codes: &[CodeSet]) -> Quick {
        let max = if element.guide_max > 0 { element.max.min(element.guide_max) } else { element.max };
        let listed = element.codes.map(|at| (u32::from(at), &codes[usize::from(at)]));
        let form = match (element.kind, &listed) {
            _ if element.usage == Usage::NotUsed || element.min > LENGTH_MAX => Form::Never,
            _ if element.pattern.is_some() => Form::Never,
            (_, Some((_, codes))) => match codes.lengths_within(element.min, max) && !element.format_before {
                true => Form::Listed,
                false => Form::Never,
            },
            (Type::Text | Type::Code, None) if element.format_before => Form::Period,
            (Type::Text | Type::Code, None) => Form::Text,
            (Type::Number(_) | Type::Decimal, None) => Form::Digits(element.kind),
            (Type::Date, None) if element.min == 8 && max == 8 => Form::Date,
            (Type::Time, None) => Form::Time,
            (Type::Composite, None) => Form::Composite,
            (Type::Date, None) => Form::Never,
        };
        Quick {
            form,
            min: element.min as u8,
            max: max.min(LENGTH_MAX) as u8,
            count: element.component_count,
            first: listed.map_or(element.first_component, |(at, _)| at),
            required: 0,
        }
    }

    /// Says which components of a composite must be there.
    pub fn with_components(self, components: &[Element]) -> Quick {
        let required = components.iter().enumerate().filter(|(_, part)| part.usage == Usage::Required);
        match components.len() <= 32 {
            true => Quick { required: required.fold(0, |mask, (n, _)| mask | 1 << n), ..self },
            false => Quick { form: Form::Never, ..self },
        }
    }

    #[inline]
    fn has_length(&self, length: usize) -> bool {
        length >= usize::from(self.min) && length <= usize::from(self.max)
    }
}

/// True when nothing at all can be said against the segment, not even a warning.
#[inline]
pub(super) fn is_sound(guide: &Guide, node: &Node, segment: &Segment<'_>) -> bool {
    let count = segment.element_count();
    if segment.looks.odd() || count > usize::from(node.element_count) || count == 0 {
        return false;
    }
    let quicks = &guide.quick[node.first_element as usize..][..count];
    let nested = segment.looks.nested();
    let mut present = 0u64;
    let mut before: &[u8] = b"";
    for (n, quick) in quicks.iter().enumerate() {
        let value = segment.element(n + 1);
        if !value.is_empty() {
            present |= 1 << n;
            if !sound(guide, quick, value, before, nested.then_some(segment)) {
                return false;
            }
        }
        before = value;
    }
    // A last element that is empty has separators too many.
    !before.is_empty() && node.required_mask & !present == 0 && node.notes.iter().all(|note| note.holds(present))
}

/// `nested` is the segment where it holds separators inside elements.
#[inline]
fn sound(guide: &Guide, quick: &Quick, value: &[u8], before: &[u8], nested: Option<&Segment<'_>>) -> bool {
    match (quick.form, nested) {
        (Form::Composite, Some(segment)) => composite(guide, quick, value, segment),
        (Form::Composite, None) => quick.required & !1 == 0 && part(guide, quick, 0, value, b""),
        // Everything else with a form cannot hold separators and be right.
        (Form::Text | Form::Period, Some(segment)) => {
            let component = segment.delimiters.component;
            let repetition = segment.delimiters.repetition.unwrap_or(component);
            memchr2(component, repetition, value).is_none() && plain(guide, quick, value, before)
        }
        (Form::Text | Form::Period | Form::Listed | Form::Digits(_) | Form::Date | Form::Time | Form::Never, _) => {
            plain(guide, quick, value, before)
        }
    }
}

#[inline]
fn plain(guide: &Guide, quick: &Quick, value: &[u8], before: &[u8]) -> bool {
    match quick.form {
        Form::Text => quick.has_length(value.len()) && value[value.len() - 1] != b' ',
        Form::Listed => guide.codes[quick.first as usize].contains(value),
        Form::Digits(kind) => values::digits(kind, value).is_ok_and(|count| quick.has_length(count)),
        Form::Date => crate::x12::dates::is_date(value),
        Form::Time => quick.has_length(value.len()) && crate::x12::dates::is_time(value),
        Form::Period => {
            quick.has_length(value.len()) && value[value.len() - 1] != b' ' && values::period(before, value).is_ok()
        }
        Form::Composite | Form::Never => false,
    }
}

/// A composite that is not repeated.
fn composite(guide: &Guide, quick: &Quick, value: &[u8], segment: &Segment<'_>) -> bool {
    let (component, repetition) = (segment.delimiters.component, segment.delimiters.repetition);
    let (mut from, mut count, mut present, mut before): (usize, usize, u32, &[u8]) = (0, 0, 0, b"");
    loop {
        let rest = &value[from..];
        let mut length = 0;
        while length < rest.len() && rest[length] != component {
            if Some(rest[length]) == repetition {
                return false;
            }
            length += 1;
        }
        let one = &rest[..length];
        if count >= usize::from(quick.count) {
            return false;
        }
        if !one.is_empty() {
            present |= 1 << count;
            if !part(guide, quick, count, one, before) {
                return false;
            }
        }
        (before, count) = (one, count + 1);
        if length == rest.len() {
            break;
        }
        from += length + 1;
    }
    // A last component that is empty has separators too many.
    !before.is_empty() && quick.required & !present == 0
}

#[inline]
fn part(guide: &Guide, quick: &Quick, at: usize, value: &[u8], before: &[u8]) -> bool {
    at < usize::from(quick.count) && plain(guide, &guide.quick[quick.first as usize + at], value, before)
}
