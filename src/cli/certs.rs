//! `claimgate certs init`: the keys and certificates a gateway needs, where they are missing.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::NOTHING_WRONG;
use crate::link;
use crate::partner::Config;

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
