//! The rules of the envelopes, each a finding with its TA1, AK9 or IK5 code: widths, dates and qualifiers of the
//! ISA, control numbers and counts of every trailer, what is missing, what stands outside.

use std::borrow::Cow;

use super::dates;
use super::machine::{Machine, Open};
use super::segment::text_of;
use super::{Damage, DamageKind, Isa, Segment};
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Finding, Scope, Severity};

/// ISA05 and ISA07: who gave the sender or receiver its id.
const ID_QUALIFIERS: [&[u8]; 9] = [b"01", b"14", b"20", b"27", b"28", b"29", b"30", b"33", b"ZZ"];

/// One broken rule before it has a place.
struct Fault<'a> {
    edit: &'static str,
    scope: Scope,
    severity: Severity,
    code: &'static str,
    element: Option<u16>,
    value: &'a [u8],
    message: String,
    fix: &'static str,
}

impl<'a> Fault<'a> {
    fn new(edit: &'static str, scope: Scope, code: &'static str, message: impl Into<String>) -> Fault<'a> {
        let (element, value, fix) = (None, b"".as_slice(), "");
        Fault { edit, scope, severity: Severity::Error, code, element, value, message: message.into(), fix }
    }

    fn of(self, element: u16, value: &'a [u8]) -> Fault<'a> {
        Fault { element: Some(element), value, ..self }
    }

    fn fix(self, fix: &'static str) -> Fault<'a> {
        Fault { fix, ..self }
    }

    fn warning(self) -> Fault<'a> {
        Fault { severity: Severity::Warning, ..self }
    }
}

/// Where a finding stands: id, position in its transaction, offset and line.
type At = (Cow<'static, str>, u32, u64, u32);

fn tell(machine: &Machine, at: Option<At>, fault: Fault<'_>, findings: &mut Vec<Finding>) {
    let named = |open: Open, control: &str| (machine.open >= open).then(|| control.to_string());
    let code = (!fault.code.is_empty() && fault.severity == Severity::Error).then_some(Cow::Borrowed(fault.code));
    let mut ack = AckCodes::default();
    match fault.scope {
        Scope::Interchange => ack.ta1 = code,
        Scope::Group => ack.ak9 = code,
        Scope::Transaction | Scope::Claim => ack.ik5 = code,
    }
    findings.push(Finding {
        edit: Cow::Borrowed(fault.edit),
        snip: 1,
        severity: fault.severity,
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
        fix: fault.fix.to_string(),
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
struct IsaRule {
    element: u16,
    edit: &'static str,
    code: &'static str,
    holds: fn(&[u8]) -> bool,
    message: &'static str,
    fix: &'static str,
}

const ISA_RULES: [IsaRule; 12] = [
    IsaRule {
        element: 1,
        edit: "isa-authorization-qualifier",
        code: "010",
        holds: |v| matches!(v, b"00" | b"03"),
        message: "ISA01 (authorization qualifier) must be 00 or 03",
        fix: "Send 00 and ten blanks in ISA02.",
    },
    IsaRule {
        element: 3,
        edit: "isa-security-qualifier",
        code: "012",
        holds: |v| matches!(v, b"00" | b"01"),
        message: "ISA03 (security qualifier) must be 00 or 01",
        fix: "Send 00 and ten blanks in ISA04.",
    },
    IsaRule {
        element: 5,
        edit: "isa-sender-qualifier",
        code: "005",
        holds: |v| ID_QUALIFIERS.contains(&v),
        message: "ISA05 (sender id qualifier) is not one used in health care",
        fix: "Send ZZ unless told otherwise.",
    },
    IsaRule {
        element: 6,
        edit: "isa-sender",
        code: "006",
        holds: |v| !v.is_empty(),
        message: "ISA06 (sender id) is blank",
        fix: "Send the id agreed for you.",
    },
    IsaRule {
        element: 7,
        edit: "isa-receiver-qualifier",
        code: "007",
        holds: |v| ID_QUALIFIERS.contains(&v),
        message: "ISA07 (receiver id qualifier) is not one used in health care",
        fix: "Send ZZ unless told otherwise.",
    },
    IsaRule {
        element: 8,
        edit: "isa-receiver",
        code: "008",
        holds: |v| !v.is_empty(),
        message: "ISA08 (receiver id) is blank",
        fix: "Send the receiver's id.",
    },
    IsaRule {
        element: 9,
        edit: "isa-date",
        code: "014",
        holds: dates::is_short_date,
        message: "ISA09 (interchange date) is no date of the form YYMMDD",
        fix: "Send the day the file was made, as 260131.",
    },
    IsaRule {
        element: 10,
        edit: "isa-time",
        code: "015",
        holds: |v| v.len() == 4 && dates::is_time(v),
        message: "ISA10 (interchange time) is no time of the form HHMM",
        fix: "Send hours 00 to 23 and minutes 00 to 59.",
    },
    IsaRule {
        element: 12,
        edit: "isa-version",
        code: "017",
        holds: |v| v == b"00501",
        message: "ISA12 (version of the envelope) must be 00501",
        fix: "Send the file in version 5010.",
    },
    IsaRule {
        element: 13,
        edit: "isa-control-number",
        code: "018",
        holds: |v| v.len() == 9 && v.iter().all(u8::is_ascii_digit),
        message: "ISA13 (interchange control number) must be nine digits",
        fix: "Pad the number with zeros on the left.",
    },
    IsaRule {
        element: 14,
        edit: "isa-ack-requested",
        code: "019",
        holds: |v| matches!(v, b"0" | b"1"),
        message: "ISA14 (acknowledgment requested) must be 0 or 1",
        fix: "Send 1 to get a TA1 for every file.",
    },
    IsaRule {
        element: 15,
        edit: "isa-usage",
        code: "020",
        holds: |v| matches!(v, b"P" | b"T"),
        message: "ISA15 (usage) must be P for production or T for test",
        fix: "Send P or T.",
    },
];

pub(super) fn isa(machine: &Machine, isa: &Isa<'_>, findings: &mut Vec<Finding>) {
    let at = || Some((Cow::Borrowed("ISA"), 0, isa.offset, isa.line));
    for rule in &ISA_RULES {
        let value = isa.trimmed(usize::from(rule.element));
        if !(rule.holds)(value) {
            let fault = Fault::new(rule.edit, Scope::Interchange, rule.code, rule.message);
            tell(machine, at(), fault.of(rule.element, value).fix(rule.fix), findings);
        }
    }
    if isa.trimmed(12) == b"00501" && isa.element(11).first().is_none_or(u8::is_ascii_alphanumeric) {
        let message =
            "ISA11 (repetition separator) holds a letter or digit, as version 4010 did; elements cannot repeat";
        let fault = Fault::new("isa-repetition-separator", Scope::Interchange, "026", message);
        tell(machine, at(), fault.of(11, isa.trimmed(11)).fix("Send ^ in ISA11.").warning(), findings);
    }
}

pub(super) fn gs(machine: &Machine, segment: &Segment<'_>, again: bool, findings: &mut Vec<Finding>) {
    let mut wrong = |element: u16, edit, code, severity, message: &str| {
        let fault = Fault::new(edit, Scope::Group, code, message).of(element, segment.element(usize::from(element)));
        tell(machine, at(machine, segment), Fault { severity, ..fault }, findings);
    };
    let e = |n| segment.element(n);
    let digits = |n: usize| (1..=9).contains(&e(n).len()) && e(n).iter().all(u8::is_ascii_digit);
    for n in [2, 3] {
        if e(n).is_empty() || e(n).len() > 15 {
            wrong(
                n as u16,
                "group-partner",
                "",
                Severity::Warning,
                &format!("GS0{n} (application {}) must have 2 to 15 characters", ["sender", "receiver"][n - 2]),
            );
        }
    }
    if !dates::is_date(e(4)) {
        wrong(4, "group-date", "", Severity::Warning, "GS04 (date) is no date of the form CCYYMMDD");
    }
    if !dates::is_time(e(5)) {
        wrong(5, "group-time", "", Severity::Warning, "GS05 (time) is no time of the form HHMM");
    }
    if !digits(6) {
        wrong(
            6,
            "group-control-number-form",
            "6",
            Severity::Error,
            "GS06 (group control number) must be 1 to 9 digits",
        );
    } else if again {
        wrong(
            6,
            "group-control-number-repeated",
            "19",
            Severity::Error,
            "GS06 (group control number) was used before in this interchange",
        );
    }
    if e(7) != b"X" {
        wrong(7, "group-agency", "2", Severity::Error, "GS07 (responsible agency) must be X");
    }
}

pub(super) fn st(machine: &Machine, segment: &Segment<'_>, again: bool, findings: &mut Vec<Finding>) {
    let mut wrong = |element: u16, edit, code, message| {
        let fault = Fault::new(edit, Scope::Transaction, code, message);
        let fault = fault.of(element, segment.element(usize::from(element)));
        tell(machine, at(machine, segment), fault, findings);
    };
    let code = segment.element(1);
    if code.len() != 3 || !code.iter().all(u8::is_ascii_alphanumeric) {
        wrong(1, "transaction-code", "6", "ST01 (transaction type) is missing or not three characters");
    }
    if !(4..=9).contains(&segment.element(2).len()) {
        wrong(
            2,
            "transaction-control-number-form",
            "7",
            "ST02 (transaction control number) must have 4 to 9 characters",
        );
    } else if again {
        wrong(
            2,
            "transaction-control-number-repeated",
            "23",
            "ST02 (transaction control number) was used before in this group",
        );
    }
}

/// A trailer states how many and repeats the header's control number.
struct Trailer<'a> {
    scope: Scope,
    /// Edit, code, name of the counting element, what is counted.
    count: (&'static str, &'static str, &'static str, &'static str),
    counted: u32,
    /// Edit, code, names of trailer's and header's element.
    control: (&'static str, &'static str, &'static str, &'static str),
    header_control: &'a str,
    same: fn(&[u8], &[u8]) -> bool,
}

fn trailer(machine: &Machine, segment: &Segment<'_>, rule: &Trailer<'_>, findings: &mut Vec<Finding>) {
    let (edit, code, name, what) = rule.count;
    let (stated, control) = (segment.element(1), segment.element(2));
    if number(stated) != Some(u64::from(rule.counted)) {
        let message = match number(stated) {
            Some(stated) => format!("{name} says {stated} {what}, but there are {}", rule.counted),
            None => format!("{name} must be the number of {what}; there are {}", rule.counted),
        };
        let fault = Fault::new(edit, rule.scope, code, message).of(1, stated);
        let fault = fault.fix("Something was lost or added after the file was counted: make the file again.");
        tell(machine, at(machine, segment), fault, findings);
    }
    if !(rule.same)(control, rule.header_control.as_bytes()) {
        let (edit, code, trailer, header) = rule.control;
        let fault = Fault::new(edit, rule.scope, code, format!("{trailer} must repeat the control number in {header}"));
        tell(machine, at(machine, segment), fault.of(2, control), findings);
    }
}

pub(super) fn se(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let rule = Trailer {
        scope: Scope::Transaction,
        count: ("segment-count", "4", "SE01", "segments from ST to SE"),
        counted: machine.segments,
        control: ("transaction-control-number", "3", "SE02", "ST02"),
        header_control: &machine.transaction.control,
        same: |a, b| a == b,
    };
    trailer(machine, segment, &rule, findings);
}

pub(super) fn ge(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let rule = Trailer {
        scope: Scope::Group,
        count: ("transaction-count", "5", "GE01", "transactions in the group"),
        counted: machine.transactions,
        control: ("group-control-number", "4", "GE02", "GS06"),
        header_control: &machine.group.control,
        same: same_number,
    };
    trailer(machine, segment, &rule, findings);
}

pub(super) fn iea(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let rule = Trailer {
        scope: Scope::Interchange,
        count: ("group-count", "021", "IEA01", "groups in the interchange"),
        counted: machine.groups,
        control: ("interchange-control-number", "001", "IEA02", "ISA13"),
        header_control: &machine.interchange.control,
        same: same_number,
    };
    trailer(machine, segment, &rule, findings);
    if machine.groups == 0 && machine.ta1s == 0 {
        let fault =
            Fault::new("interchange-empty", Scope::Interchange, "", "The interchange holds no group and no TA1");
        tell(machine, at(machine, segment), fault.warning(), findings);
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
    let (edit, scope, code, message, begin) = match machine.open {
        Open::Nothing => return,
        Open::Interchange => (
            "interchange-trailer-missing",
            Scope::Interchange,
            "022",
            "The interchange has no IEA",
            ("ISA", 0, machine.interchange.offset, machine.interchange.line),
        ),
        Open::Group => (
            "group-trailer-missing",
            Scope::Group,
            "3",
            "The group has no GE",
            ("GS", 0, machine.group.offset, machine.group.line),
        ),
        Open::Transaction => (
            "transaction-trailer-missing",
            Scope::Transaction,
            "2",
            "The transaction has no SE",
            ("ST", 1, machine.transaction.offset, machine.transaction.line),
        ),
    };
    let (id, position, offset, line) = begin;
    tell(machine, Some((Cow::Borrowed(id), position, offset, line)), Fault::new(edit, scope, code, message), findings);
}

pub(super) fn file_ends_early(machine: &Machine, findings: &mut Vec<Finding>) {
    let inside = match machine.open {
        Open::Nothing => return,
        Open::Interchange => "an interchange: IEA is missing",
        Open::Group => "a group: GE and IEA are missing",
        Open::Transaction => "a transaction: SE, GE and IEA are missing",
    };
    let fault = Fault::new("file-ends-early", Scope::Interchange, "023", format!("The file ends inside {inside}"));
    tell(machine, None, fault.fix("The file was cut off: send all of it again."), findings);
}

/// A segment outside every transaction. What it rejects is the innermost envelope that is open.
pub(super) fn stray(machine: &Machine, segment: &Segment<'_>, findings: &mut Vec<Finding>) {
    let (scope, code, place) = match machine.open {
        Open::Nothing => (Scope::Interchange, "022", "outside every interchange"),
        Open::Interchange => (Scope::Interchange, "024", "in the interchange, but in no group (GS to GE)"),
        Open::Group | Open::Transaction => (Scope::Group, "5", "in the group, but in no transaction (ST to SE)"),
    };
    let message = format!("{} stands {place}", text_of(&segment.id()[..segment.id().len().min(20)]));
    let fault = Fault::new("segment-outside-transaction", scope, code, message);
    tell(machine, at(machine, segment), fault.fix("Look for a missing header before it."), findings);
}

pub(super) fn damage(machine: &Machine, damage: Damage, findings: &mut Vec<Finding>) {
    let inner = match machine.open {
        Open::Nothing | Open::Interchange => (Scope::Interchange, "022"),
        Open::Group => (Scope::Group, "5"),
        Open::Transaction => (Scope::Transaction, "5"),
    };
    let (edit, message, fix) = damage_text(damage.kind);
    let (scope, code, severity) = match damage.kind {
        DamageKind::NoIsa | DamageKind::IsaUnreadable | DamageKind::OutsideInterchange => {
            (Scope::Interchange, "", Severity::Error)
        }
        DamageKind::IsaWidth => (Scope::Interchange, "022", Severity::Error),
        DamageKind::DelimitersUnusable => (Scope::Interchange, "026", Severity::Error),
        DamageKind::SegmentTooLong => (inner.0, inner.1, Severity::Error),
        DamageKind::EmptySegment | DamageKind::Unterminated | DamageKind::Indented => (inner.0, "", Severity::Warning),
    };
    let fault = Fault { severity, ..Fault::new(edit, scope, code, message).fix(fix) };
    let position = if machine.open == Open::Transaction { machine.segments } else { 0 };
    tell(machine, Some((Cow::Borrowed(""), position, damage.offset, damage.line)), fault, findings);
}

fn damage_text(kind: DamageKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        DamageKind::NoIsa => (
            "isa-missing",
            "The file has no interchange header: it must begin with an ISA segment",
            "Send a complete X12 file, from ISA to IEA.",
        ),
        DamageKind::IsaUnreadable => (
            "isa-unreadable",
            "The ISA segment cannot be read; what follows it is skipped",
            "ISA has sixteen elements of fixed width, 106 characters with its terminator.",
        ),
        DamageKind::IsaWidth => (
            "isa-width",
            "The elements of ISA are not padded to their widths",
            "Pad each ISA element with blanks: the segment has 106 characters with its terminator.",
        ),
        DamageKind::DelimitersUnusable => (
            "isa-delimiters",
            "The delimiters that ISA shows must be four different characters, none a letter, digit or blank",
            "Use * for elements, ^ for repetitions, : for components and ~ for segments.",
        ),
        DamageKind::OutsideInterchange => (
            "text-outside-interchange",
            "There is text outside every interchange; it was skipped",
            "Send nothing before ISA and after IEA.",
        ),
        DamageKind::SegmentTooLong => (
            "segment-too-long",
            "A segment has no terminator for more than a mebibyte; it was skipped",
            "End each segment with the terminator that ISA shows.",
        ),
        DamageKind::EmptySegment => ("segment-empty", "Two segment terminators follow one another", ""),
        DamageKind::Unterminated => ("segment-unterminated", "The last segment of the file has no terminator", ""),
        DamageKind::Indented => (
            "segment-indented",
            "Blanks stand before a segment; they were skipped, here and in the rest of the file",
            "Begin each segment with its id.",
        ),
    }
}
