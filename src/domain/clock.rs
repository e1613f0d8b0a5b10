//! Time. Everything that decides by the hour is given `now`; only the edges ask a [`Clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

pub use jiff::Timestamp;

/// Two clocks differ by so much without meaning anything: of two machines, or of one before and after it was set right.
pub const SLACK_MS: i64 = 60_000;

/// Where `now` comes from: the machine's clock, or one that a test moves.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Milliseconds since 1970, moved by hand.
    Set(Arc<AtomicI64>),
}

impl Clock {
    pub fn set(at: Timestamp) -> Clock {
        Clock::Set(Arc::new(AtomicI64::new(at.as_millisecond())))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp::now(),
            Clock::Set(ms) => Timestamp::from_millisecond(ms.load(Ordering::SeqCst))
                .expect("a test's clock stays within the calendar"),
        }
    }

    /// Milliseconds since 1970: the form of the databases.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Puts a clock that was [`Clock::set`] back; the machine's clock stays as it is.
    pub fn put_back(&self, by: std::time::Duration) {
        if let Clock::Set(ms) = self {
            ms.fetch_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Moves a clock that was [`Clock::set`]; the machine's clock stays as it is.
    pub fn advance(&self, by: std::time::Duration) {
        if let Clock::Set(ms) = self {
            ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

/// A time in the future that nobody can have seen: of a clock that has been put back since.
pub fn is_ahead(at_ms: i64, now_ms: i64) -> bool {
    at_ms > now_ms.saturating_add(SLACK_MS)
}

/// The API's form of a stored time: RFC 3339 in UTC, always with three decimals, so that texts sort as times do.
pub fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| format!("{at:.3}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_three_decimals_whatever_they_are() {
        for (ms, text) in [(0, "1970-01-01T00:00:00.000Z"), (1_764_090_309_120, "2025-11-25T17:05:09.120Z")] {
            assert_eq!(rfc3339(ms), text);
        }
    }
}
