//! Work that one node does at a time. A lease is a row with a time at which it is over: a node that is gone keeps
//! nobody from its work for longer. Each taking has a number of its own, so that a node that was away too long and
//! comes back cannot write as if it still had the work ([`must_hold`]).
//!
//! A SQLite file has one gateway, which knows what it works on: there a lease is always given, and no row is written.

use super::connect::Engine;
use super::sql::{Tx, query, query_for};
use super::{Store, StoreError};

/// A piece of work that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    name: String,
    /// `None`: nobody else can have it.
    turn: Option<i64>,
}

impl Lease {
    /// Of a gateway that has its store for itself.
    pub fn alone(name: &str) -> Lease {
        Lease { name: name.to_string(), turn: None }
    }

    /// What [`Store::take_lease`] gives, also where it failed and may have taken the work all the same.
    pub fn of_turn(name: &str, turn: i64) -> Lease {
        Lease { name: name.to_string(), turn: Some(turn) }
    }

    /// Whether other nodes wait for its end.
    pub fn is_waited_for(&self) -> bool {
        self.turn.is_some()
    }
}

impl Store {
    /// Takes the work of this name, also from a node whose time is over. `turn` is a number never used before.
    pub async fn take_lease(
        &self,
        name: &str,
        node: u8,
        turn: i64,
        now: i64,
        until: i64,
    ) -> Result<Option<Lease>, StoreError> {
        if self.engine() == Engine::Sqlite {
            return Ok(Some(Lease::alone(name)));
        }
        let mut tx = self.begin_beside().await?;
        let taken = query(
            "INSERT INTO lease (name, node, turn, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET node = ?2, turn = ?3, until = ?4 WHERE lease.until <= ?5",
        )
        .bind(name)
        .bind(node)
        .bind(turn)
        .bind(until)
        .bind(now)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("take a piece of work"))?;
        tx.commit().await.map_err(StoreError::at("take a piece of work"))?;
        Ok((taken.rows_affected() == 1).then(|| Lease { name: name.to_string(), turn: Some(turn) }))
    }

    /// Keeps it for longer; false when another node has it now.
    pub async fn keep_lease(&self, lease: &Lease, until: i64) -> Result<bool, StoreError> {
        let Some(turn) = lease.turn else { return Ok(true) };
        let mut tx = self.begin_beside().await?;
        let kept = query("UPDATE lease SET until = ? WHERE name = ? AND turn = ?")
            .bind(until)
            .bind(&lease.name)
            .bind(turn)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("keep a piece of work"))?;
        tx.commit().await.map_err(StoreError::at("keep a piece of work"))?;
        Ok(kept.rows_affected() == 1)
    }

    /// Gives it back; nothing happens when another node has it now.
    pub async fn end_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let Some(turn) = lease.turn else { return Ok(()) };
        let mut tx = self.begin_beside().await?;
        query("DELETE FROM lease WHERE name = ? AND turn = ?")
            .bind(&lease.name)
            .bind(turn)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("give a piece of work back"))?;
        tx.commit().await.map_err(StoreError::at("give a piece of work back"))
    }

    /// Ends all leases of a node that starts, also of what it was telling receivers of webhooks: whoever held them
    /// before, under its number, is gone. Says how many deliveries were cut off.
    pub async fn end_leases(&self, node: u8) -> Result<u64, StoreError> {
        let step = || StoreError::at("end the leases of a gateway that is gone");
        let mut tx = self.begin().await?;
        let deliveries =
            query("UPDATE delivery SET lease_until = 0 WHERE state = 0 AND lease_until > 0 AND lease_node = ?")
                .bind(node)
                .execute(&mut tx)
                .await
                .map_err(step())?;
        query(
            "UPDATE announcement SET lease_until = 0
             WHERE state IN (0, 2) AND state = 0 AND lease_until > 0 AND lease_node = ?",
        )
        .bind(node)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        query("DELETE FROM lease WHERE node = ?").bind(node).execute(&mut tx).await.map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(deliveries.rows_affected())
    }
}

/// Ends the transaction of a node that lost the work to another.
pub(super) async fn must_hold(tx: &mut Tx, lease: &Lease) -> Result<(), StoreError> {
    match hold(tx, lease).await? {
        true => Ok(()),
        false => Err(StoreError::Lost { work: lease.name.clone() }),
    }
}

/// Whether the work is still this node's. While the transaction lasts nobody takes it over.
async fn hold(tx: &mut Tx, lease: &Lease) -> Result<bool, StoreError> {
    let Some(turn) = lease.turn else { return Ok(true) };
    let row = query_for(
        "SELECT turn FROM lease WHERE name = ? AND turn = ?",
        "SELECT turn FROM lease WHERE name = ? AND turn = ? FOR UPDATE",
    )
    .bind(&lease.name)
    .bind(turn)
    .fetch_optional(&mut *tx)
    .await
    .map_err(StoreError::at("see whether a piece of work is still this node's"))?;
    Ok(row.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    #[tokio::test]
    async fn work_is_one_nodes_until_its_time_is_over_and_who_lost_it_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = testing::open(folder.path()).await;
        if store.engine() == Engine::Sqlite {
            let lease = store.take_lease("batch:1", 0, 1, 0, 10).await.unwrap().unwrap();
            assert!(store.keep_lease(&lease, 20).await.unwrap());
            return;
        }
        let first = store.take_lease("batch:1", 1, 100, 1_000, 2_000).await.unwrap().unwrap();
        assert_eq!(store.take_lease("batch:1", 2, 101, 1_999, 3_000).await.unwrap(), None);
        assert!(store.take_lease("batch:2", 2, 102, 1_999, 3_000).await.unwrap().is_some());
        assert!(store.keep_lease(&first, 2_500).await.unwrap());
        assert_eq!(store.take_lease("batch:1", 2, 103, 2_499, 3_000).await.unwrap(), None);
        let second = store.take_lease("batch:1", 2, 104, 2_500, 3_500).await.unwrap().unwrap();
        assert!(!store.keep_lease(&first, 9_000).await.unwrap());
        let mut tx = store.begin_beside().await.unwrap();
        assert!(!hold(&mut tx, &first).await.unwrap() && hold(&mut tx, &second).await.unwrap());
        drop(tx);
        store.end_lease(&first).await.unwrap();
        assert!(store.keep_lease(&second, 4_000).await.unwrap(), "it ended another's lease");
        store.end_leases(2).await.unwrap();
        assert!(!store.keep_lease(&second, 5_000).await.unwrap());
    }
}
