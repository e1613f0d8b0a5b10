//! The edits of SNIP levels 3 to 7 over a walked claim, and the whole-file check that runs them: one pass
//! over the bytes, from the interchange to each claim's verdict. Partners' mistakes are findings, never errors.

mod ahead;
pub mod answers;
pub mod arena;
pub mod catalogue;
pub mod check;
pub mod claim;
#[cfg(test)]
mod code_list_tests;
pub mod codesets;
mod context;
#[cfg(test)]
mod corpus_tests;
pub mod day;
mod facts;
pub mod fingerprint;
pub mod forms;
#[cfg(test)]
pub mod generated_tests;
#[cfg(test)]
mod mutation_tests;
pub mod payer_edits;
mod remembered;
pub mod report;
mod rules;
#[cfg(test)]
pub mod samples;
pub mod settings;
pub mod sink;
pub mod sniff;
pub mod statuses;
mod supported;
mod ta1;
mod walked;
pub mod weights;

pub use check::{check, check_on_one_core};
pub use codesets::CodeSets;
pub use day::Day;
pub use payer_edits::PayerEdits;
pub use settings::{Context, Lookups, Payer, Reading, Settings, Syntax};
pub use sink::{CheckedClaim, Sink, Summary, Verdict};
