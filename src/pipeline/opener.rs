//! Opens payloads for work off the runtime's threads, wherever they stand: in their row, a folder or a bucket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::StageError;
use crate::domain::ids::PayloadId;
use crate::store::{PayloadReader, PayloadStore, Store, StoreError};

/// Sealed bytes of small payloads that are held ready at one time.
const READY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Calls block; none may be made on a thread of the runtime.
#[derive(Debug)]
pub struct Opener {
    store: Store,
    payloads: PayloadStore,
    runtime: Handle,
    /// Small payloads that are opened soon, fetched together.
    ready: Mutex<Ready>,
}

impl Opener {
    /// Must be made on the runtime.
    pub fn new(store: &Store, payloads: &PayloadStore) -> Opener {
        Opener::on(&Handle::current(), store, payloads)
    }

    pub fn on(runtime: &Handle, store: &Store, payloads: &PayloadStore) -> Opener {
        let (store, payloads, runtime) = (store.clone(), payloads.clone(), runtime.clone());
        Opener { store, payloads, runtime, ready: Mutex::default() }
    }

    pub fn open(&self, id: PayloadId) -> Result<PayloadReader, StageError> {
        let in_row = match self.ready.lock().unwrap_or_else(PoisonError::into_inner).take(id) {
            Some(sealed) => Some(sealed),
            None => self.runtime.block_on(self.store.small_payload(id))?,
        };
        Ok(self.payloads.open_stored(id, in_row)?)
    }

    /// Fetches those of these that are small, each for one opening: a batch of claims that came one in a file is made
    /// of thousands. As many as there is room for; the others are fetched when they are opened.
    pub fn have_ready(&self, ids: impl Iterator<Item = PayloadId>) -> Result<(), StoreError> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted: Vec<PayloadId> = ids.filter(|id| !ready.sealed.contains_key(id)).collect();
        wanted.dedup();
        let room = READY_BYTES_MAX.saturating_sub(ready.bytes);
        for (id, sealed) in self.runtime.block_on(self.store.small_payloads(&wanted, room))? {
            ready.bytes += sealed.len();
            ready.sealed.insert(id, sealed);
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Ready {
    sealed: HashMap<PayloadId, Arc<[u8]>>,
    bytes: usize,
}

impl Ready {
    fn take(&mut self, id: PayloadId) -> Option<Arc<[u8]>> {
        let sealed = self.sealed.remove(&id)?;
        self.bytes -= sealed.len();
        Some(sealed)
    }
}
