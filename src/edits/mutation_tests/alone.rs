//! Rules that the walk's own findings usually come before.

use crate::domain::ClaimKind::Professional;
use crate::domain::Scope;
use crate::domain::finding::Place;
use crate::edits::CodeSets;
use crate::edits::arena::Arena;
use crate::edits::codesets::ListSet;
use crate::edits::report::Report;
use crate::edits::rules;
use crate::edits::samples::{as_of, file};
use crate::guide::Tag;
use crate::x12::{Envelopes, Event, Reader};

/// The edits that a rule on a level fires by itself, where no walk has been before it.
fn alone(rule: impl FnOnce(&Arena, &mut Report<'_>), segments: &[(&str, &str)]) -> Vec<String> {
    let texts: Vec<String> = segments.iter().map(|(_, text)| text.to_string()).collect();
    let text = file(Professional, &texts);
    let (mut arena, mut loops) = (Arena::default(), segments.iter().map(|(loop_id, _)| loop_id));
    let (mut envelopes, mut findings) = (Envelopes::new(Reader::new(text.as_bytes())), Vec::new());
    while let Some(event) = envelopes.next(&mut findings).expect("memory does not fail") {
        if let Event::Segment(segment, position) = event {
            let tag = |text: &[u8]| Tag::of(text).expect("ids are short");
            arena.push(
                &segment,
                tag(segment.id()),
                tag(loops.next().expect("each segment has its loop").as_bytes()),
                position,
            );
        }
    }
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
    rule(&arena, &mut report);
    out.iter().map(|finding| finding.edit.to_string()).collect()
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
