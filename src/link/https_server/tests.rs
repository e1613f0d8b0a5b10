//! The server against curl and Python, over real sockets. A machine without them skips those.

use std::process::{Command, Output};

use axum::extract::Extension;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::*;
use crate::link::certs;
use crate::link::listen::stop_signal;
use crate::link::tls::{TlsFiles, server_config};

struct World {
    dir: tempfile::TempDir,
    port: u16,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

async fn peer(Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>) -> String {
    peer.ip().to_string()
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(700)).await;
    "done"
}

fn routes() -> Router {
    Router::new().route("/peer", get(peer)).route("/slow", get(slow))
}

async fn world(limits: HttpLimits) -> World {
    let dir = tempfile::tempdir().unwrap();
    certs::init(dir.path()).unwrap();
    let files =
        TlsFiles { certificate: dir.path().join("server.crt"), key: dir.path().join("server.key"), client_ca: None };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, shutdown) = stop_signal();
    let served = tokio::spawn(serve(listener, server_config(&files).unwrap(), routes(), limits, shutdown));
    World { dir, port, stop, served }
}

impl World {
    /// `None` where the program is not on this machine.
    async fn run(&self, program: &str, args: &[&str]) -> Option<Output> {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.dir.path()).env("PORT", self.port.to_string());
        tokio::task::spawn_blocking(move || command.output().ok()).await.unwrap()
    }

    async fn curl(&self, path: &str, args: &[&str]) -> Option<Output> {
        let url = format!("https://localhost:{}{path}", self.port);
        self.run("curl", &[&["-sS", "--cacert", "ca.crt", url.as_str()], args].concat()).await
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.served).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_trusts_the_certificate_and_speaks_both_protocols() {
    let world = world(HttpLimits::default()).await;
    for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let Some(output) = world.curl("/peer", &[flag, "-w", " %{http_version}"]).await else { return };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said, format!("127.0.0.1 {version}"), "{}", String::from_utf8_lossy(&output.stderr));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_given_before_the_body_has_come_is_seen_by_whoever_sends_it() {
    let world = world(HttpLimits::default()).await;
    std::fs::write(world.dir.path().join("body"), vec![b'~'; 5_000_000]).unwrap();
    for flag in ["--http1.1", "--http2"] {
        // The route takes no POST, and says so without reading.
        let args = [flag, "--data-binary", "@body", "-H", "Expect:", "-w", "%{http_code}"];
        let Some(output) = world.curl("/peer", &args).await else { return };
        assert_eq!(output.stdout, b"405", "{flag}: {}", String::from_utf8_lossy(&output.stderr));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_trusts_the_certificate_also_when_it_is_strict() {
    let world = world(HttpLimits::default()).await;
    let script = "import os, ssl, urllib.request\n\
                  c = ssl.create_default_context(cafile='ca.crt')\n\
                  c.verify_flags |= ssl.VERIFY_X509_STRICT\n\
                  u = 'https://localhost:%s/peer' % os.environ['PORT']\n\
                  print(urllib.request.urlopen(u, context=c, timeout=10).read().decode())\n";
    let Some(output) = world.run("python3", &["-c", script]).await else { return };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "127.0.0.1\n", "{}", String::from_utf8_lossy(&output.stderr));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_under_way_is_answered_before_a_stop() {
    let world = world(HttpLimits::default()).await;
    let stop = world.stop.clone();
    let (answer, ()) = tokio::join!(world.curl("/slow", &[]), async {
        tokio::time::sleep(Duration::from_millis(350)).await;
        stop.send_replace(true);
    });
    if let Some(output) = answer {
        assert_eq!(output.stdout, b"done", "{}", String::from_utf8_lossy(&output.stderr));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_shake_hands_is_cut_off() {
    let world = world(HttpLimits { handshake_seconds_max: 1, ..HttpLimits::default() }).await;
    let mut silent = TcpStream::connect(("127.0.0.1", world.port)).await.unwrap();
    let mut said = Vec::new();
    let read = silent.read_to_end(&mut said);
    tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
    assert!(said.is_empty());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operations_address_speaks_plain_http_and_cuts_off_slow_headers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, shutdown) = stop_signal();
    let limits = HttpLimits { header_seconds_max: 1, ..HttpLimits::default() };
    let served = tokio::spawn(serve_plain(listener, routes(), limits, shutdown));
    let ask = async |request: &[u8]| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut said = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut said)).await.unwrap().unwrap();
        String::from_utf8(said).unwrap()
    };
    let said = ask(b"GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("127.0.0.1"), "{said}");
    let said = ask(b"GET /peer HTTP/1.1\r\nHost:").await;
    assert!(!said.contains("200"), "{said}");
    let said = ask(b"").await;
    assert!(said.is_empty(), "{said}");
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), served).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let world = world(HttpLimits { connections_max: 1, ..HttpLimits::default() }).await;
    let (one, other) = tokio::join!(world.curl("/slow", &[]), world.curl("/slow", &[]));
    for output in [one, other].into_iter().flatten() {
        assert_eq!(output.stdout, b"done", "{}", String::from_utf8_lossy(&output.stderr));
    }
    world.stop().await;
}
