//! Of the simulator what invents files: claims, and a payer's answers to them.

pub mod answers;
pub mod chance;
pub mod claims;
pub mod pen;
