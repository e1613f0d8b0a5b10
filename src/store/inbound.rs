//! Files of payers as they came in, and how far each is worked.

use super::payload_rows::add_payload;
use super::sql::{Row, Tx, query};
use super::{Sealed, Store, StoreError};
use crate::domain::ids::{InboundId, PayloadId};

/// The numbers are the store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboundState {
    /// Kept, and nothing more.
    Received = 0,
    /// Its TA1, 999, 277CA and 277 are worked in; its 835s wait.
    Correlated = 1,
    Done = 2,
    NotX12 = 3,
    /// The same bytes came from the same payer before.
    Repeat = 4,
    /// It is for tests where answers count, or the other way round: nothing of it was applied.
    Held = 5,
}

impl InboundState {
    pub const ALL: [InboundState; 6] = [
        InboundState::Received,
        InboundState::Correlated,
        InboundState::Done,
        InboundState::NotX12,
        InboundState::Repeat,
        InboundState::Held,
    ];

    pub fn from_code(code: i64) -> Option<InboundState> {
        InboundState::ALL.into_iter().find(|state| *state as i64 == code)
    }
}

/// How a payer's file came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboundChannel {
    /// Fetched from the payer's SFTP server.
    Sftp,
    /// Fetched from the payer's HTTPS service.
    Https,
    /// Handed in at `POST /v1/inbound`.
    Api,
    /// Put into the payer's folder of our own SFTP server.
    Hosted,
}

impl InboundChannel {
    pub fn as_str(self) -> &'static str {
        match self {
            InboundChannel::Sftp => "sftp",
            InboundChannel::Https => "https",
            InboundChannel::Api => "api",
            InboundChannel::Hosted => "hosted",
        }
    }
}

/// A file whose bytes are durable, on its way to its row.
#[derive(Clone, Debug)]
pub struct NewInbound {
    pub id: InboundId,
    /// The payer.
    pub partner: String,
    pub channel: InboundChannel,
    pub file_name: String,
    pub received_at: i64,
    pub payload: Sealed,
    /// Where it was collected, so that it is not fetched again.
    pub seen: Option<Seen>,
}

/// A file at a payer, as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    pub remote_path: String,
    pub bytes: i64,
    /// Seconds since 1970; 0 where the payer does not say.
    pub modified_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    New(InboundId),
    /// The same bytes came first as `of`; the payload sealed for this one belongs to nobody.
    Repeat {
        of: InboundId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundRow {
    pub id: InboundId,
    pub partner: String,
    pub channel: String,
    pub file_name: String,
    pub received_at: i64,
    pub payload_id: PayloadId,
    pub bytes: i64,
    pub state: InboundState,
    pub kinds: String,
    pub repeat_of: Option<InboundId>,
    /// What it lacked, and what does not add up in it.
    pub notes: Vec<String>,
    /// Sentences that name submitters: not for the payer.
    pub house_notes: Vec<String>,
    /// Its bytes are no longer kept since.
    pub purged_at: Option<i64>,
}

const COLUMNS: &str = "SELECT id, partner, channel, file_name, received_at, payload_id, bytes, state, kinds, repeat_of,
    notes, house_notes, purged_at FROM inbound ";

impl Store {
    /// Records a file, or that its bytes came before, and with it where it was collected.
    pub async fn add_inbound(&self, new: &NewInbound) -> Result<Recorded, StoreError> {
        let mut tx = self.begin().await?;
        let first = query("SELECT id, payload_id FROM inbound WHERE partner = ? AND sha256 = ? AND state <> 4")
            .bind(&new.partner)
            .bind(&new.payload.sha256[..])
            .fetch_optional(&mut tx)
            .await
            .map_err(StoreError::at("look for the same file"))?;
        let (recorded, payload, state) = match first {
            Some(row) => {
                let of = InboundId(row.get(0));
                (Recorded::Repeat { of }, PayloadId(row.get(1)), InboundState::Repeat)
            }
            None => {
                add_payload(&mut tx, &new.payload, new.received_at).await?;
                (Recorded::New(new.id), new.payload.id, InboundState::Received)
            }
        };
        let repeat_of = match recorded {
            Recorded::New(_) => None,
            Recorded::Repeat { of } => Some(of.0),
        };
        query(
            "INSERT INTO inbound (id, partner, channel, file_name, received_at, payload_id, sha256, bytes, state, repeat_of)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.id.0)
        .bind(&new.partner)
        .bind(new.channel.as_str())
        .bind(&new.file_name)
        .bind(new.received_at)
        .bind(payload.0)
        .bind(&new.payload.sha256[..])
        .bind(i64::try_from(new.payload.bytes).unwrap_or(i64::MAX))
        .bind(state as i64)
        .bind(repeat_of)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("record a payer's file"))?;
        if let Some(seen) = &new.seen {
            add_seen(&mut tx, &new.partner, seen, new.id).await?;
        }
        tx.commit().await.map_err(StoreError::at("record a payer's file"))?;
        Ok(recorded)
    }

    /// The oldest file in this state after `after`.
    pub async fn next_inbound(
        &self,
        state: InboundState,
        after: Option<InboundId>,
    ) -> Result<Option<InboundRow>, StoreError> {
        let sql = format!("{COLUMNS} WHERE state IN (0, 1) AND state = ? AND id > ? ORDER BY id LIMIT 1");
        let row = query(sql).bind(state as i64).bind(after.map_or(-1, |id| id.0)).fetch_optional(self.quick()).await;
        row.map_err(StoreError::at("find a payer's file to work"))?.as_ref().map(inbound_row).transpose()
    }

    pub async fn inbound(&self, id: InboundId) -> Result<Option<InboundRow>, StoreError> {
        let sql = format!("{COLUMNS} WHERE id = ?");
        let row = query(sql).bind(id.0).fetch_optional(self.quick()).await;
        row.map_err(StoreError::at("read a payer's file"))?.as_ref().map(inbound_row).transpose()
    }

    /// Files of payers, newest first; `before` is the last id of the page before.
    pub async fn list_inbound(
        &self,
        partner: Option<&str>,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<InboundRow>, StoreError> {
        let sql = format!("{COLUMNS} WHERE (?1 IS NULL OR partner = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3");
        let rows = query(sql)
            .bind(partner)
            .bind(before.map_or(i64::MAX, |id| id.0))
            .bind(limit)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("list payers' files"))?;
        rows.iter().map(inbound_row).collect()
    }
}

/// Moves a file on; `false` when another worker already did, and the caller's transaction must not commit.
pub(super) async fn move_inbound(
    tx: &mut Tx,
    id: InboundId,
    from: InboundState,
    to: InboundState,
) -> Result<bool, StoreError> {
    let moved = query("UPDATE inbound SET state = ? WHERE id = ? AND state = ?")
        .bind(to as i64)
        .bind(id.0)
        .bind(from as i64)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("move a payer's file on"))?;
    Ok(moved.rows_affected() == 1)
}

async fn add_seen(tx: &mut Tx, partner: &str, seen: &Seen, id: InboundId) -> Result<(), StoreError> {
    query(
        "INSERT INTO collected (partner, remote_path, bytes, modified_at, inbound_id) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(partner)
    .bind(&seen.remote_path)
    .bind(seen.bytes)
    .bind(seen.modified_at)
    .bind(id.0)
    .execute(&mut *tx)
    .await
    .map_err(StoreError::at("record where a file was collected"))?;
    Ok(())
}

fn inbound_row(row: &Row) -> Result<InboundRow, StoreError> {
    let id = InboundId(row.get(0));
    let damaged = |what: &str| StoreError::Damaged { what: format!("inbound {id}: {what}") };
    Ok(InboundRow {
        id,
        partner: row.get(1),
        channel: row.get(2),
        file_name: row.get(3),
        received_at: row.get(4),
        payload_id: PayloadId(row.get(5)),
        bytes: row.get(6),
        state: InboundState::from_code(row.get(7)).ok_or_else(|| damaged("state"))?,
        kinds: row.get(8),
        repeat_of: row.get::<Option<i64>>(9).map(InboundId),
        notes: serde_json::from_str(&row.get::<String>(10)).map_err(|_| damaged("notes"))?,
        house_notes: serde_json::from_str(&row.get::<String>(11)).map_err(|_| damaged("house_notes"))?,
        purged_at: row.get(12),
    })
}
