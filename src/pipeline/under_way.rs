//! Which payers are being served now, for each stage that calls payers: one task a payer, so that none waits
//! for another.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

#[derive(Debug, Default)]
pub struct UnderWay {
    payers: Mutex<HashSet<String>>,
    ended: Notify,
}

impl UnderWay {
    /// Whether the caller is the one to serve this payer; it must call [`UnderWay::end`] when it is done.
    pub(in crate::pipeline) fn begin(&self, payer: &str) -> Turn {
        match self.payers().insert(payer.to_string()) {
            true => Turn::Yours,
            false => Turn::Anothers,
        }
    }

    pub(in crate::pipeline) fn end(&self, payer: &str) {
        self.payers().remove(payer);
        self.ended.notify_waiters();
    }

    /// Waits until nobody is being served: for an orderly stop.
    pub async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            let mut ended = std::pin::pin!(ended);
            // Listening begins before looking, so that no end is missed.
            ended.as_mut().enable();
            if self.payers().is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn payers(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        // A panic elsewhere while the lock was held cannot leave the set half changed.
        self.payers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Turn {
    Yours,
    Anothers,
}
