//! Stage 2, validate. Takes a submission; leaves findings, TA1, 999, 277CA and the claims of its accepted
//! transactions, all in one pass over the bytes; never fails on a partner's mistake, and never acts on a
//! claim before everything its file says is committed together.
//!
//! Of the large files two are checked at a time, the oldest and the smallest, so that neither a small file waits for
//! a large one nor a large one for ever. Small ones are checked beside them, many at a time, and each is recorded in
//! one transaction: someone may be waiting for it.

mod answers;
mod asked;
mod check;
mod known;
mod lots;
mod plan;
mod recorder;
mod run;
#[cfg(test)]
mod tests;

pub use asked::{sender_of, stored_fingerprint};
pub use check::received_day;
pub use run::run;

#[cfg(test)]
pub(super) use lots::Lots;

/// What the checks need not ask the store for again.
#[derive(Default)]
pub struct Known {
    pub claims: known::KnownClaims,
}
