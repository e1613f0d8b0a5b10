//! Sums over all claims and all money, for `claimgate reconcile`. Each question finds what does not add up;
//! an empty answer to all of them is the proof.

mod account;
mod rules;
mod sums;
#[cfg(test)]
mod tests;

use super::sql::{Snapshot, query};
use super::{Store, StoreError};
use crate::domain::{Cents, ClaimStatus};
use rules::{RULES, Rule};

pub use account::{Account, Life};
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

/// Money of remittances, by what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoneySum {
    pub remittances: i64,
    /// BPR02 of all that are no repeats.
    pub paid_by_payers: Cents,
    pub on_claims: Cents,
    pub unmatched: Cents,
    /// In remittances that do not balance and wait for a person.
    pub held: Cents,
    /// PLB: what payers kept or added beside claims.
    pub adjustments: Cents,
    /// How far the amounts of remittances that do not balance are from their parts: held ones, and those that were
    /// released as they are.
    pub unbalanced: Cents,
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
    pub fn adds_up(&self) -> bool {
        let parts = [self.acknowledged, self.rejected, self.silent];
        self.sent.claims == parts.iter().map(|share| share.claims).sum::<i64>()
            && self.sent.charge == parts.iter().map(|share| share.charge).sum()
    }
}

impl MoneySum {
    /// Money in is money on claims, unmatched or held, less what payers kept beside claims. A remittance that a person
    /// released although it does not balance is told apart by its rule.
    pub fn adds_up(&self) -> bool {
        self.paid_by_payers - self.unbalanced == self.on_claims + self.unmatched + self.held - self.adjustments
    }
}

/// From one time to before another, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub since_ms: i64,
    pub until_ms: i64,
}

/// Something that does not add up: what, where, and what it is about by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub rule: &'static str,
    pub about: Subject,
    pub subject: i64,
    /// What leads there: the id of the file it stands in, the partner, the name of a file we made, a check number. Never
    /// patient data, and so never a name that a partner gave a file.
    pub place: String,
    pub expected: i64,
    pub found: i64,
}

impl Store {
    /// Everything of the period as it is at one moment, whatever a gateway does meanwhile; of what does not add up at
    /// most `limit` of each rule.
    pub async fn account(&self, period: Period, now_ms: i64, limit: u32) -> Result<Account, StoreError> {
        let mut look = self.snapshot().await?;
        Ok(Account {
            received: sums::received_sum(&mut look, period).await?,
            statuses: sums::status_sums(&mut look, period).await?,
            sent: sums::sent_sums(&mut look, period).await?,
            money: sums::money_sum(&mut look, period).await?,
            wrong: discrepancies(&mut look, period, now_ms, limit).await?,
        })
    }
}

async fn discrepancies(
    look: &mut Snapshot,
    period: Period,
    now_ms: i64,
    limit: u32,
) -> Result<Vec<Discrepancy>, StoreError> {
    let mut found = Vec::new();
    for rules in RULES {
        for rule in *rules {
            found.extend(broken(look, rule, period, now_ms, limit).await?);
        }
    }
    Ok(found)
}

/// What breaks one rule.
async fn broken(
    look: &mut Snapshot,
    rule: &Rule,
    period: Period,
    now_ms: i64,
    limit: u32,
) -> Result<Vec<Discrepancy>, StoreError> {
    let mut asked = query(statement(rule)).bind(period.since_ms).bind(period.until_ms).bind(limit);
    // PostgreSQL takes no value that the statement does not use.
    if rule.sql.contains("?4") {
        asked = asked.bind(now_ms);
    }
    let rows = asked.fetch_all(&mut *look).await.map_err(StoreError::at("reconcile"))?;
    let found = rows.iter().map(|row| Discrepancy {
        rule: rule.says,
        about: rule.about,
        subject: row.get(0),
        place: row.get::<Option<String>>(1).unwrap_or_default(),
        expected: row.get(2),
        found: row.get(3),
    });
    Ok(found.collect())
}

/// The rule's question with each `written(COLUMN)` as both engines understand it.
fn statement(rule: &Rule) -> String {
    let mut sql = String::new();
    let mut rest = rule.sql;
    while let Some((before, column, after)) = rest
        .split_once("written(")
        .and_then(|(before, call)| call.split_once(')').map(|(column, after)| (before, column, after)))
    {
        sql.push_str(before);
        sql.push_str(&written(column));
        rest = after;
    }
    format!("{sql}{rest} LIMIT ?3")
}

/// The id in this column as people see it, twelve signs of five bits each (`domain/ids.rs`).
fn written(column: &str) -> String {
    let sign = |shift: u32| {
        format!("substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', CAST(({column} >> {shift}) & 31 AS integer) + 1, 1)")
    };
    let signs: Vec<String> = (0..12).rev().map(|place| sign(place * 5)).collect();
    format!("({})", signs.join(" || "))
}
