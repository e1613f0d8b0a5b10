//! Wraps the key of every payload with the present master key.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::domain::error_chain;
use crate::domain::ids::PayloadId;
use crate::store::payload::Rewrapped;
use crate::store::{PayloadStore, Store};

/// Rows read, and small payloads replaced in one transaction, at one time.
const PAGE: u32 = 500;

/// May be cut short and run again, and runs beside a gateway: what that seals meanwhile has the present key already.
pub(super) async fn run(store: &Store, payloads: &PayloadStore) -> Result<ExitCode> {
    let _alone = payloads.begin_removing()?;
    let (mut now, mut before, mut faults) = (0u64, 0u64, 0u64);
    let mut after = None;
    loop {
        let page = store.payload_rows(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let ids: Vec<PayloadId> = page.iter().map(|row| row.id).collect();
        let in_rows = store.small_payloads(&ids, usize::MAX).await?;
        let mut replaced = Vec::new();
        for id in ids {
            let done = match in_rows.get(&id) {
                Some(sealed) => payloads.rewrap_small(id, sealed).map(|new| match new {
                    Some(new) => {
                        replaced.push((id, new));
                        Rewrapped::Now
                    }
                    None => Rewrapped::Before,
                }),
                None => payloads.rewrap(id),
            };
            match done {
                Ok(Rewrapped::Now) => now += 1,
                Ok(Rewrapped::Before) => before += 1,
                Err(error) => {
                    println!("{}", error_chain(&error));
                    faults += 1;
                }
            }
        }
        if !replaced.is_empty() {
            store.replace_small_payloads(&replaced).await?;
        }
    }
    let key = payloads.sealed_with();
    println!("{now} payloads were wrapped with master key {key}, {before} were before, {faults} faults.");
    if faults == 0 {
        tracing::info!(
            "certs/master.key opens every payload; earlier keys may be taken away from certs/, but backups made before \
             need them: keep them as long as those"
        );
        return Ok(NOTHING_WRONG);
    }
    Ok(SOMETHING_WRONG)
}
