//! What every stage works with, and how stages are woken.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use tokio::sync::Notify;

use crate::domain::Clock;
use crate::domain::ids::{BatchId, IdSource, PayloadId, SubmissionId};
use crate::edits::CodeSets;
use crate::guide::{Guides, Labels};
use crate::partner::rate::RateLimits;
use crate::partner::{Config, PartnerBook};
use crate::pipeline::intake::Backlog;
use crate::pipeline::lines::Lines;
use crate::pipeline::numbers::AnswerNumbers;
use crate::pipeline::opener::Opener;
use crate::pipeline::payer_edits::CompiledEdits;
use crate::pipeline::under_way::UnderWay;
use crate::pipeline::validate::Known;
use crate::store::events::NewBatchEvent;
use crate::store::{PayloadError, PayloadReader, PayloadStore, Sealed, Store, StoreError};

/// One running gateway: its settings, its clock, its store. Shared as `Arc<Gateway>`.
pub struct Gateway {
    pub config: Config,
    pub clock: Clock,
    pub ids: IdSource,
    pub store: Store,
    pub payloads: PayloadStore,
    pub partners: PartnerBook,
    pub guides: Arc<Guides>,
    /// What codes mean, for people.
    pub labels: Arc<Labels>,
    /// Code lists; read again with the partners' files. One check works with the lists it began with.
    pub codes: ArcSwap<CodeSets>,
    pub nudges: Nudges,
    /// How often and how many at one time payers are called.
    pub lines: Lines,
    /// Payers that files are being sent to.
    pub under_way: UnderWay,
    /// Payers that files are being fetched from.
    pub collecting: UnderWay,
    /// Receivers of webhooks that are being told something.
    pub announcing: UnderWay,
    /// How often each submitter may hand in a file, whatever the front door; see `intake::admit`.
    pub submission_rates: RateLimits,
    /// What waits to be checked; see `intake::wait_for_room`.
    pub backlog: Backlog,
    /// What the checks need not ask the store for again.
    pub known: Known,
    /// Control numbers of our answers to submitters.
    pub numbers: AnswerNumbers,
    /// Payers' own edits, compiled once for each reading of their files.
    pub payer_edits: CompiledEdits,
}

impl Gateway {
    /// A fresh id of the table that the caller's type names.
    pub fn draw_id<T: From<i64>>(&self) -> T {
        self.ids.draw(self.clock.now_ms())
    }

    /// Something that befalls a batch as a whole, now, and comes from no file of its payer.
    pub fn batch_event(&self, batch_id: BatchId, kind: &'static str, text: impl Into<String>) -> NewBatchEvent {
        NewBatchEvent {
            id: self.draw_id(),
            batch_id,
            at: self.clock.now_ms(),
            kind,
            st02: String::new(),
            code: String::new(),
            text: text.into(),
            inbound_id: None,
            said: None,
        }
    }

    /// Seals bytes off the runtime's threads.
    pub async fn seal(&self, bytes: Vec<u8>) -> Result<Sealed, StageError> {
        let (payloads, id) = (self.payloads.clone(), self.draw_id());
        blocking(move || payloads.seal(id, &bytes)).await?.map_err(StageError::from)
    }

    /// Reads a payload that is known to be small: one that is not in its row, off the runtime's threads.
    pub async fn read_payload(&self, id: PayloadId) -> Result<Vec<u8>, StageError> {
        let (payloads, in_row) = (self.payloads.clone(), self.store.small_payload(id).await?);
        if in_row.is_some() {
            return Ok(payloads.open_stored(id, in_row)?.read_whole()?);
        }
        blocking(move || payloads.open_stored(id, in_row)?.read_whole()).await?.map_err(StageError::from)
    }

    /// Opens a payload; what is read from it is to be read off the runtime's threads.
    pub async fn open_payload(&self, id: PayloadId) -> Result<PayloadReader, StageError> {
        let (payloads, in_row) = (self.payloads.clone(), self.store.small_payload(id).await?);
        if in_row.is_some() {
            return Ok(payloads.open_stored(id, in_row)?);
        }
        blocking(move || payloads.open_stored(id, in_row)).await?.map_err(StageError::from)
    }

    /// For work off the runtime's threads that opens payloads as it comes to them.
    pub fn opener(&self) -> Opener {
        Opener::new(&self.store, &self.payloads)
    }
}

/// Runs work that blocks (files, sealing, checking) off the runtime's threads.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StageError> {
    tokio::task::spawn_blocking(work).await.map_err(|source| StageError::Stopped { source })
}

/// The same for work of seconds, as on a large file: on a thread of its own that gives way to those whose work somebody
/// may be waiting for.
pub async fn giving_way<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StageError> {
    const NICENESS: i32 = 10;
    let (tell, told) = tokio::sync::oneshot::channel();
    let work = move || {
        // Of this thread and those that it starts. Where it is not allowed the work is done all the same.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        // Nobody listens any more when the stage was stopped.
        let _ = tell.send(work());
    };
    let spawned = std::thread::Builder::new().name("large-file".to_string()).spawn(work);
    spawned.map_err(|source| StageError::Io { step: "starting a thread", source })?;
    told.await.map_err(|_| StageError::Panicked)
}

/// Gives back the memory of what is done with, some tenths of a second for a large file, while the next one is worked.
pub fn put_away<T: Send + 'static>(done_with: T) {
    drop(tokio::task::spawn_blocking(move || drop(done_with)));
}

/// Removes a payload that nothing names. A failure costs room and nothing else.
pub async fn discard(gateway: &Gateway, id: PayloadId) {
    let payloads = gateway.payloads.clone();
    let discarded = blocking(move || payloads.discard(id)).await.and_then(|done| done.map_err(StageError::from));
    if let Err(error) = discarded {
        tracing::warn!(payload = %id, error = &error as &dyn std::error::Error, "a payload that nobody needs stays");
    }
}

/// Turns a panic into an error, so that the one row it came from does not stop its stage at the same place for ever.
pub async fn guarded<T>(work: impl Future<Output = Result<T, StageError>>) -> Result<T, StageError> {
    std::panic::AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Err(StageError::Panicked))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Validate,
    Route,
    Batch,
    Deliver,
    Collect,
    Correlate,
    Remit,
    Watch,
    Announce,
}

impl Stage {
    /// In the order of the work. Intake is no loop: it runs where bytes come in.
    pub const ALL: [Stage; 9] = [
        Stage::Validate,
        Stage::Route,
        Stage::Batch,
        Stage::Deliver,
        Stage::Collect,
        Stage::Correlate,
        Stage::Remit,
        Stage::Watch,
        Stage::Announce,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Validate => "validate",
            Stage::Route => "route",
            Stage::Batch => "batch",
            Stage::Deliver => "deliver",
            Stage::Collect => "collect",
            Stage::Correlate => "correlate",
            Stage::Remit => "remit",
            Stage::Watch => "watch",
            Stage::Announce => "announce",
        }
    }
}

/// One bell for each stage. A nudge that comes while its stage works is kept for afterwards.
#[derive(Debug, Default)]
pub struct Nudges {
    bells: [Notify; Stage::ALL.len()],
    /// Rung when a submission's checks are done; each for a part of the submissions.
    validated: [Notify; VALIDATED_BELLS],
}

const VALIDATED_BELLS: usize = 32;

impl Nudges {
    pub fn nudge(&self, stage: Stage) {
        self.bells[stage as usize].notify_one();
    }

    /// Rung when the checks of this submission, or of one of few others, are done: who waits for it looks again.
    pub fn validated(&self, id: SubmissionId) -> &Notify {
        &self.validated[id.0.unsigned_abs() as usize % VALIDATED_BELLS]
    }

    pub async fn nudged(&self, stage: Stage) {
        self.bells[stage as usize].notified().await;
    }
}

/// What one run of a stage did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was due.
    Idle,
    /// Something was done and there may be more: run again at once.
    Worked,
}

/// Our own trouble; a partner's mistake is never an error of a stage.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("a payload failed")]
    Payload(#[from] PayloadError),
    #[error("reading or writing failed while {step}")]
    Io { step: &'static str, source: std::io::Error },
    #[error("a worker stopped before its work was done")]
    Stopped { source: tokio::task::JoinError },
    #[error("the work on one row panicked")]
    Panicked,
    #[error("another node took the work over")]
    LeaseLost,
}

impl StageError {
    /// The database is there, and had no time for this.
    pub fn is_busy(&self) -> bool {
        matches!(self, StageError::Store(error) if error.is_busy())
    }

    /// The database is away or busy: the work is as it was, or done without our knowing, and is looked at again.
    pub fn is_unavailable(&self) -> bool {
        match self {
            StageError::Store(error) => error.is_unavailable(),
            StageError::Payload(_)
            | StageError::Io { .. }
            | StageError::Stopped { .. }
            | StageError::Panicked
            | StageError::LeaseLost => false,
        }
    }
}
