//! Stage 4, batch. Takes a window that closes; leaves one outbound 837 and a delivery; never changes what a
//! claim says: only envelope, HL numbers, 1000A and 1000B, the payer's id in 2010BB and the trace number in
//! REF*D9 are ours. A file that does not read back as exactly its batch is never sent.

mod build;
mod check;
mod levels;
mod plan;
mod run;
mod sent;
mod sheet;
mod sources;
#[cfg(test)]
mod tests;

pub use run::{rebuild, release_now, run};
pub use sent::claim_as_sent;
