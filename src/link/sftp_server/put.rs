//! A file that a client is putting: its writes are gathered and handed to the [`Upload`] in batches off the
//! runtime's threads, so that speed does not hang on the size of the client's packets. No thread waits for a
//! slow client, and a fast one waits when it is too far ahead of the disk.

use tokio::task::JoinHandle;

use super::host::{SftpRefusal, Upload};

/// A batch is handed over when it has so many bytes.
const BATCH_BYTES: usize = 512 * 1024;
/// How far a client may be ahead of a batch under way before it is made to wait.
const AHEAD_BYTES_MAX: usize = 2 * 1024 * 1024;

type Chunk = (u64, Vec<u8>);

/// What a batch leaves: the upload, unless a write was refused. A refused upload is dropped where it was
/// written, as that may block.
type Written = Result<Box<dyn Upload>, SftpRefusal>;

enum State {
    Idle(Box<dyn Upload>),
    Writing(JoinHandle<Written>),
    Refused(SftpRefusal),
}

pub(super) struct Put {
    state: Option<State>,
    gathered: Vec<Chunk>,
    gathered_bytes: usize,
    bytes_max: u64,
    /// The end of the furthest write.
    bytes: u64,
}

impl Put {
    pub(super) fn new(upload: Box<dyn Upload>, bytes_max: u64) -> Put {
        Put { state: Some(State::Idle(upload)), gathered: Vec::new(), gathered_bytes: 0, bytes_max, bytes: 0 }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes a write. An error may be of an earlier one; after an error all that follow get the same.
    pub(super) async fn write(&mut self, offset: u64, data: Vec<u8>) -> Result<(), SftpRefusal> {
        let end = offset.saturating_add(data.len() as u64);
        if end > self.bytes_max {
            let refusal = SftpRefusal::failure(format!(
                "files have at most {} bytes; send this one in parts, each a complete X12 interchange",
                self.bytes_max
            ));
            self.refuse(refusal.clone()).await;
            return Err(refusal);
        }
        self.bytes = self.bytes.max(end);
        self.gathered_bytes += data.len();
        self.gathered.push((offset, data));
        if self.gathered_bytes < BATCH_BYTES {
            return self.refused();
        }
        match &self.state {
            Some(State::Writing(batch)) if !batch.is_finished() && self.gathered_bytes < AHEAD_BYTES_MAX => Ok(()),
            _ => self.hand_over().await,
        }
    }

    /// Writes what is gathered and makes it durable. The answer to the client's close.
    pub(super) async fn close(mut self) -> Result<(), SftpRefusal> {
        if !self.gathered.is_empty() {
            self.hand_over().await?;
        }
        self.settle().await;
        match self.state.take() {
            Some(State::Idle(upload)) => upload.close().await,
            Some(State::Refused(refusal)) => Err(refusal),
            Some(State::Writing(_)) | None => Err(broken()),
        }
    }

    fn refused(&self) -> Result<(), SftpRefusal> {
        match &self.state {
            Some(State::Refused(refusal)) => Err(refusal.clone()),
            Some(State::Idle(_) | State::Writing(_)) | None => Ok(()),
        }
    }

    /// Waits for the batch under way and starts the gathered one.
    async fn hand_over(&mut self) -> Result<(), SftpRefusal> {
        self.settle().await;
        let batch = std::mem::take(&mut self.gathered);
        self.gathered_bytes = 0;
        match self.state.take() {
            Some(State::Idle(upload)) => {
                self.state = Some(State::Writing(tokio::task::spawn_blocking(move || write_all(upload, &batch))));
                Ok(())
            }
            Some(State::Refused(refusal)) => {
                self.state = Some(State::Refused(refusal.clone()));
                Err(refusal)
            }
            Some(State::Writing(_)) | None => Err(broken()),
        }
    }

    /// Waits for the batch under way.
    async fn settle(&mut self) {
        // Taken out only when it has ended: if this future is dropped while it waits, nothing is lost.
        if let Some(State::Writing(batch)) = &mut self.state {
            let written = batch.await;
            self.state = Some(match written {
                Ok(Ok(upload)) => State::Idle(upload),
                Ok(Err(refusal)) => State::Refused(refusal),
                // The writer panicked or the runtime is going down.
                Err(_) => State::Refused(broken()),
            });
        }
    }

    async fn refuse(&mut self, refusal: SftpRefusal) {
        self.settle().await;
        self.gathered = Vec::new();
        self.gathered_bytes = 0;
        if let Some(State::Idle(upload)) = self.state.replace(State::Refused(refusal)) {
            abandon(upload);
        }
    }
}

impl Drop for Put {
    /// The connection was cut: the upload is abandoned, off the runtime's threads.
    fn drop(&mut self) {
        if let Some(State::Idle(upload)) = self.state.take() {
            abandon(upload);
        }
    }
}

/// Dropping an upload may remove a file.
fn abandon(upload: Box<dyn Upload>) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => {
            runtime.spawn_blocking(move || drop(upload));
        }
        Err(_) => drop(upload),
    }
}

fn write_all(mut upload: Box<dyn Upload>, batch: &[Chunk]) -> Written {
    for (offset, data) in batch {
        upload.write_at(*offset, data)?;
    }
    Ok(upload)
}

fn broken() -> SftpRefusal {
    SftpRefusal::failure("the file could not be written here; nothing of it was kept, please send it again")
}
