//! Why a file was not taken in. `Display` is the sentence for the partner; what went wrong here is `source`.

use crate::domain::ids::SubmissionId;
use crate::pipeline::StageError;
use crate::store::PayloadError;

#[derive(Debug, thiserror::Error)]
pub enum IntakeRefusal {
    #[error("{partner} is switched off at this gateway: ask its operator to set active = true in the partner's file")]
    NotActive { partner: String },
    #[error("too many files in a short time: try again in {wait_seconds} seconds")]
    TooOften { wait_seconds: u64 },
    #[error("the file is empty: send an X12 file, which begins with ISA")]
    Empty,
    #[error("files have at most {bytes_max} bytes: send this one in parts, each a complete X12 interchange")]
    TooLarge { bytes_max: u64 },
    #[error("the Idempotency-Key cannot be used: 1 to {characters_max} letters, digits and signs are expected")]
    KeyForm { characters_max: usize },
    #[error("the Idempotency-Key was used for submission {first} with other bytes: send these under a new key")]
    KeyReused { first: SubmissionId },
    #[error("there is no room for the file here at present: nothing of it was kept, please send it again later")]
    DiskFull { source: PayloadError },
    #[error("the file could not be kept here: nothing of it was kept, please send it again")]
    Trouble { source: StageError },
}

impl IntakeRefusal {
    /// Our own trouble, which the operator has to hear of; the others are for the partner alone.
    pub fn is_ours(&self) -> bool {
        match self {
            IntakeRefusal::DiskFull { .. } | IntakeRefusal::Trouble { .. } => true,
            IntakeRefusal::NotActive { .. }
            | IntakeRefusal::TooOften { .. }
            | IntakeRefusal::Empty
            | IntakeRefusal::TooLarge { .. }
            | IntakeRefusal::KeyForm { .. }
            | IntakeRefusal::KeyReused { .. } => false,
        }
    }
}

impl From<PayloadError> for IntakeRefusal {
    fn from(error: PayloadError) -> IntakeRefusal {
        match error {
            full @ PayloadError::DiskFull { .. } => IntakeRefusal::DiskFull { source: full },
            other @ (PayloadError::Url { .. }
            | PayloadError::MasterKey { .. }
            | PayloadError::MasterKeyForm { .. }
            | PayloadError::Folder { .. }
            | PayloadError::Write { .. }
            | PayloadError::Missing { .. }
            | PayloadError::Read { .. }
            | PayloadError::Damaged { .. }
            | PayloadError::OtherKey { .. }) => IntakeRefusal::Trouble { source: other.into() },
        }
    }
}

impl From<StageError> for IntakeRefusal {
    fn from(source: StageError) -> IntakeRefusal {
        IntakeRefusal::Trouble { source }
    }
}
