//! Buckets: claims numbered in the order in which they came, some hundred thousand to a number. The indexes over what
//! comes in no order (control numbers, member ids, fingerprints) begin with the bucket, so that new claims go into a
//! small part of each index, of the same size however many claims are stored. docs/MEASUREMENTS.md has what either way
//! costs.
//!
//! Each gateway fills buckets of its own. One that is full, and into which no transaction writes any more, is closed:
//! its first and last id are noted, and no claim is ever added to it. So a search for the newest claims looks into the
//! newest buckets and stops (search.rs), a filter in memory says which buckets need not be looked into (filters.rs), and what
//! no index has is sorted in an extract (extracts.rs).

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::sync::Mutex;

use super::filters::Filters;
use super::sql::{Tx, query, query_for};
use super::{Store, StoreError};
use crate::domain::ids::{self, ClaimId};

/// Fewer make a new claim cheaper, more make a look-up cheaper.
const CLAIMS_MAX: i64 = 100_000;

/// For a WHERE on `claim AS c`: lets the planner take an index that begins with the bucket.
pub(super) const ANY_BUCKET: &str = "c.bucket IN (SELECT number FROM claim_bucket)";

#[derive(Debug, Default)]
pub(super) struct Buckets {
    open: Mutex<Open>,
    pub(super) filters: Filters,
}

/// What this process fills.
#[derive(Debug, Default)]
struct Open {
    /// Of the gateway that it is, in the ids of its claims.
    node: i64,
    /// 0: not known yet.
    number: i64,
    room: i64,
    written: HashMap<i64, Weak<()>>,
}

/// A place for claims that are about to be added: their bucket is not closed while it is held.
pub(super) struct Place {
    pub(super) number: i64,
    _written: Arc<()>,
}

/// A bucket as a search sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) number: i64,
    /// First and last id, once it is closed.
    pub(super) ids: Option<(i64, i64)>,
    /// Whether its extract is made (extracts.rs).
    pub(super) extracted: bool,
}

impl Store {
    /// A bucket for so many claims from this one on. It is durable when this returns, so that no claim is ever in one that
    /// is not looked into. Must not be called inside a transaction, and be held until the claims' transactions are over.
    pub(super) async fn bucket_for(&self, first: Option<ClaimId>, count: usize) -> Result<Place, StoreError> {
        if count == 0 {
            return Ok(Place { number: 0, _written: Arc::default() });
        }
        let mut open = self.buckets().open.lock().await;
        let node = first.map_or(open.node, |claim| ids::node_of(claim.0));
        if open.number == 0 || open.node != node {
            (open.number, open.room) = self.newest_bucket(node).await?;
            open.node = node;
        }
        if open.room <= 0 {
            open.written.retain(|_, written| written.strong_count() > 0);
            let busy: Vec<i64> = open.written.keys().copied().collect();
            open.number = self.open_bucket(node, busy).await?;
            open.room = CLAIMS_MAX;
        }
        open.room -= i64::try_from(count).unwrap_or(i64::MAX);
        let written = open.written.get(&open.number).and_then(Weak::upgrade).unwrap_or_default();
        let number = open.number;
        open.written.insert(number, Arc::downgrade(&written));
        Ok(Place { number, _written: written })
    }

    /// What an earlier run left half full is filled on; with it, how many more go into it.
    async fn newest_bucket(&self, node: i64) -> Result<(i64, i64), StoreError> {
        let row = query(
            "SELECT number, (SELECT count(*) FROM claim WHERE bucket = number) FROM claim_bucket
             WHERE node = ? AND last_id IS NULL ORDER BY number DESC LIMIT 1",
        )
        .bind(node)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("find the newest bucket of claims"))?;
        Ok(row.map_or((0, 0), |row| (row.get(0), CLAIMS_MAX - row.get::<i64>(1))))
    }

    /// Opens the next one, and closes those of this gateway that nobody writes to.
    async fn open_bucket(&self, node: i64, busy: Vec<i64>) -> Result<i64, StoreError> {
        let step = || StoreError::at("open a bucket of claims");
        let mut tx = self.begin().await?;
        // One into which a transaction still writes, whose end nobody here waited for, is closed another time.
        let full = query_for(
            "SELECT number FROM claim_bucket WHERE node = ? AND last_id IS NULL
             AND number NOT IN (SELECT value FROM list(?))",
            "SELECT number FROM claim_bucket WHERE node = ? AND last_id IS NULL
             AND number NOT IN (SELECT value FROM list(?)) FOR UPDATE SKIP LOCKED",
        );
        for bucket in full.bind(node).bind(busy).fetch_all(&mut tx).await.map_err(step())? {
            query(
                "UPDATE claim_bucket SET first_id = (SELECT min(id) FROM claim WHERE bucket = ?1),
                     last_id = (SELECT max(id) FROM claim WHERE bucket = ?1) WHERE number = ?1",
            )
            .bind(bucket.get::<i64>(0))
            .execute(&mut tx)
            .await
            .map_err(step())?;
        }
        let row = query(
            "INSERT INTO claim_bucket (number, node)
             SELECT COALESCE(max(number), 0) + 1, ?1 FROM claim_bucket RETURNING number",
        )
        .bind(node)
        .fetch_one(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(row.get(0))
    }

    /// The end of a transaction that adds claims comes before the end of their bucket, also where nobody learns of the
    /// first: so each of these begins with this.
    pub(super) async fn must_be_open(&self, tx: &mut Tx, place: &Place) -> Result<(), StoreError> {
        if place.number == 0 {
            return Ok(());
        }
        let open = query_for(
            "SELECT 1 FROM claim_bucket WHERE number = ? AND last_id IS NULL",
            "SELECT 1 FROM claim_bucket WHERE number = ? AND last_id IS NULL FOR SHARE",
        )
        .bind(place.number)
        .fetch_optional(tx)
        .await
        .map_err(StoreError::at("look whether a bucket of claims is open"))?;
        if open.is_some() {
            return Ok(());
        }
        // As after a restore or a failover that lost it: the next try takes another.
        self.buckets().open.lock().await.number = 0;
        Err(StoreError::Lost { work: format!("bucket {} of claims", place.number) })
    }

    /// All buckets, those first whose claims may be the newest.
    pub(super) async fn all_buckets(&self) -> Result<Vec<Bucket>, StoreError> {
        let rows = query("SELECT number, first_id, last_id, extracted FROM claim_bucket")
            .fetch_all(self.quick())
            .await
            .map_err(StoreError::at("list the buckets of claims"))?;
        let mut all: Vec<Bucket> = rows
            .iter()
            .map(|row| Bucket {
                number: row.get(0),
                ids: row.get::<Option<i64>>(1).zip(row.get(2)),
                extracted: row.get::<i64>(3) == 1,
            })
            .collect();
        all.sort_unstable_by_key(|bucket| std::cmp::Reverse(bucket.ids.map_or(i64::MAX, |(_, last)| last)));
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::IdSource;
    use crate::store::testing::open;

    fn one_of(node: u8) -> Option<ClaimId> {
        Some(IdSource::new(node).draw(1_800_000_000_000))
    }

    #[tokio::test]
    async fn a_bucket_is_filled_before_the_next_is_opened_and_another_run_fills_it_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        assert_eq!(store.bucket_for(one_of(0), 2_000).await.unwrap().number, 1);
        assert_eq!(store.bucket_for(one_of(0), CLAIMS_MAX as usize - 2_000).await.unwrap().number, 1);
        assert_eq!(store.bucket_for(one_of(0), 1).await.unwrap().number, 2);
        let again = open(folder.path()).await;
        assert_eq!(again.bucket_for(one_of(0), 1).await.unwrap().number, 2);
    }

    #[tokio::test]
    async fn two_gateways_fill_buckets_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let other = open(folder.path()).await;
        let (here, there) =
            (store.bucket_for(one_of(0), 1).await.unwrap(), other.bucket_for(one_of(1), 1).await.unwrap());
        assert_ne!(here.number, there.number);
    }
}
