//! The HTTP API over the store and the stages' public verbs. Who asks and what they may see is decided in
//! [`caller`]; errors are problem details; the description at `/openapi.json` is made from the handlers.

mod caller;
mod claim_status;
mod claims;
mod description;
mod docs;
mod download;
mod edits;
mod exceptions;
mod extract;
mod inbound;
mod mailbox;
mod operators;
mod page;
mod problem;
mod remittances;
mod report;
mod segments;
mod submissions;

pub mod sftp;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::domain::limits::REQUEST_BYTES_MAX;
use crate::pipeline::Gateway;
use problem::Problem;

pub use claims::claim_document;

/// Everything under `/v1`, its description and its reference page.
pub fn router(gateway: Arc<Gateway>) -> Router {
    let (router, description) = described().split_for_parts();
    router
        .merge(docs::router(description))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_this_way)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(gateway)
}

fn described() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::with_openapi(docs::head())
        .merge(submissions::routes())
        .merge(report::routes())
        .merge(claims::routes())
        .merge(claim_status::routes())
        .merge(segments::routes())
        .merge(mailbox::routes())
        .merge(inbound::routes())
        .merge(exceptions::routes())
        .merge(remittances::routes())
        .merge(operators::routes())
        .merge(edits::routes())
}

async fn nothing_here(request: Request) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "Not found",
        format!("There is nothing at {}. The calls are listed at /docs.", request.uri().path()),
    )
}

async fn not_this_way(method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Not this way",
        format!("This address does not take {method}. The calls are listed at /docs."),
    )
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The gateway failed",
        "This is our trouble, not yours. What was answered before is safe; send this request again later.",
    )
    .into_response()
}
