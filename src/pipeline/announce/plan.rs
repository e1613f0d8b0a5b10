//! When a receiver that did not take something is told it again.

use std::time::Duration;

use crate::partner::payer::Retry;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// In milliseconds since 1970.
    TryAt(i64),
    GiveUp,
}

/// After `attempts` (at least 1) that failed; the tries began at `since`. What the receiver did wrong does not
/// matter: it may be mended within days. The last try is made when the time is up.
pub(super) fn next(retry: &Retry, attempts: i64, since: i64, now: i64) -> Next {
    let end = since.saturating_add(millis(retry.give_up_after));
    if now >= end {
        return Next::GiveUp;
    }
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(31);
    let wait = retry.first.saturating_mul(1 << doublings).min(retry.max);
    Next::TryAt(now.saturating_add(millis(wait)).min(end))
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_a_last_try() {
        let seconds = Duration::from_secs;
        let retry = Retry { first: seconds(10), max: seconds(60), give_up_after: seconds(1000) };
        let after = |attempts, now: i64| next(&retry, attempts, 0, now * 1000);
        for (attempts, wait) in [(1, 10), (2, 20), (3, 40), (4, 60), (80, 60)] {
            assert_eq!(after(attempts, 0), Next::TryAt(wait * 1000));
        }
        assert_eq!(after(20, 990), Next::TryAt(1_000_000));
        assert_eq!(after(21, 1000), Next::GiveUp);
    }
}
