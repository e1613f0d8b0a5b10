//! Takes files.
pub mod read;
