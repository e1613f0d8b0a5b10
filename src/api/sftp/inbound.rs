//! Files put into `/inbound`: sealed while they arrive, taken when they are closed, or, where the name says
//! that they are not done yet, when they are renamed.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Role;
use super::session::{Session, ours};
use crate::domain::clock::rfc3339;
use crate::domain::{CrashPoint, error_chain, passing};
use crate::link::sftp_server::{SftpRefusal, Upload};
use crate::pipeline::collect;
use crate::pipeline::file_names::answer_name;
use crate::pipeline::intake::{self, Announced, Incoming, IntakeRefusal, Received, discard, is_unfinished_name};
use crate::pipeline::{Gateway, StageError};
use crate::store::Sealed;
use crate::store::inbound::InboundChannel;
use crate::store::mail::{MailKind, NewMail, Shelf};
use crate::store::submissions::{Channel, SubmissionRow};
use crate::store::uploads::UploadRow;

/// Well below what clients wait for an answer.
const ROOM_SECONDS_MAX: u32 = 20;

/// How long an unfinished upload is kept: who has not renamed it by then has forgotten it.
const UNFINISHED_MS_MAX: i64 = 7 * 86_400_000;

/// What has arrived of a file.
pub(super) enum Content {
    Submission(Box<Incoming>),
    /// A payer's answer; the collect stage seals it.
    Response(Vec<u8>),
}

/// Over SFTP nobody can be told when to come back: whoever puts a file waits a while, and is turned away then.
async fn wait_for_room(gateway: &Gateway) -> Result<(), SftpRefusal> {
    for _ in 0..ROOM_SECONDS_MAX {
        match intake::wait_for_room(gateway, Announced::Nothing).await.map_err(|error| refused(error.into()))? {
            None => return Ok(()),
            Some(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    Err(SftpRefusal::failure("more was handed in here than is checked at present; try again in a minute".to_string()))
}

impl Content {
    pub(super) async fn begin(session: &Session, name: &str) -> Result<Content, SftpRefusal> {
        let gateway = &session.gateway;
        let partners = gateway.partners.current();
        match session.role {
            Role::Submitter => {
                let submitter = partners.submitter(&session.login).ok_or_else(switched_off)?;
                intake::admit(gateway, submitter).map_err(|too_often| {
                    let seconds = too_often.wait.as_secs().max(1);
                    SftpRefusal::failure(format!("too many files in a short time; try again in {seconds} seconds"))
                })?;
                wait_for_room(gateway).await?;
                let incoming = intake::begin(gateway, submitter, Channel::Sftp, name, None).await;
                Ok(Content::Submission(Box::new(incoming.map_err(refused)?)))
            }
            Role::Payer => {
                partners.payer(&session.login).filter(|payer| payer.active).ok_or_else(switched_off)?;
                Ok(Content::Response(Vec::new()))
            }
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Content::Submission(incoming) => incoming.bytes(),
            Content::Response(bytes) => bytes.len() as u64,
        }
    }
}

/// A file being put.
pub(super) struct Putting {
    session: Session,
    name: String,
    content: Content,
}

impl Putting {
    pub(super) fn new(session: Session, name: &str, content: Content) -> Putting {
        Putting { session, name: name.to_string(), content }
    }

    async fn finish(self) -> Result<(), SftpRefusal> {
        self.keep().await?;
        passing(CrashPoint::ReplySftp);
        Ok(())
    }

    async fn keep(self) -> Result<(), SftpRefusal> {
        let Putting { session, name, content } = self;
        let unfinished = is_unfinished_name(&name);
        match content {
            Content::Submission(incoming) if unfinished => {
                let sealed = incoming.keep_unfinished().await.map_err(refused)?;
                keep_upload(&session, &name, sealed).await
            }
            Content::Submission(incoming) => {
                let received = incoming.finish().await.map_err(refused)?;
                taken(&session, &name, received).await;
                Ok(())
            }
            Content::Response(bytes) if unfinished => {
                let sealed = session.gateway.seal(bytes).await.map_err(ours)?;
                keep_upload(&session, &name, sealed).await
            }
            Content::Response(bytes) => keep_response(&session, &name, bytes).await,
        }
    }
}

impl Upload for Putting {
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), SftpRefusal> {
        if offset != self.content.bytes() {
            return Err(SftpRefusal::not_offered(
                "files are taken from their begin to their end, in order; send the whole file again",
            ));
        }
        match &mut self.content {
            Content::Submission(incoming) => incoming.write_blocking(data).map_err(refused),
            Content::Response(bytes) => {
                let bytes_max = self.session.gateway.config.intake.bytes_max;
                if offset + data.len() as u64 > bytes_max {
                    return Err(refused(IntakeRefusal::TooLarge { bytes_max }));
                }
                bytes.extend_from_slice(data);
                Ok(())
            }
        }
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), SftpRefusal>> {
        Box::pin(self.finish())
    }
}

/// Takes an unfinished upload that was renamed to `name`.
pub(super) async fn take_renamed(session: &Session, upload: UploadRow, name: &str) -> Result<(), SftpRefusal> {
    let gateway = &session.gateway;
    let partners = gateway.partners.current();
    match session.role {
        Role::Submitter => {
            let submitter = partners.submitter(&session.login).ok_or_else(switched_off)?;
            let adopted = intake::adopt(gateway, submitter, name, upload.payload, &upload.name).await;
            taken(session, name, adopted.map_err(refused)?).await;
            Ok(())
        }
        Role::Payer => {
            let bytes = gateway.read_payload(upload.payload.id).await.map_err(ours)?;
            keep_response(session, name, bytes).await?;
            // Kept under another id now; should this be cut short, the client renames again and it is a repeat.
            let dropped = gateway.store.drop_upload(&session.login, &upload).await;
            dropped.map_err(|error| ours(error.into()))?;
            discard(gateway, upload.payload.id).await;
            Ok(())
        }
    }
}

async fn keep_upload(session: &Session, name: &str, payload: Sealed) -> Result<(), SftpRefusal> {
    let gateway = &session.gateway;
    let now = gateway.clock.now_ms();
    let upload = UploadRow { name: name.to_string(), payload, uploaded_at: now };
    let kept = gateway.store.keep_upload(&session.login, &upload, now - UNFINISHED_MS_MAX).await;
    for gone in kept.map_err(|error| ours(error.into()))? {
        discard(gateway, gone).await;
    }
    Ok(())
}

async fn keep_response(session: &Session, name: &str, bytes: Vec<u8>) -> Result<(), SftpRefusal> {
    let gateway = &session.gateway;
    let partners = gateway.partners.current();
    let payer = partners.payer(&session.login).ok_or_else(switched_off)?;
    collect::keep(gateway, &payer.id, InboundChannel::Hosted, name, bytes).await.map_err(ours)?;
    session.remember_taken(name);
    Ok(())
}

/// The file is durable. Of a repeat its sender is told by a note, as SFTP has no words for it.
async fn taken(session: &Session, name: &str, received: Received) {
    session.remember_taken(name);
    match received {
        Received::New(_) | Received::Replayed(_) => {}
        Received::Same(first) => {
            if let Err(error) = leave_note(session, name, &first).await {
                tracing::warn!(submission = %first.id, error = error_chain(&error), "no note of a repeat was left");
            }
        }
    }
}

async fn leave_note(session: &Session, name: &str, first: &SubmissionRow) -> Result<(), StageError> {
    let gateway = &session.gateway;
    let text = format!(
        "{name} was put again: it holds the same bytes as submission {} received at {} under the name {}.\r\n\
         Nothing was taken a second time; the acknowledgements are those of the first submission.\r\n",
        first.id,
        rfc3339(first.received_at),
        first.file_name,
    );
    let payload = gateway.seal(text.into_bytes()).await?;
    let mail = NewMail {
        id: gateway.draw_id(),
        partner: session.login.to_string(),
        kind: MailKind::Note,
        file_name: answer_name(first.id, name, 1, "repeat.txt"),
        created_at: gateway.clock.now_ms(),
        submission_id: Some(first.id),
        inbound_id: None,
        // Each time it is put is told of.
        origin: format!("repeat:{}:{}", first.id, payload.id),
        payload,
        shelf: Shelf::Mailbox,
        remittances: Vec::new(),
    };
    gateway.store.put_mail(&mail).await?;
    Ok(())
}

fn refused(refusal: IntakeRefusal) -> SftpRefusal {
    match &refusal {
        IntakeRefusal::DiskFull { .. } | IntakeRefusal::Stage(_) => {
            tracing::error!(error = error_chain(&refusal), "a file put over SFTP was not kept");
        }
        IntakeRefusal::NotActive { .. }
        | IntakeRefusal::Empty
        | IntakeRefusal::TooLarge { .. }
        | IntakeRefusal::KeyOfOther { .. } => {}
    }
    SftpRefusal::failure(refusal.to_string())
}

fn switched_off() -> SftpRefusal {
    SftpRefusal::not_permitted("this account was switched off; ask the gateway's operator")
}
