//! Takes SQLite's log into the file beside the writer. A COMMIT that finds the log long would do it, and whoever waits
//! for that COMMIT would wait until tens of megabytes are on the disk.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::lite::{Lite, LiteOptions};

/// Pages of the log that are not in the file yet, from which on they are taken there.
const PAGES: i64 = 10_000;
/// From which on a COMMIT does it after all: what came while the keeper was at it, so that the log can begin anew.
pub const PAGES_MAX: i64 = 40_000;
const LOOKS_EVERY: Duration = Duration::from_millis(250);

/// Ends with the last of those who hold it, if it was not ended before.
#[derive(Debug)]
pub struct Keeper {
    running: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Keeper {
    pub fn start(options: LiteOptions) -> Result<Keeper, sqlx::Error> {
        let connection = options.open()?;
        let (stop, stopped) = channel();
        let keep = move || keep(connection, &stopped);
        let thread = std::thread::Builder::new().name("keeper".to_string()).spawn(keep).map_err(sqlx::Error::Io)?;
        Ok(Keeper { running: Mutex::new(Some((stop, thread))) })
    }

    /// Closes its connection, so that the last who closes takes the rest of the log into the file.
    pub fn end(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, thread)) = running {
            drop(stop);
            // A panic of it was told of where it happened; COMMITs took the log over then.
            let _ = thread.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end();
    }
}

fn keep(mut connection: Lite, stopped: &Receiver<()>) {
    while stopped.recv_timeout(LOOKS_EVERY) == Err(RecvTimeoutError::Timeout) {
        // A disk that fails here fails the COMMITs too, and they say so.
        if waiting(&mut connection).is_ok_and(|pages| pages >= PAGES) {
            let _ = connection.run("PRAGMA wal_checkpoint(PASSIVE)");
        }
    }
    connection.close();
}

/// Pages in the log that are not in the file.
fn waiting(connection: &mut Lite) -> Result<i64, sqlx::Error> {
    let told = connection.numbers("PRAGMA wal_checkpoint(NOOP)")?;
    match told[..] {
        [_busy, logged, taken] => Ok(logged - taken),
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lite::Access;
    use super::*;

    #[test]
    fn a_long_log_is_taken_into_the_file_beside_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let options = LiteOptions {
            path: folder.path().join("kept.db"),
            access: Access::Write,
            busy: Duration::from_secs(10),
            pragmas: vec![("journal_mode", "WAL".to_string()), ("wal_autocheckpoint", "0".to_string())],
        };
        rusqlite::Connection::open(&options.path).unwrap().close().unwrap();
        let mut writer = options.open().unwrap();
        writer.run("CREATE TABLE kept (bytes BLOB)").unwrap();
        let keeper = Keeper::start(options).unwrap();
        let pages = |writer: &mut Lite| waiting(writer).unwrap();
        for _ in 0..PAGES / 1_000 {
            writer.run("INSERT INTO kept SELECT zeroblob(4096000)").unwrap();
        }
        let until = std::time::Instant::now() + Duration::from_secs(60);
        while pages(&mut writer) > 0 {
            assert!(std::time::Instant::now() < until, "{} pages are not in the file", pages(&mut writer));
            std::thread::sleep(Duration::from_millis(20));
        }
        writer.run("INSERT INTO kept SELECT zeroblob(4096)").unwrap();
        std::thread::sleep(LOOKS_EVERY * 3);
        assert!(pages(&mut writer) > 0, "a short log is left alone");
        drop(keeper);
    }
}
