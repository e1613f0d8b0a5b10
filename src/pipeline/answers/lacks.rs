//! What a payer's file lacks, as sentences for support: its envelopes and its guide, levels 1 and 2. Nothing of it keeps
//! the file from being taken in. What does not add up is told by the stage that posts the money.

use std::collections::HashMap;
use std::io;

use crate::domain::{Edit, Finding, Timestamp};
use crate::edits::catalogue::envelope::{
    GROUP_NOT_SUPPORTED, TRANSACTION_VERSION_NOT_SUPPORTED, VERSION_NOT_SUPPORTED,
};
use crate::edits::{self, CodeSets, Day, Reading, Settings, Sink, Syntax, sniff};
use crate::guide::Guides;
use crate::pipeline::Gateway;
use crate::x12::envelope::Group;

/// Syntax: what is not allowed in one situation only is no matter of a file that is taken in.
const SNIP_MAX: u8 = 2;
/// Edits of what no guide describes.
static UNGUIDED: [&Edit; 3] = [&GROUP_NOT_SUPPORTED, &VERSION_NOT_SUPPORTED, &TRANSACTION_VERSION_NOT_SUPPORTED];
/// Sentences kept of one file.
const SENTENCES_MAX: usize = 50;

/// By what a file is judged.
struct Bench<'a> {
    guides: &'a Guides,
    codes: &'a CodeSets,
    /// The day it came.
    as_of: Day,
}

/// What a file lacks that came to this gateway at this time.
pub fn lacks(gateway: &Gateway, received_at: i64, file: &[u8]) -> Vec<String> {
    let zone = gateway.config.gateway.time_zone.clone();
    let at = Timestamp::from_millisecond(received_at).unwrap_or_else(|_| gateway.clock.now());
    let as_of = Day::of(at.to_zoned(zone).date());
    sentences(file, &Bench { guides: &gateway.guides, codes: &gateway.codes.load(), as_of })
}

/// One sentence for each kind of fault, with the place of the first and how many more there are. Holds no patient data.
fn sentences(file: &[u8], bench: &Bench<'_>) -> Vec<String> {
    let settings = Settings {
        as_of: bench.as_of,
        snip_max: SNIP_MAX,
        syntax: Syntax::Claim,
        severities: edits::weights::Severities::new(),
        codes: bench.codes,
        context: None,
        reading: Reading::USUAL,
    };
    if sniff::is_archive(file) {
        return vec![sniff::refusal_of_answer(file)];
    }
    let mut notepad = Notepad::default();
    // Memory is read, and the notepad never refuses.
    match edits::check_on_one_core(file, bench.guides, &settings, &mut notepad) {
        // The check's own words are for submitters.
        Ok(summary) if summary.refused.is_some() => vec![sniff::refusal_of_answer(file)],
        Ok(_) | Err(_) => notepad.sentences(),
    }
}

/// Faults of the same rule in the same element are one kind.
type Kind = (String, String, Option<u16>, Option<u16>);

#[derive(Default)]
struct Notepad {
    kinds: HashMap<Kind, usize>,
    /// The first of each kind, and how many came after it.
    notes: Vec<(String, usize)>,
    /// Faults of kinds that are not kept.
    more: usize,
    /// GS01 of the group that is read.
    group: String,
}

impl Sink for Notepad {
    fn group_start(&mut self, group: &Group) -> io::Result<()> {
        self.group.clone_from(&group.code);
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let place = &finding.place;
        let segment = place.segment.as_ref().map_or(String::new(), |segment| segment.id.to_string());
        let kind = (finding.edit.to_string(), segment, place.element, place.component);
        if let Some(&known) = self.kinds.get(&kind) {
            self.notes[known].1 += 1;
        } else if self.notes.len() < SENTENCES_MAX {
            self.kinds.insert(kind, self.notes.len());
            self.notes.push((sentence(finding, &self.group), 0));
        } else {
            self.more += 1;
        }
        Ok(())
    }
}

impl Notepad {
    fn sentences(self) -> Vec<String> {
        let told = |(sentence, more): (String, usize)| match more {
            0 => sentence,
            more => format!("{sentence} (and {more} more like it)"),
        };
        let mut all: Vec<String> = self.notes.into_iter().map(told).collect();
        if self.more > 0 {
            all.push(format!("{} more faults of other kinds are not listed", self.more));
        }
        all
    }
}

/// Where it is, as a person looks for it, and what is wrong. `group` is GS01, which may be what is wrong with GS08.
fn sentence(finding: &Finding, group: &str) -> String {
    let message = match &finding.value {
        // The edits' own words are for submitters, of whom nothing is taken that no guide describes.
        Some(value) if UNGUIDED.iter().any(|edit| edit.id == finding.edit) => {
            let named = match (segment_is(finding, "GS"), finding.place.element) {
                (true, Some(1)) => format!("GS01 ({value}) names no kind of answer"),
                (true, _) => format!("GS01 and GS08 ({group}, {value}) name no guide"),
                (false, _) => format!("ST01 and ST03 ({value}) name no guide"),
            };
            format!("{named} that is known here: what it says is taken in, its form is not checked")
        }
        Some(_) | None => finding.message.clone(),
    };
    let Some(segment) = &finding.place.segment else { return message };
    let within = match (&finding.place.transaction, segment.position) {
        (Some(transaction), position) if position > 0 => format!(" (segment {position} of transaction {transaction})"),
        (_, _) => String::new(),
    };
    let capitals = match segment.id.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => format!(" (ids of segments are capitals: {})", segment.id.to_ascii_uppercase()),
        false => String::new(),
    };
    format!("line {}{within}: {message}{capitals}", segment.line)
}

fn segment_is(finding: &Finding, id: &str) -> bool {
    finding.place.segment.as_ref().is_some_and(|segment| segment.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits::samples::guides;
    use crate::pipeline::answers::testing::interchange;

    fn said(file: &str) -> Vec<String> {
        let bench = Bench { guides: guides(), codes: &CodeSets::shipped(), as_of: Day::read(b"20261102").unwrap() };
        sentences(file.as_bytes(), &bench)
    }

    fn check(file: &str, expected: &[&str]) {
        assert_eq!(said(file), expected);
    }

    fn ack(more: &[&str]) -> String {
        let segments = ["ST*999*0001*005010X231A1", "AK1*HC*7*005010X222A1"].iter().chain(more);
        interchange("FA", "005010X231A1", 5, &[segments.map(ToString::to_string).collect()])
    }

    #[test]
    fn a_sound_file_lacks_nothing() {
        check(&ack(&["AK2*837*0001*005010X222A1", "IK5*A", "AK9*A*1*1*1"]), &[]);
    }

    #[test]
    fn what_is_missing_is_told_with_its_place_and_what_is_repeated_once() {
        let file = ack(&["AK2*837*1*005010X222A1", "IK5*A", "AK2*837*2*005010X222A1", "IK5*A"]);
        let missing = "line 9 (segment 7 of transaction 0001): AK9 (functional group response trailer) is missing; it is \
                       required here";
        let short = "line 5 (segment 3 of transaction 0001): AK202 (transaction set control number) has 1 characters; it \
                     must have at least 4 (and 1 more like it)";
        check(&file, &[short, missing]);
    }

    #[test]
    fn what_no_guide_describes_is_said_to_be_taken_in() {
        let file = ack(&["AK9*A*1*1*1"]).replace("005010X231A1", "004010X098A1");
        check(
            &file,
            &[
                "line 2: GS01 and GS08 (FA, 004010X098A1) name no guide that is known here: what it says is taken in, its form is \
                not checked",
            ],
        );
    }

    #[test]
    fn a_group_of_no_known_kind_and_ids_in_small_letters_are_told_as_what_they_are() {
        let file = ack(&["AK9*A*1*1*1"]).replace("GS*FA*", "GS*ZZ*");
        let notes = said(&file);
        assert!(notes[0].contains("GS01 (ZZ) names no kind of answer") && notes[0].contains("taken in"), "{notes:?}");
        let notes = said(&ack(&["AK9*A*1*1*1"]).replace("GS*FA*", "gs*FA*"));
        assert!(notes[0].contains("ids of segments are capitals: GS"), "{notes:?}");
        let notes = said(&ack(&["AK9*A*1*1*1"]).to_lowercase());
        assert!(notes[0].contains("begins with `isa` in small letters"), "{notes:?}");
    }

    #[test]
    fn what_is_no_x12_is_told_by_what_it_is() {
        check(
            "<html><body>502 Bad Gateway</body></html>",
            &["The file is HTML, not X12. It may be an error page of a web \
            server that was saved in the file's place; fetch the file again."],
        );
        check(
            "claim,paid\n1,100\n2,200\n",
            &[
                "The file is a table (CSV), not X12. Answers are taken as X12 only; send it as an 835, 277, 277CA, 999 or TA1.",
            ],
        );
    }
}
