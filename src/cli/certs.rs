//! `claimgate certs init|rotate`: the keys and certificates a gateway needs, where they are missing; a new master key.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::NOTHING_WRONG;
use crate::link;
use crate::partner::Config;
use crate::store::payload;

/// Prints each file that was written.
pub fn init(config: &Config) -> Result<ExitCode> {
    let written = link::certs::init(&config.paths.certs)?;
    let mut out = io::stdout().lock();
    for path in &written {
        writeln!(out, "{}", path.display())?;
    }
    if written.is_empty() {
        tracing::info!("nothing is missing in {}", config.paths.certs.display());
    }
    Ok(NOTHING_WRONG)
}

/// Puts a new master key in the place of the present one, which stays beside it. A gateway that runs takes it with the
/// next file it seals.
pub fn rotate(config: &Config) -> Result<ExitCode> {
    let rotated = payload::rotate(&config.paths.certs)?;
    println!("{}", rotated.kept.display());
    tracing::info!(
        "new payloads are sealed with master key {}; {} is in the file above and still opens the earlier ones. Back up \
         {} now, run `claimgate store rekey`, and take the old key away when that has done",
        rotated.new,
        rotated.old,
        config.paths.certs.display()
    );
    Ok(NOTHING_WRONG)
}
