//! Over PostgreSQL the tables that grow with every claim stand in partitions of half a year, by the time with which their
//! ids begin; docs/scaling.md says which tables, and why half a year. The partition of the time and the next one are made
//! ahead; one that was emptied by the purge is dropped, and with it its room on the disk. What lies in no partition (ids
//! of a clock that is ahead, and of times whose partition is gone) stands in the table's default partition, so that no row
//! is ever refused.
//!
//! To take a partition in or out, a table must be still for a moment. Whoever asks waits for that a short time only, as
//! all others wait behind it, and is otherwise told to come back.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::connect::Engine;
use super::sql::{On, query};
use super::{Store, StoreError};
use crate::domain::ids;

/// Each table and the column by which it is partitioned, as in migrations/postgres/0008_periods.sql.
const TABLES: [Table; 5] = [
    Table { name: "payload", by: "id" },
    Table { name: "claim", by: "id" },
    Table { name: "claim_event", by: "id" },
    Table { name: "finding", by: "submission_id" },
    Table { name: "payment", by: "remittance_id" },
];

/// So long before it begins a partition is made.
const AHEAD: Duration = Duration::from_secs(45 * 24 * 60 * 60);
/// So long a partition was found empty before it is dropped: whoever looks at the store as of an earlier moment has looked.
const EMPTY_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Nobody waits for longer behind a partition that is taken in or out.
const BRIEFLY: &str = "SET LOCAL lock_timeout = '500ms'";
/// Rows of the default partition that are moved into the one that is made for them; where there are more, they and their
/// like stay there.
const MOVED_MAX: i64 = 50_000;
/// A table that has grown by so much since is counted anew for the planner.
const GROWN: i64 = 2;

#[derive(Clone, Copy, Debug)]
struct Table {
    name: &'static str,
    by: &'static str,
}

/// Ids from the first up to, and without, the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    from: i64,
    to: i64,
}

/// What was done, by the partitions' names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partitioned {
    pub made: Vec<String>,
    pub dropped: Vec<String>,
    /// Of tables that others kept busy: to be tried again.
    pub put_off: Vec<String>,
}

impl Store {
    pub fn has_partitions(&self) -> bool {
        match self.engine() {
            Engine::Sqlite => false,
            Engine::Postgres => true,
        }
    }

    /// Makes the partitions of now and of what comes next, and drops those that are over and were empty yesterday too.
    pub async fn keep_partitions(&self, now: i64) -> Result<Partitioned, StoreError> {
        let mut done = Partitioned::default();
        if !self.has_partitions() {
            return Ok(done);
        }
        let ahead = now.saturating_add(milliseconds(AHEAD));
        for table in TABLES {
            let mut wanted = vec![half_year(table, now), half_year(table, ahead)];
            wanted.dedup();
            for (name, period) in wanted {
                sort_out(self.make_partition(table, &name, period).await, name, &mut done.made, &mut done.put_off)?;
            }
            for name in self.partitions_to_drop(table, now).await? {
                sort_out(self.drop_partition(table, &name).await, name, &mut done.dropped, &mut done.put_off)?;
            }
            match self.count_for_planner(table).await {
                Err(error) if error.is_busy() => done.put_off.push(table.name.to_string()),
                counted => counted?,
            }
        }
        Ok(done)
    }

    /// False where the time has a partition, or as many rows in the default partition that they stay there.
    async fn make_partition(&self, table: Table, name: &str, period: Period) -> Result<bool, StoreError> {
        let step = || StoreError::at("make a partition");
        let Table { name: whole, by } = table;
        let Period { from, to } = period;
        if has_partition_in(self.readers(), table, period).await? {
            return Ok(false);
        }
        let mut tx = self.begin_beside().await?;
        // Whoever waits for the table finds its new partition afterwards. Whoever waited for the default partition alone
        // would look for moved rows there, and be refused new ones.
        for sql in [
            BRIEFLY.to_string(),
            format!("LOCK TABLE ONLY {whole} IN ACCESS EXCLUSIVE MODE"),
            format!("LOCK TABLE {whole}_rest IN ACCESS EXCLUSIVE MODE"),
        ] {
            query(sql).execute(&mut tx).await.map_err(step())?;
        }
        if has_partition_in(&mut tx, table, period).await? {
            return Ok(false);
        }
        let there =
            format!("SELECT count(*) FROM (SELECT 1 FROM {whole}_rest WHERE {by} >= ? AND {by} < ? LIMIT ?) AS there");
        let there = query(there).bind(from).bind(to).bind(MOVED_MAX + 1).fetch_one(&mut tx).await.map_err(step())?;
        if there.get::<i64>(0) > MOVED_MAX {
            tracing::warn!(partition = name, "its rows stay in the default partition: there are too many to be moved");
            return Ok(false);
        }
        query(format!("CREATE TABLE {name} (LIKE {whole} INCLUDING DEFAULTS INCLUDING STORAGE)"))
            .execute(&mut tx)
            .await
            .map_err(step())?;
        // pg_dump, under a role of its own, reads each partition by its own name.
        let given = format!(
            "SELECT format('GRANT %s ON {name} TO %s', given.privilege_type,
                 CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE given.grantee::regrole::text END)
             FROM pg_class c, aclexplode(c.relacl) given WHERE c.oid = '{whole}'::regclass AND given.grantee <> c.relowner"
        );
        for row in query(given).fetch_all(&mut tx).await.map_err(step())? {
            query(row.get::<String>(0)).execute(&mut tx).await.map_err(step())?;
        }
        let moved = format!(
            "WITH moved AS (DELETE FROM {whole}_rest WHERE {by} >= ? AND {by} < ? RETURNING *)
             INSERT INTO {name} SELECT * FROM moved"
        );
        query(moved).bind(from).bind(to).execute(&mut tx).await.map_err(step())?;
        query(format!("ALTER TABLE {whole} ATTACH PARTITION {name} FOR VALUES FROM ({from}) TO ({to})"))
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(true)
    }

    /// Those that are over and have been empty for a day; notes since when the others are.
    async fn partitions_to_drop(&self, table: Table, now: i64) -> Result<Vec<String>, StoreError> {
        let past = ids::first_of(now.saturating_sub(milliseconds(EMPTY_FOR)));
        let mut due = Vec::new();
        for (name, period) in partitions(self.readers(), table).await? {
            if period.to > past {
                continue;
            }
            let empty = is_empty(self.readers(), table, &name).await?;
            let (since, chore) = (self.chore_done_at(&empty_since(&name)).await?, empty_since(&name));
            match (empty, since) {
                (false, 0) => {}
                (false, _) => self.chore_done(&chore, 0).await?,
                (true, 0) => self.chore_done(&chore, now).await?,
                (true, since) if now - since >= milliseconds(EMPTY_FOR) => due.push(name),
                (true, _) => {}
            }
        }
        Ok(due)
    }

    /// False where a row came into it meanwhile.
    async fn drop_partition(&self, table: Table, name: &str) -> Result<bool, StoreError> {
        let step = || StoreError::at("drop an empty partition");
        let mut tx = self.begin_beside().await?;
        let still = format!("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE", table.name);
        for sql in [BRIEFLY.to_string(), still, format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")] {
            query(sql).execute(&mut tx).await.map_err(step())?;
        }
        if !is_empty(&mut tx, table, name).await? {
            return Ok(false);
        }
        query(format!("DROP TABLE {name}")).execute(&mut tx).await.map_err(step())?;
        query("DELETE FROM chore WHERE name = ?").bind(empty_since(name)).execute(&mut tx).await.map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(true)
    }

    /// PostgreSQL keeps the planner's numbers of each partition by itself, and never those of the whole table.
    async fn count_for_planner(&self, table: Table) -> Result<(), StoreError> {
        let step = || StoreError::at("count a table for the planner");
        let grown = format!(
            "SELECT CASE WHEN sum(greatest(part.reltuples, 0)) > {GROWN} * greatest(whole.reltuples, 1000) THEN 1 ELSE 0 END
             FROM pg_class whole JOIN pg_inherits ON inhparent = whole.oid JOIN pg_class part ON part.oid = inhrelid
             WHERE whole.oid = '{}'::regclass GROUP BY whole.reltuples",
            table.name
        );
        let mut tx = self.begin_beside().await?;
        if query(grown).fetch_one(&mut tx).await.map_err(step())?.get::<bool>(0) {
            query(BRIEFLY).execute(&mut tx).await.map_err(step())?;
            query(format!("ANALYZE {}", table.name)).execute(&mut tx).await.map_err(step())?;
            tx.commit().await.map_err(step())?;
        }
        Ok(())
    }
}

/// Of a table that was busy the rest is done all the same.
fn sort_out(
    done: Result<bool, StoreError>,
    name: String,
    changed: &mut Vec<String>,
    put_off: &mut Vec<String>,
) -> Result<(), StoreError> {
    match done {
        Ok(true) => changed.push(name),
        Ok(false) => {}
        Err(error) if error.is_busy() => put_off.push(name),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// All but the default one.
async fn partitions<'a>(on: impl Into<On<'a>>, table: Table) -> Result<Vec<(String, Period)>, StoreError> {
    let listed = format!(
        "SELECT part.relname::text, pg_get_expr(part.relpartbound, part.oid)
         FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid WHERE inhparent = '{}'::regclass",
        table.name
    );
    let rows = query(listed).fetch_all(on).await.map_err(StoreError::at("list partitions"))?;
    Ok(rows.iter().filter_map(|row| Some((row.get(0), bounds(&row.get::<String>(1))?))).collect())
}

async fn has_partition_in<'a>(on: impl Into<On<'a>>, table: Table, period: Period) -> Result<bool, StoreError> {
    let found = partitions(on, table).await?;
    Ok(found.iter().any(|(_, there)| there.from < period.to && period.from < there.to))
}

/// Of `FOR VALUES FROM ('1') TO ('2')`.
fn bounds(said: &str) -> Option<Period> {
    let (from, to) = said.split_once(" TO ")?;
    let number = |text: &str, open: i64| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(open)
    };
    Some(Period { from: number(from, i64::MIN), to: number(to, i64::MAX) })
}

/// Asks for the newest row: a purge begins with the oldest, and leaves a long trail of removed ones there.
async fn is_empty<'a>(on: impl Into<On<'a>>, table: Table, name: &str) -> Result<bool, StoreError> {
    let newest = format!("SELECT {by} FROM {name} ORDER BY {by} DESC LIMIT 1", by = table.by);
    let row = query(newest).fetch_optional(on).await.map_err(StoreError::at("look whether a partition is empty"))?;
    Ok(row.is_none())
}

/// The name of the note since when a partition is empty.
fn empty_since(partition: &str) -> String {
    format!("empty:{partition}")
}

/// The half-year of a time, and its partition's name.
fn half_year(table: Table, at_ms: i64) -> (String, Period) {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC);
    let (year, half) = (at.year(), if at.month() <= 6 { 1 } else { 2 });
    let first = |year, month| {
        let begins = date(year, month, 1).to_zoned(TimeZone::UTC);
        begins.map_or(i64::MAX, |begins| ids::first_of(begins.timestamp().as_millisecond()))
    };
    let period = match half {
        1 => Period { from: first(year, 1), to: first(year, 7) },
        _ => Period { from: first(year, 7), to: first(year.saturating_add(1), 1) },
    };
    (format!("{}_{year}_{half}", table.name), period)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "partitions_tests.rs"]
mod tests;
