//! `claimgate delivery list|retry`: files on their way to payers, and those that need a person.

use std::io;
use std::process::ExitCode;

use anyhow::{Result, anyhow};

use super::key::write_audit;
use super::output::Table;
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::cli::args::DeliveryCommand;
use crate::domain::clock::rfc3339;
use crate::domain::ids::{DeliveryId, EventId, IdSource};
use crate::partner::Config;
use crate::store::Store;
use crate::store::events::NewBatchEvent;

const SHOWN: u32 = 200;

/// Works beside a running gateway, which tries what is made due here.
pub fn run(command: DeliveryCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, now_ms| match command {
        DeliveryCommand::List => list(store).await,
        DeliveryCommand::Retry { id } => retry(config, store, &id, now_ms).await,
    })
}

async fn list(store: &Store) -> Result<ExitCode> {
    let mut table = Table::new(&["DELIVERY", "PAYER", "FILE", "BYTES", "STATE", "TRIES", "NEXT OR SENT", "LAST TRY"]);
    for row in store.deliveries(None, None, None, SHOWN).await? {
        table.row([
            row.id.to_string(),
            row.partner,
            row.file_name,
            row.bytes.to_string(),
            row.state.as_str().to_string(),
            row.attempts.to_string(),
            rfc3339(row.sent_at.unwrap_or(row.next_at)),
            row.last_detail,
        ]);
    }
    table.print(&mut io::stdout().lock())?;
    Ok(NOTHING_WRONG)
}

async fn retry(config: &Config, store: &Store, id: &str, now_ms: i64) -> Result<ExitCode> {
    let known: DeliveryId = id.parse().map_err(|_| anyhow!("`{id}` is no delivery's id: see `claimgate delivery list`"))?;
    let Some(delivery) = store.delivery(known).await? else {
        return Err(anyhow!("there is no delivery {id}: see `claimgate delivery list`"));
    };
    let event = NewBatchEvent {
        id: IdSource::new(config.gateway.node).draw::<EventId>(now_ms),
        batch_id: delivery.batch_id,
        at: now_ms,
        kind: "retried",
        st02: String::new(),
        code: String::new(),
        text: "by an operator on the command line".to_string(),
        inbound_id: None,
    };
    if !store.retry_delivery(known, &event).await? {
        println!("Delivery {id} is {}: only one that stands with support is repeated by hand.", delivery.state.as_str());
        return Ok(SOMETHING_WRONG);
    }
    write_audit(store, "delivery.retry", id, now_ms).await?;
    println!("Delivery {id} is due again; the running gateway tries it now.");
    Ok(NOTHING_WRONG)
}
