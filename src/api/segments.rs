//! A claim's own segments, as they were received and as they were sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::visible_claim;
use super::extract::Path;
use super::problem::Problem;
use crate::domain::ids::{BatchId, ClaimId};
use crate::pipeline::gateway::blocking;
use crate::pipeline::{Gateway, batch};
use crate::store::PayloadReader;
use crate::store::claims::Spans;
use crate::x12::segment::text_of;

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(claim_edi))
}

#[derive(Serialize, ToSchema)]
struct ClaimEdi {
    /// The billing provider's, subscriber's and patient's levels and the claim, byte for byte.
    received: String,
    /// The claim in the file that went to the payer; null while it has not been built.
    sent: Option<String>,
}

/// The claim's own segments as received and as sent.
#[utoipa::path(get, path = "/v1/claims/{id}/edi", tag = "claims", params(("id" = String, Path)),
    responses((status = 200, body = ClaimEdi), (status = 404)))]
async fn claim_edi(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ClaimEdi>, Problem> {
    let record = visible_claim(&gateway, &caller, &id).await?;
    caller.audit(&gateway, "claim.edi", &id).await?;
    let row = gateway.store.claim(record.id).await?.ok_or_else(|| Problem::not_found("claim"))?;
    let submission =
        gateway.store.submission(record.submission_id).await?.ok_or_else(|| Problem::not_found("claim"))?;
    let reader = gateway.open_payload(submission.payload_id).await?;
    let Spans { provider, subscriber, patient, claim } = row.received.spans;
    let spans = [provider, subscriber, patient, claim];
    let received = blocking(move || read_spans(reader, &spans.map(|span| (span.offset, span.bytes)))).await??;
    let sent = match record.batch_id {
        Some(batch) => sent_segments(&gateway, batch, record.id).await?,
        None => None,
    };
    Ok(Json(ClaimEdi { received, sent }))
}

fn read_spans(mut reader: PayloadReader, spans: &[(u64, u64)]) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    for &(offset, length) in spans {
        bytes.extend(reader.read_range(offset, length)?);
    }
    Ok(text_of(&bytes))
}

/// Found in the batch by its trace number, which stands in the claim alone.
async fn sent_segments(gateway: &Gateway, batch: BatchId, claim: ClaimId) -> Result<Option<String>, Problem> {
    let Some(payload) = gateway.store.batch_payload(batch).await? else { return Ok(None) };
    let reader = gateway.open_payload(payload).await?;
    Ok(blocking(move || batch::claim_as_sent(reader, &claim.trace_number())).await??)
}
