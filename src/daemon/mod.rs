//! The running gateway: opened in order, its stages supervised, its front doors served, stopped without
//! losing work. What is half done at a stop is in the store and goes on at the next start.

mod bucket;
mod counted;
mod life;
mod node;
pub mod open;
mod ops;
mod stages;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use crate::domain::crash_point::{self, NoSuchPoint};
use crate::domain::error_chain;
use crate::edits::CodeSets;
use crate::link::https_server::{HttpLimits, serve, serve_plain};
use crate::link::listen::{ListenError, Shutdown, bind, stop_signal};
use crate::link::sftp_server::{self, SftpLimits, SftpServeError};
use crate::link::tls::{TlsError, TlsFiles, server_config};
use crate::partner::Config;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, StageError, deliver, route};

pub use life::Life;
pub use open::{OpenError, open_gateway};

/// How long a stop waits for files that are on their way.
const TRANSFERS_END: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the gateway cannot be opened")]
    Open(#[from] OpenError),
    #[error("the gateway cannot listen")]
    Listen(#[from] ListenError),
    #[error("the HTTPS certificate cannot be used")]
    Tls(#[from] TlsError),
    #[error("the SFTP server cannot start")]
    Sftp(#[from] SftpServeError),
    #[error(transparent)]
    Node(#[from] node::NodeError),
    #[error("what an earlier run left cannot be taken up")]
    Recover(#[from] StageError),
    #[error(transparent)]
    CrashPoint(#[from] NoSuchPoint),
    #[error("signals cannot be waited for")]
    Signals { source: std::io::Error },
}

/// The three front doors, bound before anything is served, so that a port in use is said at once.
pub struct Doors {
    https: TcpListener,
    sftp: TcpListener,
    ops: TcpListener,
}

impl Doors {
    pub async fn bind(config: &Config) -> Result<Doors, ServeError> {
        Ok(Doors {
            https: bind(&config.listen.https.to_string(), "listen.https").await?,
            sftp: bind(&config.listen.sftp.to_string(), "listen.sftp").await?,
            ops: bind(&config.listen.ops.to_string(), "listen.ops").await?,
        })
    }
}

/// `claimgate serve`: runs until SIGTERM or SIGINT; SIGHUP reads the partners' files again.
pub async fn run(config: Config) -> Result<(), ServeError> {
    if let Some(point) = crash_point::arm_from_environment()? {
        tracing::warn!(
            point = point.as_str(),
            "this gateway will end as by SIGKILL at a crash point: it is under test"
        );
    }
    let signals = Signals::new().map_err(|source| ServeError::Signals { source })?;
    let doors = Doors::bind(&config).await?;
    let gateway = open_gateway(config).await?;
    let node = node::register(&gateway).await?;
    deliver::recover(&gateway).await?;
    route::retry_unrouted(&gateway).await?;
    let (stop, shutdown) = stop_signal();
    let for_signals = gateway.clone();
    let told = tokio::spawn(async move {
        signals.obey(&for_signals).await;
        // Nobody listens any more only when everything has stopped already.
        let _ = stop.send(true);
    });
    let life = Arc::new(Life::default());
    let living = tokio::spawn(node::say_so(gateway.clone(), node.clone(), life.clone(), shutdown.clone()));
    let served = serve_until(gateway.clone(), doors, life, shutdown).await;
    told.abort();
    living.abort();
    node::give_up(&gateway, &node).await;
    gateway.store.close().await;
    served
}

/// Serves the doors and runs the stages until told to stop; returns when all of it has ended.
pub async fn serve_until(
    gateway: Arc<Gateway>,
    doors: Doors,
    life: Arc<Life>,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let certs = &gateway.config.paths.certs;
    let tls = server_config(&TlsFiles {
        certificate: certs.join("server.crt"),
        key: certs.join("server.key"),
        client_ca: None,
    })?;
    let metrics = ops::install_metrics();
    let web = crate::api::router(gateway.clone()).merge(crate::console::router().with_state(gateway.clone()));
    let mut tasks = JoinSet::new();
    tasks.spawn(serve(doors.https, tls, web, HttpLimits::default(), shutdown.clone()));
    let ops = ops::router(gateway.clone(), life.clone(), metrics);
    tasks.spawn(serve_plain(doors.ops, ops, HttpLimits::default(), shutdown.clone()));
    let host = crate::api::sftp::host(gateway.clone());
    let host_key = certs.join("ssh_host_ed25519");
    let limits = SftpLimits { upload_bytes_max: gateway.config.intake.bytes_max, ..SftpLimits::default() };
    let sftp_shutdown = shutdown.clone();
    let sftp =
        tokio::spawn(async move { sftp_server::serve(doors.sftp, &host_key, host, limits, sftp_shutdown).await });
    stages::spawn_all(&gateway, &life, &shutdown, &mut tasks);
    tracing::info!(
        https = %gateway.config.listen.https, sftp = %gateway.config.listen.sftp, ops = %gateway.config.listen.ops,
        "claimgate is up"
    );
    let sftp = sftp.await.unwrap_or(Ok(()));
    // The doors end when told; a stage that panicked was restarted by its supervisor.
    while tasks.join_next().await.is_some() {}
    // Transfers end by themselves within their time-outs; what is cut off all the same is looked into at the start.
    let ended = async { tokio::join!(gateway.under_way.idle(), gateway.collecting.idle(), gateway.announcing.idle()) };
    if tokio::time::timeout(TRANSFERS_END, ended).await.is_err() {
        tracing::warn!("transfers were cut off by the stop; the next start looks into them");
    }
    tracing::info!("claimgate has stopped");
    Ok(sftp?)
}

struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Returns when the gateway is to stop.
    async fn obey(mut self, gateway: &Arc<Gateway>) {
        loop {
            tokio::select! {
                _ = self.term.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => reload(gateway).await,
            }
        }
    }
}

/// Partners' files and code lists, each all or nothing: with one fault in any file, they stay as they were.
async fn reload(gateway: &Arc<Gateway>) {
    let schemas = gateway.config.paths.schemas.clone();
    match blocking(move || CodeSets::load(Some(&schemas))).await {
        Ok(Ok(codes)) => {
            gateway.codes.store(Arc::new(codes));
            tracing::info!("code lists were read again");
        }
        Ok(Err(error)) => tracing::error!(error = error_chain(&error), "code lists were not taken"),
        Err(error) => tracing::error!(error = error_chain(&error), "code lists were not read again"),
    }
    match gateway.partners.reload() {
        Ok(()) => {
            tracing::info!(partners = gateway.partners.current().all().count(), "partners' files were read again");
            if let Err(error) = route::retry_unrouted(gateway).await {
                tracing::error!(error = error_chain(&error), "claims without a route were not looked at again");
            }
            stages::nudge_all(gateway);
        }
        Err(faults) => {
            faults.iter().for_each(|fault| tracing::error!(%fault, "partners' files were not taken"));
        }
    }
}
