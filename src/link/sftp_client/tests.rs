//! The client against OpenSSH's own server, over real sockets. A machine without OpenSSH skips them.

use std::fs;
use std::net::{Shutdown, TcpListener};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;

use super::super::trouble::{Verdict, Width};
use super::*;

const SSHD: &str = "/usr/sbin/sshd";

/// A payer: OpenSSH's server with an `inbound` and an `outbound` folder, one process a connection.
struct Payer {
    dir: tempfile::TempDir,
    port: u16,
}

/// What befalls a connection to the payer.
#[derive(Clone, Copy)]
enum Line {
    Whole,
    /// Cut when so many bytes have gone to the payer.
    CutAfter(usize),
}

fn keygen(path: &Path) -> String {
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(path).status().unwrap();
    assert!(made.success());
    fs::read_to_string(path.with_extension("pub")).unwrap().trim().to_owned()
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `None` where there is no server to test against.
fn payer(line: Line) -> Option<Payer> {
    // The server wants its empty folder to be there.
    if !Path::new(SSHD).exists() || fs::create_dir_all("/run/sshd").is_err() {
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for folder in ["inbound", "outbound"] {
        fs::create_dir(root.join(folder)).unwrap();
    }
    keygen(&root.join("host"));
    keygen(&root.join("gateway"));
    let config = format!(
        "HostKey {root}/host\nAuthorizedKeysFile {root}/gateway.pub\nPermitRootLogin yes\nStrictModes no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nPidFile none\n\
         Subsystem sftp internal-sftp -d {root}\n",
        root = root.display()
    );
    fs::write(root.join("sshd_config"), config).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = root.join("sshd_config");
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve_one(stream.unwrap(), &config, line);
        }
    });
    Some(Payer { dir, port })
}

fn serve_one(stream: TcpStream, config: &Path, line: Line) {
    let end = match line {
        Line::Whole => stream,
        Line::CutAfter(bytes) => cut_after(stream, bytes),
    };
    let mut child = Command::new(SSHD)
        .args(["-i", "-f"])
        .arg(config)
        .stdin(Stdio::from(OwnedFd::from(end.try_clone().unwrap())))
        .stdout(Stdio::from(OwnedFd::from(end)))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::spawn(move || child.wait());
}

/// A second pair of sockets behind the first, which both are cut after `bytes` from the client.
fn cut_after(client: TcpStream, bytes: usize) -> TcpStream {
    let between = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = TcpStream::connect(between.local_addr().unwrap()).unwrap();
    let (end, _) = between.accept().unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut (&mut from).take(bytes as u64), &mut to);
        for side in [&from, &to] {
            let _ = side.shutdown(Shutdown::Both);
        }
    });
    let (mut from, mut to) = (server, client);
    thread::spawn(move || io::copy(&mut from, &mut to));
    end
}

impl Payer {
    fn target(&self) -> SftpTarget {
        SftpTarget {
            host: "127.0.0.1".into(),
            port: self.port,
            user: user(),
            private_key: self.dir.path().join("gateway"),
            host_key: fs::read_to_string(self.dir.path().join("host.pub")).unwrap(),
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(5),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + at / 977) as u8).collect()
}

fn refused(target: &SftpTarget) -> LinkError {
    SftpClient::connect(target).err().expect("the connection is refused")
}

#[test]
fn a_file_is_put_under_its_final_name_and_comes_back_whole() {
    let Some(payer) = payer(Line::Whole) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    let data = content(3_000_001);
    client.put(&mut &data[..], "inbound", "b1.837", data.len() as u64).unwrap();
    assert_eq!(fs::read(payer.path("inbound/b1.837")).unwrap(), data);
    assert_eq!(fs::read_dir(payer.path("inbound")).unwrap().count(), 1, "no temporary file is left");
    assert_eq!(client.stat("inbound/b1.837").unwrap(), Some(3_000_001));
    let mut back = Vec::new();
    assert_eq!(client.get("inbound/b1.837", &mut back).unwrap(), 3_000_001);
    assert!(back == data);
}

#[test]
fn a_file_that_is_there_already_is_reported_and_not_touched() {
    let Some(payer) = payer(Line::Whole) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    fs::write(payer.path("inbound/b1.837"), b"first").unwrap();
    let error = client.put(&mut &b"other"[..], "inbound", "b1.837", 5).unwrap_err();
    assert!(matches!(error, LinkError::AlreadyThere { bytes: 5, wanted: 5, .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::LookThenRetry);
    assert_eq!(fs::read(payer.path("inbound/b1.837")).unwrap(), b"first");
}

#[test]
fn what_an_attempt_left_half_done_is_overwritten() {
    let Some(payer) = payer(Line::Whole) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    fs::write(payer.path("inbound/.b1.837.tmp"), content(100_000)).unwrap();
    client.put(&mut &b"ISA*"[..], "inbound", "b1.837", 4).unwrap();
    assert_eq!(fs::read(payer.path("inbound/b1.837")).unwrap(), b"ISA*");
}

#[test]
fn a_folder_is_listed_and_its_files_moved_and_removed() {
    let Some(payer) = payer(Line::Whole) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    fs::write(payer.path("outbound/r2.835"), b"12345").unwrap();
    fs::write(payer.path("outbound/r1.835"), b"1").unwrap();
    fs::write(payer.path("outbound/.hidden"), b"1").unwrap();
    fs::create_dir(payer.path("outbound/done")).unwrap();
    let files = client.list("outbound").unwrap();
    let told: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    assert_eq!(told, [("r1.835", 1), ("r2.835", 5)]);
    client.rename("outbound/r1.835", "outbound/done/r1.835").unwrap();
    client.remove("outbound/r2.835").unwrap();
    assert_eq!(client.list("outbound").unwrap(), []);
    assert_eq!(client.stat("outbound/r2.835").unwrap(), None);
    assert!(payer.path("outbound/done/r1.835").exists());
}

#[test]
fn another_host_key_is_refused_with_both_fingerprints() {
    let Some(payer) = payer(Line::Whole) else { return };
    let other = keygen(&payer.path("other"));
    let error = refused(&SftpTarget { host_key: other, ..payer.target() });
    let LinkError::HostKeyDiffers { expected, got, .. } = &error else { panic!("{error:?}") };
    assert!(expected.starts_with("ssh-ed25519 SHA256:") && got.starts_with("ssh-ed25519 SHA256:"), "{error}");
    assert_ne!(expected, got);
    assert_eq!(error.verdict(), Verdict::Support);
}

#[test]
fn a_host_key_of_another_kind_is_refused_with_what_the_payer_has() {
    let Some(payer) = payer(Line::Whole) else { return };
    let rsa = payer.path("rsa");
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "rsa", "-f"]).arg(&rsa).status().unwrap();
    assert!(made.success());
    let host_key = fs::read_to_string(rsa.with_extension("pub")).unwrap();
    let error = refused(&SftpTarget { host_key, ..payer.target() });
    let LinkError::HostKeyDiffers { expected, got, .. } = &error else { panic!("{error:?}") };
    assert!(expected.starts_with("ssh-rsa") && got.starts_with("ssh-ed25519"), "{error}");
}

#[test]
fn a_key_the_payer_does_not_know_is_for_support() {
    let Some(payer) = payer(Line::Whole) else { return };
    keygen(&payer.path("stranger"));
    let error = refused(&SftpTarget { private_key: payer.path("stranger"), ..payer.target() });
    assert!(matches!(error, LinkError::LoginRefused { .. }), "{error:?}");
    assert_eq!((error.verdict(), error.width()), (Verdict::Support, Width::Payer));
}

#[test]
fn a_missing_or_broken_key_file_is_named() {
    let Some(payer) = payer(Line::Whole) else { return };
    let error = refused(&SftpTarget { private_key: payer.path("nowhere"), ..payer.target() });
    assert!(matches!(error, LinkError::FileUnreadable { .. }), "{error:?}");
    assert!(error.to_string().contains("nowhere"));
    fs::write(payer.path("broken"), "no key").unwrap();
    let error = refused(&SftpTarget { private_key: payer.path("broken"), ..payer.target() });
    assert!(matches!(error, LinkError::FileUnusable { .. }), "{error:?}");
    let error = refused(&SftpTarget { host_key: "ssh-ed25519 nonsense".into(), ..payer.target() });
    assert!(matches!(error, LinkError::SettingUnusable { .. }), "{error:?}");
}

#[test]
fn nobody_listening_is_worth_a_retry() {
    let Some(payer) = payer(Line::Whole) else { return };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refused(&SftpTarget { port: free, ..payer.target() });
    assert!(matches!(error, LinkError::NotConnected { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Retry);
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let Some(payer) = payer(Line::Whole) else { return };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = SftpTarget {
        port: silent.local_addr().unwrap().port(),
        connect_timeout: Duration::from_millis(300),
        ..payer.target()
    };
    let started = std::time::Instant::now();
    let error = refused(&target);
    assert!(matches!(error, LinkError::HandshakeFailed { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Retry);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_folder_that_is_not_there_is_for_support() {
    let Some(payer) = payer(Line::Whole) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    let error = client.put(&mut &b"ISA*"[..], "nowhere", "b1.837", 4).unwrap_err();
    assert!(matches!(error, LinkError::NoSuchPath { .. }), "{error:?}");
    assert_eq!(error.verdict(), Verdict::Support);
    let error = client.list("nowhere").unwrap_err();
    assert!(matches!(error, LinkError::NoSuchPath { .. }), "{error:?}");
}

#[test]
fn a_source_that_ends_early_leaves_no_final_name() {
    let Some(payer) = payer(Line::Whole) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    let error = client.put(&mut &b"ISA*"[..], "inbound", "b1.837", 400).unwrap_err();
    assert!(matches!(error, LinkError::SourceDiffers { expected: 400, got: 4, .. }), "{error:?}");
    assert!(!payer.path("inbound/b1.837").exists());
}

#[test]
fn a_line_cut_in_the_middle_of_a_file_is_looked_into_first() {
    let Some(payer) = payer(Line::CutAfter(2_000_000)) else { return };
    let client = SftpClient::connect(&payer.target()).unwrap();
    let data = content(10_000_000);
    let error = client.put(&mut &data[..], "inbound", "b1.837", data.len() as u64).unwrap_err();
    let LinkError::LostDuring { bytes_sent, .. } = &error else { panic!("{error:?}") };
    assert!(*bytes_sent < 10_000_000);
    assert_eq!(error.verdict(), Verdict::LookThenRetry);
    assert!(!payer.path("inbound/b1.837").exists());
}
