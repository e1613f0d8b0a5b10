//! The mailbox: files waiting for a partner. Reading never removes; each reader keeps its own cursor.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::id_of;
use super::download::frames_of;
use super::extract::{Path, Query};
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::{MailId, PayloadId};
use crate::pipeline::{Gateway, deliver};
use crate::store::mail::MailKind;

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(mailbox)).routes(routes!(mail))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MailboxParams {
    /// The last id that this reader has seen.
    after: Option<String>,
    /// ta1, 999, 277ca, 277, 835 or note; of a payer: 837 or 276.
    kind: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct MailItem {
    id: String,
    kind: &'static str,
    file_name: String,
    bytes: u64,
    created_at: String,
    /// The submission it answers.
    submission: Option<String>,
}

/// What waits, oldest first.
#[utoipa::path(get, path = "/v1/mailbox", tag = "mailbox", params(MailboxParams), responses((status = 200, body = Page<MailItem>)))]
async fn mailbox(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<MailboxParams>,
) -> Result<Json<Page<MailItem>>, Problem> {
    let partner = owner(&caller)?;
    let limit = limit_of(params.limit)?;
    let after = params.after.map(|text| id_of("after", &text)).transpose()?;
    let unknown = || Problem::bad_request("`kind` is ta1, 999, 277ca, 277, 835, 837, 276 or note.");
    let kind = params.kind.map(|text| MailKind::from_text(&text).ok_or_else(unknown)).transpose()?;
    let rows = gateway.store.list_mail(partner, after, kind, limit + 1).await?;
    let items = rows.into_iter().map(|row| MailItem {
        id: row.id.to_string(),
        kind: row.kind.as_str(),
        file_name: row.file_name,
        bytes: row.bytes,
        created_at: rfc3339(row.created_at),
        submission: row.submission_id.map(|id| id.to_string()),
    });
    Ok(Json(Page::of(items.collect(), limit, |item: &MailItem| item.id.clone())))
}

/// A file's bytes.
#[utoipa::path(get, path = "/v1/mailbox/{id}", tag = "mailbox", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/edi-x12"), (status = 404)))]
async fn mail(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let partner = owner(&caller)?;
    let none = || Problem::not_found("file");
    let mail_id: MailId = id.parse().map_err(|_| none())?;
    let row = gateway.store.mail(partner, mail_id).await?.ok_or_else(none)?;
    caller.audit(&gateway, "mailbox.read", &id).await?;
    let (bytes, frames) = frames_of(&gateway, row.payload_id).await?;
    let mut left = bytes;
    let counted = frames.then(move |frame| {
        left = frame.as_ref().map_or(left, |frame| left.saturating_sub(frame.len() as u64));
        let is_last = left == 0;
        let gateway = gateway.clone();
        async move {
            if is_last && frame.is_ok() {
                read_to_end(&gateway, row.kind, row.payload_id).await?;
            }
            frame
        }
    });
    let mut response = Body::from_stream(counted).into_response();
    let headers = response.headers_mut();
    let kind = if row.kind == MailKind::Note { "text/plain; charset=utf-8" } else { "application/edi-x12" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", row.file_name.replace('"', ""))) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Comes before a file's last frame, as nobody asks for more once Content-Length is reached: what a hosted payer has fetched
/// is sent. Where that cannot be recorded, the payer does not get its file whole and asks again.
async fn read_to_end(gateway: &Gateway, kind: MailKind, payload: PayloadId) -> Result<(), std::io::Error> {
    match kind.is_sent_by_fetching() {
        true => deliver::fetched(gateway, payload).await.map_err(std::io::Error::other),
        false => Ok(()),
    }
}

/// A mailbox belongs to one partner; people of the house have none.
fn owner(caller: &Caller) -> Result<&str, Problem> {
    match caller {
        Caller::Submitter { name, .. } | Caller::Payer { name, .. } => Ok(name),
        Caller::Staff { .. } => Err(Problem::forbidden("A mailbox is read with its partner's key.")),
    }
}
