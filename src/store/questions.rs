//! Claim status requests that go on to payers: each file is a batch of kind 276 that holds no claims, so that it is
//! delivered, tried again and answered like any other.

use super::batches::BatchState;
use super::deliveries::{NewDelivery, add_delivery};
use super::events::{NewBatchEvent, add_batch_event};
use super::mail::{MailKind, NewMail, Shelf, put_mail};
use super::payload_rows::add_payload;
use super::sql::query;
use super::{Sealed, Store, StoreError};
use crate::domain::ids::{BatchId, MailId};

/// A file of questions, sealed.
#[derive(Clone, Debug)]
pub struct PassedOn {
    pub id: BatchId,
    pub payer: String,
    pub isa13: String,
    pub gs06: String,
    pub file: Sealed,
    pub file_name: String,
    pub delivery: NewDelivery,
    /// Set for a payer that fetches from us.
    pub mail: Option<MailId>,
    pub event: NewBatchEvent,
}

impl Store {
    /// Makes the file due at its payer.
    pub async fn pass_on_questions(&self, passed: &PassedOn) -> Result<(), StoreError> {
        let step = || StoreError::at("pass questions on");
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO batch (id, payer, kind, purpose, state, opened_at, release_at, closed_at, isa13, gs06, payload_id,
                 file_name) VALUES (?1, ?2, '276', '', ?3, ?4, ?4, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(passed.id.0)
        .bind(&passed.payer)
        .bind(BatchState::Built.code())
        .bind(passed.event.at)
        .bind(&passed.isa13)
        .bind(&passed.gs06)
        .bind(passed.file.id.0)
        .bind(&passed.file_name)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        add_payload(&mut tx, &passed.file, passed.event.at).await?;
        add_batch_event(&mut tx, &passed.event).await?;
        add_delivery(&mut tx, &passed.delivery).await?;
        if let Some(id) = passed.mail {
            let mail = NewMail {
                id,
                partner: passed.payer.clone(),
                kind: MailKind::Claims837,
                file_name: passed.file_name.clone(),
                payload: passed.file.clone(),
                created_at: passed.event.at,
                submission_id: None,
                inbound_id: None,
                origin: format!("batch:{}", passed.id),
                shelf: Shelf::Mailbox,
                remittances: Vec::new(),
            };
            put_mail(&mut tx, &mail).await?;
        }
        tx.commit().await.map_err(step())
    }
}
