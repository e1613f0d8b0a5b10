//! Files to and from a payer over SFTP. Blocking: callers run it off the runtime's threads. A file is put under
//! a temporary name, measured, and only then given its final one, so that a payer never takes half a file.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use russh::keys::ssh_key::{HashAlg, PublicKey};
use ssh2::{ErrorCode, MethodType, OpenFlags, OpenType, RenameFlags, Session, Sftp};

use super::trouble::{LinkError, Step};

/// Small writes halve the speed.
const WRITE_BYTES: usize = 256 * 1024;

/// libssh2's numbers that are told apart here.
mod code {
    pub(super) const SESSION_TIMEOUT: i32 = -9;
    pub(super) const SESSION_FILE: i32 = -16;
    pub(super) const AUTHENTICATION_FAILED: i32 = -18;
    pub(super) const PUBLICKEY_UNVERIFIED: i32 = -19;
    pub(super) const REFUSED_BY_SFTP: i32 = -31;
    pub(super) const KEXCHANGE_FAILED: i32 = -5;
    pub(super) const NO_SUCH_FILE: i32 = 2;
    pub(super) const PERMISSION_DENIED: i32 = 3;
    pub(super) const UNSUPPORTED: i32 = 8;
    pub(super) const NO_SUCH_PATH: i32 = 10;
    pub(super) const WRITE_PROTECTED: i32 = 12;
    pub(super) const NO_SPACE: i32 = 14;
    pub(super) const QUOTA_EXCEEDED: i32 = 15;
}

#[derive(Clone, Debug)]
pub struct SftpTarget {
    pub host: String,
    pub port: u16,
    pub user: String,
    /// A private key file without a passphrase: OpenSSH or PEM form.
    pub private_key: PathBuf,
    /// The payer's host key, `ssh-ed25519 AAAA...`; any other is refused.
    pub host_key: String,
    pub connect_timeout: Duration,
    /// For each exchange of messages, not for a whole file.
    pub answer_timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    pub name: String,
    pub bytes: u64,
    /// Seconds since 1970, where the server tells.
    pub modified: Option<u64>,
}

/// A logged-in connection. Closed when dropped.
pub struct SftpClient {
    host: String,
    // Dropped in this order: the subsystem before its session.
    sftp: Sftp,
    session: Session,
}

impl SftpClient {
    /// Connects, compares the host key and logs in.
    pub fn connect(target: &SftpTarget) -> Result<SftpClient, LinkError> {
        let host = target.host.clone();
        let pinned = pinned_key(target)?;
        let private_key = std::fs::read_to_string(&target.private_key).map_err(|source| LinkError::FileUnreadable {
            what: "the private key",
            path: target.private_key.clone(),
            source,
        })?;
        let stream = open_stream(target)?;
        let failed = |source: ssh2::Error| LinkError::HandshakeFailed { host: host.clone(), source: source.into() };
        let mut session = Session::new().map_err(failed)?;
        session.set_timeout(millis(target.connect_timeout));
        session.set_tcp_stream(stream);
        session.method_pref(MethodType::HostKey, &host_key_preference(&pinned)).map_err(failed)?;
        session.handshake().map_err(|error| handshake_trouble(&host, &pinned, error))?;
        compare_host_key(&host, &pinned, &session)?;
        log_in(target, &session, &private_key)?;
        session.set_timeout(millis(target.answer_timeout));
        let sftp = session.sftp().map_err(|source| LinkError::LostBefore {
            host: host.clone(),
            step: Step::LoggingIn,
            source: source.into(),
        })?;
        Ok(SftpClient { host, sftp, session })
    }

    /// Puts a file of `bytes` bytes: `.NAME.tmp`, measured, renamed to `name`. A file of that name that is there
    /// already is not touched and reported with its size. `LinkError::verdict` says what an error leaves.
    pub fn put(&self, source: &mut dyn Read, folder: &str, name: &str, bytes: u64) -> Result<(), LinkError> {
        let path = join(folder, name);
        if let Some(there) = self.stat(&path)? {
            return Err(LinkError::AlreadyThere { host: self.host.clone(), path, bytes: there, wanted: bytes });
        }
        let temporary = join(folder, &format!(".{name}.tmp"));
        self.write_whole(source, &temporary, bytes)?;
        match self.stat(&temporary)? {
            Some(got) if got == bytes => {}
            got => {
                let got = got.unwrap_or(0);
                return Err(LinkError::SizeDiffers { host: self.host.clone(), path: temporary, expected: bytes, got });
            }
        }
        self.rename_sent(&temporary, &path, bytes)
    }

    /// Gives a file another name. What is there of that name stays, and the rename fails.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), LinkError> {
        self.rename_sent(from, to, 0)
    }

    /// The size of a file; `None` when there is none.
    pub fn stat(&self, path: &str) -> Result<Option<u64>, LinkError> {
        Ok(self.look(path)?.map(|there| there.bytes))
    }

    /// Size and time of a file; `None` when there is none.
    pub fn look(&self, path: &str) -> Result<Option<RemoteFile>, LinkError> {
        let name = path.rsplit('/').next().unwrap_or(path).to_string();
        match self.sftp.stat(Path::new(path)) {
            Ok(stat) => Ok(Some(RemoteFile { name, bytes: stat.size.unwrap_or(0), modified: stat.mtime })),
            Err(error) => match error.code() {
                ErrorCode::SFTP(code::NO_SUCH_FILE | code::NO_SUCH_PATH) => Ok(None),
                _ => Err(self.trouble(Step::Checking, path, error)),
            },
        }
    }

    /// The files of a folder, without its folders and hidden files, by name.
    pub fn list(&self, folder: &str) -> Result<Vec<RemoteFile>, LinkError> {
        let folder = if folder.is_empty() { "." } else { folder };
        let mut handle =
            self.sftp.opendir(Path::new(folder)).map_err(|error| self.trouble(Step::OpeningFolder, folder, error))?;
        let mut files = Vec::new();
        loop {
            match handle.readdir() {
                Ok((name, stat)) => {
                    let name = name.to_string_lossy().into_owned();
                    if stat.is_file() && !name.starts_with('.') {
                        files.push(RemoteFile { name, bytes: stat.size.unwrap_or(0), modified: stat.mtime });
                    }
                }
                Err(error) if error.code() == ErrorCode::Session(code::SESSION_FILE) => break,
                Err(error) => return Err(self.trouble(Step::Listing, folder, error)),
            }
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Fetches a whole file and gives its length. An error may leave part of it in `sink`.
    pub fn get(&self, path: &str, sink: &mut dyn Write) -> Result<u64, LinkError> {
        let mut file = self.sftp.open(Path::new(path)).map_err(|error| self.trouble(Step::Reading, path, error))?;
        let expected = file.stat().map_err(|error| self.trouble(Step::Reading, path, error))?.size;
        let mut piece = vec![0; WRITE_BYTES];
        let mut bytes = 0u64;
        loop {
            let got = file.read(&mut piece).map_err(|error| self.io_trouble(Step::Reading, path, 0, error))?;
            if got == 0 {
                break;
            }
            sink.write_all(&piece[..got])
                .map_err(|source| LinkError::SinkFailed { host: self.host.clone(), source })?;
            bytes += got as u64;
        }
        match expected {
            // A server that ends a file early must not make half a remittance of it.
            Some(expected) if bytes < expected => {
                Err(LinkError::EndedEarly { host: self.host.clone(), path: path.to_owned(), expected, got: bytes })
            }
            Some(_) | None => Ok(bytes),
        }
    }

    pub fn remove(&self, path: &str) -> Result<(), LinkError> {
        self.sftp.unlink(Path::new(path)).map_err(|error| self.trouble(Step::Removing, path, error))
    }

    fn write_whole(&self, source: &mut dyn Read, path: &str, bytes: u64) -> Result<(), LinkError> {
        // Left by an attempt that was cut: overwritten.
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let mut file = self
            .sftp
            .open_mode(Path::new(path), flags, 0o640, OpenType::File)
            .map_err(|error| self.trouble(Step::Creating, path, error))?;
        let mut piece = vec![0; WRITE_BYTES];
        let mut sent = 0u64;
        loop {
            let got = read_full(source, &mut piece)
                .map_err(|source| LinkError::SourceUnreadable { host: self.host.clone(), source })?;
            if got == 0 {
                break;
            }
            file.write_all(&piece[..got]).map_err(|error| self.io_trouble(Step::Writing, path, sent, error))?;
            sent += got as u64;
        }
        if sent != bytes {
            return Err(LinkError::SourceDiffers { host: self.host.clone(), expected: bytes, got: sent });
        }
        match file.fsync().map_err(|error| (error.code(), error)) {
            // Not every server has it; the size is checked next.
            Ok(()) | Err((ErrorCode::SFTP(code::UNSUPPORTED), _)) => {}
            Err((_, error)) => return Err(self.trouble_after(Step::Closing, path, sent, error)),
        }
        file.close().map_err(|error| self.trouble_after(Step::Closing, path, sent, error))
    }

    fn rename_sent(&self, from: &str, to: &str, sent: u64) -> Result<(), LinkError> {
        // Without flags, as servers of the protocol's version 3 know none.
        let renamed = self.sftp.rename(Path::new(from), Path::new(to), Some(RenameFlags::empty()));
        renamed.map_err(|error| self.trouble_after(Step::Renaming, to, sent, error))
    }

    fn trouble(&self, step: Step, path: &str, error: ssh2::Error) -> LinkError {
        self.trouble_after(step, path, 0, error)
    }

    /// What the server refused, or that the connection is gone.
    fn trouble_after(&self, step: Step, path: &str, bytes_sent: u64, error: ssh2::Error) -> LinkError {
        let (host, path) = (self.host.clone(), path.to_owned());
        match error.code() {
            ErrorCode::SFTP(code::NO_SUCH_FILE | code::NO_SUCH_PATH) => {
                LinkError::NoSuchPath { host, path, step, source: error.into() }
            }
            ErrorCode::SFTP(code::PERMISSION_DENIED | code::WRITE_PROTECTED) => {
                LinkError::NotPermitted { host, path, step, source: error.into() }
            }
            ErrorCode::SFTP(code::NO_SPACE | code::QUOTA_EXCEEDED) => {
                LinkError::RemoteFull { host, path, step, source: error.into() }
            }
            ErrorCode::SFTP(_) => LinkError::RemoteFailed { host, path, step, source: error.into() },
            ErrorCode::Session(_) if bytes_sent == 0 && step != Step::Renaming => {
                LinkError::LostBefore { host, step, source: error.into() }
            }
            ErrorCode::Session(_) => LinkError::LostDuring { host, step, bytes_sent, source: error.into() },
        }
    }

    /// Reading and writing give no code; the session remembers whether the server refused or was lost.
    fn io_trouble(&self, step: Step, path: &str, bytes_sent: u64, error: io::Error) -> LinkError {
        let refused = ssh2::Error::last_session_error(&self.session)
            .is_some_and(|last| last.code() == ErrorCode::Session(code::REFUSED_BY_SFTP));
        let (host, path) = (self.host.clone(), path.to_owned());
        match refused {
            true => LinkError::RemoteFailed { host, path, step, source: error.into() },
            false if step == Step::Reading => LinkError::LostBefore { host, step, source: error.into() },
            false => LinkError::LostDuring { host, step, bytes_sent, source: error.into() },
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{}/{name}", folder.trim_end_matches('/')) }
}

/// Fills the buffer unless the source ends.
fn read_full(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// libssh2 takes 0 for "wait for ever".
fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1)
}

fn pinned_key(target: &SftpTarget) -> Result<PublicKey, LinkError> {
    PublicKey::from_openssh(target.host_key.trim()).map_err(|source| LinkError::SettingUnusable {
        host: target.host.clone(),
        setting: "endpoint.host_key",
        source: source.into(),
    })
}

/// Tries the addresses of the name one after the other.
fn open_stream(target: &SftpTarget) -> Result<TcpStream, LinkError> {
    let host = target.host.clone();
    let addresses: Vec<SocketAddr> = match (target.host.as_str(), target.port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(source) => return Err(LinkError::NameNotFound { host, source }),
    };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, target.connect_timeout) {
            Ok(stream) => {
                // Only speed hangs on it.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(LinkError::NotConnected { host, port: target.port, source: last })
}

/// The pinned kind first, so that a server with several keys shows that one; then the others, so that a
/// server without it shows what it has instead of failing without a word.
fn host_key_preference(pinned: &PublicKey) -> String {
    let wanted = pinned.algorithm().as_str().to_owned();
    let all = [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "rsa-sha2-512",
        "rsa-sha2-256",
        "ssh-rsa",
    ];
    let is_wanted = |name: &&str| **name == *wanted || (wanted == "ssh-rsa" && name.starts_with("rsa-sha2"));
    let (first, then): (Vec<&str>, Vec<&str>) = all.iter().partition(|name| is_wanted(name));
    [first, then].concat().join(",")
}

fn described(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm().as_str(), key.fingerprint(HashAlg::Sha256))
}

fn handshake_trouble(host: &str, pinned: &PublicKey, error: ssh2::Error) -> LinkError {
    match error.code() {
        ErrorCode::Session(code::KEXCHANGE_FAILED) => {
            LinkError::NoCommonCipher { host: host.to_owned(), expected: described(pinned), source: error.into() }
        }
        _ => LinkError::HandshakeFailed { host: host.to_owned(), source: error.into() },
    }
}

fn compare_host_key(host: &str, pinned: &PublicKey, session: &Session) -> Result<(), LinkError> {
    let shown = session.host_key().and_then(|(bytes, _)| PublicKey::from_bytes(bytes).ok());
    match shown {
        Some(shown) if shown.key_data() == pinned.key_data() => Ok(()),
        shown => Err(LinkError::HostKeyDiffers {
            host: host.to_owned(),
            expected: described(pinned),
            got: shown.as_ref().map_or_else(|| "a key of an unknown kind".to_owned(), described),
        }),
    }
}

fn log_in(target: &SftpTarget, session: &Session, private_key: &str) -> Result<(), LinkError> {
    let Err(error) = session.userauth_pubkey_memory(&target.user, None, private_key, None) else {
        return Ok(());
    };
    let host = target.host.clone();
    match error.code() {
        ErrorCode::Session(code::AUTHENTICATION_FAILED | code::PUBLICKEY_UNVERIFIED) => Err(LinkError::LoginRefused {
            host,
            user: target.user.clone(),
            key: target.private_key.display().to_string(),
            source: error.into(),
        }),
        ErrorCode::Session(code::SESSION_TIMEOUT) => {
            Err(LinkError::LostBefore { host, step: Step::LoggingIn, source: error.into() })
        }
        ErrorCode::Session(code::SESSION_FILE) => Err(LinkError::FileUnusable {
            what: "the private key",
            path: target.private_key.clone(),
            source: error.into(),
        }),
        _ => Err(LinkError::LostBefore { host, step: Step::LoggingIn, source: error.into() }),
    }
}

#[cfg(test)]
mod tests;
