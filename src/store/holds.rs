//! Legal holds: what is kept however old it is.

use super::sql::{On, Row, query};
use super::{Store, StoreError};
use crate::domain::ids::ClaimId;

/// What a hold is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldOn {
    Partner(String),
    Claim(ClaimId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub on: HoldOn,
    pub reason: String,
    pub set_by: String,
    pub set_at: i64,
}

impl HoldOn {
    fn columns(&self) -> (&'static str, String) {
        match self {
            HoldOn::Partner(name) => ("partner", name.clone()),
            HoldOn::Claim(id) => ("claim", id.to_string()),
        }
    }
}

impl Store {
    /// False when there is one already, which stays as it is.
    pub async fn add_hold(&self, hold: &Hold) -> Result<bool, StoreError> {
        let step = || StoreError::at("set a legal hold");
        let (kind, subject) = hold.on.columns();
        let mut tx = self.begin().await?;
        let done = query(
            "INSERT INTO legal_hold (kind, subject, reason, set_by, set_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(kind)
        .bind(subject)
        .bind(&hold.reason)
        .bind(&hold.set_by)
        .bind(hold.set_at)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(done.rows_affected() == 1)
    }

    /// False when there was none.
    pub async fn remove_hold(&self, on: &HoldOn) -> Result<bool, StoreError> {
        let step = || StoreError::at("take a legal hold back");
        let (kind, subject) = on.columns();
        let mut tx = self.begin().await?;
        let done = query("DELETE FROM legal_hold WHERE kind = ? AND subject = ?")
            .bind(kind)
            .bind(subject)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(done.rows_affected() == 1)
    }

    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        holds_on(self.readers()).await
    }

    /// Whether anything is kept of a partner, also of one that has no file any more.
    pub async fn keeps_of_partner(&self, name: &str) -> Result<bool, StoreError> {
        let row = query(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM submission WHERE partner = ?1)
                 OR EXISTS (SELECT 1 FROM inbound WHERE partner = ?1) OR EXISTS (SELECT 1 FROM mail WHERE partner = ?1)
                 OR EXISTS (SELECT 1 FROM batch WHERE payer = ?1) OR EXISTS (SELECT 1 FROM claim WHERE payer = ?1)
                 THEN 1 ELSE 0 END",
        )
        .bind(name)
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("look what it keeps of a partner"))?;
        Ok(row.get::<i64>(0) == 1)
    }
}

/// In an order that is the same each time.
pub(super) async fn holds_on(on: impl Into<On<'_>>) -> Result<Vec<Hold>, StoreError> {
    let rows = query("SELECT kind, subject, reason, set_by, set_at FROM legal_hold ORDER BY kind, subject")
        .fetch_all(on)
        .await
        .map_err(StoreError::at("list legal holds"))?;
    let hold = |row: &Row| {
        let (kind, subject): (String, String) = (row.get(0), row.get(1));
        let on = match kind.as_str() {
            "claim" => {
                let damaged = |_| StoreError::Damaged { what: "the claim of a legal hold".to_string() };
                HoldOn::Claim(subject.parse().map_err(damaged)?)
            }
            _ => HoldOn::Partner(subject),
        };
        Ok(Hold { on, reason: row.get(2), set_by: row.get(3), set_at: row.get(4) })
    };
    rows.iter().map(hold).collect()
}
