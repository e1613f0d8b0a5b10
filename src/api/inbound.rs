//! Payers' response files: TA1, 999, 277CA, 277 and 835, handed in here or fetched; what became of each, and what it
//! lacked.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::id_of;
use super::download::frames_of;
use super::extract::{Path, Query, read_whole};
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::InboundId;
use crate::pipeline::Gateway;
use crate::pipeline::collect::{self, Kept};
use crate::store::inbound::{InboundRow, InboundState};

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(hand_in))
        .layer(DefaultBodyLimit::disable())
        .routes(routes!(files))
        .routes(routes!(file))
        .routes(routes!(bytes_of_file))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
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
    let bytes = read_whole(body, limit, "A file").await?;
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FilesParams {
    /// For staff: one payer's files only.
    payer: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct FileItem {
    id: String,
    payer: String,
    /// sftp, https, api or hosted.
    channel: String,
    file_name: String,
    received_at: String,
    bytes: i64,
    /// `received`, `worked` when all that it says has had its effect, `not_x12`, `repeat`, or `held` when nothing of it was
    /// applied, as its ISA15 is for tests where answers count, or the other way round.
    state: &'static str,
    /// What was found in it: TA1, 999, 997, 277CA, 277, 835.
    kinds: Vec<String>,
    /// The file that it repeats.
    repeat_of: Option<String>,
    /// What it lacked, each with its place. It was taken in all the same. Staff is also told what was not handed on.
    notes: Vec<String>,
    /// Since when its bytes and its name are no longer kept.
    purged_at: Option<String>,
}

/// Payers' files, newest first. A payer sees its own.
#[utoipa::path(get, path = "/v1/inbound", tag = "payers", params(FilesParams),
    responses((status = 200, body = Page<FileItem>), (status = 403)))]
async fn files(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<FilesParams>,
) -> Result<Json<Page<FileItem>>, Problem> {
    let limit = limit_of(params.limit)?;
    let before = params.cursor.map(|text| id_of("cursor", &text)).transpose()?;
    let payer = match &caller {
        Caller::Payer { name, .. } => Some(name.clone()),
        Caller::Staff { .. } => params.payer,
        Caller::Submitter { .. } => return Err(not_for_submitters()),
    };
    let rows = gateway.store.list_inbound(payer.as_deref(), before, limit + 1).await?;
    caller.audit(&gateway, "inbound.list", "").await?;
    let items = rows.into_iter().map(|row| file_item(row, &caller)).collect();
    Ok(Json(Page::of(items, limit, |item: &FileItem| item.id.clone())))
}

/// One file of a payer: what became of it, and what it lacked.
#[utoipa::path(get, path = "/v1/inbound/{id}", tag = "payers", params(("id" = String, Path)),
    responses((status = 200, body = FileItem), (status = 403), (status = 404)))]
async fn file(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<FileItem>, Problem> {
    let row = visible(&gateway, &caller, &id).await?;
    caller.audit(&gateway, "inbound.show", &id).await?;
    Ok(Json(file_item(row, &caller)))
}

/// The file's bytes, as the payer sent them.
#[utoipa::path(get, path = "/v1/inbound/{id}/file", tag = "payers", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 403), (status = 404), (status = 410)))]
async fn bytes_of_file(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let row = visible(&gateway, &caller, &id).await?;
    caller.audit(&gateway, "inbound.read", &id).await?;
    if let Some(at) = row.purged_at {
        let detail = format!("The file's bytes were removed at {}, as old files are here.", rfc3339(at));
        return Err(Problem::new(StatusCode::GONE, "No longer kept", detail));
    }
    let (bytes, frames) = frames_of(&gateway, row.payload_id).await?;
    // Whatever a payer sends, an error page too, is shown by no browser.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, [(header::CONTENT_LENGTH, bytes)], Body::from_stream(frames)).into_response())
}

async fn visible(gateway: &Gateway, caller: &Caller, id: &str) -> Result<InboundRow, Problem> {
    let none = || Problem::not_found("file");
    let id: InboundId = id.parse().map_err(|_| none())?;
    let row = gateway.store.inbound(id).await?.ok_or_else(none)?;
    match caller {
        Caller::Staff { .. } => Ok(row),
        Caller::Payer { name, .. } if row.partner == *name => Ok(row),
        Caller::Payer { .. } => Err(none()),
        Caller::Submitter { .. } => Err(not_for_submitters()),
    }
}

fn not_for_submitters() -> Problem {
    Problem::forbidden("Payers' files hold answers for several submitters; yours are at GET /v1/mailbox.")
}

fn file_item(row: InboundRow, caller: &Caller) -> FileItem {
    let mut notes = row.notes;
    match caller {
        Caller::Staff { .. } => notes.extend(row.house_notes),
        Caller::Payer { .. } | Caller::Submitter { .. } => {}
    }
    FileItem {
        id: row.id.to_string(),
        payer: row.partner,
        channel: row.channel,
        file_name: row.file_name,
        received_at: rfc3339(row.received_at),
        bytes: row.bytes,
        state: match row.state {
            InboundState::Received | InboundState::Correlated => "received",
            // Its bytes are others, but it says what one before it said.
            InboundState::Done if row.repeat_of.is_some() => "repeat",
            InboundState::Done => "worked",
            InboundState::NotX12 => "not_x12",
            InboundState::Repeat => "repeat",
            InboundState::Held => "held",
        },
        kinds: row.kinds.split(',').filter(|kind| !kind.is_empty()).map(str::to_string).collect(),
        repeat_of: row.repeat_of.map(|id| id.to_string()),
        notes,
        purged_at: row.purged_at.map(rfc3339),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::answers::testing::{Sent, answer, era835, hand_in, remittance, sent, work};
    use crate::pipeline::exceptions;
    use crate::pipeline::testing::{World, sample};
    use crate::store::exceptions::ExceptionState;
    use crate::store::inbound::Recorded;
    use crate::store::users::{Role, User};

    fn payer(name: &str) -> Caller {
        Caller::Payer { name: name.into(), source: String::new() }
    }

    fn staff() -> Caller {
        Caller::Staff { user: User { name: "sue".into(), role: Role::Operator }, source: String::new() }
    }

    /// The files that a caller sees, newest first.
    async fn listed(world: &World, caller: Caller) -> Vec<FileItem> {
        let params = Query(FilesParams { payer: None, cursor: None, limit: None });
        files(State(world.gateway.clone()), caller, params).await.ok().unwrap().0.items
    }

    async fn status_of_bytes(world: &World, caller: Caller, id: &str) -> StatusCode {
        let read = bytes_of_file(State(world.gateway.clone()), caller, Path(id.to_string())).await;
        read.unwrap_or_else(Problem::into_response).status()
    }

    #[tokio::test]
    async fn a_payer_is_told_nothing_of_submitters_and_another_payer_nothing_at_all() {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        std::fs::remove_file(world.folder.path().join("partners/acme.toml")).unwrap();
        world.gateway.partners.reload().unwrap();
        let paid = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1")];
        answer(&world, &era835(910, &[remittance("0001", "T1", "80", &paid, &[])])).await;
        let seen = listed(&world, staff()).await.remove(0);
        assert!(seen.notes.iter().any(|note| note.contains("acme")), "{:?}", seen.notes);
        let own = listed(&world, payer("bluestar")).await.remove(0);
        assert_eq!(own.id, seen.id);
        assert!(!own.notes.iter().any(|note| note.contains("acme")), "{:?}", own.notes);
        assert_eq!(status_of_bytes(&world, payer("bluestar"), &seen.id).await, StatusCode::OK);

        assert!(listed(&world, payer("redriver")).await.is_empty());
        let one = file(State(world.gateway.clone()), payer("redriver"), Path(seen.id.clone())).await;
        assert_eq!(one.err().unwrap().into_response().status(), StatusCode::NOT_FOUND);
        assert_eq!(status_of_bytes(&world, payer("redriver"), &seen.id).await, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_file_that_was_removed_for_its_age_is_said_to_be_gone() {
        let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
        let store = &world.gateway.store;
        let Recorded::New(id) = hand_in(&world.gateway, b"<html>502 Bad Gateway</html>").await else { panic!("new") };
        work(&world.gateway).await;
        for one in store.list_exceptions(Some(ExceptionState::Open), None, None, 10).await.unwrap() {
            exceptions::dismiss(&world.gateway, one.id, "sue", "an error page").await.unwrap();
        }
        assert_eq!(listed(&world, payer("bluestar")).await[0].purged_at, None);
        let now = world.gateway.clock.now_ms();
        let removed = store.end_answer(id, now + 1, &Default::default(), now).await.unwrap();
        assert!(removed);
        assert_eq!(status_of_bytes(&world, payer("bluestar"), &id.to_string()).await, StatusCode::GONE);
        assert_eq!(listed(&world, payer("bluestar")).await[0].purged_at, Some(rfc3339(now)));
    }
}
