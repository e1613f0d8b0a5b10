//! How many claims are in each state. To count them all claims are read, so at ten million it takes seconds: whoever asks
//! is given the last count, as long as a new one would take more than a twentieth of the time since.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::search::{EFFECTIVE_STATUS, status};
use super::sql::query;
use super::{Store, StoreError};
use crate::domain::{Cents, ClaimStatus};

/// A count that takes no longer is made for everybody who asks.
const SOON: Duration = Duration::from_millis(50);
/// Of the time, how little is spent on counting.
const SPARING: u32 = 20;

/// Claims and their charges by state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub by_status: Vec<(ClaimStatus, i64, Cents)>,
    /// How long ago they were counted.
    pub age: Duration,
}

#[derive(Debug, Default)]
pub(super) struct LastCount(Mutex<Option<Counted>>);

#[derive(Debug)]
struct Counted {
    by_status: Vec<(ClaimStatus, i64, Cents)>,
    at: Instant,
    took: Duration,
}

impl Counted {
    fn will_do(&self) -> bool {
        self.took > SOON && self.at.elapsed() < self.took * SPARING
    }
}

impl Store {
    /// Of all claims.
    pub async fn count_claims_by_status(&self) -> Result<Counts, StoreError> {
        // Whoever asks meanwhile waits for this count.
        let mut last = self.last_count().0.lock().await;
        if let Some(known) = last.as_ref().filter(|known| known.will_do()) {
            return Ok(Counts { by_status: known.by_status.clone(), age: known.at.elapsed() });
        }
        let began = Instant::now();
        let by_status = self.counted_now().await?;
        *last = Some(Counted { by_status: by_status.clone(), at: Instant::now(), took: began.elapsed() });
        Ok(Counts { by_status, age: Duration::ZERO })
    }

    async fn counted_now(&self) -> Result<Vec<(ClaimStatus, i64, Cents)>, StoreError> {
        let sql = format!(
            "SELECT {EFFECTIVE_STATUS} AS effective, COUNT(*), SUM(c.charge)
             FROM claim c LEFT JOIN batch b ON b.id = c.batch_id GROUP BY effective"
        );
        let rows = query(sql).fetch_all(self.readers()).await.map_err(StoreError::at("count claims"))?;
        rows.iter().map(|row| Ok((status(row.get(0))?, row.get(1), Cents(row.get(2))))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_took_long_serves_for_a_while_and_a_quick_one_is_made_anew() {
        let counted = |took, ago| Counted { by_status: Vec::new(), at: Instant::now() - ago, took };
        assert!(counted(Duration::from_secs(2), Duration::from_secs(30)).will_do());
        assert!(!counted(Duration::from_secs(2), Duration::from_secs(41)).will_do());
        assert!(!counted(Duration::from_millis(20), Duration::ZERO).will_do());
    }
}
