//! `claimgate claims find|show`: where a claim is, from the command line.

use std::io;
use std::process::ExitCode;

use anyhow::Result;

use super::output::Table;
use super::{NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::cli::args::{ClaimsCommand, ClaimsFindArgs};
use crate::domain::clock::rfc3339;
use crate::domain::ids::ClaimId;
use crate::domain::{Finding, Phi};
use crate::partner::Config;
use crate::store::Store;
use crate::store::search::ClaimQuery;
use crate::store::timeline::ClaimRecord;

pub fn run(command: ClaimsCommand, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, _| match command {
        ClaimsCommand::Find(args) => find(store, args).await,
        ClaimsCommand::Show { claim_id } => show(store, &claim_id).await,
    })
}

async fn find(store: &Store, args: ClaimsFindArgs) -> Result<ExitCode> {
    let query = ClaimQuery {
        patient_control_number: args.patient_control_number.map(Phi::new),
        payer: args.payer,
        status: args.status,
        limit: args.limit,
        ..ClaimQuery::default()
    };
    let claims = store.search_claims(&query).await?;
    let mut table =
        Table::new(&["CLAIM", "CONTROL NUMBER", "STATUS", "KIND", "SUBMITTER", "PAYER", "SERVICE", "CHARGE", "PAID"]);
    for claim in &claims {
        table.row([
            claim.id.to_string(),
            claim.patient_control_number.reveal().clone(),
            claim.status.to_string(),
            claim.kind.clone(),
            claim.partner.clone(),
            claim.payer.clone().unwrap_or_else(|| claim.payer_id.clone()),
            claim.service_from.clone(),
            claim.charge.to_string(),
            claim.paid.to_string(),
        ]);
    }
    table.print(&mut io::stdout().lock())?;
    if claims.len() == args.limit as usize {
        eprintln!("There may be more: --limit shows up to as many as you say.");
    }
    Ok(if claims.is_empty() { SOMETHING_WRONG } else { NOTHING_WRONG })
}

async fn show(store: &Store, id: &str) -> Result<ExitCode> {
    let record = match id.parse::<ClaimId>().ok().or_else(|| ClaimId::from_trace_number(id)) {
        Some(id) => store.claim_record(id).await?,
        None => None,
    };
    let Some(claim) = record else {
        eprintln!("There is no claim with the id or trace number {id}: see `claimgate claims find`.");
        return Ok(SOMETHING_WRONG);
    };
    print_facts(&claim);
    println!("\nTimeline");
    let mut table = Table::new(&["  TIME", "EVENT", "CODE", "STATUS", "WHAT"]);
    for event in store.claim_timeline(claim.id).await? {
        let status = event.status.map(|status| status.to_string()).unwrap_or_default();
        let file = event.file_name.map(|name| format!(" [{name}]")).unwrap_or_default();
        let rule = if event.rule.is_empty() { String::new() } else { format!(" matched by {}", event.rule) };
        let what = format!("{}{file}{rule}", event.text);
        table.row([format!("  {}", rfc3339(event.at)), event.kind, event.code, status, what]);
        for line in event.lines.reveal() {
            let number = line.claim_line.as_deref().unwrap_or("of which it is not known which");
            let what = format!("line {number}: {} {}", line.procedure, line.charge);
            table.row([String::new(), String::new(), line.codes.clone(), String::new(), what]);
        }
    }
    table.print(&mut io::stdout().lock())?;
    let payments = store.claim_payments(claim.id).await?;
    if !payments.is_empty() {
        println!("\nPayments");
        let mut table = Table::new(&["  CHECK", "DATE", "CODE", "CHARGE", "PAID", "PATIENT OWES"]);
        for payment in payments {
            let check = format!("  {}", payment.check_number);
            let (charge, paid) = (payment.charge.to_string(), payment.paid.to_string());
            let owes = payment.patient_responsibility.to_string();
            table.row([check, payment.payment_date, payment.clp_status, charge, paid, owes]);
        }
        table.print(&mut io::stdout().lock())?;
    }
    for body in store.claim_findings(claim.id).await? {
        if let Ok(finding) = serde_json::from_str::<Finding>(&body) {
            println!("\n{}: {}\n  {}", finding.edit, finding.message, finding.fix);
        }
    }
    Ok(NOTHING_WRONG)
}

fn print_facts(claim: &ClaimRecord) {
    println!("Claim {} ({}), trace number {}", claim.id, claim.kind, claim.id.trace_number());
    println!("  control number  {}", claim.patient_control_number.reveal());
    println!("  status          {}", claim.status);
    println!("  charge, paid    {}, {} (patient owes {})", claim.charge, claim.paid, claim.patient_responsibility);
    println!("  submitter       {} in {}", claim.partner, claim.file_name);
    println!("  payer           {} ({})", claim.payer.as_deref().unwrap_or("no route yet"), claim.payer_id);
    if let Some(number) = &claim.payer_claim_control_number {
        println!("  payer's number  {}", number.reveal());
    }
    println!("  provider        {} {}", claim.provider_npi, claim.provider_name);
    println!("  service         {} to {}", claim.service_from, claim.service_to);
}
