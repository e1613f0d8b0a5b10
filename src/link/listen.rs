//! Opening the addresses the gateway listens on, and the signal to stop. An address that cannot be had is
//! explained in the operator's words: which one, why, and which setting to change.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;

#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("`{address}` is no address to listen on: set {setting} in gateway.toml to one like 127.0.0.1:8443")]
    NotAnAddress { address: String, setting: &'static str, source: io::Error },
    #[error("{address} is in use by another program: stop it or set {setting} in gateway.toml")]
    InUse { address: String, setting: &'static str, source: io::Error },
    #[error(
        "{address} needs more rights than this program has: set {setting} in gateway.toml to a port above 1023, or \
         give the program the right to bind low ports"
    )]
    NotPermitted { address: String, setting: &'static str, source: io::Error },
    #[error("{address} is no address of this machine: set {setting} in gateway.toml to one that is, or to 0.0.0.0")]
    NotOurs { address: String, setting: &'static str, source: io::Error },
    #[error("{address} could not be opened; it is {setting} in gateway.toml")]
    Other { address: String, setting: &'static str, source: io::Error },
}

/// Opens `address` (`host:port`); `setting` is its key in gateway.toml, as `listen.https`, for the error.
pub async fn bind(address: &str, setting: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| {
        let address = address.to_owned();
        match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse { address, setting, source },
            io::ErrorKind::PermissionDenied => ListenError::NotPermitted { address, setting, source },
            io::ErrorKind::AddrNotAvailable => ListenError::NotOurs { address, setting, source },
            io::ErrorKind::InvalidInput => ListenError::NotAnAddress { address, setting, source },
            _ => ListenError::Other { address, setting, source },
        }
    })
}

/// The signal to stop: `true` once it was given.
pub type Shutdown = watch::Receiver<bool>;

/// The two ends of a stop signal: `stop.send_replace(true)` gives it.
pub fn stop_signal() -> (watch::Sender<bool>, Shutdown) {
    watch::channel(false)
}

/// Resolves when the signal is given, or when nobody is left to give it.
pub async fn stopped(shutdown: &mut Shutdown) {
    // An error means that the sending end is gone, and with it the program that wanted us to run.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Accepts the next connection. Running out of file handles or a connection that died while it waited must not
/// end a server: it waits a moment and goes on.
pub(super) async fn accept(listener: &TcpListener) -> (tokio::net::TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_named_with_what_to_do() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let error = bind(&address, "listen.https").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{address} is in use by another program: stop it or set listen.https in gateway.toml")
        );
    }

    #[tokio::test]
    async fn text_that_is_no_address_is_refused_with_an_example() {
        let error = bind("8443", "listen.https").await.unwrap_err();
        assert!(matches!(error, ListenError::NotAnAddress { .. }), "{error:?}");
        assert!(error.to_string().contains("127.0.0.1:8443"));
    }
}
