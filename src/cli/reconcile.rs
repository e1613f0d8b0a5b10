//! `claimgate reconcile`: every claim and every cent accounted for, or which is not.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::args::{ListFormat, ReconcileArgs};
use super::output::{Table, json_line};
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::domain::ids::ClaimId;
use crate::partner::Config;
use crate::store::reconcile::{Account, Discrepancy, Life, Period, Share};

/// Of each rule; a store in disorder would print for hours otherwise.
const SHOWN_OF_EACH: u32 = 100;

pub fn run(args: &ReconcileArgs, config: &Config) -> Result<ExitCode> {
    let begin_of =
        |day: Date| -> Result<i64> { Ok(day.to_zoned(config.gateway.time_zone.clone())?.timestamp().as_millisecond()) };
    let period = Period {
        since_ms: args.since.map(begin_of).transpose()?.unwrap_or(0),
        until_ms: args.until.map(|day| begin_of(day.tomorrow()?)).transpose()?.unwrap_or(i64::MAX),
    };
    on_store(config, async |store, now_ms| {
        let account = store.account(period, now_ms, SHOWN_OF_EACH).await?;
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
    let Life { rejected, on_the_way, ended } = account.life();
    let told = |share: Share| format!("{} ({})", share.claims, share.charge);
    writeln!(out, "  = {} rejected + {} on the way + {} ended", told(rejected), told(on_the_way), told(ended))?;
    let mut table = Table::new(&["  STATUS", "CLAIMS", "CHARGE"]);
    for sum in &account.statuses {
        table.row([format!("  {}", sum.status), sum.claims.to_string(), sum.charge.to_string()]);
    }
    table.row(["  together".to_string(), account.claims().to_string(), account.charge().to_string()]);
    table.print(out)?;
    for sum in &account.sent {
        let parts = (told(sum.acknowledged), told(sum.rejected), told(sum.silent));
        writeln!(
            out,
            "Sent to {}: {} = {} acknowledged + {} rejected + {} silent",
            sum.payer,
            told(sum.sent),
            parts.0,
            parts.1,
            parts.2
        )?;
    }
    writeln!(
        out,
        "Money: {} paid in {} remittances; {} on claims, {} matches no claim, {} held, {} kept by payers beside claims",
        money.paid_by_payers, money.remittances, money.on_claims, money.unmatched, money.held, money.adjustments
    )?;
    for sentence in account.sums_that_are_wrong() {
        writeln!(out, "Wrong: {sentence}.")?;
    }
    for one in &account.wrong {
        let place = if one.place.is_empty() { String::new() } else { format!(" ({})", one.place) };
        let what = one.about.as_str();
        writeln!(
            out,
            "Wrong: {}: {what} {}{place}, expected {}, found {}",
            one.rule,
            id(one),
            one.expected,
            one.found
        )?;
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
    let share = |share: Share| json!({"claims": share.claims, "charge": share.charge});
    let sent: Vec<Value> = account
        .sent
        .iter()
        .map(|sum| {
            json!({"payer": sum.payer, "sent": share(sum.sent), "acknowledged": share(sum.acknowledged),
                   "rejected": share(sum.rejected), "silent": share(sum.silent)})
        })
        .collect();
    let mut wrong: Vec<Value> = account.sums_that_are_wrong().iter().map(|rule| json!({"rule": rule})).collect();
    wrong.extend(account.wrong.iter().map(|one| {
        json!({"rule": one.rule, "about": one.about.as_str(), "id": id(one), "where": one.place,
               "expected": one.expected, "found": one.found})
    }));
    let Life { rejected, on_the_way, ended } = account.life();
    json_line(
        out,
        &json!({
            "adds_up": account.adds_up(),
            "received": {"submissions": received.submissions, "unchecked": received.unchecked,
                         "claims": received.claims, "charge": received.charge, "rejected": share(rejected),
                         "on_the_way": share(on_the_way), "ended": share(ended)},
            "claims": statuses,
            "sent": sent,
            "money": {"remittances": money.remittances, "paid_by_payers": money.paid_by_payers,
                      "on_claims": money.on_claims, "unmatched": money.unmatched, "held": money.held,
                      "adjustments": money.adjustments},
            "wrong": wrong,
        }),
    )
}
