//! x
pub struct Outgoing;
