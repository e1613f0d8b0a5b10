//! `claimgate reconcile`: every claim and every cent accounted for, or which is not.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Value, json};

use super::args::{ListFormat, ReconcileArgs};
use super::output::{Table, json_line};
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::domain::Cents;
use crate::domain::ids::ClaimId;
use crate::partner::Config;
use crate::store::reconcile::{Discrepancy, MoneySum, ReceivedSum, StatusSum};

/// Of each rule; a store in disorder would print for hours otherwise.
const SHOWN_OF_EACH: u32 = 100;

struct Account {
    received: ReceivedSum,
    statuses: Vec<StatusSum>,
    money: MoneySum,
    wrong: Vec<Discrepancy>,
}

impl Account {
    fn claims(&self) -> i64 {
        self.statuses.iter().map(|sum| sum.claims).sum()
    }

    fn charge(&self) -> Cents {
        self.statuses.iter().map(|sum| sum.charge).sum()
    }

    /// The sums over everything, beside what single rules found.
    fn adds_up(&self) -> bool {
        let claims = self.claims() == self.received.claims && self.charge() == self.received.charge;
        claims && self.wrong.is_empty()
    }
}

pub fn run(args: &ReconcileArgs, config: &Config) -> Result<ExitCode> {
    let since_ms = match args.since {
        Some(day) => day.to_zoned(config.gateway.time_zone.clone())?.timestamp().as_millisecond(),
        None => 0,
    };
    on_store(config, async |store, _| {
        let account = Account {
            received: store.received_sum(since_ms).await?,
            statuses: store.status_sums(since_ms).await?,
            money: store.money_sum(since_ms).await?,
            wrong: store.discrepancies(since_ms, SHOWN_OF_EACH).await?,
        };
        match args.format {
            ListFormat::Text => print_text(&account, &mut io::stdout().lock())?,
            ListFormat::Json => print_json(&account, &mut io::stdout().lock())?,
        }
        Ok(if account.adds_up() { NOTHING_WRONG } else { SOMETHING_WRONG })
    })
}

fn print_text(account: &Account, out: &mut impl Write) -> io::Result<()> {
    let Account { received, money, .. } = account;
    writeln!(
        out,
        "Received: {} claims, {} in {} submissions ({} still being checked)",
        received.claims, received.charge, received.submissions, received.unchecked
    )?;
    let mut table = Table::new(&["  STATUS", "CLAIMS", "CHARGE"]);
    for sum in &account.statuses {
        table.row([format!("  {}", sum.status), sum.claims.to_string(), sum.charge.to_string()]);
    }
    table.row(["  together".to_string(), account.claims().to_string(), account.charge().to_string()]);
    table.print(out)?;
    writeln!(
        out,
        "Money: {} paid in {} remittances; {} on claims, {} matches no claim, {} held, {} kept by payers beside claims",
        money.paid_by_payers, money.remittances, money.on_claims, money.unmatched, money.held, money.adjustments
    )?;
    for one in &account.wrong {
        writeln!(out, "Wrong: {}: {} (expected {}, found {})", one.rule, id(one), one.expected, one.found)?;
    }
    let verdict =
        if account.adds_up() { "Every claim and every cent is accounted for." } else { "It does not add up." };
    writeln!(out, "{verdict}")
}

/// All ids are written alike.
fn id(one: &Discrepancy) -> String {
    ClaimId(one.subject).to_string()
}

fn print_json(account: &Account, out: &mut impl Write) -> io::Result<()> {
    let Account { received, money, .. } = account;
    let statuses: Vec<Value> = account
        .statuses
        .iter()
        .map(|sum| json!({"status": sum.status, "claims": sum.claims, "charge": sum.charge}))
        .collect();
    let wrong: Vec<Value> = account
        .wrong
        .iter()
        .map(|one| json!({"rule": one.rule, "id": id(one), "expected": one.expected, "found": one.found}))
        .collect();
    json_line(
        out,
        &json!({
            "adds_up": account.adds_up(),
            "received": {"submissions": received.submissions, "unchecked": received.unchecked,
                         "claims": received.claims, "charge": received.charge},
            "claims": statuses,
            "money": {"remittances": money.remittances, "paid_by_payers": money.paid_by_payers,
                      "on_claims": money.on_claims, "unmatched": money.unmatched, "held": money.held,
                      "adjustments": money.adjustments},
            "wrong": wrong,
        }),
    )
}
