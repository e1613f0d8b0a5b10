//! Files to and from a payer over HTTPS. Redirects are not followed: what a payer agreed to is one address. An
//! answer that is not 2xx is an error that carries it, and how far a file got decides how an error is judged.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Certificate, Client, Identity, Method, RequestBuilder, Response, Url};
use tokio::io::AsyncReadExt;

use super::trouble::{LinkError, Opaque, Step};

const PIECE_BYTES: usize = 256 * 1024;
/// What is gathered of an answer before it is written.
const BATCH_BYTES: usize = 1024 * 1024;
/// What is kept of an answer that refuses a request.
const REFUSAL_BYTES_MAX: u64 = 64 * 1024;

#[derive(Clone)]
pub struct HttpsTarget {
    /// Where requests go whose address is not a whole one, as `https://edi.payer.example/claims`.
    pub url: String,
    /// A payer's own authority, PEM; only it is trusted then.
    pub ca: Option<PathBuf>,
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
    /// Sent as `Authorization: Bearer`.
    pub bearer: Option<String>,
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// For a whole exchange.
    pub total_timeout: Duration,
    /// The longest answer to a `post` that is kept.
    pub answer_bytes_max: u64,
}

impl HttpsTarget {
    /// A target with the machine's own authorities, no credentials and usual patience.
    pub fn of(url: impl Into<String>) -> HttpsTarget {
        HttpsTarget {
            url: url.into(),
            ca: None,
            client_certificate: None,
            client_key: None,
            bearer: None,
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_secs(120),
            total_timeout: Duration::from_secs(3600),
            answer_bytes_max: 16 * 1024 * 1024,
        }
    }
}

/// Without the bearer: it is a secret.
impl fmt::Debug for HttpsTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsTarget").field("url", &self.url).field("ca", &self.ca).finish_non_exhaustive()
    }
}

/// What is sent.
pub enum Outgoing {
    Bytes(Bytes),
    File(PathBuf),
    Stream { pieces: BoxStream<'static, io::Result<Bytes>>, bytes: u64 },
}

/// A 2xx answer. Its `Debug` tells no content.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Opaque,
}

/// Connections to one payer, kept open between requests. Cheap to clone.
#[derive(Clone)]
pub struct HttpsClient {
    client: Client,
    base: Url,
    host: String,
    answer_bytes_max: u64,
}

impl HttpsClient {
    pub fn new(target: &HttpsTarget) -> Result<HttpsClient, LinkError> {
        let base = Url::parse(&target.url).map_err(|source| setting("endpoint.url", &target.url, source.into()))?;
        let host = base.host_str().unwrap_or_default().to_owned();
        if base.scheme() != "https" || host.is_empty() {
            return Err(setting("endpoint.url", &target.url, "it must begin with https:// and a host".into()));
        }
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            // What is repeated is decided where deliveries are, never by the library.
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(target.connect_timeout)
            .read_timeout(target.read_timeout)
            .timeout(target.total_timeout)
            .user_agent(concat!("claimgate/", env!("CARGO_PKG_VERSION")));
        if let Some(path) = &target.ca {
            let unusable = |source: reqwest::Error| unusable("the payer's authority", path, source.into());
            let authorities = Certificate::from_pem_bundle(&read("the payer's authority", path)?).map_err(unusable)?;
            builder = builder.tls_certs_only(authorities);
        }
        if let Some(identity) = identity(target, &host)? {
            builder = builder.identity(identity);
        }
        if let Some(bearer) = &target.bearer {
            let mut value = HeaderValue::try_from(format!("Bearer {bearer}"))
                .map_err(|source| setting("endpoint.bearer", &host, source.into()))?;
            value.set_sensitive(true);
            builder = builder.default_headers(HeaderMap::from_iter([(AUTHORIZATION, value)]));
        }
        let client = builder.build().map_err(|source| setting("endpoint", &host, source.into()))?;
        Ok(HttpsClient { client, base, host, answer_bytes_max: target.answer_bytes_max })
    }

    /// Sends a file. `url` is a whole address or one relative to the target's; empty for the target's own.
    /// `headers` go out as they are, an `Idempotency-Key` among them.
    pub async fn post(
        &self,
        url: &str,
        outgoing: Outgoing,
        content_type: &str,
        headers: &[(&str, &str)],
    ) -> Result<HttpAnswer, LinkError> {
        let progress = Arc::new(Progress::default());
        let url = self.url(url)?;
        let (bytes, pieces) = self.pieces(outgoing).await?;
        let body = watched(pieces, progress.clone());
        let request = self
            .request(Method::POST, url.clone(), headers)?
            .header(CONTENT_TYPE, content_type)
            .header(CONTENT_LENGTH, bytes)
            .body(Body::wrap_stream(body));
        let answered = request.send().await;
        if let Some(source) = progress.broken().take() {
            return Err(LinkError::SourceUnreadable { host: self.host.clone(), source });
        }
        let answer = answered.map_err(|error| self.trouble(Step::Requesting, progress.sent(), error))?;
        let answer = self.accepted("POST", &url, answer).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = self.whole(answer, progress.sent()).await?;
        Ok(HttpAnswer { status, headers, body: Opaque(body) })
    }

    /// Fetches into `sink` and gives it back with the answer's length. An error leaves part of it there. Writing
    /// may block: it is done off the runtime's threads.
    pub async fn get<W>(&self, url: &str, headers: &[(&str, &str)], mut sink: W) -> Result<(u64, W), LinkError>
    where
        W: Write + Send + 'static,
    {
        let mut answer = self.fetch(url, headers).await?;
        let (mut bytes, mut batch) = (0u64, Vec::with_capacity(BATCH_BYTES));
        while let Some(piece) = answer.chunk().await.map_err(|error| self.trouble(Step::Reading, 0, error))? {
            bytes += piece.len() as u64;
            batch.extend_from_slice(&piece);
            if batch.len() >= BATCH_BYTES {
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_BYTES));
                sink = self.written(sink, full).await?;
            }
        }
        Ok((bytes, self.written(sink, batch).await?))
    }

    async fn written<W: Write + Send + 'static>(&self, mut sink: W, batch: Vec<u8>) -> Result<W, LinkError> {
        let written = tokio::task::spawn_blocking(move || sink.write_all(&batch).map(|()| sink)).await;
        let written = written.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        written.map_err(|source| LinkError::SinkFailed { host: self.host.clone(), source })
    }

    /// A whole answer in memory, as a list of files that wait.
    pub async fn get_answer(&self, url: &str, headers: &[(&str, &str)]) -> Result<HttpAnswer, LinkError> {
        let answer = self.fetch(url, headers).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = self.whole(answer, 0).await?;
        Ok(HttpAnswer { status, headers, body: Opaque(body) })
    }

    async fn fetch(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response, LinkError> {
        let url = self.url(url)?;
        let answered = self.request(Method::GET, url.clone(), headers)?.send().await;
        let answer = answered.map_err(|error| self.trouble(Step::Requesting, 0, error))?;
        self.accepted("GET", &url, answer).await
    }

    fn url(&self, url: &str) -> Result<Url, LinkError> {
        if url.is_empty() {
            return Ok(self.base.clone());
        }
        self.base.join(url).map_err(|source| setting("the address of a request", &self.host, source.into()))
    }

    fn request(&self, method: Method, url: Url, headers: &[(&str, &str)]) -> Result<RequestBuilder, LinkError> {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let unusable = |source| setting("a request's header", &self.host, source);
            let name = HeaderName::try_from(*name).map_err(|source| unusable(source.into()))?;
            all.insert(name, HeaderValue::try_from(*value).map_err(|source| unusable(source.into()))?);
        }
        Ok(self.client.request(method, url).headers(all))
    }

    async fn pieces(&self, outgoing: Outgoing) -> Result<(u64, BoxStream<'static, io::Result<Bytes>>), LinkError> {
        match outgoing {
            Outgoing::Bytes(bytes) => Ok((bytes.len() as u64, stream::iter([Ok(bytes)]).boxed())),
            Outgoing::Stream { pieces, bytes } => Ok((bytes, pieces)),
            Outgoing::File(path) => {
                let unreadable = |source| LinkError::SourceUnreadable { host: self.host.clone(), source };
                let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
                let bytes = file.metadata().await.map_err(unreadable)?.len();
                let pieces = stream::try_unfold(file, |mut file| async move {
                    let mut piece = Vec::with_capacity(PIECE_BYTES);
                    let got = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece).await?;
                    Ok((got > 0).then(|| (Bytes::from(piece), file)))
                });
                Ok((bytes, pieces.boxed()))
            }
        }
    }

    /// Passes a 2xx answer on; any other is an error that carries it.
    async fn accepted(&self, method: &'static str, url: &Url, answer: Response) -> Result<Response, LinkError> {
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // The status decides; an answer that breaks off says no less.
        let (Ok(body) | Err((_, body))) = up_to(answer, REFUSAL_BYTES_MAX).await;
        Err(LinkError::HttpStatus {
            host: self.host.clone(),
            method,
            path: url.path().to_owned(),
            status,
            retry_after_seconds: after,
            answer: Opaque(body),
        })
    }

    async fn whole(&self, answer: Response, sent: u64) -> Result<Vec<u8>, LinkError> {
        match up_to(answer, self.answer_bytes_max).await {
            Ok(body) => Ok(body),
            Err((Some(error), _)) => Err(self.trouble(Step::Answering, sent, error)),
            Err((None, _)) => {
                Err(LinkError::AnswerTooLong { host: self.host.clone(), bytes_max: self.answer_bytes_max })
            }
        }
    }

    fn trouble(&self, step: Step, bytes_sent: u64, error: reqwest::Error) -> LinkError {
        let host = self.host.clone();
        // The address may hold secrets in its query.
        let error = error.without_url();
        // With TLS 1.3 a server looks at our certificate only after it has let us connect.
        if let Some(alert) = refusing_alert(&error) {
            return LinkError::TlsRefused { host, source: alert.into() };
        }
        if error.is_connect() {
            return connect_trouble(host, self.base.port_or_known_default().unwrap_or(443), error);
        }
        match bytes_sent {
            0 => LinkError::LostBefore { host, step, source: error.into() },
            _ => LinkError::LostDuring { host, step, bytes_sent, source: error.into() },
        }
    }
}

fn setting(setting: &'static str, host: &str, source: super::trouble::Cause) -> LinkError {
    LinkError::SettingUnusable { host: host.to_owned(), setting, source }
}

fn unusable(what: &'static str, path: &Path, source: super::trouble::Cause) -> LinkError {
    LinkError::FileUnusable { what, path: path.to_owned(), source }
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, LinkError> {
    std::fs::read(path).map_err(|source| LinkError::FileUnreadable { what, path: path.to_owned(), source })
}

fn identity(target: &HttpsTarget, host: &str) -> Result<Option<Identity>, LinkError> {
    match (&target.client_certificate, &target.client_key) {
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => {
            let reason = "client_certificate and client_key belong together: give both or neither";
            Err(setting("endpoint.client_certificate", host, reason.into()))
        }
        (Some(certificate), Some(key)) => {
            let mut pem = read("the client certificate", certificate)?;
            pem.push(b'\n');
            pem.extend(read("the client certificate's key", key)?);
            let identity = Identity::from_pem(&pem);
            identity.map(Some).map_err(|source| unusable("the client certificate", certificate, source.into()))
        }
    }
}

/// How far a body got.
#[derive(Default)]
struct Progress {
    /// What the connection has taken.
    bytes: AtomicU64,
    /// Why the source ended early. Remembered here, as HTTP/2 does not hand an error of a body back.
    broken: Mutex<Option<io::Error>>,
}

impl Progress {
    fn sent(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn broken(&self) -> std::sync::MutexGuard<'_, Option<io::Error>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn watched(
    pieces: BoxStream<'static, io::Result<Bytes>>,
    progress: Arc<Progress>,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    pieces.map(move |piece| match piece {
        Ok(piece) => {
            progress.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            Ok(piece)
        }
        Err(error) => {
            let kind = error.kind();
            *progress.broken() = Some(error);
            Err(kind.into())
        }
    })
}

/// An error's causes. An `io::Error` that wraps another hides it from `source`.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| error.source())
    })
}

/// The server's word that it does not accept us, most often for want of a client certificate that it knows. It
/// has not looked at a request then.
fn refusing_alert(error: &reqwest::Error) -> Option<rustls::Error> {
    use rustls::AlertDescription as Alert;
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    let rustls::Error::AlertReceived(alert) = tls else { return None };
    let refused = [
        Alert::CertificateRequired,
        Alert::BadCertificate,
        Alert::UnsupportedCertificate,
        Alert::CertificateRevoked,
        Alert::CertificateExpired,
        Alert::CertificateUnknown,
        Alert::UnknownCA,
        Alert::AccessDenied,
        Alert::HandshakeFailure,
        Alert::ProtocolVersion,
    ];
    refused.contains(alert).then(|| tls.clone())
}

/// Nothing was sent: no name, no connection, or no agreement on TLS.
fn connect_trouble(host: String, port: u16, error: reqwest::Error) -> LinkError {
    if error.is_dns() {
        return LinkError::NameNotFound { host, source: io::Error::other(error) };
    }
    let tls = causes(&error).find_map(|cause| cause.downcast_ref::<rustls::Error>()).cloned();
    match tls {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            LinkError::CertificateRefused { host, source: rustls::Error::InvalidCertificate(reason).into() }
        }
        Some(other) => LinkError::HandshakeFailed { host, source: other.into() },
        None => LinkError::NotConnected { host, port, source: io::Error::other(error) },
    }
}

/// The whole body, or what there is of it: too long without an error, cut with one.
async fn up_to(mut answer: Response, bytes_max: u64) -> Result<Vec<u8>, (Option<reqwest::Error>, Vec<u8>)> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) if (body.len() + piece.len()) as u64 <= bytes_max => body.extend_from_slice(&piece),
            Ok(Some(piece)) => {
                let room = usize::try_from(bytes_max).unwrap_or(usize::MAX) - body.len();
                body.extend_from_slice(&piece[..room]);
                return Err((None, body));
            }
            Ok(None) => return Ok(body),
            Err(error) => return Err((Some(error), body)),
        }
    }
}

#[cfg(test)]
mod tests;
