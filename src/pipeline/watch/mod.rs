//! Stage 9, watch. Takes deadlines; leaves alarms on silence and stuck work, each raised once and cleared when its
//! cause is gone; never decides about a claim.

mod filing;
mod learn;
mod plan;
mod run;

pub use filing::{LastDay, last_day};
pub use learn::expected;
pub use run::run;
