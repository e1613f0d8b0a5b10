//! A PostgreSQL primary with a synchronous replica, as a hospital's operators run it, and the one address under which
//! gateways know it: a forwarder, as a virtual address or a pooler is, that leads to whichever takes writes.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::run::{Running, free_port, program, run, said, wait_for};

const PATIENCE: Duration = Duration::from_secs(60);
/// Who runs a server where the tests are run by root, which no server allows.
const SERVERS_USER: &str = "postgres";

pub struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    primary: Server,
    replica: Server,
    pub address: Address,
}

struct Server {
    process: Option<Running>,
    port: u16,
    name: &'static str,
}

impl Cluster {
    /// `None` where no server's programs are installed.
    pub fn start() -> Option<Cluster> {
        let programs = server_programs()?;
        let folder = tempfile::Builder::new().prefix("claimgate-cluster-").tempdir().unwrap();
        if is_root() {
            let given = run(Command::new("chown").arg(SERVERS_USER).arg(folder.path()), b"");
            assert!(given.status.success(), "{}", said(&given));
        }
        let server = |name| Server { process: None, port: free_port(), name };
        let (primary, replica) = (server("primary"), server("replica"));
        let address = Address::leading_to(primary.port);
        let mut cluster = Cluster { folder, programs, primary, replica, address };
        let data = cluster.folder.path().join("primary").display().to_string();
        cluster.done("initdb", &["-D", &data, "-U", "claimgate", "-A", "trust", "--locale=C.UTF-8"]);
        cluster.serve(Which::Primary);
        cluster.sql(Which::Primary, "CREATE DATABASE claims");
        cluster.replicate();
        Some(cluster)
    }

    /// A copy that follows, and without whose word nothing is committed.
    fn replicate(&mut self) {
        let data = self.folder.path().join("replica").display().to_string();
        let from = format!("host=127.0.0.1 port={} user=claimgate application_name=replica", self.primary.port);
        self.done("pg_basebackup", &["-D", &data, "-d", &from, "-R", "-X", "stream", "-c", "fast"]);
        self.serve(Which::Replica);
        self.sql(Which::Primary, "ALTER SYSTEM SET synchronous_standby_names = 'replica'");
        self.sql(Which::Primary, "SELECT pg_reload_conf()");
        wait_for("the replica to be synchronous", PATIENCE, || {
            let state = self.sql(Which::Primary, "SELECT sync_state FROM pg_stat_replication");
            (state == "sync").then_some(())
        });
    }

    /// As gateways write it into `store.url`.
    pub fn url(&self) -> String {
        format!("postgres://claimgate@127.0.0.1:{}/claims", self.address.port)
    }

    /// With both hosts in it, for gateways that find the one that takes writes by themselves.
    pub fn url_of_both(&self) -> String {
        format!("postgres://claimgate@127.0.0.1:{},127.0.0.1:{}/claims", self.primary.port, self.replica.port)
    }

    /// The machine of the primary is gone: every process at one blow, nothing tidied up.
    pub fn lose_primary(&mut self) {
        let postmaster = self.primary.process.take().expect("it runs");
        signal("STOP", postmaster.id());
        let sessions = children_of(postmaster.id());
        sessions.iter().for_each(|session| signal("KILL", *session));
        postmaster.kill();
    }

    /// The address leads to the replica from now on, which only reads as yet.
    pub fn move_address(&self) {
        self.address.lead_to(self.replica.port);
    }

    pub fn promote(&self) {
        assert_eq!(self.sql(Which::Replica, "SELECT pg_promote(true, 60)"), "t");
    }

    fn serve(&mut self, which: Which) {
        let (folder, programs) = (self.folder.path().to_path_buf(), self.programs.clone());
        let server = match which {
            Which::Primary => &mut self.primary,
            Which::Replica => &mut self.replica,
        };
        let (data, log) = (folder.join(server.name), folder.join(format!("{}.log", server.name)));
        let settings = [
            format!("port={}", server.port),
            "listen_addresses=127.0.0.1".to_string(),
            format!("unix_socket_directories={}", folder.display()),
            "max_connections=100".to_string(),
            // What is pulled out here is a process, not a plug.
            "fsync=off".to_string(),
        ];
        let mut args: Vec<String> = as_servers_user();
        args.extend([programs.join("postgres").display().to_string(), "-D".to_string(), data.display().to_string()]);
        args.extend(settings.into_iter().flat_map(|setting| ["-c".to_string(), setting]));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        server.process = Some(Running::start(server.name, &program("env"), &args, &folder, &log));
        let port = server.port;
        wait_for(&format!("the {} to answer", server.name), PATIENCE, || ask(port, "postgres", "SELECT 1").ok());
    }

    fn sql(&self, which: Which, sql: &str) -> String {
        let server = match which {
            Which::Primary => &self.primary,
            Which::Replica => &self.replica,
        };
        // The database is made by the first of these.
        let database = if sql.starts_with("SELECT") { "claims" } else { "postgres" };
        ask(server.port, database, sql).unwrap_or_else(|error| panic!("{} of the {}: {error}", sql, server.name))
    }

    /// One of the server's programs, run to its end by the user that servers are run by.
    fn done(&self, name: &str, args: &[&str]) {
        let mut command = Command::new(program("env"));
        command.args(as_servers_user()).arg(self.programs.join(name)).args(args).current_dir(self.folder.path());
        let done = run(&mut command, b"");
        assert!(done.status.success(), "{name}: {}", said(&done));
    }
}

#[derive(Clone, Copy)]
enum Which {
    Primary,
    Replica,
}

fn ask(port: u16, database: &str, sql: &str) -> Result<String, String> {
    let at = ["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "claimgate"].map(str::to_string);
    let mut psql = Command::new(program("psql"));
    let done = run(psql.args(at).args(["-X", "-A", "-t", "-q", "-d", database, "-c", sql]), b"");
    let text = String::from_utf8_lossy(&done.stdout).trim().to_string();
    if done.status.success() { Ok(text) } else { Err(said(&done)) }
}

/// The newest that is installed, as Debian has them or on the path.
fn server_programs() -> Option<PathBuf> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = installed
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("pg_basebackup").is_file() && programs.join("initdb").is_file())
        .collect();
    versions.sort();
    let on_path = || {
        let path = std::env::var("PATH").unwrap_or_default();
        let folders = path.split(':').map(PathBuf::from);
        folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("pg_basebackup").is_file())
    };
    versions.pop().map(|(_, programs)| programs).or_else(on_path)
}

/// In front of a server's program. The signal at the end of the test is asked for last, as it is forgotten when the
/// user changes.
fn as_servers_user() -> Vec<String> {
    if !is_root() {
        return Vec::new();
    }
    let setpriv = program("setpriv").display().to_string();
    let user = format!("--reuid={SERVERS_USER}");
    let group = format!("--regid={SERVERS_USER}");
    let first = [setpriv.clone(), user, group, "--clear-groups".into(), "--inh-caps=-all".into(), "--".into()];
    first.into_iter().chain([setpriv, "--pdeathsig".into(), "KILL".into(), "--".into()]).collect()
}

fn is_root() -> bool {
    let output = run(Command::new("id").arg("-u"), b"");
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}

fn signal(name: &str, process: u32) {
    // One that has just ended cannot be told.
    let _ = run(Command::new("kill").arg(format!("-{name}")).arg(process.to_string()), b"");
}

fn children_of(process: u32) -> Vec<u32> {
    let is_child = |folder: &Path| {
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        let parent: u32 = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        (parent == process).then_some(())
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    let numbered = all.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())));
    numbered.filter(|(_, folder)| is_child(folder).is_some()).map(|(number, _): (u32, _)| number).collect()
}

/// A forwarder. Where it leads can be changed; what was connected stays so until either end closes it.
pub struct Address {
    pub port: u16,
    target: Arc<AtomicU16>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Address {
    fn leading_to(target: u16) -> Address {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (target, open) = (Arc::new(AtomicU16::new(target)), Arc::new(Mutex::new(Vec::new())));
        let (to, kept) = (target.clone(), open.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Nobody there: the client is hung up on.
                let Ok(server) = TcpStream::connect(("127.0.0.1", to.load(Ordering::SeqCst))) else { continue };
                kept.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                let (client_too, server_too) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || carry(client, server));
                std::thread::spawn(move || carry(server_too, client_too));
            }
        });
        Address { port, target, open }
    }

    fn lead_to(&self, target: u16) {
        self.target.store(target, Ordering::SeqCst);
        for end in self.open.lock().unwrap().drain(..) {
            // Closed already where the server is gone.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
