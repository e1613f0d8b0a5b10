//! Stage 5, deliver. Takes a delivery that is due; leaves a file at the payer and an attempt row each time;
//! never calls a doubtful upload a success, and holds no database transaction while a socket is open.
//!
//! An attempt has two halves. In the first the file is put under a hidden name, as often as it takes: nothing
//! of it counts at the payer. Then it is committed here that the second half begins, in which the payer gets
//! it (the rename, or the request itself). An attempt that ended in its second half without an answer is
//! doubtful: the next one looks before it does anything. One whose end is known is recorded, however long the database
//! is away, and also where another node took the delivery over meanwhile: what arrived has arrived.

mod by_https;
mod by_sftp;
mod ending;
mod insist;
mod plan;
mod run;
mod send;
#[cfg(test)]
pub(in crate::pipeline) mod tests;
mod verbs;

pub use run::run;
pub use verbs::{fetched, recover, retry};
