//! The one connection that writes to SQLite, taken in turns. Transactions that end while others wait for their turn
//! are committed together with them: one sync of the disk for all. Each but the first stands behind a savepoint of its
//! own, so that one that is dropped takes nothing of the others with it; and each is told that it is durable only when
//! it is.
//!
//! Whoever ends a turn queues again behind those who wait now, and commits if nobody did so before. Nobody waits for
//! longer than the turns of those who were there before it, and a turn that is given up leaves nobody waiting. Each
//! word to SQLite is said and answered without a pause in which the caller could go away: a client that hangs up must
//! not leave it open whether there was a COMMIT.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::{Mutex, OwnedMutexGuard};

#[cfg(test)]
use super::fate::{self, Fate, Fates, Moment};
use super::lite::{Lite, LiteOptions, aside};
use crate::domain::{CrashPoint, passing};

/// Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    lane: Arc<Mutex<Lane>>,
    /// Those with much work queue here first, so that at most one of them stands before anybody else.
    much: Arc<Mutex<()>>,
    /// How many with little work wait for their turn.
    waiting: Arc<AtomicUsize>,
    #[cfg(test)]
    fates: Option<Fates>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

struct Lane {
    options: LiteOptions,
    /// `None` until it is opened anew.
    connection: Option<Lite>,
    /// A transaction of SQLite is open.
    open: bool,
    /// The turn under way is the transaction's first: it needs no savepoint, as with it all is taken back.
    first: bool,
    /// Somebody left in the middle of a turn: what it wrote is to be taken back.
    abandoned: bool,
    /// Of the turns that are in the open transaction, or will be in the next.
    group: Arc<Group>,
}

/// How a group ended; empty until it has.
type Group = OnceLock<Result<(), Arc<sqlx::Error>>>;

#[derive(Debug, thiserror::Error)]
#[error("what was written together with others was not committed")]
struct GroupFailed(#[source] Arc<sqlx::Error>);

/// What takes no longer keeps no other task waiting. A turn with one longer statement is taken to have more.
const SHORT: std::time::Duration = std::time::Duration::from_millis(1);

/// How a transaction begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// With those who wait.
    Group,
    /// After what waits is durable: for much work, which others should not have to wait for.
    Alone,
}

/// A transaction: the writer, until it is committed or dropped.
pub struct Turn {
    lane: Option<OwnedMutexGuard<Lane>>,
    _much: Option<OwnedMutexGuard<()>>,
    home: Arc<Mutex<Lane>>,
    waiting: Arc<AtomicUsize>,
    /// What comes next may take long.
    long: bool,
    #[cfg(test)]
    fates: Option<Fates>,
}

/// Counted as long as it lives, also when whoever waits goes away.
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn among(waiting: &Arc<AtomicUsize>) -> Waits {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waits(waiting.clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    pub fn open(options: LiteOptions) -> Result<Writer, sqlx::Error> {
        let connection = options.open()?;
        let lane = Lane {
            options,
            connection: Some(connection),
            open: false,
            first: false,
            abandoned: false,
            group: Arc::default(),
        };
        Ok(Writer {
            lane: Arc::new(Mutex::new(lane)),
            much: Arc::default(),
            waiting: Arc::default(),
            #[cfg(test)]
            fates: None,
        })
    }

    /// The same writer, whose transactions end as a test says.
    #[cfg(test)]
    pub fn under(self, fates: Fates) -> Writer {
        Writer { fates: Some(fates), ..self }
    }

    pub async fn begin(&self, share: Share) -> Result<Turn, sqlx::Error> {
        #[cfg(test)]
        if self.fates.as_ref().is_some_and(|fates| fates.at(Moment::Begin) != Fate::Well) {
            return Err(fate::failed());
        }
        let much = match share {
            Share::Group => None,
            Share::Alone => Some(self.much.clone().lock_owned().await),
        };
        let waits = (share == Share::Group).then(|| Waits::among(&self.waiting));
        let mut lane = self.lane.clone().lock_owned().await;
        drop(waits);
        lane.settle();
        if share == Share::Alone {
            lane.end_group();
        }
        if let Err(error) = lane.start_turn() {
            // A transaction of SQLite's own that ended unseen, as on a full disk: nobody's work is in it any more.
            lane.give_up(error);
            lane.start_turn()?;
        }
        Ok(Turn {
            lane: Some(lane),
            _much: much,
            home: self.lane.clone(),
            waiting: self.waiting.clone(),
            long: share == Share::Alone,
            #[cfg(test)]
            fates: self.fates.clone(),
        })
    }

    pub async fn close(&self) {
        let mut lane = self.lane.clone().lock_owned().await;
        lane.settle();
        lane.end_group();
        if let Some(connection) = lane.connection.take() {
            // It takes the log into the file, where nobody else has it open.
            aside(|| connection.close());
        }
    }
}

impl Lane {
    fn connection(&mut self) -> Result<&mut Lite, sqlx::Error> {
        if self.connection.is_none() {
            self.connection = Some(self.options.open()?);
        }
        Ok(self.connection.as_mut().expect("it was opened on the line above"))
    }

    fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        self.connection()?.run(sql)
    }

    fn start_turn(&mut self) -> Result<(), sqlx::Error> {
        self.first = !self.open;
        if self.open {
            return self.run("SAVEPOINT turn");
        }
        self.run("BEGIN IMMEDIATE")?;
        self.open = true;
        Ok(())
    }

    /// Takes back what somebody left unfinished.
    fn settle(&mut self) {
        if !self.abandoned {
            return;
        }
        self.abandoned = false;
        if self.first {
            match self.run("ROLLBACK") {
                Ok(()) => self.end(Ok(())),
                Err(error) => self.give_up(error),
            }
            return;
        }
        let undone = match self.run("ROLLBACK TO turn") {
            Ok(()) => self.run("RELEASE turn"),
            Err(error) => Err(error),
        };
        // Otherwise the work of others is in the transaction: whoever did it commits it.
        if let Err(error) = undone {
            self.give_up(error);
        }
    }

    /// Makes the open group durable, or tells all of it why not.
    fn end_group(&mut self) {
        if !self.open {
            return;
        }
        passing(CrashPoint::GroupAsked);
        // Waits for the disk.
        let committed = aside(|| self.run("COMMIT"));
        passing(CrashPoint::GroupDone);
        match committed {
            Ok(()) => self.end(Ok(())),
            Err(error) => self.give_up(error),
        }
    }

    /// The open group comes to nothing. The connection may be in any state, so the next is a new one.
    fn give_up(&mut self, why: sqlx::Error) {
        if let Some(connection) = self.connection.take() {
            // It rolls back as it closes.
            connection.close();
        }
        self.end(Err(Arc::new(why)));
    }

    fn end(&mut self, outcome: Result<(), Arc<sqlx::Error>>) {
        self.open = false;
        let group = std::mem::take(&mut self.group);
        group.set(outcome).expect("a group ends once: the next one has its place already");
    }
}

fn told(group: &Group) -> Result<(), sqlx::Error> {
    match group.get().expect("the group was ended before it is asked for its end") {
        Ok(()) => Ok(()),
        Err(why) => Err(sqlx::Error::Io(std::io::Error::new(kind_of(why), GroupFailed(why.clone())))),
    }
}

/// So that a full disk is known as one by each of the group.
fn kind_of(error: &sqlx::Error) -> std::io::ErrorKind {
    const SQLITE_FULL: &str = "13";
    match error {
        sqlx::Error::Database(database) if database.code().as_deref() == Some(SQLITE_FULL) => {
            std::io::ErrorKind::StorageFull
        }
        sqlx::Error::Io(io) => io.kind(),
        _ => std::io::ErrorKind::Other,
    }
}

impl Turn {
    /// Whether somebody with little work waits until this turn ends.
    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// A statement of this turn.
    pub(super) fn speak<T>(&mut self, word: impl FnOnce(&mut Lite) -> T) -> T {
        let (long, begun) = (self.long, std::time::Instant::now());
        let lite = self.held().connection.as_mut().expect("a turn begins on an open connection");
        let answer = if long { aside(|| word(lite)) } else { word(lite) };
        self.long = long || begun.elapsed() > SHORT;
        answer
    }

    fn held(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("the lane is held until the turn ends")
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        #[cfg(test)]
        let after = match self.fates.as_ref().map(|fates| fates.at(Moment::Commit)) {
            Some(Fate::FailBefore) => return Err(fate::failed()),
            Some(Fate::FailAfter) => Err(fate::failed()),
            Some(Fate::Well) | None => Ok(()),
        };
        let committed = self.finish().await;
        #[cfg(test)]
        let committed = committed.and(after);
        committed
    }

    async fn finish(mut self) -> Result<(), sqlx::Error> {
        if !self.held().first {
            self.held().run("RELEASE turn")?;
        }
        let group = self.held().group.clone();
        // Those who wait now have their turn first.
        self.lane = None;
        commit_group(&self.home, &group).await;
        told(&group)
    }
}

/// Commits the group, when that was not done meanwhile.
async fn commit_group(home: &Arc<Mutex<Lane>>, group: &Arc<Group>) {
    let mut lane = home.lock().await;
    lane.settle();
    if group.get().is_none() {
        lane.end_group();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut lane) = self.lane.take() else { return };
        lane.abandoned = true;
        drop(lane);
        // The next turn takes it back; when none comes soon, this does, so that no lock stays on the file.
        let home = self.home.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { home.lock().await.settle() });
        }
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
