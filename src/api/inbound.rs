//! A payer hands in a response file: TA1, 999, 277CA, 277 or 835.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::pipeline::Gateway;
use crate::pipeline::collect::{self, Kept};

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(hand_in)).layer(DefaultBodyLimit::disable())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InboundParams {
    /// A name for the file, shown in lists.
    file_name: Option<String>,
    /// For operators who hand in what a payer sent another way: whose file it is.
    payer: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct InboundItem {
    id: String,
    /// `received`, or `repeat` when the same bytes came before.
    state: &'static str,
    received_at: String,
    bytes: u64,
}

/// Hand in one response file. Answered when its bytes are durable.
#[utoipa::path(post, path = "/v1/inbound", tag = "payers", params(InboundParams),
    request_body(content = String, content_type = "application/edi-x12"),
    responses((status = 202, body = InboundItem), (status = 200, body = InboundItem), (status = 403), (status = 413)))]
async fn hand_in(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<InboundParams>,
    body: Body,
) -> Result<Response, Problem> {
    let name = match &caller {
        Caller::Payer { name, .. } => name.clone(),
        Caller::Staff { .. } => {
            caller.operator()?;
            params.payer.ok_or_else(|| Problem::bad_request("Say whose file it is: `?payer=NAME`."))?
        }
        Caller::Submitter { .. } => {
            return Err(Problem::forbidden("This call is for payers. Claims are handed in at POST /v1/submissions."));
        }
    };
    let partners = gateway.partners.current();
    let payer =
        partners.payer(&name).ok_or_else(|| Problem::bad_request("`payer` names no payer: see GET /v1/payers."))?;
    let limit = gateway.config.intake.bytes_max;
    let mut bytes = Vec::new();
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| {
            Problem::bad_request(
                "The connection broke before the whole file had come; nothing of it was kept. Send it again.",
            )
        })?;
        if (bytes.len() + part.len()) as u64 > limit {
            let detail = format!("A file may have {limit} bytes. Split it and send the parts.");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The file is too large", detail));
        }
        bytes.extend_from_slice(&part);
    }
    if bytes.is_empty() {
        return Err(Problem::bad_request("The file is empty: nothing came in the body of the request."));
    }
    let size = bytes.len() as u64;
    let file_name = params.file_name.unwrap_or_else(|| "inbound.x12".to_string());
    let now = gateway.clock.now_ms();
    let (status, id, state) = match collect::keep(&gateway, &payer.id, collect::Channel::Api, &file_name, bytes).await?
    {
        Kept::New(id) => (StatusCode::ACCEPTED, id, "received"),
        Kept::Repeat(id) => (StatusCode::OK, id, "repeat"),
    };
    caller.audit(&gateway, "inbound.create", &id.to_string()).await?;
    let item = InboundItem { id: id.to_string(), state, received_at: rfc3339(now), bytes: size };
    Ok((status, Json(item)).into_response())
}
