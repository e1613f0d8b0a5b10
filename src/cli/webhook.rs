//! `claimgate webhook list|retry|secret`: what receivers of webhooks have not taken.

use std::io;
use std::process::ExitCode;

use anyhow::Result;

use super::args::WebhookCommand;
use super::key::write_audit;
use super::output::Table;
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::domain::clock::rfc3339;
use crate::partner::Config;
use crate::partner::webhook::NewSecret;
use crate::store::Store;
use crate::store::announcements::{Announcement, AnnouncementState, OPERATOR};

const SHOWN: u32 = 10_000;
/// How lists name the receiver of gateway.toml.
const OPERATORS: &str = "(operator)";

/// Works beside a running gateway, which tells what is due.
pub fn run(command: WebhookCommand, config: &Config) -> Result<ExitCode> {
    match command {
        WebhookCommand::List => on_store(config, async |store, _| list(store).await),
        WebhookCommand::Retry { name } => on_store(config, async |store, now_ms| {
            let receiver = name.as_deref().unwrap_or(OPERATOR);
            retry(store, receiver, now_ms).await
        }),
        WebhookCommand::Secret => secret(),
    }
}

async fn list(store: &Store) -> Result<ExitCode> {
    let mut table = Table::new(&["RECEIVER", "MESSAGE", "STATE", "ATTEMPTS", "NEXT OR GIVEN UP", "LAST ATTEMPT"]);
    let (mut given_up, mut waiting) = (0, 0);
    for one in store.open_announcements(SHOWN).await? {
        match one.state {
            AnnouncementState::GivenUp => given_up += 1,
            AnnouncementState::Due | AnnouncementState::Taken => waiting += 1,
        }
        table.row(cells(one));
    }
    table.print(&mut io::stdout().lock())?;
    if given_up > 0 {
        eprintln!("{given_up} were given up, {waiting} wait: `claimgate webhook retry NAME` tells them again.");
        return Ok(SOMETHING_WRONG);
    }
    Ok(NOTHING_WRONG)
}

fn cells(one: Announcement) -> [String; 6] {
    [
        if one.receiver == OPERATOR { OPERATORS.to_string() } else { one.receiver },
        one.message_id,
        one.state.as_str().to_string(),
        one.attempts.to_string(),
        rfc3339(one.next_at),
        one.detail,
    ]
}

async fn retry(store: &Store, receiver: &str, now_ms: i64) -> Result<ExitCode> {
    let again = store.retry_announcements(receiver, now_ms).await?;
    let named = if receiver == OPERATOR { OPERATORS } else { receiver };
    if again == 0 {
        eprintln!("Nothing waits for {named}: see `claimgate webhook list`.");
        return Ok(SOMETHING_WRONG);
    }
    write_audit(store, "webhook.retry", named, now_ms).await?;
    println!("{again} are due now. The running gateway tells {named}.");
    Ok(NOTHING_WRONG)
}

fn secret() -> Result<ExitCode> {
    let mut key = [0; 32];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    eprintln!("Keep it in a file that the gateway and the receiver alone can read, and name that file in [webhook].");
    println!("{}", NewSecret::of(&key));
    Ok(NOTHING_WRONG)
}
