//! A file that a client is fetching: read in large pieces off the runtime's threads, the next one while the
//! client takes this one, so that speed does not hang on the size of the client's requests.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::host::{ReadAt, SftpRefusal};

const PIECE_BYTES: usize = 1024 * 1024;

struct Piece {
    offset: u64,
    data: Vec<u8>,
}

impl Piece {
    fn at(&self, offset: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        self.data.get(start..).filter(|rest| !rest.is_empty())
    }
}

pub(super) struct Fetch {
    source: Arc<dyn ReadAt>,
    piece: Piece,
    /// The piece behind `piece`, being read: its offset.
    next: Option<(u64, JoinHandle<io::Result<Piece>>)>,
}

impl Fetch {
    pub(super) fn new(source: Box<dyn ReadAt>) -> Fetch {
        Fetch { source: Arc::from(source), piece: Piece { offset: 0, data: Vec::new() }, next: None }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.source.bytes()
    }

    /// `len` bytes from `offset`, fewer only at the end of the file; `None` behind it. Clients that ask ahead
    /// take an answer that is short in the middle of a file for its end, or for damage.
    pub(super) async fn read(&mut self, offset: u64, len: usize) -> Result<Option<Vec<u8>>, SftpRefusal> {
        let mut data = Vec::with_capacity(len);
        while data.len() < len {
            let at = offset.saturating_add(data.len() as u64);
            if at >= self.source.bytes() {
                break;
            }
            if self.piece.at(at).is_none() {
                self.piece = self.load(at).await.map_err(|error| {
                    tracing::error!(%error, "a file being fetched over SFTP could not be read");
                    SftpRefusal::failure("the file could not be read here; please try again")
                })?;
            }
            // Nothing there: the source is shorter than it said.
            let Some(rest) = self.piece.at(at) else { break };
            data.extend_from_slice(&rest[..rest.len().min(len - data.len())]);
        }
        Ok((!data.is_empty()).then_some(data))
    }

    /// The piece at `offset`, and a start on the one behind it.
    async fn load(&mut self, offset: u64) -> io::Result<Piece> {
        let ahead = match self.next.take() {
            Some((start, reading)) if start == offset => reading,
            _ => self.start(offset),
        };
        let piece = ahead.await.map_err(io::Error::other)??;
        let behind = piece.offset + piece.data.len() as u64;
        if !piece.data.is_empty() && behind < self.source.bytes() {
            self.next = Some((behind, self.start(behind)));
        }
        Ok(piece)
    }

    fn start(&self, offset: u64) -> JoinHandle<io::Result<Piece>> {
        let source = self.source.clone();
        tokio::task::spawn_blocking(move || Ok(Piece { offset, data: source.read_at(offset, PIECE_BYTES)? }))
    }
}
