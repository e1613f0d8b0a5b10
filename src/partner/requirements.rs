//! `[requirements]` of a payer's file: what it asks of its claims beyond the guides.

use std::ops::RangeInclusive;

use super::door::Section;
use super::names::Npi;
use super::period::Period;
use super::words::words;
use crate::domain::requirements::{Needs, Refuses, Requirements};

words! {
    Need {
        BillingTaxonomy = "billing_taxonomy",
        GroupNumber = "group_number",
        Authorization = "authorization",
    }
    Refusal {
        Secondary = "secondary",
        Attachments = "attachments",
        Replacements = "replacements",
    }
}

/// The guides' own limits, which a payer can only narrow.
const LINES_MAX: RangeInclusive<i64> = 1..=999;
const CONTROL_NUMBER_CHARS_MAX: RangeInclusive<i64> = 1..=38;

pub(super) fn read(section: &Section<'_>) -> Option<Requirements> {
    let timely_filing_days = days(section, "timely_filing");
    let timely_correction_days = days(section, "timely_correction");
    let member_id = section.optional("member_id");
    let needs = section.list_or::<Need>("needs", Vec::new());
    let refuses = section.list_or::<Refusal>("refuses", Vec::new());
    let lines_max = limit(section, "lines_max", LINES_MAX);
    let control_number_chars_max = limit(section, "control_number_max", CONTROL_NUMBER_CHARS_MAX);
    let capitals_only = section.flag("capitals_only", false);
    let one_calendar_year = section.flag("one_calendar_year", false);
    let npis = section.list_or::<Npi>("remittance_npis", Vec::new());
    let (needs, refuses) = (needs?, refuses?);
    Some(Requirements {
        timely_filing_days: timely_filing_days?,
        timely_correction_days: timely_correction_days?,
        member_id: member_id?,
        needs: Needs {
            billing_taxonomy: needs.contains(&Need::BillingTaxonomy),
            group_number: needs.contains(&Need::GroupNumber),
            authorization: needs.contains(&Need::Authorization),
        },
        refuses: Refuses {
            secondary: refuses.contains(&Refusal::Secondary),
            attachments: refuses.contains(&Refusal::Attachments),
            replacements: refuses.contains(&Refusal::Replacements),
        },
        lines_max: lines_max?,
        control_number_chars_max: control_number_chars_max?,
        capitals_only: capitals_only?,
        one_calendar_year: one_calendar_year?,
        remittance_npis: npis?.iter().map(ToString::to_string).collect(),
    })
}

/// Whole days; `None` inside when the key is not there.
fn days(section: &Section<'_>, key: &'static str) -> Option<Option<u32>> {
    const DAY: u64 = 86_400;
    let Some(Period(length)) = section.optional::<Period>(key)? else { return Some(None) };
    match length.as_secs() {
        seconds if seconds % DAY == 0 => Some(Some((seconds / DAY) as u32)),
        _ => section.fault(key, "must be whole days, as in \"365d\""),
    }
}

/// A number that has no default.
fn limit(section: &Section<'_>, key: &'static str, range: RangeInclusive<i64>) -> Option<Option<u32>> {
    let number = section.number(key, range, 0u32)?;
    Some((number > 0).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::door;

    fn read_text(text: &str) -> Result<Requirements, Vec<String>> {
        let build = |root: &Section<'_>| root.section("requirements", read);
        door::read("x.toml", text, build).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_left_out_asks_for_nothing() {
        assert!(read_text("").unwrap().asks_nothing());
        assert!(read_text("[requirements]").unwrap().asks_nothing());
    }

    #[test]
    fn every_key_is_read() {
        let text = "[requirements]\ntimely_filing = \"365d\"\ntimely_correction = \"730d\"\n\
                    member_id = \"^[A-Z]{3}[0-9]{9}$\"\nneeds = [\"billing_taxonomy\", \"authorization\"]\n\
                    refuses = [\"attachments\"]\nlines_max = 50\ncontrol_number_max = 17\ncapitals_only = true\n\
                    one_calendar_year = true\nremittance_npis = [\"1234567893\"]\n";
        let read = read_text(text).unwrap();
        assert_eq!((read.timely_filing_days, read.timely_correction_days), (Some(365), Some(730)));
        assert!(read.member_id.as_ref().is_some_and(|pattern| pattern.fits(b"XEA123456789")));
        assert_eq!(read.needs, Needs { billing_taxonomy: true, group_number: false, authorization: true });
        assert_eq!(read.refuses, Refuses { secondary: false, attachments: true, replacements: false });
        assert_eq!((read.lines_max, read.control_number_chars_max), (Some(50), Some(17)));
        assert!(read.capitals_only && read.one_calendar_year);
        assert_eq!(read.remittance_npis, ["1234567893"]);
    }

    #[test]
    fn each_slip_is_a_fault_of_its_key() {
        for (line, fault) in [
            ("timely_filing = \"36h\"", "timely_filing: must be whole days"),
            ("member_id = \"[A-Z]+\"", "member_id: \"[A-Z]+\" must begin with ^"),
            ("member_id = \"^[A-Z+$\"", "member_id: \"^[A-Z+$\" is no regular expression"),
            ("needs = [\"taxonomy\"]", "needs: \"taxonomy\" is none of billing_taxonomy"),
            (
                "refuses = [\"secondry\"]",
                "refuses: \"secondry\" is none of secondary, attachments, replacements; did you",
            ),
            ("lines_max = 0", "lines_max: must be a whole number from 1 to 999"),
            ("control_number_max = 39", "control_number_max: must be a whole number from 1 to 38"),
            ("capitals_only = \"yes\"", "capitals_only: must be true or false"),
            ("remittance_npis = [\"1234567890\"]", "remittance_npis: "),
            ("lines = 3", "lines: no such key"),
        ] {
            let faults = read_text(&format!("[requirements]\n{line}\n")).unwrap_err();
            assert_eq!(faults.len(), 1, "{line}: {faults:#?}");
            assert!(faults[0].starts_with(&format!("x.toml: requirements.{fault}")), "{line}: {}", faults[0]);
        }
    }
}
