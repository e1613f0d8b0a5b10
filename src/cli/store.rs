//! `claimgate store migrate|check|rekey`: the tables of this version, whether every payload is there and whole, and
//! the master key that opens them.

mod check;
mod rekey;

use std::process::ExitCode;

use anyhow::Result;

use super::{NOTHING_WRONG, on_store};
use crate::cli::args::StoreCommand;
use crate::daemon::open::open_payloads;
use crate::partner::Config;

pub fn run(command: StoreCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, now| match command {
        // Opening the store has done it.
        StoreCommand::Migrate => {
            println!("The store's tables are those of this version.");
            Ok(NOTHING_WRONG)
        }
        StoreCommand::Check(args) => check::run(store, &open_payloads(config)?, &args, now).await,
        StoreCommand::Rekey => rekey::run(store, &open_payloads(config)?).await,
    })
}
