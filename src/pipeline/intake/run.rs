//! Takes a file in: sealed while it arrives, made durable, told from earlier ones, recorded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

use super::IntakeRefusal;
use crate::domain::ids::SubmissionId;
use crate::partner::Submitter;
use crate::partner::rate::TooOften;
use crate::pipeline::file_names::plain_name;
use crate::pipeline::gateway::{blocking, discard};
use crate::pipeline::{Gateway, Stage, StageError};
use crate::store::submissions::{Channel, Counts, NewSubmission, Requester, SubmissionRow, SubmissionState, Taken};
use crate::store::{PayloadWriter, Sealed};

/// Parts that arrive one by one are handed to the disk's thread when they come to so many bytes.
const BATCH_BYTES: usize = 512 * 1024;

/// What became of a file that is durable now, or was before.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    New(SubmissionRow),
    /// The same bytes came before, as this first submission.
    Same(SubmissionRow),
    /// The same request came before, key and bytes: to be answered as then.
    Replayed(SubmissionRow),
}

impl Received {
    pub fn row(&self) -> &SubmissionRow {
        match self {
            Received::New(row) | Received::Same(row) | Received::Replayed(row) => row,
        }
    }
}

/// Takes one from the submitter's rate, which all front doors share.
pub fn admit(gateway: &Gateway, submitter: &Submitter) -> Result<(), TooOften> {
    gateway.submission_rates.take(&submitter.id, submitter.submissions)
}

/// Begins to take a file in.
pub async fn begin(
    gateway: &Arc<Gateway>,
    submitter: &Submitter,
    channel: Channel,
    file_name: &str,
    idempotency_key: Option<String>,
) -> Result<Incoming, IntakeRefusal> {
    let arrival = arrival(submitter, channel, file_name, idempotency_key)?;
    let writer = gateway.payloads.create(gateway.draw_id());
    Ok(Incoming { gateway: gateway.clone(), arrival, writer: Pen(Some(writer)), gathered: Vec::new(), bytes: 0 })
}

/// Who sends what, and how.
struct Arrival {
    partner: String,
    channel: Channel,
    file_name: String,
    idempotency_key: Option<String>,
    by: Option<Requester>,
}

fn arrival(
    submitter: &Submitter,
    channel: Channel,
    file_name: &str,
    idempotency_key: Option<String>,
) -> Result<Arrival, IntakeRefusal> {
    match submitter.active {
        true => Ok(Arrival {
            partner: submitter.id.to_string(),
            channel,
            file_name: plain_name(file_name),
            idempotency_key,
            by: None,
        }),
        false => Err(IntakeRefusal::NotActive { partner: submitter.id.to_string() }),
    }
}

/// A file that is coming in. Dropped, or refused, it leaves nothing behind.
pub struct Incoming {
    gateway: Arc<Gateway>,
    arrival: Arrival,
    /// `None` after a refusal.
    writer: Pen,
    gathered: Vec<Bytes>,
    /// Of all that came.
    bytes: u64,
}

impl Incoming {
    /// Takes what came. After a refusal every further call refuses too.
    pub async fn write(&mut self, part: Bytes) -> Result<(), IntakeRefusal> {
        self.count(part.len())?;
        self.gathered.push(part);
        let gathered: usize = self.gathered.iter().map(Bytes::len).sum();
        if gathered < BATCH_BYTES {
            return Ok(());
        }
        let (mut writer, parts) = (self.take_writer()?, std::mem::take(&mut self.gathered));
        let written = blocking(move || {
            parts.iter().try_for_each(|part| writer.write(part))?;
            Ok::<_, IntakeRefusal>(writer)
        });
        self.writer = Pen(Some(written.await??));
        Ok(())
    }

    /// The same for a caller that may block.
    pub fn write_blocking(&mut self, part: &[u8]) -> Result<(), IntakeRefusal> {
        self.count(part.len())?;
        let mut writer = self.take_writer()?;
        writer.write(part)?;
        self.writer = Pen(Some(writer));
        Ok(())
    }

    /// Bytes that have come so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the file durable and records it; both have happened when this gives `Ok`.
    pub async fn finish(mut self) -> Result<Received, IntakeRefusal> {
        let sealed = self.seal().await?;
        record(&self.gateway, self.arrival, sealed, None).await
    }

    /// The same, with a row of the audit trail that says who asked for it: neither is there without the other.
    pub async fn finish_for(mut self, by: Requester) -> Result<Received, IntakeRefusal> {
        self.arrival.by = Some(by);
        self.finish().await
    }

    /// Makes the bytes durable without recording a submission: an upload whose name says that it is not done.
    pub async fn keep_unfinished(mut self) -> Result<Sealed, IntakeRefusal> {
        self.seal().await
    }

    fn count(&mut self, bytes: usize) -> Result<(), IntakeRefusal> {
        let bytes_max = self.gateway.config.intake.bytes_max;
        self.bytes += bytes as u64;
        if self.bytes > bytes_max {
            self.writer = Pen(None);
            return Err(IntakeRefusal::TooLarge { bytes_max });
        }
        Ok(())
    }

    fn take_writer(&mut self) -> Result<PayloadWriter, IntakeRefusal> {
        let refused = || std::io::Error::other("the file was refused before");
        self.writer.0.take().ok_or_else(|| StageError::Io { step: "taking a file in", source: refused() }.into())
    }

    async fn seal(&mut self) -> Result<Sealed, IntakeRefusal> {
        let (mut writer, parts) = (self.take_writer()?, std::mem::take(&mut self.gathered));
        let sealed = blocking(move || {
            parts.iter().try_for_each(|part| writer.write(part))?;
            if writer.bytes() == 0 { Err(IntakeRefusal::Empty) } else { Ok(writer.finish()?) }
        });
        sealed.await?
    }
}

/// Takes in a file that lies here already, under the unfinished name `upload` until now.
pub async fn adopt(
    gateway: &Arc<Gateway>,
    submitter: &Submitter,
    file_name: &str,
    sealed: Sealed,
    upload: &str,
) -> Result<Received, IntakeRefusal> {
    let arrival = arrival(submitter, Channel::Sftp, file_name, None)?;
    record(gateway, arrival, sealed, Some(upload)).await
}

/// A writer that is given up ends off the runtime's threads: it waits for what it has begun to seal.
struct Pen(Option<PayloadWriter>);

impl Drop for Pen {
    fn drop(&mut self) {
        let Some(writer) = self.0.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(writer))),
            Err(_) => drop(writer),
        }
    }
}

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Waits until a submission's checks are done. `None`: they were not within `at_most`, or there is no such
/// submission.
pub async fn wait_until_checked(
    gateway: &Gateway,
    id: SubmissionId,
    at_most: Duration,
) -> Result<Option<SubmissionRow>, StageError> {
    let checked = async {
        loop {
            let mut rung = std::pin::pin!(gateway.nudges.validated(id).notified());
            // Listening begins before the look, so that no ring between the two is missed.
            rung.as_mut().enable();
            match gateway.store.submission(id).await? {
                // Another node that checks it rings no bell here.
                Some(row) if !row.state.is_checked() => drop(tokio::time::timeout(LOOK_AGAIN, rung).await),
                found => return Ok(found),
            }
        }
    };
    tokio::time::timeout(at_most, checked).await.unwrap_or(Ok(None))
}

async fn record(
    gateway: &Arc<Gateway>,
    arrival: Arrival,
    sealed: Sealed,
    upload: Option<&str>,
) -> Result<Received, IntakeRefusal> {
    let new = NewSubmission {
        id: gateway.draw_id(),
        partner: arrival.partner,
        channel: arrival.channel,
        file_name: arrival.file_name,
        received_at: gateway.clock.now_ms(),
        payload: sealed,
        idempotency_key: arrival.idempotency_key,
        by: arrival.by,
    };
    // Where recording fails it may have happened all the same, so the payload stays in any case.
    let taken = gateway.store.receive_submission(&new, upload).await.map_err(StageError::from)?;
    if taken.leaves_over(new.payload.id) {
        discard(gateway, new.payload.id).await;
    }
    match taken {
        Taken::New => {
            note_received(&new);
            gateway.nudges.nudge(Stage::Validate);
            Ok(Received::New(row_of(new)))
        }
        Taken::SameBytes(first) => Ok(Received::Same(first)),
        Taken::Replayed(first) => Ok(Received::Replayed(first)),
        Taken::KeyOfOther(first) => Err(IntakeRefusal::KeyOfOther { first: first.id }),
    }
}

fn note_received(new: &NewSubmission) {
    let (channel, bytes) = (new.channel.as_str(), new.payload.bytes);
    metrics::counter!("claimgate_submissions_received_total", "channel" => channel).increment(1);
    metrics::counter!("claimgate_submission_bytes_received_total", "channel" => channel).increment(bytes);
    tracing::info!(submission = %new.id, partner = new.partner, channel, bytes, "submission received");
}

fn row_of(new: NewSubmission) -> SubmissionRow {
    SubmissionRow {
        id: new.id,
        partner: new.partner,
        channel: new.channel,
        file_name: new.file_name,
        received_at: new.received_at,
        payload_id: new.payload.id,
        sha256: new.payload.sha256,
        bytes: new.payload.bytes,
        idempotency_key: new.idempotency_key,
        state: SubmissionState::Received,
        refused: None,
        counts: Counts::default(),
        validated_at: None,
    }
}
