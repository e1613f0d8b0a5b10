//! Whether a segment is sound, asked first and answered without a word: nearly all are. Only where the answer is
//! no does [`super::check`] look again and say what is wrong.

use super::Tag;
use super::codes::CodeSet;
use super::model::{Element, Guide, Node, SyntaxNote, Type, Usage};
use super::values;
use crate::x12::Segment;

/// What an element must be, in the few bytes that the question needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick {
    form: Form,
    min: u8,
    max: u8,
    /// Components of a composite, or codes of a list.
    count: u8,
    /// The first component in [`Guide`]'s elements, or the first code in its listed ones.
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
/// Codes that are compared one by one.
const LISTED_MAX: usize = 32;

impl Quick {
    /// `listed` takes the codes of a list, unless they are many.
    pub fn of(element: &Element, codes: &[CodeSet], listed: &mut Vec<Tag>) -> Quick {
        let max = if element.guide_max > 0 { element.max.min(element.guide_max) } else { element.max };
        let mut quick = Quick {
            form: Form::Never,
            min: element.min as u8,
            max: max.min(LENGTH_MAX) as u8,
            count: element.component_count,
            first: element.first_component,
            required: 0,
        };
        if element.usage == Usage::NotUsed || element.min > LENGTH_MAX || element.pattern.is_some() {
            return quick;
        }
        if let Some(at) = element.codes {
            let codes = &codes[usize::from(at)];
            let short = codes.tags().filter(|tags| tags.len() <= LISTED_MAX && !element.format_before);
            if let Some(tags) = short.filter(|_| codes.lengths_within(element.min, max)) {
                (quick.form, quick.first, quick.count) = (Form::Listed, listed.len() as u32, tags.len() as u8);
                listed.extend(tags);
            }
            return quick;
        }
        quick.form = match element.kind {
            Type::Text | Type::Code if element.format_before => Form::Period,
            Type::Text | Type::Code => Form::Text,
            Type::Number(_) | Type::Decimal => Form::Digits(element.kind),
            Type::Date if element.min == 8 && max == 8 => Form::Date,
            Type::Date => Form::Never,
            Type::Time => Form::Time,
            Type::Composite => Form::Composite,
        };
        quick
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

/// What the walk needs of each segment's [`Node`], side by side: nodes themselves are large and hold names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hot {
    pub segment: Tag,
    pub loop_id: Tag,
    required_mask: u64,
    first_element: u32,
    /// In [`Guide`]'s list of them.
    first_note: u16,
    notes: u8,
    elements: u8,
}

impl Hot {
    /// `notes` takes the node's syntax notes.
    pub fn of(node: &Node, notes: &mut Vec<SyntaxNote>) -> Hot {
        let first_note = notes.len() as u16;
        notes.extend(node.notes.iter().copied());
        Hot {
            segment: node.segment,
            loop_id: node.loop_id,
            required_mask: node.required_mask,
            first_element: node.first_element,
            first_note,
            notes: node.notes.len() as u8,
            elements: node.element_count.min(u16::from(u8::MAX)) as u8,
        }
    }
}

/// True when nothing at all can be said against the segment, not even a warning.
#[inline]
pub(super) fn is_sound(guide: &Guide, node: &Hot, segment: &Segment<'_>) -> bool {
    let count = segment.element_count();
    if segment.looks.odd() || count > usize::from(node.elements) || count == 0 {
        return false;
    }
    let quicks = &guide.quick[node.first_element as usize..][..count];
    let nested = segment.looks.nested();
    let places = &segment.starts[..count + 2];
    let (mut present, mut bit) = (0u64, 1u64);
    let (mut before, mut begin): (&[u8], u32) = (b"", places[1] - places[0]);
    for (quick, &place) in quicks.iter().zip(&places[2..]) {
        let next = place - places[0];
        let value = segment.bytes.get(begin as usize..next as usize - 1).unwrap_or(b"");
        if !value.is_empty() {
            present |= bit;
            if !sound(guide, quick, value, before, nested, segment) {
                return false;
            }
        }
        bit <<= 1;
        (before, begin) = (value, next);
    }
    // A last element that is empty has separators too many.
    !before.is_empty()
        && node.required_mask & !present == 0
        && guide.notes[usize::from(node.first_note)..][..usize::from(node.notes)].iter().all(|note| note.holds(present))
}

/// `nested`: the segment holds separators inside elements.
#[inline(always)]
fn sound(guide: &Guide, quick: &Quick, value: &[u8], before: &[u8], nested: bool, segment: &Segment<'_>) -> bool {
    if nested {
        return sound_in_nested(guide, quick, value, before, segment);
    }
    match quick.form {
        Form::Composite => quick.required & !1 == 0 && part(guide, quick, 0, value, b""),
        Form::Text | Form::Period | Form::Listed | Form::Digits(_) | Form::Date | Form::Time | Form::Never => {
            plain(guide, quick, value, before)
        }
    }
}

#[inline(never)]
fn sound_in_nested(guide: &Guide, quick: &Quick, value: &[u8], before: &[u8], segment: &Segment<'_>) -> bool {
    match quick.form {
        Form::Composite => composite(guide, quick, value, segment),
        // A separator may be a point or a minus, so that numbers can hold one too.
        Form::Text | Form::Period | Form::Listed | Form::Digits(_) | Form::Date | Form::Time | Form::Never => {
            let component = segment.delimiters.component;
            let repetition = segment.delimiters.repetition.unwrap_or(component);
            value.iter().all(|&byte| byte != component && byte != repetition) && plain(guide, quick, value, before)
        }
    }
}

#[inline(always)]
fn plain(guide: &Guide, quick: &Quick, value: &[u8], before: &[u8]) -> bool {
    match quick.form {
        Form::Text => quick.has_length(value.len()) && value[value.len() - 1] != b' ',
        Form::Listed => Tag::of(value)
            .is_some_and(|value| guide.listed[quick.first as usize..][..usize::from(quick.count)].contains(&value)),
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

#[inline(always)]
fn part(guide: &Guide, quick: &Quick, at: usize, value: &[u8], before: &[u8]) -> bool {
    at < usize::from(quick.count) && plain(guide, &guide.quick[quick.first as usize + at], value, before)
}
