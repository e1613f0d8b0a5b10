//! Submissions: a file handed in, what became of it, and its acknowledgements.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::id_of;
use super::extract::{Path, Query, broken};
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::SubmissionId;
use crate::domain::limits::WAIT_SECONDS_MAX;
use crate::domain::{Cents, CrashPoint, Finding, passing};
use crate::partner::rate::TooOften;
use crate::pipeline::intake::{self, Announced, IntakeRefusal, Received};
use crate::pipeline::{Gateway, StageError};
use crate::store::mail::MailKind;
use crate::store::submissions::{Channel, SubmissionRow};

/// Findings shown with a submission; the rest page by page.
const FINDINGS_SHOWN: u32 = 500;

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        // The intake stage has its own limit, and counts the bytes as they come.
        .merge(OpenApiRouter::new().routes(routes!(submit)).layer(DefaultBodyLimit::disable()))
        .routes(routes!(list_submissions))
        .routes(routes!(submission))
        .routes(routes!(findings))
        .routes(routes!(acknowledgment))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SubmitParams {
    /// Seconds to wait for the checks; then the answer is 200 with their result.
    wait: Option<u64>,
    /// A name for the file, shown in lists and used in the acknowledgements' names.
    file_name: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SubmissionItem {
    id: String,
    /// `received`, `validated`, `routed` or `refused`.
    state: String,
    file_name: String,
    channel: String,
    received_at: String,
    validated_at: Option<String>,
    sha256: String,
    bytes: u64,
    /// Why nothing in the file could be read as X12.
    refused: Option<String>,
    claims: u64,
    accepted_claims: u64,
    rejected_claims: u64,
    #[schema(value_type = String, example = "1047.00")]
    charge: Cents,
    errors: u64,
    warnings: u64,
    /// When the claims' next batch closes; null when nothing waits for one.
    next_release: Option<String>,
    links: Links,
}

#[derive(Serialize, ToSchema)]
struct Links {
    #[serde(rename = "self")]
    this: String,
    claims: String,
    findings: String,
    /// The same for people, as text or HTML.
    report: String,
    acknowledgements: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct SubmissionWhole {
    #[serde(flatten)]
    submission: SubmissionItem,
    /// The first ones; all of them at `links.findings`.
    #[schema(value_type = Vec<Object>)]
    findings: Vec<Finding>,
}

/// Hand in one X12 file. Answered when its bytes are durable.
#[utoipa::path(post, path = "/v1/submissions", tag = "submissions", params(SubmitParams,
        ("Idempotency-Key" = Option<String>, Header, description = "the same key with the same bytes is answered as before")),
    request_body(content = String, content_type = "application/edi-x12"),
    responses((status = 202, body = SubmissionItem), (status = 200, body = SubmissionWhole, description = "with `wait`: the checks are done"),
        (status = 409, description = "These bytes were handed in before: `id` says as which submission."), (status = 413),
        (status = 422, description = "The `Idempotency-Key` came before, with other bytes."), (status = 429), (status = 503)))]
async fn submit(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<SubmitParams>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let name = caller.submitter()?.to_string();
    let partners = gateway.partners.current();
    let submitter = partners.submitter(&name).ok_or_else(|| Problem::forbidden("Your account was switched off."))?;
    intake::admit(&gateway, submitter).map_err(too_often)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let announced = announced.map_or(Announced::Nothing, Announced::Bytes);
    if let Some(wait) = intake::wait_for_room(&gateway, announced).await? {
        return Err(behind(wait));
    }
    let key = match headers.get("idempotency-key").map(|value| value.to_str()) {
        None => None,
        Some(Ok(key)) if !key.is_empty() && key.len() <= 200 => Some(key.to_string()),
        Some(_) => return Err(Problem::bad_request("`Idempotency-Key` is 1 to 200 plain characters.")),
    };
    let file_name = params.file_name.unwrap_or_else(|| "submission.837".to_string());
    let mut incoming = intake::begin(&gateway, submitter, Channel::Https, &file_name, key).await.map_err(refused)?;
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| broken())?;
        incoming.write(part).await.map_err(refused)?;
    }
    let row = match incoming.finish_for(caller.requester()).await.map_err(refused)? {
        Received::New(row) | Received::Replayed(row) => row,
        Received::Same(first) => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "These bytes were handed in before",
                format!(
                    "The same file came as submission {} on {}. Its claims were taken then and are not taken twice.",
                    first.id,
                    rfc3339(first.received_at)
                ),
            )
            .with("id", first.id.to_string())
            .with("received_at", rfc3339(first.received_at)));
        }
    };
    let wait = params.wait.map(|seconds| Duration::from_secs(seconds.min(WAIT_SECONDS_MAX)));
    let checked = match wait {
        Some(wait) => intake::wait_until_checked(&gateway, row.id, wait).await?,
        None => None,
    };
    passing(CrashPoint::ReplyHttp);
    if let Some(row) = checked {
        return Ok((StatusCode::OK, Json(whole(&gateway, row).await?)).into_response());
    }
    let item = item(&gateway, row).await?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, item.links.this.clone())], Json(item)).into_response())
}

fn too_often(TooOften { wait }: TooOften) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many submissions",
        "You hand in more files than agreed. Put more claims into one file, or ask the operator for a higher limit.",
    )
    .retry_after(wait.as_secs().max(1))
}

fn behind(wait: Duration) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Too much waits to be checked",
        "More was handed in here than is checked at present. Nothing of this file was kept: send it again later.",
    )
    .retry_after(wait.as_secs())
}

fn refused(refusal: IntakeRefusal) -> Problem {
    match refusal {
        IntakeRefusal::Stage(error) => error.into(),
        IntakeRefusal::DiskFull { source } => StageError::from(source).into(),
        IntakeRefusal::NotActive { .. } => Problem::forbidden(refusal.to_string()),
        IntakeRefusal::TooLarge { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The file is too large", refusal.to_string())
        }
        IntakeRefusal::Empty => Problem::new(StatusCode::BAD_REQUEST, "The file is empty", refusal.to_string()),
        IntakeRefusal::KeyOfOther { .. } => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "The idempotency key was used before", refusal.to_string())
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Your submissions, newest first.
#[utoipa::path(get, path = "/v1/submissions", tag = "submissions", params(ListParams),
    responses((status = 200, body = Page<SubmissionItem>)))]
async fn list_submissions(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<ListParams>,
) -> Result<Json<Page<SubmissionItem>>, Problem> {
    let limit = limit_of(params.limit)?;
    let before = params.cursor.map(|text| id_of("cursor", &text)).transpose()?;
    let partner = match &caller {
        Caller::Staff { .. } => None,
        Caller::Submitter { .. } | Caller::Payer { .. } => Some(caller.submitter()?),
    };
    let rows = gateway.store.submissions(partner, before, limit + 1).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(item(&gateway, row).await?);
    }
    Ok(Json(Page::of(items, limit, |item: &SubmissionItem| item.id.clone())))
}

/// One submission: state, counts, findings, links to its acknowledgements.
#[utoipa::path(get, path = "/v1/submissions/{id}", tag = "submissions", params(("id" = String, Path)),
    responses((status = 200, body = SubmissionWhole), (status = 404)))]
async fn submission(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SubmissionWhole>, Problem> {
    let row = visible_submission(&gateway, &caller, &id).await?;
    Ok(Json(whole(&gateway, row).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FindingParams {
    cursor: Option<u64>,
    limit: Option<u32>,
}

/// What is wrong in one place: `interchange`, `group`, `transaction`, `claim`, `segment`, `loop`, `element`, `component`,
/// `repetition`, `value`, `snip`, `edit` (see GET /v1/edits), `severity`, `scope`, `message`, `fix`, `ack`, `status` and
/// `trigger`.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
struct FindingItem(serde_json::Value);

/// All findings of a submission, in the order of the file.
#[utoipa::path(get, path = "/v1/submissions/{id}/findings", tag = "submissions", params(("id" = String, Path), FindingParams),
    responses((status = 200, body = Page<FindingItem>), (status = 404)))]
async fn findings(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(params): Query<FindingParams>,
) -> Result<Json<Page<FindingItem>>, Problem> {
    let row = visible_submission(&gateway, &caller, &id).await?;
    let limit = limit_of(params.limit)?;
    let mut rows = gateway.store.findings_of_submission(row.id, params.cursor, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.ordinal.to_string());
    let items = rows.into_iter().map(|row| FindingItem(serde_json::json!(row.finding))).collect();
    Ok(Json(Page { items, next }))
}

/// An acknowledgement as X12: all TA1s, 999s or 277CAs of the submission, one interchange after another.
#[utoipa::path(get, path = "/v1/submissions/{id}/{kind}", tag = "submissions",
    params(("id" = String, Path), ("kind" = String, Path, description = "ta1, 999 or 277ca")),
    responses((status = 200, content_type = "application/edi-x12"), (status = 404)))]
async fn acknowledgment(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path((id, kind)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let row = visible_submission(&gateway, &caller, &id).await?;
    let kind = match MailKind::from_text(&kind) {
        Some(kind @ (MailKind::Ta1 | MailKind::Ack999 | MailKind::Ack277ca)) => kind,
        Some(_) | None => return Err(Problem::not_found("acknowledgement (ta1, 999 or 277ca)")),
    };
    if !row.state.is_checked() {
        return Err(not_ready());
    }
    let mut bytes = Vec::new();
    for mail in gateway.store.mail_of_submission(row.id).await?.iter().filter(|mail| mail.kind == kind) {
        bytes.extend(gateway.read_payload(mail.payload_id).await?);
    }
    if bytes.is_empty() {
        return Err(Problem::not_found("acknowledgement of this kind: none was called for, so none"));
    }
    Ok(([(header::CONTENT_TYPE, "application/edi-x12")], bytes).into_response())
}

pub(super) fn not_ready() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "Not ready",
        "The file is still being checked. Ask again in a moment, or submit with ?wait=SECONDS.",
    )
    .retry_after(1)
}

pub(super) async fn visible_submission(gateway: &Gateway, caller: &Caller, id: &str) -> Result<SubmissionRow, Problem> {
    let none = || Problem::not_found("submission");
    let id: SubmissionId = id.parse().map_err(|_| none())?;
    let row = gateway.store.submission(id).await?.ok_or_else(none)?;
    let may = match caller {
        Caller::Submitter { name, .. } => row.partner == *name,
        Caller::Payer { .. } => false,
        Caller::Staff { .. } => true,
    };
    if may { Ok(row) } else { Err(none()) }
}

async fn whole(gateway: &Gateway, row: SubmissionRow) -> Result<SubmissionWhole, Problem> {
    let findings = gateway.store.findings_of_submission(row.id, None, FINDINGS_SHOWN).await?;
    let findings = findings.into_iter().map(|row| row.finding).collect();
    Ok(SubmissionWhole { submission: item(gateway, row).await?, findings })
}

async fn item(gateway: &Gateway, row: SubmissionRow) -> Result<SubmissionItem, Problem> {
    let this = format!("/v1/submissions/{}", row.id);
    let mut acknowledgements: Vec<String> = Vec::new();
    if row.state.is_checked() {
        for mail in gateway.store.mail_of_submission(row.id).await? {
            let link = format!("{this}/{}", mail.kind.as_str());
            let is_acknowledgement = matches!(mail.kind, MailKind::Ta1 | MailKind::Ack999 | MailKind::Ack277ca);
            if is_acknowledgement && !acknowledgements.contains(&link) {
                acknowledgements.push(link);
            }
        }
    }
    let next_release = gateway.store.next_release_for(row.id, gateway.clock.now_ms()).await?;
    Ok(SubmissionItem {
        id: row.id.to_string(),
        state: row.state.as_str().to_string(),
        file_name: row.file_name,
        channel: row.channel.as_str().to_string(),
        received_at: rfc3339(row.received_at),
        validated_at: row.validated_at.map(rfc3339),
        sha256: row.sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
        bytes: row.bytes,
        refused: row.refused,
        claims: row.counts.claims,
        accepted_claims: row.counts.accepted,
        rejected_claims: row.counts.rejected,
        charge: row.counts.charge,
        errors: row.counts.errors,
        warnings: row.counts.warnings,
        next_release: next_release.map(rfc3339),
        links: Links {
            claims: format!("/v1/claims?submission={}", row.id),
            findings: format!("{this}/findings"),
            report: format!("{this}/report"),
            acknowledgements,
            this,
        },
    })
}
