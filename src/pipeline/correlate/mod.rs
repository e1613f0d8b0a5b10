//! Stage 7. Takes payers' files that are kept. Leaves what their TA1, 999, 277CA and 277 say: on batches and on
//! claims, each with the reason it matched; what matched nothing among the exceptions; the answers, re-addressed, in
//! the submitters' mailboxes. What says again what was said before is shown as a repeat. 835s wait for stage 8. Never
//! drops what it cannot match, and never fails on what a payer wrote.

pub mod letters;
pub mod plan;
pub mod post;
pub mod questions;
pub mod read;
pub mod repeats;

mod acks;
pub(super) mod claims;
mod draft;
mod levels;
mod run;
pub(super) mod service_lines;
pub(super) mod whole_file;
pub(super) mod wording;

pub use run::run;

#[cfg(test)]
mod acks_tests;
#[cfg(test)]
mod tests;

#[cfg(test)]
mod repeats_tests;
#[cfg(test)]
mod service_lines_tests;

#[cfg(test)]
mod levels_tests;
#[cfg(test)]
mod whole_file_tests;
