//! Stage 2, validate. Takes a submission; leaves findings, TA1, 999, 277CA and the claims of its accepted
//! transactions, all in one pass over the bytes; never fails on a partner's mistake, and never acts on a
//! claim before everything its file says is committed together.
//!
//! Two files are checked at a time: the oldest, and the smallest of the others, so that neither a small file
//! waits for a large one nor a large one for ever.

mod answers;
mod asked;
mod check;
mod plan;
mod recorder;
mod run;
#[cfg(test)]
mod tests;

pub use asked::{sender_of, stored_fingerprint};
pub use check::received_day;
pub use run::run;
