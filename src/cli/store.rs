//! `claimgate store migrate|check|rekey|backup|restore|purge`: the tables of this version, whether every payload is there
//! and whole, the master key that opens them, copies of it all, and the end of what is old.

mod backup;
mod check;
mod copies;
mod manifest;
mod purge;
mod rekey;
mod restore;

use std::process::ExitCode;

use anyhow::Result;

use super::{NOTHING_WRONG, on_store};
use crate::cli::args::StoreCommand;
use crate::daemon::open::open_payloads;
use crate::partner::Config;

pub fn run(command: StoreCommand, config: &Config) -> Result<ExitCode> {
    match command {
        StoreCommand::Migrate => on_store(config, async |_, _| {
            // Opening the store has done it.
            println!("The store's tables are those of this version.");
            Ok(NOTHING_WRONG)
        }),
        StoreCommand::Check(args) => {
            on_store(config, async |store, now| check::run(store, &open_payloads(config)?, &args, now).await)
        }
        StoreCommand::Purge(args) => on_store(config, async |store, now| purge::run(store, config, &args, now).await),
        StoreCommand::Rekey => on_store(config, async |store, _| rekey::run(store, &open_payloads(config)?).await),
        StoreCommand::Backup(args) if args.verify => backup::verify(&args.dir),
        StoreCommand::Backup(args) => on_store(config, async |store, now| backup::run(store, config, &args, now).await),
        // Opening a store makes it, and this one is to be put where there is none.
        StoreCommand::Restore(args) => restore::run(&args, config),
    }
}
