//! Whether a PostgreSQL is there and takes writes, as known from a connection that is kept for nothing but asking
//! (hosts.rs). So a gateway whose own connections are all in use knows that its database is busy and not away; and none
//! of those made before another server took over is used once that is known.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Presence {
    seen: Mutex<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    there: bool,
    /// When another server was found to take writes: connections made before are to one that does not any more.
    found_anew: Option<Instant>,
}

impl Presence {
    /// Of a server that was just asked.
    pub fn there() -> Presence {
        Presence { seen: Mutex::new(Seen { there: true, found_anew: None }) }
    }

    pub fn is_there(&self) -> bool {
        self.seen().there
    }

    pub fn is_gone(&self) {
        self.seen().there = false;
    }

    /// The same server answers again.
    pub fn is_back(&self) {
        self.seen().there = true;
    }

    /// Another server, or one that was started anew.
    pub fn is_found_anew(&self) {
        *self.seen() = Seen { there: true, found_anew: Some(Instant::now()) };
    }

    /// Whether a connection of that age is one to whoever served before.
    pub fn is_of_before(&self, age: Duration) -> bool {
        self.seen().found_anew.is_some_and(|found| found.elapsed() <= age)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        // Two values that are written whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
