//! Stage 8. Takes payers' files whose other answers are worked in. Leaves each 835 transaction as a remittance: its
//! payments on the claims they pay, those nobody was found for among the exceptions, and the 835 divided among the
//! submitters, each part in its mailbox. Never posts or hands on a remittance that does not add up before a person
//! has released it, and never counts the same payment twice: what may be one that came before waits for a person too.
//!
//! What a submitter gets: a transaction whose claims are all its own goes to it as it came, under our envelope. A
//! transaction of several submitters, or with claims nobody was found for, is divided, see [`plan::shares`] and, for its provider adjustments, [`placing::placed`].

pub mod balance;
pub mod hand_on;
pub mod placing;
pub mod plan;
pub mod read;
pub mod repeats;
pub mod split;

pub(super) mod books;
mod orphaned;
mod release;
mod run;
mod tie;

pub use orphaned::{LookedUp, beside as adjustments_beside, look_up};
pub use release::release_remittance;
pub use run::{papers, run};
pub use tie::{CLAIM_LINE, TIED_BY};

#[cfg(test)]
mod handing_tests;

#[cfg(test)]
mod repeats_tests;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod undone_tests;
