//! The 999 (005010X231A1): for each transaction of a group whether its syntax was accepted, and each error
//! with its place.

use super::pen::{Pen, cut};
use crate::domain::Finding;
use crate::domain::finding::Trigger;
use crate::edits::sink::{CheckedGroup, CheckedTransaction};
use crate::x12::envelope::Group;

/// Bytes of IK404 and of the reference in CTX01.
const BAD_VALUE_MAX: usize = 99;
const CONTEXT_MAX: usize = 35;

pub fn group_header(pen: &mut Pen, group: &Group) {
    pen.begin("AK1")
        .element(&group.code)
        .element(or(&group.control, "0"))
        .element(cut(or(&group.version, "UNKNOWN").as_bytes(), 12))
        .end();
}

/// Everything of one AK2.
pub fn transaction(pen: &mut Pen, checked: &CheckedTransaction<'_>) {
    let facts = checked.transaction;
    pen.begin("AK2")
        .element(&facts.code)
        .element(cut(facts.control.as_bytes(), 9))
        .element(cut(facts.version.as_bytes(), 35))
        .end();
    let unit = if checked.kind.is_some() { "CLM01" } else { "TRN02" };
    let mut previous: Option<&Finding> = None;
    for finding in checked.syntax.iter().filter(|finding| finding.place.segment.is_some()) {
        if !previous.is_some_and(|previous| same_segment(previous, finding)) {
            segment_error(pen, finding, unit);
        }
        element_error(pen, finding);
        previous = Some(finding);
    }
    pen.begin("IK5").element(checked.verdict.code());
    for code in checked.codes {
        pen.element(&**code);
    }
    pen.end();
}

pub fn group_trailer(pen: &mut Pen, checked: &CheckedGroup<'_>) {
    let stated = checked.stated.filter(|stated| stated.bytes().all(|byte| byte.is_ascii_digit()) && !stated.is_empty());
    let stated = stated.map_or_else(|| checked.received.to_string(), str::to_string);
    pen.begin("AK9").element(checked.verdict.code()).element(cut(stated.as_bytes(), 6));
    pen.element(checked.received.to_string()).element(checked.accepted.to_string());
    for code in checked.codes {
        pen.element(&**code);
    }
    pen.end();
}

fn or<'a>(value: &'a str, otherwise: &'a str) -> &'a str {
    if value.is_empty() { otherwise } else { value }
}

/// IK304: `8` says that element errors follow.
fn segment_code(finding: &Finding) -> &str {
    match (&finding.ack.ik3, &finding.ack.ik4) {
        (_, Some(_)) => "8",
        (Some(code), None) => code,
        (None, None) => "8",
    }
}

/// True when the second finding is one more IK4 under the first one's IK3.
fn same_segment(first: &Finding, second: &Finding) -> bool {
    let place = |finding: &Finding| finding.place.segment.as_ref().map(|segment| segment.position);
    place(first) == place(second) && segment_code(first) == "8" && segment_code(second) == "8"
}

fn segment_error(pen: &mut Pen, finding: &Finding, unit: &str) {
    let Some(segment) = &finding.place.segment else { return };
    let loop_id = finding.place.loop_id.as_deref().unwrap_or_default();
    pen.begin("IK3").element(segment_id(&segment.id)).element(segment.position.to_string());
    pen.element(cut(loop_id.as_bytes(), 4)).element(segment_code(finding)).end();
    if let (Some(trigger), true) = (&finding.trigger, finding.ack.ik4.is_none()) {
        situational(pen, trigger);
    }
    let name = cut(finding.place.claim.as_deref().unwrap_or_default().as_bytes(), CONTEXT_MAX);
    if !pen.at_least(1, name, b"").is_empty() {
        pen.begin("CTX").composite(&[unit.as_bytes(), name]).end();
    }
}

/// IK301 has two or three characters, whatever the file has.
fn segment_id(id: &str) -> &[u8] {
    let id = cut(id.as_bytes(), 3);
    if id.len() < 2 || !id.iter().all(u8::is_ascii_alphanumeric) { b"ZZ" } else { id }
}

fn element_error(pen: &mut Pen, finding: &Finding) {
    let (Some(code), Some(element)) = (&finding.ack.ik4, finding.place.element) else { return };
    let number = |value: Option<u16>| value.map_or_else(String::new, |value| value.to_string());
    let place = [element.to_string(), number(finding.place.component), number(finding.place.repetition)];
    pen.begin("IK4").composite(&[place[0].as_bytes(), place[1].as_bytes(), place[2].as_bytes()]);
    pen.element(finding.ack.data_element.as_deref().filter(|number| is_number(number)).unwrap_or_default());
    pen.element(&**code);
    let value = finding.value.as_deref().unwrap_or_default().as_bytes();
    pen.element(if pen.can_hold(value) { cut(value, BAD_VALUE_MAX).trim_ascii_end() } else { b"" }).end();
    if let Some(trigger) = &finding.trigger {
        situational(pen, trigger);
    }
}

/// The elements of ISA have letters in their numbers, which IK402 does not take.
fn is_number(text: &str) -> bool {
    text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn situational(pen: &mut Pen, trigger: &Trigger) {
    let loop_id = trigger.loop_id.as_deref().unwrap_or_default();
    pen.begin("CTX").element("SITUATIONAL TRIGGER").element(segment_id(&trigger.segment.id));
    pen.element(trigger.segment.position.to_string()).element(cut(loop_id.as_bytes(), 4));
    let element = trigger.element.map_or_else(String::new, |element| element.to_string());
    let component = trigger.component.map_or_else(String::new, |component| component.to_string());
    pen.composite(&[element.as_bytes(), component.as_bytes()]);
    pen.element(trigger.data_element.as_deref().filter(|number| is_number(number)).unwrap_or_default()).end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{AckCodes, Place, SegmentPlace};
    use crate::domain::{Scope, Severity};
    use crate::x12::Delimiters;

    fn segment(id: &'static str, position: u32) -> SegmentPlace {
        SegmentPlace { id: id.into(), position, offset: 0, line: 1 }
    }

    fn finding(ack: AckCodes, place: Place, trigger: Trigger) -> Finding {
        Finding {
            edit: "some-edit".into(),
            snip: 2,
            severity: Severity::Error,
            scope: Scope::Claim,
            place,
            value: None,
            message: String::new(),
            fix: String::new(),
            ack,
            statuses: Vec::new(),
            trigger: Some(trigger),
        }
    }

    fn written(finding: &Finding) -> String {
        let mut pen = Pen::new(Delimiters::USUAL);
        segment_error(&mut pen, finding, "CLM01");
        element_error(&mut pen, finding);
        String::from_utf8(pen.into_bytes()).unwrap().replace("~\n", "~")
    }

    #[test]
    fn what_made_a_missing_segment_required_is_named_before_the_claim() {
        let trigger = Trigger {
            segment: segment("CLM", 43),
            loop_id: Some("2300".into()),
            element: Some(5),
            component: Some(3),
            data_element: Some("1325".into()),
        };
        let place = Place {
            claim: Some("PCN1".into()),
            segment: Some(segment("REF", 47)),
            loop_id: Some("2300".into()),
            ..Place::default()
        };
        let ack = AckCodes { ik3: Some("I6".into()), ..AckCodes::default() };
        let wanted = "IK3*REF*47*2300*I6~CTX*SITUATIONAL TRIGGER*CLM*43*2300*5:3*1325~CTX*CLM01:PCN1~";
        assert_eq!(written(&finding(ack, place, trigger)), wanted);
    }

    #[test]
    fn what_made_a_missing_element_required_is_named_after_it() {
        let trigger = Trigger {
            segment: segment("SBR", 20),
            loop_id: Some("2000B".into()),
            element: Some(2),
            component: None,
            data_element: None,
        };
        let place = Place {
            segment: Some(segment("NM1", 21)),
            loop_id: Some("2010BA".into()),
            element: Some(9),
            ..Place::default()
        };
        let ack = AckCodes { ik4: Some("I9".into()), data_element: Some("67".into()), ..AckCodes::default() };
        let wanted = "IK3*NM1*21*2010*8~IK4*9*67*I9~CTX*SITUATIONAL TRIGGER*SBR*20*2000*2~";
        assert_eq!(written(&finding(ack, place, trigger)), wanted);
    }
}
