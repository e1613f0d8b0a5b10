//! The database of a world: a file in its folder, or, where `CLAIMGATE_TEST_STORE` names a PostgreSQL server
//! (`postgres://user@host/postgres`), one of its own on that, dropped with the world.

use std::path::Path;
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

    /// The first value that a query gives, from beside the gateway.
    pub fn ask(&self, folder: &Path, sql: &str) -> Option<String> {
        let mut command = match &self.on_server {
            Some((_, url)) => {
                let mut psql = Command::new(run::program("psql"));
                psql.args(["-q", "-X", "-A", "-t", "-c", sql, url]);
                psql
            }
            None => {
                let read = "import sqlite3, sys\n\
                            at = 'file:var/claimgate.db?mode=ro'\n\
                            print(sqlite3.connect(at, uri=True).execute(sys.argv[1]).fetchone()[0])";
                let mut python = Command::new(run::program("python3"));
                python.args(["-c", read, sql]);
                python
            }
        };
        let output = run::run(command.current_dir(folder), b"");
        let said = String::from_utf8(output.stdout).ok().map(|text| text.trim().to_string());
        said.filter(|text| output.status.success() && !text.is_empty())
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
