//! The properties, from the main suite.

#[path = "../../tests/proof/answering.rs"]
pub mod answering;
#[path = "../../tests/proof/checking.rs"]
pub mod checking;
#[path = "../../tests/proof/chopped.rs"]
pub mod chopped;
#[path = "../../tests/proof/reading.rs"]
pub mod reading;
#[path = "../../tests/proof/sample.rs"]
pub mod sample;
#[path = "../../tests/proof/writing.rs"]
pub mod writing;
