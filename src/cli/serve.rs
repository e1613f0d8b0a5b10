//! `claimgate serve`: the gateway itself, until SIGTERM or Ctrl-C.

use std::process::ExitCode;

use anyhow::Result;

use super::NOTHING_WRONG;
use crate::daemon;
use crate::partner::Config;

pub fn run(config: Config) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(daemon::run(config))?;
    Ok(NOTHING_WRONG)
}
