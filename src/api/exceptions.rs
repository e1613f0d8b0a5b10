//! Responses that matched no claim: candidates ranked with reasons, resolved by a person, undone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{Caller, is_staff};
use super::claims::{id_of, said_of_json, visible_claim};
use super::extract::{Path, Query, ShortBody};
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::{ClaimId, ExceptionId};
use crate::pipeline::Gateway;
use crate::pipeline::answers::ladder::CANDIDATES_MAX;
use crate::pipeline::exceptions::{self as decisions, ResolveError};
use crate::store::exceptions::{ExceptionRow, ExceptionState};

/// Of why an exception is dismissed.
const REASON_CHARS_MAX: usize = 1_000;

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(exceptions))
        .routes(routes!(resolve_exception))
        .routes(routes!(undo_exception))
        .routes(routes!(dismiss_exception))
        .routes(routes!(release_exception))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExceptionParams {
    /// open (unless said otherwise), resolved, dismissed or all.
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ExceptionItem {
    id: String,
    kind: &'static str,
    payer: String,
    /// The payer's file it came with: see GET /v1/inbound/{id}.
    inbound: String,
    state: &'static str,
    raised_at: String,
    reason: String,
    /// What the response said, and of whom.
    #[schema(value_type = Object)]
    response: Value,
    /// Claims it may be about, the likeliest first, each with its reasons.
    #[schema(value_type = Vec<Object>)]
    candidates: Vec<Value>,
    claim_id: Option<String>,
    resolved_by: Option<String>,
    resolved_at: Option<String>,
    note: Option<String>,
}

/// What waits for a person. A submitter sees those whose candidates are all its own claims.
#[utoipa::path(get, path = "/v1/exceptions", tag = "exceptions", params(ExceptionParams),
    responses((status = 200, body = Page<ExceptionItem>), (status = 403)))]
async fn exceptions(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<ExceptionParams>,
) -> Result<Json<Page<ExceptionItem>>, Problem> {
    let limit = limit_of(params.limit)?;
    let state = state_of(params.state.as_deref())?;
    let mut before = params.cursor.map(|text| id_of("cursor", &text)).transpose()?;
    let payer = match &caller {
        Caller::Payer { name, .. } => Some(name.clone()),
        Caller::Submitter { .. } | Caller::Staff { .. } => None,
    };
    let mut items = Vec::new();
    loop {
        let rows = gateway.store.list_exceptions(state, payer.as_deref(), before, limit + 1).await?;
        let last_page = rows.len() <= limit as usize;
        before = rows.last().map(|row| row.id);
        for row in rows {
            if may_see(&gateway, &caller, &row).await? {
                items.push(item(row));
            }
        }
        if last_page || items.len() > limit as usize {
            break;
        }
    }
    caller.audit(&gateway, "exceptions.list", "").await?;
    Ok(Json(Page::of(items, limit, |item: &ExceptionItem| item.id.clone())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    /// The claim that the response is about: its id, or its trace number.
    claim_id: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DismissBody {
    /// Why nothing needs to be done, for whoever looks later: up to 1,000 characters.
    reason: String,
}

/// Apply a response to the claim it is about.
#[utoipa::path(post, path = "/v1/exceptions/{id}/resolve", tag = "exceptions", params(("id" = String, Path)),
    request_body = ResolveBody, responses((status = 200, body = ExceptionItem), (status = 404), (status = 409), (status = 422)))]
async fn resolve_exception(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
    ShortBody(body): ShortBody,
) -> Result<Json<ExceptionItem>, Problem> {
    let row = decidable(&gateway, &caller, &id).await?;
    let body: ResolveBody =
        serde_json::from_slice(&body).map_err(|error| Problem::bad_request(said_of_json(&error)))?;
    let id = ClaimId::from_trace_number(&body.claim_id).map_or(body.claim_id, |id| id.to_string());
    let claim = visible_claim(&gateway, &caller, &id).await?;
    let decided = decisions::resolve(&gateway, row.id, claim.id, &caller.actor()).await;
    after(&gateway, &caller, row.id, "exception.resolve", decided).await
}

/// Take a decision back. A submitter takes back its own and those that were made by rule, not those of staff.
#[utoipa::path(post, path = "/v1/exceptions/{id}/undo", tag = "exceptions", params(("id" = String, Path)),
    responses((status = 200, body = ExceptionItem), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn undo_exception(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ExceptionItem>, Problem> {
    let row = decidable(&gateway, &caller, &id).await?;
    // Not the submitter's to take back; it may ask.
    let by_staff = row.resolved_by.as_deref().is_some_and(is_staff);
    if by_staff && matches!(caller, Caller::Submitter { .. }) {
        return Err(Problem::forbidden("The clearinghouse decided this: ask its staff to take the decision back."));
    }
    let decided = decisions::undo(&gateway, row.id, &caller.actor()).await;
    after(&gateway, &caller, row.id, "exception.undo", decided).await
}

/// Close an exception that needs nothing done.
#[utoipa::path(post, path = "/v1/exceptions/{id}/dismiss", tag = "exceptions", params(("id" = String, Path)),
    request_body = DismissBody, responses((status = 200, body = ExceptionItem), (status = 404), (status = 409), (status = 422)))]
async fn dismiss_exception(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
    ShortBody(body): ShortBody,
) -> Result<Json<ExceptionItem>, Problem> {
    let row = decidable(&gateway, &caller, &id).await?;
    let body: DismissBody =
        serde_json::from_slice(&body).map_err(|error| Problem::bad_request(said_of_json(&error)))?;
    let decided = decisions::dismiss(&gateway, row.id, &caller.actor(), reason_of(&body.reason)?).await;
    after(&gateway, &caller, row.id, "exception.dismiss", decided).await
}

/// Post a remittance that was held because it does not add up or may have come before; or hand on a payment without claims,
/// or provider adjustments beside none, whose payee was not known; or have a file worked that was held for its usage (ISA15).
#[utoipa::path(post, path = "/v1/exceptions/{id}/release", tag = "exceptions", params(("id" = String, Path)),
    responses((status = 200, body = ExceptionItem), (status = 403), (status = 404), (status = 409), (status = 422)))]
async fn release_exception(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ExceptionItem>, Problem> {
    caller.operator()?;
    let row = decidable(&gateway, &caller, &id).await?;
    let decided = decisions::release(&gateway, row.id, &caller.actor()).await;
    after(&gateway, &caller, row.id, "exception.release", decided).await
}

/// The exception, for callers who may decide about it: staff but auditors, and the submitter whose claims all
/// its candidates are.
async fn decidable(gateway: &Gateway, caller: &Caller, id: &str) -> Result<ExceptionRow, Problem> {
    let none = || Problem::not_found("exception");
    let id: ExceptionId = id.parse().map_err(|_| none())?;
    let row = gateway.store.exception(id).await?.ok_or_else(none)?;
    if !may_see(gateway, caller, &row).await? {
        return Err(none());
    }
    match caller {
        Caller::Staff { user, .. } if !user.role.may_decide() => Err(Problem::forbidden("An auditor only reads.")),
        Caller::Payer { .. } => Err(Problem::forbidden("Which claim a response is about is decided by its receiver.")),
        Caller::Staff { .. } | Caller::Submitter { .. } => Ok(row),
    }
}

async fn after(
    gateway: &Gateway,
    caller: &Caller,
    id: ExceptionId,
    action: &str,
    decided: Result<(), ResolveError>,
) -> Result<Json<ExceptionItem>, Problem> {
    if let Err(error) = decided {
        let (status, title) = match error {
            ResolveError::Stage(error) => return Err(error.into()),
            ResolveError::NoSuchException { .. } => return Err(Problem::not_found("exception")),
            ResolveError::NotOpen { .. }
            | ResolveError::NotDecided { .. }
            | ResolveError::PaidAlready { .. }
            | ResolveError::HandedOn { .. }
            | ResolveError::Final { .. } => (StatusCode::CONFLICT, "Not in this state"),
            ResolveError::NoSuchClaim { .. }
            | ResolveError::NeverSent { .. }
            | ResolveError::OtherPayer { .. }
            | ResolveError::NotOfOneClaim { .. }
            | ResolveError::OfAPayee { .. }
            | ResolveError::OfOneAnswer { .. }
            | ResolveError::NothingHeld { .. }
            | ResolveError::StillKept { .. }
            | ResolveError::FileDiffers { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "It does not fit"),
        };
        return Err(Problem::new(status, title, error.to_string()));
    }
    caller.audit(gateway, action, &id.to_string()).await?;
    let row = gateway.store.exception(id).await?.ok_or_else(|| Problem::not_found("exception"))?;
    Ok(Json(item(row)))
}

/// Without the blanks around it.
fn reason_of(text: &str) -> Result<&str, Problem> {
    let reason = text.trim();
    let refused = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "A reason is needed", detail);
    if reason.is_empty() {
        return Err(refused("Say in `reason` why nothing needs to be done, for whoever looks later.".to_string()));
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(refused(format!(
            "`reason` has up to {REASON_CHARS_MAX} characters: say the rest where it belongs."
        )));
    }
    Ok(reason)
}

fn state_of(asked: Option<&str>) -> Result<Option<ExceptionState>, Problem> {
    match asked {
        None => Ok(Some(ExceptionState::Open)),
        Some("all") => Ok(None),
        Some(text) => match ExceptionState::ALL.into_iter().find(|state| state.as_str() == text) {
            Some(state) => Ok(Some(state)),
            None => Err(Problem::bad_request("`state` is open, resolved, dismissed or all.")),
        },
    }
}

/// A response that may be about somebody else's patient is shown to nobody but staff and the payer it came from.
pub(super) async fn may_see(gateway: &Gateway, caller: &Caller, row: &ExceptionRow) -> Result<bool, Problem> {
    let submitter = match caller {
        Caller::Staff { .. } => return Ok(true),
        Caller::Payer { name, .. } => return Ok(row.payer == *name),
        Caller::Submitter { name, .. } => name,
    };
    let candidates = candidate_claims(row);
    // A full list was cut off: the rest may be somebody else's claims.
    if row.claim_id.is_none() && candidates.len() >= CANDIDATES_MAX {
        return Ok(false);
    }
    for &claim in &candidates {
        match gateway.store.claim_record(claim).await? {
            Some(record) if record.partner == *submitter => {}
            Some(_) | None => return Ok(false),
        }
    }
    Ok(!candidates.is_empty())
}

fn candidate_claims(row: &ExceptionRow) -> Vec<ClaimId> {
    let candidates: Vec<Value> = serde_json::from_str(&row.candidates).unwrap_or_default();
    let named = candidates.iter().filter_map(|one| one["claim_id"].as_str()?.parse().ok());
    named.chain(row.claim_id).collect()
}

pub(super) fn item(row: ExceptionRow) -> ExceptionItem {
    ExceptionItem {
        id: row.id.to_string(),
        kind: row.kind.as_str(),
        payer: row.payer,
        inbound: row.inbound_id.to_string(),
        state: row.state.as_str(),
        raised_at: rfc3339(row.raised_at),
        reason: row.reason,
        response: serde_json::from_str(&row.response).unwrap_or(Value::Null),
        candidates: serde_json::from_str(&row.candidates).unwrap_or_default(),
        claim_id: row.claim_id.map(|id| id.to_string()),
        resolved_by: row.resolved_by,
        resolved_at: row.resolved_at.map(rfc3339),
        note: Some(row.note).filter(|note| !note.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::response::IntoResponse;
    use serde_json::json;

    use super::*;
    use crate::pipeline::answers::testing::*;
    use crate::pipeline::testing::{World, professional, sample, world};
    use crate::pipeline::{correlate, remit};

    const CUT: &[&str] = &["CAS*CO*45*20"];

    fn acme() -> Caller {
        Caller::Submitter { name: "acme".into(), source: String::new() }
    }

    async fn listed(world: &World, state: &str) -> Vec<ExceptionItem> {
        let params = ExceptionParams { state: Some(state.to_string()), cursor: None, limit: None };
        exceptions(State(world.gateway.clone()), acme(), Query(params)).await.ok().unwrap().0.items
    }

    /// A payment with something of claim A1, which is there, by which it is not found; and its exception.
    async fn doubtful() -> (World, ExceptionItem) {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        let odd = SentClaim { charge: "500".into(), date: "20200101".into(), member: "M9".into(), ..claims[0].clone() };
        answer(&world, &era835(910, &[remittance("0001", "T1", "480", &[(odd, "1", "480", CUT, "ICN7")], &[])])).await;
        let exception = listed(&world, "open").await.remove(0);
        (world, exception)
    }

    async fn dismissed(world: &World, id: &str, reason: &str) -> StatusCode {
        let body = Bytes::from(json!({ "reason": reason }).to_string());
        let path = Path(id.to_string());
        match dismiss_exception(State(world.gateway.clone()), acme(), path, ShortBody(body)).await {
            Ok(_) => StatusCode::OK,
            Err(problem) => problem.into_response().status(),
        }
    }

    #[tokio::test]
    async fn an_exception_is_put_aside_with_a_reason_of_some_length_and_no_blank_one() {
        let (world, exception) = doubtful().await;
        for reason in ["", " \t\n", &"x".repeat(REASON_CHARS_MAX + 1)] {
            assert_eq!(dismissed(&world, &exception.id, reason).await, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(
            dismissed(&world, &exception.id, &format!(" {} ", "ü".repeat(REASON_CHARS_MAX))).await,
            StatusCode::OK
        );
        let note = listed(&world, "dismissed").await.remove(0).note.unwrap();
        assert_eq!(note, "ü".repeat(REASON_CHARS_MAX));
    }

    #[tokio::test]
    async fn a_claim_is_chosen_by_its_trace_number_too() {
        let (world, exception) = doubtful().await;
        let body = json!({ "claim_id": claim(&world, "A1").await.received.id.trace_number() }).to_string();
        let path = Path(exception.id.clone());
        let resolved =
            resolve_exception(State(world.gateway.clone()), acme(), path, ShortBody(Bytes::from(body))).await;
        assert_eq!(resolved.ok().unwrap().0.state, "resolved");
    }

    #[tokio::test]
    async fn who_takes_back_what_an_early_answer_was_applied_to_sees_it_again_with_that_claim() {
        let world = world().await;
        let first = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        let late = SentClaim { control_number: "a2".into(), date: "20261002".into(), ..first[0].clone() };
        let late = SentClaim { member: "W123456789".into(), ..late };
        answer(&world, &era835(910, &[remittance("0001", "T1", "80", &[(late, "1", "80", CUT, "ICN2")], &[])])).await;
        let file = String::from_utf8(professional(2, &[&[sample("A2", 2)]])).unwrap().replace("BATCH", "OTHER");
        send(&world, "acme", file.as_bytes()).await;
        correlate::run(&world.gateway).await.unwrap();
        remit::run(&world.gateway).await.unwrap();
        let resolved = listed(&world, "resolved").await.remove(0);
        let path = Path(resolved.id.clone());
        let reopened = undo_exception(State(world.gateway.clone()), acme(), path).await.ok().unwrap().0;
        assert_eq!(reopened.state, "open");
        let seen = listed(&world, "open").await;
        assert_eq!(seen.len(), 1, "it is still its own");
        let id = claim(&world, "A2").await.received.id.to_string();
        let candidate =
            seen[0].candidates.iter().find(|one| one["claim_id"] == id.as_str()).expect("the claim it was for");
        assert!(candidate["reasons"].to_string().contains("taken back"), "{candidate}");
        assert_ne!(seen[0].reason, "no claim sent to this payer fits");
        let body = Bytes::from(json!({ "claim_id": id }).to_string());
        let again = resolve_exception(State(world.gateway.clone()), acme(), Path(resolved.id), ShortBody(body)).await;
        assert_eq!(again.ok().unwrap().0.state, "resolved");
    }

    #[tokio::test]
    async fn a_submitter_takes_back_its_own_decision_and_not_one_of_staff() {
        let (world, exception) = doubtful().await;
        let (open, id) = (exception.id.parse().unwrap(), claim(&world, "A1").await.received.id);
        let undone = async || {
            let path = Path(exception.id.clone());
            undo_exception(State(world.gateway.clone()), acme(), path).await.is_ok()
        };
        decisions::resolve(&world.gateway, open, id, "user:sue").await.unwrap();
        assert!(!undone().await && claim(&world, "A1").await.paid.0 == 48_000);
        decisions::undo(&world.gateway, open, "user:sue").await.unwrap();
        decisions::resolve(&world.gateway, open, id, &acme().actor()).await.unwrap();
        assert!(undone().await && claim(&world, "A1").await.paid.0 == 0);
    }
}
