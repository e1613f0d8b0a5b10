//! This gateway among those over the same store: it registers under its number before it works, says that it lives
//! while it does, and stops when another has taken its number.

use std::sync::Arc;
use std::time::Duration;

use super::life::Life;
use crate::domain::error_chain;
use crate::link::listen::{Shutdown, stopped};
use crate::pipeline::Gateway;
use crate::store::StoreError;
use crate::store::nodes::{Node, Seen};

const SAYS_SO_EVERY: Duration = Duration::from_secs(5);
/// Who was not heard of for so long is gone.
const GONE_AFTER: Duration = Duration::from_secs(30);
const LOOKS_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error(
        "gateway.node {number} is in use: a gateway has run under it on {host} (process {pid}) for {minutes} minutes; \
         stop that one, or give this one another number"
    )]
    InUse { number: u8, host: String, pid: u32, minutes: i64 },
    #[error("this gateway cannot be registered")]
    Store(#[from] StoreError),
}

/// Takes the number of this gateway's settings. One that another run holds which may still live is waited for until
/// that must have said so.
pub(super) async fn register(gateway: &Gateway) -> Result<Node, NodeError> {
    let number = gateway.config.gateway.node;
    let run: i64 = gateway.draw_id();
    let node = Node { number, run, host: host(), pid: std::process::id() };
    let begun = std::time::Instant::now();
    loop {
        let there = gateway.store.nodes().await?.into_iter().find(|seen| seen.node.number == number);
        match &there {
            Some(seen) if may_live(seen, &node, gateway.clock.now_ms()) => {
                if begun.elapsed() > GONE_AFTER {
                    let minutes = (gateway.clock.now_ms() - seen.started_at) / 60_000;
                    let Node { host, pid, .. } = seen.node.clone();
                    return Err(NodeError::InUse { number, host: name_of(&host).to_string(), pid, minutes });
                }
                if begun.elapsed() < LOOKS_EVERY {
                    tracing::warn!(
                        node = number,
                        host = name_of(&seen.node.host),
                        pid = seen.node.pid,
                        "the number of this gateway is in use; it waits to see whether the other lives"
                    );
                }
                tokio::time::sleep(LOOKS_EVERY).await;
            }
            Some(_) | None => {
                if gateway.store.register(&node, there.as_ref(), gateway.clock.now_ms()).await? {
                    return Ok(node);
                }
            }
        }
    }
}

/// Where processes are numbered by the same kernel and in the same container, the process is looked for; of another's only
/// what it said last is known.
fn may_live(seen: &Seen, us: &Node, now: i64) -> bool {
    let heard_of = now - seen.seen_at < GONE_AFTER.as_millis() as i64;
    if seen.node.host != us.host {
        return heard_of;
    }
    heard_of && seen.node.pid != us.pid && std::path::Path::new(&format!("/proc/{}", seen.node.pid)).exists()
}

/// Until the stop, or until another has the number. What it writes shows whether the store takes writes.
pub(super) async fn say_so(gateway: Arc<Gateway>, node: Node, life: Arc<Life>, mut shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = stopped(&mut shutdown) => return,
            () = tokio::time::sleep(if life.is_away() { LOOKS_EVERY } else { SAYS_SO_EVERY }) => {}
        }
        match gateway.store.node_lives(&node, gateway.clock.now_ms()).await {
            Ok(true) => life.written(&gateway),
            Ok(false) => {
                tracing::error!(node = node.number, "another gateway runs under this one's number; this one stops");
                std::process::exit(1);
            }
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "that this gateway lives was not written down");
                life.asked_in_vain(&error);
            }
        }
    }
}

/// The number is free at once for the next start.
pub(super) async fn give_up(gateway: &Gateway, node: &Node) {
    if let Err(error) = gateway.store.node_stopped(node).await {
        tracing::warn!(error = error_chain(&error), "the store was not told that this gateway stops");
    }
}

/// The machine's name, this start of it, and which numbering of processes is ours: two containers may have the same name.
fn host() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let numbering = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let (name, start) = (read("/proc/sys/kernel/hostname"), read("/proc/sys/kernel/random/boot_id"));
    format!("{} {} {}", name.trim(), start.trim(), numbering.display())
}

fn name_of(host: &str) -> &str {
    host.split(' ').next().unwrap_or_default()
}
