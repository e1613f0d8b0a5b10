//! What the SFTP server asks of the gateway: who may log in, and one login's view of its folders. The
//! server carries bytes; whether a name is good, a file is taken or a folder may be written is decided behind
//! these traits.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use russh_sftp::protocol::StatusCode;

pub trait SftpHost: Send + Sync + 'static {
    /// Who may log in. `public_key` is `ssh-ed25519 AAAA...` without a comment; `None` refuses it. Asked when
    /// a key is offered and again when its owner has proved to hold it, so it must not count or record.
    fn login<'a>(
        &'a self,
        user: &'a str,
        public_key: &'a str,
        peer: SocketAddr,
    ) -> BoxFuture<'a, Option<Arc<dyn SftpSession>>>;
}

/// One login's view: virtual folders under `/`, each a flat list of files. `folder` is always one of
/// [`SftpSession::folders`], and `name` a plain name: no slash, no control character, never `.` or `..`.
pub trait SftpSession: Send + Sync + 'static {
    /// The folders under `/`, without slashes.
    fn folders(&self) -> Vec<String>;

    fn list<'a>(&'a self, folder: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, SftpRefusal>>;

    /// One file, `None` when there is none of that name. Worth an own answer where a folder may be long.
    fn stat<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Option<FileEntry>, SftpRefusal>> {
        Box::pin(async move { Ok(self.list(folder).await?.into_iter().find(|entry| entry.name == name)) })
    }

    fn read<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ReadAt>, SftpRefusal>>;

    fn create<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn Upload>, SftpRefusal>>;

    /// Within one folder, as `claims.837.tmp` to `claims.837`.
    fn rename<'a>(&'a self, folder: &'a str, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>>;

    fn remove<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>>;
}

/// A file being fetched.
pub trait ReadAt: Send + Sync + 'static {
    fn bytes(&self) -> u64;

    /// Up to `len` bytes from `offset`; empty at the end. May block; called off the runtime's threads.
    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>>;
}

/// A file being put. Dropped without [`Upload::close`]: the connection was cut, the upload is abandoned.
pub trait Upload: Send + 'static {
    /// May block; called off the runtime's threads, in the order the client sent. Offsets are the client's
    /// and normally follow one another.
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), SftpRefusal>;

    /// The client's close is answered only when this has resolved: `Ok` means durable. Not called when a
    /// write was refused; then the upload is dropped.
    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), SftpRefusal>>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    pub name: String,
    pub bytes: u64,
    /// Milliseconds since 1970.
    pub modified_ms: i64,
}

/// Why a request was refused: the protocol's code, and the sentence that the client shows to its user.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{sentence}")]
pub struct SftpRefusal {
    pub code: StatusCode,
    pub sentence: String,
}

impl SftpRefusal {
    pub fn new(code: StatusCode, sentence: impl Into<String>) -> SftpRefusal {
        SftpRefusal { code, sentence: sentence.into() }
    }

    pub fn no_such_file(sentence: impl Into<String>) -> SftpRefusal {
        SftpRefusal::new(StatusCode::NoSuchFile, sentence)
    }

    pub fn not_permitted(sentence: impl Into<String>) -> SftpRefusal {
        SftpRefusal::new(StatusCode::PermissionDenied, sentence)
    }

    pub fn failure(sentence: impl Into<String>) -> SftpRefusal {
        SftpRefusal::new(StatusCode::Failure, sentence)
    }

    pub fn not_offered(sentence: impl Into<String>) -> SftpRefusal {
        SftpRefusal::new(StatusCode::OpUnsupported, sentence)
    }
}
