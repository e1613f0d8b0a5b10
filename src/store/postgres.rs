//! Connections to PostgreSQL as it is run: on one of several hosts, and failed over now and then. No pool hands out a
//! connection to a server that only reads, nor one made before another server took over; a connection whose other end is
//! gone without a word is noticed. Who takes writes is looked after in hosts.rs.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use super::StoreError;
use super::hosts::{Hosts, follow};
use super::keep_alive::keep_alive;
use super::presence::Presence;
use super::served::{Served, Watch};
use super::unavailable::NoConnection;

/// Connections of one node: for transactions, and for questions.
const WRITERS: u32 = 12;
const READERS: u32 = 12;
/// A database that does not answer for so long is away: the stage says so and tries again.
pub(super) const WAIT: Duration = Duration::from_secs(10);
/// A host that does not answer for so long is passed over.
pub(super) const HOST_WAIT: Duration = Duration::from_secs(3);
/// A connection that nobody used for so long is asked before it is used again whether its server still takes writes.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// Without word of tables that are there already; and so that a node that is gone, or frozen in the middle of a
/// transaction, keeps nobody waiting for long: the server ends its session and with it its locks. A server that ends a
/// COMMIT which waits for its replica would call it done: no limit on statements may do that.
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("client_min_messages", "warning"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("lock_timeout", "60s"),
    ("statement_timeout", "0"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
];

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The work: also its questions are asked where the last commit is seen.
    Work,
    /// Questions alone, wherever they are answered.
    Questions,
}

/// Pools for transactions and for questions, over the host that takes writes.
pub(super) async fn open(url: &str) -> Result<(Served, Served), StoreError> {
    let hosts = Hosts::parse(url, &[])?;
    let found = hosts.find(Purpose::Work).await.map_err(|source| lost(url, source))?;
    let presence = Arc::new(Presence::there());
    let pool = |connections| pool(&hosts, found.place, connections, Purpose::Work, &presence);
    let (writers, readers) = (pool(WRITERS), pool(READERS));
    let following = follow(hosts.clone(), found, [writers.clone(), readers.clone()], presence.clone());
    let watch = Arc::new(Watch { looking: tokio::spawn(following).abort_handle(), presence });
    Ok((Served::new(writers, Some(watch.clone())), Served::new(readers, Some(watch))))
}

/// For questions only: makes and changes nothing.
pub(super) async fn open_to_read(url: &str) -> Result<Served, StoreError> {
    let hosts = Hosts::parse(url, &[("default_transaction_read_only", "on")])?;
    let found = hosts.find(Purpose::Questions).await.map_err(|source| lost(url, source))?;
    let pool = pool(&hosts, found.place, 1, Purpose::Questions, &Arc::new(Presence::there()));
    // What the server makes of the good-bye is of no matter.
    let _ = found.connection.close().await;
    Ok(Served::new(pool, None))
}

pub(super) fn lost(url: &str, source: sqlx::Error) -> StoreError {
    StoreError::Connect { url: without_password(url), source }
}

fn pool(hosts: &Hosts, first: usize, connections: u32, purpose: Purpose, presence: &Arc<Presence>) -> PgPool {
    // Also of those to which it may turn later.
    let ports: Vec<u16> = hosts.all.iter().map(PgConnectOptions::get_port).collect();
    let presence = presence.clone();
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .after_connect(move |connection, _| {
            ports.iter().copied().for_each(keep_alive);
            Box::pin(async move { must_serve(connection, purpose).await })
        })
        // Asked below, where there is need; and whenever a connection is given back.
        .test_before_acquire(false)
        .before_acquire(move |connection, about| {
            let use_of = use_of(about.age, about.idle_for, &presence);
            Box::pin(async move {
                Ok(match use_of {
                    UseOf::None => false,
                    UseOf::AsItIs => true,
                    UseOf::Once(wait) => {
                        let asked = tokio::time::timeout(wait, must_serve(connection, purpose)).await;
                        matches!(asked, Ok(Ok(())))
                    }
                })
            })
        })
        .connect_lazy_with(hosts.all[first].clone())
}

/// What may be done with a connection that lies ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UseOf {
    AsItIs,
    /// When its server has said within this time that it serves.
    Once(Duration),
    None,
}

fn use_of(age: Duration, idle_for: Duration, presence: &Presence) -> UseOf {
    if presence.is_of_before(age) {
        UseOf::None
    } else if idle_for < ASKED_AFTER && presence.is_there() {
        UseOf::AsItIs
    } else {
        UseOf::Once(HOST_WAIT)
    }
}

/// An error where the server only reads as yet, being a replica, or no longer.
pub(super) async fn must_serve(connection: &mut PgConnection, purpose: Purpose) -> Result<(), sqlx::Error> {
    match purpose {
        Purpose::Questions => connection.ping().await,
        Purpose::Work => {
            let asked = sqlx::query_scalar("SELECT current_setting('transaction_read_only')").persistent(false);
            let only_reads: String = asked.fetch_one(connection).await?;
            if only_reads == "on" { Err(NoConnection::OnlyReads.error()) } else { Ok(()) }
        }
    }
}

/// A URL as it may be shown: without what stands between `//` and `@`.
pub(super) fn without_password(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}//…{}", &url[..start], &url[end..]),
        (_, _) => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_used_as_it_is_when_it_was_used_just_now_and_by_the_one_that_serves() {
        let (young, old) = (Duration::from_millis(1), Duration::from_secs(60));
        let presence = Presence::there();
        assert_eq!(use_of(old, young, &presence), UseOf::AsItIs);
        assert_eq!(use_of(old, old, &presence), UseOf::Once(HOST_WAIT), "nobody has asked it for a minute");
        presence.is_gone();
        assert_eq!(use_of(old, young, &presence), UseOf::Once(HOST_WAIT), "it may only read by now");
        presence.is_found_anew();
        assert_eq!(use_of(old, young, &presence), UseOf::None, "it is one to the server before");
        assert_eq!(use_of(Duration::ZERO, Duration::ZERO, &presence), UseOf::AsItIs);
    }
}
