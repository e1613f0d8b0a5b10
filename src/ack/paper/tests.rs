//! What the report says, and that it says it safely.

use super::*;
use crate::domain::ClaimKind;
use crate::edits::samples::{Told, as_of, change, file, good, guides};
use crate::edits::{CodeSets, Settings, check};

fn spoiled(changes: &[(&str, &str)]) -> String {
    let mut segments = good(ClaimKind::Professional);
    changes.iter().for_each(|(from, to)| change(&mut segments, from, to));
    file(ClaimKind::Professional, &segments)
}

fn paper(input: &str) -> Paper {
    let codes = CodeSets::shipped();
    let mut paper = Paper::new("a.837", as_of());
    let summary = check(input.as_bytes(), guides(), &Settings::alone(as_of(), &codes), &mut paper).unwrap();
    paper.conclude(&summary);
    paper
}

fn written(paper: &Paper) -> (String, String) {
    let (mut plain, mut page) = (Vec::new(), Vec::new());
    text(paper, &mut plain).unwrap();
    html(paper, &mut page).unwrap();
    (String::from_utf8(plain).unwrap(), String::from_utf8(page).unwrap())
}

#[track_caller]
fn holds(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "no `{wanted}` in\n{text}");
    }
}

/// Two claims out of balance would be one too many: the charge, and a line's modifier.
const TWO_FAULTS: &[(&str, &str)] = &[("CLM*PCN1*300", "CLM*PCN1*301"), ("SV1*HC:J1885:GP", "SV1*HC:J1885:gp")];

#[test]
fn a_rejected_claim_is_told_with_what_where_and_what_to_send() {
    let (text, page) = written(&paper(&spoiled(TWO_FAULTS)));
    holds(
        &text,
        &[
            "The claim ($301.00) was rejected.",
            "\nClaim PCN1\n",
            "  Patient  DOE, JANE\n",
            "  Payer    BLUE RIVER HEALTH\n",
            "  Service  2026-10-01\n",
            "  [X] The claim's total charge is 301.00",
            "      Where  Claim: CLM02, segment 19 of transaction 0001, line 21 of the file",
            "      Where  Service line 2: SV101-3, segment 29 of transaction 0001,",
            "      Found  \"gp\"",
            "      Codes  charges-do-not-add-up; 277CA: A7:400 A7:178",
        ],
    );
    holds(&page, &["<h3>Claim PCN1</h3>", "<dd>DOE, JANE</dd>", "Service line 2", "<code>gp</code>", "A7:400 A7:178"]);
}

#[test]
fn a_good_file_is_told_to_be_good_in_a_sentence() {
    let (text, page) = written(&paper(&spoiled(&[])));
    holds(&text, &["The claim ($300.00) was accepted."]);
    assert!(!text.contains("[X]") && !page.contains("class=\"claim\""), "{text}");
}

#[test]
fn what_a_billing_provider_did_is_told_once_and_its_claims_are_named() {
    let (text, _) = written(&paper(&spoiled(&[("N3*100 MAIN ST", "N3*PO BOX 12")])));
    holds(
        &text,
        &["WHAT CONCERNS MORE THAN ONE CLAIM", "Rejects every claim under it.", "Where  Billing provider: N301"],
    );
    holds(&text, &["\nClaim PCN1\n", "  Nothing is wrong with this claim itself"]);
    assert_eq!(text.matches("[X]").count(), 1, "{text}");
}

#[test]
fn a_transaction_that_is_rejected_is_told_with_its_code() {
    let input = spoiled(&[]).replace("SE*34", "SE*35");
    let (text, _) = written(&paper(&input));
    holds(&text, &["Transaction 0001 is rejected with its 1 claim (999: IK5 R 4).", "Rejects the whole transaction."]);
}

#[test]
fn a_file_that_is_no_x12_is_told_to_be_none() {
    let (text, page) = written(&paper("<html>Service unavailable</html>"));
    holds(&text, &["The file was refused: "]);
    holds(&page, &["The file was refused: "]);
}

#[test]
fn nothing_from_a_file_becomes_markup_or_moves_the_cursor() {
    let odd = "<script>alert(1)</script>\"'&";
    let changes = [("CLM*PCN1", &*format!("CLM*{odd}")), ("SV1*HC:J1885:GP", "SV1*HC:J1885:<i>\u{1b}[2J")];
    let mut paper = paper(&spoiled(&changes));
    paper.file = "<img src=x onerror=y>\u{1b}]0;x\u{7}.837".to_string();
    let (text, page) = written(&paper);
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<i>"), "{page}");
    holds(&page, &["&#60;script&#62;alert(1)&#60;/script&#62;"]);
    holds(&text, &[odd]);
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    assert!(!page.contains("http://") && !page.contains("https://"), "the page fetches nothing");
}

#[test]
fn the_report_from_stored_findings_groups_them_by_claim() {
    let mut told = Told::default();
    let codes = CodeSets::shipped();
    let input = spoiled(TWO_FAULTS);
    check(input.as_bytes(), guides(), &Settings::alone(as_of(), &codes), &mut told).unwrap();
    let count = told.findings.len() as u64;
    let rejected = Pile { claims: 1, charge: None };
    let outcome = Outcome { rejected, errors: count + 5, ..Outcome::default() };
    let (text, _) = written(&Paper::of("a.837", as_of(), outcome, told.findings));
    assert_eq!(text.matches("\nClaim PCN1\n").count(), 1, "{text}");
    holds(&text, &["The claim was rejected.", "SV101-3", "5 more are not shown here"]);
}
