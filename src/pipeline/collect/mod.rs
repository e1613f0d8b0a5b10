//! Stage 6, collect. Takes what payers left, or hand in; leaves the bytes, durable and known by their digest;
//! never removes a file at the payer before it is kept here, and never reads one that is still being written.

mod catch;
mod folders;
mod keep;
mod plan;
mod run;
mod site;
#[cfg(test)]
mod tests;

pub use crate::store::inbound::InboundChannel as Channel;
pub use keep::{Kept, keep};
pub use plan::is_collected;
pub use run::run;
