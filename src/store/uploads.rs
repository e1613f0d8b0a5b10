//! Unfinished uploads: files put over SFTP under a name that says "not done yet" (`.tmp`, `.part`,
//! `.filepart`). They are durable like any other and are taken when they are renamed.

use super::payload_rows::{add_payload, forget_payload};
use super::sql::{Row, Tx, query};
use super::submissions::{count, digest_from};
use super::{Held, Sealed, Store, StoreError};
use crate::domain::ids::PayloadId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    pub name: String,
    pub payload: Sealed,
    pub uploaded_at: i64,
}

impl Store {
    /// Keeps an unfinished upload. Gives the payloads that nobody needs any more: that of an earlier upload of
    /// the same name, and those of this partner's uploads from before `forget_before`.
    pub async fn keep_upload(
        &self,
        partner: &str,
        upload: &UploadRow,
        forget_before: i64,
    ) -> Result<Vec<PayloadId>, StoreError> {
        let mut tx = self.begin().await?;
        let gone = query("DELETE FROM upload WHERE partner = ? AND (name = ? OR uploaded_at < ?) RETURNING payload_id")
            .bind(partner)
            .bind(&upload.name)
            .bind(forget_before)
            .fetch_all(&mut tx)
            .await
            .map_err(StoreError::at("forget old uploads"))?;
        let gone: Vec<PayloadId> = gone.iter().map(|row| PayloadId(row.get(0))).collect();
        for id in &gone {
            forget_payload(&mut tx, *id).await?;
        }
        add_payload(&mut tx, &upload.payload, upload.uploaded_at).await?;
        query("INSERT INTO upload (partner, name, payload_id, sha256, bytes, uploaded_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(partner)
            .bind(&upload.name)
            .bind(upload.payload.id.0)
            .bind(&upload.payload.sha256[..])
            .bind(i64::try_from(upload.payload.bytes).unwrap_or(i64::MAX))
            .bind(upload.uploaded_at)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("keep an upload"))?;
        tx.commit().await.map_err(StoreError::at("keep an upload"))?;
        Ok(gone)
    }

    pub async fn uploads(&self, partner: &str) -> Result<Vec<UploadRow>, StoreError> {
        let rows = query("SELECT name, payload_id, sha256, bytes, uploaded_at FROM upload WHERE partner = ?")
            .bind(partner)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list uploads"))?;
        rows.iter().map(upload_from).collect()
    }

    pub async fn upload(&self, partner: &str, name: &str) -> Result<Option<UploadRow>, StoreError> {
        let row =
            query("SELECT name, payload_id, sha256, bytes, uploaded_at FROM upload WHERE partner = ? AND name = ?")
                .bind(partner)
                .bind(name)
                .fetch_optional(self.quick())
                .await
                .map_err(StoreError::at("find an upload"))?;
        row.as_ref().map(upload_from).transpose()
    }

    /// Renames an upload that stays unfinished; gives the payload of one that had the name and is replaced.
    pub async fn rename_upload(&self, partner: &str, from: &str, to: &str) -> Result<Option<PayloadId>, StoreError> {
        let mut tx = self.begin().await?;
        let replaced = query("DELETE FROM upload WHERE partner = ? AND name = ? AND name <> ? RETURNING payload_id")
            .bind(partner)
            .bind(to)
            .bind(from)
            .fetch_optional(&mut tx)
            .await
            .map_err(StoreError::at("replace an upload"))?;
        let replaced = replaced.map(|row| PayloadId(row.get(0)));
        if let Some(id) = replaced {
            forget_payload(&mut tx, id).await?;
        }
        query("UPDATE upload SET name = ? WHERE partner = ? AND name = ?")
            .bind(to)
            .bind(partner)
            .bind(from)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("rename an upload"))?;
        tx.commit().await.map_err(StoreError::at("rename an upload"))?;
        Ok(replaced)
    }

    /// Forgets an upload; its payload may be removed after this.
    pub async fn drop_upload(&self, partner: &str, upload: &UploadRow) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        end(&mut tx, partner, &upload.name).await?;
        forget_payload(&mut tx, upload.payload.id).await?;
        tx.commit().await.map_err(StoreError::at("forget an upload"))
    }
}

pub(super) async fn end(tx: &mut Tx, partner: &str, name: &str) -> Result<(), StoreError> {
    query("DELETE FROM upload WHERE partner = ? AND name = ?")
        .bind(partner)
        .bind(name)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("end an upload"))?;
    Ok(())
}

fn upload_from(row: &Row) -> Result<UploadRow, StoreError> {
    let id = PayloadId(row.get("payload_id"));
    let sha256 = digest_from(&row.get::<Vec<u8>>("sha256"))
        .ok_or_else(|| StoreError::Damaged { what: format!("the upload of payload {id}: sha256") })?;
    Ok(UploadRow {
        name: row.get("name"),
        payload: Sealed { id, sha256, bytes: count(row, "bytes"), held: Held::Apart },
        uploaded_at: row.get("uploaded_at"),
    })
}
