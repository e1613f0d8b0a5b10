//! Whether the clock may be believed where something is removed for good because of it. Each look of the watch leaves
//! the time; a look that comes days after the one before says that the clock jumped, or that no gateway ran. Which of
//! the two nobody here can tell, so a person gets the time to see it.

use std::time::Duration;

use crate::domain::clock::rfc3339;
use crate::store::{Store, StoreError};

/// Looks come every few seconds. So much later is a jump, and for so long nothing is removed after one.
const JUMP: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// How far behind the time of the last look may stand in the store.
const NOTED_EVERY: Duration = Duration::from_secs(60 * 60);
/// As they stand in the store.
const LOOKED: &str = "clock.looked";
const JUMPED: &str = "clock.jumped";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Steady,
    /// It was seen to jump, to this time.
    JumpedTo(i64),
}

impl Clock {
    /// For a person; `None` when all is well.
    pub fn problem(self) -> Option<String> {
        match self {
            Clock::Steady => None,
            Clock::JumpedTo(at) => Some(format!(
                "the clock says {}, more than two days after what was noted last: it jumped, or no gateway ran. Nothing \
                 is purged before {}: if the clock is wrong, set it before then",
                rfc3339(at),
                rfc3339(at.saturating_add(ms(JUMP)))
            )),
        }
    }
}

/// What is to be made of the time; nothing is noted.
pub async fn judged(store: &Store, now: i64) -> Result<Clock, StoreError> {
    let looked = match store.chore_done_at(LOOKED).await? {
        0 => store.newest_at().await?,
        looked => looked,
    };
    Ok(judge(now, looked, store.chore_done_at(JUMPED).await?))
}

/// The same, for the watch, which leaves the time for its next look.
pub(super) async fn looked(store: &Store, now: i64) -> Result<Clock, StoreError> {
    let (clock, before) = (judged(store, now).await?, store.chore_done_at(LOOKED).await?);
    let jumped = match clock {
        Clock::Steady => 0,
        Clock::JumpedTo(at) => at,
    };
    // At once: nobody is to find the one without the other, and a jump that was taken note of no jump any more.
    if jumped != store.chore_done_at(JUMPED).await? {
        store.chores_done(&[(LOOKED, now), (JUMPED, jumped)]).await?;
    } else if now < before || now - before >= ms(NOTED_EVERY) {
        store.chore_done(LOOKED, now).await?;
    }
    Ok(clock)
}

/// Times of 0: never.
fn judge(now: i64, looked: i64, jumped: i64) -> Clock {
    if looked > 0 && now - looked > ms(JUMP) {
        return Clock::JumpedTo(now);
    }
    // Before the jump's own time: the clock was put right.
    if jumped > 0 && (0..ms(JUMP)).contains(&(now - jumped)) {
        return Clock::JumpedTo(jumped);
    }
    Clock::Steady
}

fn ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumped_is_not_believed_for_two_days_or_until_it_is_put_right() {
        let (hour, day, start) = (3_600_000, 86_400_000, 1_000 * 86_400_000);
        assert_eq!(judge(start, 0, 0), Clock::Steady, "nothing was ever there");
        assert_eq!(judge(start + 2 * day, start, 0), Clock::Steady);
        let jumped = start + 400 * day;
        assert_eq!(judge(jumped, start, 0), Clock::JumpedTo(jumped));
        assert_eq!(judge(jumped + hour, jumped, jumped), Clock::JumpedTo(jumped), "it has been seen since");
        assert_eq!(judge(jumped + 2 * day, jumped + 2 * day - hour, jumped), Clock::Steady);
        assert_eq!(judge(start + hour, jumped, jumped), Clock::Steady, "it was put right");
    }
}
