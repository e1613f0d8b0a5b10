//! A partner's OpenSSH `sftp`: one connection that does a few commands, host key checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::World;
use super::run::{program, run, said};

/// How a connection ended: every command done, or not.
pub struct Visit {
    pub well: bool,
    pub said: String,
}

impl World {
    /// Logs in and does commands, one a line; stops at the first that fails.
    pub fn sftp(&self, user: &str, key: &Path, commands: &str) -> Visit {
        let mut command = Command::new(program("sftp"));
        command.args(["-b", "-", "-P", &self.ports.sftp.to_string(), "-i"]).arg(key);
        for option in
            ["BatchMode=yes", "IdentitiesOnly=yes", "LogLevel=ERROR", "StrictHostKeyChecking=yes", "ConnectTimeout=20"]
        {
            command.args(["-o", option]);
        }
        command.arg("-o").arg(format!("UserKnownHostsFile={}", self.known_hosts().display()));
        command.arg(format!("{user}@127.0.0.1")).current_dir(self.folder());
        let output = run(&mut command, commands.as_bytes());
        Visit { well: output.status.success(), said: said(&output) }
    }

    /// The gateway's host key, as its operator gives it to partners.
    fn known_hosts(&self) -> PathBuf {
        let path = self.path(&format!("known_hosts_{}", self.ports.sftp));
        if path.exists() {
            return path;
        }
        let key = fs::read_to_string(self.path("certs/ssh_host_ed25519.pub")).unwrap();
        fs::write(&path, format!("[127.0.0.1]:{} {key}", self.ports.sftp)).unwrap();
        path
    }

    /// Names in a folder of a partner's login.
    pub fn listed(&self, user: &str, key: &Path, folder: &str) -> Vec<String> {
        let visit = self.sftp(user, key, &format!("ls -1 {folder}\n"));
        assert!(visit.well, "ls {folder}: {}", visit.said);
        let lines = visit.said.lines().filter(|line| !line.starts_with("sftp>"));
        lines.map(|line| line.trim().rsplit('/').next().unwrap_or("").to_string()).filter(|n| !n.is_empty()).collect()
    }
}
