//! How long a payer's answers take, from those it has given: median and the time within which 95 of 100 came.

use std::time::Duration;

use crate::domain::clock::is_ahead;
use crate::store::alarms::Awaited;
use crate::store::silence::AnswerTime;

/// Answers of the last weeks that count.
pub(super) const HISTORY: Duration = Duration::from_secs(12 * 7 * 86_400);
/// Learned anew this often.
pub(super) const LEARN_EVERY: Duration = Duration::from_secs(3600);
/// And this often while too few have come and the payer goes on answering: those that come soon say more than those that
/// were there.
const LEARN_SOON: Duration = Duration::from_secs(120);
/// From so many answers on, what was learned is used.
const ENOUGH: i64 = 20;
/// An answer is late after twice the time within which nearly all came, and never sooner than this.
const SPARE: u32 = 2;
const SOONEST: Duration = Duration::from_secs(15 * 60);

/// `waits` are times in milliseconds, each with how often it was.
pub(super) fn learned(payer: &str, awaited: Awaited, mut waits: Vec<(i64, i64)>, now: i64) -> AnswerTime {
    waits.sort_unstable();
    let answers: i64 = waits.iter().map(|(_, often)| often).sum();
    AnswerTime {
        payer: payer.to_string(),
        awaited,
        answers,
        median_ms: within(&waits, answers, 50),
        most_ms: within(&waits, answers, 95),
        learned_at: now,
    }
}

/// The shortest time within which so many of 100 came.
fn within(waits: &[(i64, i64)], answers: i64, of_100: i64) -> i64 {
    let mut came = 0;
    let reached = |&&(_, often): &&(i64, i64)| {
        came += often;
        came * 100 >= answers * of_100
    };
    waits.iter().find(reached).map_or(0, |(wait, _)| *wait)
}

/// Whether it need not be learned anew yet. `has_come`: the payer gave a file since.
pub(super) fn is_fresh(time: &AnswerTime, has_come: bool, now: i64) -> bool {
    let every = if time.answers < ENOUGH && has_come { LEARN_SOON } else { LEARN_EVERY };
    !is_ahead(time.learned_at, now) && now - time.learned_at < every.as_millis() as i64
}

/// Whether an hour of the clock has begun since then: what need not be done each time anything is learned.
pub(super) fn is_another_hour(since: i64, now: i64) -> bool {
    let hour = |at: i64| at.div_euclid(LEARN_EVERY.as_millis() as i64);
    hour(since) != hour(now)
}

/// How long is waited for an answer before it counts as late; `None` while too few have come.
pub fn expected(time: &AnswerTime) -> Option<Duration> {
    let most = Duration::from_millis(u64::try_from(time.most_ms).unwrap_or(0));
    (time.answers >= ENOUGH).then(|| most.saturating_mul(SPARE).max(SOONEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_the_time_of_95_in_100_come_from_all_answers() {
        let waits: Vec<(i64, i64)> = (1..=100).rev().map(|minute| (minute * 60_000, 1)).collect();
        let time = learned("bluestar", Awaited::Ack999, waits, 7);
        assert_eq!((time.answers, time.median_ms, time.most_ms), (100, 50 * 60_000, 95 * 60_000));
        assert_eq!(expected(&time), Some(Duration::from_secs(190 * 60)));
        let claims = learned("bluestar", Awaited::Remit835, vec![(9_000_000, 1), (1_000_000, 19)], 7);
        assert_eq!((claims.answers, claims.median_ms, claims.most_ms), (20, 1_000_000, 1_000_000));
    }

    #[test]
    fn few_answers_teach_nothing_and_fast_ones_leave_some_time() {
        let none = learned("bluestar", Awaited::Ta1, Vec::new(), 7);
        assert_eq!((none.answers, none.most_ms, expected(&none)), (0, 0, None));
        assert_eq!(expected(&learned("bluestar", Awaited::Ta1, vec![(1000, 19)], 7)), None);
        assert_eq!(expected(&learned("bluestar", Awaited::Ta1, vec![(1000, 20)], 7)), Some(SOONEST));
    }

    #[test]
    fn few_answers_are_counted_again_within_minutes_and_enough_of_them_once_an_hour() {
        let minute = 60_000;
        let of = |answers| learned("bluestar", Awaited::Ack999, vec![(1000, answers)], 100 * minute);
        let check =
            |answers, has_come, at: i64, fresh| assert_eq!(is_fresh(&of(answers), has_come, at * minute), fresh);
        check(0, true, 101, true);
        check(0, true, 102, false);
        check(19, true, 102, false);
        // A payer that never gives such an answer is not walked again and again.
        check(0, false, 159, true);
        check(0, false, 160, false);
        check(20, true, 159, true);
        check(20, true, 160, false);
        // The clock was put back.
        check(20, true, 98, false);
        assert!(!is_another_hour(61 * minute, 119 * minute) && is_another_hour(119 * minute, 120 * minute));
    }
}
