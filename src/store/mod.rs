//! The only SQL. [`Store`] is the database (one writer, many readers); [`payload`] holds the files. The
//! functions stand in one file for each subject, all `impl Store`; a function is one transaction unless
//! its name says it reads. No transaction is ever open while a socket is.

mod connect;
pub mod control_numbers;
pub mod payload;

pub use connect::{Store, StoreError};
pub use payload::{MasterKey, PayloadError, PayloadReader, PayloadStore, PayloadWriter, Sealed};
