//! Closes the windows that are over and builds the files of closed batches.

use std::sync::Arc;

use super::build::{BuildError, Built, build};
use super::check::{Unsound, check};
use super::plan::{Envelope, envelope};
use super::sources::SourceError;
use crate::domain::ids::BatchId;
use crate::domain::{CrashPoint, passing, so_many};
use crate::partner::{Endpoint, Payer};
use crate::pipeline::gateway::{blocking, discard, giving_way};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, Stage, StageError};
use crate::store::batches::{Batch, BuiltBatch};
use crate::store::deliveries::{DeliveryState, NewDelivery};
use crate::store::{PayloadError, PayloadStore};

const BATCHES_PER_RUN: u32 = 1_000;
/// Claims read at one time.
const PAGE_CLAIMS: u32 = 2_000;
/// Up to so many, building takes milliseconds.
const SMALL_CLAIMS: i64 = 1_000;

/// Does what is due: closes windows, builds files.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let due = gateway.store.batches_to_close(gateway.clock.now_ms(), BATCHES_PER_RUN).await?;
    for &batch in &due {
        gateway.store.close_batch(&gateway.batch_event(batch, "closed", String::new())).await?;
    }
    let mut progress = if due.is_empty() { Progress::Idle } else { Progress::Worked };
    let partners = gateway.partners.current();
    let mut first_trouble = None;
    for batch in gateway.store.batches_to_build(BATCHES_PER_RUN).await? {
        match partners.payer(&batch.payer) {
            // It waits until its payer is active again.
            Some(payer) if !payer.active => {}
            Some(payer) => match in_turn(gateway, payer, &batch).await {
                Ok(Some(())) => progress = Progress::Worked,
                // Another node builds it.
                Ok(None) => {}
                // It must not hold up the others; it is tried again at the next look.
                Err(trouble) => first_trouble = first_trouble.or(Some(trouble)),
            },
            None => {
                let gone =
                    format!("no partner file has the payer {}: put its file back, then build it again", batch.payer);
                to_support(gateway, &batch, gone).await?;
                progress = Progress::Worked;
            }
        }
    }
    first_trouble.map_or(Ok(progress), Err)
}

/// Ends the open windows of one payer, or of all, now; says how many. The command line does the same on the
/// store alone, beside a gateway that runs and closes them at its next look.
pub async fn release_now(gateway: &Gateway, payer: Option<&str>) -> Result<u64, StageError> {
    let released = gateway.store.release_batches(payer, gateway.clock.now_ms()).await?;
    gateway.nudges.nudge(Stage::Batch);
    Ok(released)
}

/// Lets a batch that could not be built be built again; false when it is not with support for that.
pub async fn rebuild(gateway: &Gateway, batch: BatchId, by: &str) -> Result<bool, StageError> {
    let again = gateway.batch_event(batch, "rebuilt", String::new());
    let found = gateway.store.rebuild_batch(&again, by).await?;
    gateway.nudges.nudge(Stage::Batch);
    Ok(found)
}

async fn in_turn(gateway: &Arc<Gateway>, payer: &Payer, batch: &Batch) -> Result<Option<()>, StageError> {
    let name = format!("batch:{}", batch.id);
    let built = under_lease(gateway, &name, async |_| {
        // Another node may have built it since it was listed.
        match gateway.store.batch_waits(batch.id).await? {
            true => deal_with(gateway, payer, batch).await.map(Some),
            false => Ok(None),
        }
    });
    Ok(built.await?.flatten())
}

/// Builds one batch's file, or hands the batch to support when its claims do not allow it. Our own trouble
/// (disk, store) leaves it as it is: it is built at the next look.
async fn deal_with(gateway: &Arc<Gateway>, payer: &Payer, batch: &Batch) -> Result<(), StageError> {
    let isa13 = gateway.store.take_control_numbers(&format!("isa:{}", payer.id), 1).await?;
    let gs06 = gateway.store.take_control_numbers(&format!("gs:{}", payer.id), 1).await?;
    let us = &gateway.config.gateway;
    let at = gateway.clock.now().to_zoned(us.time_zone.clone());
    let envelope = envelope(us, payer, batch, (isa13, gs06), at);
    let file_name = payer.endpoint.file_name().render(&payer.id, &envelope.at, batch.id);
    match write_and_check(gateway, payer, batch, envelope.clone()).await? {
        Ok(built) => {
            passing(CrashPoint::BatchSealed);
            record(gateway, payer, batch, &envelope, file_name, built).await
        }
        Err(Unsound(why)) => to_support(gateway, batch, why).await,
    }
}

async fn write_and_check(
    gateway: &Gateway,
    payer: &Payer,
    batch: &Batch,
    envelope: Envelope,
) -> Result<Result<Built, Unsound>, StageError> {
    let (store, payloads, batch) = (gateway.store.clone(), gateway.payloads.clone(), batch.clone());
    let claims_max = usize::try_from(payer.batch.claims_max.get()).unwrap_or(usize::MAX);
    let runtime = tokio::runtime::Handle::current();
    // Each try has a number of its own: what a try that was cut short left is in nobody's way, and no file of a batch
    // is ever written over.
    let (opener, id, small) = (gateway.opener(), gateway.draw_id(), batch.claims <= SMALL_CLAIMS);
    let work = move || {
        let mut pages = |after| {
            let page = runtime.block_on(store.batch_claims(batch.id, after, PAGE_CLAIMS))?;
            opener.have_ready(page.iter().map(|claim| claim.payload_id))?;
            Ok(page)
        };
        match build((&payloads, &opener), id, &envelope, claims_max, &mut pages) {
            Ok(built) => checked(&payloads, &batch, &envelope, built),
            Err(error) => judged(error),
        }
    };
    if small { blocking(work).await? } else { giving_way(work).await? }
}

fn checked(
    payloads: &PayloadStore,
    batch: &Batch,
    envelope: &Envelope,
    built: Built,
) -> Result<Result<Built, Unsound>, StageError> {
    let file = payloads.open_sealed(&built.file)?;
    let sound = check(file, batch, &built.transactions, (&envelope.isa13, &envelope.gs06))
        .map_err(|source| StageError::Io { step: "reading a batch's file back", source })?;
    if sound.is_err() {
        payloads.discard(built.file.id)?;
    }
    Ok(sound.map(|()| built))
}

/// Whether building failed for us, and may go well later, or for what the batch is made of.
fn judged(error: BuildError) -> Result<Result<Built, Unsound>, StageError> {
    match error {
        BuildError::Store(error) => Err(StageError::Store(error)),
        BuildError::Source(
            SourceError::Payload(
                lost @ (PayloadError::Missing { .. } | PayloadError::Damaged { .. } | PayloadError::OtherKey { .. }),
            )
            | SourceError::Open(StageError::Payload(
                lost @ (PayloadError::Missing { .. } | PayloadError::Damaged { .. } | PayloadError::OtherKey { .. }),
            )),
        ) => Ok(Err(Unsound(format!("a submission of it cannot be read: {lost}")))),
        BuildError::Payload(error) | BuildError::Source(SourceError::Payload(error)) => Err(StageError::Payload(error)),
        BuildError::Source(SourceError::Open(error)) => Err(error),
        BuildError::Source(SourceError::Read { source }) => {
            Err(StageError::Io { step: "reading a submission", source })
        }
        error @ (BuildError::Source(SourceError::NoHeader { .. }) | BuildError::NoDelimiters | BuildError::Empty) => {
            Ok(Err(Unsound(error.to_string())))
        }
    }
}

async fn record(
    gateway: &Gateway,
    payer: &Payer,
    batch: &Batch,
    envelope: &Envelope,
    file_name: String,
    built: Built,
) -> Result<(), StageError> {
    let (state, mail) = match &payer.endpoint {
        Endpoint::Sftp(_) | Endpoint::Https(_) => (DeliveryState::Due, None),
        Endpoint::Hosted(_) => (DeliveryState::WaitsToBeFetched, Some(gateway.draw_id())),
    };
    let transactions = so_many(built.transactions.len() as u64, "transaction");
    let text = format!("{} in {transactions}", so_many(batch.claims, "claim"));
    let event = gateway.batch_event(batch.id, "built", text);
    let delivery = NewDelivery {
        id: gateway.draw_id(),
        batch_id: batch.id,
        partner: payer.id.to_string(),
        payload_id: built.file.id,
        file_name: file_name.clone(),
        bytes: built.file.bytes,
        state,
        created_at: event.at,
    };
    let recorded = BuiltBatch {
        id: batch.id,
        payer: payer.id.to_string(),
        isa13: envelope.isa13.clone(),
        gs06: envelope.gs06.clone(),
        file: built.file,
        file_name,
        transactions: built.transactions,
        delivery,
        mail,
        event,
    };
    if !gateway.store.record_built(&recorded).await? {
        discard(gateway, recorded.file.id).await;
        return Ok(());
    }
    metrics::counter!("claimgate_batches_built_total").increment(1);
    tracing::info!(batch = %batch.id, payer = %payer.id, claims = batch.claims, bytes = recorded.file.bytes, "built");
    gateway.nudges.nudge(Stage::Deliver);
    // An answer may have come before these claims.
    gateway.nudges.nudge(Stage::Correlate);
    Ok(())
}

async fn to_support(gateway: &Gateway, batch: &Batch, why: String) -> Result<(), StageError> {
    tracing::error!(batch = %batch.id, payer = %batch.payer, why, "the batch goes to support");
    metrics::counter!("claimgate_batches_with_support_total").increment(1);
    let text = format!("the file of batch {} was not built: {why}", batch.id);
    let event = gateway.batch_event(batch.id, "support", text);
    gateway.store.batch_to_support(&batch.payer, gateway.draw_id(), &event).await?;
    Ok(())
}
