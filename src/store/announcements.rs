//! What receivers of webhooks are told: one row for each thing, written before it is first sent, so that a repeat after
//! a crash is word for word the same. A receiver's cursor is the last file of its mailbox that has such a row.

use super::alarms::AlarmKey;
use super::mail::{MailKind, MailRow, mail_from};
use super::sql::{Row, Tx, query};
use super::submissions::{count, digest_from};
use super::{Store, StoreError};
use crate::domain::ids::{AlarmId, MailId};

/// The operator's own receiver among those of submitters, whose names are never empty.
pub const OPERATOR: &str = "";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnouncementState {
    Due = 0,
    Taken = 1,
    /// Its time was up; what came later goes on.
    GivenUp = 2,
}

impl AnnouncementState {
    pub fn as_str(self) -> &'static str {
        match self {
            AnnouncementState::Due => "due",
            AnnouncementState::Taken => "taken",
            AnnouncementState::GivenUp => "given_up",
        }
    }

    fn from_code(code: i64) -> Result<AnnouncementState, StoreError> {
        match code {
            0 => Ok(AnnouncementState::Due),
            1 => Ok(AnnouncementState::Taken),
            2 => Ok(AnnouncementState::GivenUp),
            other => Err(StoreError::Damaged { what: format!("announcement state {other}") }),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// A submitter's name, or [`OPERATOR`].
    pub receiver: String,
    /// In the order in which they are told.
    pub id: i64,
    /// The same at each repeat.
    pub message_id: String,
    /// What is sent; empty once it was taken.
    pub body: String,
    pub state: AnnouncementState,
    /// Attempts made since it was written down, or given back by an operator.
    pub attempts: i64,
    /// When the first of them began; before that, since when it waits.
    pub since: i64,
    pub next_at: i64,
    pub lease_until: i64,
    /// Why the last attempt failed.
    pub detail: String,
}

/// A file of a mailbox, as it is announced.
#[derive(Clone, Debug)]
pub struct NewFile {
    pub mail: MailRow,
    pub sha256: [u8; 32],
}

/// An alarm that is announced to the operator.
#[derive(Clone, Copy, Debug)]
pub enum AlarmNews<'a> {
    Raised { key: &'a AlarmKey, text: &'a str },
    Cleared { key: &'a AlarmKey },
}

const COLUMNS: &str = "receiver, id, message_id, body, state, attempts, since, next_at, lease_until, detail";

impl Store {
    /// The first thing that this receiver has not taken, if there is any.
    pub async fn first_announcement(&self, receiver: &str) -> Result<Option<Announcement>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM announcement WHERE state IN (0, 2) AND receiver = ? AND state = 0 ORDER BY id LIMIT 1"
        );
        let row = query(sql).bind(receiver).fetch_optional(self.quick()).await;
        row.map_err(StoreError::at("find what is to be announced"))?.as_ref().map(announcement).transpose()
    }

    /// Files of the mailbox behind the cursor, the oldest first. A receiver that is new here begins with the next
    /// file: its cursor is set behind all that are there.
    pub async fn files_to_announce(
        &self,
        receiver: &str,
        kinds: &[MailKind],
        limit: u32,
    ) -> Result<Vec<NewFile>, StoreError> {
        let step = || StoreError::at("find files to announce");
        let cursor = query("SELECT mail_id FROM announced WHERE receiver = ?")
            .bind(receiver)
            .fetch_optional(self.readers())
            .await
            .map_err(step())?;
        let Some(cursor) = cursor else {
            self.begin_announcing(receiver).await?;
            return Ok(Vec::new());
        };
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
        let rows = query(
            "SELECT m.id, m.partner, m.kind, m.file_name, m.payload_id, m.bytes, m.created_at, m.submission_id,
                    m.inbound_id, p.sha256
             FROM mail m JOIN payload p ON p.id = m.payload_id
             WHERE m.partner = ?1 AND m.id > ?2 AND m.shelf = 0 AND m.kind IN (SELECT value FROM list(?3))
             ORDER BY m.id LIMIT ?4",
        )
        .bind(receiver)
        .bind(cursor.get::<i64>(0))
        .bind(kinds)
        .bind(limit)
        .fetch_all(self.readers())
        .await
        .map_err(step())?;
        let damaged = || StoreError::Damaged { what: "the digest of a payload".to_string() };
        let file = |row: &Row| {
            let sha256 = digest_from(&row.get::<Vec<u8>>("sha256")).ok_or_else(damaged)?;
            Ok(NewFile { mail: mail_from(row)?, sha256 })
        };
        rows.iter().map(file).collect()
    }

    async fn begin_announcing(&self, receiver: &str) -> Result<(), StoreError> {
        let step = || StoreError::at("begin to announce");
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO announced (receiver, mail_id)
             VALUES (?1, (SELECT coalesce(MAX(id), 0) FROM mail WHERE partner = ?1)) ON CONFLICT DO NOTHING",
        )
        .bind(receiver)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())
    }

    /// Writes down what is told of files, oldest first, and moves the cursor behind them.
    pub async fn add_announcements(
        &self,
        receiver: &str,
        files: &[(MailId, String)],
        now: i64,
    ) -> Result<(), StoreError> {
        let step = || StoreError::at("write down what is to be announced");
        let Some((last, _)) = files.last() else { return Ok(()) };
        let mut tx = self.begin().await?;
        for (mail, body) in files {
            let message = format!("mail_{mail}");
            add(&mut tx, NewAnnouncement { receiver, id: mail.0, message, body, now }).await?;
        }
        query("UPDATE announced SET mail_id = greatest(mail_id, ?2) WHERE receiver = ?1")
            .bind(receiver)
            .bind(last.0)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())
    }

    /// Gives it to the caller, who is the one to send it until the lease ends; `None` when it is not due, or another
    /// sends it. The attempt that begins is counted, and with the first of them the time that it has for all.
    pub async fn lease_announcement(
        &self,
        one: &Announcement,
        node: u8,
        now: i64,
        until: i64,
    ) -> Result<Option<Announcement>, StoreError> {
        let step = || StoreError::at("take what is to be announced");
        let mut tx = self.begin_beside().await?;
        let sql = format!(
            "UPDATE announcement SET lease_until = ?3, lease_node = ?5, attempts = attempts + 1,
                 since = CASE WHEN attempts = 0 THEN ?4 ELSE since END
             WHERE receiver = ?1 AND id = ?2 AND state = 0 AND next_at <= ?4 AND lease_until <= ?4 RETURNING {COLUMNS}"
        );
        let leased = query(sql)
            .bind(&one.receiver)
            .bind(one.id)
            .bind(until)
            .bind(now)
            .bind(node)
            .fetch_optional(&mut tx)
            .await
            .map_err(step())?;
        tx.commit().await.map_err(step())?;
        leased.as_ref().map(announcement).transpose()
    }

    /// The receiver has it.
    pub async fn announcement_taken(&self, one: &Announcement, now: i64) -> Result<(), StoreError> {
        let sql = "UPDATE announcement SET state = 1, body = '', detail = '', next_at = ?3, lease_until = 0
                   WHERE receiver = ?1 AND id = ?2";
        self.end_attempt(sql, one, now, "").await
    }

    /// It will be told again at `next_at`.
    pub async fn announcement_failed(&self, one: &Announcement, next_at: i64, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE announcement SET next_at = ?3, lease_until = 0, detail = ?4
                   WHERE receiver = ?1 AND id = ?2 AND state = 0";
        self.end_attempt(sql, one, next_at, why).await
    }

    /// Its time is up.
    pub async fn announcement_given_up(&self, one: &Announcement, now: i64, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE announcement SET state = 2, next_at = ?3, lease_until = 0, detail = ?4
                   WHERE receiver = ?1 AND id = ?2 AND state = 0";
        self.end_attempt(sql, one, now, why).await
    }

    async fn end_attempt(&self, sql: &'static str, one: &Announcement, at: i64, why: &str) -> Result<(), StoreError> {
        let step = || StoreError::at("record what became of an announcement");
        let mut tx = self.begin_beside().await?;
        let mut ended = query(sql).bind(&one.receiver).bind(one.id).bind(at);
        if sql.contains("?4") {
            ended = ended.bind(why);
        }
        ended.execute(&mut tx).await.map_err(step())?;
        tx.commit().await.map_err(step())
    }

    /// Makes due now what waits for its next try, and what was given up, each with all its tries before it; how many
    /// there were.
    pub async fn retry_announcements(&self, receiver: &str, now: i64) -> Result<u64, StoreError> {
        let step = || StoreError::at("announce again");
        let mut tx = self.begin().await?;
        let again = query(
            "UPDATE announcement SET state = 0, next_at = ?2, since = ?2, attempts = 0 WHERE receiver = ?1 AND state IN (0, 2)
             AND lease_until <= ?2",
        )
        .bind(receiver)
        .bind(now)
        .execute(&mut tx)
        .await
        .map_err(step())?;
        tx.commit().await.map_err(step())?;
        Ok(again.rows_affected())
    }

    /// What is not taken, receiver by receiver in order.
    pub async fn open_announcements(&self, limit: u32) -> Result<Vec<Announcement>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM announcement WHERE state IN (0, 2) ORDER BY receiver, id LIMIT ?");
        let rows = query(sql).bind(limit).fetch_all(self.readers()).await;
        rows.map_err(StoreError::at("list announcements"))?.iter().map(announcement).collect()
    }

    /// Receivers that something could not be told since `failing_since`, with how much waits or was given up, and why.
    pub async fn deaf_receivers(&self, failing_since: i64) -> Result<Vec<(String, i64, String)>, StoreError> {
        let rows = query(
            "SELECT receiver, COUNT(*), MAX(detail) FROM announcement
             WHERE state IN (0, 2) AND (state = 2 OR (attempts > 0 AND detail <> '' AND since < ?))
             GROUP BY receiver ORDER BY receiver",
        )
        .bind(failing_since)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("look for receivers that hear nothing"))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }
}

/// Tells the operator of alarms, in the transaction that sets them.
pub(super) async fn add_alarm_news(tx: &mut Tx, id: AlarmId, body: &str, now: i64) -> Result<(), StoreError> {
    let message = format!("alarm_{id}");
    add(tx, NewAnnouncement { receiver: OPERATOR, id: id.0, message, body, now }).await
}

struct NewAnnouncement<'a> {
    receiver: &'a str,
    id: i64,
    message: String,
    body: &'a str,
    now: i64,
}

async fn add(tx: &mut Tx, new: NewAnnouncement<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO announcement (receiver, id, message_id, body, state, since, next_at) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?5)
         ON CONFLICT DO NOTHING",
    )
    .bind(new.receiver)
    .bind(new.id)
    .bind(new.message)
    .bind(new.body)
    .bind(new.now)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("write down what is to be announced"))?;
    Ok(())
}

fn announcement(row: &Row) -> Result<Announcement, StoreError> {
    Ok(Announcement {
        receiver: row.get("receiver"),
        id: row.get("id"),
        message_id: row.get("message_id"),
        body: row.get("body"),
        state: AnnouncementState::from_code(row.get("state"))?,
        attempts: i64::try_from(count(row, "attempts")).unwrap_or(i64::MAX),
        since: row.get("since"),
        next_at: row.get("next_at"),
        lease_until: row.get("lease_until"),
        detail: row.get("detail"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::PayloadId;
    use crate::store::Sealed;
    use crate::store::mail::{NewMail, Shelf};

    const KINDS: &[MailKind] = &[MailKind::Ack999, MailKind::Remit835];

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        (folder, store)
    }

    async fn put(store: &Store, id: i64, kind: MailKind) {
        let mail = NewMail {
            id: MailId(id),
            partner: "acme".into(),
            kind,
            file_name: format!("{id}.x12"),
            payload: Sealed { id: PayloadId(id + 1000), sha256: [7; 32], bytes: 12, held: crate::store::Held::Apart },
            created_at: 5,
            submission_id: None,
            inbound_id: None,
            origin: format!("{id}"),
            shelf: Shelf::Mailbox,
            remittances: Vec::new(),
        };
        store.put_mail(&mail).await.unwrap();
    }

    async fn write_down(store: &Store) -> Vec<i64> {
        let files = store.files_to_announce("acme", KINDS, 10).await.unwrap();
        let bodies: Vec<_> = files.iter().map(|file| (file.mail.id, format!("{{\"n\":{}}}", file.mail.id.0))).collect();
        store.add_announcements("acme", &bodies, 10).await.unwrap();
        files.iter().map(|file| file.mail.id.0).collect()
    }

    #[tokio::test]
    async fn a_new_receiver_is_told_of_what_comes_after_it_and_only_of_its_kinds() {
        let (_folder, store) = store().await;
        put(&store, 1, MailKind::Ack999).await;
        assert!(write_down(&store).await.is_empty(), "what came before it was set up");
        put(&store, 2, MailKind::Ack999).await;
        put(&store, 3, MailKind::Note).await;
        put(&store, 4, MailKind::Remit835).await;
        assert_eq!(write_down(&store).await, [2, 4]);
        assert!(write_down(&store).await.is_empty(), "the cursor is behind them");
    }

    #[tokio::test]
    async fn what_is_not_taken_stays_first_until_it_is_given_up_and_can_be_told_again() {
        let (_folder, store) = store().await;
        write_down(&store).await;
        put(&store, 2, MailKind::Ack999).await;
        put(&store, 4, MailKind::Remit835).await;
        write_down(&store).await;
        let first = store.first_announcement("acme").await.unwrap().unwrap();
        assert_eq!((first.message_id.as_str(), first.attempts), ("mail_000000000002", 0));
        let leased = store.lease_announcement(&first, 0, 20, 100).await.unwrap().unwrap();
        assert_eq!((leased.attempts, leased.since), (1, 20));
        assert_eq!(store.lease_announcement(&first, 0, 50, 150).await.unwrap(), None, "two at once");
        store.announcement_failed(&first, 60, "refused").await.unwrap();
        assert_eq!(store.first_announcement("acme").await.unwrap().unwrap().id, 2);
        assert_eq!(store.lease_announcement(&first, 0, 59, 150).await.unwrap(), None, "before its time");
        assert!(store.deaf_receivers(20).await.unwrap().is_empty());
        assert_eq!(store.deaf_receivers(21).await.unwrap(), [("acme".to_string(), 1, "refused".to_string())]);
        store.announcement_given_up(&first, 70, "refused").await.unwrap();
        let second = store.first_announcement("acme").await.unwrap().unwrap();
        assert_eq!(second.id, 4);
        store.announcement_taken(&second, 71).await.unwrap();
        assert_eq!(store.first_announcement("acme").await.unwrap(), None);
        assert_eq!(store.open_announcements(10).await.unwrap().len(), 1);
        assert_eq!(store.retry_announcements("acme", 80).await.unwrap(), 1);
        let again = store.first_announcement("acme").await.unwrap().unwrap();
        assert_eq!((again.id, again.since, again.attempts, again.body), (2, 80, 0, first.body));
    }

    #[tokio::test]
    async fn the_time_of_each_begins_with_its_own_first_try_however_long_it_stood_behind_others() {
        let (_folder, store) = store().await;
        write_down(&store).await;
        put(&store, 2, MailKind::Ack999).await;
        put(&store, 4, MailKind::Remit835).await;
        write_down(&store).await;
        let first = store.first_announcement("acme").await.unwrap().unwrap();
        let tried = store.lease_announcement(&first, 0, 100, 200).await.unwrap().unwrap();
        store.announcement_failed(&tried, 150, "refused").await.unwrap();
        let tried = store.lease_announcement(&first, 0, 160, 260).await.unwrap().unwrap();
        assert_eq!((tried.attempts, tried.since), (2, 100));
        store.announcement_given_up(&tried, 1_000, "refused").await.unwrap();
        let second = store.first_announcement("acme").await.unwrap().unwrap();
        let tried = store.lease_announcement(&second, 0, 1_001, 1_100).await.unwrap().unwrap();
        assert_eq!((tried.id, tried.attempts, tried.since), (4, 1, 1_001), "its time ran while another was told");
    }

    #[tokio::test]
    async fn a_gateway_that_starts_again_is_not_kept_from_what_it_was_telling_and_takes_nothing_of_another() {
        let (_folder, store) = store().await;
        write_down(&store).await;
        put(&store, 2, MailKind::Ack999).await;
        write_down(&store).await;
        let one = store.first_announcement("acme").await.unwrap().unwrap();
        assert!(store.lease_announcement(&one, 3, 20, 90_000).await.unwrap().is_some());
        store.end_leases(4).await.unwrap();
        assert_eq!(store.lease_announcement(&one, 4, 30, 90_000).await.unwrap(), None, "another tells it");
        store.end_leases(3).await.unwrap();
        let again = store.lease_announcement(&one, 3, 40, 90_000).await.unwrap().expect("nobody tells it");
        assert_eq!((again.attempts, again.since), (2, 20));
    }
}
