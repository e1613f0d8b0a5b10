//! Reads every payload that a row names to its end, and looks for payloads that no row names.

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::cli::args::StoreCheckArgs;
use crate::cli::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::domain::error_chain;
use crate::domain::ids::PayloadId;
use crate::store::payload::Standing;
use crate::store::payload_rows::PayloadRow;
use crate::store::{PayloadStore, Store};

/// Rows read at one time; those whose payloads stand in them bring those along.
const PAGE: u32 = 500;
/// A payload is there before the row that names it: a younger one may yet get its row.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Payloads that nothing names are told and are no fault: they are what a crash between sealing and recording leaves,
/// and whoever sent them was not answered.
pub(super) async fn run(store: &Store, payloads: &PayloadStore, args: &StoreCheckArgs, now: i64) -> Result<ExitCode> {
    let (mut whole, mut faults) = (0u64, 0u64);
    for problem in store.integrity().await? {
        println!("database: {problem}");
        faults += 1;
    }
    let mut after = None;
    loop {
        let page = store.payload_rows(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let ids: Vec<PayloadId> = page.iter().map(|row| row.id).collect();
        let mut in_rows = store.small_payloads(&ids, usize::MAX).await?;
        for row in page {
            match check(payloads, &row, in_rows.remove(&row.id)) {
                Ok(()) => whole += 1,
                Err(problem) => {
                    println!("{problem} ({})", owners(store, row.id).await?);
                    faults += 1;
                }
            }
        }
    }
    let orphans = orphans(store, payloads, args, now).await?;
    println!("{whole} payloads are whole, {faults} faults, {orphans} that nothing names.");
    Ok(if faults == 0 { NOTHING_WRONG } else { SOMETHING_WRONG })
}

fn check(payloads: &PayloadStore, row: &PayloadRow, in_row: Option<std::sync::Arc<[u8]>>) -> Result<(), String> {
    let reader = payloads.open_stored(row.id, in_row).map_err(|error| error_chain(&error).to_string())?;
    if reader.sha256()[..] != row.sha256[..] || reader.len() != row.bytes {
        return Err(format!("payload {} is not the one that was stored", row.id));
    }
    reader.check().map_err(|error| error_chain(&error).to_string())
}

async fn owners(store: &Store, id: PayloadId) -> Result<String> {
    let owners = store.payload_owners(id).await?;
    Ok(if owners.is_empty() { "nothing needs it".to_string() } else { owners.join(", ") })
}

async fn orphans(store: &Store, payloads: &PayloadStore, args: &StoreCheckArgs, now: i64) -> Result<u64> {
    // A backup that runs may be about to copy one of them, and a purge removes them too.
    let _alone = match args.remove_orphans {
        true => Some(payloads.begin_removing()?),
        false => None,
    };
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or(0));
    let (mut found, mut after) = (0, None);
    while let Some((page, last)) = payloads.standing(after.as_deref())? {
        after = Some(last);
        let old: Vec<&Standing> = page.iter().filter(|one| is_old(one.modified, now)).collect();
        let ids: Vec<PayloadId> = old.iter().map(|one| one.id).collect();
        let without = store.payloads_without_row(&ids).await?;
        for orphan in old.iter().filter(|one| without.contains(&one.id)) {
            found += 1;
            if args.remove_orphans {
                payloads.discard(orphan.id)?;
                println!("{}: nothing names it; removed", orphan.place);
            } else {
                println!("{}: nothing names it, --remove-orphans removes it", orphan.place);
            }
        }
    }
    Ok(found)
}

fn is_old(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|age| age > ORPHAN_AGE)
}
