//! The audit trail: who saw or changed what, each row chained to the one before by its hash.

use aws_lc_rs::digest::{Context, SHA256};

use super::sql::{Tx, query};
use super::{Store, StoreError};

/// One thing done by somebody. Ids and names of partners and users only; no patient data.
#[derive(Clone, Debug)]
pub struct AuditEntry<'a> {
    /// `partner:acme`, `user:ann`, `cli:root`.
    pub actor: &'a str,
    /// As `claim.view`.
    pub action: &'a str,
    /// Id of what it was done to.
    pub object: &'a str,
    /// Where the request came from.
    pub source: &'a str,
    pub result: &'a str,
}

/// What [`Store::verify_audit`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    Whole { rows: i64 },
    BrokenAt { ordinal: i64 },
}

impl Store {
    pub async fn add_audit(&self, entry: &AuditEntry<'_>, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        append(&mut tx, entry, now_ms).await?;
        tx.commit().await.map_err(StoreError::at("write the audit trail"))
    }

    /// Walks the whole chain; a row that was changed, taken out or put in breaks it.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        const PAGE: i64 = 5_000;
        let (mut last, mut previous) = (0, Vec::new());
        loop {
            let rows = query(
                "SELECT ordinal, at, actor, action, object, source, result, hash FROM audit
                 WHERE ordinal > ? ORDER BY ordinal LIMIT ?",
            )
            .bind(last)
            .bind(PAGE)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read the audit trail"))?;
            if rows.is_empty() {
                return Ok(AuditVerdict::Whole { rows: last });
            }
            for row in rows {
                let text = |column: usize| row.get::<String>(column);
                let (actor, action, object, source, result) = (text(2), text(3), text(4), text(5), text(6));
                let entry =
                    AuditEntry { actor: &actor, action: &action, object: &object, source: &source, result: &result };
                let (ordinal, hash) = (row.get::<i64>(0), row.get::<Vec<u8>>(7));
                if ordinal != last + 1 || chain(&previous, ordinal, row.get(1), &entry) != hash {
                    return Ok(AuditVerdict::BrokenAt { ordinal });
                }
                (last, previous) = (ordinal, hash);
            }
        }
    }
}

/// The same inside the transaction that does what is noted: neither is there without the other. To be begun by
/// [`Store::begin`], as the row follows the last one.
pub(super) async fn append(tx: &mut Tx, entry: &AuditEntry<'_>, now_ms: i64) -> Result<(), StoreError> {
    let step = || StoreError::at("write the audit trail");
    let last = query("SELECT ordinal, hash FROM audit ORDER BY ordinal DESC LIMIT 1")
        .fetch_optional(&mut *tx)
        .await
        .map_err(step())?;
    let (ordinal, previous) = match last {
        Some(row) => (row.get::<i64>(0) + 1, row.get::<Vec<u8>>(1)),
        None => (1, Vec::new()),
    };
    query(
        "INSERT INTO audit (ordinal, at, actor, action, object, source, result, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(ordinal)
    .bind(now_ms)
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.object)
    .bind(entry.source)
    .bind(entry.result)
    .bind(chain(&previous, ordinal, now_ms, entry))
    .execute(&mut *tx)
    .await
    .map_err(step())?;
    Ok(())
}

fn chain(previous: &[u8], ordinal: i64, at: i64, entry: &AuditEntry<'_>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(&ordinal.to_be_bytes());
    context.update(&at.to_be_bytes());
    for part in [entry.actor, entry.action, entry.object, entry.source, entry.result] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn trail() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        for object in ["A", "B", "C"] {
            let entry = AuditEntry { actor: "user:ann", action: "claim.view", object, source: "::1", result: "ok" };
            store.add_audit(&entry, 5).await.unwrap();
        }
        (folder, store)
    }

    #[tokio::test]
    async fn an_untouched_trail_is_whole() {
        let (_folder, store) = trail().await;
        assert_eq!(store.verify_audit().await.unwrap(), AuditVerdict::Whole { rows: 3 });
    }

    #[tokio::test]
    async fn a_changed_or_missing_row_is_found() {
        for (statement, broken) in
            [("UPDATE audit SET object = 'X' WHERE ordinal = 2", 2), ("DELETE FROM audit WHERE ordinal = 2", 3)]
        {
            let (_folder, store) = trail().await;
            let mut tx = store.begin().await.unwrap();
            query(statement).execute(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.verify_audit().await.unwrap(), AuditVerdict::BrokenAt { ordinal: broken }, "{statement}");
        }
    }
}
