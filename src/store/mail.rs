//! The mailboxes: files for submitters and for hosted payers. Reading never removes; a removal over SFTP hides
//! a file from that login only. What a submitter did not ask for is kept beside its mailbox, so that
//! `GET /v1/submissions/{id}/999` has it all the same.

use super::payload_rows::add_payload;
use super::sql::{QueryBuilder, Row, Tx, query};
use super::submissions::count;
use super::{Sealed, Store, StoreError};
use crate::domain::ids::{InboundId, MailId, PayloadId, SubmissionId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    Ta1,
    Ack999,
    Ack277ca,
    Status277,
    Remit835,
    /// Claims for a hosted payer.
    Claims837,
    /// Questions about claims for a hosted payer.
    Questions276,
    /// A sentence for people, as plain text.
    Note,
}

impl MailKind {
    pub const ALL: [MailKind; 8] = [
        MailKind::Ta1,
        MailKind::Ack999,
        MailKind::Ack277ca,
        MailKind::Status277,
        MailKind::Remit835,
        MailKind::Claims837,
        MailKind::Questions276,
        MailKind::Note,
    ];

    /// As the store and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            MailKind::Ta1 => "ta1",
            MailKind::Ack999 => "999",
            MailKind::Ack277ca => "277ca",
            MailKind::Status277 => "277",
            MailKind::Remit835 => "835",
            MailKind::Claims837 => "837",
            MailKind::Questions276 => "276",
            MailKind::Note => "note",
        }
    }

    /// Whether it is sent to the payer by being fetched from its mailbox.
    pub fn is_sent_by_fetching(self) -> bool {
        match self {
            MailKind::Claims837 | MailKind::Questions276 => true,
            MailKind::Ta1
            | MailKind::Ack999
            | MailKind::Ack277ca
            | MailKind::Status277
            | MailKind::Remit835
            | MailKind::Note => false,
        }
    }

    pub fn from_text(text: &str) -> Option<MailKind> {
        MailKind::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

/// Whether the partner finds a file in its mailbox, or only beside what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Mailbox = 0,
    Archive = 1,
}

/// A file for a partner, its payload already durable.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// At least this; the row's own id may be higher, so that ids grow in the order in which rows appear and a
    /// reader's cursor passes none.
    pub id: MailId,
    pub partner: String,
    pub kind: MailKind,
    pub file_name: String,
    pub payload: Sealed,
    pub created_at: i64,
    pub submission_id: Option<SubmissionId>,
    pub inbound_id: Option<InboundId>,
    /// What it was made of, as `submission:01J8..:999:1`. The same is never put in twice.
    pub origin: String,
    pub shelf: Shelf,
    /// Of which remittances of the payer's file it holds the submitter's parts, by their places in it.
    pub remittances: Vec<i64>,
}

/// What became of a [`NewMail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    Now(MailId),
    /// There was one of this origin; the new payload belongs to nobody.
    Earlier(MailId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    pub id: MailId,
    pub partner: String,
    pub kind: MailKind,
    pub file_name: String,
    pub payload_id: PayloadId,
    pub bytes: u64,
    pub created_at: i64,
    pub submission_id: Option<SubmissionId>,
    pub inbound_id: Option<InboundId>,
}

const COLUMNS: &str = "id, partner, kind, file_name, payload_id, bytes, created_at, submission_id, inbound_id";
/// Files of one SFTP folder that a listing shows; the newest of them.
const FOLDER_FILES_MAX: u32 = 20_000;
const HANDED_ROWS: usize = 500;

impl Store {
    pub async fn put_mail(&self, mail: &NewMail) -> Result<Posted, StoreError> {
        let mut tx = self.begin().await?;
        let posted = put_mail(&mut tx, mail).await?;
        tx.commit().await.map_err(StoreError::at("put a file into a mailbox"))?;
        Ok(posted)
    }

    /// A partner's mailbox, oldest first. `after` is the reader's cursor: the last id it has seen.
    pub async fn list_mail(
        &self,
        partner: &str,
        after: Option<MailId>,
        kind: Option<MailKind>,
        limit: u32,
    ) -> Result<Vec<MailRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mail
             WHERE partner = ?1 AND id > ?2 AND shelf = 0 AND (?3 IS NULL OR kind = ?3) ORDER BY id LIMIT ?4"
        );
        let rows = query(sql)
            .bind(partner)
            .bind(after.map_or(0, |id| id.0))
            .bind(kind.map(MailKind::as_str))
            .bind(limit)
            .fetch_all(self.quick())
            .await
            .map_err(StoreError::at("list a mailbox"))?;
        rows.iter().map(mail_from).collect()
    }

    /// One file of a partner, whether in its mailbox or beside it.
    pub async fn mail(&self, partner: &str, id: MailId) -> Result<Option<MailRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mail WHERE id = ? AND partner = ?");
        let row = query(sql).bind(id.0).bind(partner).fetch_optional(self.quick()).await;
        row.map_err(StoreError::at("read a file of a mailbox"))?.as_ref().map(mail_from).transpose()
    }

    /// The acknowledgements and notes of a submission, also those its submitter did not ask for, oldest first.
    pub async fn mail_of_submission(&self, id: SubmissionId) -> Result<Vec<MailRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mail WHERE submission_id = ? ORDER BY id");
        let rows = query(sql).bind(id.0).fetch_all(self.quick()).await;
        rows.map_err(StoreError::at("list a submission's acknowledgements"))?.iter().map(mail_from).collect()
    }

    /// The files of some kinds that a login has not hidden, oldest first.
    pub async fn mail_folder(
        &self,
        partner: &str,
        login: &str,
        kinds: &[MailKind],
    ) -> Result<Vec<MailRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mail
             WHERE partner = ?1 AND shelf = 0 AND kind IN (SELECT value FROM list(?2))
               AND NOT EXISTS (SELECT 1 FROM mail_hidden WHERE login = ?3 AND mail_id = mail.id)
             ORDER BY id DESC LIMIT {FOLDER_FILES_MAX}"
        );
        let rows = query(sql)
            .bind(partner)
            .bind(names(kinds))
            .bind(login)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list a folder of a mailbox"))?;
        rows.iter().rev().map(mail_from).collect()
    }

    /// The files of that name among those of [`Store::mail_folder`], oldest first.
    pub async fn mail_named(
        &self,
        partner: &str,
        login: &str,
        kinds: &[MailKind],
        file_name: &str,
    ) -> Result<Vec<MailRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mail
             WHERE partner = ?1 AND file_name = ?2 AND shelf = 0 AND kind IN (SELECT value FROM list(?3))
               AND NOT EXISTS (SELECT 1 FROM mail_hidden WHERE login = ?4 AND mail_id = mail.id)
             ORDER BY id"
        );
        let rows = query(sql)
            .bind(partner)
            .bind(file_name)
            .bind(names(kinds))
            .bind(login)
            .fetch_all(self.quick())
            .await
            .map_err(StoreError::at("find a file of a mailbox"))?;
        rows.iter().map(mail_from).collect()
    }

    /// Hides a file from one login; everyone else still sees it.
    pub async fn hide_mail(&self, login: &str, id: MailId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query("INSERT INTO mail_hidden (login, mail_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(login)
            .bind(id.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("hide a file of a mailbox"))?;
        tx.commit().await.map_err(StoreError::at("hide a file of a mailbox"))
    }
}

impl Store {
    /// A file of one of these origins that its partner finds in its mailbox.
    pub async fn mailbox_file_of(&self, origins: &[&str]) -> Result<Option<MailRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mail WHERE shelf = 0 AND origin IN (SELECT value FROM list(?)) ORDER BY id LIMIT 1"
        );
        let row = query(sql).bind(origins).fetch_optional(self.readers()).await;
        row.map_err(StoreError::at("find a file by its origin"))?.as_ref().map(mail_from).transpose()
    }
}

/// The same inside a transaction of another subject.
pub(super) async fn put_mail(tx: &mut Tx, mail: &NewMail) -> Result<Posted, StoreError> {
    let earlier = query("SELECT id FROM mail WHERE origin = ?").bind(&mail.origin).fetch_optional(&mut *tx);
    if let Some(row) = earlier.await.map_err(StoreError::at("look for a mail's origin"))? {
        return Ok(Posted::Earlier(MailId(row.get(0))));
    }
    add_payload(tx, &mail.payload, mail.created_at).await?;
    let row = query(
        "INSERT INTO mail (id, partner, kind, file_name, payload_id, bytes, created_at, submission_id, inbound_id,
                           origin, shelf)
         VALUES (greatest(?1, COALESCE((SELECT MAX(id) FROM mail), 0) + 1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         RETURNING id",
    )
    .bind(mail.id.0)
    .bind(&mail.partner)
    .bind(mail.kind.as_str())
    .bind(&mail.file_name)
    .bind(mail.payload.id.0)
    .bind(i64::try_from(mail.payload.bytes).unwrap_or(i64::MAX))
    .bind(mail.created_at)
    .bind(mail.submission_id.map(|id| id.0))
    .bind(mail.inbound_id.map(|id| id.0))
    .bind(&mail.origin)
    .bind(mail.shelf as i64)
    .fetch_one(&mut *tx)
    .await
    .map_err(StoreError::at("put a file into a mailbox"))?;
    let id = MailId(row.get(0));
    for places in mail.remittances.chunks(HANDED_ROWS) {
        let mut insert = QueryBuilder::new("INSERT INTO handed_on (mail_id, ordinal) ");
        insert.push_values(places, |row, place| {
            row.push_bind(id.0).push_bind(*place);
        });
        insert.build().execute(&mut *tx).await.map_err(StoreError::at("note what was handed on"))?;
    }
    Ok(Posted::Now(id))
}

fn names(kinds: &[MailKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

pub(super) fn mail_from(row: &Row) -> Result<MailRow, StoreError> {
    let id = MailId(row.get("id"));
    Ok(MailRow {
        id,
        partner: row.get("partner"),
        kind: MailKind::from_text(&row.get::<String>("kind"))
            .ok_or_else(|| StoreError::Damaged { what: format!("mail {id}: kind") })?,
        file_name: row.get("file_name"),
        payload_id: PayloadId(row.get("payload_id")),
        bytes: count(row, "bytes"),
        created_at: row.get("created_at"),
        submission_id: row.get::<Option<i64>>("submission_id").map(SubmissionId),
        inbound_id: row.get::<Option<i64>>("inbound_id").map(InboundId),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        (folder, store)
    }

    fn mail(id: i64, kind: MailKind, origin: &str) -> NewMail {
        NewMail {
            id: MailId(id),
            partner: "acme".into(),
            kind,
            file_name: format!("{origin}.txt"),
            payload: Sealed { id: PayloadId(id + 1000), sha256: [7; 32], bytes: 12, held: crate::store::Held::Apart },
            created_at: 1_800_000_000_000,
            submission_id: Some(SubmissionId(5)),
            inbound_id: None,
            origin: origin.into(),
            shelf: Shelf::Mailbox,
            remittances: Vec::new(),
        }
    }

    #[tokio::test]
    async fn the_same_origin_is_put_in_once() {
        let (_folder, store) = store().await;
        let first = store.put_mail(&mail(10, MailKind::Ack999, "a")).await.unwrap();
        assert_eq!(first, Posted::Now(MailId(10)));
        assert_eq!(store.put_mail(&mail(11, MailKind::Ack999, "a")).await.unwrap(), Posted::Earlier(MailId(10)));
        assert_eq!(store.list_mail("acme", None, None, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_mail_that_appears_later_has_the_higher_id_so_that_no_cursor_passes_it() {
        let (_folder, store) = store().await;
        store.put_mail(&mail(20, MailKind::Ack999, "a")).await.unwrap();
        store.put_mail(&mail(15, MailKind::Ack277ca, "b")).await.unwrap();
        let seen = store.list_mail("acme", Some(MailId(20)), None, 10).await.unwrap();
        assert_eq!(seen.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [MailKind::Ack277ca]);
        assert!(store.list_mail("acme", None, Some(MailKind::Note), 10).await.unwrap().is_empty());
        assert!(store.list_mail("bolt", None, None, 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_hidden_file_is_hidden_from_that_login_only() {
        let (_folder, store) = store().await;
        store.put_mail(&mail(1, MailKind::Ack999, "a")).await.unwrap();
        store.hide_mail("acme", MailId(1)).await.unwrap();
        store.hide_mail("acme", MailId(1)).await.unwrap();
        let kinds = [MailKind::Ack999, MailKind::Note];
        assert!(store.mail_folder("acme", "acme", &kinds).await.unwrap().is_empty());
        assert!(store.mail_named("acme", "acme", &kinds, "a.txt").await.unwrap().is_empty());
        assert_eq!(store.mail_folder("acme", "another", &kinds).await.unwrap().len(), 1);
        assert_eq!(store.mail_named("acme", "another", &kinds, "a.txt").await.unwrap().len(), 1);
        assert_eq!(store.list_mail("acme", None, None, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_was_not_asked_for_is_with_its_submission_and_not_in_the_mailbox() {
        let (_folder, store) = store().await;
        let archived = NewMail { shelf: Shelf::Archive, ..mail(1, MailKind::Ta1, "a") };
        store.put_mail(&archived).await.unwrap();
        assert!(store.list_mail("acme", None, None, 10).await.unwrap().is_empty());
        assert!(store.mail_folder("acme", "acme", &[MailKind::Ta1]).await.unwrap().is_empty());
        assert_eq!(store.mail_of_submission(SubmissionId(5)).await.unwrap().len(), 1);
        assert!(store.mail("acme", MailId(1)).await.unwrap().is_some());
        assert!(store.mail("bolt", MailId(1)).await.unwrap().is_none());
    }
}
