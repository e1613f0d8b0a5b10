//! `claimgate store migrate|check`: the tables of this version, and whether every payload is there and whole.

use std::process::ExitCode;

use anyhow::Result;

use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::cli::args::StoreCommand;
use crate::daemon::open::open_payloads;
use crate::domain::error_chain;
use crate::domain::limits::FRAME_BYTES;
use crate::partner::Config;
use crate::store::{PayloadStore, Store};

pub fn run(command: StoreCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, _| match command {
        // Opening the store has done it.
        StoreCommand::Migrate => {
            println!("The store's tables are those of this version.");
            Ok(NOTHING_WRONG)
        }
        StoreCommand::Check => check(store, open_payloads(config)?).await,
    })
}

/// Opens every payload that a row names and reads it to its end.
async fn check(store: &Store, payloads: PayloadStore) -> Result<ExitCode> {
    let (mut whole, mut faults) = (0u64, 0u64);
    for problem in store.integrity().await? {
        println!("database: {problem}");
        faults += 1;
    }
    let mut after = None;
    loop {
        let page = store.payload_rows(after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for row in page {
            let read = || -> Result<(), String> {
                let mut reader = payloads.open_payload(row.id).map_err(|error| error_chain(&error))?;
                if reader.sha256()[..] != row.sha256[..] || reader.len() != row.bytes {
                    return Err(format!("payload {} is not the one that was stored", row.id));
                }
                let mut at = 0;
                while at < reader.len() {
                    at += reader.read_range(at, FRAME_BYTES as u64).map_err(|error| error_chain(&error))?.len() as u64;
                }
                Ok(())
            };
            match read() {
                Ok(()) => whole += 1,
                Err(problem) => {
                    println!("{problem}");
                    faults += 1;
                }
            }
        }
    }
    println!("{whole} payloads are whole, {faults} faults.");
    Ok(if faults == 0 { NOTHING_WRONG } else { SOMETHING_WRONG })
}
