//! `claimgate batch release`: closes the open batch windows now.

use std::process::ExitCode;

use anyhow::{Result, bail};

use super::key::write_audit;
use super::{Faults, NOTHING_WRONG, on_store};
use crate::cli::args::BatchCommand;
use crate::partner::{Config, Partners};

/// Works beside a running gateway, which builds and sends what is closed here.
pub fn run(command: BatchCommand, config: &Config) -> Result<ExitCode> {
    let BatchCommand::Release { payer } = command;
    if let Some(name) = &payer {
        known_payer(config, name)?;
    }
    on_store(config, async |store, now_ms| {
        let released = store.release_batches(payer.as_deref(), now_ms).await?;
        write_audit(store, "batches.release", payer.as_deref().unwrap_or("all"), now_ms).await?;
        println!("{released} batch windows released. The running gateway builds and sends them now.");
        Ok(NOTHING_WRONG)
    })
}

pub(super) fn known_payer(config: &Config, name: &str) -> Result<()> {
    let partners = Partners::load(config).map_err(Faults)?;
    if partners.payer(name).is_none() {
        let known: Vec<_> = partners.payers().map(|payer| payer.id.to_string()).collect();
        bail!("there is no payer `{name}` (known: {})", known.join(", "));
    }
    Ok(())
}
