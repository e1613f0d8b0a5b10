//! The database of a world: a file in its folder, or, where `CLAIMGATE_TEST_STORE` names a PostgreSQL server
//! (`postgres://user@host/postgres`), one of its own on that, dropped with the world.

use std::path::Path;
use std::process::Command;

use super::run;

pub struct Database {
    place: Place,
}

enum Place {
    File,
    /// Made for the world on a server that outlives it: the server's address and that of the database.
    OnServer {
        server: String,
        url: String,
    },
    /// On a server that the test itself looks after.
    Given(String),
}

impl Database {
    pub fn for_world(folder: &tempfile::TempDir) -> Database {
        let Ok(server) = std::env::var("CLAIMGATE_TEST_STORE") else { return Database { place: Place::File } };
        let folder = folder.path().file_name().unwrap().to_string_lossy().to_ascii_lowercase();
        let name = format!("it_{}_{}", std::process::id(), folder.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let (host, _) = server.rsplit_once('/').unwrap();
        let url = format!("{host}/{name}");
        psql(&server, &format!("CREATE DATABASE {name}"));
        Database { place: Place::OnServer { server, url } }
    }

    pub fn given(url: &str) -> Database {
        Database { place: Place::Given(url.to_string()) }
    }

    pub fn url(&self) -> &str {
        match &self.place {
            Place::File => "sqlite:var/claimgate.db",
            Place::OnServer { url, .. } | Place::Given(url) => url,
        }
    }

    pub fn is_a_file(&self) -> bool {
        matches!(self.place, Place::File)
    }

    /// The first value that a query gives, from beside the gateway.
    pub fn ask(&self, folder: &Path, sql: &str) -> Option<String> {
        let look = "at = sqlite3.connect('file:var/claimgate.db?mode=ro', uri=True)\n\
                    print(at.execute(sys.argv[1]).fetchone()[0])";
        let output = self.say(folder, look, sql);
        let said = String::from_utf8(output.stdout).ok().map(|text| text.trim().to_string());
        said.filter(|text| output.status.success() && !text.is_empty())
    }

    pub fn change(&self, folder: &Path, sql: &str) {
        let write = "at = sqlite3.connect('var/claimgate.db')\nat.execute(sys.argv[1])\nat.commit()";
        let output = self.say(folder, write, sql);
        assert!(output.status.success(), "{sql}: {}", run::said(&output));
    }

    /// A statement with psql, or with these lines of Python.
    fn say(&self, folder: &Path, python: &str, sql: &str) -> std::process::Output {
        let mut command = match &self.place {
            Place::OnServer { url, .. } | Place::Given(url) => {
                let mut psql = Command::new(run::program("psql"));
                psql.args(["-q", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url]);
                psql
            }
            Place::File => {
                let mut with_sqlite = Command::new(run::program("python3"));
                with_sqlite.args(["-c", &format!("import sqlite3, sys\n{python}"), sql]);
                with_sqlite
            }
        };
        run::run(command.current_dir(folder), b"")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::OnServer { server, url } = &self.place {
            let (_, name) = url.rsplit_once('/').unwrap();
            psql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sql: &str) {
    let done = run::run(Command::new(run::program("psql")).args(["-q", "-X", "-c", sql, server]), b"");
    assert!(done.status.success(), "psql: {}", run::said(&done));
}
