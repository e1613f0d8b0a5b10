//! What a TA1, 999, 277CA or 277 says, in sentences: for the timelines of batches and claims, and for the letters to submitters. Codes
//! are told with what they mean; of what a payer copied from a file of ours nothing is told. Pure.

use super::read::functional::{ElementError, FunctionalAck, InterchangeAck, SegmentError, TransactionAck, Verdict};
use super::read::status::{ClaimAnswer, Code, ReportKind};
use crate::domain::ClaimStatus;
use crate::guide::Labels;

/// Errors of one transaction that a sentence tells.
const ERRORS_TOLD_MAX: usize = 5;
/// What STC12 holds.
const LETTER_TEXT_MAX: usize = 264;

/// A TA1, on the batch's timeline.
pub fn of_interchange(labels: &Labels, ack: &InterchangeAck) -> String {
    let note = coded(labels, "I18", &ack.note);
    match ack.verdict {
        Verdict::Rejected => format!("The payer refused the interchange, TA105 {note}"),
        Verdict::Accepted => "The payer took the interchange".to_string(),
        Verdict::AcceptedWithErrors | Verdict::Partly => {
            format!("The payer took the interchange, with errors: TA105 {note}")
        }
        Verdict::Unclear => "The payer's TA1 holds no verdict".to_string(),
    }
}

/// To the submitter of a claim whose interchange was refused.
pub fn refused_interchange(labels: &Labels, ack: &InterchangeAck) -> String {
    fitting(format!("THE PAYER REFUSED THE FILE, TA1 NOTE {}", coded(labels, "I18", &ack.note)))
}

/// A 999 or 997 as a whole, on the batch's timeline; `refused` of the batch's `sent` transactions are refused by
/// themselves.
pub fn of_group(
    labels: &Labels,
    ack: &FunctionalAck,
    (batch, refused, sent): (Option<ClaimStatus>, usize, usize),
) -> String {
    let codes = in_words(labels, "716", &ack.codes);
    let text = match batch {
        Some(ClaimStatus::PayerRejected) => "The payer refused the group".to_string(),
        Some(_) if refused > 0 => format!("The payer refused {refused} of {sent} transactions"),
        Some(_) => match ack.verdict {
            Verdict::AcceptedWithErrors => "The payer took the group, with errors".to_string(),
            Verdict::Partly => "The payer took the group in part, and names nothing that it refused".to_string(),
            Verdict::Accepted | Verdict::Rejected | Verdict::Unclear => "The payer took the group".to_string(),
        },
        None => "The payer's acknowledgment holds no verdict".to_string(),
    };
    joined(text, ": ", &codes)
}

/// A transaction of which more is said than that it was taken, on the timelines of its claims.
pub fn of_transaction(labels: &Labels, ack: &TransactionAck) -> String {
    let text = joined(verdict(ack).to_string(), ": ", &in_words(labels, "618", &ack.codes));
    // Those of one claim stand on its own timeline.
    with_errors(labels, text, ack, &[])
}

fn verdict(ack: &TransactionAck) -> &'static str {
    match ack.verdict {
        Verdict::Rejected => "The payer refused the transaction",
        Verdict::AcceptedWithErrors => "The payer took the transaction, with errors",
        Verdict::Partly => "The payer took the transaction in part",
        Verdict::Accepted => "The payer took the transaction, and found errors in it",
        Verdict::Unclear => "The payer found errors in the transaction",
    }
}

/// Errors that the payer names one claim for, on that claim's timeline.
pub fn of_claim(labels: &Labels, errors: &[&SegmentError]) -> String {
    listed(labels, "The payer names this claim for an error".to_string(), errors.iter().copied())
}

/// To the submitter of a claim of a group that was refused; `transaction` is what was said of the claim's own, and `own` are
/// the errors for which it is named.
pub fn refused_group(
    labels: &Labels,
    ack: &FunctionalAck,
    transaction: Option<(&TransactionAck, &[&SegmentError])>,
) -> String {
    let text = format!("THE PAYER REFUSED THE FILE, {} {}", ack.kind, ack.verdict.code());
    let text = joined(text, " ", &in_words(labels, "716", &ack.codes));
    fitting(match transaction {
        Some((of, own)) => with_errors(labels, text, of, own),
        None => text,
    })
}

/// To the submitter of a claim of a transaction that was refused, and on the claim's timeline.
pub fn refused_transaction(labels: &Labels, of: &TransactionAck, own: &[&SegmentError]) -> String {
    let text = joined(verdict(of).to_string(), ": ", &in_words(labels, "618", &of.codes));
    fitting(with_errors(labels, text, of, own))
}

/// The claim's own errors, and those of no claim; of other claims' only that there are some: they may be another submitter's.
fn with_errors(labels: &Labels, mut text: String, of: &TransactionAck, own: &[&SegmentError]) -> String {
    if !own.is_empty() {
        text = listed(labels, format!("{text}; in this claim"), own.iter().copied());
    }
    let of_none = of.errors.iter().filter(|error| error.claim.reveal().is_empty());
    text = listed(labels, text, of_none);
    let of_others = of.errors.iter().any(|error| !error.claim.reveal().is_empty() && !own.contains(&error));
    if of_others {
        text.push_str(if own.is_empty() {
            "; it names errors of other claims"
        } else {
            "; and errors of other claims"
        });
    }
    text
}

fn listed<'a>(labels: &Labels, mut text: String, errors: impl Iterator<Item = &'a SegmentError>) -> String {
    for error in errors.take(ERRORS_TOLD_MAX) {
        text.push_str("; ");
        text.push_str(&segment(labels, error));
    }
    text
}

/// As `SV1 at 34: 8 (its elements have errors), element 2: 6 (bad character)`.
fn segment(labels: &Labels, error: &SegmentError) -> String {
    let SegmentError { segment, position, code, elements, .. } = error;
    let mut text = format!("{segment} at {position}: {}", coded(labels, "620", code));
    for ElementError { place, code } in elements {
        text.push_str(&format!(", element {place}: {}", coded(labels, "621", code)));
    }
    text
}

/// What a 277CA or 277 says of a claim, on its timeline.
pub fn of_answer(labels: &Labels, kind: ReportKind, answer: &ClaimAnswer) -> String {
    let category = answer.speaking(kind).map(|code| code.category.trim().to_ascii_uppercase()).unwrap_or_default();
    let text = match answer.says(kind) {
        Some(ClaimStatus::PayerReceived) => "The payer has the claim",
        Some(ClaimStatus::PayerAccepted) => "The payer took the claim into adjudication",
        Some(ClaimStatus::PayerRejected) => "The payer refused the claim",
        Some(ClaimStatus::Pending) => return of_pending(labels, &category, answer.speaking(kind)),
        Some(ClaimStatus::Denied) => "The payer says that the claim is denied",
        Some(
            ClaimStatus::Received
            | ClaimStatus::Rejected
            | ClaimStatus::Accepted
            | ClaimStatus::Batched
            | ClaimStatus::Sent
            | ClaimStatus::Paid
            | ClaimStatus::PartiallyPaid
            | ClaimStatus::Reversed
            | ClaimStatus::Forwarded,
        )
        | None => "The payer answered without moving the claim",
    };
    text.to_string()
}

/// At the payer, and no money yet: the 835 brings it.
fn of_pending(labels: &Labels, category: &str, code: Option<&Code>) -> String {
    let text = match category {
        "F1" => "The payer says that the claim is paid; it counts as paid when the remittance (835) comes",
        "F3" => "The payer says that it revised the claim; what it pays comes with the remittance (835)",
        "F3F" => "The payer says that it has finished with the claim and passed it on to another payer",
        "F3N" => "The payer says that it has finished with the claim and passed it on to nobody",
        other if other.starts_with('F') => {
            "The payer says that it has finished with the claim; what it pays comes with the remittance (835)"
        }
        other if other.starts_with('R') => {
            let wanted = code.map(|code| coded(labels, "claim_status", &code.code)).unwrap_or_default();
            return format!("The payer wants information: {}, {wanted}", coded(labels, "claim_status_cat", category));
        }
        "P3" => "The claim is in adjudication; the payer waits for what it asked the provider for",
        "P4" => "The claim is in adjudication; the payer waits for what it asked the patient for",
        _ => "The claim is in adjudication",
    };
    text.to_string()
}

/// A code and, in brackets, what it means where that is known.
fn coded(labels: &Labels, list: &str, code: &str) -> String {
    match labels.meaning(list, code) {
        Some(meaning) => format!("{code} ({meaning})"),
        None => code.to_string(),
    }
}

fn in_words(labels: &Labels, list: &str, codes: &[String]) -> String {
    codes.iter().map(|code| coded(labels, list, code)).collect::<Vec<_>>().join(", ")
}

fn joined(mut text: String, between: &str, more: &str) -> String {
    if !more.is_empty() {
        text.push_str(between);
        text.push_str(more);
    }
    text
}

/// What is too long for a letter loses its end, whole parts first.
fn fitting(text: String) -> String {
    if text.len() <= LETTER_TEXT_MAX {
        return text.trim_end().to_string();
    }
    let end = (0..=LETTER_TEXT_MAX - 4).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let whole = text[..end].rfind("; ").unwrap_or(end);
    format!("{}; ...", &text[..whole])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Phi;
    use crate::pipeline::correlate::read::status::Status;

    fn error(segment: &str, claim: &str) -> SegmentError {
        SegmentError {
            segment: segment.into(),
            position: "21".into(),
            code: "8".into(),
            elements: vec![ElementError { place: "2".into(), code: "6".into() }],
            claim: Phi::new(claim.to_string()),
        }
    }

    fn refused(errors: Vec<SegmentError>) -> TransactionAck {
        TransactionAck { control: "0001".into(), verdict: Verdict::Rejected, codes: vec!["5".into()], errors }
    }

    fn labels() -> Labels {
        Labels::load(None).unwrap()
    }

    #[test]
    fn a_refusal_is_told_with_its_places_and_what_the_codes_mean() {
        let told = of_transaction(&labels(), &refused(vec![error("CLM", "")]));
        assert_eq!(
            told,
            "The payer refused the transaction: 5 (segments in error); CLM at 21: 8 (its elements have errors), \
             element 2: 6 (bad character)"
        );
    }

    #[test]
    fn errors_of_another_claim_are_told_to_nobody_but_its_submitter() {
        let of = refused(vec![error("CLM", "A1"), error("NM1", "A2"), error("SE", "")]);
        let own: Vec<&SegmentError> = of.errors.iter().take(1).collect();
        let told = refused_transaction(&labels(), &of, &own);
        assert!(told.contains("in this claim; CLM at 21") && told.contains("SE at 21"), "{told}");
        assert!(
            !told.contains("NM1") && !told.contains("A2") && told.ends_with("and errors of other claims"),
            "{told}"
        );
        let other = refused_transaction(&labels(), &of, &[]);
        assert!(!other.contains("CLM at") && other.ends_with("it names errors of other claims"), "{other}");
    }

    #[test]
    fn a_text_too_long_for_a_letter_ends_with_a_whole_part() {
        let of = refused((0..20).map(|_| error("CLM", "")).collect());
        let told = refused_transaction(&labels(), &of, &[]);
        assert!(told.len() <= LETTER_TEXT_MAX && told.ends_with("(bad character); ..."), "{told}");
    }

    #[test]
    fn what_a_277_says_before_the_money_comes_is_told_as_it_is() {
        let check = |category: &str, words: &str| {
            let code = Code { category: category.into(), code: "21".into(), entity: String::new() };
            let statuses = vec![Status { codes: vec![code], ..Status::default() }];
            let answer = ClaimAnswer { statuses, ..ClaimAnswer::default() };
            let told = of_answer(&labels(), ReportKind::ClaimStatus, &answer);
            assert!(told.contains(words), "{category}: {told}");
            assert_eq!(answer.says(ReportKind::ClaimStatus), Some(ClaimStatus::Pending), "{category}");
        };
        check("F0", "finished with the claim; what it pays");
        check("F1", "is paid; it counts as paid when");
        check("f3", "revised the claim");
        check("F3F", "passed it on to another payer");
        check("F3N", "passed it on to nobody");
        check("P1", "in adjudication");
        check("P3", "asked the provider");
        check("R4", "wants information: R4 (request, documentation), 21 (");
    }
}
