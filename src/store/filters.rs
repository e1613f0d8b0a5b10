//! Which buckets of claims (buckets.rs) need not be looked into for a control number: a filter in memory for each closed
//! one. It never misses a number that is there; of those that are not, one in 65,536 is looked for in vain. Without
//! it, the thousand payments of a file would each be looked for in each bucket, and cost the more the more is stored.
//! A filter takes 2.3 bytes a claim.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use xorf::{BinaryFuse16, Filter};

use super::buckets::Bucket;
use super::sql::query_for;
use super::{Store, StoreError};
use crate::domain::error_chain;

/// Whoever looks for fewer seeks in every bucket that has no filter yet.
const WORTH_MAKING: usize = 64;

/// For this many of the newest buckets: fifty million claims. Older ones are looked into.
const FILTERS_MAX: usize = 500;

#[derive(Default)]
pub(super) struct Filters {
    made: Mutex<HashMap<i64, Arc<BinaryFuse16>>>,
    /// Held by who makes some.
    making: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Filters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filters")
    }
}

/// Where control numbers are to be looked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Whereabouts {
    /// Buckets that may hold any.
    pub(super) any: Vec<i64>,
    /// Buckets that may hold those at these places of the list.
    pub(super) some: Vec<(i64, Vec<usize>)>,
}

impl Store {
    /// Makes the filters that are not there yet, so that the first large file after a start need not wait for them.
    pub async fn make_filters(&self) -> Result<(), StoreError> {
        self.make_filters_of(&self.all_buckets().await?).await
    }

    async fn make_filters_of(&self, buckets: &[Bucket]) -> Result<(), StoreError> {
        let filters = &self.buckets().filters;
        let _making = filters.making.lock().await;
        let closed = buckets.iter().filter(|bucket| bucket.ids.is_some());
        let kept: Vec<i64> = closed.take(FILTERS_MAX).map(|bucket| bucket.number).collect();
        for bucket in filters.keep_only(&kept) {
            match self.filter_of(bucket).await {
                Ok(filter) => filters.add(bucket, filter),
                // Without it the bucket is looked into, which is only slower.
                Err(error @ StoreError::Damaged { .. }) => {
                    tracing::warn!(bucket, error = error_chain(&error), "a filter was not made");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Where to look for these control numbers.
    pub(super) async fn whereabouts(&self, numbers: &[&str]) -> Result<Whereabouts, StoreError> {
        let buckets = self.all_buckets().await?;
        let filters = &self.buckets().filters;
        if numbers.len() >= WORTH_MAKING {
            self.make_filters_of(&buckets).await?;
        }
        let keys: Vec<u64> = numbers.iter().map(|number| key(number)).collect();
        let mut found = Whereabouts::default();
        for bucket in buckets {
            match filters.of(bucket.number).filter(|_| bucket.ids.is_some()) {
                None => found.any.push(bucket.number),
                Some(filter) => {
                    let may: Vec<usize> = (0..keys.len()).filter(|at| filter.contains(&keys[*at])).collect();
                    if !may.is_empty() {
                        found.some.push((bucket.number, may));
                    }
                }
            }
        }
        Ok(found)
    }

    /// Of all control numbers of a closed bucket, as its index has them.
    async fn filter_of(&self, bucket: i64) -> Result<BinaryFuse16, StoreError> {
        let row = query_for(
            "SELECT json_group_array(patient_control_number) FROM claim WHERE bucket = ?",
            "SELECT COALESCE(json_agg(patient_control_number), '[]'::json)::text FROM claim WHERE bucket = ?",
        )
        .bind(bucket)
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("read the control numbers of a bucket"))?;
        let numbers: String = row.get(0);
        let damaged =
            |what: String| StoreError::Damaged { what: format!("the control numbers of bucket {bucket}: {what}") };
        let made = tokio::task::spawn_blocking(move || {
            let numbers: Vec<String> = serde_json::from_str(&numbers).map_err(|error| error.to_string())?;
            let mut keys: Vec<u64> = numbers.iter().map(|number| key(number)).collect();
            keys.sort_unstable();
            keys.dedup();
            BinaryFuse16::try_from(&keys).map_err(str::to_string)
        });
        made.await.map_err(|error| damaged(error.to_string()))?.map_err(damaged)
    }
}

impl Filters {
    fn of(&self, bucket: i64) -> Option<Arc<BinaryFuse16>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&bucket).cloned()
    }

    /// Lets go of those of buckets that are removed or too old by now; which of `buckets` have none yet.
    fn keep_only(&self, buckets: &[i64]) -> Vec<i64> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|bucket, _| buckets.contains(bucket));
        buckets.iter().copied().filter(|bucket| !made.contains_key(bucket)).collect()
    }

    fn add(&self, bucket: i64, filter: BinaryFuse16) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket, Arc::new(filter));
    }
}

/// Alike for whatever letters either engine's `upper` makes alike.
fn key(number: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.to_uppercase().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[path = "filters_tests.rs"]
mod tests;
