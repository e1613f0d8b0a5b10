//! Counts claims by what became of them, and shows it until nothing more is awaited.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::domain::ClaimStatus;
use crate::pipeline::Gateway;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub submitted: i64,
    pub rejected_by_gateway: i64,
    /// Not yet at a payer.
    pub unsent: i64,
    pub rejected_by_payer: i64,
    pub paid: i64,
    pub denied: i64,
    /// Somebody's answer is awaited.
    pub open: i64,
    /// Responses in the exceptions.
    pub unmatched: i64,
}

/// How long the counts must stand still before they are final: corrections of payments come late.
const STILL: Duration = Duration::from_secs(3);

/// Looks at the store until each claim has its final answer and nothing moves any more.
pub(super) async fn watch_until_settled(gateway: &Gateway, claims: i64, patience: Duration) -> Result<Counts> {
    let began = Instant::now();
    let (mut last, mut changed) = ((Counts::default(), 0), Instant::now());
    loop {
        let counts = count(gateway).await?;
        // Payments also move when a correction leaves every claim's status as it was.
        let seen = (counts, gateway.store.payments_count().await?);
        if seen != last {
            (last, changed) = (seen, Instant::now());
            show(&counts);
        }
        if counts.submitted == claims && counts.open == 0 && changed.elapsed() > STILL {
            return Ok(counts);
        }
        if began.elapsed() > patience {
            bail!(
                "after {} s there are still {} of {claims} claims without an answer",
                patience.as_secs(),
                counts.open
            );
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn count(gateway: &Gateway) -> Result<Counts> {
    let mut counts = Counts { unmatched: gateway.store.count_open_exceptions().await?, ..Counts::default() };
    for (status, claims, _) in gateway.store.count_claims_by_status().await?.by_status {
        counts.submitted += claims;
        match status {
            ClaimStatus::Rejected => counts.rejected_by_gateway += claims,
            ClaimStatus::PayerRejected => counts.rejected_by_payer += claims,
            ClaimStatus::Paid | ClaimStatus::PartiallyPaid => counts.paid += claims,
            ClaimStatus::Denied => counts.denied += claims,
            ClaimStatus::Received | ClaimStatus::Accepted | ClaimStatus::Batched => {
                counts.unsent += claims;
                counts.open += claims;
            }
            ClaimStatus::Sent
            | ClaimStatus::PayerReceived
            | ClaimStatus::PayerAccepted
            | ClaimStatus::Pending
            | ClaimStatus::Reversed
            | ClaimStatus::Forwarded => counts.open += claims,
        }
    }
    Ok(counts)
}

fn show(counts: &Counts) {
    let line = format!(
        "{} handed in, {} rejected here, {} rejected by payers, {} paid, {} denied, {} open",
        counts.submitted, counts.rejected_by_gateway, counts.rejected_by_payer, counts.paid, counts.denied, counts.open
    );
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{line}");
    } else {
        eprintln!("{line}");
    }
}
