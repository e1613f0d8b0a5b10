//! Which host of `store.url` takes writes: looked for when the store is opened, and looked after for as long as it is
//! open, over a connection of its own.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection, PgPool};

use super::StoreError;
use super::keep_alive::keep_alive;
use super::postgres::{HOST_WAIT, Purpose, SETTINGS, WAIT, lost, must_serve};
use super::presence::Presence;
use super::unavailable::{NoConnection, is_unavailable};

const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// A server that leaves a question open for so long is not there.
const LOOK_WAIT: Duration = Duration::from_secs(2);
/// As an operator finds it among the sessions of the server.
pub(super) const NAME: &str = "claimgate";
pub(super) const NAME_OF_LOOKING: &str = "claimgate looks";

/// The hosts of a URL, in its order.
#[derive(Clone)]
pub(super) struct Hosts {
    pub all: Vec<PgConnectOptions>,
}

/// One that serves.
pub(super) struct Found {
    pub place: usize,
    pub connection: PgConnection,
    /// When it was started, to the microsecond: which of all servers that were ever at this place it is.
    started: String,
}

impl Hosts {
    pub fn parse(url: &str, settings: &[(&'static str, &'static str)]) -> Result<Hosts, StoreError> {
        let each = |one: String| {
            let options: PgConnectOptions = one.parse().map_err(|source| lost(url, source))?;
            Ok(options.application_name(NAME).options(SETTINGS.iter().chain(settings).copied()))
        };
        let all = one_by_one(url).into_iter().map(each).collect::<Result<_, StoreError>>()?;
        Ok(Hosts { all })
    }

    /// The first that serves; waits for it as long as for a connection. The error is that of the last try.
    pub async fn find(&self, purpose: Purpose) -> Result<Found, sqlx::Error> {
        let until = tokio::time::Instant::now() + WAIT;
        loop {
            let mut last = None;
            for (place, host) in self.all.iter().enumerate() {
                match reach(place, host, purpose).await {
                    Ok(found) => return Ok(found),
                    Err(error) => last = Some(error),
                }
            }
            let error = last.expect("a URL names at least one host");
            if !is_unavailable(&error) || tokio::time::Instant::now() >= until {
                return Err(error);
            }
            tokio::time::sleep(LOOKS_EVERY / 4).await;
        }
    }

    /// The same without waiting, beginning at the one that served last.
    async fn find_from(&self, last: usize) -> Option<Found> {
        for place in (last..self.all.len()).chain(0..last) {
            if let Ok(found) = reach(place, &self.all[place], Purpose::Work).await {
                return Some(found);
            }
        }
        None
    }
}

async fn reach(place: usize, host: &PgConnectOptions, purpose: Purpose) -> Result<Found, sqlx::Error> {
    let reaching = async {
        let mut connection =
            host.clone().application_name(NAME_OF_LOOKING).connect().await.map_err(NoConnection::of_connecting)?;
        keep_alive(host.get_port());
        must_serve(&mut connection, purpose).await?;
        let asked = sqlx::query_scalar("SELECT pg_postmaster_start_time()::text").persistent(false);
        let started = asked.fetch_one(&mut connection).await?;
        Ok(Found { place, connection, started })
    };
    tokio::time::timeout(HOST_WAIT, reaching).await.unwrap_or_else(|_| Err(NoConnection::NoAnswer.error()))
}

/// Asks the one that was found whether it still takes writes; when it does not say so, looks for one that does, has the
/// pools make their connections there, and none of those that they have be used any more. One that was only slow to answer
/// keeps its connections.
pub(super) async fn follow(hosts: Hosts, found: Found, pools: [PgPool; 2], presence: Arc<Presence>) {
    let (mut at, mut server, mut asked) = (found.place, found.started, Some(found.connection));
    while pools.iter().all(|pool| !pool.is_closed()) {
        tokio::time::sleep(LOOKS_EVERY).await;
        if let Some(connection) = &mut asked {
            let looking = must_serve(connection, Purpose::Work);
            if let Ok(Ok(())) = tokio::time::timeout(LOOK_WAIT, looking).await {
                continue;
            }
            presence.is_gone();
            asked = None;
        }
        let Some(found) = hosts.find_from(at).await else { continue };
        if found.place != at {
            let host = &hosts.all[found.place];
            let (name, port) = (host.get_host(), host.get_port());
            tracing::warn!(host = name, port, "the database takes writes at another host now");
            pools.iter().for_each(|pool| pool.set_connect_options(host.clone()));
        }
        match (found.place, &found.started) == (at, &server) {
            true => presence.is_back(),
            false => presence.is_found_anew(),
        }
        (at, server) = (found.place, found.started);
        asked = Some(found.connection);
    }
}

/// `postgres://USER@HOST:PORT,HOST:PORT/DATABASE` as one URL for each host.
fn one_by_one(url: &str) -> Vec<String> {
    let start = url.find("//").map_or(0, |at| at + 2);
    let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    let hosts = url[start..end].rfind('@').map_or(start, |at| start + at + 1);
    url[hosts..end].split(',').map(|host| format!("{}{host}{}", &url[..hosts], &url[end..])).collect()
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
