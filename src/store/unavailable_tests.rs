//! What is wrong with a database is called by its name: away, busy, or a fault of ours.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions};

use super::StoreError;
use super::presence::Presence;
use super::served::{Served, Watch};
use super::unavailable::NoConnection;

#[derive(Debug, PartialEq, Eq)]
enum Called {
    Away,
    Busy,
    Fault,
}

fn called(source: sqlx::Error) -> Called {
    let error = StoreError::Query { step: "ask", source };
    let called = match (error.is_away(), error.is_busy()) {
        (true, false) => Called::Away,
        (false, true) => Called::Busy,
        (false, false) => Called::Fault,
        (true, true) => panic!("{error:?} is both"),
    };
    assert_eq!(error.is_unavailable(), called != Called::Fault, "asked again: {error:?}");
    called
}

#[test]
fn an_answer_that_is_none_means_that_nobody_is_there_only_while_the_talk_begins() {
    let odd = || sqlx::Error::Protocol("an answer that is none".into());
    assert_eq!(called(odd()), Called::Fault);
    assert_eq!(called(NoConnection::of_connecting(odd())), Called::Away);
    assert_eq!(called(NoConnection::OnlyReads.error()), Called::Away);
    assert_eq!(called(NoConnection::NoneFree.error()), Called::Busy);
    assert_eq!(called(sqlx::Error::PoolTimedOut), Called::Away);
}

/// A server to ask, where there is one.
fn server() -> Option<PgConnectOptions> {
    std::env::var("CLAIMGATE_TEST_STORE").ok().map(|url| url.parse().unwrap())
}

#[tokio::test]
async fn a_deadlock_and_a_lock_that_is_waited_for_too_long_are_a_busy_database() {
    let Some(server) = server() else { return };
    let mut connection = server.connect().await.unwrap();
    for (code, expected) in [
        ("40P01", Called::Busy),
        ("40001", Called::Busy),
        ("55P03", Called::Busy),
        ("57P05", Called::Busy),
        ("57P01", Called::Away),
        ("25006", Called::Away),
        ("08006", Called::Away),
        ("53300", Called::Away),
        ("42601", Called::Fault),
        ("23505", Called::Fault),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '{code}'; END $$");
        let raised = sqlx::raw_sql(AssertSqlSafe(raise)).execute(&mut connection).await.unwrap_err();
        assert_eq!(called(raised), expected, "{code}");
    }
}

#[tokio::test]
async fn a_gateway_whose_connections_are_all_in_use_has_a_busy_database_and_is_ready() {
    let Some(server) = server() else { return };
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(100));
    let presence = Arc::new(Presence::there());
    let looking = tokio::spawn(std::future::pending::<()>()).abort_handle();
    let watch = Watch { presence: presence.clone(), looking };
    let served = Served::new(pool.connect_lazy_with(server), Some(Arc::new(watch)));
    let in_use = served.acquire().await.unwrap();
    assert_eq!(called(served.acquire().await.unwrap_err()), Called::Busy);
    assert_eq!(called(served.begin().await.err().unwrap()), Called::Busy);
    served.answers().await.unwrap();
    presence.is_gone();
    assert_eq!(called(served.acquire().await.unwrap_err()), Called::Away);
    assert_eq!(called(served.answers().await.unwrap_err()), Called::Away);
    drop(in_use);
}
