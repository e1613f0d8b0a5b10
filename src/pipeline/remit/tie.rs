//! Ties the service lines of posted payments to the lines of their claims, after the money is posted, so that nobody
//! waits for it. A claim whose segments cannot be read leaves its lines untied; the money is not touched.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::lines::{self, ClaimLine};
use super::read::Line;
use crate::domain::ids::{ClaimId, PaymentId};
use crate::domain::{Cents, Phi};
use crate::pipeline::answers::written::delimiters_of;
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::PayloadReader;
use crate::store::payment_lines::{ClaimPlace, Untied};
use crate::store::remittances::PaymentRow;
use crate::x12::Delimiters;

const REMITTANCES_AT_ONCE: u32 = 500;
/// Claims whose lines are in memory together, some hundred bytes each; a single remittance may have more.
const CLAIMS_AT_ONCE: usize = 20_000;
/// Of ISA with its terminator, from which the delimiters are read.
const HEADER_BYTES: u64 = 106;
/// What a tied line of a payment's detail tells.
const CLAIM_LINE: &str = "claim_line";
const TIED_BY: &str = "tied_by";

/// Ties all that waits.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let mut progress = Progress::Idle;
    loop {
        let untied = gateway.store.untied_remittances(REMITTANCES_AT_ONCE).await?;
        if untied.is_empty() {
            return Ok(progress);
        }
        // One that changed meanwhile is among the untied of the next round.
        tie(gateway, untied).await?;
        progress = Progress::Worked;
    }
}

/// Together, as their claims stand in the same few files: what is read of a file is read once for all of them.
async fn tie(gateway: &Arc<Gateway>, untied: Vec<Untied>) -> Result<(), StageError> {
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
    let places = gateway.store.claim_places(claims).await?;
    let claimed = read(gateway, &places).await?;
    for (untied, payments) in remittances {
        let details: Vec<(PaymentId, Phi<String>)> = payments.iter().filter_map(|one| tied(one, &claimed)).collect();
        gateway.store.tie_lines(untied, &details, gateway.clock.now_ms()).await?;
    }
    Ok(())
}

/// The lines of each claim that can be read; one open file after another, as `places` come in their order.
async fn read(gateway: &Gateway, places: &[ClaimPlace]) -> Result<HashMap<ClaimId, Vec<ClaimLine>>, StageError> {
    let mut found = HashMap::new();
    for of_file in places.chunk_by(|one, next| one.payload_id == next.payload_id) {
        let Ok(file) = gateway.open_payload(of_file[0].payload_id).await else { continue };
        let of_file = of_file.to_vec();
        found.extend(blocking(move || read_file(file, &of_file)).await?);
    }
    Ok(found)
}

fn read_file(mut file: PayloadReader, places: &[ClaimPlace]) -> Vec<(ClaimId, Vec<ClaimLine>)> {
    let Ok(header) = file.read_range(0, HEADER_BYTES) else { return Vec::new() };
    let (Some(&element), Some(&component), Some(&segment)) = (header.get(3), header.get(104), header.get(105)) else {
        return Vec::new();
    };
    let first = Delimiters { element, component, segment, repetition: None };
    let mut found = Vec::new();
    for place in places {
        let Ok(claim) = file.read_range(place.offset, place.bytes) else { continue };
        // A later interchange of the file may have others than the first.
        let delimiters = delimiters_of(&claim).unwrap_or(first);
        found.push((place.id, lines::claim_lines(&claim, &delimiters)));
    }
    found
}

/// The payment's detail with each line's claimed line and the rule, and without those of a claim that it was tied to
/// before; `None`: it stays as it is.
fn tied(payment: &PaymentRow, claimed: &HashMap<ClaimId, Vec<ClaimLine>>) -> Option<(PaymentId, Phi<String>)> {
    let before: Value = serde_json::from_str(payment.detail.reveal()).ok()?;
    let mut detail = before.clone();
    let told = detail.get_mut("lines")?.as_array_mut()?;
    for line in told.iter_mut().filter_map(Value::as_object_mut) {
        line.remove(CLAIM_LINE);
        line.remove(TIED_BY);
    }
    if let Some(claimed) = payment.claim_id.and_then(|claim| claimed.get(&claim)) {
        let paid: Vec<Line> = told.iter().map(line_of).collect();
        for (line, tied) in told.iter_mut().zip(lines::tie(&paid, claimed)) {
            if let Some(tied) = tied {
                line[CLAIM_LINE] = json!(claimed[tied.line].number);
                line[TIED_BY] = json!(tied.rule);
            }
        }
    }
    (detail != before).then(|| (payment.id, Phi::new(detail.to_string())))
}

/// What a stored line says of itself.
fn line_of(told: &Value) -> Line {
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_string();
    let amount = serde_json::from_value::<Cents>(told["charge"].clone());
    Line {
        procedure: text("procedure"),
        revenue_code: text("revenue_code"),
        control_number: text("control_number"),
        service_date: text("service_date"),
        charge: amount.unwrap_or_default(),
        ..Line::default()
    }
}
