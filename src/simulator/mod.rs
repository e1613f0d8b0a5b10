//! Payers that answer, refuse, stall, truncate and repeat, and batches of invented claims to send them:
//! for the demo, for tests, and for submitters' trials. Everybody in here is made up.
//!
//! The same seed gives the same bytes: batches, verdicts and answers are drawn from it and from what the
//! file says, never from the hour or the machine.

pub mod chance;
pub mod pen;

pub mod claims;

pub mod answers;

pub mod payer;

mod line;

pub mod https_payer;
pub mod sftp_payer;

pub mod world;

pub use line::LineError;
