//! Bytes to segments and back: delimiters, a streaming reader with positions, envelopes, a writer.
//! Knows no guide.

pub mod delimiters;
pub mod segment;

pub use delimiters::Delimiters;
pub use segment::Segment;
