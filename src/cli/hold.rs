//! `claimgate hold add|remove|list`: what is kept however old it is.

use std::io;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::args::{HeldArgs, HoldCommand};
use super::key::{actor, write_audit};
use super::output::Table;
use super::{Faults, NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::domain::clock::rfc3339;
use crate::domain::ids::ClaimId;
use crate::partner::{Config, Partners};
use crate::store::Store;
use crate::store::holds::{Hold, HoldOn};

pub fn run(command: HoldCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, now| match command {
        HoldCommand::Add { on, reason } => add(store, config, on, reason, now).await,
        HoldCommand::Remove { on } => remove(store, on, now).await,
        HoldCommand::List => list(store, config).await,
    })
}

async fn add(store: &Store, config: &Config, on: HeldArgs, reason: String, now: i64) -> Result<ExitCode> {
    let on = held(on)?;
    let known = match &on {
        HoldOn::Partner(name) => {
            let has_file = Partners::load(config).map_err(Faults)?.partner(name).is_some();
            // Of one that left there is no file any more, but what it sent is still there.
            has_file || store.keeps_of_partner(name).await?
        }
        HoldOn::Claim(id) => store.claim_record(*id).await?.is_some(),
    };
    if !known {
        bail!("there is no {}", named(&on));
    }
    let hold = Hold { on, reason, set_by: actor(), set_at: now };
    if !store.add_hold(&hold).await? {
        println!("There is a hold on {} already.", named(&hold.on));
        return Ok(NOTHING_WRONG);
    }
    write_audit(store, "hold.add", &named(&hold.on), now).await?;
    println!("What there is of {} is kept until the hold is taken back.", named(&hold.on));
    Ok(NOTHING_WRONG)
}

async fn remove(store: &Store, on: HeldArgs, now: i64) -> Result<ExitCode> {
    let on = held(on)?;
    if !store.remove_hold(&on).await? {
        eprintln!("There is no hold on {}: see `claimgate hold list`.", named(&on));
        return Ok(SOMETHING_WRONG);
    }
    write_audit(store, "hold.remove", &named(&on), now).await?;
    println!("The hold on {} is taken back.", named(&on));
    Ok(NOTHING_WRONG)
}

async fn list(store: &Store, config: &Config) -> Result<ExitCode> {
    let mut table = Table::new(&["ON", "SINCE", "BY", "REASON"]);
    for name in Partners::load(config).map_err(Faults)?.on_legal_hold() {
        let file = format!("partners/{name}.toml");
        table.row([format!("partner {name}"), String::new(), file, "legal_hold = true".to_string()]);
    }
    for hold in store.holds().await? {
        table.row([named(&hold.on), rfc3339(hold.set_at), hold.set_by, hold.reason]);
    }
    table.print(&mut io::stdout().lock())?;
    Ok(NOTHING_WRONG)
}

fn held(args: HeldArgs) -> Result<HoldOn> {
    match (args.partner, args.claim) {
        (Some(name), _) => Ok(HoldOn::Partner(name)),
        (None, Some(id)) => match id.parse::<ClaimId>().ok().or_else(|| ClaimId::from_trace_number(&id)) {
            Some(id) => Ok(HoldOn::Claim(id)),
            None => bail!("`{id}` is no claim's id or trace number: see `claimgate claims find`"),
        },
        (None, None) => bail!("say --partner NAME or --claim ID"),
    }
}

fn named(on: &HoldOn) -> String {
    match on {
        HoldOn::Partner(name) => format!("partner {name}"),
        HoldOn::Claim(id) => format!("claim {id}"),
    }
}
