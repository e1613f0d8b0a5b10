//! The files that tell a submitter how its own came out: sealed first, put into the mailbox with everything
//! else at the end.

use std::sync::Arc;

use super::plan;
use crate::ack::AckFile;
use crate::domain::ids::SubmissionId;
use crate::partner::Submitter;
use crate::pipeline::file_names::answer_name;
use crate::pipeline::{Gateway, StageError};
use crate::store::mail::{MailKind, NewMail, Shelf};
use crate::store::submissions::{Channel, SubmissionRow};

/// TA1, 999 and 277CA as mail.
pub async fn acknowledgments(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    submitter: &Submitter,
    files: Vec<AckFile>,
) -> Result<Vec<NewMail>, StageError> {
    let mut mail: Vec<NewMail> = Vec::with_capacity(files.len());
    for file in files {
        let (kind, shelf) = plan::shelf(file.kind, &submitter.acks);
        let ordinal = 1 + mail.iter().filter(|earlier| earlier.kind == kind).count() as u32;
        let name = answer_name(submission.id, &submission.file_name, ordinal, kind.as_str());
        mail.push(sealed(gateway, submission, file.bytes, name, (kind, shelf, ordinal)).await?);
    }
    Ok(mail)
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
            Ok(vec![sealed(gateway, submission, text.into_bytes(), name, as_note).await?])
        }
    }
}

async fn sealed(
    gateway: &Arc<Gateway>,
    submission: &SubmissionRow,
    bytes: Vec<u8>,
    file_name: String,
    (kind, shelf, ordinal): (MailKind, Shelf, u32),
) -> Result<NewMail, StageError> {
    let of: SubmissionId = submission.id;
    Ok(NewMail {
        id: gateway.draw_id(),
        partner: submission.partner.clone(),
        kind,
        file_name,
        payload: gateway.seal(bytes).await?,
        created_at: gateway.clock.now_ms(),
        submission_id: Some(of),
        inbound_id: None,
        origin: plan::origin(of, kind, ordinal),
        shelf,
    })
}
