//! Programs of a test's world: found, or named with the package that holds them; started so that none outlives
//! the test run; waited for by what they do, never by the clock alone.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PROGRAMS: &[(&str, &str)] = &[
    ("cc", "gcc"),
    ("curl", "curl"),
    ("env", "coreutils"),
    ("mount", "mount"),
    ("pg_dump", "postgresql-client"),
    ("psql", "postgresql-client"),
    ("python3", "python3"),
    ("setpriv", "util-linux"),
    ("sftp", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("sshd", "openssh-server"),
    ("tar", "tar"),
    ("timeout", "coreutils"),
    ("touch", "coreutils"),
];

/// Where a program is. Panics with what to install.
pub fn program(name: &str) -> PathBuf {
    let package = PROGRAMS.iter().find(|(known, _)| *known == name).map_or(name, |(_, package)| package);
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin", "/sbin"]);
    let found = folders.map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("these tests need `{name}`: install it with `apt-get install {package}`"))
}

/// Runs to the end, with something on its standard input.
pub fn run(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let mut stdin = child.stdin.take().expect("it was asked for");
    std::thread::scope(|scope| {
        // A program that does not read its input to the end closes it.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

/// What a command said, both streams.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The built program.
pub const CLAIMGATE: &str = env!("CARGO_BIN_EXE_claimgate");

/// A program that runs beside the test. It is killed when this is dropped, and also when the thread that started
/// it ends in any other way.
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Both streams are added to `log`.
    pub fn start(name: &str, program: &Path, args: &[&str], folder: &Path, log: &Path) -> Running {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(self::program("setpriv"));
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(args).current_dir(folder);
        command.env("RUST_LOG", "info,claimgate=debug").stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        Running { child, name: name.to_string() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// SIGKILL: nothing is tidied up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and what it ended with.
    pub fn terminate(mut self) -> ExitStatus {
        let told = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status().unwrap();
        assert!(told.success(), "{} was gone before it was told to stop", self.name);
        let name = self.name.clone();
        wait_for(&format!("{name} to stop"), Duration::from_secs(30), || self.ended())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until there is something, or panics when `patience` is over.
pub fn wait_for<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < patience, "waited {} s for {what}", patience.as_secs());
        pass(Duration::from_millis(50));
    }
}

/// Lets time pass between two looks, or up to a random moment.
pub fn pass(time: Duration) {
    std::thread::sleep(time);
}

/// A port that nobody listens on. It lies below those that the system gives to outgoing connections, so that
/// nobody takes it before it is used, and no other test of this run is given it.
pub fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    loop {
        let step = TRIED.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + ((std::process::id() * 97 + step) % 20_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An SSH key pair, `path` and `path.pub`; returns the public half.
pub fn ssh_key(path: &Path) -> String {
    let mut command = Command::new(program("ssh-keygen"));
    command.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path);
    let made = run(&mut command, b"");
    assert!(made.status.success(), "ssh-keygen: {}", said(&made));
    std::fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_string()
}
