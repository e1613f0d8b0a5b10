//! The submissions that a batch's claims stand in: kept open while their claims come by, and read with the
//! delimiters of the interchange that a claim stands in.

use std::collections::HashMap;
use std::io;

use crate::domain::ids::SubmissionId;
use crate::pipeline::StageError;
use crate::pipeline::opener::Opener;
use crate::store::batches::{BatchClaim, Range};
use crate::store::{PayloadError, PayloadReader};
use crate::x12::{Delimiters, Reader, Token};

#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    #[error("a submission's payload failed")]
    Payload(#[from] PayloadError),
    #[error("a submission's payload could not be opened")]
    Open(#[from] StageError),
    #[error("a submission's payload could not be read")]
    Read { source: io::Error },
    #[error("submission {submission} has no interchange header before byte {offset}, where a claim stands")]
    NoHeader { submission: SubmissionId, offset: u64 },
}

/// Each holds one frame.
const OPEN_MAX: usize = 16;

pub(super) struct Sources<'a> {
    opener: &'a Opener,
    open: HashMap<SubmissionId, Source>,
    /// Counts the uses, so that the one unused for longest is closed.
    uses: u64,
}

struct Source {
    reader: PayloadReader,
    /// Where each interchange begins, and what it is written with; never empty.
    headers: Vec<(u64, Delimiters)>,
    used: u64,
}

impl Sources<'_> {
    pub fn new(opener: &Opener) -> Sources<'_> {
        Sources { opener, open: HashMap::new(), uses: 0 }
    }

    /// The bytes of a range of the submission that `claim` came in, and the delimiters they are written with.
    pub fn read(&mut self, claim: &BatchClaim, range: Range) -> Result<(Vec<u8>, Delimiters), SourceError> {
        let submission = claim.submission_id;
        self.uses += 1;
        if !self.open.contains_key(&submission) {
            self.make_room();
            let source = Source::open(self.opener, claim)?;
            self.open.insert(submission, source);
        }
        let source = self.open.get_mut(&submission).expect("opened above");
        source.used = self.uses;
        let header = source.headers.iter().rev().find(|(offset, _)| *offset <= range.offset);
        let &(_, delimiters) = header.ok_or(SourceError::NoHeader { submission, offset: range.offset })?;
        Ok((source.reader.read_range(range.offset, range.bytes)?, delimiters))
    }

    fn make_room(&mut self) {
        if self.open.len() < OPEN_MAX {
            return;
        }
        let oldest = self.open.iter().min_by_key(|(_, source)| source.used).map(|(&submission, _)| submission);
        if let Some(oldest) = oldest {
            self.open.remove(&oldest);
        }
    }
}

impl Source {
    fn open(opener: &Opener, claim: &BatchClaim) -> Result<Source, SourceError> {
        let first_only = claim.interchanges == 1;
        let mut reader = opener.open(claim.payload_id)?;
        let headers = headers(&mut reader, first_only).map_err(|source| SourceError::Read { source })?;
        Ok(Source { reader, headers, used: 0 })
    }
}

/// Nearly all submissions hold one interchange, and need not be read to their end for this.
fn headers(input: &mut PayloadReader, first_only: bool) -> io::Result<Vec<(u64, Delimiters)>> {
    let mut reader = Reader::new(input);
    let mut found = Vec::new();
    while let Some(token) = reader.next()? {
        match token {
            Token::Isa(isa) => found.push((isa.offset, isa.delimiters)),
            Token::Segment(_) | Token::Damage(_) => continue,
        }
        if first_only {
            break;
        }
    }
    Ok(found)
}
