//! Questions that are answered from an index in microseconds, asked in the caller's own thread. To hand such a question
//! to SQLite's thread and be woken with the answer takes many times as long as the answer (docs/MEASUREMENTS.md).
//! Whatever may walk a table is asked of the pool, and keeps nobody else waiting.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::lite::{Lite, LiteOptions};

/// As many as threads that ask at the same moment.
const CONNECTIONS: usize = 2;

/// Connections for short questions; each sees the last committed state.
pub struct Quick {
    connections: [Mutex<Option<Lite>>; CONNECTIONS],
}

impl std::fmt::Debug for Quick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Quick")
    }
}

impl Quick {
    pub fn open(options: &LiteOptions) -> Result<Quick, sqlx::Error> {
        Ok(Quick { connections: [Mutex::new(Some(options.open()?)), Mutex::new(Some(options.open()?))] })
    }

    pub(super) fn ask<T>(&self, question: impl FnOnce(&mut Lite) -> Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        let mut free = self.free();
        question(free.as_mut().ok_or(sqlx::Error::PoolClosed)?)
    }

    /// The first that nobody asks something, or else the first.
    fn free(&self) -> MutexGuard<'_, Option<Lite>> {
        for connection in &self.connections {
            match connection.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(free)) => return free.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.connections[0].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn close(&self) {
        for connection in &self.connections {
            if let Some(connection) = connection.lock().unwrap_or_else(PoisonError::into_inner).take() {
                connection.close();
            }
        }
    }
}
