//! Files of a mailbox as a folder shows them. A mailbox may hold two files of one name; the later is shown
//! with its id in front, so that each can be fetched.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use crate::domain::error_chain;
use crate::domain::ids::{MailId, PayloadId};
use crate::link::sftp_server::{FileEntry, ReadAt};
use crate::pipeline::{Gateway, StageError, deliver};
use crate::store::PayloadReader;
use crate::store::mail::{MailKind, MailRow};

/// A folder's files, oldest first, each name once.
pub(super) fn entries(files: &[MailRow]) -> Vec<FileEntry> {
    let mut seen = HashSet::new();
    let entry = |file: &MailRow| {
        let name = match seen.insert(file.file_name.clone()) {
            true => file.file_name.clone(),
            false => format!("{}_{}", file.id, file.file_name),
        };
        FileEntry { name, bytes: file.bytes, modified_ms: file.created_at }
    };
    files.iter().map(entry).collect()
}

/// The file that [`entries`] shows under this name.
pub(super) async fn find(
    gateway: &Gateway,
    login: &str,
    reader: &str,
    kinds: &[MailKind],
    name: &str,
) -> Result<Option<MailRow>, StageError> {
    let named = gateway.store.mail_named(login, reader, kinds, name).await?;
    if let Some(file) = named.into_iter().next() {
        return Ok(Some(file));
    }
    let Some((id, plain)) = name.split_once('_') else { return Ok(None) };
    let Ok(id) = id.parse::<MailId>() else { return Ok(None) };
    let named = gateway.store.mail_named(login, reader, kinds, plain).await?;
    Ok(named.into_iter().find(|file| file.id == id))
}

/// A payload being fetched.
pub(super) struct Fetched {
    bytes: u64,
    reader: Mutex<PayloadReader>,
    /// Told once, when the last byte was read.
    at_end: Mutex<Option<AtEnd>>,
}

type AtEnd = Box<dyn FnOnce() + Send>;

impl Fetched {
    pub(super) fn new(reader: PayloadReader) -> Fetched {
        Fetched { bytes: reader.len(), reader: Mutex::new(reader), at_end: Mutex::new(None) }
    }

    /// The same for claims that a hosted payer fetches: with their last byte their batch is sent.
    pub(super) fn of_claims(reader: PayloadReader, gateway: Arc<Gateway>, payload: PayloadId) -> Fetched {
        let runtime = Handle::current();
        let sent = move || {
            runtime.spawn(async move {
                if let Err(error) = deliver::fetched(&gateway, payload).await {
                    tracing::error!(%payload, error = error_chain(&error), "a fetched batch is not recorded as sent");
                }
            });
        };
        Fetched { at_end: Mutex::new(Some(Box::new(sent))), ..Fetched::new(reader) }
    }
}

impl ReadAt for Fetched {
    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        // A reader whose thread panicked forgets only which frame it had open.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = reader.read_range(offset, len as u64).map_err(io::Error::other)?;
        if offset + bytes.len() as u64 >= self.bytes {
            let at_end = self.at_end.lock().unwrap_or_else(PoisonError::into_inner).take();
            at_end.into_iter().for_each(|tell| tell());
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_shown_with_its_id_the_second_time() {
        let file = |id, name: &str| MailRow {
            id: MailId(id),
            partner: "acme".into(),
            kind: MailKind::Ack999,
            file_name: name.into(),
            payload_id: PayloadId(id),
            bytes: 10,
            created_at: 5,
            submission_id: None,
            inbound_id: None,
        };
        let shown = entries(&[file(1, "a.999"), file(2, "b.999"), file(3, "a.999")]);
        let names: Vec<_> = shown.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a.999", "b.999", "000000000003_a.999"]);
    }
}
