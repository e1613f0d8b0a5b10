//! Claim status in real time: a 276 is answered with its 277, or, where it breaks its guide, with a 999.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::extract::{Query, read_whole};
use super::problem::Problem;
use crate::pipeline::Gateway;
use crate::pipeline::claim_status::{self, AnswerKind, Ask};

/// Some 25,000 questions.
const REQUEST_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Says which transaction the body is, for those who do not want to read it to know.
const ANSWER: HeaderName = HeaderName::from_static("claimgate-answer");

/// How many of the questions went on to payers.
const PASSED_ON: HeaderName = HeaderName::from_static("claimgate-passed-on");

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StatusParams {
    /// `true`: questions about claims that are at a payer which takes 276s go on to it too. Its 277s come into your
    /// mailbox, with your TRN02; the header `claimgate-passed-on` says how many went.
    ask_payers: Option<bool>,
}

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(claim_status))
}

/// Ask what is known of your claims. The body is a 276 (005010X212) with any number of questions; the answer is its
/// 277, made of what this gateway knows now. A 276 that breaks its guide is answered with a 999 or TA1; the header
/// `claimgate-answer` says which of `277`, `999` and `TA1` the body is.
#[utoipa::path(post, path = "/v1/claim-status", tag = "claims", params(StatusParams),
    request_body(content = String, content_type = "application/edi-x12"),
    responses((status = 200, content_type = "application/edi-x12"), (status = 400), (status = 403), (status = 413)))]
async fn claim_status(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<StatusParams>,
    body: Body,
) -> Result<Response, Problem> {
    let name = caller.submitter()?;
    let partners = gateway.partners.current();
    let submitter = partners.submitter(name).ok_or_else(|| Problem::forbidden("You are no longer set up here."))?;
    let ask = if params.ask_payers.unwrap_or(false) { Ask::PayersToo } else { Ask::Here };
    let bytes = read_whole(body, REQUEST_BYTES_MAX, "A 276").await?;
    let answer = claim_status::answer(&gateway, submitter, ask, bytes).await?;
    let kind = match answer.kind {
        AnswerKind::Status277 => "277",
        AnswerKind::Ack999 => "999",
        AnswerKind::Ta1 => "TA1",
        AnswerKind::NotX12 => {
            return Err(Problem::bad_request("The body is no X12: it must be a 276 that begins with its ISA."));
        }
    };
    caller.audit(&gateway, "claim_status.ask", &format!("{} questions", answer.questions)).await?;
    let passed_on = answer.passed_on.to_string();
    let headers = [(header::CONTENT_TYPE, "application/edi-x12"), (ANSWER, kind), (PASSED_ON, passed_on.as_str())];
    Ok((headers, answer.bytes).into_response())
}
