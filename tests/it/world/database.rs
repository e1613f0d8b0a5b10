//! The database of a world: a file in its folder, or, where `CLAIMGATE_TEST_STORE` names a PostgreSQL server
//! (`postgres://user@host/postgres`), one of its own on that, dropped with the world.

use std::process::Command;

use super::run;

pub struct Database {
    /// The server's address and the database's name on it; `None` for SQLite.
    on_server: Option<(String, String)>,
}

impl Database {
    pub fn for_world(folder: &tempfile::TempDir) -> Database {
        let Ok(server) = std::env::var("CLAIMGATE_TEST_STORE") else { return Database { on_server: None } };
        let folder = folder.path().file_name().unwrap().to_string_lossy().to_ascii_lowercase();
        let name = format!("it_{}_{}", std::process::id(), folder.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let (host, _) = server.rsplit_once('/').unwrap();
        let url = format!("{host}/{name}");
        psql(&server, &format!("CREATE DATABASE {name}"));
        Database { on_server: Some((server, url)) }
    }

    pub fn url(&self) -> &str {
        self.on_server.as_ref().map_or("sqlite:var/claimgate.db", |(_, url)| url)
    }

    pub fn is_a_file(&self) -> bool {
        self.on_server.is_none()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, url)) = &self.on_server {
            let (_, name) = url.rsplit_once('/').unwrap();
            psql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sql: &str) {
    let done = run::run(Command::new(run::program("psql")).args(["-q", "-X", "-c", sql, server]), b"");
    assert!(done.status.success(), "psql: {}", run::said(&done));
}
