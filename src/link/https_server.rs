//! Serving HTTP: over TLS for partners and staff, plain for the operations address. Takes connections, leaves
//! requests on an [`axum::Router`] with [`ConnectInfo`] (the peer's address) and, where the client showed one, a
//! [`ClientCertificate`] among their extensions.

mod leftover;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use self::leftover::WithLeftover;
use super::listen::{Shutdown, accept, stopped};
use super::tls::{ClientCertificate, no_handshake_in_time};

#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// More connections wait to be accepted.
    pub connections_max: usize,
    pub handshake_seconds_max: u64,
    /// From a connection's first byte, or the end of the last request, to the end of a request's head. An idle
    /// connection is closed after it.
    pub header_seconds_max: u64,
    pub header_bytes_max: usize,
    /// Requests at a time on one HTTP/2 connection.
    pub streams_max: u32,
    /// How long a stop waits for requests that are under way.
    pub drain_seconds_max: u64,
}

impl Default for HttpLimits {
    fn default() -> HttpLimits {
        HttpLimits {
            connections_max: 1024,
            handshake_seconds_max: 10,
            header_seconds_max: 60,
            header_bytes_max: 64 * 1024,
            streams_max: 100,
            drain_seconds_max: 20,
        }
    }
}

/// Serves HTTPS until `shutdown` is given, then takes no new request, waits for those under way and returns.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    limits: HttpLimits,
    shutdown: Shutdown,
) {
    let handshake_time = Duration::from_secs(limits.handshake_seconds_max);
    let acceptor = TlsAcceptor::from(tls);
    accept_loop(listener, limits, shutdown, move |stream, peer, serving| {
        let (acceptor, router) = (acceptor.clone(), router.clone());
        async move {
            let handshake = tokio::time::timeout(handshake_time, acceptor.accept(stream));
            let stream = handshake.await.unwrap_or_else(|_| Err(no_handshake_in_time()))?;
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let certificate = shown.map(|der| ClientCertificate::new(der));
            let protocol = match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => Protocol::Two,
                _ => Protocol::One,
            };
            serving.run(stream, protocol, Caller { peer, certificate, router }).await
        }
    })
    .await;
}

/// Serves HTTP without TLS, for the operations address.
pub async fn serve_plain(listener: TcpListener, router: Router, limits: HttpLimits, shutdown: Shutdown) {
    accept_loop(listener, limits, shutdown, move |stream, peer, serving| {
        let router = router.clone();
        async move { serving.run(stream, Protocol::One, Caller { peer, certificate: None, router }).await }
    })
    .await;
}

type ServeError = Box<dyn std::error::Error + Send + Sync>;

async fn accept_loop<F, R>(listener: TcpListener, limits: HttpLimits, mut shutdown: Shutdown, connection: F)
where
    F: Fn(TcpStream, SocketAddr, Serving) -> R,
    R: Future<Output = Result<(), ServeError>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let drain_time = Duration::from_secs(limits.drain_seconds_max);
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = room.clone().acquire_owned().await.expect("the semaphore is never closed");
            (permit, accept(&listener).await)
        };
        tokio::select! {
            (permit, (stream, peer)) = next => {
                let serving = Serving { limits: limits.clone(), shutdown: shutdown.clone() };
                let served = connection(stream, peer, serving);
                connections.spawn(async move {
                    if let Err(error) = served.await {
                        tracing::debug!(%peer, %error, "HTTP connection ended");
                    }
                    drop(permit);
                });
            }
            Some(_) = connections.join_next() => {}
            () = stopped(&mut shutdown) => break,
        }
    }
    drop(listener);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(drain_time, all_done).await.is_err() {
        tracing::warn!(open = connections.len(), "HTTP connections were cut: they took too long to end");
    }
}

/// HTTP/1.1 or HTTP/2, as agreed in the handshake.
#[derive(Clone, Copy)]
enum Protocol {
    One,
    Two,
}

struct Caller {
    peer: SocketAddr,
    certificate: Option<ClientCertificate>,
    router: Router,
}

/// What it takes to serve one connection.
struct Serving {
    limits: HttpLimits,
    shutdown: Shutdown,
}

impl Serving {
    async fn run<S>(mut self, stream: S, protocol: Protocol, caller: Caller) -> Result<(), ServeError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let builder = self.builder(protocol);
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(|body| Body::new(WithLeftover::new(body)));
            request.extensions_mut().insert(ConnectInfo(caller.peer));
            if let Some(certificate) = &caller.certificate {
                request.extensions_mut().insert(certificate.clone());
            }
            caller.router.clone().oneshot(request)
        });
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = stopped(&mut self.shutdown) => connection.as_mut().graceful_shutdown(),
        }
        connection.await
    }

    fn builder(&self, protocol: Protocol) -> auto::Builder<TokioExecutor> {
        let header_time = Duration::from_secs(self.limits.header_seconds_max);
        // Told which protocol it is, the connection's first byte falls under the header's time, too.
        let mut builder = match protocol {
            Protocol::One => auto::Builder::new(TokioExecutor::new()).http1_only(),
            Protocol::Two => auto::Builder::new(TokioExecutor::new()).http2_only(),
        };
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(header_time)
            .max_buf_size(self.limits.header_bytes_max)
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams_max)
            .max_header_list_size(u32::try_from(self.limits.header_bytes_max).unwrap_or(u32::MAX))
            // A client that is gone without a word is noticed by this.
            .keep_alive_interval(header_time)
            // Claims files are large: the default windows would have them wait for the network's way back.
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(4 * 1024 * 1024);
        builder
    }
}

#[cfg(test)]
mod tests;
