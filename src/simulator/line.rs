//! A payer's address: served while its door is open, given back while it is shut, so that a gateway's
//! connection is truly refused, and taken again when it opens.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::payer::Door;
use crate::link::certs::CertError;
use crate::link::listen::{ListenError, Shutdown, bind, stop_signal, stopped};
use crate::link::tls::TlsError;

#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("a simulated payer has no keys")]
    Keys { source: CertError },
    #[error("{path} could not be read", path = path.display())]
    HostKey { path: PathBuf, source: io::Error },
    #[error("a simulated payer's certificate could not be used")]
    Certificate { source: TlsError },
    #[error("a simulated payer could not listen")]
    Listen { source: ListenError },
    #[error("the address of a simulated payer is not known")]
    Address { source: io::Error },
}

/// The setting that [`ListenError`] names; it is the caller's choice, not gateway.toml's.
const SETTING: &str = "the simulated payer's port (--port-base)";

pub(super) struct Line {
    pub(super) address: SocketAddr,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Line {
    /// Listens, and serves whenever the door is not shut. `serve` ends when its stop signal is given.
    pub(super) async fn open<S, F>(listen: &str, door: watch::Receiver<Door>, serve: S) -> Result<Line, LineError>
    where
        S: Fn(TcpListener, Shutdown) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = bind(listen, SETTING).await.map_err(|source| LineError::Listen { source })?;
        let address = listener.local_addr().map_err(|source| LineError::Address { source })?;
        let (stop, stopping) = stop_signal();
        let running = tokio::spawn(run(listener, address, door, stopping, serve));
        Ok(Line { address, stop, running })
    }

    pub(super) async fn close(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.running.await {
            tracing::error!(%error, "a simulated payer's line ended badly");
        }
    }
}

async fn run<S, F>(
    listener: TcpListener,
    address: SocketAddr,
    mut door: watch::Receiver<Door>,
    mut stopping: Shutdown,
    serve: S,
) where
    S: Fn(TcpListener, Shutdown) -> F,
    F: Future<Output = ()>,
{
    let mut listener = Some(listener);
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return,
            () = until(&mut door, |door| door != Door::Shut) => {}
        }
        let open = match listener.take() {
            Some(first) => first,
            None => match bind(&address.to_string(), SETTING).await {
                Ok(again) => again,
                Err(error) => {
                    tracing::error!(%error, "a simulated payer's door does not open again");
                    return;
                }
            },
        };
        let (shut, shutting) = stop_signal();
        let mut serving = std::pin::pin!(serve(open, shutting));
        tokio::select! {
            () = serving.as_mut() => return,
            () = stopped(&mut stopping) => {
                shut.send_replace(true);
                serving.await;
                return;
            }
            () = until(&mut door, |door| door == Door::Shut) => {
                shut.send_replace(true);
                serving.await;
            }
        }
    }
}

/// Resolves when the door is as asked; never, when nobody is left to move it.
async fn until(door: &mut watch::Receiver<Door>, asked: fn(Door) -> bool) {
    if door.wait_for(|door| asked(*door)).await.is_err() {
        std::future::pending::<()>().await;
    }
}
