//! Connections to SQLite for questions that may walk a table. Each is answered in the caller's thread, whose other work
//! goes on elsewhere meanwhile: a row that comes through a channel from a thread of the connection's own costs more to
//! hand over than to read (docs/MEASUREMENTS.md).

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lite::{Lite, LiteOptions, aside};

#[derive(Clone)]
pub struct Readers {
    free: Arc<Mutex<Vec<Lite>>>,
    /// A permit for each connection; none any more once they are closed.
    permits: Arc<Semaphore>,
    connections: u32,
}

/// A connection that somebody else cannot use until it is dropped.
pub struct Reader {
    connection: Option<Lite>,
    free: Arc<Mutex<Vec<Lite>>>,
    // Given back after the connection.
    _permit: OwnedSemaphorePermit,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    pub fn open(options: &LiteOptions, connections: u32) -> Result<Readers, sqlx::Error> {
        let free: Result<Vec<Lite>, sqlx::Error> = (0..connections).map(|_| options.open()).collect();
        Ok(Readers {
            free: Arc::new(Mutex::new(free?)),
            permits: Arc::new(Semaphore::new(connections as usize)),
            connections,
        })
    }

    /// Waits until one is free.
    pub async fn take(&self) -> Result<Reader, sqlx::Error> {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = connection.ok_or(sqlx::Error::PoolClosed)?;
        Ok(Reader { connection: Some(connection), free: self.free.clone(), _permit: permit })
    }

    /// Waits for running questions. Whoever asks after that is refused.
    pub async fn close(&self) {
        // An error says that they were closed before.
        let Ok(_all) = self.permits.acquire_many(self.connections).await else { return };
        self.permits.close();
        for connection in std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner)) {
            connection.close();
        }
    }
}

impl Reader {
    pub(super) fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut Lite) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        aside(|| question(connection))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
