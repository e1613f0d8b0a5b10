//! Connections to PostgreSQL as it is run: on one of several hosts, and failed over now and then. No pool hands out a
//! connection to a server that only reads; a connection whose other end is gone without a word is noticed; where
//! `store.url` names several hosts, the one that takes writes is looked for again when it changes.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};

use super::StoreError;
use super::keep_alive::keep_alive;
use super::unavailable::OnlyReads;

/// Connections of one node: for transactions, and for questions.
const WRITERS: u32 = 12;
const READERS: u32 = 12;
/// A database that does not answer for so long is away: the stage says so and tries again.
const WAIT: Duration = Duration::from_secs(10);
/// A host among several that does not answer for so long is passed over.
const HOST_WAIT: Duration = Duration::from_secs(3);
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// Without word of tables that are there already; and so that a node that is gone, or frozen in the middle of a
/// transaction, keeps nobody waiting for long: the server ends its session and with it its locks. A server that ends a
/// COMMIT which waits for its replica would call it done: no limit on statements may do that.
const SETTINGS: &[(&str, &str)] = &[
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
enum Purpose {
    /// The work: also its questions are asked where the last commit is seen.
    Work,
    /// Questions alone, wherever they are answered.
    Questions,
}

/// Pools for transactions and for questions, over the host that takes writes.
pub(super) async fn open(url: &str) -> Result<(PgPool, PgPool), StoreError> {
    let hosts = Hosts::parse(url, &[])?;
    let first = hosts.find(Purpose::Work).await.map_err(|source| lost(url, source))?;
    let writers = pool(&hosts, first, WRITERS, Purpose::Work);
    let readers = pool(&hosts, first, READERS, Purpose::Work);
    if hosts.all.len() > 1 {
        tokio::spawn(follow(hosts, first, [writers.clone(), readers.clone()]));
    }
    Ok((writers, readers))
}

/// For questions only: makes and changes nothing.
pub(super) async fn open_to_read(url: &str) -> Result<PgPool, StoreError> {
    let hosts = Hosts::parse(url, &[("default_transaction_read_only", "on")])?;
    let first = hosts.find(Purpose::Questions).await.map_err(|source| lost(url, source))?;
    Ok(pool(&hosts, first, 1, Purpose::Questions))
}

fn lost(url: &str, source: sqlx::Error) -> StoreError {
    StoreError::Connect { url: without_password(url), source }
}

fn pool(hosts: &Hosts, first: usize, connections: u32, purpose: Purpose) -> PgPool {
    // Also of those to which it may turn later.
    let ports: Vec<u16> = hosts.all.iter().map(PgConnectOptions::get_port).collect();
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .after_connect(move |connection, _| {
            ports.iter().copied().for_each(keep_alive);
            Box::pin(async move { must_serve(connection, purpose).await })
        })
        .connect_lazy_with(hosts.all[first].clone())
}

/// An error where the server only reads as yet, being a replica, or no longer.
async fn must_serve(connection: &mut PgConnection, purpose: Purpose) -> Result<(), sqlx::Error> {
    match purpose {
        Purpose::Questions => Ok(()),
        Purpose::Work => {
            let asked = sqlx::query_scalar("SELECT current_setting('transaction_read_only')").persistent(false);
            let only_reads: String = asked.fetch_one(connection).await?;
            if only_reads == "on" { Err(OnlyReads::error()) } else { Ok(()) }
        }
    }
}

/// The hosts of a URL, in its order.
struct Hosts {
    all: Vec<PgConnectOptions>,
}

impl Hosts {
    fn parse(url: &str, settings: &[(&'static str, &'static str)]) -> Result<Hosts, StoreError> {
        let each = |one: String| {
            let options: PgConnectOptions = one.parse().map_err(|source| lost(url, source))?;
            Ok(options.application_name("claimgate").options(SETTINGS.iter().chain(settings).copied()))
        };
        let all = one_by_one(url).into_iter().map(each).collect::<Result<_, StoreError>>()?;
        Ok(Hosts { all })
    }

    /// The first that serves; waits for it as long as for a connection. The error is that of the last try.
    async fn find(&self, purpose: Purpose) -> Result<usize, sqlx::Error> {
        let until = tokio::time::Instant::now() + WAIT;
        loop {
            let mut last = None;
            for (place, host) in self.all.iter().enumerate() {
                match reach(host, purpose).await {
                    Ok(connection) => {
                        // What the server makes of the good-bye is of no matter.
                        let _ = connection.close().await;
                        return Ok(place);
                    }
                    Err(error) => last = Some(error),
                }
            }
            let error = last.expect("a URL names at least one host");
            if !super::unavailable::is_unavailable(&error) || tokio::time::Instant::now() >= until {
                return Err(error);
            }
            tokio::time::sleep(LOOKS_EVERY / 4).await;
        }
    }
}

async fn reach(host: &PgConnectOptions, purpose: Purpose) -> Result<PgConnection, sqlx::Error> {
    let reaching = async {
        let mut connection = host.connect().await?;
        keep_alive(host.get_port());
        must_serve(&mut connection, purpose).await?;
        Ok(connection)
    };
    tokio::time::timeout(HOST_WAIT, reaching).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Keeps a connection of its own to the host that takes writes; when it fails, looks for the one that does now, and
/// has the pools make their connections there.
async fn follow(hosts: Hosts, first: usize, pools: [PgPool; 2]) {
    let (mut at, mut watched) = (first, None);
    while pools.iter().all(|pool| !pool.is_closed()) {
        tokio::time::sleep(LOOKS_EVERY).await;
        if let Some(mut connection) = watched.take() {
            let looking = must_serve(&mut connection, Purpose::Work);
            if let Ok(Ok(())) = tokio::time::timeout(HOST_WAIT, looking).await {
                watched = Some(connection);
                continue;
            }
        }
        for place in (at..hosts.all.len()).chain(0..at) {
            let Ok(connection) = reach(&hosts.all[place], Purpose::Work).await else { continue };
            watched = Some(connection);
            if place != at {
                let host = &hosts.all[place];
                tracing::warn!(
                    host = host.get_host(),
                    port = host.get_port(),
                    "the database takes writes at another host now"
                );
                pools.iter().for_each(|pool| pool.set_connect_options(host.clone()));
                at = place;
            }
            break;
        }
    }
}

/// `postgres://USER@HOST:PORT,HOST:PORT/DATABASE` as one URL for each host.
fn one_by_one(url: &str) -> Vec<String> {
    let start = url.find("//").map_or(0, |at| at + 2);
    let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    let hosts = url[start..end].rfind('@').map_or(start, |at| start + at + 1);
    url[hosts..end].split(',').map(|host| format!("{}{host}{}", &url[..hosts], &url[end..])).collect()
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
    fn each_host_of_a_url_has_its_user_its_database_and_its_settings() {
        let check = |url: &str, expected: &[&str]| assert_eq!(one_by_one(url), expected, "{url}");
        check("postgres://me@db/claims", &["postgres://me@db/claims"]);
        check(
            "postgres://me:pw@db1:5432,db2:5433/claims?sslmode=require",
            &["postgres://me:pw@db1:5432/claims?sslmode=require", "postgres://me:pw@db2:5433/claims?sslmode=require"],
        );
        check("postgres://db1,db2", &["postgres://db1", "postgres://db2"]);
        // Two addresses of which one is IPv6, and a password with a comma.
        check("postgres://me:a,b@[::1]:1,h/d", &["postgres://me:a,b@[::1]:1/d", "postgres://me:a,b@h/d"]);
    }
}
