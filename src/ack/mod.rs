//! Acknowledgements: TA1, 999 and 277CA written from what a check tells, and the same as text for people.
//! Writes bytes, reads nothing, decides nothing: every verdict is the check's.

pub mod builder;
pub mod draft;
pub mod json;
mod n277ca;
mod n999;
pub mod paper;
mod pen;
mod spool;
mod ta1;
#[cfg(test)]
mod tests;

pub use builder::{AckBuilder, Counter, Envelope, Ta1Policy};
pub use draft::{AckFile, AckKind};
