//! A small world around the built program: a folder, settings, partners, keys, the gateway as a process of its
//! own, and on the other side only OpenSSH, curl and Python. On its way out it looks at what must always hold.

pub mod cluster;
pub mod database;
pub mod disk;
pub mod https;
pub mod payers;
pub mod receiver;
pub mod run;
pub mod sftp;
pub mod submitter;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use self::database::Database;
use self::https::Reply;
use self::run::{CLAIMGATE, Running, free_port, said, wait_for};
use super::x12::{self, Claim, element};

/// Nothing in these tests takes so long on a machine that is not broken.
pub const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone, Copy)]
pub struct Ports {
    pub https: u16,
    pub sftp: u16,
    pub ops: u16,
}

pub struct World {
    // Stands first, so that it ends before its folder is removed. Behind a lock, so that a test may kill it while
    // another thread of it hands files in.
    gateway: Mutex<Option<Running>>,
    pub ports: Ports,
    folder: tempfile::TempDir,
    database: Database,
    /// Variables that the gateway and its commands are started with.
    pub environment: Vec<String>,
    /// What must not stand in the log.
    secrets: BTreeSet<String>,
}

impl World {
    /// Settings and keys; no partners, and the gateway does not run yet.
    pub fn new() -> World {
        World::without_keys().with_keys()
    }

    /// The same over a database that the test itself looks after.
    pub fn over(url: &str) -> World {
        World::with_database(|_| Database::given(url)).with_keys()
    }

    fn with_keys(self) -> World {
        let made = self.claimgate(&["certs", "init"]);
        assert!(made.status.success(), "certs init: {}", said(&made));
        self
    }

    /// Before `claimgate certs init`.
    pub fn without_keys() -> World {
        World::with_database(Database::for_world)
    }

    fn with_database(database: impl FnOnce(&tempfile::TempDir) -> Database) -> World {
        let folder = tempfile::Builder::new().prefix("claimgate-it-").tempdir().unwrap();
        fs::create_dir(folder.path().join("partners")).unwrap();
        let ports = Ports { https: free_port(), sftp: free_port(), ops: free_port() };
        let database = database(&folder);
        let world = World {
            gateway: Mutex::new(None),
            ports,
            folder,
            database,
            environment: Vec::new(),
            secrets: BTreeSet::new(),
        };
        world.write("gateway.toml", &world.settings());
        world
    }

    pub fn settings(&self) -> String {
        let Ports { https, sftp, ops } = self.ports;
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let store = self.database.url();
        format!(
            "[gateway]\nid = \"CLAIMGATE\"\nqualifier = \"ZZ\"\nusage = \"T\"\n\
             [listen]\nhttps = \"127.0.0.1:{https}\"\nsftp = \"127.0.0.1:{sftp}\"\nops = \"127.0.0.1:{ops}\"\n\
             [store]\nurl = {store:?}\n[payloads]\nurl = \"file:var/payloads\"\n\
             [paths]\npartners = \"partners\"\nschemas = {schemas:?}\ncerts = \"certs\"\n"
        )
    }

    /// Whether the database is a file of this folder, and not one of PostgreSQL's.
    pub fn stores_in_a_file(&self) -> bool {
        self.database.is_a_file()
    }

    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a command in the world's folder.
    pub fn claimgate(&self, args: &[&str]) -> Output {
        self.claimgate_with(args, b"")
    }

    pub fn claimgate_with(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(run::program("env"));
        run::run(command.args(&self.environment).arg(CLAIMGATE).args(args).current_dir(self.folder()), input)
    }

    /// A command that must end well; its standard output.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.claimgate(args);
        assert!(output.status.success(), "claimgate {args:?} ended with {}: {}", output.status, said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A new API key.
    pub fn key(&self, partner: &str) -> String {
        let printed = self.done(&["key", "create", "--partner", partner]);
        printed.lines().last().expect("the key is on the last line").to_string()
    }

    /// Remembers whom these claims are about.
    pub fn watch_for(&mut self, claims: &[Claim]) {
        for claim in claims {
            self.secrets.extend([&claim.number, &claim.member, &claim.last].map(String::clone));
        }
        self.secrets.remove("");
    }

    pub fn start(&self) {
        self.launch();
        self.wait_until_ready();
    }

    /// Starts the gateway without waiting for it. The thread that does so must outlive it.
    pub fn launch(&self) {
        let mut args: Vec<&str> = self.environment.iter().map(String::as_str).collect();
        args.extend([CLAIMGATE, "serve", "--config", "gateway.toml"]);
        let log = self.path("gateway.log");
        let running = Running::start("claimgate serve", &run::program("env"), &args, self.folder(), &log);
        *self.gateway() = Some(running);
    }

    pub fn wait_until_ready(&self) {
        let url = format!("http://127.0.0.1:{}/readyz", self.ports.ops);
        wait_for("claimgate serve to be ready", Duration::from_secs(60), || {
            let ended = self.gateway().as_mut().expect("it was started").ended();
            assert!(ended.is_none(), "claimgate serve ended with {ended:?}:\n{}", self.log_tail());
            (https::plain(&url)?.status == 200).then_some(())
        });
    }

    fn gateway(&self) -> MutexGuard<'_, Option<Running>> {
        self.gateway.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gateway's process.
    pub fn process(&self) -> u32 {
        self.gateway().as_ref().expect("it runs").id()
    }

    /// Whether the gateway has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.gateway().as_mut().expect("it was started").ended().is_some()
    }

    /// The first value that a query gives; `None` when the database cannot be asked now.
    pub fn ask(&self, sql: &str) -> Option<String> {
        self.database.ask(self.folder(), sql)
    }

    /// Changes the database behind the gateway's back, while it does not run.
    pub fn change(&self, sql: &str) {
        self.database.change(self.folder(), sql);
    }

    pub fn kill_9(&self) {
        self.gateway().take().expect("it runs").kill();
    }

    pub fn stop(&self) {
        let status = self.gateway().take().expect("it runs").terminate();
        assert!(status.success(), "claimgate serve ended with {status} when it was told to stop:\n{}", self.log_tail());
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("gateway.log")).unwrap_or_default()
    }

    pub fn log_tail(&self) -> String {
        tail(&self.path("gateway.log"))
    }

    /// A request as a partner makes it, with curl and its key.
    pub fn call(&self, key: &str, method: &str, path: &str, body: Option<&[u8]>) -> Reply {
        https::Request::new(method, &self.url(path)).trusting(&self.authority()).bearer(key).send(body)
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.ports.https)
    }

    pub fn authority(&self) -> PathBuf {
        self.path("certs/ca.crt")
    }

    /// A GET that must be answered with 200, as JSON.
    pub fn get(&self, key: &str, path: &str) -> Value {
        let reply = self.call(key, "GET", path, None);
        assert_eq!(reply.status, 200, "GET {path}: {}", reply.text());
        reply.json()
    }

    /// Hands a file in over HTTPS; the submission's id.
    pub fn submit(&self, key: &str, bytes: &[u8]) -> String {
        let reply = self.call(key, "POST", "/v1/submissions", Some(bytes));
        assert_eq!(reply.status, 202, "POST /v1/submissions: {}", reply.text());
        reply.json()["id"].as_str().expect("a submission has an id").to_string()
    }

    /// All of a list, page by page.
    pub fn all(&self, key: &str, path: &str, cursor: &str) -> Vec<Value> {
        let (mut items, mut from) = (Vec::new(), String::new());
        loop {
            let page = self.get(key, &format!("{path}{from}"));
            items.extend(page["items"].as_array().expect("a list has items").iter().cloned());
            let Some(next) = page["next"].as_str() else { return items };
            let joint = if path.contains('?') { '&' } else { '?' };
            from = format!("{joint}{cursor}={next}");
        }
    }

    /// Every claim that this key sees.
    pub fn claims(&self, key: &str) -> Vec<Value> {
        self.all(key, "/v1/claims?limit=500", "cursor")
    }

    /// The bytes of every mailbox file of a kind.
    pub fn mail(&self, key: &str, kind: &str) -> Vec<Vec<u8>> {
        let listed = self.all(key, &format!("/v1/mailbox?kind={kind}"), "after");
        let fetch = |item: &Value| {
            let path = format!("/v1/mailbox/{}", item["id"].as_str().unwrap());
            let reply = self.call(key, "GET", &path, None);
            assert_eq!(reply.status, 200, "GET {path}: {}", reply.text());
            reply.body
        };
        listed.iter().map(fetch).collect()
    }

    /// Ends the gateway in order and looks at what must hold after every test, also one whose answers match no claim: those
    /// stand in the exceptions, and all adds up.
    pub fn finish(self) {
        self.check_at_rest();
        let reconciled = self.claimgate(&["reconcile", "--format", "json"]);
        assert_eq!(reconciled.status.code(), Some(0), "reconcile found something: {}", said(&reconciled));
    }

    fn check_at_rest(&self) {
        self.stop();
        self.check_log();
        self.done(&["audit", "verify"]);
        self.done(&["store", "check"]);
    }

    /// No patient data, no panic.
    pub fn check_log(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "something panicked:\n{}", self.log_tail());
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '\'';
        let words: BTreeSet<&str> = log.split(|c| !is_word(c)).collect();
        let found = self.secrets.iter().filter(|secret| match secret.contains(' ') {
            true => log.contains(secret.as_str()),
            false => words.contains(secret.as_str()),
        });
        let found: Vec<_> = found.collect();
        assert!(found.is_empty(), "patient data stands in the log: {:?} ...", &found[..found.len().min(5)]);
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}

/// Control number and cents paid of every CLP in these remittances, sorted.
pub fn paid_claims(remittances: &[Vec<u8>]) -> Vec<(String, i64)> {
    let read = |bytes: &Vec<u8>| {
        let file = x12::File::read(bytes);
        let claim = |clp: &Vec<String>| (clp[1].clone(), x12::cents(element(clp, 4)));
        file.named("CLP").map(claim).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = remittances.iter().flat_map(read).collect();
    all.sort();
    all
}
