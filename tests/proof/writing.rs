//! The reader and the writer are inverse: whatever may be written with some delimiters reads as it was written, and
//! what may not is refused.

use claimgate::x12::write::{AckRequested, GroupHead, InterchangeHead, Layout};
use claimgate::x12::{Delimiters, Reader, Token, Value, WriteError, Writer};

use super::reading::NARROW;

/// Takes `data` as delimiters, a layout and segments, one a line, with elements between tabs.
pub fn writer(data: &[u8]) {
    let [element, repetition, component, segment, layout, rest @ ..] = data else { return };
    let delimiters =
        Delimiters { element: *element, repetition: Some(*repetition), component: *component, segment: *segment };
    let layout = if layout % 2 == 0 { Layout::Packed } else { Layout::Lines };
    let text = String::from_utf8_lossy(rest);
    let segments: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    round_trip(delimiters, layout, &segments);
}

/// Writes these segments and reads them back. Values that cannot be written stay out of the file.
pub fn round_trip(delimiters: Delimiters, layout: Layout, segments: &[Vec<&str>]) {
    let Ok(mut writer) = Writer::new(Vec::new(), delimiters, layout) else {
        assert!(delimiters.fault().is_some() || !delimiters.are_ascii(), "{delimiters:?} are fit");
        return;
    };
    let Ok(written) = write(&mut writer, segments) else { return };
    let bytes = writer.finish().expect("all is closed");
    let mut reader = Reader::with_room(&bytes[..], NARROW);
    let mut read = Vec::new();
    while let Some(token) = reader.next().expect("memory does not fail") {
        match token {
            Token::Segment(segment) => {
                let elements = (0..=segment.element_count()).map(|n| segment.element(n).to_vec());
                read.push(elements.collect::<Vec<_>>());
            }
            Token::Isa(isa) => assert_eq!(isa.delimiters, delimiters),
            Token::Damage(damage) => panic!("what was written is damaged: {damage:?}"),
        }
    }
    assert_eq!(read, written);
}

/// Envelopes around the segments; what must be read back, from GS to IEA. `Err` where an envelope's own values hold
/// a delimiter.
fn write(writer: &mut Writer<Vec<u8>>, segments: &[Vec<&str>]) -> Result<Vec<Vec<Vec<u8>>>, WriteError> {
    writer.interchange(&InterchangeHead {
        sender_qualifier: "ZZ",
        sender: "SENDER",
        receiver_qualifier: "ZZ",
        receiver: "RECEIVER",
        date: "261120",
        time: "1230",
        control: 905,
        usage: "T",
        ack_requested: AckRequested::No,
    })?;
    let (sender, receiver, date, time) = ("SENDER", "RECEIVER", "20261120", "1230");
    let version = "005010X222A1";
    writer.group(&GroupHead { code: "HC", sender, receiver, date, time, control: 1, version })?;
    writer.transaction("837", "0001", version)?;
    let mut right = vec![
        owned(&["GS", "HC", sender, receiver, date, time, "1", "X", version]),
        owned(&["ST", "837", "0001", version]),
    ];
    let mut count = 2;
    for segment in segments {
        let (id, elements) = segment.split_first().map_or(("", &[][..]), |(id, elements)| (*id, elements));
        // One that no reader would hold.
        let too_long = segment.iter().map(|text| text.len() + 1).sum::<usize>() >= NARROW.segment_bytes_max;
        if !is_an_id(id) || too_long {
            continue;
        }
        let values: Vec<Value<'_>> = elements.iter().map(|text| Value::Text(text)).collect();
        match writer.segment(id, &values) {
            Ok(()) => {
                let used = elements.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
                right.push(owned(&segment[..=used]));
                count += 1;
            }
            Err(WriteError::Delimiter { .. }) => {
                let delimiters = writer.delimiters();
                let holds = |text: &&str| text.bytes().any(|byte| delimiters.is_one(byte) || byte == b'\r');
                assert!(segment.iter().any(holds), "a segment without a delimiter is refused: {segment:?}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    writer.end_transaction()?;
    writer.end_group()?;
    writer.end_interchange()?;
    right.push(owned(&["SE", &count.to_string(), "0001"]));
    right.push(owned(&["GE", "1", "1"]));
    right.push(owned(&["IEA", "1", "000000905"]));
    Ok(right)
}

/// Envelope segments would open and close what the writer opens and closes itself.
fn is_an_id(id: &str) -> bool {
    let form = (2..=3).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    form && !matches!(id, "ISA" | "IEA" | "TA1")
}

fn owned(elements: &[&str]) -> Vec<Vec<u8>> {
    elements.iter().map(|text| text.as_bytes().to_vec()).collect()
}
