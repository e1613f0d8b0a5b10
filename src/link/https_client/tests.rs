//! The client against our own server, over real sockets.

use std::fs;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::super::listen::stop_signal;
use super::super::tls::{ClientCertificate, TlsFiles, server_config};
use super::super::trouble::{Verdict, Width};
use super::super::{certs, https_server};
use super::*;

struct Payer {
    dir: tempfile::TempDir,
    port: u16,
    /// Dropped, it stops the server.
    _stop: watch::Sender<bool>,
}

async fn taken(headers: HeaderMap, body: Bytes) -> String {
    let header = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let (key, kind, bearer) = (header("idempotency-key"), header("content-type"), header("authorization"));
    format!("{} {} {kind} {key} {bearer}", body.len(), header("content-length"))
}

async fn who(certificate: Option<Extension<ClientCertificate>>) -> String {
    certificate.map(|Extension(shown)| shown.fingerprint).unwrap_or_else(|| "nobody".into())
}

fn routes() -> Router {
    let refused = |status: StatusCode| post(move || async move { (status, [("retry-after", "7")], "CLM*SMITH") });
    Router::new()
        .route("/claims", post(taken))
        .route("/who", get(who))
        .route("/large", get(|| async { vec![7u8; 5_000_000] }))
        .route("/busy", refused(StatusCode::SERVICE_UNAVAILABLE))
        .route("/broken", refused(StatusCode::BAD_GATEWAY))
        .route("/known", refused(StatusCode::CONFLICT))
        .route("/login", refused(StatusCode::UNAUTHORIZED))
        .route("/moved", post(|| async { (StatusCode::FOUND, [("location", "/claims")]) }))
        .route("/slow", post(|_: Bytes| std::future::pending::<String>()))
        .layer(DefaultBodyLimit::disable())
}

async fn payer() -> Payer {
    let dir = tempfile::tempdir().unwrap();
    certs::init(dir.path()).unwrap();
    let files = TlsFiles {
        certificate: dir.path().join("server.crt"),
        key: dir.path().join("server.key"),
        client_ca: Some(dir.path().join("ca.crt")),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, shutdown) = stop_signal();
    let config = server_config(&files).unwrap();
    tokio::spawn(https_server::serve(listener, config, routes(), https_server::HttpLimits::default(), shutdown));
    Payer { dir, port, _stop: stop }
}

impl Payer {
    fn target(&self) -> HttpsTarget {
        HttpsTarget {
            url: format!("https://localhost:{}/claims", self.port),
            ca: Some(self.dir.path().join("ca.crt")),
            client_certificate: None,
            client_key: None,
            bearer: None,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(20),
            answer_bytes_max: 1_000_000,
        }
    }

    fn client(&self) -> HttpsClient {
        HttpsClient::new(&self.target()).unwrap()
    }

    async fn refusal(&self, url: &str) -> LinkError {
        let outgoing = Outgoing::Bytes(Bytes::from_static(b"ISA*"));
        self.client().post(url, outgoing, "application/edi-x12", &[]).await.unwrap_err()
    }
}

#[tokio::test]
async fn a_file_goes_out_with_its_length_its_key_and_its_bearer() {
    let payer = payer().await;
    let client = HttpsClient::new(&HttpsTarget { bearer: Some("s3cret".into()), ..payer.target() }).unwrap();
    let path = payer.dir.path().join("b1.837");
    fs::write(&path, vec![b'x'; 3_000_001]).unwrap();
    let headers = [("Idempotency-Key", "batch-1")];
    let answer = client.post("", Outgoing::File(path), "application/edi-x12", &headers).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body.0, b"3000001 3000001 application/edi-x12 batch-1 Bearer s3cret");
}

#[tokio::test]
async fn a_large_answer_streams_into_a_writer_and_is_capped_elsewhere() {
    let payer = payer().await;
    let (bytes, got) = payer.client().get("/large", &[], Vec::new()).await.unwrap();
    assert_eq!((bytes, got.len()), (5_000_000, 5_000_000));
    let error = payer.client().get_answer("/large", &[]).await.unwrap_err();
    assert!(matches!(error, LinkError::AnswerTooLong { bytes_max: 1_000_000, .. }), "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_reaches_the_handlers_of_the_other_side() {
    let payer = payer().await;
    let answer = payer.client().get_answer("/who", &[]).await.unwrap();
    assert_eq!(answer.body.0, b"nobody");
    let (certificate, key) = client_pair(payer.dir.path());
    let target = HttpsTarget { client_certificate: Some(certificate), client_key: Some(key), ..payer.target() };
    let answer = HttpsClient::new(&target).unwrap().get_answer("/who", &[]).await.unwrap();
    assert_eq!(answer.body.0.len(), 64);
}

/// A client certificate of the test's own authority.
fn client_pair(dir: &Path) -> (PathBuf, PathBuf) {
    let text = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let authority = rcgen::KeyPair::from_pem(&text("ca.key")).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_pem(&text("ca.crt"), authority).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["gateway".to_owned()]).unwrap();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let (certificate_path, key_path) = (dir.join("client.crt"), dir.join("client.key"));
    fs::write(&certificate_path, params.signed_by(&key, &issuer).unwrap().pem()).unwrap();
    fs::write(&key_path, key.serialize_pem()).unwrap();
    (certificate_path, key_path)
}

#[tokio::test]
async fn each_status_is_judged_and_its_answer_kept_from_the_log() {
    let payer = payer().await;
    for (url, status, verdict) in [
        ("/busy", 503, Verdict::Retry),
        ("/broken", 502, Verdict::LookThenRetry),
        ("/known", 409, Verdict::LookThenRetry),
        ("/login", 401, Verdict::Support),
        ("/moved", 302, Verdict::Support),
        ("/nowhere", 404, Verdict::Support),
    ] {
        let error = payer.refusal(url).await;
        assert!(matches!(error, LinkError::HttpStatus { status: got, .. } if got == status), "{url}: {error:?}");
        assert_eq!(error.verdict(), verdict, "{url}");
        assert!(!format!("{error} {error:?} {}", error.for_console()).contains("SMITH"), "{error:?}");
    }
    assert_eq!(payer.refusal("/busy").await.retry_after_seconds(), Some(7));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_looked_into_first() {
    let payer = payer().await;
    let target = HttpsTarget { total_timeout: Duration::from_millis(500), ..payer.target() };
    let outgoing = Outgoing::Bytes(Bytes::from_static(b"ISA*"));
    let client = HttpsClient::new(&target).unwrap();
    let error = client.post("/slow", outgoing, "application/edi-x12", &[]).await.unwrap_err();
    assert!(matches!(error, LinkError::LostDuring { bytes_sent: 4, .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::LookThenRetry);
}

#[tokio::test]
async fn nobody_listening_is_worth_a_retry() {
    let payer = payer().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let target = HttpsTarget { url: format!("https://localhost:{free}/claims"), ..payer.target() };
    let error = HttpsClient::new(&target).unwrap().get_answer("", &[]).await.unwrap_err();
    assert!(matches!(error, LinkError::NotConnected { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Retry);
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_for_support() {
    let payer = payer().await;
    let other = tempfile::tempdir().unwrap();
    certs::init(other.path()).unwrap();
    let target = HttpsTarget { ca: Some(other.path().join("ca.crt")), ..payer.target() };
    let error = HttpsClient::new(&target).unwrap().get_answer("", &[]).await.unwrap_err();
    assert!(matches!(error, LinkError::CertificateRefused { .. }), "{error:?}");
    assert_eq!((error.verdict(), error.width()), (Verdict::Support, Width::Payer));
}

#[tokio::test]
async fn a_source_that_fails_is_our_own_trouble() {
    let payer = payer().await;
    let pieces = stream::iter([Ok(Bytes::from_static(b"ISA*")), Err(io::Error::other("disk"))]).boxed();
    let outgoing = Outgoing::Stream { pieces, bytes: 100 };
    let error = payer.client().post("", outgoing, "application/edi-x12", &[]).await.unwrap_err();
    assert!(matches!(error, LinkError::SourceUnreadable { .. }), "{error:?}");
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let target = |url: &str| HttpsTarget {
        url: url.into(),
        ca: None,
        client_certificate: None,
        client_key: None,
        bearer: None,
        connect_timeout: Duration::from_secs(1),
        read_timeout: Duration::from_secs(1),
        total_timeout: Duration::from_secs(1),
        answer_bytes_max: 1,
    };
    let refused = |target: HttpsTarget| HttpsClient::new(&target).err().expect("refused");
    for url in ["payer.example", "http://payer.example/claims", ""] {
        assert!(matches!(refused(target(url)), LinkError::SettingUnusable { .. }), "{url}");
    }
    let half = HttpsTarget { client_certificate: Some("c.crt".into()), ..target("https://payer.example/") };
    assert!(matches!(refused(half), LinkError::SettingUnusable { .. }));
    let missing = HttpsTarget { ca: Some("/nowhere/ca.crt".into()), ..target("https://payer.example/") };
    assert!(matches!(refused(missing), LinkError::FileUnreadable { .. }));
}
