//! Counters that never repeat: interchange, group and file numbers.

use super::sql::{Tx, query};
use super::{Store, StoreError};

impl Store {
    /// Takes `count` numbers of the counter `name` and returns the first; a counter starts at 1. Numbers
    /// taken are never given again, also when the caller fails afterwards.
    pub async fn take_control_numbers(&self, name: &str, count: i64) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let first = take(&mut tx, name, count).await?;
        tx.commit().await.map_err(StoreError::at("take control numbers"))?;
        Ok(first)
    }
}

/// The same inside a transaction of the caller.
pub(super) async fn take(tx: &mut Tx, name: &str, count: i64) -> Result<i64, StoreError> {
    let row = query(
        "INSERT INTO control_number (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = control_number.value + ?2 RETURNING value",
    )
    .bind(name)
    .bind(count)
    .fetch_one(&mut *tx)
    .await
    .map_err(StoreError::at("take control numbers"))?;
    Ok(row.get::<i64>(0) - count + 1)
}
