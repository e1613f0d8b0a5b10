//! One segment against its node: which elements must, may and must not be there, their lengths, forms and codes,
//! and the conditions between them.

use std::fmt::Display;

use memchr::{memchr, memchr2};

use super::edits;
use super::model::{Element, Guide, Node, Rule, Type, Usage};
use super::tell::{Fault, Tell};
use super::values;
use crate::x12::Segment;

/// What is known of a segment as a whole, so that its elements need not be searched one by one.
#[derive(Clone, Copy)]
struct Traits {
    /// It holds a control character or a byte that is not ASCII.
    odd: bool,
    component: u8,
    /// The component separator where there is no repetition separator.
    repetition: u8,
    repeats: bool,
}

/// Checks all elements of a placed segment.
pub(super) fn elements(guide: &Guide, node: &Node, segment: &Segment<'_>, tell: &mut Tell<'_>) {
    let delimiters = segment.delimiters;
    let component = delimiters.component;
    let repetition = delimiters.repetition.unwrap_or(component);
    let odd = segment.bytes.iter().fold(false, |odd, byte| odd | (byte.wrapping_sub(b' ') > b'~' - b' '));
    let traits = Traits { odd, component, repetition, repeats: delimiters.repetition.is_some() };
    let nested = memchr2(component, repetition, segment.bytes).is_some();
    let defined = &guide.elements[node.first_element as usize..][..usize::from(node.element_count)];
    let count = segment.element_count();
    let mut present = 0u64;
    let mut before: &[u8] = b"";
    for (n, element) in defined.iter().enumerate().take(count) {
        let bytes = segment.element(n + 1);
        if !bytes.is_empty() {
            if bytes[0] == b' ' && bytes.iter().all(|&b| b == b' ') {
                blank(element, bytes, tell);
            } else {
                present |= 1 << n;
                match element.kind {
                    _ if element.usage == Usage::NotUsed => {}
                    Type::Composite => compound(guide, element, bytes, traits, tell),
                    _ if nested && memchr2(component, repetition, bytes).is_some() => {
                        compound(guide, element, bytes, traits, tell)
                    }
                    _ => value(guide, element, bytes, before, None, traits.odd, tell),
                }
            }
        }
        before = bytes;
    }
    if count > defined.len() {
        too_many(defined.len(), segment, tell);
    }
    let missing = node.required_mask & !present;
    let unwanted = node.not_used_mask & present;
    if missing | unwanted != 0 {
        usage(defined, missing, unwanted, segment, tell);
    }
    for note in node.notes.iter().filter(|note| !note.holds(present)) {
        // What is missing or unwanted anyway was told already.
        if note.all & (missing | unwanted) == 0 {
            syntax_note(defined, note.rule, note.first, note.all, present, tell);
        }
    }
    if count > 0 && segment.element(count).is_empty() {
        tell.push(Fault::new(&edits::TRAILING_SEPARATORS, &[&"The segment"]));
    }
}

#[cold]
fn blank(element: &Element, bytes: &[u8], tell: &mut Tell<'_>) {
    let facts: [&dyn Display; 2] = [&tell.label(element), &" and holds nothing else, which counts as empty"];
    tell.push(Fault::new(&edits::TRAILING_SPACES, &facts).of(element, None, bytes));
}

#[cold]
fn too_many(defined: usize, segment: &Segment<'_>, tell: &mut Tell<'_>) {
    let count = segment.element_count();
    if (defined + 1..=count).all(|n| segment.element(n).is_empty()) {
        return;
    }
    let mut fault = Fault::new(&edits::ELEMENT_TOO_MANY, &[&tell.segment, &count, &defined]);
    fault.value = segment.element(defined + 1);
    tell.push_at(fault, defined as u16 + 1, None);
}

#[cold]
fn usage(defined: &[Element], missing: u64, unwanted: u64, segment: &Segment<'_>, tell: &mut Tell<'_>) {
    for (n, element) in defined.iter().enumerate() {
        if missing >> n & 1 == 1 {
            absent(element, None, tell);
        } else if unwanted >> n & 1 == 1 {
            not_used(element, None, segment.element(n + 1), tell);
        }
    }
}

#[cold]
fn absent(element: &Element, repetition: Option<u16>, tell: &mut Tell<'_>) {
    let snip = if element.base_required { 1 } else { 2 };
    let fault = Fault::new(&edits::ELEMENT_MISSING, &[&tell.label(element)]).level(snip);
    tell.push(fault.of(element, repetition, b""));
}

#[cold]
fn not_used(element: &Element, repetition: Option<u16>, value: &[u8], tell: &mut Tell<'_>) {
    tell.push(Fault::new(&edits::ELEMENT_NOT_USED, &[&tell.label(element)]).of(element, repetition, value));
}

#[cold]
fn syntax_note(defined: &[Element], rule: Rule, first: u64, all: u64, present: u64, tell: &mut Tell<'_>) {
    let names: Vec<String> =
        (0..defined.len()).filter(|n| all >> n & 1 == 1).map(|n| format!("{}{:02}", tell.segment, n + 1)).collect();
    let which = match rule {
        Rule::Paired => "either all of these or none",
        Rule::Required => "at least one of these",
        Rule::Exclusive => "only one of these",
        Rule::Conditional => "as the first is filled, all the others",
        Rule::ListConditional => "as the first is filled, one of the others",
    };
    let (edit, candidates) = match rule {
        Rule::Exclusive => (&edits::SYNTAX_EXCLUSION, present & all & (present & all).wrapping_sub(1)),
        Rule::ListConditional => (&edits::SYNTAX_NOTE, all & !first),
        Rule::Paired | Rule::Required | Rule::Conditional => (&edits::SYNTAX_NOTE, all & !present),
    };
    let element = &defined[candidates.trailing_zeros().min(defined.len() as u32 - 1) as usize];
    tell.push(Fault::new(edit, &[&names.join(", "), &which]).of(element, None, b""));
}

/// An element of several components or repetitions, or one that holds their separators.
fn compound(guide: &Guide, element: &Element, bytes: &[u8], traits: Traits, tell: &mut Tell<'_>) {
    let repeated = traits.repeats && memchr(traits.repetition, bytes).is_some();
    if !repeated {
        return components(guide, element, bytes, None, traits, tell);
    }
    let mut count = 0u16;
    for (n, repetition) in bytes.split(|&b| b == traits.repetition).enumerate() {
        count = count.saturating_add(1);
        if element.repeat_max == 0 || n < usize::from(element.repeat_max) {
            components(guide, element, repetition, Some(count), traits, tell);
        }
    }
    if element.repeat_max != 0 && count > element.repeat_max {
        let facts: [&dyn Display; 3] = [&tell.label(element), &count, &at_most(element.repeat_max)];
        tell.push(Fault::new(&edits::ELEMENT_REPEATS, &facts).of(element, Some(element.repeat_max + 1), bytes));
    }
}

fn at_most(count: u16) -> String {
    if count == 1 { "only one is".to_string() } else { format!("{count} are") }
}

fn components(guide: &Guide, element: &Element, bytes: &[u8], rep: Option<u16>, traits: Traits, tell: &mut Tell<'_>) {
    if element.kind != Type::Composite {
        if memchr(traits.component, bytes).is_some() {
            let count = bytes.split(|&b| b == traits.component).count();
            let facts: [&dyn Display; 3] = [&tell.label(element), &count, &"only one, as it is a single value"];
            tell.push(Fault::new(&edits::ELEMENT_COMPONENTS, &facts).of(element, rep, bytes));
        } else if !bytes.is_empty() {
            value(guide, element, bytes, b"", rep, traits.odd, tell);
        }
        return;
    }
    let parts = &guide.elements[element.first_component as usize..][..usize::from(element.component_count)];
    let (mut count, mut filled, mut before): (usize, usize, &[u8]) = (0, 0, b"");
    for part in bytes.split(|&b| b == traits.component) {
        if let Some(defined) = parts.get(count) {
            match defined.usage {
                _ if part.is_empty() => {
                    if defined.usage == Usage::Required {
                        absent(defined, rep, tell);
                    }
                }
                Usage::NotUsed => not_used(defined, rep, part, tell),
                Usage::Required | Usage::Situational => value(guide, defined, part, before, rep, traits.odd, tell),
            }
        }
        before = part;
        count += 1;
        if !part.is_empty() {
            filled = count;
        }
    }
    for defined in parts.iter().skip(count).filter(|part| part.usage == Usage::Required) {
        absent(defined, rep, tell);
    }
    if filled > parts.len() {
        let facts: [&dyn Display; 3] = [&tell.label(element), &filled, &format_args!("at most {}", parts.len())];
        tell.push(Fault::new(&edits::ELEMENT_COMPONENTS, &facts).of(element, rep, bytes));
    }
    if count > 1 && before.is_empty() {
        tell.push(Fault::new(&edits::TRAILING_SEPARATORS, &[&tell.label(element)]).of(element, rep, bytes));
    }
}

/// One value, neither empty nor divided. `before` is the element or component before it.
#[inline]
fn value(
    guide: &Guide,
    element: &Element,
    bytes: &[u8],
    before: &[u8],
    rep: Option<u16>,
    odd: bool,
    tell: &mut Tell<'_>,
) {
    if odd && bytes.iter().any(|byte| !(b' '..=b'~').contains(byte)) {
        return characters(element, bytes, rep, tell);
    }
    let length = match element.kind {
        Type::Text | Type::Code | Type::Composite => bytes.len(),
        Type::Decimal | Type::Number(_) => match values::digits(element.kind, bytes) {
            Ok(count) => count,
            Err(wrong) => return not_a_number(element, bytes, rep, wrong, tell),
        },
        Type::Date | Type::Time => {
            if !values::is_moment(element, bytes) {
                return moment(element, bytes, rep, tell);
            }
            bytes.len()
        }
    };
    if length > usize::from(element.max) || length < usize::from(element.min) {
        return wrong_length(element, bytes, rep, length, tell);
    }
    if element.guide_max != 0 && length > usize::from(element.guide_max) {
        over_guide_length(element, bytes, rep, length, tell);
    }
    if let Some(codes) = element.codes
        && !guide.codes[usize::from(codes)].contains(bytes)
    {
        return wrong_code(guide, element, bytes, rep, tell);
    }
    if let Some(pattern) = element.pattern
        && !guide.patterns[usize::from(pattern)].matches(bytes)
    {
        return wrong_form(guide, element, bytes, rep, tell);
    }
    if element.format_before
        && let Err(wrong) = values::period(before, bytes)
    {
        return wrong_period(element, bytes, rep, wrong, tell);
    }
    if bytes[bytes.len() - 1] == b' ' {
        tell.push(Fault::new(&edits::TRAILING_SPACES, &[&tell.label(element)]).of(element, rep, bytes));
    }
}

#[cold]
fn characters(element: &Element, bytes: &[u8], rep: Option<u16>, tell: &mut Tell<'_>) {
    let holds = match bytes.iter().any(u8::is_ascii_control) {
        true => "a control character, such as a line break or tab",
        false => "a letter or sign outside plain English text",
    };
    tell.push(Fault::new(&edits::ELEMENT_CHARACTERS, &[&tell.label(element), &holds]).of(element, rep, bytes));
}

#[cold]
fn not_a_number(element: &Element, bytes: &[u8], rep: Option<u16>, wrong: values::NotANumber, tell: &mut Tell<'_>) {
    let must = if element.kind == Type::Decimal { "a number" } else { "a whole number" };
    let holds = match wrong {
        values::NotANumber::Letters => "it holds letters",
        values::NotANumber::Signs => "it holds blanks or signs",
        values::NotANumber::Points => "it has a point too many, or one where none may be",
        values::NotANumber::Nothing => "it has no digits",
    };
    tell.push(Fault::new(&edits::ELEMENT_TYPE, &[&tell.label(element), &must, &holds]).of(element, rep, bytes));
}

#[cold]
fn moment(element: &Element, bytes: &[u8], rep: Option<u16>, tell: &mut Tell<'_>) {
    let (edit, form) = match element.kind {
        Type::Time => (&edits::ELEMENT_TIME, "a time of day as HHMM"),
        _ if element.max == 6 => (&edits::ELEMENT_DATE, "a day of the calendar as YYMMDD"),
        _ => (&edits::ELEMENT_DATE, "a day of the calendar as CCYYMMDD"),
    };
    tell.push(Fault::new(edit, &[&tell.label(element), &form]).of(element, rep, bytes));
}

#[cold]
fn wrong_length(element: &Element, bytes: &[u8], rep: Option<u16>, length: usize, tell: &mut Tell<'_>) {
    let (edit, limit) = match length > usize::from(element.max) {
        true => (&edits::ELEMENT_TOO_LONG, element.max),
        false => (&edits::ELEMENT_TOO_SHORT, element.min),
    };
    let unit = if matches!(element.kind, Type::Decimal | Type::Number(_)) { "digits" } else { "characters" };
    tell.push(Fault::new(edit, &[&tell.label(element), &length, &unit, &limit]).of(element, rep, bytes));
}

#[cold]
fn over_guide_length(element: &Element, bytes: &[u8], rep: Option<u16>, length: usize, tell: &mut Tell<'_>) {
    let facts: [&dyn Display; 3] = [&tell.label(element), &length, &element.guide_max];
    tell.push(Fault::new(&edits::ELEMENT_OVER_GUIDE_LENGTH, &facts).of(element, rep, bytes));
}

#[cold]
fn wrong_form(guide: &Guide, element: &Element, bytes: &[u8], rep: Option<u16>, tell: &mut Tell<'_>) {
    let form = element.pattern.map_or(String::new(), |pattern| guide.patterns[usize::from(pattern)].words());
    tell.push(Fault::new(&edits::ELEMENT_FORM, &[&tell.label(element), &form]).of(element, rep, bytes));
}

#[cold]
fn wrong_code(guide: &Guide, element: &Element, bytes: &[u8], rep: Option<u16>, tell: &mut Tell<'_>) {
    /// More codes than this do not help in a sentence.
    const LISTED_MAX: usize = 12;
    let (snip, code) = match guide.base.allows(&guide.text(element).number, bytes) {
        true => (2, "I6"),
        false => (1, "7"),
    };
    let allowed = guide.codes(element).filter(|codes| codes.len() <= LISTED_MAX);
    let fault = Fault::new(&edits::ELEMENT_CODE, &[&tell.label(element)]).level(snip).code(code);
    let fault = fault.of(element, rep, bytes);
    tell.push(match allowed {
        Some(codes) => fault.fix(format!("Allowed here: {}.", codes.iter().collect::<Vec<_>>().join(", "))),
        None => fault,
    });
}

#[cold]
fn wrong_period(element: &Element, bytes: &[u8], rep: Option<u16>, wrong: values::WrongPeriod, tell: &mut Tell<'_>) {
    let (edit, form) = match wrong {
        values::WrongPeriod::Date(form) => (&edits::ELEMENT_DATE, format!("{form}, as the element before it says")),
        values::WrongPeriod::Time => (&edits::ELEMENT_TIME, "a time of day as HHMM".to_string()),
        values::WrongPeriod::Backwards => {
            (&edits::ELEMENT_DATE, "a period that ends no earlier than it begins".to_string())
        }
    };
    tell.push(Fault::new(edit, &[&tell.label(element), &form]).level(2).of(element, rep, bytes));
}
