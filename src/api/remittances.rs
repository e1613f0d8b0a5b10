//! Remittances: payers' payments with what each says of claims, adjustments and money taken back; and the facts by
//! which a payment at the bank is found again (trace number, amount, date, payee).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::id_of;
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::RemittanceId;
use crate::domain::{Cents, Phi};
use crate::pipeline::Gateway;
use crate::store::remittance_search::RemittanceQuery;
use crate::store::remittances::{PaymentRow, RemittanceRow, RemittanceState};

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(remittances)).routes(routes!(remittance))
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RemittanceParams {
    payer: Option<String>,
    /// TRN02: the check or EFT number, as the bank shows it.
    trace: Option<String>,
    /// BPR02, as 1047.00.
    #[param(value_type = Option<String>)]
    amount: Option<Cents>,
    /// YYYY-MM-DD: paid on or after this day.
    paid_from: Option<String>,
    paid_to: Option<String>,
    payee_npi: Option<String>,
    payee_tin: Option<String>,
    /// posted, held or repeat.
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One payment to one payee: one 835 transaction.
#[derive(Serialize, ToSchema)]
struct RemittanceItem {
    id: String,
    payer: String,
    /// posted: its payments count. held: it does not add up, or contradicts another. repeat: it says what an earlier one said.
    state: &'static str,
    problem: Option<String>,
    /// TRN02 and TRN03: by these, the amount and the date a payment at the bank is the same one.
    trace: String,
    trace_payer: String,
    #[schema(value_type = String, example = "1047.00")]
    amount: Cents,
    /// BPR04: ACH, CHK, NON, ...
    method: String,
    payment_date: Option<String>,
    payee_npi: Option<String>,
    payee_tin: Option<String>,
    payee_name: String,
    claims: i64,
    /// Sum of CLP04.
    #[schema(value_type = String)]
    claims_paid: Cents,
    /// Sum of PLB; positive takes money from the payee: amount = claims_paid - adjustments.
    #[schema(value_type = String)]
    adjustments: Cents,
    received_at: String,
}

#[derive(Serialize, ToSchema)]
struct RemittanceWhole {
    #[serde(flatten)]
    remittance: RemittanceItem,
    /// PLB: reason, reference and amount of each adjustment of the provider's; of a remittance of several submitters
    /// shown to people of the house and to its payer only.
    #[schema(value_type = Vec<Object>)]
    provider_adjustments: Value,
    /// Payments on claims that were found: how many, and their sum.
    matched: i64,
    #[schema(value_type = String)]
    matched_paid: Cents,
    /// A submitter sees those on its own claims.
    payments: Vec<PaymentLine>,
}

/// One CLP.
#[derive(Serialize, ToSchema)]
struct PaymentLine {
    id: String,
    /// Its place in the remittance, from 0.
    ordinal: i64,
    /// The claim it pays; null while none was found.
    claim_id: Option<String>,
    #[schema(value_type = String)]
    patient_control_number: Phi<String>,
    #[schema(value_type = String)]
    payer_claim_control_number: Phi<String>,
    /// CLP02.
    claim_status_code: String,
    #[schema(value_type = String)]
    charge: Cents,
    #[schema(value_type = String)]
    paid: Cents,
    #[schema(value_type = String)]
    patient_responsibility: Cents,
    /// Which rule tied it to the claim, and what agreed.
    rule: String,
    #[schema(value_type = Vec<String>)]
    evidence: Value,
    /// Adjustments, service lines and remarks.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Remittances that fit, newest first: to match with the bank's payments.
#[utoipa::path(get, path = "/v1/remittances", tag = "remittances", params(RemittanceParams),
    responses((status = 200, body = Page<RemittanceItem>), (status = 400), (status = 401)))]
async fn remittances(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    params: Result<Query<RemittanceParams>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Page<RemittanceItem>>, Problem> {
    let Query(params) = params.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let limit = limit_of(params.limit)?;
    let mut query = RemittanceQuery {
        payer: params.payer,
        submitter: None,
        trace: params.trace,
        amount: params.amount,
        paid_from: params.paid_from,
        paid_to: params.paid_to,
        payee_npi: params.payee_npi,
        payee_tin: params.payee_tin,
        state: params.state.as_deref().map(state_of).transpose()?,
        before: params.cursor.map(|text| id_of("cursor", &text)).transpose()?,
        limit: limit + 1,
    };
    match &caller {
        Caller::Submitter { name, .. } => query.submitter = Some(name.clone()),
        Caller::Payer { name, .. } => query.payer = Some(name.clone()),
        Caller::Staff { .. } => {}
    }
    let rows = gateway.store.search_remittances(&query).await?;
    caller.audit(&gateway, "remittances.search", "").await?;
    Ok(Json(Page::of(rows.into_iter().map(item).collect(), limit, |item: &RemittanceItem| item.id.clone())))
}

/// One remittance with its payments and adjustments.
#[utoipa::path(get, path = "/v1/remittances/{id}", tag = "remittances", params(("id" = String, Path)),
    responses((status = 200, body = RemittanceWhole), (status = 404)))]
async fn remittance(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RemittanceWhole>, Problem> {
    let none = || Problem::not_found("remittance");
    let id: RemittanceId = id.parse().map_err(|_| none())?;
    let row = gateway.store.remittance(id).await?.ok_or_else(none)?;
    let payments = match &caller {
        Caller::Staff { .. } => gateway.store.payments_of_remittance(id).await?,
        Caller::Payer { name, .. } if row.payer == *name => gateway.store.payments_of_remittance(id).await?,
        Caller::Payer { .. } => return Err(none()),
        Caller::Submitter { name, .. } => gateway.store.payments_for_submitter(id, name).await?,
    };
    let alone = match &caller {
        Caller::Submitter { .. } if payments.is_empty() => return Err(none()),
        Caller::Submitter { .. } => payments.len() as i64 == row.claims,
        Caller::Staff { .. } | Caller::Payer { .. } => true,
    };
    let (matched, matched_paid) = match &caller {
        Caller::Submitter { .. } => (payments.len() as i64, payments.iter().map(|one| one.paid).sum()),
        Caller::Staff { .. } | Caller::Payer { .. } => gateway.store.matched_of_remittance(id).await?,
    };
    caller.audit(&gateway, "remittance.view", &id.to_string()).await?;
    let adjustments = if alone { json_of(&row.adjustment_list) } else { Value::Array(Vec::new()) };
    Ok(Json(RemittanceWhole {
        remittance: item(row),
        provider_adjustments: adjustments,
        matched,
        matched_paid,
        payments: payments.into_iter().map(payment_line).collect(),
    }))
}

fn state_of(text: &str) -> Result<RemittanceState, Problem> {
    let found = RemittanceState::ALL.into_iter().find(|state| state.as_str() == text);
    found.ok_or_else(|| Problem::bad_request("`state` is posted, held or repeat."))
}

fn item(row: RemittanceRow) -> RemittanceItem {
    RemittanceItem {
        id: row.id.to_string(),
        payer: row.payer,
        state: row.state.as_str(),
        problem: filled(row.problem),
        trace: row.trace,
        trace_payer: row.trace_payer,
        amount: row.amount,
        method: row.method,
        payment_date: filled(row.payment_date),
        payee_npi: filled(row.payee_npi),
        payee_tin: filled(row.payee_tin),
        payee_name: row.payee_name,
        claims: row.claims,
        claims_paid: row.claims_paid,
        adjustments: row.adjustments,
        received_at: rfc3339(row.received_at),
    }
}

fn payment_line(row: PaymentRow) -> PaymentLine {
    PaymentLine {
        id: row.id.to_string(),
        ordinal: row.ordinal,
        claim_id: row.claim_id.map(|id| id.to_string()),
        patient_control_number: row.patient_control_number,
        payer_claim_control_number: row.payer_claim_control_number,
        claim_status_code: row.clp_status,
        charge: row.charge,
        paid: row.paid,
        patient_responsibility: row.patient_responsibility,
        rule: row.rule,
        evidence: json_of(&row.evidence),
        detail: json_of(row.detail.reveal()),
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
