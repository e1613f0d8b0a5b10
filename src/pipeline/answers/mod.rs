//! What the stages that read payers' answers share: a walk over a response file that forgives what can be
//! forgiven, the ladder by which an answer finds its claim, and the envelope in which answers go on to the
//! submitters. No stage: nothing here waits, and nothing here writes to the store.

pub mod amount;
pub mod awaits;
pub mod claimed;
pub mod lacks;
pub mod ladder;
pub mod names;
pub mod outgoing;
pub mod search;
pub mod skipped;
pub mod tying;
pub mod walk;
pub mod written;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod payer_numbers_tests;
#[cfg(test)]
mod permutation_tests;
#[cfg(test)]
pub mod testing;

pub use ladder::{Found, Matched, Rule, Sought};
pub use names::PersonName;
pub use outgoing::Outgoing;
pub use search::find_claims;
pub use walk::{Head, Listener, Overview, walk};
