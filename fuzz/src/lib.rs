//! The rooms under test, compiled by themselves: what is fuzzed is built and instrumented in a minute, without the
//! gateway's database, network and cryptography. The properties are those of the main suite (`tests/proof`).

// The properties speak of `claimgate::x12` and so on, as they do in the main suite.
extern crate self as claimgate;

#[path = "../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../src/x12/mod.rs"]
pub mod x12;
#[path = "../../src/guide/mod.rs"]
pub mod guide;
#[path = "../../src/edits/mod.rs"]
pub mod edits;
#[path = "../../src/ack/mod.rs"]
pub mod ack;
pub mod simulator;

/// Inputs with many faults are many small texts; the usual allocator takes a quarter of the time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod mutate;
pub mod proof;
pub mod seeds;
