//! Takes a file in: sealed while it arrives, made durable, told from earlier ones, recorded.

use std::sync::Arc;
use std::time::Duration;

use super::{Arrival, IntakeRefusal};
use crate::domain::ids::{PayloadId, SubmissionId};
use crate::partner::Submitter;
use crate::partner::rate::RateLimits;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, Stage, StageError};
use crate::store::submissions::{NewSubmission, SubmissionRow, Taken};
use crate::store::{PayloadWriter, Sealed};

/// What a partner is told of a file that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub id: SubmissionId,
    /// Milliseconds since 1970.
    pub received_at: i64,
    pub sha256: [u8; 32],
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    New(Receipt),
    /// The same bytes came before: the receipt is the first one's. On HTTPS a 409.
    Same(Receipt),
    /// The same request came before, key and bytes: answered as then.
    Replayed(Receipt),
}

impl Received {
    pub fn receipt(&self) -> &Receipt {
        match self {
            Received::New(receipt) | Received::Same(receipt) | Received::Replayed(receipt) => receipt,
        }
    }
}

/// Takes one from the submitter's rate. One `RateLimits` serves all front doors.
pub fn may_submit(rates: &RateLimits, submitter: &Submitter) -> Result<(), IntakeRefusal> {
    rates.take(&submitter.id, submitter.submissions).map_err(|too_often| IntakeRefusal::TooOften {
        // A part of a second counts as one: who waits that long may send.
        wait_seconds: too_often.wait.as_secs() + u64::from(too_often.wait.subsec_nanos() > 0),
    })
}

/// Begins to take a file in. Blocks (a file is made): call it off the runtime's threads.
pub fn begin(gateway: &Arc<Gateway>, submitter: &Submitter, arrival: Arrival) -> Result<Incoming, IntakeRefusal> {
    if !submitter.active {
        return Err(IntakeRefusal::NotActive { partner: submitter.id.to_string() });
    }
    let writer = gateway.payloads.create(gateway.draw_id())?;
    Ok(Incoming { gateway: gateway.clone(), partner: submitter.id.to_string(), arrival, writer })
}

/// A file that is coming in. Dropping it leaves nothing behind; that removes a file, so drop it off the
/// runtime's threads where it matters.
pub struct Incoming {
    gateway: Arc<Gateway>,
    partner: String,
    arrival: Arrival,
    writer: PayloadWriter,
}

impl Incoming {
    /// Seals what came. Blocks. After a refusal nothing more may be written.
    pub fn write(&mut self, data: &[u8]) -> Result<(), IntakeRefusal> {
        let bytes_max = self.gateway.config.intake.bytes_max;
        if self.writer.bytes() + data.len() as u64 > bytes_max {
            return Err(IntakeRefusal::TooLarge { bytes_max });
        }
        self.writer.write(data).map_err(IntakeRefusal::from)
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.writer.bytes()
    }

    /// Makes the file durable and records it; both have happened when this gives `Ok`.
    pub async fn finish(self) -> Result<Received, IntakeRefusal> {
        let Incoming { gateway, partner, arrival, writer } = self;
        let sealed = seal(writer).await?;
        record(&gateway, partner, arrival, sealed, None).await
    }

    /// Makes the bytes durable without recording a submission: an upload whose name says that it is not done.
    pub async fn keep_unfinished(self) -> Result<Sealed, IntakeRefusal> {
        seal(self.writer).await
    }
}

/// Takes in a file that lies here already, under the unfinished name `upload` until now.
pub async fn adopt(
    gateway: &Arc<Gateway>,
    submitter: &Submitter,
    arrival: Arrival,
    sealed: Sealed,
    upload: &str,
) -> Result<Received, IntakeRefusal> {
    if !submitter.active {
        return Err(IntakeRefusal::NotActive { partner: submitter.id.to_string() });
    }
    record(gateway, submitter.id.to_string(), arrival, sealed, Some(upload)).await
}

/// The whole at once, for bytes that are in memory already.
pub async fn take(
    gateway: &Arc<Gateway>,
    submitter: &Submitter,
    arrival: Arrival,
    bytes: Vec<u8>,
) -> Result<Received, IntakeRefusal> {
    let (of_gateway, submitter) = (gateway.clone(), submitter.clone());
    let begun = blocking(move || {
        let mut incoming = begin(&of_gateway, &submitter, arrival)?;
        incoming.write(&bytes)?;
        Ok::<Incoming, IntakeRefusal>(incoming)
    });
    begun.await??.finish().await
}

/// Waits until a submission's checks are done, at most so long, and gives it as it is then. `None`: there is
/// no such submission.
pub async fn wait_until_checked(
    gateway: &Gateway,
    id: SubmissionId,
    at_most: Duration,
) -> Result<Option<SubmissionRow>, StageError> {
    let checked = async {
        loop {
            let mut rung = std::pin::pin!(gateway.nudges.validated.notified());
            // Listening begins before the look, so that no ring between the two is missed.
            rung.as_mut().enable();
            match gateway.store.submission(id).await? {
                Some(row) if !row.state.is_checked() => rung.await,
                found => return Ok::<_, StageError>(found),
            }
        }
    };
    match tokio::time::timeout(at_most, checked).await {
        Ok(found) => found,
        Err(_) => Ok(gateway.store.submission(id).await?),
    }
}

async fn seal(writer: PayloadWriter) -> Result<Sealed, IntakeRefusal> {
    if writer.bytes() == 0 {
        blocking(move || drop(writer)).await?;
        return Err(IntakeRefusal::Empty);
    }
    Ok(blocking(move || writer.finish()).await??)
}

async fn record(
    gateway: &Arc<Gateway>,
    partner: String,
    arrival: Arrival,
    sealed: Sealed,
    upload: Option<&str>,
) -> Result<Received, IntakeRefusal> {
    let new = NewSubmission {
        id: gateway.draw_id(),
        partner,
        channel: arrival.channel,
        file_name: arrival.file_name,
        received_at: gateway.clock.now_ms(),
        payload: sealed,
        idempotency_key: arrival.idempotency_key,
    };
    // When recording fails it may still have happened, so the payload stays; `store check` finds what nobody names.
    let taken = gateway.store.receive_submission(&new, upload).await.map_err(StageError::from)?;
    if taken.leaves_over(new.payload.id) {
        discard(gateway, new.payload.id).await;
    }
    match taken {
        Taken::New => {
            note_received(&new);
            gateway.nudges.nudge(Stage::Validate);
            let (NewSubmission { id, received_at, .. }, Sealed { sha256, bytes, .. }) = (&new, &new.payload);
            Ok(Received::New(Receipt { id: *id, received_at: *received_at, sha256: *sha256, bytes: *bytes }))
        }
        Taken::SameBytes(first) => Ok(Received::Same(receipt_of(&first))),
        Taken::Replayed(first) => Ok(Received::Replayed(receipt_of(&first))),
        Taken::KeyOfOther(first) => Err(IntakeRefusal::KeyReused { first: first.id }),
    }
}

fn note_received(new: &NewSubmission) {
    let channel = new.channel.as_str();
    metrics::counter!("claimgate_submissions_received_total", "channel" => channel).increment(1);
    metrics::counter!("claimgate_submission_bytes_received_total", "channel" => channel).increment(new.payload.bytes);
    tracing::info!(submission = %new.id, partner = new.partner, channel, bytes = new.payload.bytes, "submission received");
}

fn receipt_of(row: &SubmissionRow) -> Receipt {
    Receipt { id: row.id, received_at: row.received_at, sha256: row.sha256, bytes: row.bytes }
}

/// Removes a payload that nothing names. A failure costs room and nothing else.
pub(crate) async fn discard(gateway: &Gateway, id: PayloadId) {
    let payloads = gateway.payloads.clone();
    let discarded = blocking(move || payloads.discard(id)).await.and_then(|done| done.map_err(StageError::from));
    if let Err(error) = discarded {
        tracing::warn!(payload = %id, error = &error as &dyn std::error::Error, "a payload that nobody needs stays");
    }
}
