//! One login's view of its folders.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;

use super::inbound::{self, Content, Putting};
use super::{Folder, Role, outgoing};
use crate::domain::error_chain;
use crate::link::sftp_server::{FileEntry, ReadAt, SftpRefusal, SftpSession, Upload};
use crate::pipeline::intake::{discard, is_unfinished_name};
use crate::pipeline::{Gateway, StageError};
use crate::store::mail::MailKind;
use crate::store::uploads::UploadRow;

/// Names of files taken in this session that are remembered; some clients rename what they have put, and by
/// then it is taken.
const TAKEN_NAMES_MAX: usize = 256;

#[derive(Clone)]
pub(super) struct Session {
    pub(super) gateway: Arc<Gateway>,
    /// The partner's name, which is the login's.
    pub(super) login: Arc<str>,
    /// Whose removals hide files: the login with this key. Two systems of one partner, each with a key of its own,
    /// do not take from each other.
    reader: Arc<str>,
    pub(super) role: Role,
    taken: Arc<Mutex<VecDeque<String>>>,
}

impl Session {
    pub(super) fn new(gateway: Arc<Gateway>, login: &str, public_key: &str, role: Role) -> Session {
        let reader = format!("{login} {public_key}").into();
        Session { gateway, login: login.into(), reader, role, taken: Arc::default() }
    }

    /// The server asks only for folders that [`SftpSession::folders`] names.
    fn folder(&self, name: &str) -> Result<Folder, SftpRefusal> {
        let known = self.role.folders().iter().find(|(folder, _)| *folder == name);
        known.map(|(_, folder)| *folder).ok_or_else(|| SftpRefusal::no_such_file(format!("there is no folder /{name}")))
    }

    fn inbound(&self, folder: &str) -> Result<(), SftpRefusal> {
        match self.folder(folder)? {
            Folder::Inbound => Ok(()),
            Folder::Outgoing(_) => {
                Err(SftpRefusal::not_permitted(format!("/{folder} is for fetching; put files into /inbound")))
            }
        }
    }

    pub(super) fn remember_taken(&self, name: &str) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.len() == TAKEN_NAMES_MAX {
            taken.pop_back();
        }
        taken.push_front(name.to_string());
    }

    fn was_taken(&self, name: &str) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|taken| taken == name)
    }

    async fn upload(&self, name: &str) -> Result<UploadRow, SftpRefusal> {
        let found = self.gateway.store.upload(&self.login, name).await.map_err(|error| ours(error.into()))?;
        found.ok_or_else(|| SftpRefusal::no_such_file(format!("there is no {name} in /inbound; what was put is taken")))
    }

    async fn entries(&self, folder: &str) -> Result<Vec<FileEntry>, SftpRefusal> {
        let store = &self.gateway.store;
        match self.folder(folder)? {
            Folder::Inbound => {
                let uploads = store.uploads(&self.login).await.map_err(|error| ours(error.into()))?;
                Ok(uploads.iter().map(entry_of).collect())
            }
            Folder::Outgoing(kinds) => {
                let files = store.mail_folder(&self.login, &self.reader, kinds).await;
                Ok(outgoing::entries(&files.map_err(|error| ours(error.into()))?))
            }
        }
    }

    async fn entry(&self, folder: &str, name: &str) -> Result<Option<FileEntry>, SftpRefusal> {
        match self.folder(folder)? {
            Folder::Inbound => {
                let upload = self.gateway.store.upload(&self.login, name).await;
                Ok(upload.map_err(|error| ours(error.into()))?.as_ref().map(entry_of))
            }
            Folder::Outgoing(kinds) => {
                let file = outgoing::find(&self.gateway, &self.login, &self.reader, kinds, name).await.map_err(ours)?;
                Ok(file.map(|file| FileEntry {
                    name: name.to_string(),
                    bytes: file.bytes,
                    modified_ms: file.created_at,
                }))
            }
        }
    }

    async fn fetch(&self, folder: &str, name: &str) -> Result<Box<dyn ReadAt>, SftpRefusal> {
        let (payload, kind) = match self.folder(folder)? {
            Folder::Inbound => (self.upload(name).await?.payload.id, MailKind::Note),
            Folder::Outgoing(kinds) => {
                let file = outgoing::find(&self.gateway, &self.login, &self.reader, kinds, name).await.map_err(ours)?;
                let none = || SftpRefusal::no_such_file(format!("there is no {name} in /{folder}"));
                let file = file.ok_or_else(none)?;
                (file.payload_id, file.kind)
            }
        };
        let reader = self.gateway.open_payload(payload).await.map_err(ours)?;
        Ok(Box::new(match kind.is_sent_by_fetching() {
            true => outgoing::Fetched::of_claims(reader, self.gateway.clone(), payload),
            false => outgoing::Fetched::new(reader),
        }))
    }

    async fn rename_upload(&self, folder: &str, from: &str, to: &str) -> Result<(), SftpRefusal> {
        self.inbound(folder)?;
        if self.was_taken(from) {
            return Ok(());
        }
        let upload = self.upload(from).await?;
        if is_unfinished_name(to) {
            let renamed = self.gateway.store.rename_upload(&self.login, from, to).await;
            if let Some(replaced) = renamed.map_err(|error| ours(error.into()))? {
                discard(&self.gateway, replaced).await;
            }
            return Ok(());
        }
        inbound::take_renamed(self, upload, to).await
    }

    async fn hide(&self, folder: &str, name: &str) -> Result<(), SftpRefusal> {
        let store = &self.gateway.store;
        match self.folder(folder)? {
            Folder::Inbound => {
                let upload = self.upload(name).await?;
                store.drop_upload(&self.login, &upload).await.map_err(|error| ours(error.into()))?;
                discard(&self.gateway, upload.payload.id).await;
                Ok(())
            }
            Folder::Outgoing(kinds) => {
                let file = outgoing::find(&self.gateway, &self.login, &self.reader, kinds, name).await.map_err(ours)?;
                let none = || SftpRefusal::no_such_file(format!("there is no {name} in /{folder}"));
                store.hide_mail(&self.reader, file.ok_or_else(none)?.id).await.map_err(|error| ours(error.into()))
            }
        }
    }
}

impl SftpSession for Session {
    fn folders(&self) -> Vec<String> {
        self.role.folders().iter().map(|(name, _)| name.to_string()).collect()
    }

    fn list<'a>(&'a self, folder: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, SftpRefusal>> {
        Box::pin(self.entries(folder))
    }

    fn stat<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<FileEntry>, SftpRefusal>> {
        Box::pin(self.entry(folder, name))
    }

    fn read<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ReadAt>, SftpRefusal>> {
        Box::pin(self.fetch(folder, name))
    }

    fn create<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn Upload>, SftpRefusal>> {
        Box::pin(async move {
            self.inbound(folder)?;
            let content = Content::begin(self, name).await?;
            Ok(Box::new(Putting::new(self.clone(), name, content)) as Box<dyn Upload>)
        })
    }

    fn rename<'a>(&'a self, folder: &'a str, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>> {
        Box::pin(self.rename_upload(folder, from, to))
    }

    /// Files stay for everyone else: an outgoing one is hidden from this login, an unfinished one is given up.
    fn remove<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>> {
        Box::pin(self.hide(folder, name))
    }
}

fn entry_of(upload: &UploadRow) -> FileEntry {
    FileEntry { name: upload.name.clone(), bytes: upload.payload.bytes, modified_ms: upload.uploaded_at }
}

/// Our own trouble: the log has it whole, the client a sentence.
pub(super) fn ours(error: StageError) -> SftpRefusal {
    tracing::error!(error = error_chain(&error), "an SFTP request failed");
    SftpRefusal::failure("the gateway failed here; please try again later")
}
