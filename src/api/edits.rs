//! The catalogue of edits: what a finding's `edit` means.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::page::Page;
use crate::edits::catalogue::listing;
use crate::pipeline::Gateway;

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(edits))
}

/// An edit: `id`, `level` (SNIP), `applies`, `rules`, `facts`, `severity`, `settable`, `ack`, `status`, `message`,
/// `fix` and `place`.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
struct EditItem(Value);

/// What is checked: every edit with its level, rules, severity, codes and words.
#[utoipa::path(get, path = "/v1/edits", tag = "edits", responses((status = 200, body = Page<EditItem>)))]
async fn edits(_caller: Caller) -> Json<Page<EditItem>> {
    let items = listing::entries().map(|entry| EditItem(serde_json::json!(entry)));
    Json(Page { items: items.collect(), next: None })
}
