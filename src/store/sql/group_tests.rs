//! Many at one writer: some go away in the middle, some fail, the disk is full, and a COMMIT is refused. Whoever was
//! told that it is durable is there when the file is opened anew; whoever was told that it failed is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use rusqlite::Connection;

use super::super::lite::Access;
use super::super::query;
use super::*;

/// Numbers drawn from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Durable,
    Failed,
    /// It dropped its transaction itself.
    Dropped,
    /// It went away before it was told anything.
    WentAway,
}

/// How one caller behaves.
#[derive(Clone, Copy, Debug)]
struct Manner {
    id: i64,
    share: Share,
    /// Bytes of its row.
    bytes: usize,
    /// Its row names another that is not there, which SQLite says only at the COMMIT of all.
    orphan: bool,
    drops: bool,
    /// Goes away after so many looks at its work.
    patience: Option<u64>,
}

impl Manner {
    fn draw(chance: &mut Chance, id: i64, with_troubles: u64) -> Manner {
        let mut one_in = |n: u64| chance.below(n) < with_troubles;
        let (orphan, drops, large, goes, alone) = (one_in(60), one_in(10), one_in(40), one_in(2), one_in(8));
        Manner {
            id,
            share: if alone { Share::Alone } else { Share::Group },
            bytes: if large { 150_000 } else { 40 },
            orphan,
            drops,
            patience: goes.then(|| 1 + chance.below(5)),
        }
    }
}

fn options(path: &Path, pages_max: &str) -> LiteOptions {
    let pragmas = vec![
        ("journal_mode", "WAL".to_string()),
        ("foreign_keys", "ON".to_string()),
        ("max_page_count", pages_max.to_string()),
    ];
    LiteOptions { path: path.into(), access: Access::Write, busy: std::time::Duration::from_secs(10), pragmas }
}

async fn work(writer: &Writer, manner: Manner) -> Told {
    let Ok(mut turn) = writer.begin(manner.share).await else { return Told::Failed };
    let insert = query("INSERT INTO kept (id, parent, bytes) VALUES (?, ?, zeroblob(?))")
        .bind(manner.id)
        .bind(if manner.orphan { -1 } else { 0 })
        .bind(i64::try_from(manner.bytes).unwrap());
    if insert.execute(&mut turn).await.is_err() {
        return Told::Failed;
    }
    if manner.drops {
        return Told::Dropped;
    }
    match turn.commit().await {
        Ok(()) => Told::Durable,
        Err(_) => Told::Failed,
    }
}

/// Looks at the work so often, and then drops it where it stands.
async fn with_patience(patience: Option<u64>, work: impl Future<Output = Told>) -> Told {
    let mut work = pin!(work);
    let mut left = patience.unwrap_or(u64::MAX);
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(Told::WentAway);
        }
        left -= 1;
        let looked = work.as_mut().poll(context);
        if looked.is_pending() && left == 0 {
            context.waker().wake_by_ref();
        }
        looked
    })
    .await
}

/// Lets so many callers work at once, and compares what they were told with what is in the file.
async fn check(seed: u64, callers: i64, with_troubles: u64, pages_max: &str) -> BTreeMap<i64, Told> {
    println!("seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let first = Connection::open(&path).unwrap();
    let tables = "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (0);
        CREATE TABLE kept (id INTEGER PRIMARY KEY, bytes BLOB,
            parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)";
    first.execute_batch(tables).unwrap();
    first.close().unwrap();

    let writer = Writer::open(options(&path, pages_max)).unwrap();
    let mut chance = Chance(seed);
    let mut all = tokio::task::JoinSet::new();
    for id in 1..=callers {
        let (writer, manner) = (writer.clone(), Manner::draw(&mut chance, id, with_troubles));
        all.spawn(async move { (id, with_patience(manner.patience, work(&writer, manner)).await) });
        if chance.below(20) == 0 {
            tokio::task::yield_now().await;
        }
    }
    let told: BTreeMap<i64, Told> = all.join_all().await.into_iter().collect();
    // What went away is still on its way: the writer is closed behind it.
    writer.close().await;
    drop(writer);
    compare(&path, &told);
    told
}

fn compare(path: &Path, told: &BTreeMap<i64, Told>) {
    let again = Connection::open(path).unwrap();
    let mut ids = again.prepare("SELECT id FROM kept").unwrap();
    let there: std::collections::BTreeSet<i64> =
        ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for (id, told) in told {
        match told {
            Told::Durable => assert!(there.contains(id), "{id} was told that it is durable and is lost"),
            Told::Failed => assert!(!there.contains(id), "{id} was told that it failed and is there"),
            Told::Dropped => assert!(!there.contains(id), "{id} dropped its transaction and is there"),
            Told::WentAway => {}
        }
    }
}

fn count(told: &BTreeMap<i64, Told>, of: Told) -> usize {
    told.values().filter(|one| **one == of).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_of_a_transaction_is_true_whoever_goes_away_or_fails_beside_it() {
    for seed in 1..=4 {
        let told = check(seed, 1_200, 1, "1000000").await;
        for outcome in [Told::Durable, Told::Failed, Told::Dropped, Told::WentAway] {
            assert!(count(&told, outcome) > 10, "too few were {outcome:?} to say anything");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_fails_for_another_who_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group.db");
    let first = Connection::open(&path).unwrap();
    first.execute_batch("CREATE TABLE kept (id INTEGER PRIMARY KEY, parent, bytes)").unwrap();
    first.close().unwrap();
    let writer = Writer::open(options(&path, "1000000")).unwrap();
    let mut all = tokio::task::JoinSet::new();
    for id in 1..=3_000 {
        let writer = writer.clone();
        let patience = (id % 2 == 0).then_some(1 + (id as u64 / 2) % 5);
        let manner = Manner { id, share: Share::Group, bytes: 1, orphan: false, drops: id % 7 == 0, patience };
        all.spawn(async move { (id, with_patience(patience, work(&writer, manner)).await) });
    }
    let told: BTreeMap<i64, Told> = all.join_all().await.into_iter().collect();
    writer.close().await;
    assert_eq!(count(&told, Told::Failed), 0);
    assert!(count(&told, Told::WentAway) > 500);
    compare(&path, &told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_is_true_also_while_the_disk_is_full() {
    for seed in 11..=14 {
        // Room for some large rows and then for none; what fails takes the others of its group with it.
        let told = check(seed, 1_000, 2, "300").await;
        let (durable, failed) = (count(&told, Told::Durable), count(&told, Told::Failed));
        assert!(durable > 10 && failed > 30, "{durable} were durable and {failed} failed");
    }
}
