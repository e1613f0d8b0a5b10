//! Ties the service lines of posted payments to the lines of their claims, after the money is posted, so that nobody
//! waits for it. A claim whose segments cannot be read leaves its lines untied; the money is not touched.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::ids::{ClaimId, PaymentId};
use crate::domain::{Cents, Phi};
use crate::pipeline::answers::claimed::{self, ClaimedLine};
use crate::pipeline::answers::tying::{ToldLine, tie};
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::payment_lines::Untied;
use crate::store::remittances::PaymentRow;

const REMITTANCES_AT_ONCE: u32 = 500;
/// Claims whose lines are in memory together, some hundred bytes each; a single remittance may have more.
const CLAIMS_AT_ONCE: usize = 20_000;
/// What a tied line of a payment's detail tells.
pub const CLAIM_LINE: &str = "claim_line";
pub const TIED_BY: &str = "tied_by";

/// Ties all that waits.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let mut progress = Progress::Idle;
    loop {
        let untied = gateway.store.untied_remittances(REMITTANCES_AT_ONCE).await?;
        if untied.is_empty() {
            return Ok(progress);
        }
        // One that changed meanwhile is among the untied of the next round.
        tie_all(gateway, untied).await?;
        progress = Progress::Worked;
    }
}

/// Together, as their claims stand in the same few files: what is read of a file is read once for all of them.
async fn tie_all(gateway: &Arc<Gateway>, untied: Vec<Untied>) -> Result<(), StageError> {
    let mut all = Vec::with_capacity(untied.len());
    let mut claims: Vec<i64> = Vec::new();
    for one in untied {
        let payments = gateway.store.payments_of_remittance(one.id).await?;
        claims.extend(payments.iter().filter_map(|payment| payment.claim_id).map(|claim| claim.0));
        all.push((one, payments));
        if claims.len() >= CLAIMS_AT_ONCE {
            tie_these(gateway, std::mem::take(&mut all), std::mem::take(&mut claims)).await?;
        }
    }
    tie_these(gateway, all, claims).await
}

async fn tie_these(
    gateway: &Arc<Gateway>,
    remittances: Vec<(Untied, Vec<PaymentRow>)>,
    claims: Vec<i64>,
) -> Result<(), StageError> {
    let claimed = claimed::lines_of(gateway, claims).await?;
    for (untied, payments) in remittances {
        let details: Vec<(PaymentId, Phi<String>)> = payments.iter().filter_map(|one| tied(one, &claimed)).collect();
        gateway.store.tie_lines(untied, &details, gateway.clock.now_ms()).await?;
    }
    Ok(())
}

/// The payment's detail with each line's claimed line and the rule, and without those of a claim that it was tied to
/// before; `None`: it stays as it is.
fn tied(payment: &PaymentRow, claimed: &HashMap<ClaimId, Vec<ClaimedLine>>) -> Option<(PaymentId, Phi<String>)> {
    let before: Value = serde_json::from_str(payment.detail.reveal()).ok()?;
    let mut detail = before.clone();
    let told = detail.get_mut("lines")?.as_array_mut()?;
    for line in told.iter_mut().filter_map(Value::as_object_mut) {
        line.remove(CLAIM_LINE);
        line.remove(TIED_BY);
    }
    if let Some(claimed) = payment.claim_id.and_then(|claim| claimed.get(&claim)) {
        let paid: Vec<ToldLine> = told.iter().map(line_of).collect();
        for (line, tied) in told.iter_mut().zip(tie(&paid, claimed)) {
            if let Some(tied) = tied {
                line[CLAIM_LINE] = json!(claimed[tied.line].number);
                line[TIED_BY] = json!(tied.rule);
            }
        }
    }
    (detail != before).then(|| (payment.id, Phi::new(detail.to_string())))
}

/// What a stored line says of itself.
fn line_of(told: &Value) -> ToldLine {
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_string();
    let amount = serde_json::from_value::<Cents>(told["charge"].clone());
    ToldLine {
        procedure: text("procedure"),
        submitted_procedure: text("submitted_procedure"),
        revenue_code: text("revenue_code"),
        control_number: text("control_number"),
        service_date: text("service_date"),
        charge: amount.unwrap_or_default(),
    }
}
