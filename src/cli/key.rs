//! `claimgate key create|revoke|list`: the API keys of partners.

use std::io;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::output::Table;
use super::{Faults, NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::cli::args::KeyCommand;
use crate::domain::clock::rfc3339;
use crate::domain::ids::{IdSource, KeyId};
use crate::partner::{Config, Partners};
use crate::store::Store;
use crate::store::audit::AuditEntry;
use crate::store::keys::new_key_text;

pub fn run(command: KeyCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, now_ms| match command {
        KeyCommand::Create { partner } => create(config, store, &partner, now_ms).await,
        KeyCommand::Revoke { key_id } => revoke(store, &key_id, now_ms).await,
        KeyCommand::List => list(store).await,
    })
}

async fn create(config: &Config, store: &Store, partner: &str, now_ms: i64) -> Result<ExitCode> {
    let partners = Partners::load(config).map_err(Faults)?;
    if partners.partner(partner).is_none() {
        let known: Vec<_> = partners.all().map(|partner| partner.id().to_string()).collect();
        bail!("there is no partner `{partner}`: write partners/{partner}.toml first (known: {})", known.join(", "));
    }
    let (id, key) = (IdSource::new(config.gateway.node).draw::<KeyId>(now_ms), new_key_text());
    store.add_key(id, partner, &key, now_ms).await?;
    write_audit(store, "key.create", &format!("{partner}/{id}"), now_ms).await?;
    eprintln!("Key {id} of {partner}. It is shown this once; keep it safe:");
    println!("{key}");
    Ok(NOTHING_WRONG)
}

async fn revoke(store: &Store, key_id: &str, now_ms: i64) -> Result<ExitCode> {
    let id: KeyId = key_id.parse().map_err(|_| anyhow::anyhow!("`{key_id}` is no key id: see `claimgate key list`"))?;
    if !store.revoke_key(id, now_ms).await? {
        eprintln!("There is no key {id} in force: see `claimgate key list`.");
        return Ok(SOMETHING_WRONG);
    }
    write_audit(store, "key.revoke", &id.to_string(), now_ms).await?;
    println!("Key {id} opens nothing any more.");
    Ok(NOTHING_WRONG)
}

async fn list(store: &Store) -> Result<ExitCode> {
    let mut table = Table::new(&["KEY", "PARTNER", "CREATED", "REVOKED"]);
    for key in store.keys().await? {
        let revoked = key.revoked_at.map(rfc3339).unwrap_or_default();
        table.row([key.id.to_string(), key.partner, rfc3339(key.created_at), revoked]);
    }
    table.print(&mut io::stdout().lock())?;
    Ok(NOTHING_WRONG)
}

/// What is done on the command line is done by whoever has the machine.
pub(super) async fn write_audit(store: &Store, action: &str, object: &str, now_ms: i64) -> Result<()> {
    let actor = actor();
    let entry = AuditEntry { actor: &actor, action, object, source: "command line", result: "ok" };
    Ok(store.add_audit(&entry, now_ms).await?)
}

/// Who runs this command, for the audit trail.
pub(super) fn actor() -> String {
    format!("cli:{}", std::env::var("USER").unwrap_or_else(|_| "unknown".to_string()))
}
