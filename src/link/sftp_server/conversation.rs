//! One SFTP conversation: requests in the order they came, each answered before the next is begun. Ends when
//! the client hangs up, breaks the protocol or does not take its answers; open uploads are abandoned then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use russh_sftp::extensions::{LIMITS, LimitsExtension};
use russh_sftp::protocol::{
    Attrs, Data, ExtendedReply, Handle as HandleAnswer, Name, OpenFlags, Packet, StatusCode, Version,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::fetch::Fetch;
use super::handles::{Counted, Handle, Handles, Listing};
use super::host::{FileEntry, SftpRefusal, SftpSession};
use super::paths::{self, Place};
use super::put::Put;
use super::{SftpLimits, attributes};
use crate::domain::Clock;
use crate::link::listen::Shutdown;

/// As OpenSSH's server: the longest request, and the most that is read or written at once.
const REQUEST_BYTES_MAX: u32 = 256 * 1024;
const READ_BYTES_MAX: u32 = 255 * 1024;
/// Names in one answer to a listing.
const NAMES_PER_ANSWER: usize = 128;
/// Files of this conversation whose sizes are remembered after their upload.
const REMEMBERED_MAX: usize = 256;

type Answer = Result<Packet, SftpRefusal>;

pub(super) struct Conversation {
    view: Arc<dyn SftpSession>,
    folders: Vec<String>,
    limits: SftpLimits,
    shutdown: Shutdown,
    handles: Handles,
    /// What was put here. A client asks for the size of what it has just put, and the gateway may have taken
    /// the file by then.
    put: VecDeque<(String, FileEntry)>,
    /// The upload whose close is being answered: a stop waits until the client has the answer.
    answered: Option<Counted>,
}

pub(super) async fn run<S>(mut stream: S, mut conversation: Conversation)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let patience = Duration::from_secs(conversation.limits.idle_seconds_max);
    while let Ok(mut request) = read_request(&mut stream).await {
        let answer = match Packet::try_from(&mut request) {
            Ok(packet) => conversation.answer(packet).await,
            Err(_) => status(0, StatusCode::BadMessage, "the request could not be read"),
        };
        let Ok(answer) = Bytes::try_from(answer) else { return };
        match tokio::time::timeout(patience, stream.write_all(&answer)).await {
            Ok(Ok(())) => conversation.answered = None,
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Bytes> {
    let length = stream.read_u32().await?;
    if length > REQUEST_BYTES_MAX {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut request = vec![0; length as usize];
    stream.read_exact(&mut request).await?;
    Ok(request.into())
}

fn status(id: u32, code: StatusCode, sentence: &str) -> Packet {
    Packet::status(id, code, sentence, "en")
}

fn done(id: u32) -> Answer {
    Ok(status(id, StatusCode::Ok, "done"))
}

impl Conversation {
    pub(super) fn new(
        view: Arc<dyn SftpSession>,
        limits: SftpLimits,
        shutdown: Shutdown,
        uploads: watch::Sender<usize>,
    ) -> Conversation {
        let folders = view.folders();
        let handles = Handles::new(limits.handles_max, uploads);
        Conversation { view, folders, limits, shutdown, handles, put: VecDeque::new(), answered: None }
    }

    async fn answer(&mut self, request: Packet) -> Packet {
        let id = request.get_request_id();
        match self.act(id, request).await {
            Ok(answer) => answer,
            Err(refusal) => status(id, refusal.code, &refusal.sentence),
        }
    }

    async fn act(&mut self, id: u32, request: Packet) -> Answer {
        match request {
            Packet::Init(_) => Ok(version()),
            Packet::Write(write) => {
                self.handles.put(&write.handle)?.write(write.offset, write.data).await?;
                done(id)
            }
            Packet::Read(read) => self.read(id, &read.handle, read.offset, read.len).await,
            Packet::Open(open) => self.open(id, &open.filename, open.pflags).await,
            Packet::Close(close) => self.close(id, &close.handle).await,
            Packet::Stat(stat) => self.stat(id, &stat.path).await,
            Packet::Lstat(stat) => self.stat(id, &stat.path).await,
            Packet::Fstat(stat) => self.fstat(id, &stat.handle),
            Packet::RealPath(path) => {
                let name = attributes::named(&paths::normal(&path.path), attributes::folder());
                Ok(Packet::Name(Name { id, files: vec![name] }))
            }
            Packet::OpenDir(open) => self.open_folder(id, &open.path).await,
            Packet::ReadDir(read) => self.read_folder(id, &read.handle),
            Packet::Remove(remove) => self.remove(id, &remove.filename).await,
            Packet::Rename(rename) => self.rename(id, &rename.oldpath, &rename.newpath).await,
            // Times and permissions of the client's own disk: nothing here depends on them.
            Packet::SetStat(_) | Packet::FSetStat(_) => done(id),
            Packet::MkDir(_) | Packet::RmDir(_) => {
                Err(SftpRefusal::not_permitted(format!("folders are fixed; use {}", paths::said(&self.folders))))
            }
            Packet::Extended(extended) if extended.request == LIMITS => self.limits(id),
            Packet::ReadLink(_) | Packet::Symlink(_) | Packet::Extended(_) => {
                Err(SftpRefusal::not_offered("this server does not offer that"))
            }
            _ => Err(SftpRefusal::new(StatusCode::BadMessage, "that is no request")),
        }
    }

    async fn open(&mut self, id: u32, path: &str, flags: OpenFlags) -> Answer {
        let (folder, name) = paths::file(path, &self.folders)?;
        self.handles.check_room()?;
        if !flags.contains(OpenFlags::WRITE) {
            let source = self.view.read(&folder, &name).await?;
            return Ok(self.opened(id, Handle::Fetch(Fetch::new(source)), None));
        }
        if flags.contains(OpenFlags::APPEND) || !flags.contains(OpenFlags::CREATE) {
            return Err(SftpRefusal::not_offered(
                "files can't be continued or changed here; send the whole file again, under a new name",
            ));
        }
        // Counted first: a stop that comes after the look waits for this upload.
        let counted = self.handles.count_upload();
        if *self.shutdown.borrow() {
            return Err(SftpRefusal::failure("the gateway is stopping; try again in a few minutes"));
        }
        if self.handles.is_being_put(&folder, &name) {
            return Err(SftpRefusal::failure("this file is being put already; close it first"));
        }
        if flags.contains(OpenFlags::EXCLUDE) && self.find(&folder, &name).await?.is_some() {
            return Err(SftpRefusal::failure("a file of that name is there already; use another name"));
        }
        let upload = self.view.create(&folder, &name).await?;
        let put = Put::new(upload, self.limits.upload_bytes_max);
        Ok(self.opened(id, Handle::Put { put, folder, name }, Some(counted)))
    }

    fn opened(&mut self, id: u32, handle: Handle, counted: Option<Counted>) -> Packet {
        Packet::Handle(HandleAnswer { id, handle: self.handles.add(handle, counted) })
    }

    async fn close(&mut self, id: u32, handle: &str) -> Answer {
        let (handle, counted) = self.handles.take(handle)?;
        self.answered = counted;
        match handle {
            Handle::Fetch(_) | Handle::Listing(_) => {}
            Handle::Put { put, folder, name } => {
                let bytes = put.bytes();
                put.close().await?;
                self.remember(folder, FileEntry { name, bytes, modified_ms: Clock::System.now_ms() });
            }
        }
        done(id)
    }

    async fn read(&mut self, id: u32, handle: &str, offset: u64, len: u32) -> Answer {
        match self.handles.fetch(handle)?.read(offset, len.min(READ_BYTES_MAX) as usize).await? {
            Some(data) => Ok(Packet::Data(Data { id, data })),
            None => Err(SftpRefusal::new(StatusCode::Eof, "end of file")),
        }
    }

    async fn stat(&mut self, id: u32, path: &str) -> Answer {
        let attrs = match paths::place(path, &self.folders)? {
            Place::Root | Place::Folder(_) => attributes::folder(),
            Place::File { folder, name } => match self.find(&folder, &name).await? {
                Some(entry) => attributes::file(&entry),
                None => return Err(SftpRefusal::no_such_file(format!("there is no {name} in /{folder}"))),
            },
        };
        Ok(Packet::Attrs(Attrs { id, attrs }))
    }

    /// A file as the gateway shows it, or as this client has put or is putting it.
    async fn find(&mut self, folder: &str, name: &str) -> Result<Option<FileEntry>, SftpRefusal> {
        if let Some(entry) = self.view.stat(folder, name).await? {
            return Ok(Some(entry));
        }
        if let Some(bytes) = self.handles.being_put(folder, name) {
            return Ok(Some(FileEntry { name: name.to_owned(), bytes, modified_ms: Clock::System.now_ms() }));
        }
        Ok(self.put.iter().find(|(at, entry)| at == folder && entry.name == name).map(|(_, entry)| entry.clone()))
    }

    fn fstat(&mut self, id: u32, handle: &str) -> Answer {
        let bytes = match self.handles.get(handle)? {
            Handle::Put { put, .. } => put.bytes(),
            Handle::Fetch(fetch) => fetch.bytes(),
            Handle::Listing(_) => return Ok(Packet::Attrs(Attrs { id, attrs: attributes::folder() })),
        };
        let entry = FileEntry { name: String::new(), bytes, modified_ms: Clock::System.now_ms() };
        Ok(Packet::Attrs(Attrs { id, attrs: attributes::file(&entry) }))
    }

    async fn open_folder(&mut self, id: u32, path: &str) -> Answer {
        self.handles.check_room()?;
        let names = match paths::place(path, &self.folders)? {
            Place::Root => self.folders.iter().map(|folder| attributes::named(folder, attributes::folder())).collect(),
            Place::Folder(folder) => {
                let entries = self.view.list(&folder).await?;
                entries.iter().map(|entry| attributes::named(&entry.name, attributes::file(entry))).collect()
            }
            Place::File { .. } => return Err(SftpRefusal::failure("that is no folder")),
        };
        Ok(self.opened(id, Handle::Listing(Listing { names }), None))
    }

    fn read_folder(&mut self, id: u32, handle: &str) -> Answer {
        let names = &mut self.handles.listing(handle)?.names;
        if names.is_empty() {
            return Err(SftpRefusal::new(StatusCode::Eof, "end of the folder"));
        }
        let files = names.drain(..names.len().min(NAMES_PER_ANSWER)).collect();
        Ok(Packet::Name(Name { id, files }))
    }

    async fn remove(&mut self, id: u32, path: &str) -> Answer {
        let (folder, name) = paths::file(path, &self.folders)?;
        self.view.remove(&folder, &name).await?;
        self.forget(&folder, &name);
        done(id)
    }

    async fn rename(&mut self, id: u32, from: &str, to: &str) -> Answer {
        let (folder, from) = paths::file(from, &self.folders)?;
        let (to_folder, to) = paths::file(to, &self.folders)?;
        if folder != to_folder {
            return Err(SftpRefusal::not_permitted("a file can be renamed within its folder only"));
        }
        if self.handles.is_being_put(&folder, &from) {
            return Err(SftpRefusal::failure("this file is still being put; close it first"));
        }
        self.view.rename(&folder, &from, &to).await?;
        if let Some(mut entry) = self.forget(&folder, &from) {
            entry.name = to;
            self.remember(folder, entry);
        }
        done(id)
    }

    fn limits(&self, id: u32) -> Answer {
        let limits = LimitsExtension {
            max_packet_len: REQUEST_BYTES_MAX.into(),
            max_read_len: READ_BYTES_MAX.into(),
            max_write_len: READ_BYTES_MAX.into(),
            max_open_handles: self.limits.handles_max as u64,
        };
        let data = russh_sftp::ser::to_bytes(&limits).map_err(|_| SftpRefusal::failure("limits can't be told"))?;
        Ok(Packet::ExtendedReply(ExtendedReply { id, data: data.to_vec() }))
    }

    fn remember(&mut self, folder: String, entry: FileEntry) {
        self.forget(&folder, &entry.name);
        if self.put.len() == REMEMBERED_MAX {
            self.put.pop_back();
        }
        self.put.push_front((folder, entry));
    }

    fn forget(&mut self, folder: &str, name: &str) -> Option<FileEntry> {
        let at = self.put.iter().position(|(at, entry)| at == folder && entry.name == name)?;
        self.put.remove(at).map(|(_, entry)| entry)
    }
}

fn version() -> Packet {
    let mut version = Version::new();
    version.extensions.insert(LIMITS.to_owned(), "1".to_owned());
    Packet::Version(version)
}
