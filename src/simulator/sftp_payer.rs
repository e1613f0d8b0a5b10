//! A payer's SFTP server: `/inbound` takes 837s, `/outbound` holds the answers. A file is taken when its handle
//! is closed, or when it is renamed to a name that does not end in `.tmp`, `.part` or `.filepart`. It stays in
//! `/inbound`, so that a gateway that lost its connection can look whether the file arrived.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

use super::line::{Line, LineError};
use super::payer::Door;
use super::payer::mail_room::{MailFile, MailRoom};
use crate::link::certs;
use crate::link::sftp_server::{self, FileEntry, ReadAt, SftpHost, SftpLimits, SftpRefusal, SftpSession, Upload};

const INBOUND: &str = "inbound";
const OUTBOUND: &str = "outbound";
const UNFINISHED: [&str; 3] = [".tmp", ".part", ".filepart"];

#[derive(Clone, Debug)]
pub struct SftpPayerSettings {
    /// `127.0.0.1:0` for a free port.
    pub listen: String,
    /// Holds its host key; made when missing.
    pub keys: PathBuf,
    /// The login it gives the gateway.
    pub user: String,
    /// `ssh-ed25519 AAAA...`; what follows is not looked at.
    pub public_key: String,
}

/// A running server.
pub struct SftpPayer {
    pub address: SocketAddr,
    /// What a gateway's `host_key` must say.
    pub host_key: String,
    line: Line,
}

impl SftpPayer {
    pub async fn start(settings: SftpPayerSettings, mail_room: Arc<MailRoom>) -> Result<SftpPayer, LineError> {
        certs::init(&settings.keys).map_err(|source| LineError::Keys { source })?;
        let host_key = public_key_in(&settings.keys)?;
        let door = mail_room.door();
        let host = Arc::new(Host {
            user: settings.user,
            public_key: first_two_words(&settings.public_key),
            files: Arc::new(Files { mail_room, unfinished: Mutex::default() }),
        });
        let key_file = settings.keys.join(certs::SSH_HOST_KEY);
        let line = Line::open(&settings.listen, door, move |listener, stop| {
            let (host, key_file) = (host.clone(), key_file.clone());
            async move {
                let limits = SftpLimits { drain_seconds_max: 1, ..SftpLimits::default() };
                if let Err(error) = sftp_server::serve(listener, &key_file, host, limits, stop).await {
                    tracing::error!(%error, "a simulated payer's SFTP server ended");
                }
            }
        })
        .await?;
        Ok(SftpPayer { address: line.address, host_key, line })
    }

    pub async fn stop(self) {
        self.line.close().await;
    }
}

fn public_key_in(keys: &Path) -> Result<String, LineError> {
    let path = keys.join(certs::SSH_HOST_KEY_PUBLIC);
    let text = std::fs::read_to_string(&path).map_err(|source| LineError::HostKey { path, source })?;
    Ok(first_two_words(&text))
}

fn first_two_words(key: &str) -> String {
    key.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

struct Host {
    user: String,
    public_key: String,
    files: Arc<Files>,
}

impl SftpHost for Host {
    fn login<'a>(
        &'a self,
        user: &'a str,
        public_key: &'a str,
        _peer: SocketAddr,
    ) -> BoxFuture<'a, Option<Arc<dyn SftpSession>>> {
        Box::pin(async move {
            self.files.wait_at_the_door().await;
            let known = user == self.user && public_key == self.public_key;
            known.then(|| Arc::new(Session(self.files.clone())) as Arc<dyn SftpSession>)
        })
    }
}

struct Files {
    mail_room: Arc<MailRoom>,
    /// Under names that say that they are not whole yet.
    unfinished: Mutex<BTreeMap<String, Arc<Vec<u8>>>>,
}

impl Files {
    async fn wait_at_the_door(&self) {
        let door = *self.mail_room.door().borrow();
        match door {
            Door::Slow(time) => tokio::time::sleep(time).await,
            Door::Open | Door::Shut => {}
        }
    }

    fn unfinished(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Vec<u8>>>> {
        self.unfinished.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn put(&self, name: &str, bytes: Vec<u8>) {
        if UNFINISHED.iter().any(|ending| name.ends_with(ending)) {
            self.unfinished().insert(name.to_string(), Arc::new(bytes));
        } else {
            self.mail_room.take_in(name.to_string(), bytes).await;
        }
    }

    fn in_folder(&self, folder: &str) -> Vec<MailFile> {
        if folder == OUTBOUND {
            return self.mail_room.ready();
        }
        let since_ms = self.mail_room.now_ms();
        let unfinished = self.unfinished();
        let growing =
            unfinished.iter().map(|(name, bytes)| MailFile { name: name.clone(), bytes: bytes.clone(), since_ms });
        self.mail_room.received().into_iter().chain(growing).collect()
    }

    fn find(&self, folder: &str, name: &str) -> Option<MailFile> {
        self.in_folder(folder).into_iter().find(|file| file.name == name)
    }
}

struct Session(Arc<Files>);

impl SftpSession for Session {
    fn folders(&self) -> Vec<String> {
        vec![INBOUND.to_string(), OUTBOUND.to_string()]
    }

    fn list<'a>(&'a self, folder: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, SftpRefusal>> {
        Box::pin(async move { Ok(self.0.in_folder(folder).iter().map(entry).collect()) })
    }

    fn read<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ReadAt>, SftpRefusal>> {
        Box::pin(async move {
            let file = self.0.find(folder, name).ok_or_else(no_such_file)?;
            Ok(Box::new(Reading(file.bytes)) as Box<dyn ReadAt>)
        })
    }

    fn create<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn Upload>, SftpRefusal>> {
        Box::pin(async move {
            if folder != INBOUND {
                return Err(SftpRefusal::not_permitted("files are put into /inbound"));
            }
            let upload = Uploading { files: self.0.clone(), name: name.to_string(), bytes: Vec::new() };
            Ok(Box::new(upload) as Box<dyn Upload>)
        })
    }

    fn rename<'a>(&'a self, folder: &'a str, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>> {
        Box::pin(async move {
            if folder != INBOUND {
                return Err(SftpRefusal::not_permitted("files are renamed in /inbound only"));
            }
            if self.0.find(INBOUND, to).is_some() {
                return Err(SftpRefusal::failure("there is a file of that name already"));
            }
            let bytes = self.0.unfinished().remove(from).ok_or_else(no_such_file)?;
            self.0.put(to, bytes.to_vec()).await;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>> {
        Box::pin(async move {
            let removed = if folder == OUTBOUND {
                self.0.mail_room.remove(name)
            } else {
                self.0.unfinished().remove(name).is_some() || self.0.mail_room.forget(name).is_some()
            };
            if removed { Ok(()) } else { Err(no_such_file()) }
        })
    }
}

fn entry(file: &MailFile) -> FileEntry {
    FileEntry { name: file.name.clone(), bytes: file.bytes.len() as u64, modified_ms: file.since_ms }
}

fn no_such_file() -> SftpRefusal {
    SftpRefusal::no_such_file("there is no such file")
}

struct Reading(Arc<Vec<u8>>);

impl ReadAt for Reading {
    fn bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let to = from.saturating_add(len).min(self.0.len());
        Ok(self.0[from..to].to_vec())
    }
}

struct Uploading {
    files: Arc<Files>,
    name: String,
    bytes: Vec<u8>,
}

impl Upload for Uploading {
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), SftpRefusal> {
        let from = usize::try_from(offset).map_err(|_| SftpRefusal::failure("the file is too large"))?;
        // Memory is what it has; a client that writes far beyond its last byte is not believed.
        if from > self.bytes.len() + data.len().max(1024 * 1024) * 8 {
            return Err(SftpRefusal::failure("a write leaves a hole in the file"));
        }
        let end = from + data.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[from..end].copy_from_slice(data);
        Ok(())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), SftpRefusal>> {
        Box::pin(async move {
            self.files.put(&self.name, self.bytes).await;
            Ok(())
        })
    }
}
