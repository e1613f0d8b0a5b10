//! One SSH connection: who it is, and which of its channels speak SFTP. Everything else that SSH can do
//! (shells, commands, forwarding) is refused.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use russh::keys::{Algorithm, HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

use super::Server;
use super::conversation::{self, Conversation};
use super::host::SftpSession;

/// Channels of one connection; clients open one, some a second for a transfer in the background.
const CHANNELS_MAX: usize = 4;

pub(super) struct Login {
    server: Arc<Server>,
    peer: SocketAddr,
    view: Option<Arc<dyn SftpSession>>,
    /// Opened and not yet given to a subsystem.
    channels: HashMap<ChannelId, Channel<Msg>>,
    channels_opened: usize,
    waiting: Option<OwnedSemaphorePermit>,
    logged_in: Option<oneshot::Sender<()>>,
    session: Option<Arc<OwnedSemaphorePermit>>,
    uploads: watch::Sender<usize>,
}

impl Login {
    pub(super) fn new(
        server: Arc<Server>,
        peer: SocketAddr,
        waiting: OwnedSemaphorePermit,
        logged_in: oneshot::Sender<()>,
        uploads: watch::Sender<usize>,
    ) -> Login {
        Login {
            server,
            peer,
            view: None,
            channels: HashMap::new(),
            channels_opened: 0,
            waiting: Some(waiting),
            logged_in: Some(logged_in),
            session: None,
            uploads,
        }
    }

    async fn view_for(&self, user: &str, key: &PublicKey, algorithm: &Algorithm) -> Option<Arc<dyn SftpSession>> {
        // A signature over SHA-1 proves nothing any more.
        if let Algorithm::Rsa { hash: None } = algorithm {
            return None;
        }
        let bare = PublicKey::new(key.key_data().clone(), "").to_openssh().ok()?;
        self.server.host.login(user, bare.trim_end(), self.peer).await
    }
}

impl Handler for Login {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, russh::Error> {
        match self.view_for(user, offer.public_key, offer.algorithm).await {
            Some(_) => Ok(Auth::Accept),
            None => {
                let key = offer.public_key.fingerprint(HashAlg::Sha256);
                tracing::info!(peer = %self.peer, user, %key, "SFTP key refused");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        self.view = self.view_for(user, key.public_key, key.algorithm).await;
        match self.view {
            Some(_) => {
                tracing::info!(peer = %self.peer, user, "SFTP login");
                Ok(Auth::Accept)
            }
            None => {
                tracing::warn!(peer = %self.peer, user, "SFTP login refused");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_succeeded(&mut self, session: &mut Session) -> Result<(), russh::Error> {
        self.waiting = None;
        if let Some(logged_in) = self.logged_in.take() {
            // Nobody listens when the connection is being closed.
            let _ = logged_in.send(());
        }
        match self.server.sessions.clone().try_acquire_owned() {
            Ok(permit) => self.session = Some(Arc::new(permit)),
            Err(_) => {
                tracing::warn!(peer = %self.peer, "SFTP login closed: too many sessions");
                let reason = "too many sessions are open; try again in a few minutes";
                session.disconnect(Disconnect::TooManyConnections, reason, "en")?;
            }
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), russh::Error> {
        if self.channels_opened == CHANNELS_MAX {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        self.channels_opened += 1;
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), russh::Error> {
        self.channels.remove(&channel);
        self.channels_opened = self.channels_opened.saturating_sub(1);
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let asked_for_files = name == "sftp";
        match (self.channels.remove(&channel), &self.view, &self.session) {
            (Some(opened), Some(view), Some(permit)) if asked_for_files => {
                session.channel_success(channel)?;
                let conversation = Conversation::new(
                    view.clone(),
                    self.server.limits.clone(),
                    self.server.shutdown.clone(),
                    self.uploads.clone(),
                );
                let permit = permit.clone();
                tokio::spawn(async move {
                    conversation::run(opened.into_stream(), conversation).await;
                    drop(permit);
                });
                Ok(())
            }
            _ => session.channel_failure(channel),
        }
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        only_files(channel, session)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        only_files(channel, session)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _col_width: u32,
        _row_height: u32,
        _pix_width: u32,
        _pix_height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_failure(channel)
    }
}

/// Refuses a shell or a command and says what there is instead.
fn only_files(channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
    session.channel_success(channel)?;
    session.extended_data(channel, 1, &b"This is a file server: use sftp. There is no shell.\r\n"[..])?;
    session.exit_status_request(channel, 1)?;
    session.eof(channel)?;
    session.close(channel)
}
