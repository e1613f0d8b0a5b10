//! The server against OpenSSH's own client, over real sockets. A machine without OpenSSH skips them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;

use super::*;
use crate::link::listen::stop_signal;

/// A gateway in memory: what was closed is in `files`, and `log` tells the order of what happened.
#[derive(Default)]
struct Gateway {
    logins: HashMap<String, String>,
    files: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    log: Mutex<Vec<String>>,
    close_delay: Duration,
    /// Takes each upload out of sight when it is closed, as a gateway does that begins to work on it.
    takes: bool,
    refuses_writes: bool,
}

impl Gateway {
    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    fn noted(&self, what: &str) -> bool {
        self.log.lock().unwrap().iter().any(|line| line == what)
    }

    fn file(&self, folder: &str, name: &str) -> Option<Vec<u8>> {
        self.files.lock().unwrap().get(&(folder.to_owned(), name.to_owned())).cloned()
    }
}

#[derive(Clone)]
struct Shared(Arc<Gateway>);

impl SftpHost for Shared {
    fn login<'a>(
        &'a self,
        user: &'a str,
        public_key: &'a str,
        _peer: SocketAddr,
    ) -> BoxFuture<'a, Option<Arc<dyn SftpSession>>> {
        let known = self.0.logins.get(user).is_some_and(|key| key == public_key);
        let view: Arc<dyn SftpSession> = Arc::new(self.clone());
        Box::pin(async move { known.then_some(view) })
    }
}

impl SftpSession for Shared {
    fn folders(&self) -> Vec<String> {
        vec!["inbound".into(), "acks".into()]
    }

    fn list<'a>(&'a self, folder: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, SftpRefusal>> {
        Box::pin(async move {
            let files = self.0.files.lock().unwrap();
            let here = files.iter().filter(|((at, _), _)| at == folder);
            Ok(here
                .map(|((_, name), data)| FileEntry {
                    name: name.clone(),
                    bytes: data.len() as u64,
                    modified_ms: 1_800_000_000_000,
                })
                .filter(|_| !self.0.takes || folder != "inbound")
                .collect())
        })
    }

    fn read<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn ReadAt>, SftpRefusal>> {
        Box::pin(async move {
            match self.0.file(folder, name) {
                Some(data) => Ok(Box::new(Bytes(data)) as Box<dyn ReadAt>),
                None => Err(SftpRefusal::no_such_file("no such file")),
            }
        })
    }

    fn create<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<Box<dyn Upload>, SftpRefusal>> {
        Box::pin(async move {
            if folder != "inbound" {
                return Err(SftpRefusal::not_permitted("files are put into /inbound"));
            }
            self.0.note(format!("began {name}"));
            let upload = Uploading { gateway: self.0.clone(), name: name.to_owned(), data: Vec::new(), closed: false };
            Ok(Box::new(upload) as Box<dyn Upload>)
        })
    }

    fn rename<'a>(&'a self, folder: &'a str, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>> {
        Box::pin(async move {
            let mut files = self.0.files.lock().unwrap();
            let data = files
                .remove(&(folder.to_owned(), from.to_owned()))
                .ok_or_else(|| SftpRefusal::no_such_file("no such file"))?;
            files.insert((folder.to_owned(), to.to_owned()), data);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, folder: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), SftpRefusal>> {
        Box::pin(async move {
            let removed = self.0.files.lock().unwrap().remove(&(folder.to_owned(), name.to_owned()));
            removed.map(|_| ()).ok_or_else(|| SftpRefusal::no_such_file("no such file"))
        })
    }
}

struct Bytes(Vec<u8>);

impl ReadAt for Bytes {
    fn bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        Ok(rest[..rest.len().min(len)].to_vec())
    }
}

struct Uploading {
    gateway: Arc<Gateway>,
    name: String,
    data: Vec<u8>,
    closed: bool,
}

impl Upload for Uploading {
    fn write_at(&mut self, offset: u64, data: &[u8]) -> Result<(), SftpRefusal> {
        if self.gateway.refuses_writes {
            return Err(SftpRefusal::failure("the disk here is full; try again later"));
        }
        let end = offset as usize + data.len();
        self.data.resize(self.data.len().max(end), 0);
        self.data[offset as usize..end].copy_from_slice(data);
        Ok(())
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, Result<(), SftpRefusal>> {
        Box::pin(async move {
            tokio::time::sleep(self.gateway.close_delay).await;
            self.closed = true;
            let (name, data) = (self.name.clone(), std::mem::take(&mut self.data));
            self.gateway.files.lock().unwrap().insert(("inbound".into(), name.clone()), data);
            self.gateway.note(format!("durable {name}"));
            Ok(())
        })
    }
}

impl Drop for Uploading {
    fn drop(&mut self) {
        if !self.closed {
            self.gateway.note(format!("abandoned {}", self.name));
        }
    }
}

/// A running server, its gateway and a folder with clients' keys.
struct World {
    gateway: Arc<Gateway>,
    port: u16,
    dir: tempfile::TempDir,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<Result<(), SftpServeError>>,
}

fn openssh_is_here() -> bool {
    Command::new("sftp").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn keygen(path: &Path, kind: &[&str]) -> String {
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-f"]).arg(path).arg("-t").args(kind).status().unwrap();
    assert!(made.success());
    let line = fs::read_to_string(path.with_extension("pub")).unwrap();
    line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

async fn world(gateway: Gateway, limits: SftpLimits) -> World {
    let dir = tempfile::tempdir().unwrap();
    crate::link::certs::init(dir.path()).unwrap();
    let mut gateway = gateway;
    for (user, kind) in
        [("acme", &["ed25519"][..]), ("bolt", &["ecdsa", "-b", "256"][..]), ("core", &["rsa", "-b", "2048"][..])]
    {
        gateway.logins.insert(user.to_owned(), keygen(&dir.path().join(user), kind));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = Arc::new(gateway);
    let (stop, shutdown) = stop_signal();
    let host_key = dir.path().join("ssh_host_ed25519");
    let host = Arc::new(Shared(gateway.clone()));
    let served = tokio::spawn(async move { serve(listener, &host_key, host, limits, shutdown).await });
    World { gateway, port, dir, stop, served }
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// OpenSSH's `sftp` up to its options; the login comes last.
    fn command(&self, key: &str) -> Command {
        let mut command = Command::new("sftp");
        command
            .args([
                "-b",
                "-",
                "-o",
                "LogLevel=ERROR",
                "-P",
                &self.port.to_string(),
                "-i",
                self.path(key).to_str().unwrap(),
            ])
            .args(["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .current_dir(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a batch of `sftp` commands; gives whether all went well, and what was said.
    async fn sftp(&self, user: &str, key: &str, batch: &str) -> (bool, String) {
        let mut child = self.command(key).arg(format!("{user}@127.0.0.1")).spawn().unwrap();
        let batch = batch.to_owned();
        tokio::task::spawn_blocking(move || {
            use std::io::Write;
            // A client that was refused does not read its batch.
            let _ = child.stdin.take().unwrap().write_all(batch.as_bytes());
            let output = child.wait_with_output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            (output.status.success(), String::from_utf8_lossy(&said).into_owned())
        })
        .await
        .unwrap()
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(10), self.served).await.unwrap().unwrap().unwrap();
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + at / 977) as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_durable_before_its_close_is_answered() {
    if !openssh_is_here() {
        return;
    }
    let gateway = Gateway { close_delay: Duration::from_millis(300), takes: true, ..Gateway::default() };
    let world = world(gateway, SftpLimits::default()).await;
    let data = content(5_000_017);
    fs::write(world.path("a.837"), &data).unwrap();
    let (fine, said) = world.sftp("acme", "acme", "put a.837 inbound/a.837\n").await;
    assert!(fine, "{said}");
    assert!(world.gateway.noted("durable a.837"), "the client was done before the file was durable");
    assert_eq!(world.gateway.file("inbound", "a.837").as_deref(), Some(&data[..]));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_three_kinds_of_keys_log_in() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    for user in ["acme", "bolt", "core"] {
        let (fine, said) = world.sftp(user, user, "ls\n").await;
        assert!(fine && said.contains("inbound"), "{user}: {said}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_key_and_the_key_of_another_login_are_refused() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    keygen(&world.path("stranger"), &["ed25519"]);
    for (user, key) in [("acme", "stranger"), ("acme", "bolt"), ("bolt", "acme"), ("nobody", "acme")] {
        let (fine, said) = world.sftp(user, key, "ls\n").await;
        assert!(!fine && said.contains("Permission denied (publickey)"), "{user} with {key}: {said}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_name_is_put_and_then_renamed() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    fs::write(world.path("a.837"), b"ISA*").unwrap();
    let batch = "cd inbound\nput a.837 b.837.tmp\nrename b.837.tmp b.837\nls -l b.837\nls -l\nget b.837 back.837\n";
    let (fine, said) = world.sftp("acme", "acme", batch).await;
    assert!(fine, "{said}");
    assert_eq!(world.gateway.file("inbound", "b.837").as_deref(), Some(&b"ISA*"[..]));
    assert_eq!(world.gateway.file("inbound", "b.837.tmp"), None);
    assert_eq!(fs::read(world.path("back.837")).unwrap(), b"ISA*");
    let (fine, said) = world.sftp("acme", "acme", "rm inbound/b.837\n").await;
    assert!(fine, "{said}");
    assert_eq!(world.gateway.file("inbound", "b.837"), None);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_comes_back_as_it_was() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    let data = content(9_437_185);
    world.gateway.files.lock().unwrap().insert(("acks".into(), "r.835".into()), data.clone());
    let (fine, said) = world.sftp("acme", "acme", "get acks/r.835 r.835\n").await;
    assert!(fine, "{said}");
    assert!(fs::read(world.path("r.835")).unwrap() == data);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_reach_the_user_as_sentences() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    fs::write(world.path("a.837"), b"ISA*").unwrap();
    for (batch, part) in [
        ("put a.837 acks/a.837\n", "ermission denied"),
        ("put a.837 outbound/a.837\n", "o such file"),
        ("mkdir inbound/x\n", "ermission denied"),
        ("get inbound/none.837\n", "not found"),
        ("rename inbound/none.837 inbound/x\n", "o such file"),
    ] {
        let (fine, said) = world.sftp("acme", "acme", batch).await;
        assert!(!fine && said.contains(part), "{batch}: {said}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_was_refused_fails_the_put_and_abandons_the_file() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway { refuses_writes: true, ..Gateway::default() }, SftpLimits::default()).await;
    for bytes in [10, 3_000_000] {
        fs::write(world.path("a.837"), content(bytes)).unwrap();
        let (fine, said) = world.sftp("acme", "acme", "put a.837 inbound/a.837\n").await;
        assert!(!fine, "{said}");
    }
    assert!(world.gateway.noted("abandoned a.837"));
    assert_eq!(world.gateway.file("inbound", "a.837"), None);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_over_the_limit_is_refused() {
    if !openssh_is_here() {
        return;
    }
    let limits = SftpLimits { upload_bytes_max: 1_000_000, ..SftpLimits::default() };
    let world = world(Gateway::default(), limits).await;
    fs::write(world.path("a.837"), content(1_000_001)).unwrap();
    let (fine, said) = world.sftp("acme", "acme", "put a.837 inbound/a.837\n").await;
    assert!(!fine, "{said}");
    until("the upload is abandoned", || world.gateway.noted("abandoned a.837")).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_abandons_the_upload() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    fs::write(world.path("a.837"), content(20_000_000)).unwrap();
    let mut client = world.command("acme");
    // At 4 Mbit/s the file takes 40 seconds: it is cut in the middle.
    let mut child = client.args(["-l", "4000"]).arg("acme@127.0.0.1").spawn().unwrap();
    io::Write::write_all(&mut child.stdin.take().unwrap(), b"put a.837 inbound/a.837\n").unwrap();
    until("the upload has begun", || world.gateway.noted("began a.837")).await;
    child.kill().unwrap();
    child.wait().unwrap();
    until("the upload is abandoned", || world.gateway.noted("abandoned a.837")).await;
    assert!(!world.gateway.noted("durable a.837"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_under_way_is_finished_before_a_stop() {
    if !openssh_is_here() {
        return;
    }
    let gateway = Gateway { close_delay: Duration::from_millis(500), ..Gateway::default() };
    let world = world(gateway, SftpLimits::default()).await;
    fs::write(world.path("a.837"), content(100_000)).unwrap();
    let gateway = world.gateway.clone();
    let stop = world.stop.clone();
    let (put, ()) = tokio::join!(world.sftp("acme", "acme", "put a.837 inbound/a.837\n"), async {
        until("the upload has begun", || gateway.noted("began a.837")).await;
        stop.send_replace(true);
    });
    assert!(put.0, "{}", put.1);
    assert!(world.gateway.noted("durable a.837"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_does_not_log_in_is_closed() {
    let limits = SftpLimits { login_seconds_max: 1, ..SftpLimits::default() };
    let world = world(Gateway::default(), limits).await;
    let mut silent = tokio::net::TcpStream::connect(("127.0.0.1", world.port)).await.unwrap();
    let mut said = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut said);
    tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
    assert!(said.starts_with(b"SSH-2.0-claimgate_"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shell_is_refused_with_what_there_is() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    let mut ssh = Command::new("ssh");
    ssh.args(["-p", &world.port.to_string(), "-i", world.path("acme").to_str().unwrap(), "-o", "LogLevel=ERROR"])
        .args(["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
        .args(["acme@127.0.0.1", "cat /etc/passwd"])
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || ssh.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("use sftp"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_too_many_is_told_so() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits { sessions_max: 0, ..SftpLimits::default() }).await;
    let (fine, said) = world.sftp("acme", "acme", "ls\n").await;
    assert!(!fine && said.contains("too many sessions"), "{said}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateways_own_client_is_served_too() {
    if !openssh_is_here() {
        return;
    }
    let world = world(Gateway::default(), SftpLimits::default()).await;
    let target = crate::link::sftp_client::SftpTarget {
        host: "127.0.0.1".into(),
        port: world.port,
        user: "acme".into(),
        private_key: world.path("acme"),
        host_key: fs::read_to_string(world.path("ssh_host_ed25519.pub")).unwrap(),
        connect_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_secs(5),
    };
    let data = content(2_500_000);
    let wanted = data.clone();
    let back = tokio::task::spawn_blocking(move || {
        let client = crate::link::sftp_client::SftpClient::connect(&target).unwrap();
        client.put(&mut &data[..], "inbound", "a.837", data.len() as u64).unwrap();
        let listed = client.list("inbound").unwrap();
        assert_eq!((listed[0].name.as_str(), listed[0].bytes), ("a.837", 2_500_000));
        let mut back = Vec::new();
        client.get("inbound/a.837", &mut back).unwrap();
        client.remove("inbound/a.837").unwrap();
        back
    })
    .await
    .unwrap();
    assert!(back == wanted);
    world.stop().await;
}
