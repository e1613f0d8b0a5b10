//! What is written reads back as it was, whatever the delimiters.

use proptest::prelude::*;

use super::*;
use crate::x12::{Envelopes, Event, Reader};

const HEAD: InterchangeHead<'_> = InterchangeHead {
    sender_qualifier: "ZZ",
    sender: "SENDER",
    receiver_qualifier: "30",
    receiver: "RECEIVER",
    date: "260131",
    time: "1200",
    control: 17,
    usage: "T",
    ack_requested: AckRequested::Ta1,
};
const GROUP: GroupHead<'_> = GroupHead {
    code: "HC",
    sender: "S",
    receiver: "R",
    date: "20260131",
    time: "1200",
    control: 3,
    version: "005010X222A1",
};

fn written(delimiters: Delimiters, layout: Layout, segments: &[(&str, Vec<Value<'_>>)]) -> Result<Vec<u8>, WriteError> {
    let mut writer = Writer::new(Vec::new(), delimiters, layout)?;
    writer.interchange(&HEAD)?;
    writer.group(&GROUP)?;
    writer.transaction("837", "0001", "005010X222A1")?;
    for (id, elements) in segments {
        writer.segment(id, elements)?;
    }
    writer.end_transaction()?;
    writer.end_group()?;
    writer.end_interchange()?;
    writer.finish()
}

/// The elements of each segment between ST and SE, and that no rule of the envelopes is broken.
fn read_back(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut findings, mut read) = (Vec::new(), Vec::new());
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        if let Event::Segment(segment, _) = event {
            read.push((0..=segment.element_count()).map(|n| segment.text(n)).collect());
        }
    }
    assert_eq!(findings, []);
    read
}

#[test]
fn empty_ends_are_trimmed_and_counts_are_right() {
    let procedure = Value::Composite(&["HC", "99213", "", ""]);
    let repeated = [Value::Text("A"), Value::Text("B")];
    let elements = vec![procedure, "100".into(), "".into(), Value::Repeated(&repeated), "".into(), "".into()];
    let bytes = written(Delimiters::USUAL, Layout::Packed, &[("SV1", elements)]).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("~SV1*HC:99213*100**A^B~SE*3*0001~GE*1*3~IEA*1*000000017~"), "{text}");
    assert_eq!(text.find("~GS*"), Some(105));
    assert_eq!(read_back(&bytes).len(), 1);
}

#[test]
fn a_value_with_a_delimiter_is_refused() {
    for value in ["A*B", "A:B", "A^B", "A~B"] {
        let refused = written(Delimiters::USUAL, Layout::Packed, &[("NTE", vec!["ADD".into(), value.into()])]);
        assert!(matches!(refused, Err(WriteError::Delimiter { element: 2, .. })), "{value}");
    }
    let doubled = Delimiters { component: b'*', ..Delimiters::USUAL };
    assert!(matches!(written(doubled, Layout::Packed, &[]), Err(WriteError::UnfitDelimiters)));
}

#[test]
fn envelopes_are_written_in_their_order_only() {
    let mut writer = Writer::new(Vec::new(), Delimiters::USUAL, Layout::Packed).unwrap();
    assert!(matches!(writer.group(&GROUP), Err(WriteError::OutOfPlace("GS"))));
    writer.interchange(&HEAD).unwrap();
    writer.segment("TA1", &["000000009".into()]).unwrap();
    assert!(matches!(writer.end_transaction(), Err(WriteError::OutOfPlace("SE"))));
    assert!(writer.finish().is_err());
}

#[test]
fn a_segment_is_copied_into_other_delimiters() {
    let bytes = written(Delimiters::USUAL, Layout::Lines, &[("SV1", vec![(&["HC", "1"]).into(), "5".into()])]).unwrap();
    let mut envelopes = Envelopes::new(Reader::new(bytes.as_slice()));
    let other = Delimiters { element: b'|', repetition: Some(b'!'), component: b'>', segment: b'\n' };
    let mut writer = Writer::new(Vec::new(), other, Layout::Packed).unwrap();
    writer.interchange(&HEAD).unwrap();
    writer.group(&GROUP).unwrap();
    writer.transaction("837", "0001", "").unwrap();
    while let Some(event) = envelopes.next(&mut Vec::new()).unwrap() {
        if let Event::Segment(segment, _) = event {
            writer.copy(&segment).unwrap();
        }
    }
    writer.end_transaction().unwrap();
    writer.end_group().unwrap();
    writer.end_interchange().unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(text.contains("\nSV1|HC>1|5\nSE|3|0001\n"), "{text}");
}

fn delimiter() -> impl Strategy<Value = u8> {
    (1u8..127).prop_filter("a sign", |b| !b.is_ascii_alphanumeric() && !matches!(b, b' ' | b'\t' | 0x0C))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_reads_back_with_any_legal_delimiters(
        signs in proptest::collection::hash_set(delimiter(), 4),
        segments in proptest::collection::vec(proptest::collection::vec("[A-Z0-9 ]{0,12}", 1..8), 1..20),
        lines in any::<bool>(),
    ) {
        let signs: Vec<u8> = signs.into_iter().collect();
        let delimiters = Delimiters { element: signs[0], repetition: Some(signs[1]), component: signs[2], segment: signs[3] };
        // A line break inside data is trimmed where it stands before a terminator: not as a separator here.
        prop_assume!(!signs[..3].iter().any(|b| matches!(b, b'\r' | b'\n')));
        let layout = if lines && signs[3] != b'\r' { Layout::Lines } else { Layout::Packed };
        let values: Vec<(&str, Vec<Value<'_>>)> =
            segments.iter().map(|s| ("NTE", s.iter().map(|v| Value::Text(v)).collect())).collect();
        let read = read_back(&written(delimiters, layout, &values).unwrap());
        prop_assert_eq!(read.len(), segments.len());
        for (read, mut written) in read.into_iter().zip(segments) {
            while written.last().is_some_and(String::is_empty) {
                written.pop();
            }
            prop_assert_eq!(&read[1..], &written[..]);
        }
    }

    #[test]
    fn no_bytes_whatever_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..600), header in any::<bool>()) {
        let mut all = if header { written(Delimiters::USUAL, Layout::Packed, &[]).unwrap() } else { Vec::new() };
        all.truncate(150);
        all.extend_from_slice(&bytes);
        let mut envelopes = Envelopes::new(Reader::new(all.as_slice()));
        let mut findings = Vec::new();
        let mut open = 0i32;
        while let Some(event) = envelopes.next(&mut findings).unwrap() {
            match event {
                Event::InterchangeStart(_) | Event::GroupStart(_) | Event::TransactionStart(_, _) => open += 1,
                Event::InterchangeEnd(_) | Event::GroupEnd(_) | Event::TransactionEnd(_, _) => open -= 1,
                Event::Segment(_, _) | Event::Ta1(_) | Event::Stray(_) | Event::Damage(_) => {}
            }
        }
        prop_assert_eq!(open, 0);
        prop_assert_eq!(envelopes.bytes_read(), all.len() as u64);
    }
}
