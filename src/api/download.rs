//! A kept file on its way to whoever asked for it, frame by frame, so that a large one needs little memory.

use std::io;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;

use super::problem::Problem;
use crate::domain::ids::PayloadId;
use crate::domain::limits::FRAME_BYTES;
use crate::pipeline::Gateway;
use crate::pipeline::gateway::blocking;
use crate::store::{PayloadError, PayloadReader};

/// How many bytes it has, and its frames. The first is opened before this returns, so that a damaged file is an error and
/// no stub.
pub(super) async fn frames_of(
    gateway: &Arc<Gateway>,
    payload: PayloadId,
) -> Result<(u64, impl Stream<Item = Result<Vec<u8>, io::Error>> + Send + use<>), Problem> {
    let reader = gateway.open_payload(payload).await?;
    let bytes = reader.len();
    let first = blocking(move || Frames::open(reader)).await??;
    Ok((bytes, unfold(Some(first), step)))
}

/// What is left of a file.
struct Frames {
    reader: PayloadReader,
    ready: Option<Vec<u8>>,
    position: u64,
}

impl Frames {
    fn open(mut reader: PayloadReader) -> Result<Frames, PayloadError> {
        let ready = Some(reader.read_range(0, FRAME_BYTES as u64)?);
        Ok(Frames { reader, ready, position: 0 })
    }

    /// Opens the one after it beside.
    fn next(&mut self) -> Option<Vec<u8>> {
        let frame = self.ready.take()?;
        self.position += frame.len() as u64;
        if self.position < self.reader.len() {
            match self.reader.read_range(self.position, FRAME_BYTES as u64) {
                Ok(following) => self.ready = Some(following),
                Err(error) => tracing::error!(%error, "a file that is being handed out is damaged"),
            }
        }
        Some(frame)
    }
}

/// Off the runtime's threads.
async fn step(frames: Option<Frames>) -> Option<(Result<Vec<u8>, io::Error>, Option<Frames>)> {
    let mut frames = frames?;
    match blocking(move || frames.next().map(|frame| (frame, frames))).await {
        Ok(Some((frame, frames))) => Some((Ok(frame), Some(frames))),
        Ok(None) => None,
        Err(error) => Some((Err(io::Error::other(error)), None)),
    }
}
