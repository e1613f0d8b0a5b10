//! When another host takes over, no connection to the one before is used any more. Over a PostgreSQL server alone
//! (`CLAIMGATE_TEST_STORE`), which has two addresses here: its own, and a door that can be shut to who comes new.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::postgres::open;
use super::served::Served;

struct Door {
    port: u16,
    opening: JoinHandle<()>,
    /// By which port of its own the server knows who came through, in their order.
    came: Arc<Mutex<Vec<u16>>>,
}

impl Door {
    async fn to(host: String, port: u16) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().port();
        let came = Arc::new(Mutex::new(Vec::new()));
        let noted = came.clone();
        let opening = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect((host.as_str(), port)).await.unwrap();
                noted.lock().unwrap().push(server.local_addr().unwrap().port());
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
            }
        });
        Door { port: here, opening, came }
    }

    /// Ends the session of whoever looks after the host, who came first.
    async fn hang_up(&self, support: &mut PgConnection) {
        let port = self.came.lock().unwrap()[0];
        let ended = sqlx::query_scalar::<_, bool>(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = $1",
        )
        .bind(i32::from(port))
        .fetch_one(support);
        assert!(ended.await.unwrap(), "the one that looks after the host was not there");
    }

    async fn shut(&self) {
        self.opening.abort();
        // Until the door is shut.
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The sessions of three connections that are in use at one time.
async fn sessions(served: &Served) -> BTreeSet<i32> {
    let (mut held, mut sessions) = (Vec::new(), BTreeSet::new());
    for _ in 0..3 {
        let mut connection = served.acquire().await.unwrap();
        let asked = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *connection);
        assert!(sessions.insert(asked.await.unwrap()));
        held.push(connection);
    }
    sessions
}

#[tokio::test]
async fn no_connection_to_the_host_before_is_used_once_another_took_over() {
    let Ok(url) = std::env::var("CLAIMGATE_TEST_STORE") else { return };
    let server: PgConnectOptions = url.parse().unwrap();
    let door = Door::to(server.get_host().to_string(), server.get_port()).await;
    let at = url.rfind('@').unwrap() + 1;
    let both = format!("{}127.0.0.1:{},{}", &url[..at], door.port, &url[at..]);
    let (writers, readers) = open(&both).await.unwrap();
    let (before, before_to_write) = (sessions(&readers).await, sessions(&writers).await);
    // Whoever was there stays, but the one that looks after the host.
    assert_eq!(door.came.lock().unwrap().len(), 7);
    door.shut().await;
    door.hang_up(&mut server.connect().await.unwrap()).await;
    let mut patience = 100;
    while !sessions(&readers).await.is_disjoint(&before) {
        patience -= 1;
        assert!(patience > 0, "connections to the host before are used");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(sessions(&writers).await.is_disjoint(&before_to_write), "connections to the host before are used to write");
    readers.close().await;
    writers.close().await;
}

#[tokio::test]
async fn a_server_that_only_let_an_answer_wait_keeps_its_connections() {
    let Ok(url) = std::env::var("CLAIMGATE_TEST_STORE") else { return };
    let server: PgConnectOptions = url.parse().unwrap();
    let door = Door::to(server.get_host().to_string(), server.get_port()).await;
    let at = url.rfind('@').unwrap() + 1;
    let database = url.rfind('/').unwrap();
    let (writers, readers) = open(&format!("{}127.0.0.1:{}{}", &url[..at], door.port, &url[database..])).await.unwrap();
    let before = sessions(&readers).await;
    let came = door.came.lock().unwrap().len();
    door.hang_up(&mut server.connect().await.unwrap()).await;
    let mut patience = 100;
    while door.came.lock().unwrap().len() == came || readers.answers().await.is_err() {
        patience -= 1;
        assert!(patience > 0, "nobody looks after the host any more");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(sessions(&readers).await, before);
    readers.close().await;
    writers.close().await;
}
