//! What is decided: which submission is next, why a claim is rejected, and on which shelf an answer goes.

use crate::ack::AckKind;
use crate::domain::finding::StatusCode;
use crate::domain::ids::SubmissionId;
use crate::domain::{Finding, Severity};
use crate::edits::statuses;
use crate::partner::submitter::{Acks, Answer};
use crate::store::mail::{MailKind, Shelf};
use crate::store::submissions::{Due, Large, SubmissionRow};

/// Small submissions checked at one time. Each waits for the disk, and beside a large file for its turn to write, more
/// than it computes.
pub const SMALL_AT_ONCE: usize = 64;

/// Why a submission is checked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Small,
    /// Of those that are not small; so that none waits for ever.
    Oldest,
    /// Of those that are not small; so that none waits for much larger ones.
    Smallest,
}

/// What to begin with now, given which lanes are busy.
pub fn next(due: Due, busy: &[Lane]) -> Vec<(Lane, SubmissionRow)> {
    let Due { small, oldest, smallest } = due;
    let free = |lane| !busy.contains(&lane);
    let mut chosen: Vec<(Lane, SubmissionRow)> =
        small.into_iter().take(room_for_small(busy)).map(|row| (Lane::Small, row)).collect();
    let large = [(Lane::Oldest, oldest), (Lane::Smallest, smallest)];
    for (lane, row) in large.into_iter().filter(|(lane, _)| free(*lane)) {
        if let Some(row) = row.filter(|row| chosen.iter().all(|(_, other)| other.id != row.id)) {
            chosen.push((lane, row));
        }
    }
    chosen
}

/// How many more small ones may be begun.
pub fn room_for_small(busy: &[Lane]) -> usize {
    SMALL_AT_ONCE.saturating_sub(busy.iter().filter(|lane| **lane == Lane::Small).count())
}

/// Whether a lane for large ones is free.
pub fn room_for_large(busy: &[Lane]) -> Large {
    match [Lane::Oldest, Lane::Smallest].iter().all(|lane| busy.contains(lane)) {
        true => Large::NotNow,
        false => Large::Wanted,
    }
}

/// Why something was rejected: the code of its acknowledgement, and a sentence without patient data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: String,
    pub text: String,
}

/// Of a claim rejected by itself: its first error, in the code of its 277CA. `None`: there is none, so it
/// falls with its transaction.
pub fn reason<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<Reason> {
    let mut errors = findings.filter(|finding| finding.severity == Severity::Error);
    let first = errors.next()?;
    let code = statuses::of(first).first().map(code_of).unwrap_or_default();
    let text = match errors.count() {
        0 => first.message.clone(),
        1 => format!("{} And 1 more.", first.message),
        more => format!("{} And {more} more.", first.message),
    };
    Some(Reason { code, text })
}

/// As `A7:562:85`.
pub fn code_of(status: &StatusCode) -> String {
    match &status.entity {
        Some(entity) => format!("{}:{}:{entity}", status.category, status.code),
        None => format!("{}:{}", status.category, status.code),
    }
}

/// A TA1 is made only where it is wanted; the others are made in any case and kept beside the submission
/// where the partner does not want them in its mailbox.
pub fn shelf(kind: AckKind, acks: &Acks) -> (MailKind, Shelf) {
    let wanted = |answer| if acks.forwards(answer) { Shelf::Mailbox } else { Shelf::Archive };
    match kind {
        AckKind::Ta1 => (MailKind::Ta1, Shelf::Mailbox),
        AckKind::N999 => (MailKind::Ack999, wanted(Answer::Ack999)),
        AckKind::N277ca => (MailKind::Ack277ca, wanted(Answer::Ack277ca)),
    }
}

/// Where an answer comes from, so that none is put into a mailbox twice.
pub fn origin(submission: SubmissionId, kind: MailKind, ordinal: u32) -> String {
    format!("submission:{submission}:{}:{ordinal}", kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Scope;
    use crate::domain::finding::{AckCodes, Place};
    use crate::domain::ids::PayloadId;
    use crate::store::submissions::{Channel, Counts, SubmissionState};

    fn row(id: i64, bytes: u64) -> SubmissionRow {
        SubmissionRow {
            id: SubmissionId(id),
            partner: "acme".into(),
            channel: Channel::Sftp,
            file_name: "a.837".into(),
            received_at: 0,
            payload_id: PayloadId(id),
            sha256: [0; 32],
            bytes,
            idempotency_key: None,
            state: SubmissionState::Received,
            refused: None,
            counts: Counts::default(),
            validated_at: None,
        }
    }

    fn begun(due: Due, busy: &[Lane]) -> Vec<(Lane, i64)> {
        next(due, busy).into_iter().map(|(lane, row)| (lane, row.id.0)).collect()
    }

    #[test]
    fn a_smaller_file_is_begun_beside_a_large_one_that_is_being_checked() {
        let due = || Due { oldest: Some(row(1, 9_000_000)), smallest: Some(row(2, 700_000)), small: Vec::new() };
        assert_eq!(begun(due(), &[]), [(Lane::Oldest, 1), (Lane::Smallest, 2)]);
        assert_eq!(begun(due(), &[Lane::Oldest]), [(Lane::Smallest, 2)]);
        assert_eq!(begun(due(), &[Lane::Smallest]), [(Lane::Oldest, 1)]);
        assert_eq!(begun(due(), &[Lane::Oldest, Lane::Smallest]), []);
        assert_eq!(begun(Due::default(), &[]), []);
    }

    #[test]
    fn one_file_is_begun_once_though_it_is_both_the_oldest_and_the_smallest() {
        let due = Due { oldest: Some(row(1, 9_000_000)), smallest: Some(row(1, 9_000_000)), small: Vec::new() };
        assert_eq!(begun(due, &[]), [(Lane::Oldest, 1)]);
    }

    #[test]
    fn small_files_are_begun_whatever_large_ones_are_being_checked_up_to_a_limit() {
        let due = || Due { small: (10..13).map(|id| row(id, 700)).collect(), ..Due::default() };
        let all = [(Lane::Small, 10), (Lane::Small, 11), (Lane::Small, 12)];
        assert_eq!(begun(due(), &[Lane::Oldest, Lane::Smallest]), all);
        assert_eq!(begun(due(), &[Lane::Small; SMALL_AT_ONCE - 1]), all[..1]);
        assert_eq!(begun(due(), &[Lane::Small; SMALL_AT_ONCE]), []);
    }

    fn finding(severity: Severity, statuses: &[(&'static str, &'static str)], message: &str) -> Finding {
        let status = |&(category, code): &(&'static str, &'static str)| StatusCode {
            category: category.into(),
            code: code.into(),
            entity: None,
        };
        Finding {
            edit: "some-edit".into(),
            snip: 4,
            severity,
            scope: Scope::Claim,
            place: Place::default(),
            value: None,
            message: message.into(),
            fix: String::new(),
            ack: AckCodes::default(),
            statuses: statuses.iter().map(status).collect(),
            trigger: None,
        }
    }

    #[test]
    fn a_claims_reason_is_its_first_error_and_how_many_more_there_are() {
        let warning = finding(Severity::Warning, &[("A7", "1")], "odd.");
        let edit = finding(Severity::Error, &[("A7", "562")], "No NPI.");
        let mut syntax = finding(Severity::Error, &[], "Too long.");
        syntax.ack.ik4 = Some("5".into());
        let wordless = finding(Severity::Error, &[], "The payer wants none.");
        let told = |findings: &[&Finding]| reason(findings.iter().copied()).map(|why| (why.code, why.text));
        assert_eq!(told(&[&warning, &edit]), Some(("A7:562".into(), "No NPI.".into())));
        assert_eq!(told(&[&syntax, &edit]), Some(("A3:684".into(), "Too long. And 1 more.".into())));
        assert_eq!(told(&[&wordless]), Some(("A3:0".into(), "The payer wants none.".into())));
        assert_eq!(told(&[&warning]), None);
    }
}
