//! Why a file was not taken in. `Display` is the sentence for the partner; what went wrong here is `source`.

use crate::domain::ids::SubmissionId;
use crate::pipeline::StageError;
use crate::store::PayloadError;

#[derive(Debug, thiserror::Error)]
pub enum IntakeRefusal {
    #[error("{partner} is switched off at this gateway: ask its operator to set active = true in the partner's file")]
    NotActive { partner: String },
    #[error("the file is empty: send an X12 file, which begins with ISA")]
    Empty,
    #[error("files have at most {bytes_max} bytes: send this one in parts, each a complete X12 interchange")]
    TooLarge { bytes_max: u64 },
    #[error("the Idempotency-Key was used for submission {first} with other bytes: send these under a new key")]
    KeyOfOther { first: SubmissionId },
    #[error("there is no room for the file here at present: nothing of it was kept, please send it again later")]
    DiskFull { source: PayloadError },
    #[error("the file could not be kept here, please send it again: if it was kept after all, it is not taken twice")]
    Stage(#[from] StageError),
}

impl From<PayloadError> for IntakeRefusal {
    fn from(error: PayloadError) -> IntakeRefusal {
        match error {
            full @ PayloadError::DiskFull { .. } => IntakeRefusal::DiskFull { source: full },
            other @ (PayloadError::Url { .. }
            | PayloadError::MasterKey { .. }
            | PayloadError::MasterKeyForm { .. }
            | PayloadError::Folder { .. }
            | PayloadError::NewMasterKey { .. }
            | PayloadError::Bucket { .. }
            | PayloadError::BackupUnderWay
            | PayloadError::RemovalUnderWay
            | PayloadError::ReadOnly { .. }
            | PayloadError::Write { .. }
            | PayloadError::Missing { .. }
            | PayloadError::Read { .. }
            | PayloadError::Damaged { .. }
            | PayloadError::OtherKey { .. }) => IntakeRefusal::Stage(other.into()),
        }
    }
}
