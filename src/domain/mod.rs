//! Nouns shared by every room: ids, money, claim states, findings, time. No input or output.

pub mod claim;
pub mod clock;
pub mod finding;
pub mod ids;
pub mod limits;
pub mod money;
pub mod phi;

pub use claim::{ClaimKind, ClaimStatus};
pub use clock::{Clock, Timestamp};
pub use finding::{Finding, Scope, Severity};
pub use money::Cents;
pub use phi::Phi;
