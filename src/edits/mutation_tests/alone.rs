//! Rules that the walk's own findings usually come before.

use super::{Changes, changed};
use crate::domain::ClaimKind::Professional;
use crate::domain::Scope;
use crate::domain::finding::Place;
use crate::edits::CodeSets;
use crate::edits::arena::Arena;
use crate::edits::claim::{Claim, Parts};
use crate::edits::codesets::ListSet;
use crate::edits::report::Report;
use crate::edits::rules;
use crate::edits::samples::{as_of, file, good};
use crate::guide::Tag;
use crate::x12::{Envelopes, Event, Reader, Segment};

/// Segments of a file, each with its loop, handed on one by one.
fn each(segments: &[(&str, String)], mut take: impl FnMut(&Segment<'_>, Tag, Tag, u32)) {
    let texts: Vec<String> = segments.iter().map(|(_, text)| text.clone()).collect();
    let text = file(Professional, &texts);
    let mut loops = segments.iter().map(|(loop_id, _)| loop_id);
    let (mut envelopes, mut findings) = (Envelopes::new(Reader::new(text.as_bytes())), Vec::new());
    while let Some(event) = envelopes.next(&mut findings).expect("memory does not fail") {
        if let Event::Segment(segment, position) = event {
            let tag = |text: &[u8]| Tag::of(text).expect("ids are short");
            let loop_id = loops.next().expect("each segment has its loop");
            take(&segment, tag(segment.id()), tag(loop_id.as_bytes()), position);
        }
    }
}

fn arena_of(segments: &[(&str, String)]) -> Arena {
    let mut arena = Arena::default();
    each(segments, |segment, id, loop_id, position| arena.push(segment, id, loop_id, position));
    arena
}

/// The edits that a rule fires where no walk has been before it.
fn fired(rule: impl FnOnce(&mut Report<'_>)) -> Vec<String> {
    let (place, codes, mut out) = (Place::default(), CodeSets::shipped(), Vec::new());
    let mut report = Report {
        kind: Professional,
        snip_max: 7,
        place: &place,
        claim_name: b"",
        scope: Scope::Claim,
        syntax: &[],
        out: &mut out,
        codes: &codes,
        used: ListSet::default(),
    };
    rule(&mut report);
    out.iter().map(|finding| finding.edit.to_string()).collect()
}

fn alone(rule: impl FnOnce(&Arena, &mut Report<'_>), segments: &[(&str, &str)]) -> Vec<String> {
    let segments: Vec<(&str, String)> = segments.iter().map(|(loop_id, text)| (*loop_id, text.to_string())).collect();
    fired(|report| rule(&arena_of(&segments), report))
}

/// The same of the good claim, changed.
fn of_claim(changes: Changes) -> Vec<String> {
    let loop_of = |text: &str| match text {
        _ if text.starts_with("NM1*82") || text.starts_with("PRV*PE") => "2310B",
        _ if ["LX", "SV1", "DTP*472", "REF*6R"].iter().any(|id| text.starts_with(id)) => "2400",
        _ if text.starts_with("LIN") || text.starts_with("CTP") => "2410",
        _ if text.starts_with("SBR") || text.starts_with("OI") => "2320",
        _ => "2300",
    };
    let segments = changed(Professional, &[changes]);
    let begin = segments.iter().position(|segment| segment.starts_with("CLM")).expect("a claim begins");
    let segments: Vec<(&str, String)> = segments[begin..].iter().map(|text| (loop_of(text), text.clone())).collect();
    let mut parts = Parts::default();
    each(&segments, |segment, id, loop_id, position| parts.push(segment, id, loop_id, position));
    parts.finish(Professional);
    let empty = Arena::default();
    let subscriber = arena_of(&[("2000B", "SBR*P*18*GRP1******CI".to_string())]);
    let (as_of, parts, none) = (as_of(), &parts, &empty);
    let claim = Claim {
        kind: Professional,
        as_of,
        header: none,
        billing: none,
        subscriber: &subscriber,
        patient: none,
        parts,
        subscriber_has_claims: false,
    };
    fired(|report| rules::claim(&claim, report))
}

#[test]
fn a_claims_own_codes_are_judged_without_a_guides_lists() {
    assert_eq!(of_claim(&[]), [""; 0]);
    let clm = "CLM*PCN1*300***11:B:1*Y*A*Y*Y";
    let cases: &[(Changes, &str)] = &[
        (&[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*N")], "release-of-information"),
        (&[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y*S")], "signature-source"),
        (&[("REF*D9*UP1", "REF*4N*8")], "service-authorization-exception"),
        (&[("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*1***1**N")], "emergency-indicator"),
        (&[("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*1***1****N")], "screening-indicator"),
        (&[("SV1*HC:99213*100*UN*1***1", "SV1*HC:99213*100*UN*1***1*****N")], "family-planning-indicator"),
        (&[("REF*D9*UP1", "DTP*360*D8*20260901~DTP*361*D8*20260801")], "disability-dates-order"),
        (&[("REF*D9*UP1", "DTP*314*RD8*20260901-20260801")], "disability-dates-order"),
        (&[("DTP*472*D8*20261001", "DTP*472*RD8*20261003-20261001")], "service-dates-order"),
        (&[("LX*1", "SBR*S*18~OI***X***Y~LX*1")], "other-payer-assignment"),
        (&[("LX*1", "SBR*S*18~OI***Y***N~LX*1")], "other-payer-assignment"),
    ];
    assert!(good(Professional).iter().any(|segment| segment == clm));
    for (changes, edit) in cases {
        assert_eq!(of_claim(changes), [edit.to_string()], "{changes:?}");
    }
}

/// The walk finds these first, by the guide's lists; they hold all the same where an operator's guide has wider ones.
#[test]
fn what_the_guides_lists_say_is_said_again_where_they_do_not() {
    let header = |bht: &'static str, per: &'static str| {
        alone(|arena, report| rules::header(arena, as_of(), report), &[("", bht), ("1000A", per)])
    };
    assert_eq!(header("BHT*0019*00*B*20261101*1200*CH", "PER*IC*A*TE*8005550100"), [""; 0]);
    assert_eq!(header("BHT*0019*00*B*20261101*1200*ZZ", "PER*IC*A*TE*8005550100"), ["claim-or-encounter-code"]);
    assert_eq!(header("BHT*0019*00*B*20261101*1200*CH", "PER*IC*A"), ["submitter-contact-missing"]);
    let patient = |pat: &'static str| alone(|arena, report| rules::patient(arena, as_of(), report), &[("2000C", pat)]);
    assert_eq!(patient("PAT*19"), [""; 0]);
    assert_eq!(patient("PAT*18"), ["patient-relationship"]);
    let billing = |numbers: &[&'static str]| {
        let nm1 = ("2010AA", "NM1*85*2*LAKESIDE*****XX*1234567893");
        let numbers = numbers.iter().map(|number| ("2010AA", *number));
        let segments: Vec<(&str, &str)> = std::iter::once(nm1).chain(numbers).collect();
        alone(rules::billing, &segments)
    };
    assert_eq!(billing(&["REF*EI*123456789"]), [""; 0]);
    assert_eq!(billing(&[]), ["billing-tax-id"]);
    assert_eq!(billing(&["REF*EI*123456789", "REF*SY*123456789"]), ["billing-tax-id"]);
}
