//! `claimgate audit verify`: whether the audit trail's chain is unbroken.

use std::process::ExitCode;

use anyhow::Result;

use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::cli::args::AuditCommand;
use crate::partner::Config;
use crate::store::audit::AuditVerdict;

pub fn run(command: AuditCommand, config: &Config) -> Result<ExitCode> {
    let AuditCommand::Verify = command;
    on_store(config, async |store, _| match store.verify_audit().await? {
        AuditVerdict::Whole { rows } => {
            println!("The audit trail is whole: {rows} entries.");
            Ok(NOTHING_WRONG)
        }
        AuditVerdict::BrokenAt { ordinal } => {
            println!("The audit trail is broken at entry {ordinal}: it, or the one before it, was changed or removed.");
            Ok(SOMETHING_WRONG)
        }
    })
}
