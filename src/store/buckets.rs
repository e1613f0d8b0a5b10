//! Buckets: claims numbered in the order in which they came, some hundred thousand to a number. The indexes over what
//! comes in no order (control numbers, member ids, fingerprints) begin with the bucket, so that new claims go into a
//! small part of each index, of the same size however many claims are stored; whoever looks for a value looks once
//! in each bucket. docs/MEASUREMENTS.md has what either way costs.

use super::sql::query;
use super::{Store, StoreError};

/// Fewer make a new claim cheaper, more make a look-up cheaper.
const CLAIMS_MAX: i64 = 100_000;

/// For a WHERE on `claim AS c`: lets the planner take an index that begins with the bucket.
pub(super) const ANY_BUCKET: &str = "c.bucket IN (SELECT number FROM claim_bucket)";

/// The bucket that this process fills.
#[derive(Debug, Default)]
pub(super) struct OpenBucket {
    number: i64,
    room: i64,
}

impl Store {
    /// The bucket for so many claims that are about to be added. It is durable when this returns, so that no claim is
    /// ever in one that is not looked into. Must not be called inside a transaction.
    pub(super) async fn bucket_for(&self, claims: usize) -> Result<i64, StoreError> {
        let claims = i64::try_from(claims).unwrap_or(i64::MAX);
        let mut open = self.bucket().lock().await;
        if open.number == 0 {
            *open = self.newest_bucket().await?;
        }
        if open.room <= 0 {
            *open = OpenBucket { number: self.open_bucket().await?, room: CLAIMS_MAX };
        }
        open.room -= claims;
        Ok(open.number)
    }

    /// What an earlier run left half full is filled on. Another node may do so too: then it becomes a larger one.
    async fn newest_bucket(&self) -> Result<OpenBucket, StoreError> {
        let row = query(
            "SELECT number, (SELECT count(*) FROM claim WHERE bucket = number) FROM claim_bucket
             ORDER BY number DESC LIMIT 1",
        )
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("find the newest bucket of claims"))?;
        Ok(row.map(|row| OpenBucket { number: row.get(0), room: CLAIMS_MAX - row.get::<i64>(1) }).unwrap_or_default())
    }

    async fn open_bucket(&self) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let row = query(
            "INSERT INTO claim_bucket (number) SELECT COALESCE(max(number), 0) + 1 FROM claim_bucket RETURNING number",
        )
        .fetch_one(&mut tx)
        .await
        .map_err(StoreError::at("open a bucket of claims"))?;
        tx.commit().await.map_err(StoreError::at("open a bucket of claims"))?;
        Ok(row.get(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::open;

    #[tokio::test]
    async fn a_bucket_is_filled_before_the_next_is_opened_and_another_run_fills_it_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        assert_eq!(store.bucket_for(2_000).await.unwrap(), 1);
        assert_eq!(store.bucket_for(CLAIMS_MAX as usize - 2_000).await.unwrap(), 1);
        assert_eq!(store.bucket_for(1).await.unwrap(), 2);
        let again = open(folder.path()).await;
        assert_eq!(again.bucket_for(1).await.unwrap(), 2);
    }
}
