//! A billing company's receiver of webhooks, in Python behind a certificate of its own authority.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::World;
use super::payers::certificates;
use super::run::{Running, free_port, program, wait_for};

const SERVICE: &str = include_str!("receiver.py");

pub struct Receiver {
    server: Option<Running>,
    port: u16,
    folder: PathBuf,
}

impl World {
    /// Not started yet.
    pub fn receiver(&self, name: &str) -> Receiver {
        let folder = self.path(&format!("receiver-{name}"));
        fs::create_dir_all(folder.join("told")).unwrap();
        certificates(&folder);
        fs::write(folder.join("receiver.py"), SERVICE).unwrap();
        Receiver { server: None, port: free_port(), folder }
    }
}

impl Receiver {
    /// The `[webhook]` of whoever is told here, its secret in a file.
    pub fn table(&self, secret: &str) -> String {
        fs::write(self.folder.join("secret"), secret).unwrap();
        let (port, folder) = (self.port, self.folder.display());
        format!(
            "[webhook]\nurl = \"https://localhost:{port}/claimgate\"\nsecret = \"file:{folder}/secret\"\n\
             ca = \"{folder}/ca.crt\"\nretry_first = \"1s\"\nretry_max = \"1s\"\n"
        )
    }

    pub fn start(&mut self) {
        let log = self.folder.join("server.log");
        let (script, port) = (self.folder.join("receiver.py").display().to_string(), self.port.to_string());
        self.server = Some(Running::start("python3", &program("python3"), &[&script, &port], &self.folder, &log));
        wait_for("the receiver to listen", Duration::from_secs(20), || {
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }

    pub fn stop(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    /// Answers every message with this status from now on.
    pub fn refuse_with(&self, status: u16) {
        fs::write(self.folder.join("trouble"), status.to_string()).unwrap();
    }

    /// Hears what it is told from now on, and does not answer.
    pub fn fall_silent(&self) {
        fs::write(self.folder.join("silent"), "").unwrap();
    }

    /// Ids of the messages that it heard while it did not answer.
    pub fn heard(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("heard")).unwrap_or_default();
        text.lines().map(str::to_string).collect()
    }

    pub fn speak_again(&self) {
        fs::remove_file(self.folder.join("silent")).unwrap();
    }

    pub fn take_again(&self) {
        fs::remove_file(self.folder.join("trouble")).unwrap();
    }

    /// Ids of the messages that were refused, one for each time.
    pub fn refused(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("refused")).unwrap_or_default();
        text.lines().map(str::to_string).collect()
    }

    /// What was told, in its order: headers by name, `path` and `body`.
    pub fn told(&self) -> Vec<Value> {
        let mut names: Vec<PathBuf> =
            fs::read_dir(self.folder.join("told")).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
    }
}
