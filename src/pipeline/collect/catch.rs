//! Catches a file as it comes from a payer: sealed at once, its first and last bytes kept to judge it by.

use std::io::{self, Write};

use super::plan::{Look, look};
use crate::domain::ids::PayloadId;
use crate::store::{PayloadError, PayloadStore, PayloadWriter, Sealed};

const HEAD_BYTES: usize = 256;
const TAIL_BYTES: usize = 256;

pub(super) struct Catch {
    writer: PayloadWriter,
    head: Vec<u8>,
    tail: Vec<u8>,
    failed: Option<PayloadError>,
}

impl Catch {
    pub(super) fn begin(payloads: &PayloadStore, id: PayloadId) -> Catch {
        Catch { writer: payloads.create(id), head: Vec::new(), tail: Vec::new(), failed: None }
    }

    pub(super) fn finish(self) -> Result<(Sealed, Look), PayloadError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let look = look(&self.head, &self.tail);
        Ok((self.writer.finish()?, look))
    }

    /// Our own trouble, which the link took for an end of its sink.
    pub(super) fn failure(&mut self) -> Option<PayloadError> {
        self.failed.take()
    }
}

impl Write for Catch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.writer.write(bytes) {
            let said = io::Error::other(error.to_string());
            self.failed = Some(error);
            return Err(said);
        }
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL_BYTES)..]);
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
