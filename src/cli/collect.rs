//! `claimgate collect`: makes payers due to be asked for responses, and waits until they were asked.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::args::CollectArgs;
use super::batch::known_payer;
use super::{Faults, NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::partner::{Config, Partners};
use crate::pipeline::collect::is_collected;
use crate::store::Store;

/// A running gateway asks at once; longer than this it is not running, or a payer does not answer.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(args: &CollectArgs, config: &Config) -> Result<ExitCode> {
    if let Some(name) = &args.payer {
        known_payer(config, name)?;
    }
    let partners = Partners::load(config).map_err(Faults)?;
    let wanted = partners.payers().filter(|payer| {
        payer.active && is_collected(payer) && args.payer.as_ref().is_none_or(|name| payer.id.as_str() == name)
    });
    let names: Vec<String> = wanted.map(|payer| payer.id.to_string()).collect();
    if names.is_empty() {
        bail!("no payer has a folder or address to collect from: see `collect_from` and `collect_url` in partners/");
    }
    on_store(config, async |store, now_ms| {
        store.poll_now(&names, now_ms).await?;
        wait_until_asked(store, &names, now_ms).await
    })
}

async fn wait_until_asked(store: &Store, names: &[String], since_ms: i64) -> Result<ExitCode> {
    let began = Instant::now();
    loop {
        let polls = store.polls().await?;
        let asked: Vec<_> = polls.iter().filter(|p| names.contains(&p.partner) && p.last_at >= since_ms).collect();
        if asked.len() == names.len() {
            let mut status = NOTHING_WRONG;
            for poll in asked {
                if poll.problem.is_empty() {
                    println!("{}: asked", poll.partner);
                } else {
                    println!("{}: {}", poll.partner, poll.problem);
                    status = SOMETHING_WRONG;
                }
            }
            return Ok(status);
        }
        if began.elapsed() > PATIENCE {
            println!("Not every payer was asked within {} s: is `claimgate serve` running?", PATIENCE.as_secs());
            return Ok(SOMETHING_WRONG);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
