//! The ten stages. They never call each other: they meet in the store. Each reads rows in the state it
//! serves, does its work, and commits the next state in one transaction; it is woken by a nudge that
//! carries no data, and by a timer. In a stage's folder `mod.rs` says what it takes, leaves and never
//! does, `plan.rs` decides (pure; `now` is an argument) and `run.rs` does.

pub mod answers;

pub mod applying;

pub mod claim_status;

pub mod exceptions;

pub mod replacements;

pub mod retry;

pub mod file_names;

pub mod gateway;

pub mod lease;
pub mod lines;

pub mod notices;

pub mod numbers;

pub mod opener;

pub mod payer_edits;

pub mod severities;

pub mod under_way;

pub mod intake;

pub mod validate;

pub mod route;

pub mod batch;

pub mod deliver;

pub mod collect;

pub mod correlate;

pub mod remit;

pub mod watch;

pub mod announce;

#[cfg(test)]
pub mod testing;

#[cfg(test)]
#[path = "tests/outgoing.rs"]
mod outgoing_tests;

#[cfg(test)]
#[path = "tests/simulation/mod.rs"]
mod simulation;

pub use gateway::{Gateway, Nudges, Progress, Stage, StageError};
