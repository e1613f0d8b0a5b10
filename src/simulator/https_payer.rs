//! A payer's HTTPS service, as small as such services come:
//!
//! | call | does |
//! |---|---|
//! | `POST /claims` | body: one 837. Taken: `202 {"name","bytes"}`. The file's name is that of `X-File-Name`, or made up. The same `Idempotency-Key` or the same name again, with the same bytes: `202` and nothing is done twice; with other bytes: `409` |
//! | `POST /claims/{name}`, `PUT /claims/{name}` | the same, with the name in the path |
//! | `GET /claims/{name}` | `200 {"name","bytes"}` when that file has arrived, else `404`: for a gateway whose connection was lost |
//! | `GET /responses` | `{"files":[{"name","bytes"}]}`: answers that lie ready |
//! | `GET /responses/{name}` | the answer's bytes |
//! | `DELETE /responses/{name}` | takes it away: `204` |
//!
//! Errors are `{"error":"..."}`. With a client authority set, a caller without a certificate of it gets 401.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde_json::json;

use super::chance::hash;
use super::line::{Line, LineError};
use super::payer::Door;
use super::payer::mail_room::{MailFile, MailRoom};
use crate::link::certs;
use crate::link::https_server::{self, HttpLimits};
use crate::link::tls::{ClientCertificate, TlsFiles, server_config};

/// The largest file it takes: it holds them in memory.
const BODY_BYTES_MAX: usize = 512 * 1024 * 1024;
const NAME_CHARACTERS_MAX: usize = 200;

#[derive(Clone, Debug)]
pub struct HttpsPayerSettings {
    /// `127.0.0.1:0` for a free port.
    pub listen: String,
    /// Holds its certificate for `localhost` and the authority, `ca.crt`; made when missing.
    pub keys: PathBuf,
    /// PEM of the authority whose clients it lets in; `None` lets in anybody.
    pub client_ca: Option<PathBuf>,
}

/// A running service.
pub struct HttpsPayer {
    pub address: SocketAddr,
    /// What a gateway's `ca` must say.
    pub ca: PathBuf,
    line: Line,
}

impl HttpsPayer {
    pub async fn start(settings: HttpsPayerSettings, mail_room: Arc<MailRoom>) -> Result<HttpsPayer, LineError> {
        certs::init(&settings.keys).map_err(|source| LineError::Keys { source })?;
        let files = TlsFiles {
            certificate: settings.keys.join(certs::SERVER_CERTIFICATE),
            key: settings.keys.join(certs::SERVER_KEY),
            client_ca: settings.client_ca.clone(),
        };
        let tls = server_config(&files).map_err(|source| LineError::Certificate { source })?;
        let door = mail_room.door();
        let callers = if settings.client_ca.is_some() { Callers::WithCertificate } else { Callers::Anybody };
        let router = router(mail_room, callers);
        let line = Line::open(&settings.listen, door, move |listener, stop| {
            let limits = HttpLimits { drain_seconds_max: 1, ..HttpLimits::default() };
            https_server::serve(listener, tls.clone(), router.clone(), limits, stop)
        })
        .await?;
        Ok(HttpsPayer { address: line.address, ca: settings.keys.join(certs::CA_CERTIFICATE), line })
    }

    /// Where a gateway's `url` must point.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/claims", self.address.port())
    }

    /// Where a gateway's `collect_url` must point.
    pub fn collect_url(&self) -> String {
        format!("https://localhost:{}/responses", self.address.port())
    }

    pub async fn stop(self) {
        self.line.close().await;
    }
}

/// Whom the service lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    Anybody,
    WithCertificate,
}

#[derive(Clone)]
struct Desk {
    mail_room: Arc<MailRoom>,
    callers: Callers,
    taken: Arc<Mutex<BTreeMap<Mark, Taken>>>,
}

/// What a repetition is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Name(String),
    IdempotencyKey(String),
}

#[derive(Clone, Debug)]
struct Taken {
    name: String,
    body: u64,
}

impl Desk {
    /// Notes a file under its marks, unless one of them is known: then what was taken under it.
    fn note(&self, marks: Vec<Mark>, file: &Taken) -> Option<Taken> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = marks.iter().find_map(|mark| taken.get(mark)) {
            return Some(before.clone());
        }
        taken.extend(marks.into_iter().map(|mark| (mark, file.clone())));
        None
    }
}

/// The service without its socket.
pub fn router(mail_room: Arc<MailRoom>, callers: Callers) -> Router {
    let desk = Desk { mail_room, callers, taken: Arc::default() };
    Router::new()
        .route("/claims", axum::routing::post(take_unnamed))
        .route("/claims/{name}", get(arrived).post(take_named).put(take_named))
        .route("/responses", get(list))
        .route("/responses/{name}", get(fetch).delete(remove))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(desk.clone(), at_the_door))
        .with_state(desk)
}

async fn at_the_door(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let door = *desk.mail_room.door().borrow();
    match door {
        Door::Slow(time) => tokio::time::sleep(time).await,
        Door::Open | Door::Shut => {}
    }
    let shown = request.extensions().get::<ClientCertificate>().is_some();
    match (desk.callers, shown) {
        (Callers::Anybody, _) | (Callers::WithCertificate, true) => next.run(request).await,
        (Callers::WithCertificate, false) => {
            refused(StatusCode::UNAUTHORIZED, "show the client certificate that was agreed on")
        }
    }
}

async fn take_unnamed(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let given = header_of(&headers, "x-file-name").map(str::to_string);
    let name = given.unwrap_or_else(|| format!("{:016x}.837", hash(0, &body)));
    take(&desk, name, &headers, body).await
}

async fn take_named(State(desk): State<Desk>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    take(&desk, name, &headers, body).await
}

fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn take(desk: &Desk, name: String, headers: &HeaderMap, body: Bytes) -> Response {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_CHARACTERS_MAX || !name.chars().all(plain) || name.starts_with('.') {
        return refused(StatusCode::BAD_REQUEST, "a file's name is letters, digits, - _ and ., at most 200");
    }
    if body.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "the body is empty: send one 837 file");
    }
    let file = Taken { name: name.clone(), body: hash(0, &body) };
    let key = header_of(headers, "idempotency-key").map(|key| Mark::IdempotencyKey(key.to_string()));
    let marks = key.into_iter().chain([Mark::Name(name.clone())]).collect();
    match desk.note(marks, &file) {
        Some(before) if before.body == file.body => taken(&before.name, body.len()),
        Some(_) => refused(StatusCode::CONFLICT, "another file was taken under this name or idempotency key"),
        None => {
            let bytes = body.len();
            desk.mail_room.take_in(name.clone(), body.into()).await;
            taken(&name, bytes)
        }
    }
}

fn taken(name: &str, bytes: usize) -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "name": name, "bytes": bytes }))).into_response()
}

fn refused(status: StatusCode, sentence: &str) -> Response {
    (status, Json(json!({ "error": sentence }))).into_response()
}

async fn arrived(State(desk): State<Desk>, Path(name): Path<String>) -> Response {
    match desk.mail_room.received().into_iter().find(|file| file.name == name) {
        Some(file) => Json(described(&file)).into_response(),
        None => refused(StatusCode::NOT_FOUND, "no such file has arrived"),
    }
}

async fn list(State(desk): State<Desk>) -> Response {
    let files: Vec<_> = desk.mail_room.ready().iter().map(described).collect();
    Json(json!({ "files": files })).into_response()
}

fn described(file: &MailFile) -> serde_json::Value {
    json!({ "name": file.name, "bytes": file.bytes.len() })
}

async fn fetch(State(desk): State<Desk>, Path(name): Path<String>) -> Response {
    match desk.mail_room.answer(&name) {
        Some(file) => ([(header::CONTENT_TYPE, "application/edi-x12")], file.bytes.to_vec()).into_response(),
        None => refused(StatusCode::NOT_FOUND, "there is no such answer"),
    }
}

async fn remove(State(desk): State<Desk>, Path(name): Path<String>) -> Response {
    if desk.mail_room.remove(&name) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        refused(StatusCode::NOT_FOUND, "there is no such answer")
    }
}
