//! Claim status in real time: takes a 276 and answers it with a 277 from what the gateway knows; leaves nothing in the
//! store but the trail of who asked and, where that is wanted, files of questions for payers; never tells a submitter of another's claims. It is no stage, as nothing waits.

mod lines;
mod pass_on;
mod plan;
mod read;
mod remitted;
mod run;
mod write;

#[cfg(test)]
mod tests;

pub use run::{Answer, AnswerKind, Ask, answer};
