//! Sums over all claims and all money, for `claimgate reconcile`. Each question finds what does not add up;
//! an empty answer to all of them is the proof.

mod account;
mod claims;
mod discrepancy;
mod explained;
mod money;
mod rules;
mod sums;
#[cfg(test)]
mod tests;

use super::{Store, StoreError};
use crate::domain::{Cents, ClaimStatus};

pub use account::{Account, Life, WrongSum};
pub use discrepancy::{Discrepancy, More, Quantity};
pub use money::{MoneySum, Released};
pub use rules::Subject;

/// Claims of one status, received since a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusSum {
    pub status: ClaimStatus,
    pub claims: i64,
    pub charge: Cents,
}

/// What submitters handed in, as their files' own counts say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceivedSum {
    pub submissions: i64,
    /// Still being checked: their claims are not counted yet.
    pub unchecked: i64,
    pub claims: i64,
    pub rejected: i64,
    pub charge: Cents,
}

/// Claims sent to one payer, as its batches count them, and what became of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentSum {
    pub payer: String,
    /// By the batches' own counts.
    pub sent: Share,
    /// Of the claims in those batches: not refused, and something was heard of them.
    pub acknowledged: Share,
    /// Refused by the payer before adjudication.
    pub rejected: Share,
    /// Nothing was heard of them.
    pub silent: Share,
}

/// Some claims and their charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub claims: i64,
    pub charge: Cents,
}

impl SentSum {
    pub fn parts(&self) -> Share {
        let parts = [self.acknowledged, self.rejected, self.silent];
        Share {
            claims: parts.iter().map(|share| share.claims).sum(),
            charge: parts.iter().map(|share| share.charge).sum(),
        }
    }
}

/// From one time to before another, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub since_ms: i64,
    pub until_ms: i64,
}

impl Store {
    /// Everything of the period as it is at one moment, whatever a gateway does meanwhile; of what does not add up at
    /// most `limit` of each rule, and how many more there are.
    pub async fn account(&self, period: Period, now_ms: i64, limit: u32) -> Result<Account, StoreError> {
        let mut look = self.snapshot().await?;
        let mut findings = discrepancy::Findings::new(limit);
        discrepancy::ask(&mut look, period, now_ms, &mut findings).await?;
        claims::look(&mut look, period, &mut findings).await?;
        explained::look(&mut look, period, &mut findings).await?;
        Ok(Account {
            received: sums::received_sum(&mut look, period).await?,
            statuses: sums::status_sums(&mut look, period).await?,
            sent: sums::sent_sums(&mut look, period).await?,
            money: money::money_sum(&mut look, period).await?,
            released: money::released(&mut look, period, limit).await?,
            more: findings.more(),
            wrong: findings.wrong,
        })
    }
}

/// SQL with each `written(COLUMN)` as both engines understand it: the id in this column as people see it, twelve signs of
/// five bits each (`domain/ids.rs`). `its_exception` ties an exception `e` to the remittance `r` that it is about as a whole.
fn spelled(sql: &str) -> String {
    let sql = sql.replace("its_exception", money::ITS_EXCEPTION);
    let (mut out, mut rest) = (String::new(), sql.as_str());
    while let Some((before, column, after)) = rest
        .split_once("written(")
        .and_then(|(before, call)| call.split_once(')').map(|(column, after)| (before, column, after)))
    {
        out.push_str(before);
        out.push_str(&written(column));
        rest = after;
    }
    out + rest
}

fn written(column: &str) -> String {
    let sign = |shift: u32| {
        format!("substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', CAST(({column} >> {shift}) & 31 AS integer) + 1, 1)")
    };
    let signs: Vec<String> = (0..12).rev().map(|place| sign(place * 5)).collect();
    format!("({})", signs.join(" || "))
}
