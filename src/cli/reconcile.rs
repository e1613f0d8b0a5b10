//! `claimgate reconcile`: every claim and every cent accounted for, or which is not.

use std::collections::HashMap;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::args::{ListFormat, ReconcileArgs};
use super::output::{Table, json_line};
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::domain::ids::ClaimId;
use crate::partner::Config;
use crate::store::reconcile::{Account, Discrepancy, Life, MoneySum, Period, Share};

pub fn run(args: &ReconcileArgs, config: &Config) -> Result<ExitCode> {
    if let (Some(since), Some(until)) = (args.since, args.until) {
        ensure!(
            since <= until,
            "no day is both after {since} and before {until}: --since must not be later than --until"
        );
    }
    let begin_of =
        |day: Date| -> Result<i64> { Ok(day.to_zoned(config.gateway.time_zone.clone())?.timestamp().as_millisecond()) };
    let period = Period {
        since_ms: args.since.map(begin_of).transpose()?.unwrap_or(0),
        until_ms: args.until.map(|day| begin_of(day.tomorrow()?)).transpose()?.unwrap_or(i64::MAX),
    };
    on_store(config, async |store, now_ms| {
        let account = store.account(period, now_ms, args.limit).await?;
        let names = if args.file_names { store.names_of_files(&account.wrong).await? } else { HashMap::new() };
        let told = Told { account: &account, names: &names };
        match args.format {
            ListFormat::Text => told.print_text(&mut io::stdout().lock())?,
            ListFormat::Json => told.print_json(&mut io::stdout().lock())?,
        }
        Ok(if account.adds_up() { NOTHING_WRONG } else { SOMETHING_WRONG })
    })
}

struct Told<'a> {
    account: &'a Account,
    /// Of files that partners handed in, by their ids; only those that are to be told.
    names: &'a HashMap<i64, String>,
}

impl Told<'_> {
    fn print_text(&self, out: &mut impl Write) -> io::Result<()> {
        self.print_claims(out)?;
        self.print_money(out)?;
        for sum in self.account.sums_that_are_wrong() {
            writeln!(out, "Wrong: {}.", sum.says)?;
        }
        for one in &self.account.wrong {
            let file = self.name(one).map(|name| format!(" named {}", name.escape_debug())).unwrap_or_default();
            let place = if one.place.is_empty() { String::new() } else { format!(" ({})", one.place) };
            writeln!(
                out,
                "Wrong: {}: {} {}{place}{file}, expected {}, found {}",
                one.rule,
                one.about.as_str(),
                id(one),
                one.expected,
                one.found
            )?;
        }
        for more in &self.account.more {
            writeln!(out, "Wrong: {}: {} more (--limit shows more of them)", more.rule, more.count)?;
        }
        writeln!(out, "{}", self.verdict())
    }

    fn print_claims(&self, out: &mut impl Write) -> io::Result<()> {
        let (account, received) = (self.account, &self.account.received);
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
        Ok(())
    }

    fn print_money(&self, out: &mut impl Write) -> io::Result<()> {
        let money = &self.account.money;
        writeln!(
            out,
            "Money: {} paid in {} remittances; {} on claims, {} matches no claim, {} held, {} kept by payers beside claims, \
             {} out of balance",
            money.paid_by_payers,
            money.remittances,
            money.on_claims,
            money.unmatched,
            money.held,
            money.adjustments,
            money.out_of_balance
        )?;
        for one in &self.account.released {
            let by = one.by.as_ref().map(|by| format!(", released by {by}")).unwrap_or_default();
            writeln!(
                out,
                "  out of balance by {}: remittance {} of {} (file of a payer {}, check {}){by}",
                one.difference, one.id, one.payer, one.inbound_id, one.trace
            )?;
        }
        let untold = money.released - self.account.released.len() as i64;
        if untold > 0 {
            writeln!(out, "  and {untold} more that were released although they do not balance")?;
        }
        if money.put_aside > 0 {
            let (count, amount) = (money.put_aside, money.put_aside_amount);
            writeln!(
                out,
                "  put aside: {count} remittances of {amount} that were held and dismissed; they count nowhere"
            )?;
        }
        Ok(())
    }

    fn verdict(&self) -> String {
        match (self.account.adds_up(), self.account.money) {
            (false, _) => "It does not add up.".to_string(),
            (true, MoneySum { released: 0, .. }) => "Every claim and every cent is accounted for.".to_string(),
            (true, MoneySum { released, out_of_balance, .. }) => format!(
                "Every claim is accounted for, and every cent but those of {released} remittances that were released \
                 although they do not balance ({out_of_balance} together)."
            ),
        }
    }

    fn print_json(&self, out: &mut impl Write) -> io::Result<()> {
        let (account, received) = (self.account, &self.account.received);
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
        let more: Vec<Value> =
            account.more.iter().map(|more| json!({"rule": more.rule, "count": more.count})).collect();
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
                "money": self.money(),
                "wrong": self.wrong(),
                "more": more,
            }),
        )
    }

    fn money(&self) -> Value {
        let money = &self.account.money;
        let released: Vec<Value> = self
            .account
            .released
            .iter()
            .map(|one| {
                json!({"remittance": one.id, "inbound": one.inbound_id, "payer": one.payer, "check_number": one.trace,
                       "difference": one.difference, "released_by": one.by})
            })
            .collect();
        json!({"remittances": money.remittances, "paid_by_payers": money.paid_by_payers,
               "on_claims": money.on_claims, "unmatched": money.unmatched, "held": money.held,
               "adjustments": money.adjustments, "out_of_balance": money.out_of_balance,
               "released_out_of_balance": money.released, "released": released,
               "put_aside": {"remittances": money.put_aside, "amount": money.put_aside_amount}})
    }

    /// Sums over everything stand before what is wrong with one row; each has the same keys.
    fn wrong(&self) -> Vec<Value> {
        let sums = self.account.sums_that_are_wrong();
        let mut wrong: Vec<Value> = sums
            .iter()
            .map(|sum| {
                json!({"rule": sum.says, "about": sum.about, "id": null, "where": sum.payer,
                       "expected": sum.expected, "found": sum.found})
            })
            .collect();
        wrong.extend(self.account.wrong.iter().map(|one| {
            let mut told = json!({"rule": one.rule, "about": one.about.as_str(), "id": id(one), "where": one.place,
                                  "expected": one.expected, "found": one.found});
            if let Some(name) = self.name(one) {
                told["file_name"] = json!(name);
            }
            told
        }));
        wrong
    }

    fn name(&self, one: &Discrepancy) -> Option<&str> {
        let (_, file) = one.file()?;
        self.names.get(&file).map(String::as_str).filter(|name| !name.is_empty())
    }
}

/// All ids are written alike.
fn id(one: &Discrepancy) -> String {
    ClaimId(one.subject).to_string()
}
