//! Stage 9, watch. Takes deadlines; leaves alarms on silence and stuck work, each raised once and cleared when its
//! cause is gone; never decides about a claim.

mod plan;
mod run;

pub use run::run;
