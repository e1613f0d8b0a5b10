//! The pages: search with the counts of each status, and one claim with its timeline.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use super::session::Staff;
use crate::domain::clock::rfc3339;
use crate::domain::ids::ClaimId;
use crate::domain::{ClaimStatus, Finding, Phi};
use crate::edits::catalogue;
use crate::edits::catalogue::listing::Entry;
use crate::pipeline::Gateway;
use crate::store::StoreError;
use crate::store::alarms::AlarmRow;
use crate::store::audit::AuditEntry;
use crate::store::events::LineTold;
use crate::store::search::{ClaimLine, ClaimQuery};
use crate::store::timeline::{ClaimPayment, ClaimRecord};

const LINES_SHOWN: u32 = 100;
const ALARMS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    user: &'a str,
    asked: &'a Search,
    statuses: &'static [ClaimStatus],
    counts: Vec<(ClaimStatus, i64, String)>,
    /// Seconds since: counting many claims takes long.
    counted_ago: u64,
    alarms: Vec<Alarm>,
    more_alarms: usize,
    claims: Vec<Row>,
    more: bool,
    searched: bool,
    problem: Option<String>,
}

/// What is overdue or stuck.
struct Alarm {
    kind: String,
    text: String,
    since: String,
}

/// A claim as one line of the list.
struct Row {
    id: String,
    trace_number: String,
    patient_control_number: String,
    status: ClaimStatus,
    kind: String,
    submitter: String,
    payer: String,
    charge: String,
    paid: String,
    service: String,
    received: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Search {
    /// Control number, trace number or the payer's claim number.
    number: String,
    member_id: String,
    last_name: String,
    provider_npi: String,
    check_number: String,
    status: String,
}

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage<'a> {
    user: &'a str,
    id: &'a str,
    edit: Option<Entry>,
}

/// What an edit of a finding is.
pub(super) async fn edit(Staff(user): Staff, Path(id): Path<String>) -> Result<Html<String>, Trouble> {
    let edit = catalogue::by_id(&id).map(Entry::of);
    Ok(Html(EditPage { user: &user.name, id: &id, edit }.render()?))
}

pub(super) async fn home(State(gateway): State<Arc<Gateway>>, Staff(user): Staff) -> Result<Html<String>, Trouble> {
    render(&gateway, &user.name, &Search::default(), ClaimQuery::default(), None).await
}

pub(super) async fn search(
    State(gateway): State<Arc<Gateway>>,
    Staff(user): Staff,
    Form(asked): Form<Search>,
) -> Result<Html<String>, Trouble> {
    let actor = format!("user:{}", user.name);
    let entry = AuditEntry { actor: &actor, action: "claims.search", object: "", source: "console", result: "ok" };
    gateway.store.add_audit(&entry, gateway.clock.now_ms()).await?;
    let filled = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
    let mut query = ClaimQuery {
        member_id: filled(&asked.member_id).map(Phi::new),
        patient_last_name: filled(&asked.last_name).map(Phi::new),
        provider_npi: filled(&asked.provider_npi),
        check_number: filled(&asked.check_number),
        ..ClaimQuery::default()
    };
    match filled(&asked.status).map(|status| status.parse()).transpose() {
        Ok(status) => query.status = status,
        Err(problem) => return render(&gateway, &user.name, &asked, query, Some(problem)).await,
    }
    if let Some(number) = filled(&asked.number) {
        query = by_number(&gateway, query, number).await?;
    }
    render(&gateway, &user.name, &asked, query, None).await
}

/// A number on a piece of paper may be any of three; the first that is somebody's is meant.
async fn by_number(gateway: &Gateway, query: ClaimQuery, number: String) -> Result<ClaimQuery, Trouble> {
    if let Some(id) = ClaimId::from_trace_number(&number) {
        let as_trace_number = ClaimQuery { claim_id: Some(id), limit: 1, ..query.clone() };
        // A submitter's own number may look like one of ours.
        if !gateway.store.search_claims(&as_trace_number).await?.is_empty() {
            return Ok(as_trace_number);
        }
    }
    let as_control_number =
        ClaimQuery { patient_control_number: Some(Phi::new(number.clone())), limit: 1, ..query.clone() };
    if gateway.store.search_claims(&as_control_number).await?.is_empty() {
        return Ok(ClaimQuery { payer_claim_control_number: Some(Phi::new(number)), ..query });
    }
    Ok(as_control_number)
}

async fn render(
    gateway: &Gateway,
    user: &str,
    asked: &Search,
    mut query: ClaimQuery,
    problem: Option<String>,
) -> Result<Html<String>, Trouble> {
    query.limit = LINES_SHOWN + 1;
    let lines = gateway.store.search_claims(&query).await?;
    let searched = asked != &Search::default();
    // Counted over all claims, so only where they are shown.
    let counts = if searched { None } else { Some(gateway.store.count_claims_by_status().await?) };
    let standing = if searched { Vec::new() } else { gateway.store.standing_alarms().await? };
    let more_alarms = standing.len().saturating_sub(ALARMS_SHOWN);
    let alarm = |row: AlarmRow| Alarm { kind: row.kind, text: row.text, since: rfc3339(row.raised_at) };
    let page = Home {
        user,
        alarms: standing.into_iter().take(ALARMS_SHOWN).map(alarm).collect(),
        more_alarms,
        asked,
        statuses: ClaimStatus::ALL,
        counted_ago: counts.as_ref().map(|counts| counts.age.as_secs()).unwrap_or_default(),
        counts: counts
            .into_iter()
            .flat_map(|counts| counts.by_status)
            .map(|(status, claims, charge)| (status, claims, charge.to_string()))
            .collect(),
        more: lines.len() > LINES_SHOWN as usize,
        searched,
        claims: lines.into_iter().take(LINES_SHOWN as usize).map(row).collect(),
        problem,
    };
    Ok(Html(page.render()?))
}

impl PartialEq for Search {
    fn eq(&self, other: &Search) -> bool {
        let fields = |s: &Search| {
            [&s.number, &s.member_id, &s.last_name, &s.provider_npi, &s.check_number, &s.status].map(String::clone)
        };
        fields(self) == fields(other)
    }
}

fn row(line: ClaimLine) -> Row {
    Row {
        id: line.id.to_string(),
        trace_number: line.id.trace_number(),
        patient_control_number: line.patient_control_number.reveal().clone(),
        status: line.status,
        kind: line.kind,
        submitter: line.partner,
        payer: line.payer.unwrap_or(line.payer_id),
        charge: line.charge.to_string(),
        paid: line.paid.to_string(),
        service: days(&line.service_from, &line.service_to),
        received: minute(rfc3339(line.id.received_at_ms())),
    }
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage<'a> {
    user: &'a str,
    claim: ClaimRecord,
    service: String,
    events: Vec<Event>,
    payments: Vec<ClaimPayment>,
    findings: Vec<Finding>,
}

struct Event {
    at: String,
    kind: String,
    status: Option<ClaimStatus>,
    code: String,
    text: String,
    rule: String,
    evidence: String,
    lines: Phi<Vec<LineTold>>,
    file_name: Option<String>,
}

pub(super) async fn claim(
    State(gateway): State<Arc<Gateway>>,
    Staff(user): Staff,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let record = match id.parse::<ClaimId>() {
        Ok(id) => gateway.store.claim_record(id).await?,
        Err(_) => None,
    };
    let Some(claim) = record else {
        return Ok((StatusCode::NOT_FOUND, Html("<p>There is no such claim. <a href=\"/console\">Search</a></p>"))
            .into_response());
    };
    let actor = format!("user:{}", user.name);
    let entry = AuditEntry { actor: &actor, action: "claim.view", object: &id, source: "console", result: "ok" };
    gateway.store.add_audit(&entry, gateway.clock.now_ms()).await?;
    let events = gateway.store.claim_timeline(claim.id).await?.into_iter().map(|event| Event {
        at: minute(rfc3339(event.at)),
        kind: event.kind,
        status: event.status,
        code: event.code,
        text: event.text,
        rule: event.rule,
        evidence: event.evidence.join(", "),
        lines: event.lines,
        file_name: event.file_name,
    });
    let findings = gateway.store.claim_findings(claim.id).await?;
    let page = ClaimPage {
        user: &user.name,
        service: days(&claim.service_from, &claim.service_to),
        events: events.collect(),
        payments: gateway.store.claim_payments(claim.id).await?,
        findings: findings.iter().filter_map(|body| serde_json::from_str(body).ok()).collect(),
        claim,
    };
    Ok(Html(page.render()?).into_response())
}

fn days(from: &str, to: &str) -> String {
    if from == to || to.is_empty() { from.to_string() } else { format!("{from} to {to}") }
}

/// `2026-11-21T08:15:30.123Z` as `2026-11-21 08:15:30`.
fn minute(time: String) -> String {
    time.get(..19).unwrap_or(&time).replace('T', " ")
}

/// Our own trouble, as a page.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("a page cannot be made")]
    Page(#[from] askama::Error),
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        tracing::error!(error = crate::domain::error_chain(&self), "a console page failed");
        let text = "<p>The gateway failed to make this page; the log says why. <a href=\"/console\">Try again</a></p>";
        (StatusCode::INTERNAL_SERVER_ERROR, Html(text)).into_response()
    }
}
