//! The gateway's SFTP server: public keys only, virtual folders, and a close that is answered when the file
//! is durable. Takes connections, leaves calls on [`SftpHost`] and [`SftpSession`]; never touches a disk itself.

mod attributes;
mod conversation;
mod fetch;
mod handles;
mod host;
mod login;
mod paths;
mod put;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use russh::keys::PrivateKey;
use russh::{Disconnect, MethodKind, MethodSet, Preferred, SshId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;

pub use host::{FileEntry, ReadAt, SftpHost, SftpRefusal, SftpSession, Upload};

use super::listen::{Shutdown, accept, stopped};
use crate::domain::limits::SUBMISSION_BYTES_MAX;
use login::Login;

/// Unread messages of a client before its connection is no longer read from. With the client's window of
/// 2 MiB this holds all that can be on the way, so that a full queue means a slow disk and nothing else.
const CHANNEL_MESSAGES_MAX: usize = 128;
/// Answers waiting to be sent. Must be able to take an answer to every request on the way: the connection does
/// not send while keys are exchanged, and would otherwise wait for us while we wait for it.
const ANSWERS_MAX: usize = 256;
/// What is left to a client, when its uploads are done or it was told to go, to hang up by itself.
const GOODBYE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct SftpLimits {
    /// Logged-in connections at a time.
    pub sessions_max: usize,
    /// Connections that have not logged in yet; more are closed at once.
    pub logins_waiting_max: usize,
    pub login_seconds_max: u64,
    /// Keys refused before the connection is closed.
    pub login_attempts_max: usize,
    /// Open files and folders of one connection.
    pub handles_max: usize,
    /// A connection that is silent for so long is closed.
    pub idle_seconds_max: u64,
    pub upload_bytes_max: u64,
    /// How long a stop waits for uploads that are under way.
    pub drain_seconds_max: u64,
}

impl Default for SftpLimits {
    fn default() -> SftpLimits {
        SftpLimits {
            sessions_max: 256,
            logins_waiting_max: 64,
            login_seconds_max: 30,
            login_attempts_max: 6,
            handles_max: 32,
            idle_seconds_max: 600,
            upload_bytes_max: SUBMISSION_BYTES_MAX,
            drain_seconds_max: 20,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SftpServeError {
    #[error(
        "the SFTP server's host key {path} could not be read: `claimgate certs init` makes one, or set paths.certs in \
         gateway.toml",
        path = path.display()
    )]
    HostKey { path: PathBuf, source: russh::keys::ssh_key::Error },
}

/// Serves until `shutdown` is given, then takes no new connection and no new upload, waits for the uploads under
/// way and returns. `host_key` is an OpenSSH private key without a passphrase.
pub async fn serve(
    listener: TcpListener,
    host_key: &Path,
    host: Arc<dyn SftpHost>,
    limits: SftpLimits,
    mut shutdown: Shutdown,
) -> Result<(), SftpServeError> {
    let key = PrivateKey::read_openssh_file(host_key)
        .map_err(|source| SftpServeError::HostKey { path: host_key.to_owned(), source })?;
    let server = Arc::new(Server {
        config: Arc::new(ssh_config(key, &limits)),
        host,
        waiting: Arc::new(Semaphore::new(limits.logins_waiting_max)),
        sessions: Arc::new(Semaphore::new(limits.sessions_max)),
        limits,
        shutdown: shutdown.clone(),
    });
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            (stream, peer) = accept(&listener) => {
                match server.waiting.clone().try_acquire_owned() {
                    Ok(waiting) => { connections.spawn(server.clone().connection(stream, peer, waiting)); }
                    Err(_) => tracing::warn!(%peer, "SFTP connection closed: too many wait to log in"),
                }
            }
            Some(_) = connections.join_next() => {}
            () = stopped(&mut shutdown) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
    Ok(())
}

fn ssh_config(key: PrivateKey, limits: &SftpLimits) -> russh::server::Config {
    russh::server::Config {
        server_id: SshId::Standard(concat!("SSH-2.0-claimgate_", env!("CARGO_PKG_VERSION")).into()),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::from_millis(500),
        // Clients begin with a login without credentials, to learn what is offered; that need not be slow.
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key],
        max_auth_attempts: limits.login_attempts_max,
        inactivity_timeout: Some(Duration::from_secs(limits.idle_seconds_max)),
        channel_buffer_size: CHANNEL_MESSAGES_MAX,
        event_buffer_size: ANSWERS_MAX,
        // Claims files compress well, but payloads are compressed where they are kept; here it costs speed and
        // opens the door to decompression bombs.
        preferred: Preferred { compression: vec![russh::compression::NONE].into(), ..Preferred::default() },
        nodelay: true,
        ..russh::server::Config::default()
    }
}

/// What all connections share.
struct Server {
    config: Arc<russh::server::Config>,
    host: Arc<dyn SftpHost>,
    waiting: Arc<Semaphore>,
    sessions: Arc<Semaphore>,
    limits: SftpLimits,
    shutdown: Shutdown,
}

impl Server {
    async fn connection(self: Arc<Server>, stream: TcpStream, peer: SocketAddr, waiting: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "SFTP connection was gone before it began");
            return;
        }
        let (logged_in, login) = oneshot::channel();
        let (uploads, mut open_uploads) = watch::channel(0usize);
        let handler = Login::new(self.clone(), peer, waiting, logged_in, uploads);
        let login_time = Duration::from_secs(self.limits.login_seconds_max);
        let started = tokio::time::Instant::now();
        let running = tokio::time::timeout(login_time, russh::server::run_stream(self.config.clone(), stream, handler));
        let mut running = match running.await {
            Ok(Ok(running)) => running,
            Ok(Err(error)) => return tracing::debug!(%peer, %error, "SFTP connection failed before it began"),
            Err(_) => return tracing::debug!(%peer, "SFTP connection closed: it said nothing"),
        };
        let handle = running.handle();
        let mut shutdown = self.shutdown.clone();
        let mut late_login = std::pin::pin!(async {
            match tokio::time::timeout_at(started + login_time, login).await {
                // Logged in, or refused and gone; the end of the connection is seen elsewhere.
                Ok(_) => std::future::pending().await,
                Err(_) => "no login in time",
            }
        });
        let farewell = tokio::select! {
            ended = &mut running => {
                if let Err(error) = ended { tracing::debug!(%peer, %error, "SFTP connection ended") }
                return;
            }
            reason = &mut late_login => reason,
            () = stopped(&mut shutdown) => {
                let drain_time = Duration::from_secs(self.limits.drain_seconds_max);
                let drained = async {
                    // Either way the connection is closed then; what is unfinished is abandoned.
                    let _ = tokio::time::timeout(drain_time, open_uploads.wait_for(|open| *open == 0)).await;
                    // Time for the client to give the file its final name.
                    tokio::time::sleep(GOODBYE).await;
                };
                tokio::select! {
                    _ = &mut running => return,
                    () = drained => "the gateway is stopping",
                }
            }
        };
        // A failure means that the connection is gone already.
        let _ = handle.disconnect(Disconnect::ByApplication, farewell.to_owned(), String::new()).await;
        let _ = tokio::time::timeout(GOODBYE, &mut running).await;
    }
}
