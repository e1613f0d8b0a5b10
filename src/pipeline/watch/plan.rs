//! Decides what is an alarm, and in which words.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::learn::expected;
use crate::domain::clock::rfc3339;
use crate::domain::ids::BatchId;
use crate::domain::so_many;
use crate::partner::Payer;
use crate::store::alarms::{AlarmKey, Awaited, Standing};
use crate::store::announcements::{AlarmNews, OPERATOR};
use crate::store::collected::Poll;
use crate::store::deliveries::Delivery;
use crate::store::exceptions::{ExceptionKind, ExceptionRow};
use crate::store::questions::OverdueQuestions;
use crate::store::silence::{AnswerTime, OverdueBatch};

/// A payer that could not be looked at this often in a row is one that nobody hears from.
const POLL_FAILURES: i64 = 3;

/// Where nothing is expected of a payer.
const FETCHED_WITHIN: Duration = Duration::from_secs(86_400);
/// Files are worked in seconds, the largest in minutes.
pub(super) const WORKED_WITHIN: Duration = Duration::from_secs(30 * 60);

/// What is awaited of a payer, and how long it may take: as its file says, or as was learned from its answers.
pub(super) fn expectations(payer: &Payer, learned: &[AnswerTime]) -> Vec<(Awaited, Duration)> {
    let expect = &payer.expect;
    let all = [
        (Awaited::Ta1, expect.ta1),
        (Awaited::Ack999, expect.ack_999),
        (Awaited::Ack277ca, expect.ack_277ca),
        (Awaited::Status277, expect.status_277),
        (Awaited::Remit835, expect.remit_835),
    ];
    let of = |awaited| learned.iter().find(|time| time.payer == payer.id.as_str() && time.awaited == awaited);
    all.into_iter()
        .filter_map(|(awaited, said)| Some((awaited, said.within(of(awaited).and_then(expected))?)))
        .collect()
}

pub(super) type Alarms = BTreeMap<AlarmKey, Standing>;

pub(super) fn silence(alarms: &mut Alarms, payer: &Payer, awaited: Awaited, within: Duration, late: OverdueBatch) {
    let (batch, name) = (late.id, awaited.as_str());
    let key = (format!("no-{}", name.to_lowercase()), batch.to_string());
    let text = format!(
        "{} has not answered batch {batch} with its {name} within {}; {} of its claims wait",
        payer.name,
        span(within),
        late.claims
    );
    alarms.insert(key, text.into());
}

/// One alarm for a payer, however many questions it leaves open.
pub(super) fn unanswered(alarms: &mut Alarms, payer: &Payer, within: Duration, open: OverdueQuestions) {
    let text = format!(
        "{} has not answered {} about claims (276, in {}, the oldest of {}) with a 277 within {}",
        payer.name,
        so_many(open.questions, "question"),
        so_many(open.files, "file"),
        rfc3339(open.since),
        span(within)
    );
    alarms.insert(("no-277".to_string(), payer.id.to_string()), text.into());
}

pub(super) fn stuck_delivery(alarms: &mut Alarms, delivery: &Delivery) {
    let text = format!("{} could not be sent to {}: {}", delivery.file_name, delivery.partner, delivery.last_detail);
    alarms.insert(("delivery".to_string(), delivery.id.to_string()), text.into());
}

/// How long a file may wait in the mailbox of a payer that fetches from us: as long as its first answer may take.
pub(super) fn fetched_within(payer: &Payer) -> Duration {
    let first = expectations(payer, &[]).into_iter().map(|(_, within)| within).min();
    first.unwrap_or(FETCHED_WITHIN)
}

pub(super) fn not_fetched(alarms: &mut Alarms, payer: &Payer, batch: BatchId) {
    let text = format!(
        "{} has not fetched batch {batch} within {}: ask the payer whether its logins work",
        payer.name,
        span(fetched_within(payer))
    );
    alarms.insert(("not-fetched".to_string(), batch.to_string()), text.into());
}

/// A submission or a payer's file that came long ago and is not worked.
pub(super) fn unworked(alarms: &mut Alarms, kind: &str, id: &str) {
    let text = format!("{kind} {id} has waited more than {} to be worked: the log says why", span(WORKED_WITHIN));
    alarms.insert((format!("stuck-{kind}"), id.to_string()), text.into());
}

/// A file nobody can read, or a remittance that is held.
pub(super) fn needs_a_person(alarms: &mut Alarms, exception: &ExceptionRow) {
    let what = match exception.kind {
        ExceptionKind::Balance => "a remittance is held",
        ExceptionKind::File
        | ExceptionKind::Ta1
        | ExceptionKind::Ack999
        | ExceptionKind::ClaimAck
        | ExceptionKind::ClaimStatus
        | ExceptionKind::Remittance => "a file cannot be read",
        ExceptionKind::Route => "claims wait for a payer that is not reached",
        ExceptionKind::Batch => "a file could not be made of its claims",
    };
    let text = format!("{}, file {}: {what}, {}", exception.payer, exception.inbound_id, exception.reason);
    alarms.insert((exception.kind.as_str().to_string(), exception.id.to_string()), text.into());
}

pub(super) fn unreachable(alarms: &mut Alarms, poll: &Poll) {
    if poll.failures >= POLL_FAILURES {
        let text =
            format!("{} could not be asked for responses {} times: {}", poll.partner, poll.failures, poll.problem);
        alarms.insert(("collect".to_string(), poll.partner.clone()), text.into());
    }
}

/// A receiver of webhooks that hears nothing.
pub(super) fn deaf(alarms: &mut Alarms, receiver: &str, waiting: i64, why: &str) {
    let who = if receiver == OPERATOR { "the operator's own webhook" } else { receiver };
    let text = format!("{who} does not take what it is told: {waiting} wait or were given up. The last try: {why}");
    alarms.insert(("webhook".to_string(), who.to_string()), text.into());
}

/// What the operator's webhook is told of an alarm.
pub(super) fn letter(news: &AlarmNews<'_>, now: i64) -> String {
    let (what, (kind, subject), text) = match news {
        AlarmNews::Raised { key, text } => ("alarm.raised", *key, text.to_string()),
        AlarmNews::Cleared { key } => ("alarm.cleared", *key, format!("It is over: {} of {}", key.0, key.1)),
    };
    let data = json!({"kind": kind, "subject": subject, "text": text});
    json!({"type": what, "timestamp": rfc3339(now), "data": data}).to_string()
}

/// `72h` as `3 days`.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        s if s >= 172_800 => (s / 86_400, "day"),
        s if s >= 7_200 => (s / 3_600, "hour"),
        s if s >= 120 => (s / 60, "minute"),
        s => (s, "second"),
    };
    so_many(count, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_say_them() {
        for (seconds, told) in [(90, "90 seconds"), (300, "5 minutes"), (86_400, "24 hours"), (259_200, "3 days")] {
            assert_eq!(span(Duration::from_secs(seconds)), told);
        }
    }

    #[test]
    fn a_payer_is_unreachable_after_three_failures_in_a_row() {
        let poll = |failures| Poll {
            partner: "bluestar".to_string(),
            last_at: 0,
            next_at: 0,
            failures,
            problem: "refused".to_string(),
        };
        let mut alarms = Alarms::new();
        unreachable(&mut alarms, &poll(2));
        assert!(alarms.is_empty());
        unreachable(&mut alarms, &poll(3));
        assert_eq!(alarms.len(), 1);
    }
}
