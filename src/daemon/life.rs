//! Whether the database takes what this gateway writes: known from the word that it lives, which it writes every few
//! seconds, and from whoever asks in vain. A database that is away is said in the log once, and so is its return; the
//! stages are woken then.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::stages;
use crate::domain::error_chain;
use crate::pipeline::Gateway;
use crate::store::StoreError;

/// A write that takes longer waits for something: a replica that is gone, a lock that is not let go.
const WRITES_WITHIN: Duration = Duration::from_secs(25);

/// After a write that succeeded, nobody's word is taken that the database is away.
const SURE_FOR: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Life {
    seen: Mutex<Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// `None`: nothing was written yet, by a gateway that need not say that it lives.
    written: Option<Instant>,
    away_since: Option<Instant>,
}

impl Life {
    pub(super) fn is_away(&self) -> bool {
        self.seen().away_since.is_some()
    }

    pub(super) fn written(&self, gateway: &Gateway) {
        let away = {
            let mut seen = self.seen();
            seen.written = Some(Instant::now());
            seen.away_since.take()
        };
        metrics::gauge!("claimgate_database_available").set(1.0);
        if let Some(since) = away {
            tracing::warn!(seconds = since.elapsed().as_secs(), "the database is back; this gateway goes on");
            stages::nudge_all(gateway);
        }
    }

    /// Somebody asked in vain, and was told why. A database that is busy is there.
    pub(super) fn asked_in_vain(&self, error: &StoreError) {
        if !error.is_busy() {
            self.in_vain(&error_chain(error));
        }
    }

    /// Somebody asked in vain. Who waited long for that may say so when the database is back already.
    pub(super) fn in_vain(&self, why: &str) {
        let mut seen = self.seen();
        if seen.away_since.is_some() || seen.written.is_some_and(|at| at.elapsed() < SURE_FOR) {
            return;
        }
        seen.away_since = Some(Instant::now());
        metrics::gauge!("claimgate_database_available").set(0.0);
        tracing::error!(error = why, "the database is away; this gateway waits for it");
    }

    /// Why no work should be handed to this gateway, if so: what it cannot write down it cannot take.
    pub(super) fn why_not(&self) -> Option<&'static str> {
        let seen = *self.seen();
        let slow = seen.written.is_some_and(|at| at.elapsed() > WRITES_WITHIN);
        if seen.away_since.is_some() {
            return Some("the store does not answer");
        }
        slow.then_some("the store does not take what is written")
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        // Two times that are written whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(written_ago: Option<Duration>) -> Life {
        let written = written_ago.map(|ago| Instant::now() - ago);
        Life { seen: Mutex::new(Seen { written, away_since: None }) }
    }

    #[test]
    fn a_database_that_takes_no_writes_makes_a_gateway_unready() {
        assert_eq!(Life::default().why_not(), None, "nothing was to be written yet");
        assert_eq!(life(Some(Duration::from_secs(5))).why_not(), None);
        let slow = life(Some(WRITES_WITHIN + Duration::from_secs(1)));
        assert_eq!(slow.why_not(), Some("the store does not take what is written"));
    }

    #[test]
    fn the_time_of_an_outage_is_that_of_its_begin() {
        let life = life(Some(SURE_FOR + Duration::from_secs(1)));
        life.in_vain("asked");
        let since = life.seen().away_since;
        life.in_vain("asked again");
        assert!(since.is_some() && life.seen().away_since == since && life.is_away());
        assert_eq!(life.why_not(), Some("the store does not answer"));
    }

    #[test]
    fn a_busy_database_is_not_away() {
        let life = life(None);
        life.asked_in_vain(&StoreError::busy());
        assert!(!life.is_away());
        life.asked_in_vain(&StoreError::away());
        assert!(life.is_away());
    }

    #[test]
    fn who_waited_in_vain_until_the_database_was_back_does_not_make_it_away_again() {
        let life = life(Some(Duration::ZERO));
        life.in_vain("asked before");
        assert!(!life.is_away());
    }
}
