//! Stage 1, intake. Takes bytes from HTTPS or SFTP; leaves a sealed payload and a submission row, and wakes
//! the checks; never answers before both are durable, and never looks into the file: what is wrong with it is
//! said by the checks, so that nothing a partner sent is lost.
//!
//! ```text
//! intake::admit(&gateway, submitter)?;                  // too often: a 429, or "try again in 3 seconds"
//! intake::wait_for_room(&gateway, announced).await?;    // too much waits to be checked: a 503
//! let mut incoming = intake::begin(&gateway, submitter, Channel::Https, file_name, key).await?;
//! incoming.write(part).await?;                          // again and again
//! match incoming.finish().await? { Received::New(row) => .. }
//! ```

mod backlog;
mod refusal;
mod run;
#[cfg(test)]
mod tests;

pub use super::file_names::is_unfinished_name;
pub use super::gateway::discard;
pub use backlog::{Announced, Backlog, wait_for_room};
pub use refusal::IntakeRefusal;
pub use run::{Incoming, Received, admit, adopt, begin, wait_until_checked};
