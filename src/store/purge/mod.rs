//! Removes what is older than it is to be kept, some thousand rows a transaction, so that nobody waits for it. What was
//! removed stays accounted for: a submission, a batch, a payer's file and a remittance keep their row with its counts
//! and sums, and of removed claims and payments the sums are kept. The audit trail is never touched.

mod answers;
mod claims;
mod leftovers;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::holds::{Hold, HoldOn, holds_on};
use super::sql::{On, Tx, query};
use super::{Store, StoreError};

/// What is kept however old it is.
#[derive(Clone, Debug, Default)]
pub struct Spared {
    /// Partners whose own files say so.
    on_hold: Vec<String>,
    /// These, and those under `claimgate hold`.
    partners: Vec<String>,
    claims: Vec<i64>,
    /// Payers' files that tell of a claim that is spared.
    inbounds: Vec<i64>,
    /// Submissions and batches of other partners with claims that are spared.
    submissions: Vec<i64>,
    batches: Vec<i64>,
}

/// Claims that are held: `?1` claims, `?2` partners.
const HELD: &str = "(c.id IN (SELECT value FROM list(?1)) OR c.partner IN (SELECT value FROM list(?2))
     OR c.payer IN (SELECT value FROM list(?2)))";

impl Spared {
    fn any(&self) -> bool {
        !self.partners.is_empty() || !self.claims.is_empty()
    }

    /// The holds alone.
    fn of(on_hold: Vec<String>, holds: Vec<Hold>) -> Spared {
        let mut spared = Spared { partners: on_hold.clone(), on_hold, ..Spared::default() };
        for Hold { on, .. } in holds {
            match on {
                HoldOn::Partner(name) => spared.partners.push(name),
                HoldOn::Claim(id) => spared.claims.push(id.0),
            }
        }
        spared
    }

    /// With what they are on.
    async fn with_reach(mut self, from: &mut Asked<'_>) -> Result<Spared, StoreError> {
        if !self.any() {
            return Ok(self);
        }
        self.submissions = self.ids(from, format!("SELECT DISTINCT c.submission_id FROM claim c WHERE {HELD}")).await?;
        let batches = format!("SELECT DISTINCT c.batch_id FROM claim c WHERE c.batch_id IS NOT NULL AND {HELD}");
        self.batches = self.ids(from, batches).await?;
        let inbounds = format!(
            "SELECT DISTINCT e.inbound_id FROM claim_event e JOIN claim c ON c.id = e.claim_id
             WHERE e.inbound_id IS NOT NULL AND {HELD}
             UNION
             SELECT DISTINCT e.inbound_id FROM batch_event e JOIN claim c ON c.batch_id = e.batch_id
             WHERE e.inbound_id IS NOT NULL AND {HELD}"
        );
        self.inbounds = self.ids(from, inbounds).await?;
        Ok(self)
    }

    async fn ids(&self, from: &mut Asked<'_>, sql: String) -> Result<Vec<i64>, StoreError> {
        let rows = query(sql)
            .bind(self.claims.clone())
            .bind(self.partners.clone())
            .fetch_all(from.on())
            .await
            .map_err(StoreError::at("look what is on legal hold"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}

/// Where the holds are read.
enum Asked<'a> {
    Beside(&'a Store),
    Within(&'a mut Tx),
}

impl Asked<'_> {
    fn on(&mut self) -> On<'_> {
        match self {
            Asked::Beside(store) => store.readers().into(),
            Asked::Within(tx) => (&mut **tx).into(),
        }
    }
}

/// What is spared as a transaction sees it, in which something is removed: a hold may have been set, or taken back,
/// since the pass began.
async fn in_force<'a>(tx: &mut Tx, spared: &'a Spared) -> Result<Cow<'a, Spared>, StoreError> {
    let now = Spared::of(spared.on_hold.clone(), holds_on(&mut *tx).await?);
    if now.partners == spared.partners && now.claims == spared.claims {
        return Ok(Cow::Borrowed(spared));
    }
    Ok(Cow::Owned(now.with_reach(&mut Asked::Within(tx)).await?))
}

impl Store {
    /// `on_hold`: partners whose own files say so; beside them what stands under `claimgate hold`.
    pub async fn spared(&self, on_hold: Vec<String>) -> Result<Spared, StoreError> {
        Spared::of(on_hold, self.holds().await?).with_reach(&mut Asked::Beside(self)).await
    }

    /// When a piece of work was done last; 0: never.
    pub async fn chore_done_at(&self, name: &str) -> Result<i64, StoreError> {
        let row = query("SELECT done_at FROM chore WHERE name = ?")
            .bind(name)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("look when work was done"))?;
        Ok(row.map_or(0, |row| row.get(0)))
    }

    /// The newest time that a row of it bears, of those that come all day; 0 where there is none.
    pub async fn newest_at(&self) -> Result<i64, StoreError> {
        let row = query(
            "SELECT greatest(
                 greatest(coalesce((SELECT at FROM audit ORDER BY ordinal DESC LIMIT 1), 0),
                          coalesce((SELECT received_at FROM submission ORDER BY id DESC LIMIT 1), 0)),
                 coalesce((SELECT MAX(done_at) FROM chore), 0))",
        )
        .fetch_one(self.readers())
        .await
        .map_err(StoreError::at("look for its newest row"))?;
        Ok(row.get(0))
    }

    pub async fn chore_done(&self, name: &str, now: i64) -> Result<(), StoreError> {
        self.chores_done(&[(name, now)]).await
    }

    /// All of them at once.
    pub async fn chores_done(&self, done: &[(&str, i64)]) -> Result<(), StoreError> {
        let step = || StoreError::at("note that work was done");
        let mut tx = self.begin().await?;
        for &(name, at) in done {
            query("INSERT INTO chore (name, done_at) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET done_at = ?2")
                .bind(name)
                .bind(at)
                .execute(&mut tx)
                .await
                .map_err(step())?;
        }
        tx.commit().await.map_err(step())
    }
}
