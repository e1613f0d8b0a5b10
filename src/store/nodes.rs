//! The gateways over this store. Each has a number of its own, which stands in the ids it draws, and says now and then
//! that it lives.

use super::sql::{Row, query};
use super::{Store, StoreError};

/// A gateway as it registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub number: u8,
    /// Of this run of it.
    pub run: i64,
    pub host: String,
    pub pid: u32,
}

/// A gateway as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub node: Node,
    pub started_at: i64,
    pub seen_at: i64,
}

impl Store {
    /// The gateways that ever ran over this store, by number.
    pub async fn nodes(&self) -> Result<Vec<Seen>, StoreError> {
        let rows = query("SELECT number, run, host, pid, started_at, seen_at FROM node ORDER BY number")
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list the gateways"))?;
        Ok(rows.iter().map(seen).collect())
    }

    /// Takes the number, when the run that has it, if any, is `gone`.
    pub async fn register(&self, node: &Node, gone: Option<&Seen>, now: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let registered = query(
            "INSERT INTO node (number, run, host, pid, started_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT (number) DO UPDATE SET run = ?2, host = ?3, pid = ?4, started_at = ?5, seen_at = ?5
             WHERE node.run = ?6",
        )
        .bind(node.number)
        .bind(node.run)
        .bind(&node.host)
        .bind(node.pid)
        .bind(now)
        .bind(gone.map_or(-1, |seen| seen.node.run))
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("register this gateway"))?;
        tx.commit().await.map_err(StoreError::at("register this gateway"))?;
        Ok(registered.rows_affected() == 1)
    }

    /// Says that the gateway lives; false when another run has its number now.
    pub async fn node_lives(&self, node: &Node, now: i64) -> Result<bool, StoreError> {
        self.see(node, now).await
    }

    /// Says that the gateway has stopped, so that its number is free at once.
    pub async fn node_stopped(&self, node: &Node) -> Result<(), StoreError> {
        self.see(node, 0).await.map(drop)
    }

    async fn see(&self, node: &Node, at: i64) -> Result<bool, StoreError> {
        let mut tx = self.begin_beside().await?;
        let known = query("UPDATE node SET seen_at = ? WHERE number = ? AND run = ?")
            .bind(at)
            .bind(node.number)
            .bind(node.run)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("say that this gateway lives"))?;
        tx.commit().await.map_err(StoreError::at("say that this gateway lives"))?;
        Ok(known.rows_affected() == 1)
    }
}

fn seen(row: &Row) -> Seen {
    Seen {
        node: Node {
            number: u8::try_from(row.get::<i64>(0)).unwrap_or(u8::MAX),
            run: row.get(1),
            host: row.get(2),
            pid: u32::try_from(row.get::<i64>(3)).unwrap_or(0),
        },
        started_at: row.get(4),
        seen_at: row.get(5),
    }
}
