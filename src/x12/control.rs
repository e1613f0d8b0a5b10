//! The rules of the envelopes, each a finding with its TA1, AK9 or IK5 code: widths, dates and qualifiers of the
//! ISA, control numbers and counts of every trailer, what is missing, what stands outside.

use std::borrow::Cow;

use super::dates;
use super::edits;
use super::machine::{Machine, Open};
use super::segment::text_of;
use super::{Damage, DamageKind, Isa, Segment};
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope, Severity};

/// ISA05 and ISA07: who gave the sender or receiver its id.
const ID_QUALIFIERS: [&[u8]; 9] = [b"01", b"14", b"20", b"27", b"28", b"29", b"30", b"33", b"ZZ"];

/// One broken rule before it has a place.
struct Fault<'a> {
    edit: &'static Edit,
    scope: Scope,
    code: &'static str,
    element: Option<u16>,
    value: &'a [u8],
    message: String,
}

impl<'a> Fault<'a> {
    fn new(edit: &'static Edit, scope: Scope) -> Fault<'a> {
        Fault::with(edit, scope, edit.message.to_string())
    }

    fn with(edit: &'static Edit, scope: Scope, message: String) -> Fault<'a> {
        Fault { edit, scope, code: edit.ack_code(), element: None, value: b"", message }
    }

    fn of(self, element: u16, value: &'a [u8]) -> Fault<'a> {
        Fault { element: Some(element), value, ..self }
    }

    /// A code other than the first of the catalogue, where the place decides.
    fn code(self, code: &'static str) -> Fault<'a> {
        Fault { code, ..self }
    }
}

/// Where a finding stands: id, position in its transaction, offset and line.
type At = (Cow<'static, str>, u32, u64, u32);

fn tell(machine: &Machine, at: Option<At>, fault: Fault<'_>, findings: &mut Vec<Finding>) {
    let named = |open: Open, control: &str| (machine.open >= open).then(|| control.to_string());
    let code = (!fault.code.is_empty() && fault.edit.severity == Severity::Error).then_some(Cow::Borrowed(fault.code));
    let mut ack = AckCodes::default();
    match fault.scope {
        Scope::Interchange => ack.ta1 = code,
        Scope::Group => ack.ak9 = code,
        Scope::Transaction | Scope::Claim => ack.ik5 = code,
    }
    findings.push(Finding {
        edit: Cow::Borrowed(fault.edit.id),
        snip: fault.edit.snip,
        severity: fault.edit.severity,
        scope: fault.scope,
        place: Place {
            interchange: named(Open::Interchange, &machine.interchange.control),
            group: named(Open::Group, &machine.group.control),
            transaction: named(Open::Transaction, &machine.transaction.control),
            segment: at.map(|(id, position, offset, line)| SegmentPlace { id, position, offset, line }),
            element: fault.element,
            ..Place::default()
        },
        value: fault.element.map(|_| text_of(&fault.value[..fault.value.len().min(99)])),
        message: fault.message,
        fix: fault.edit.fix.to_string(),
        ack,
        statuses: Vec::new(),
        trigger: None,
    });
}

fn at(machine: &Machine, segment: &Segment<'_>) -> Option<At> {
    let position = if machine.open == Open::Transaction { machine.segments } else { 0 };
    Some((Cow::Owned(text_of(segment.id())), position, segment.offset, segment.line))
}

/// A rule of one element of the ISA.
type IsaRule = (u16, &'static Edit, fn(&[u8]) -> bool);

static ISA_RULES: [IsaRule; 12] = [
    (1, &edits::ISA_AUTHORIZATION_QUALIFIER, |v| matches!(v, b"00" | b"03")),
    (3, &edits::ISA_SECURITY_QUALIFIER, |v| matches!(v, b"00" | b"01")),
    (5, &edits::ISA_SENDER_QUALIFIER, |v| ID_QUALIFIERS.contains(&v)),
    (6, &edits::ISA_SENDER, |v| !v.is_empty()),
    (7, &edits::ISA_RECEIVER_QUALIFIER, |v| ID_QUALIFIERS.contains(&v)),
    (8, &edits::ISA_RECEIVER, |v| !v.is_empty()),
    (9, &edits::ISA_DATE, dates::is_short_date),
    (10, &edits::ISA_TIME, |v| v.len() == 4 && dates::is_time(v)),
    (12, &edits::ISA_VERSION, |v| v == b"00501"),
    (13, &edits::ISA_CONTROL_NUMBER, |v| v.len() == 9 && v.iter().all(u8::is_ascii_digit)),
    (14, &edits::ISA_ACK_REQUESTED, |v| matches!(v, b"0" | b"1")),
    (15, &edits::ISA_USAGE, |v| matches!(v, b"P" | b"T")),
];

pub(super) fn isa(machine: &Machine, isa: &Isa<'_>, findings: &mut Vec<Finding>) {
    let at = || Some((Cow::Borrowed("ISA"), 0, isa.offset, isa.line));
    for &(element, edit, holds) in &ISA_RULES {
        let value = isa.trimmed(usize::from(element));
        if !holds(value) {
            tell(machine, at(), Fault::new(edit, Scope::Interchange).of(element, value), findings);
        }
    }
    if isa.trimmed(12) == b"00501" && isa.element(11).first().is_none_or(u8::is_ascii_alphanumeric) {
        let fault = Fault::new(&edits::ISA_REPETITION_SEPARATOR, Scope::Interchange).of(11, isa.trimmed(11));
        tell(machine, at(), fault, findings);
    }
}

pub(super) fn gs(machine: &Machine, segment: &Segment<'_>, again: bool, findings: &mut Vec<Finding>) {
    let e = |n: u16| segment.element(usize::from(n));
    let mut wrong = |element: u16, edit: &'static Edit, message: String| {
        tell(machine, at(machine, segment), Fault::with(edit, Scope::Group, message).of(element, e(element)), findings);
    };
    for (n, side) in [(2, "sender"), (3, "receiver")] {
        if e(n).is_empty() || e(n).len() > 15 {
            wrong(n, &edits::GROUP_PARTNER, edits::GROUP_PARTNER.say(&[&n, &side]));
        }
    }
    let mut expect = |holds: bool, element: u16, edit: &'static Edit| {
        if !holds {
            wrong(element, edit, edit.message.to_string());
        }
    };
    expect(dates::is_date(e(4)), 4, &edits::GROUP_DATE);
    expect(dates::is_time(e(5)), 5, &edits::GROUP_TIME);
    let is_number = (1..=9).contains(&e(6).len()) && e(6).iter().all(u8::is_ascii_digit);
    expect(is_number, 6, &edits::GROUP_CONTROL_NUMBER_FORM);
    expect(!is_number || !again, 6, &edits::GROUP_CONTROL_NUMBER_REPEATED);
    expect(e(7) == b"X", 7, &edits::GROUP_AGENCY);
}

pub(super) fn st(machine: &Machine, segment: &Segment<'_>, again: bool, findings: &mut Vec<Finding>) {
    let mut wrong = |element: u16, edit| {
        let fault = Fault::new(edit, Scope::Transaction).of(element, segment.element(usize::from(element)));
        tell(machine, at(machine, segment), fault, findings);
    };
    let code = segment.element(1);
    if code.len() != 3 || !code.iter().all(u8::is_ascii_alphanumeric) {
        wrong(1, &edits::TRANSACTION_CODE);
    }
    if !(4..=9).contains(&segment.element(2).len()) {
        wrong(2, &edits::TRANSACTION_CONTROL_NUMBER_FORM);
    } else if again {
        wrong(2, &edits::TRANSACTION_CONTROL_NUMBER_REPEATED);
    }
}

/// A trailer states how many and repeats the header's control number.
struct Trailer<'a> {
    scope: Scope,
    count: &'static Edit,
    counted: u32,
    control: &'static Edit,
    header_control: &'a str,
    same: fn(&[u8], &[u8]) -> bool,
}

fn trailer(machine: &Machine, segment: &Segment<'_>, rule: &Trailer<'_>, findings: &mut Vec<Finding>) {
    let (stated, control) = (segment.element(1), segment.element(2));
    if number(stated) != Some(u64::from(rule.counted)) {
        let says = number(stated).map_or_else(String::new, |stated| format!("it says {stated}, but "));
        let message = rule.count.say(&[&says, &rule.counted]);
        let fault = Fault::with(rule.count, rule.scope, message).of(1, stated);
        tell(machine, at(machine, segment), fault, findings);
    }
    if !(rule.same)(control, rule.header_control.as_bytes()) {
        tell(machine, at(machine, segment), Fault::new(rule.control, rule.scope).of(2, control), findings);
    }
}

pub(super) fn se(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let rule = Trailer {
        scope: Scope::Transaction,
        count: &edits::SEGMENTS_COUNTED,
        counted: machine.segments,
        control: &edits::TRANSACTION_CONTROL_NUMBER,
        header_control: &machine.transaction.control,
        same: |a, b| a == b,
    };
    trailer(machine, segment, &rule, findings);
}

pub(super) fn ge(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let rule = Trailer {
        scope: Scope::Group,
        count: &edits::TRANSACTIONS_COUNTED,
        counted: machine.transactions,
        control: &edits::GROUP_CONTROL_NUMBER,
        header_control: &machine.group.control,
        same: same_number,
    };
    trailer(machine, segment, &rule, findings);
}

pub(super) fn iea(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let rule = Trailer {
        scope: Scope::Interchange,
        count: &edits::GROUPS_COUNTED,
        counted: machine.groups,
        control: &edits::INTERCHANGE_CONTROL_NUMBER,
        header_control: &machine.interchange.control,
        same: same_number,
    };
    trailer(machine, segment, &rule, findings);
    if machine.groups == 0 && machine.ta1s == 0 {
        tell(machine, at(machine, segment), Fault::new(&edits::INTERCHANGE_EMPTY, Scope::Interchange), findings);
    }
}

fn number(bytes: &[u8]) -> Option<u64> {
    (!bytes.is_empty() && bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit))
        .then(|| bytes.iter().fold(0, |value, &b| value * 10 + u64::from(b - b'0')))
}

/// Leading zeros of a number say nothing.
fn same_number(a: &[u8], b: &[u8]) -> bool {
    a == b || (number(a).is_some() && number(a) == number(b))
}

/// The innermost open envelope ends without its trailer, because something else began.
pub(super) fn trailer_missing(machine: &Machine, findings: &mut Vec<Finding>) {
    let (edit, scope, begin) = match machine.open {
        Open::Nothing => return,
        Open::Interchange => (
            &edits::INTERCHANGE_TRAILER_MISSING,
            Scope::Interchange,
            ("ISA", 0, machine.interchange.offset, machine.interchange.line),
        ),
        Open::Group => {
            (&edits::GROUP_TRAILER_MISSING, Scope::Group, ("GS", 0, machine.group.offset, machine.group.line))
        }
        Open::Transaction => (
            &edits::TRANSACTION_TRAILER_MISSING,
            Scope::Transaction,
            ("ST", 1, machine.transaction.offset, machine.transaction.line),
        ),
    };
    let (id, position, offset, line) = begin;
    tell(machine, Some((Cow::Borrowed(id), position, offset, line)), Fault::new(edit, scope), findings);
}

pub(super) fn file_ends_early(machine: &Machine, findings: &mut Vec<Finding>) {
    let inside = match machine.open {
        Open::Nothing => return,
        Open::Interchange => "an interchange: IEA is missing",
        Open::Group => "a group: GE and IEA are missing",
        Open::Transaction => "a transaction: SE, GE and IEA are missing",
    };
    let edit = &edits::FILE_ENDS_EARLY;
    tell(machine, None, Fault::with(edit, Scope::Interchange, edit.say(&[&inside])), findings);
}

/// A segment outside every transaction. What it rejects is the innermost envelope that is open.
pub(super) fn stray(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let (scope, code, place) = match machine.open {
        Open::Nothing => (Scope::Interchange, "022", "outside every interchange"),
        Open::Interchange => (Scope::Interchange, "024", "in the interchange, but in no group (GS to GE)"),
        Open::Group | Open::Transaction => (Scope::Group, "5", "in the group, but in no transaction (ST to SE)"),
    };
    let edit = &edits::SEGMENT_OUTSIDE_TRANSACTION;
    let message = edit.say(&[&text_of(&segment.id()[..segment.id().len().min(20)]), &place]);
    tell(machine, at(machine, segment), Fault::with(edit, scope, message).code(code), findings);
}

pub(super) fn damage(machine: &Machine, damage: Damage, findings: &mut Vec<Finding>) {
    let (inner, long) = match machine.open {
        Open::Nothing | Open::Interchange => (Scope::Interchange, "022"),
        Open::Group => (Scope::Group, "5"),
        Open::Transaction => (Scope::Transaction, "5"),
    };
    let fault = match damage.kind {
        DamageKind::NoIsa => Fault::new(&edits::ISA_MISSING, Scope::Interchange),
        DamageKind::IsaUnreadable => Fault::new(&edits::ISA_UNREADABLE, Scope::Interchange),
        DamageKind::OutsideInterchange => Fault::new(&edits::TEXT_OUTSIDE_INTERCHANGE, Scope::Interchange),
        DamageKind::IsaWidth => Fault::new(&edits::ISA_WIDTH, Scope::Interchange),
        DamageKind::DelimitersUnusable => Fault::new(&edits::ISA_DELIMITERS, Scope::Interchange),
        DamageKind::SegmentTooLong => Fault::new(&edits::SEGMENT_TOO_LONG, inner).code(long),
        DamageKind::EmptySegment => Fault::new(&edits::SEGMENT_EMPTY, inner),
        DamageKind::Unterminated => Fault::new(&edits::SEGMENT_UNTERMINATED, inner),
        DamageKind::Indented => Fault::new(&edits::SEGMENT_INDENTED, inner),
    };
    let position = if machine.open == Open::Transaction { machine.segments } else { 0 };
    tell(machine, Some((Cow::Borrowed(""), position, damage.offset, damage.line)), fault, findings);
}
