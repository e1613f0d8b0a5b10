//! What the envelope machine says of whole files.

use super::*;

const BODY: &str = "GS*HC*S*R*20260101*1200*1*X*005010X222A1~ST*837*0001*005010X222A1~BHT*0019*00*1*20260101*1200*CH~SE*3*0001~GE*1*1~";

fn isa() -> String {
    let mut text = format!("ISA*00*{:10}*00*{:10}*ZZ*{:15}*ZZ*{:15}", "", "", "SENDER", "RECEIVER");
    text.push_str("*260101*1200*^*00501*000000001*0*T*:~");
    text
}

fn file(body: &str) -> String {
    format!("{}{body}IEA*1*000000001~", isa())
}

/// Events by name and findings by edit.
fn read(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let mut envelopes = Envelopes::new(Reader::new(bytes));
    let (mut events, mut findings) = (Vec::new(), Vec::new());
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        events.push(match event {
            Event::InterchangeStart(i) => format!("ISA {}", i.sender),
            Event::Ta1(_) => "TA1".into(),
            Event::GroupStart(g) => format!("GS {}", g.control),
            Event::TransactionStart(t, st) => format!("ST {} {}", t.control, st.line),
            Event::Segment(s, position) => format!("{} {position}", s.text(0)),
            Event::TransactionEnd(end, se) => format!("SE {} {}", end.segments, se.is_some()),
            Event::GroupEnd(end) => format!("GE {}", end.transactions),
            Event::InterchangeEnd(end) => format!("IEA {}", end.groups),
            Event::Stray(s) => format!("stray {}", s.text(0)),
            Event::Damage(damage) => format!("{:?}", damage.kind),
        });
    }
    (events, findings.iter().map(|f| f.edit.to_string()).collect())
}

#[track_caller]
fn check(text: impl AsRef<[u8]>, events: &[&str], findings: &[&str]) {
    let (found_events, found) = read(text.as_ref());
    assert_eq!(found_events, events);
    assert_eq!(found, findings);
}

const WHOLE: [&str; 7] = ["ISA SENDER", "GS 1", "ST 0001 1", "BHT 2", "SE 3 true", "GE 1", "IEA 1"];

#[test]
fn a_plain_file_is_read_without_findings() {
    check(file(BODY), &WHOLE, &[]);
}

#[test]
fn a_byte_order_mark_and_blank_lines_before_isa_do_not_matter() {
    check(
        format!("\u{feff}\r\n {}", file(BODY)),
        &["ISA SENDER", "GS 1", "ST 0001 2", "BHT 2", "SE 3 true", "GE 1", "IEA 1"],
        &[],
    );
}

#[test]
fn line_breaks_after_terminators_are_decoration_and_count_lines() {
    for newline in ["\n", "\r\n", " \r\n"] {
        let text = file(BODY).replace('~', &format!("~{newline}"));
        check(text, &["ISA SENDER", "GS 1", "ST 0001 3", "BHT 2", "SE 3 true", "GE 1", "IEA 1"], &[]);
    }
}

#[test]
fn the_terminator_may_be_a_line_break_and_delimiters_may_be_unusual() {
    for (terminator, line) in [("\n", 3), ("\r", 3), ("\r\n", 3), ("\u{1c}", 1), ("|", 1)] {
        let text = file(BODY).replace('~', terminator);
        let st = format!("ST 0001 {line}");
        check(text, &["ISA SENDER", "GS 1", &st, "BHT 2", "SE 3 true", "GE 1", "IEA 1"], &[]);
    }
    check(file(BODY).replace('*', "\u{1d}").replace('^', "!"), &WHOLE, &[]);
}

#[test]
fn several_interchanges_and_a_ta1_before_the_group() {
    let twice = format!("{0}\n{0}", file(BODY));
    let (events, findings) = read(twice.as_bytes());
    assert_eq!((events.len(), findings.len()), (14, 0));
    let ta1 = format!("{}TA1*000000009*260101*1200*A*000~IEA*0*000000001~", isa());
    check(ta1, &["ISA SENDER", "TA1", "IEA 0"], &[]);
}

#[test]
fn a_truncated_file_closes_everything_and_says_so_once() {
    let text = file(BODY);
    let cut = &text[..text.find("SE*").unwrap()];
    check(cut, &["ISA SENDER", "GS 1", "ST 0001 1", "BHT 2", "SE 2 false", "GE 1", "IEA 1"], &["file-ends-early"]);
    let within = &text[..text.find("*20260101*1200*CH").unwrap()];
    let events = ["ISA SENDER", "GS 1", "ST 0001 1", "Unterminated", "BHT 2", "SE 2 false", "GE 1", "IEA 1"];
    check(within, &events, &["segment-unterminated", "file-ends-early"]);
}

#[test]
fn trailers_must_agree_with_what_they_close() {
    for (from, to, edit) in [
        ("SE*3", "SE*4", "segment-count"),
        ("SE*3*0001", "SE*3*0002", "transaction-control-number"),
        ("GE*1*1", "GE*2*1", "transaction-count"),
        ("GE*1*1", "GE*1*2", "group-control-number"),
        ("IEA*1", "IEA*2", "group-count"),
        ("IEA*1*000000001", "IEA*1*000000002", "interchange-control-number"),
        ("SE*3*0001~", "", "transaction-trailer-missing"),
        ("GE*1*1~", "", "group-trailer-missing"),
        ("*260101*1200*^", "*260231*1200*^", "isa-date"),
        ("*260101*1200*^", "*260101*2500*^", "isa-time"),
        ("*00501*", "*00401*", "isa-version"),
        ("*0*T*", "*2*T*", "isa-ack-requested"),
        ("*0*T*", "*0*X*", "isa-usage"),
        ("*ZZ*SENDER ", "*QQ*SENDER ", "isa-sender-qualifier"),
        ("*^*", "*U*", "isa-repetition-separator"),
        ("BHT*", "~BHT*", "segment-empty"),
        ("BHT*", "  BHT*", "segment-indented"),
        ("SENDER         ", "SENDER", "isa-width"),
        ("GE*1*1~", "GE*1*1~REF*X~", "segment-outside-transaction"),
        ("GS*HC", "REF*X~GS*HC", "segment-outside-transaction"),
        ("IEA*1*000000001~", "IEA*1*000000001~hello", "text-outside-interchange"),
        ("IEA*1*000000001~", "IEA*1*000000001", "segment-unterminated"),
    ] {
        let text = file(BODY).replacen(from, to, 1);
        assert_ne!(text, file(BODY), "{from}");
        assert_eq!(read(text.as_bytes()).1, [edit], "{from} -> {to}");
    }
}

#[test]
fn control_numbers_are_not_used_twice() {
    let st = &BODY[BODY.find("ST*").unwrap()..BODY.find("GE*").unwrap()];
    let text = file(BODY).replace(st, &format!("{st}{st}")).replace("GE*1", "GE*2");
    assert_eq!(read(text.as_bytes()).1, ["transaction-control-number-repeated"]);
    let text = file(&format!("{BODY}{BODY}")).replace("IEA*1", "IEA*2");
    assert_eq!(read(text.as_bytes()).1, ["group-control-number-repeated"]);
}

#[test]
fn a_new_header_inside_an_interchange_ends_it() {
    let text = format!("{}{BODY}{}", isa(), file(BODY));
    let (events, findings) = read(text.as_bytes());
    assert_eq!(findings, ["interchange-trailer-missing"]);
    assert_eq!(events.iter().filter(|e| e.starts_with("IEA")).count(), 2);
}

#[test]
fn a_file_without_a_header_is_refused_and_nothing_is_read_from_it() {
    for text in ["", "  \n", "ST*837*0001~SE*2*0001~", BODY, "hello", "ISA*"] {
        let (events, findings) = read(text.as_bytes());
        assert_eq!(events.len(), 1, "{text}: {events:?}");
        assert!(findings == ["isa-missing"] || findings == ["isa-unreadable"], "{text}: {findings:?}");
    }
}

#[test]
fn unusable_delimiters_are_told_and_the_next_interchange_is_read() {
    let bad = file(BODY).replace('~', "A");
    let text = format!("{bad}{}", file(BODY));
    let (events, findings) = read(text.as_bytes());
    assert!(findings.contains(&"isa-delimiters".to_string()), "{findings:?}");
    assert_eq!(events.iter().filter(|e| e.as_str() == "BHT 2").count(), 1, "{events:?}");
}

#[test]
fn a_segment_without_end_is_skipped_with_bounded_memory() {
    let long = format!("NTE*ADD*{}~", "x".repeat(3 * 1024 * 1024));
    let text = file(&BODY.replace("BHT", &format!("{long}BHT")).replace("SE*3", "SE*4"));
    let events = ["ISA SENDER", "GS 1", "ST 0001 1", "SegmentTooLong", "BHT 3", "SE 4 true", "GE 1", "IEA 1"];
    check(text, &events, &["segment-too-long"]);
}

/// Gives one byte at a time, as a slow connection does.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some((&first, rest)) = self.0.split_first() else { return Ok(0) };
        (out[0], self.0) = (first, rest);
        Ok(1)
    }
}

#[test]
fn pieces_of_any_size_read_alike() {
    let text = file(BODY).replace('~', "~\r\n");
    let mut envelopes = Envelopes::new(Reader::new(Drip(text.as_bytes())));
    let (mut findings, mut count) = (Vec::new(), 0);
    while envelopes.next(&mut findings).unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, findings.len()), (7, 0));
    assert_eq!(envelopes.bytes_read(), text.len() as u64);
}
