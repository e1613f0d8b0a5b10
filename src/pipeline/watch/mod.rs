//! Stage 9, watch. Takes deadlines; leaves alarms on silence and stuck work, each raised once and cleared when its
//! cause is gone; once a day removes what is older than it is to be kept, and makes room for what comes; never decides about
//! a claim.

pub mod clock;
mod filing;
mod learn;
mod partitions;
mod plan;
mod purge;
mod run;

pub use filing::{LastDay, last_day};
pub use learn::expected;
pub use purge::{Purge, Purged};
pub use run::run;
