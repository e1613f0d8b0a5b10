//! `claimgate store purge`: removes what is older than it is to be kept, now instead of some time today.

use std::io;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::args::PurgeArgs;
use crate::cli::key::actor;
use crate::cli::output::Table;
use crate::cli::{Faults, NOTHING_WRONG};
use crate::daemon::open::open_payloads;
use crate::partner::{Config, Partners};
use crate::pipeline::watch::{Purge, clock};
use crate::store::Store;

pub(super) async fn run(store: &Store, config: &Config, args: &PurgeArgs, now: i64) -> Result<ExitCode> {
    if config.retention.is_forever() {
        println!("Everything is kept forever: [retention] in gateway.toml says nothing else.");
        return Ok(NOTHING_WRONG);
    }
    let problem = clock::judged(store, now).await?.problem();
    if let Some(problem) = problem.filter(|_| !args.dry_run && !args.trust_clock) {
        bail!("{problem}; if it is right, say --trust-clock");
    }
    // A file with a fault could be one that asks for a hold.
    let on_hold = Partners::load(config).map_err(Faults)?.on_legal_hold();
    let payloads = open_payloads(config)?;
    let purge = Purge { store, payloads: &payloads, retention: &config.retention, on_hold, now };
    let purged = match args.dry_run {
        true => purge.dry_run().await?,
        false => purge.all().await?,
    };
    let mut table = Table::new(&["KIND", if args.dry_run { "WOULD BE REMOVED" } else { "REMOVED" }]);
    for (kind, count) in purged.parts() {
        table.row([kind.to_string(), count.to_string()]);
    }
    table.print(&mut io::stdout().lock())?;
    if args.dry_run {
        eprintln!("Batches, mail and payloads that go with these are counted when they are free.");
    } else {
        purge.audit(&purged, &actor(), "command line").await?;
    }
    Ok(NOTHING_WRONG)
}
