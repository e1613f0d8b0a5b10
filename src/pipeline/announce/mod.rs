//! Stage 10, announce. Takes files that have come into mailboxes, and alarms; leaves a word of each with whoever asked
//! to be told over a webhook, in their order and at least once; never sends a file, or anything about a patient.

mod body;
mod plan;
mod run;
mod sign;

pub use run::run;
