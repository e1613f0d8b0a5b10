//! The files that tell a submitter how its own came out: sealed first, put into the mailbox with everything
//! else at the end.

use std::io::{self, Write};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::plan;
use crate::ack::AckFile;
use crate::domain::ids::{PayloadId, SubmissionId};
use crate::partner::Submitter;
use crate::pipeline::file_names::answer_name;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError};
use crate::store::mail::{MailKind, NewMail, Shelf};
use crate::store::submissions::{Channel, SMALL_BYTES, SubmissionRow};
use crate::store::{PayloadError, PayloadWriter, Sealed};

/// A file of many interchanges has many answers.
const SEALED_AT_ONCE: usize = 4;

/// TA1, 999 and 277CA as mail.
pub async fn acknowledgments(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    files: Vec<AckFile>,
) -> Result<Vec<NewMail>, StageError> {
    let mut seen: Vec<MailKind> = Vec::with_capacity(files.len());
    let mut places = Vec::with_capacity(files.len());
    for file in &files {
        let (kind, shelf) = plan::shelf(file.kind, &submitter.acks);
        let ordinal = 1 + seen.iter().filter(|earlier| **earlier == kind).count() as u32;
        seen.push(kind);
        places.push((kind, shelf, ordinal));
    }
    // Small ones take less time than waking a thread for each; of large ones, the disk is waited for together.
    let at_once = if submission.bytes < SMALL_BYTES { files.len().max(1) } else { 1 };
    let mut files = files.into_iter();
    let mut parts = Vec::new();
    while files.len() > 0 {
        parts.push(seal(gateway, files.by_ref().take(at_once).collect()));
    }
    let sealed: Vec<Vec<Sealed>> = stream::iter(parts).buffered(SEALED_AT_ONCE).try_collect().await?;
    let letters = sealed.into_iter().flatten().zip(places).map(|(payload, place)| {
        let (kind, _, ordinal) = place;
        let name = answer_name(submission.id, &submission.file_name, ordinal, kind.as_str());
        letter(gateway, submission, payload, name, place)
    });
    Ok(letters.collect())
}

/// A file that is no X12 cannot be answered in X12: over SFTP a note says why nothing came of it. Over HTTPS
/// the submission itself says so.
pub async fn refusal(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    sentence: &str,
) -> Result<Vec<NewMail>, StageError> {
    match submission.channel {
        Channel::Https => Ok(Vec::new()),
        Channel::Sftp => {
            let SubmissionRow { id, file_name, .. } = submission;
            let text = format!("{file_name} was received as submission {id} and refused.\r\n{sentence}\r\n");
            let name = answer_name(*id, file_name, 1, "refused.txt");
            let as_note = (MailKind::Note, Shelf::Mailbox, 1);
            let payload = gateway.seal(text.into_bytes()).await?;
            Ok(vec![letter(gateway, submission, payload, name, as_note)])
        }
    }
}

/// Seals answers as they are read out, so that none is in memory as a whole.
async fn seal(gateway: &Arc<Gateway>, files: Vec<AckFile>) -> Result<Vec<Sealed>, StageError> {
    let payloads = gateway.payloads.clone();
    let files: Vec<(PayloadId, AckFile)> = files.into_iter().map(|file| (gateway.draw_id(), file)).collect();
    blocking(move || files.into_iter().map(|(id, file)| seal_one(payloads.create(id), file)).collect()).await?
}

fn seal_one(writer: PayloadWriter, file: AckFile) -> Result<Sealed, StageError> {
    let mut writer = Sealing { writer, failed: None };
    match (file.write_to(&mut writer), writer.failed) {
        (_, Some(error)) => Err(StageError::Payload(error)),
        (Err(source), None) => Err(StageError::Io { step: "putting an answer together", source }),
        (Ok(()), None) => Ok(writer.writer.finish()?),
    }
}

struct Sealing {
    writer: PayloadWriter,
    /// Why the last write failed: what the payload said, which an I/O error cannot carry as it is.
    failed: Option<PayloadError>,
}

impl Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.writer.write(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn letter(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    payload: Sealed,
    file_name: String,
    (kind, shelf, ordinal): (MailKind, Shelf, u32),
) -> NewMail {
    let of: SubmissionId = submission.id;
    NewMail {
        id: gateway.draw_id(),
        partner: submission.partner.clone(),
        kind,
        file_name,
        payload,
        created_at: gateway.clock.now_ms(),
        submission_id: Some(of),
        inbound_id: None,
        origin: plan::origin(of, kind, ordinal),
        shelf,
        remittances: Vec::new(),
    }
}
