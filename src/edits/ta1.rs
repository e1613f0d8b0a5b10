//! A TA1 that came in, judged by the envelope's own table (`schemas/base/control.json`). Nobody answers a TA1, so
//! what is wrong with it is only warned about.

use std::borrow::Cow;

use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope, Severity};
use crate::guide::{Guides, edits};
use crate::x12::Segment;
use crate::x12::segment::text_of;

pub fn check(guides: &Guides, segment: &Segment<'_>, place: &Place, fresh: &mut Vec<Finding>) {
    let Some(known) = guides.base().control("TA1") else { return };
    for (n, element) in known.els.iter().enumerate() {
        let value = segment.element(n + 1);
        let (min, max, count) = (usize::from(element.min), usize::from(element.max), value.len());
        let digits = element.t.as_deref() == Some("N0");
        let listed = |codes: &Vec<String>| codes.iter().any(|code| code.as_bytes() == value);
        let label = format!("{} ({})", element.e, element.n);
        let (edit, message) = if value.is_empty() {
            (&edits::ELEMENT_MISSING, edits::ELEMENT_MISSING.say(&[&label]))
        } else if count < min {
            (&edits::ELEMENT_TOO_SHORT, edits::ELEMENT_TOO_SHORT.say(&[&label, &count, &"characters", &min]))
        } else if count > max {
            (&edits::ELEMENT_TOO_LONG, edits::ELEMENT_TOO_LONG.say(&[&label, &count, &"characters", &max]))
        } else if digits && !value.iter().all(u8::is_ascii_digit) {
            (&edits::ELEMENT_TYPE, edits::ELEMENT_TYPE.say(&[&label, &"a whole number", &"it holds letters or signs"]))
        } else if !element.codes.as_ref().is_none_or(listed) {
            (&edits::ELEMENT_CODE, edits::ELEMENT_CODE.say(&[&label]))
        } else {
            continue;
        };
        fresh.push(finding(edit, n as u16 + 1, message, segment, place));
    }
}

fn finding(edit: &'static Edit, element: u16, message: String, segment: &Segment<'_>, place: &Place) -> Finding {
    let at = SegmentPlace { id: Cow::Borrowed("TA1"), position: 0, offset: segment.offset, line: segment.line };
    Finding {
        edit: Cow::Borrowed(edit.id),
        snip: edit.snip,
        severity: Severity::Warning,
        scope: Scope::Interchange,
        place: Place { segment: Some(at), element: Some(element), ..place.clone() },
        value: Some(text_of(segment.element(usize::from(element)))).filter(|value| !value.is_empty()),
        message,
        fix: edit.fix.to_string(),
        ack: AckCodes::default(),
        statuses: Vec::new(),
        trigger: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{as_of, guides};
    use super::super::{CodeSets, Settings, check};
    use crate::domain::{Finding, Severity};
    use crate::edits::samples::Told;

    const ISA: [&str; 16] = [
        "00",
        "          ",
        "00",
        "          ",
        "ZZ",
        "SENDER         ",
        "ZZ",
        "RECEIVER       ",
        "260115",
        "1023",
        "^",
        "00501",
        "000000905",
        "0",
        "T",
        ":",
    ];
    const GS: [&str; 8] = ["HC", "SENDER", "RECEIVER", "20260115", "1023", "1", "X", "005010X222A1"];

    fn findings(segments: &[String]) -> Vec<Finding> {
        let (codes, mut told) = (CodeSets::form_only(), Told::default());
        let settings = Settings { snip_max: 2, ..Settings::alone(as_of(), &codes) };
        let text: String = segments.iter().map(|segment| format!("{segment}~\n")).collect();
        check(text.as_bytes(), guides(), &settings, &mut told).expect("memory does not fail");
        told.findings
    }

    fn joined(id: &str, elements: &[&str]) -> String {
        format!("{id}*{}", elements.join("*"))
    }

    #[test]
    fn each_element_of_a_ta1_is_judged() {
        let good = ["000000905", "260115", "1023", "A", "000"];
        for (element, value, expected) in [
            (0, "", "element-missing"),
            (0, "90", "element-too-short"),
            (0, "00000090A", "element-type"),
            (1, "2601150", "element-too-long"),
            (3, "X", "element-code"),
            (4, "099", "element-code"),
        ] {
            let mut ta1 = good;
            ta1[element] = value;
            let found = findings(&[joined("ISA", &ISA), joined("TA1", &ta1), "IEA*0*000000905".into()]);
            let told: Vec<_> = found.iter().map(|f| (f.edit.as_ref(), f.place.element, f.severity)).collect();
            assert_eq!(
                told,
                [(expected, Some(element as u16 + 1), Severity::Warning)],
                "TA1{:02} {value}",
                element + 1
            );
        }
        assert_eq!(findings(&[joined("ISA", &ISA), joined("TA1", &good), "IEA*0*000000905".into()]), []);
    }

    /// What the table lists the envelope's rules must refuse, so that the two say the same.
    #[test]
    fn every_code_list_of_the_envelopes_table_is_kept() {
        let mut judged = 0;
        for (id, values) in [("ISA", &ISA[..]), ("GS", &GS)] {
            let known = guides().base().control(id).unwrap();
            assert_eq!(known.els.len(), values.len());
            for (n, element) in known.els.iter().enumerate().filter(|(_, element)| element.codes.is_some()) {
                let (mut changed, wrong) = (values.to_vec(), "Q".repeat(values[n].len()));
                changed[n] = &wrong;
                let (isa, gs) = if id == "ISA" { (&changed[..], &GS[..]) } else { (&ISA[..], &changed[..]) };
                let found =
                    findings(&[joined("ISA", isa), joined("GS", gs), "GE*0*1".into(), "IEA*1*000000905".into()]);
                let here = |f: &&Finding| f.place.element == Some(n as u16 + 1) && f.severity == Severity::Error;
                let code = found.iter().find(here).map(|f| (f.ack.ta1.is_some(), f.ack.ak9.is_some()));
                assert_eq!(code, Some((id == "ISA", id == "GS")), "{} {wrong}: {found:?}", element.e);
                judged += 1;
            }
        }
        assert_eq!(judged, 10);
    }
}
