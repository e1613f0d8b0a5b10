//! Bytes to segments and back: delimiters, a streaming reader with positions, envelopes, a writer.
//! Knows no guide.

mod bits;
mod control;
pub mod dates;
pub mod delimiters;
pub mod edits;
pub mod envelope;
mod header;
mod machine;
mod marks;
pub mod reader;
mod seen;
pub mod segment;
pub mod token;
// The fuzz targets do without the crate it stands on, which takes longest to build.
#[cfg(not(fuzzing))]
pub mod typed;
mod window;
pub mod write;

pub use delimiters::Delimiters;
pub use envelope::{Envelopes, Event};
pub use marks::Looks;
pub use reader::Reader;
pub use segment::Segment;
pub use token::{Damage, DamageKind, Isa, Token};
pub use window::Room;
pub use write::{Value, WriteError, Writer};
