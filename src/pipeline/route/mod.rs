//! Stage 3, route. Takes accepted claims; leaves each in the open batch of its payer; never guesses a payer.
//! Claims whose payer no partner file names, or whose payer does not take them now, stay accepted and are
//! shown to support; they are tried again whenever the partners are read anew.

mod plan;
mod run;
#[cfg(test)]
mod tests;

pub use run::{retry_unrouted, run};
