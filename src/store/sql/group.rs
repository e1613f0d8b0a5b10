//! The one connection that writes to SQLite, taken in turns. Transactions that end while others wait for their turn
//! are committed together with them: one sync of the disk for all. Each but the first stands behind a savepoint of its own, so that
//! one that is dropped takes nothing of the others with it; and each is told that it is durable only when it is.
//!
//! Whoever ends a turn queues again behind those who wait now, and commits if nobody did so before. Nobody waits for
//! longer than the turns of those who were there before it, and a turn that is given up leaves nobody waiting.

use std::sync::{Arc, OnceLock};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    lane: Arc<Mutex<Lane>>,
    /// Those with much work queue here first, so that at most one of them stands before anybody else.
    much: Arc<Mutex<()>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

struct Lane {
    options: SqliteConnectOptions,
    /// `None` while it is being opened anew.
    connection: Option<SqliteConnection>,
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
    /// It ended well, and its group is to be committed.
    ended_in: Option<Arc<Group>>,
}

impl Writer {
    pub async fn open(options: SqliteConnectOptions) -> Result<Writer, sqlx::Error> {
        let connection = options.connect().await?;
        let lane = Lane {
            options,
            connection: Some(connection),
            open: false,
            first: false,
            abandoned: false,
            group: Arc::default(),
        };
        Ok(Writer { lane: Arc::new(Mutex::new(lane)), much: Arc::default() })
    }

    pub async fn begin(&self, share: Share) -> Result<Turn, sqlx::Error> {
        let much = match share {
            Share::Group => None,
            Share::Alone => Some(self.much.clone().lock_owned().await),
        };
        let mut lane = self.lane.clone().lock_owned().await;
        lane.settle().await;
        if share == Share::Alone {
            lane.end_group().await;
        }
        if let Err(error) = lane.start_turn().await {
            // A transaction of SQLite's own that ended unseen, as on a full disk: nobody's work is in it any more.
            lane.give_up(error).await;
            lane.start_turn().await?;
        }
        Ok(Turn { lane: Some(lane), _much: much, home: self.lane.clone(), ended_in: None })
    }

    pub async fn close(&self) {
        let mut lane = self.lane.clone().lock_owned().await;
        lane.settle().await;
        lane.end_group().await;
        if let Some(connection) = lane.connection.take() {
            // The file is whole without it; the next opening takes the log up.
            let _ = connection.close().await;
        }
    }
}

impl Lane {
    async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        Ok(self.connection.as_mut().expect("it was opened on the line above"))
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(self.connection().await?).await.map(drop)
    }

    async fn start_turn(&mut self) -> Result<(), sqlx::Error> {
        self.first = !self.open;
        if self.open {
            return self.run("SAVEPOINT turn").await;
        }
        self.run("BEGIN IMMEDIATE").await?;
        self.open = true;
        Ok(())
    }

    /// Takes back what somebody left unfinished.
    async fn settle(&mut self) {
        if !self.abandoned {
            return;
        }
        self.abandoned = false;
        if self.first {
            match self.run("ROLLBACK").await {
                Ok(()) => self.end(Ok(())),
                Err(error) => self.give_up(error).await,
            }
            return;
        }
        let undone = match self.run("ROLLBACK TO turn").await {
            Ok(()) => self.run("RELEASE turn").await,
            Err(error) => Err(error),
        };
        // Otherwise the work of others is in the transaction: whoever did it commits it.
        if let Err(error) = undone {
            self.give_up(error).await;
        }
    }

    /// Makes the open group durable, or tells all of it why not.
    async fn end_group(&mut self) {
        if !self.open {
            return;
        }
        match self.run("COMMIT").await {
            Ok(()) => self.end(Ok(())),
            Err(error) => self.give_up(error).await,
        }
    }

    /// The open group comes to nothing. The connection may be in any state, so the next is a new one.
    async fn give_up(&mut self, why: sqlx::Error) {
        if let Some(connection) = self.connection.take() {
            // It rolls back as it closes, and there is nobody to tell of a failure.
            let _ = connection.close().await;
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
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        let lane = self.lane.as_mut().expect("the lane is held until the turn ends");
        lane.connection.as_mut().expect("a turn begins on an open connection")
    }

    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let lane = self.lane.as_mut().expect("the lane is held until the turn ends");
        if !lane.first {
            lane.run("RELEASE turn").await?;
        }
        let group = lane.group.clone();
        self.ended_in = Some(group.clone());
        // Those who wait now have their turn first.
        self.lane = None;
        commit_group(&self.home, &group).await;
        self.ended_in = None;
        told(&group)
    }
}

/// Commits the group, when that was not done meanwhile.
async fn commit_group(home: &Arc<Mutex<Lane>>, group: &Arc<Group>) {
    let mut lane = home.lock().await;
    lane.settle().await;
    if group.get().is_none() {
        lane.end_group().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(mut lane) = self.lane.take() {
            lane.abandoned = true;
        } else if self.ended_in.is_none() {
            return;
        }
        // The next turn does it; when none comes soon, this does, so that no lock stays on the file and a turn whose
        // caller went away while it was being committed is committed all the same.
        let (home, group) = (self.home.clone(), self.ended_in.take());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                match group {
                    Some(group) => commit_group(&home, &group).await,
                    None => home.lock().await.settle().await,
                }
            });
        }
    }
}
