//! Stage 1, intake. Takes bytes from HTTPS or SFTP; leaves a sealed payload and a submission row, and wakes
//! the checks; never answers before both are durable, and never looks into the file: what is wrong with it is
//! said by the checks, so that nothing a partner sent is lost.
//!
//! ```text
//! intake::may_submit(&rates, submitter)?;                        // 429, or "try again in 3 seconds"
//! let mut incoming = intake::begin(&gateway, submitter, arrival)?; // blocks
//! incoming.write(&bytes)?;                                       // blocks; again and again
//! match incoming.finish().await? { Received::New(receipt) => .. }
//! ```

mod plan;
mod refusal;
mod run;
#[cfg(test)]
mod tests;

pub use plan::{Arrival, is_unfinished_name};
pub use refusal::IntakeRefusal;
pub(crate) use run::discard;
pub use run::{Incoming, Receipt, Received, adopt, begin, may_submit, take, wait_until_checked};
