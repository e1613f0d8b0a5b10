//! `claimgate delivery list|retry`: files on their way to payers.

use std::io;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::key::write_audit;
use super::output::Table;
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::cli::args::DeliveryCommand;
use crate::domain::clock::rfc3339;
use crate::domain::ids::{DeliveryId, EventId, IdSource};
use crate::partner::Config;
use crate::store::Store;
use crate::store::deliveries::{Delivery, DeliveryState};
use crate::store::events::NewBatchEvent;

/// The newest that a list shows of what is done; what is not done is shown whole.
const SENT_SHOWN: u32 = 50;
const OPEN_SHOWN: u32 = 10_000;

/// Works beside a running gateway, which sends what is due.
pub fn run(command: DeliveryCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, now_ms| match command {
        DeliveryCommand::List => list(store).await,
        DeliveryCommand::Retry { id } => retry(config, store, &id, now_ms).await,
    })
}

/// What needs a person comes first.
async fn list(store: &Store) -> Result<ExitCode> {
    let mut table = Table::new(&["DELIVERY", "PAYER", "STATE", "ATTEMPTS", "NEXT OR SENT", "FILE", "LAST ATTEMPT"]);
    let shown = [
        (DeliveryState::WithSupport, OPEN_SHOWN),
        (DeliveryState::Due, OPEN_SHOWN),
        (DeliveryState::WaitsToBeFetched, OPEN_SHOWN),
        (DeliveryState::Sent, SENT_SHOWN),
    ];
    let mut with_support = 0;
    for (state, limit) in shown {
        for delivery in store.deliveries(Some(state), None, None, limit).await? {
            with_support += usize::from(state == DeliveryState::WithSupport);
            table.row(cells(delivery));
        }
    }
    table.print(&mut io::stdout().lock())?;
    if with_support > 0 {
        eprintln!("{with_support} need a person: when the cause is mended, `claimgate delivery retry DELIVERY`.");
        return Ok(SOMETHING_WRONG);
    }
    Ok(NOTHING_WRONG)
}

fn cells(delivery: Delivery) -> [String; 7] {
    let when = match delivery.state {
        DeliveryState::Due => rfc3339(delivery.next_at),
        DeliveryState::Sent => delivery.sent_at.map(rfc3339).unwrap_or_default(),
        DeliveryState::WithSupport | DeliveryState::WaitsToBeFetched => String::new(),
    };
    [
        delivery.id.to_string(),
        delivery.partner,
        delivery.state.as_str().to_string(),
        delivery.attempts.to_string(),
        when,
        delivery.file_name,
        delivery.last_detail,
    ]
}

async fn retry(config: &Config, store: &Store, id: &str, now_ms: i64) -> Result<ExitCode> {
    let unknown = || format!("there is no delivery `{id}`: see `claimgate delivery list`");
    let Ok(delivery_id) = id.parse::<DeliveryId>() else { bail!(unknown()) };
    let Some(delivery) = store.delivery(delivery_id).await? else { bail!(unknown()) };
    let again = NewBatchEvent {
        id: IdSource::new(config.gateway.node).draw::<EventId>(now_ms),
        batch_id: delivery.batch_id,
        at: now_ms,
        kind: "retried",
        st02: String::new(),
        code: String::new(),
        text: "from the command line".to_string(),
        inbound_id: None,
        said: None,
    };
    if !store.retry_delivery(delivery_id, &again).await? {
        let state = delivery.state.as_str().replace('_', " ");
        eprintln!("Delivery {id} is not with support but {state}: there is nothing to retry by hand.");
        return Ok(SOMETHING_WRONG);
    }
    write_audit(store, "delivery.retry", id, now_ms).await?;
    println!("Delivery {id} is due now. The running gateway sends it.");
    Ok(NOTHING_WRONG)
}
