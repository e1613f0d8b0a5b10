//! Looks at each payer that is due, in a task of its own, so that a payer that is away delays no other.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt;

use super::plan::{interval, is_due, pause};
use super::{folders, site};
use crate::domain::error_chain;
use crate::link::trouble::LinkError;
use crate::partner::secret::SecretError;
use crate::partner::{Endpoint, Payer};
use crate::pipeline::lease::under_lease;
use crate::pipeline::under_way::Turn;
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::collected::{Poll, Polled};
use crate::store::{PayloadError, StoreError};

/// Why a look at a payer ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookError {
    #[error("the payer's files could not be fetched")]
    Link(#[from] LinkError),
    #[error("the payer's token could not be read")]
    Secret(#[from] SecretError),
    #[error("the payer's list of files is not understood: {0}")]
    List(&'static str),
    #[error("{} files could not be fetched or cleared, the others were; the first: {}", .failed.len(), .failed[0])]
    SomeFiles { failed: Vec<String> },
    #[error("what was fetched could not be kept")]
    Stage(#[from] StageError),
}

impl From<StoreError> for LookError {
    fn from(error: StoreError) -> LookError {
        LookError::Stage(StageError::Store(error))
    }
}

impl From<PayloadError> for LookError {
    fn from(error: PayloadError) -> LookError {
        LookError::Stage(StageError::Payload(error))
    }
}

/// What a look brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub files: u32,
    /// What is to be said of each file that failed.
    pub failed: Vec<String>,
}

impl Fetched {
    /// A look in which single files failed is no success, though all others were taken.
    pub fn or_trouble(self) -> Result<Fetched, LookError> {
        match self.failed.is_empty() {
            true => Ok(self),
            false => Err(LookError::SomeFiles { failed: self.failed }),
        }
    }
}

/// Begins to look at the payers that are due. Does not wait for them.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let partners = gateway.partners.current();
    let polls: HashMap<String, Poll> =
        gateway.store.polls().await?.into_iter().map(|poll| (poll.partner.clone(), poll)).collect();
    let now = gateway.clock.now_ms();
    for payer in partners.payers().filter(|payer| payer.active && interval(payer).is_some()) {
        let poll = polls.get(payer.id.as_str());
        if is_due(poll, now) && gateway.collecting.begin(payer.id.as_str()) == Turn::Yours {
            tokio::spawn(look_at(gateway.clone(), payer.clone()));
        }
    }
    // The tasks nudge when they are done; nothing is due again before.
    Ok(Progress::Idle)
}

async fn look_at(gateway: Arc<Gateway>, payer: Payer) {
    // One node polls a payer; one that waited for its turn finds that the payer is not due any more.
    let name = format!("collect:{}", payer.id);
    let looking = under_lease(&gateway, &name, async |_| {
        let latest = gateway.store.polls().await?.into_iter().find(|poll| poll.partner == payer.id.as_str());
        match is_due(latest.as_ref(), gateway.clock.now_ms()) {
            true => look_and_record(&gateway, &payer, latest.as_ref()).await,
            false => Ok(()),
        }
    });
    let looked = std::panic::AssertUnwindSafe(looking).catch_unwind().await;
    gateway.collecting.end(payer.id.as_str());
    match looked {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(payer = %payer.id, error = error_chain(&error), "a look was not recorded"),
        Err(_) => tracing::error!(payer = %payer.id, "a look at a payer panicked"),
    }
}

async fn look_and_record(gateway: &Arc<Gateway>, payer: &Payer, poll: Option<&Poll>) -> Result<(), StageError> {
    let looked = look(gateway, payer).await;
    let (failures, problem) = match &looked {
        Ok(_) => (0, String::new()),
        Err(error) => (poll.map_or(0, |poll| poll.failures) + 1, error_chain(error)),
    };
    if let Err(error) = &looked {
        metrics::counter!("claimgate_polls_failed_total").increment(1);
        tracing::warn!(payer = %payer.id, failures, error = error_chain(error), "a payer could not be looked at");
    }
    let now = gateway.clock.now_ms();
    // A payer that answers is asked as often as ever, whatever is wrong with some of its files.
    let pauses = if matches!(looked, Err(LookError::SomeFiles { .. })) { 0 } else { failures };
    let every = interval(payer).expect("only payers that are looked at come here");
    let polled = Polled {
        partner: payer.id.as_str(),
        at: now,
        next_at: now + pause(every, pauses).as_millis() as i64,
        was_due_at: poll.map_or(0, |poll| poll.next_at),
        problem: &problem,
    };
    Ok(gateway.store.record_poll(&polled).await?)
}

async fn look(gateway: &Arc<Gateway>, payer: &Payer) -> Result<Fetched, LookError> {
    let _line = gateway.lines.open(payer).await;
    match &payer.endpoint {
        Endpoint::Sftp(endpoint) => folders::collect(gateway, payer, endpoint).await,
        Endpoint::Https(endpoint) => site::collect(gateway, payer, endpoint).await,
        Endpoint::Hosted(_) => Ok(Fetched::default()),
    }
}
