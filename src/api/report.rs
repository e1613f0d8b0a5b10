//! What became of a submission, for the people who bill: as text or as a page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::extract::Path;
use super::problem::Problem;
use super::submissions::{not_ready, visible_submission};
use crate::ack::paper::{self, Outcome, Paper, Pile};
use crate::domain::Finding;
use crate::domain::limits::PAGE_ITEMS_MAX;
use crate::pipeline::validate::received_day;
use crate::pipeline::{Gateway, StageError};
use crate::store::submissions::SubmissionRow;

/// Findings read for one report; a reader is told how many there are besides.
const FINDINGS_MAX: usize = 10_000;
/// The page fetches nothing and runs nothing, whatever a file brought into it.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(report))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Html,
}

/// The report a biller reads: claim by claim what is wrong, where, and what to send. `Accept: text/html` gives a
/// page to show or print, anything else plain text.
#[utoipa::path(get, path = "/v1/submissions/{id}/report", tag = "submissions", params(("id" = String, Path)),
    responses((status = 200, content((String = "text/plain"), (String = "text/html"))), (status = 404)))]
async fn report(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let row = visible_submission(&gateway, &caller, &id).await?;
    if !row.state.is_checked() {
        return Err(not_ready());
    }
    let findings = findings_of(&gateway, &row).await?;
    let paper = Paper::of(&row.file_name, received_day(&gateway, &row), outcome(&row), findings);
    let mut bytes = Vec::new();
    let (written, kind) = match form(&headers) {
        Form::Html => (paper::html(&paper, &mut bytes), "text/html; charset=utf-8"),
        Form::Text => (paper::text(&paper, &mut bytes), "text/plain; charset=utf-8"),
    };
    written.map_err(|source| StageError::Io { step: "writing a report", source })?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "accept"),
    ];
    Ok((headers, bytes).into_response())
}

/// What the caller would rather have: the first of the two forms that it names.
fn form(headers: &HeaderMap) -> Form {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let named = accepted.flat_map(|value| value.split(',')).map(|kind| kind.split(';').next().unwrap_or("").trim());
    let known = named.filter_map(|kind| match kind {
        "text/html" | "application/xhtml+xml" => Some(Form::Html),
        "text/plain" => Some(Form::Text),
        _ => None,
    });
    known.into_iter().next().unwrap_or(Form::Text)
}

async fn findings_of(gateway: &Gateway, row: &SubmissionRow) -> Result<Vec<Finding>, Problem> {
    let mut findings = Vec::new();
    let mut after = None;
    while findings.len() < FINDINGS_MAX {
        let page = gateway.store.findings_of_submission(row.id, after, PAGE_ITEMS_MAX).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.ordinal);
        findings.extend(page.into_iter().map(|row| row.finding));
    }
    Ok(findings)
}

/// The store keeps one sum of charges: where claims went both ways, it does not tell what either came to.
fn outcome(row: &SubmissionRow) -> Outcome {
    let counts = &row.counts;
    let pile = |claims: u64| Pile { claims, charge: (claims == counts.claims).then_some(counts.charge) };
    Outcome {
        refused: row.refused.clone(),
        accepted: pile(counts.accepted),
        rejected: pile(counts.rejected),
        errors: counts.errors,
        warnings: counts.warnings,
    }
}
