//! What an operator writes, as checked values: `gateway.toml` and one file a partner; their secrets by
//! reference, release windows, limits, and how they are read again while running. Holding one of these types
//! means that it was sound. Opens files of its own folders only; no socket, no store.

pub mod book;
pub mod config;
pub mod door;
pub mod endpoint;
pub mod fault;
pub mod files;
pub mod names;
pub mod partners;
pub mod payer;
pub mod period;
pub mod rate;
mod requirements;
#[cfg(test)]
mod samples;
pub mod schedule;
pub mod secret;
pub mod severity;
pub mod ssh_key;
pub mod submitter;
pub mod webhook;
mod words;

pub use book::PartnerBook;
pub use config::{Config, Usage};
pub use endpoint::Endpoint;
pub use fault::Fault;
pub use names::{InterchangeId, Npi, PartnerName};
pub use partners::{Partner, Partners};
pub use payer::Payer;
pub use rate::Rate;
pub use schedule::Release;
pub use ssh_key::SshPublicKey;
pub use submitter::Submitter;
