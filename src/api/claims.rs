//! Claims: search, one claim with its timeline and payments, and its own segments.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::extract::{Path, Query, ShortBody};
use super::page::{Page, limit_of};
use super::problem::Problem;
use super::remittances::detail_of;
use crate::domain::clock::rfc3339;
use crate::domain::ids::ClaimId;
use crate::domain::{Cents, ClaimStatus, Date, Phi};
use crate::pipeline::{Gateway, watch};
use crate::store::events::LineTold;
use crate::store::search::{ClaimLine, ClaimQuery};
use crate::store::timeline::{ClaimPayment, ClaimRecord, TimelineEvent};
use crate::store::{Store, StoreError};

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(search_claims)).routes(routes!(list_claims)).routes(routes!(claim))
}

/// What a claim must be like; fields left out ask nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchBody {
    /// CLM01.
    #[schema(value_type = Option<String>)]
    patient_control_number: Option<Phi<String>>,
    /// REF*D9 as the gateway sends it.
    trace_number: Option<String>,
    /// A payer's partner name, or a payer id as it stands in claims.
    payer: Option<String>,
    #[schema(value_type = Option<String>)]
    payer_claim_control_number: Option<Phi<String>>,
    status: Option<String>,
    /// A submission's id.
    submission: Option<String>,
    provider_npi: Option<String>,
    #[schema(value_type = Option<String>)]
    member_id: Option<Phi<String>>,
    #[schema(value_type = Option<String>)]
    patient_last_name: Option<Phi<String>>,
    #[schema(value_type = Option<String>, format = Date)]
    patient_birth_date: Option<Phi<Date>>,
    /// Claims with a service on or after this day.
    #[schema(value_type = Option<String>, format = Date)]
    service_from: Option<Date>,
    #[schema(value_type = Option<String>, format = Date)]
    service_to: Option<Date>,
    #[schema(value_type = Option<String>, example = "100.00")]
    charge_min: Option<Cents>,
    #[schema(value_type = Option<String>)]
    charge_max: Option<Cents>,
    /// The check or EFT number of a remittance that paid it.
    check_number: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The same for what names no patient.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    payer: Option<String>,
    status: Option<String>,
    submission: Option<String>,
    provider_npi: Option<String>,
    /// Claims with a service on or after this day.
    #[param(value_type = Option<String>, format = Date)]
    service_from: Option<Date>,
    #[param(value_type = Option<String>, format = Date)]
    service_to: Option<Date>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ClaimItem {
    id: String,
    submission: String,
    kind: String,
    #[schema(value_type = String)]
    status: ClaimStatus,
    #[schema(value_type = String)]
    patient_control_number: Phi<String>,
    payer: Option<String>,
    payer_id: String,
    #[schema(value_type = Option<String>)]
    payer_claim_control_number: Option<Phi<String>>,
    provider_npi: String,
    service_from: Option<String>,
    service_to: Option<String>,
    #[schema(value_type = String, example = "1047.00")]
    charge: Cents,
    #[schema(value_type = String, example = "0.00")]
    paid: Cents,
    trace_number: String,
    submitter: String,
}

#[derive(Serialize, ToSchema)]
struct ClaimWhole {
    #[serde(flatten)]
    claim: ClaimItem,
    #[schema(value_type = String)]
    patient_responsibility: Cents,
    frequency: String,
    facility: String,
    #[schema(value_type = Option<String>)]
    original_reference: Option<Phi<String>>,
    #[schema(value_type = Option<String>)]
    upstream_trace: Option<Phi<String>>,
    filing_indicator: String,
    provider_name: String,
    #[schema(value_type = String)]
    member_id: Phi<String>,
    #[schema(value_type = String)]
    patient_last_name: Phi<String>,
    #[schema(value_type = String)]
    patient_first_name: Phi<String>,
    #[schema(value_type = Option<String>)]
    patient_birth_date: Option<Phi<String>>,
    lines: i64,
    batch: Option<String>,
    /// Where its payer sets a limit.
    timely_filing: Option<TimelyFiling>,
    received_in: ReceivedIn,
    timeline: Vec<EventItem>,
    payments: Vec<PaymentItem>,
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Value>,
}

/// How long the payer takes the claim, counted from its last day of service.
#[derive(Serialize, ToSchema)]
struct TimelyFiling {
    last_day: String,
    /// Below 0: the day has passed.
    days_left: i64,
}

#[derive(Serialize, ToSchema)]
struct ReceivedIn {
    file_name: String,
    interchange: String,
    group: String,
    transaction: String,
    /// BHT03.
    reference: String,
}

#[derive(Serialize, ToSchema)]
struct EventItem {
    at: String,
    kind: String,
    #[schema(value_type = Option<String>)]
    status: Option<ClaimStatus>,
    code: String,
    text: String,
    /// Which rule of the matching ladder tied the answer to this claim.
    rule: String,
    /// What spoke for this claim, and what against it.
    evidence: Vec<String>,
    /// What a 277CA or 277 says of single service lines.
    lines: Vec<LineItem>,
    file_name: Option<String>,
}

/// What a 277CA or 277 says of one service line.
#[derive(Serialize, ToSchema)]
struct LineItem {
    /// LX01 of the claim's line; null where it is not known which.
    claim_line: Option<String>,
    /// By what it is known: `line number`, `procedure, day and charge`, `place and charge`.
    tied_by: Option<String>,
    #[schema(example = "A7:562:85")]
    codes: String,
    procedure: String,
    revenue_code: Option<String>,
    #[schema(value_type = String)]
    charge: Cents,
    control_number: Option<String>,
    service_date: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct PaymentItem {
    id: String,
    check_number: String,
    payment_date: Option<String>,
    /// CLP02.
    claim_status_code: String,
    #[schema(value_type = String)]
    charge: Cents,
    #[schema(value_type = String)]
    paid: Cents,
    #[schema(value_type = String)]
    patient_responsibility: Cents,
    #[schema(value_type = String)]
    payer_claim_control_number: Phi<String>,
    rule: String,
    received_at: String,
    #[schema(value_type = Object)]
    detail: Value,
}

/// Claims that fit, newest first.
#[utoipa::path(post, path = "/v1/claims/search", tag = "claims", request_body = SearchBody,
    responses((status = 200, body = Page<ClaimItem>), (status = 400), (status = 401)))]
async fn search_claims(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    ShortBody(body): ShortBody,
) -> Result<Json<Page<ClaimItem>>, Problem> {
    let body: SearchBody = serde_json::from_slice(&body).map_err(|error| Problem::bad_request(said_of_json(&error)))?;
    let query = ClaimQuery {
        // A number that is none of ours fits no claim.
        claim_id: body.trace_number.map(|text| ClaimId::from_trace_number(&text).unwrap_or(ClaimId(-1))),
        patient_control_number: body.patient_control_number,
        payer_claim_control_number: body.payer_claim_control_number,
        member_id: body.member_id,
        patient_last_name: body.patient_last_name,
        patient_birth_date: body.patient_birth_date.map(|day| Phi::new(day.reveal().to_string())),
        charge_min: body.charge_min,
        charge_max: body.charge_max,
        check_number: body.check_number,
        ..ClaimQuery::default()
    };
    let shared = ListParams {
        payer: body.payer,
        status: body.status,
        submission: body.submission,
        provider_npi: body.provider_npi,
        service_from: body.service_from,
        service_to: body.service_to,
        cursor: body.cursor,
        limit: body.limit,
    };
    page(&gateway, &caller, query, shared).await
}

/// The same for what names no patient, so that nothing about one stands in a URL.
#[utoipa::path(get, path = "/v1/claims", tag = "claims", params(ListParams),
    responses((status = 200, body = Page<ClaimItem>), (status = 400), (status = 401)))]
async fn list_claims(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    params: Result<Query<ListParams>, Problem>,
) -> Result<Json<Page<ClaimItem>>, Problem> {
    let Query(params) =
        params.map_err(|problem| problem.and("What names a patient goes into the body of POST /v1/claims/search."))?;
    page(&gateway, &caller, ClaimQuery::default(), params).await
}

async fn page(
    gateway: &Gateway,
    caller: &Caller,
    mut query: ClaimQuery,
    params: ListParams,
) -> Result<Json<Page<ClaimItem>>, Problem> {
    let limit = limit_of(params.limit)?;
    query.limit = limit + 1;
    query.payer = params.payer;
    query.provider_npi = params.provider_npi;
    query.service_from = params.service_from.map(|day| day.to_string());
    query.service_to = params.service_to.map(|day| day.to_string());
    query.status = params.status.map(|text| text.parse().map_err(Problem::bad_request)).transpose()?;
    query.submission = params.submission.map(|text| id_of("submission", &text)).transpose()?;
    query.before = params.cursor.map(|text| id_of("cursor", &text)).transpose()?;
    confine(&mut query, caller);
    let lines = gateway.store.search_claims(&query).await?;
    caller.audit(gateway, "claims.search", "").await?;
    Ok(Json(Page::of(lines.into_iter().map(item).collect(), limit, |item: &ClaimItem| item.id.clone())))
}

/// A partner sees its own claims only.
fn confine(query: &mut ClaimQuery, caller: &Caller) {
    match caller {
        Caller::Submitter { name, .. } => query.partner = Some(name.clone()),
        Caller::Payer { name, .. } => query.only_payer = Some(name.clone()),
        Caller::Staff { .. } => {}
    }
}

/// One claim: identifiers, status, amounts, its timeline, its payments.
#[utoipa::path(get, path = "/v1/claims/{id}", tag = "claims", params(("id" = String, Path)),
    responses((status = 200, body = ClaimWhole), (status = 404)))]
async fn claim(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ClaimWhole>, Problem> {
    let record = visible_claim(&gateway, &caller, &id).await?;
    caller.audit(&gateway, "claim.view", &id).await?;
    let timeline = gateway.store.claim_timeline(record.id).await?;
    let payments = gateway.store.claim_payments(record.id).await?;
    let findings = gateway.store.claim_findings(record.id).await?;
    let timely_filing = timely_filing(&gateway, &record);
    Ok(Json(ClaimWhole { timely_filing, ..whole(record, timeline, payments, findings) }))
}

/// A claim as `GET /v1/claims/{id}` tells it but for its days of timely filing, which change daily: for an export.
pub async fn claim_document(store: &Store, id: ClaimId) -> Result<Option<Value>, StoreError> {
    let Some(record) = store.claim_record(id).await? else { return Ok(None) };
    let timeline = store.claim_timeline(id).await?;
    let payments = store.claim_payments(id).await?;
    let findings = store.claim_findings(id).await?;
    let told = serde_json::to_value(whole(record, timeline, payments, findings));
    Ok(Some(told.expect("its keys are texts, so it is JSON")))
}

fn timely_filing(gateway: &Gateway, record: &ClaimRecord) -> Option<TimelyFiling> {
    let partners = gateway.partners.current();
    let routed = record.payer.as_deref().and_then(|name| partners.payer(name));
    let payer = routed.or_else(|| partners.payer_for_id(&record.payer_id))?;
    let today = gateway.clock.now().to_zoned(gateway.config.gateway.time_zone.clone()).date();
    let last = watch::last_day(payer, &record.frequency, &record.service_to, today)?;
    Some(TimelyFiling { last_day: last.day.to_string(), days_left: last.days_left })
}

/// The claim, when this caller may see it; else as if it were not there.
pub(super) async fn visible_claim(gateway: &Gateway, caller: &Caller, id: &str) -> Result<ClaimRecord, Problem> {
    let id: ClaimId = id.parse().map_err(|_| Problem::not_found("claim"))?;
    let record = gateway.store.claim_record(id).await?.ok_or_else(|| Problem::not_found("claim"))?;
    let may = match caller {
        Caller::Submitter { name, .. } => record.partner == *name,
        Caller::Payer { name, .. } => record.payer.as_deref() == Some(name),
        Caller::Staff { .. } => true,
    };
    if may { Ok(record) } else { Err(Problem::not_found("claim")) }
}

pub(super) fn id_of<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        Problem::bad_request(format!("`{what}` is twelve characters 0-9 and A-Z, as the gateway gave it to you."))
    })
}

/// What is wrong with a JSON body, without repeating its values.
pub(super) fn said_of_json(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => format!("The body does not fit: {} ({place}).", kind_of_fault(error)),
        serde_json::error::Category::Eof => "The body ends too early: send one JSON object.".to_string(),
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => {
            format!("The body is not JSON ({place}).")
        }
    }
}

/// serde's text names fields; only of wrong types does it repeat the value, and that is cut off.
fn kind_of_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((kind, rest)) if kind.starts_with("invalid") => {
            let expected = rest.split_once("expected ").map_or("another form", |(_, expected)| expected);
            format!("{kind}, expected {}", expected.split(" at line").next().unwrap_or(expected))
        }
        Some(_) | None => text.split(" at line").next().unwrap_or(&text).to_string(),
    }
}

pub(super) fn item(line: ClaimLine) -> ClaimItem {
    ClaimItem {
        id: line.id.to_string(),
        submission: line.submission_id.to_string(),
        kind: line.kind,
        status: line.status,
        patient_control_number: line.patient_control_number,
        payer: line.payer,
        payer_id: line.payer_id,
        payer_claim_control_number: line.payer_claim_control_number,
        provider_npi: line.provider_npi,
        service_from: filled(line.service_from),
        service_to: filled(line.service_to),
        charge: line.charge,
        paid: line.paid,
        trace_number: line.id.trace_number(),
        submitter: line.partner,
    }
}

fn whole(
    record: ClaimRecord,
    timeline: Vec<TimelineEvent>,
    payments: Vec<ClaimPayment>,
    findings: Vec<String>,
) -> ClaimWhole {
    let [interchange, group, transaction, reference] = record.received_in;
    ClaimWhole {
        claim: item(ClaimLine {
            id: record.id,
            submission_id: record.submission_id,
            partner: record.partner,
            kind: record.kind,
            status: record.status,
            patient_control_number: record.patient_control_number,
            charge: record.charge,
            paid: record.paid,
            payer_id: record.payer_id,
            payer: record.payer,
            payer_claim_control_number: record.payer_claim_control_number,
            provider_npi: record.provider_npi,
            service_from: record.service_from,
            service_to: record.service_to,
        }),
        patient_responsibility: record.patient_responsibility,
        frequency: record.frequency,
        facility: record.facility,
        original_reference: record.original_reference,
        upstream_trace: record.upstream_trace,
        filing_indicator: record.filing_indicator,
        provider_name: record.provider_name,
        member_id: record.member_id,
        patient_last_name: record.patient_last_name,
        patient_first_name: record.patient_first_name,
        patient_birth_date: Some(record.patient_birth_date).filter(|date| !date.reveal().is_empty()),
        lines: record.lines,
        batch: record.batch_id.map(|id| id.to_string()),
        timely_filing: None,
        received_in: ReceivedIn { file_name: record.file_name, interchange, group, transaction, reference },
        timeline: timeline.into_iter().map(event_item).collect(),
        payments: payments.into_iter().map(payment_item).collect(),
        findings: findings.iter().filter_map(|body| serde_json::from_str(body).ok()).collect(),
    }
}

fn event_item(event: TimelineEvent) -> EventItem {
    EventItem {
        at: rfc3339(event.at),
        kind: event.kind,
        status: event.status,
        code: event.code,
        text: event.text,
        rule: event.rule,
        evidence: event.evidence,
        lines: event.lines.reveal().iter().cloned().map(line_item).collect(),
        file_name: event.file_name,
    }
}

fn line_item(line: LineTold) -> LineItem {
    LineItem {
        claim_line: line.claim_line,
        tied_by: line.tied_by,
        codes: line.codes,
        procedure: line.procedure,
        revenue_code: filled(line.revenue_code),
        charge: line.charge,
        control_number: filled(line.control_number),
        service_date: filled(line.service_date),
    }
}

fn payment_item(payment: ClaimPayment) -> PaymentItem {
    PaymentItem {
        id: payment.id.to_string(),
        check_number: payment.check_number,
        payment_date: filled(payment.payment_date),
        claim_status_code: payment.clp_status,
        charge: payment.charge,
        paid: payment.paid,
        patient_responsibility: payment.patient_responsibility,
        payer_claim_control_number: payment.payer_claim_control_number,
        rule: payment.rule,
        received_at: rfc3339(payment.received_at),
        detail: detail_of(&payment.detail),
    }
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
