//! What follows a failed attempt: decided from the payer's settings, the judgement of the failure and the time.

use std::time::Duration;

use crate::link::trouble::Verdict;
use crate::partner::payer::Retry;
use crate::store::deliveries::LONGEST_WAIT_MS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// In milliseconds since 1970.
    TryAt(i64),
    HandToSupport,
}

/// `tries` counts the attempts since `since` (milliseconds), the failed one included; `asked` is how long the
/// payer wants to be left alone. The last try is made when the time is up, so none is given up early.
pub(super) fn next_step(
    retry: &Retry,
    verdict: Verdict,
    tries: i64,
    since: i64,
    now: i64,
    asked: Option<Duration>,
) -> NextStep {
    let end = since.saturating_add(millis(retry.give_up_after));
    match verdict {
        Verdict::Support => NextStep::HandToSupport,
        Verdict::Retry | Verdict::LookThenRetry if now >= end => NextStep::HandToSupport,
        Verdict::Retry | Verdict::LookThenRetry => {
            let doublings = u32::try_from(tries - 1).unwrap_or(0).min(31);
            let wait = retry.first.saturating_mul(1 << doublings).min(retry.max).max(asked.unwrap_or_default());
            NextStep::TryAt(now.saturating_add(millis(wait).min(LONGEST_WAIT_MS)).min(end))
        }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry {
        first: Duration::from_secs(30),
        max: Duration::from_secs(300),
        give_up_after: Duration::from_secs(3600),
    };

    /// All times in seconds; the answer `None` is support.
    fn check(verdict: Verdict, tries: i64, now: i64, asked: u64, expected: Option<i64>) {
        let asked = (asked > 0).then(|| Duration::from_secs(asked));
        let expected = expected.map_or(NextStep::HandToSupport, |at| NextStep::TryAt(at * 1000));
        assert_eq!(next_step(&RETRY, verdict, tries, 0, now * 1000, asked), expected);
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        for (tries, wait) in [(1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (60, 300)] {
            check(Verdict::Retry, tries, 0, 0, Some(wait));
            check(Verdict::LookThenRetry, tries, 0, 0, Some(wait));
        }
    }

    #[test]
    fn the_last_try_is_made_when_the_time_is_up() {
        check(Verdict::Retry, 20, 3500, 0, Some(3600));
        check(Verdict::Retry, 21, 3600, 0, None);
    }

    #[test]
    fn a_payer_that_asks_for_longer_is_left_alone() {
        check(Verdict::Retry, 1, 0, 600, Some(600));
        check(Verdict::Retry, 4, 0, 10, Some(240));
    }

    #[test]
    fn what_a_person_must_change_is_not_repeated() {
        check(Verdict::Support, 1, 0, 0, None);
    }
}
