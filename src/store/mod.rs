//! The only SQL. [`Store`] is the database (one writer, many readers); [`payload`] holds the files. The
//! functions stand in one file for each subject, all `impl Store`; a function is one transaction unless
//! its name says it reads. No transaction is ever open while a socket is.

mod buckets;
mod connect;
mod extract_search;
mod extracts;
mod filters;
mod hosts;
#[cfg(test)]
mod hosts_tests;
mod keep_alive;
mod postgres;
mod presence;
mod served;
mod unavailable;
#[cfg(test)]
mod unavailable_tests;

pub mod payload_rows;
pub mod small_payloads;

pub mod adjustments;
pub mod alarms;
pub mod announcements;
pub mod answers;
pub mod asked_claims;
pub mod attempts;
pub mod audit;
pub mod awaited;
pub mod backup;
pub mod batches;
pub mod claims;
pub mod collected;
pub mod control_numbers;
pub mod counts;
pub mod deliveries;
pub mod duplicates;
pub mod earlier;
pub mod events;
pub mod exceptions;
pub mod glimpses;
pub mod holds;
pub mod inbound;
pub mod keys;
#[cfg(test)]
mod lease_tests;
pub mod leases;
pub mod lots;
pub mod mail;
pub mod matching;
pub mod newest;
pub mod nodes;
pub mod partitions;
pub mod payees;
pub mod payer_numbers;
pub mod payload;
pub mod payment_lines;
pub mod purge;
pub mod questions;
pub mod reconcile;
pub mod releases;
pub mod remittance_search;
pub mod remittances;
pub mod replacements;
pub mod routes;
#[cfg(test)]
mod routes_tests;
pub mod said;
pub mod search;
pub mod silence;
pub mod sql;
pub mod submissions;
#[cfg(test)]
pub mod testing;
pub mod timeline;
pub mod uploads;
pub mod users;
pub mod validation;

pub use connect::{Engine, Store, StoreError};
pub use payload::{
    Held, KeyRing, MasterKey, Objects, PayloadError, PayloadReader, PayloadStore, PayloadWriter, Sealed,
};
pub use sql::Bind;
