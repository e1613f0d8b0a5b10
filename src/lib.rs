//! claimgate: a gateway for US medical claims. Rooms, lowest first; each may use those above it in this
//! list as `docs/ARCHITECTURE.md` says, and `tests/tidy.rs` holds the directions.

pub mod domain;

pub mod x12;

pub mod guide;

pub mod edits;

pub mod ack;

pub mod partner;

pub mod store;

pub mod link;

pub mod pipeline;

pub mod api;

pub mod console;

pub mod simulator;

pub mod daemon;

pub mod cli;
