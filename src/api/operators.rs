//! For operators: payers, deliveries, batch windows.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::id_of;
use super::extract::{Path, Query, ShortBody};
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::DeliveryId;
use crate::partner::payer::Expected;
use crate::partner::{Endpoint, Payer};
use crate::pipeline::{Gateway, batch, deliver, watch};
use crate::store::alarms::Awaited;
use crate::store::deliveries::{Delivery, DeliveryState};
use crate::store::silence::AnswerTime;

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(payers))
        .routes(routes!(deliveries))
        .routes(routes!(retry_delivery))
        .routes(routes!(release_batches))
}

#[derive(Serialize, ToSchema)]
struct PayerItem {
    id: String,
    name: String,
    /// The first is the one sent.
    payer_ids: Vec<String>,
    accepts: Vec<&'static str>,
    active: bool,
    /// sftp, https or hosted; shown to people of the house only.
    endpoint: Option<&'static str>,
    /// How long its answers take: what is expected, and what was seen in the last twelve weeks.
    answer_times: Vec<AnswerTimeItem>,
}

#[derive(Serialize, ToSchema)]
struct AnswerTimeItem {
    /// TA1, 999, 277CA, 277 or 835.
    r#type: &'static str,
    /// Silence past this raises an alarm; `null`: no such answer is awaited, as a 277 of a payer that takes no 276.
    expected_seconds: Option<u64>,
    /// `file`: the payer's file says so. `learned`: from its answers. `usual`: neither.
    from: &'static str,
    /// Batches it answered; claims for an 835.
    answers: i64,
    median_seconds: Option<i64>,
    /// 95 of 100 answers came within it.
    p95_seconds: Option<i64>,
}

/// The payers that claims can be sent to.
#[utoipa::path(get, path = "/v1/payers", tag = "operators", responses((status = 200, body = Page<PayerItem>)))]
async fn payers(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Result<Json<Page<PayerItem>>, Problem> {
    let times = gateway.store.answer_times().await?;
    let partners = gateway.partners.current();
    let may_see = |payer: &&Payer| match &caller {
        Caller::Submitter { .. } => payer.active,
        Caller::Payer { name, .. } => payer.id.as_str() == name,
        Caller::Staff { .. } => true,
    };
    let items = partners.payers().filter(may_see).map(|payer| PayerItem {
        id: payer.id.to_string(),
        name: payer.name.clone(),
        payer_ids: payer.payer_ids.iter().map(ToString::to_string).collect(),
        accepts: accepted(payer),
        active: payer.active,
        endpoint: match (&caller, &payer.endpoint) {
            (Caller::Submitter { .. } | Caller::Payer { .. }, _) => None,
            (Caller::Staff { .. }, Endpoint::Sftp(_)) => Some("sftp"),
            (Caller::Staff { .. }, Endpoint::Https(_)) => Some("https"),
            (Caller::Staff { .. }, Endpoint::Hosted(_)) => Some("hosted"),
        },
        answer_times: Awaited::ALL.into_iter().map(|awaited| answer_time(payer, awaited, &times)).collect(),
    });
    Ok(Json(Page { items: items.collect(), next: None }))
}

fn accepted(payer: &Payer) -> Vec<&'static str> {
    let questions = payer.takes_questions.then_some("276");
    payer.accepts.iter().map(|kind| kind.as_str()).chain(questions).collect()
}

fn answer_time(payer: &Payer, awaited: Awaited, times: &[AnswerTime]) -> AnswerTimeItem {
    let seen = times.iter().find(|time| time.payer == payer.id.as_str() && time.awaited == awaited);
    let said = match awaited {
        Awaited::Ta1 => payer.expect.ta1,
        Awaited::Ack999 => payer.expect.ack_999,
        Awaited::Ack277ca => payer.expect.ack_277ca,
        Awaited::Status277 => payer.expect.status_277,
        Awaited::Remit835 => payer.expect.remit_835,
    };
    let learned = seen.and_then(watch::expected);
    let is_asked = match awaited {
        Awaited::Status277 => payer.takes_questions,
        Awaited::Ta1 | Awaited::Ack999 | Awaited::Ack277ca | Awaited::Remit835 => true,
    };
    let answered = seen.filter(|time| time.answers > 0);
    AnswerTimeItem {
        r#type: awaited.as_str(),
        expected_seconds: said.within(learned).filter(|_| is_asked).map(|within| within.as_secs()),
        from: match (said, learned) {
            (Expected::Said(_), _) => "file",
            (Expected::Usual(_), Some(_)) => "learned",
            (Expected::Usual(_), None) => "usual",
        },
        answers: seen.map_or(0, |time| time.answers),
        median_seconds: answered.map(|time| time.median_ms / 1000),
        p95_seconds: answered.map(|time| time.most_ms / 1000),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeliveryParams {
    payer: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct DeliveryItem {
    id: String,
    batch: String,
    payer: String,
    file_name: String,
    bytes: u64,
    state: &'static str,
    attempts: i64,
    created_at: String,
    sent_at: Option<String>,
    next_attempt_at: Option<String>,
    /// How the last attempt ended.
    last_attempt: String,
}

/// Files on their way to payers, newest first.
#[utoipa::path(get, path = "/v1/deliveries", tag = "operators", params(DeliveryParams),
    responses((status = 200, body = Page<DeliveryItem>), (status = 403)))]
async fn deliveries(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<DeliveryParams>,
) -> Result<Json<Page<DeliveryItem>>, Problem> {
    let payer = match &caller {
        Caller::Staff { .. } => params.payer,
        Caller::Payer { name, .. } => Some(name.clone()),
        Caller::Submitter { .. } => {
            return Err(Problem::forbidden(
                "Deliveries hold claims of several submitters; see yours with GET /v1/claims.",
            ));
        }
    };
    let limit = limit_of(params.limit)?;
    let before = params.cursor.map(|text| id_of("cursor", &text)).transpose()?;
    let rows = gateway.store.deliveries(None, payer.as_deref(), before, limit + 1).await?;
    let items = rows.into_iter().map(delivery_item).collect();
    Ok(Json(Page::of(items, limit, |item: &DeliveryItem| item.id.clone())))
}

fn delivery_item(row: Delivery) -> DeliveryItem {
    DeliveryItem {
        id: row.id.to_string(),
        batch: row.batch_id.to_string(),
        payer: row.partner,
        file_name: row.file_name,
        bytes: row.bytes,
        state: row.state.as_str(),
        attempts: row.attempts,
        created_at: rfc3339(row.created_at),
        sent_at: row.sent_at.map(rfc3339),
        next_attempt_at: row.sent_at.is_none().then(|| rfc3339(row.next_at)),
        last_attempt: row.last_detail,
    }
}

/// A delivery that is tried again.
#[derive(Serialize, ToSchema)]
struct RetriedItem {
    id: String,
    /// `due`.
    state: &'static str,
}

/// Try a delivery again that stands with support.
#[utoipa::path(post, path = "/v1/deliveries/{id}/retry", tag = "operators", params(("id" = String, Path)),
    responses((status = 200, body = RetriedItem), (status = 404), (status = 409)))]
async fn retry_delivery(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RetriedItem>, Problem> {
    let user = caller.operator()?;
    let none = || Problem::not_found("delivery");
    let delivery: DeliveryId = id.parse().map_err(|_| none())?;
    let row = gateway.store.delivery(delivery).await?.ok_or_else(none)?;
    if !deliver::retry(&gateway, delivery, &user.name).await? {
        return Err(Problem::new(
            axum::http::StatusCode::CONFLICT,
            "Nothing to repeat",
            format!(
                "Only a delivery that stands with support is repeated by hand; this one is {}.",
                row.state.as_str()
            ),
        ));
    }
    caller.audit(&gateway, "delivery.retry", &id).await?;
    Ok(Json(RetriedItem { id, state: DeliveryState::Due.as_str() }))
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ReleaseBody {
    /// Only this payer's windows.
    payer: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ReleasedItem {
    /// Windows that were open and are closed now.
    released: u64,
}

/// Close the open batch windows now.
#[utoipa::path(post, path = "/v1/batches/release", tag = "operators", request_body = ReleaseBody,
    responses((status = 200, body = ReleasedItem)))]
async fn release_batches(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    ShortBody(body): ShortBody,
) -> Result<Json<ReleasedItem>, Problem> {
    caller.operator()?;
    let body: ReleaseBody = if body.is_empty() {
        ReleaseBody::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| Problem::bad_request(super::claims::said_of_json(&error)))?
    };
    if let Some(payer) = &body.payer
        && gateway.partners.current().payer(payer).is_none()
    {
        return Err(Problem::bad_request("`payer` names no payer: see GET /v1/payers."));
    }
    let released = batch::release_now(&gateway, body.payer.as_deref()).await?;
    caller.audit(&gateway, "batches.release", body.payer.as_deref().unwrap_or("all")).await?;
    Ok(Json(ReleasedItem { released }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::testing::{KEY, hosted_payer, world_of};

    #[tokio::test]
    async fn no_277_is_expected_of_a_payer_that_takes_no_276() {
        let silent = hosted_payer("BLUESTAR", "BSTAR", KEY);
        let asked = hosted_payer("REDRIVER", "RRHP1", KEY).replace("accepts = [", "accepts = [\"276\", ");
        let world = world_of("", &[("bluestar", &silent), ("redriver", &asked)]).await;
        let partners = world.gateway.partners.current();
        let expected = |name| answer_time(partners.payer(name).unwrap(), Awaited::Status277, &[]).expected_seconds;
        assert_eq!(expected("bluestar"), None);
        assert_eq!(expected("redriver"), Some(3 * 86_400));
    }
}
