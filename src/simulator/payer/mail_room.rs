//! Between a payer and its line: what came in, and answers that lie ready when their time has come. The line
//! asks; nothing runs by itself, so a test that moves the clock moves the answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::{Door, TakesFiles, lock};
use crate::domain::Clock;

/// Where files are also written, so that a person can look at them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copies {
    None,
    /// In `inbound` and `outbound` under this folder.
    In(PathBuf),
}

/// A file as the line sees it.
#[derive(Clone)]
pub struct MailFile {
    pub name: String,
    pub bytes: Arc<Vec<u8>>,
    /// Milliseconds since 1970.
    pub since_ms: i64,
}

pub struct MailRoom {
    payer: Arc<dyn TakesFiles>,
    clock: Clock,
    copies: Copies,
    inbound: Mutex<BTreeMap<String, MailFile>>,
    /// In the order they were planned; one name may stand there twice, for a file that grows.
    outbound: Mutex<Vec<MailFile>>,
}

impl MailRoom {
    pub fn new(payer: Arc<dyn TakesFiles>, clock: Clock, copies: Copies) -> MailRoom {
        MailRoom { payer, clock, copies, inbound: Mutex::default(), outbound: Mutex::default() }
    }

    pub fn door(&self) -> watch::Receiver<Door> {
        self.payer.door()
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// As [`MailRoom::take`], off the runtime's threads: reading a large file takes a while.
    pub async fn take_in(self: &Arc<Self>, name: String, bytes: Vec<u8>) {
        let room = self.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || room.take(&name, bytes)).await {
            tracing::error!(%error, "a simulated payer did not survive a file");
        }
    }

    /// Hands a complete file to the payer and lays its answers out.
    pub fn take(&self, name: &str, bytes: Vec<u8>) {
        let now_ms = self.now_ms();
        let at = self.clock.now().to_zoned(TimeZone::UTC).datetime();
        let plans = self.payer.take(name, &bytes, at);
        self.copy("inbound", name, &bytes);
        let file = MailFile { name: name.to_string(), bytes: Arc::new(bytes), since_ms: now_ms };
        lock(&self.inbound).insert(name.to_string(), file);
        let mut outbound = lock(&self.outbound);
        for plan in plans {
            self.copy("outbound", &plan.name, &plan.bytes);
            let since_ms = now_ms.saturating_add(i64::try_from(plan.after.as_millis()).unwrap_or(i64::MAX));
            outbound.push(MailFile { name: plan.name, bytes: Arc::new(plan.bytes), since_ms });
        }
    }

    /// What came in and was not taken away again, by name.
    pub fn received(&self) -> Vec<MailFile> {
        lock(&self.inbound).values().cloned().collect()
    }

    /// Takes a received file out of sight; the payer has it all the same.
    pub fn forget(&self, name: &str) -> Option<MailFile> {
        lock(&self.inbound).remove(name)
    }

    /// The answers whose time has come, by name.
    pub fn ready(&self) -> Vec<MailFile> {
        let now_ms = self.now_ms();
        let outbound = lock(&self.outbound);
        let mut by_name: BTreeMap<&str, &MailFile> = BTreeMap::new();
        for file in outbound.iter().filter(|file| file.since_ms <= now_ms) {
            let shown = by_name.entry(&file.name).or_insert(file);
            if shown.since_ms <= file.since_ms {
                *shown = file;
            }
        }
        by_name.into_values().cloned().collect()
    }

    pub fn answer(&self, name: &str) -> Option<MailFile> {
        self.ready().into_iter().find(|file| file.name == name)
    }

    /// Removes an answer that lies ready; false when there is none of that name.
    pub fn remove(&self, name: &str) -> bool {
        let ready = self.answer(name).is_some();
        if ready {
            lock(&self.outbound).retain(|file| file.name != name);
        }
        ready
    }

    /// Answers that lie ready or will.
    pub fn planned(&self) -> usize {
        lock(&self.outbound).len()
    }

    fn copy(&self, folder: &str, name: &str, bytes: &[u8]) {
        let Copies::In(root) = &self.copies else { return };
        if let Err(error) = write_copy(&root.join(folder), name, bytes) {
            tracing::warn!(%error, folder, "a simulated payer's copy of a file could not be written");
        }
    }
}

fn write_copy(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // The line has checked the name; taking its last part again costs nothing.
    let name = Path::new(name).file_name().unwrap_or_default();
    std::fs::write(folder.join(name), bytes)
}
