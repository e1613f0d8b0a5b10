//! Payers that are none of our code: OpenSSH's server, and a small HTTPS service in Python.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::World;
use super::run::{Running, free_port, program, run, ssh_key, wait_for};

const SERVICE: &str = include_str!("payer.py");

/// A file that reached a payer.
#[derive(Clone)]
pub struct Arrived {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// A payer with two folders: what it was sent, and what it answers.
pub struct Payer {
    server: Option<Running>,
    kind: Kind,
    pub name: String,
    /// ISA06 of what it answers.
    pub id: String,
    pub port: u16,
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sftp,
    Https,
}

impl World {
    /// A payer behind OpenSSH's server; not started yet. `id` is its ISA06, `payer_id` what claims call it.
    pub fn sftp_payer(&self, name: &str, id: &str, payer_id: &str) -> Payer {
        let payer = self.payer(Kind::Sftp, name, id);
        let (host_key, ours) = (ssh_key(&payer.folder.join("host")), self.path(&format!("certs/{name}_ed25519")));
        fs::create_dir_all(self.path("certs")).unwrap();
        let login = ssh_key(&ours);
        fs::write(payer.folder.join("authorized"), login).unwrap();
        let folder = payer.folder.display();
        let endpoint = format!(
            "type = \"sftp\"\nhost = \"127.0.0.1\"\nport = {}\nuser = \"{}\"\nprivate_key = \"certs/{name}_ed25519\"\n\
             host_key = \"{host_key}\"\nupload_to = \"{folder}/inbound\"\ncollect_from = [\"{folder}/outbound\"]\n\
             after_collect = \"leave\"\n",
            payer.port,
            user(),
        );
        self.write(&format!("partners/{name}.toml"), &payer_file(id, payer_id, &endpoint));
        payer
    }

    /// A payer behind an HTTPS service that asks for the gateway's certificate; not started yet.
    pub fn https_payer(&self, name: &str, id: &str, payer_id: &str) -> Payer {
        let payer = self.payer(Kind::Https, name, id);
        certificates(&payer.folder);
        let (port, folder) = (payer.port, payer.folder.display());
        let endpoint = format!(
            "type = \"https\"\nurl = \"https://localhost:{port}/claims\"\n\
             collect_url = \"https://localhost:{port}/responses\"\nca = \"{folder}/ca.crt\"\n\
             client_certificate = \"{folder}/client.crt\"\nclient_key = \"{folder}/client.key\"\n"
        );
        self.write(&format!("partners/{name}.toml"), &payer_file(id, payer_id, &endpoint));
        payer
    }

    fn payer(&self, kind: Kind, name: &str, id: &str) -> Payer {
        let folder = self.path(&format!("payer-{name}"));
        for part in ["inbound", "outbound"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        Payer { server: None, kind, name: name.to_string(), id: id.to_string(), port: free_port(), folder }
    }
}

/// A payer's partner file; `endpoint` is what stands under `[endpoint]`, without the schedule and the file name.
pub fn payer_file(id: &str, payer_id: &str, endpoint: &str) -> String {
    let fetched = if endpoint.contains("hosted") { "" } else { "collect_every = \"1s\"\n" };
    format!(
        "kind = \"payer\"\nname = \"{id} Health\"\npayer_ids = [\"{payer_id}\"]\naccepts = [\"837P\", \"837I\", \"837D\"]\n\
         [interchange]\nqualifier = \"ZZ\"\nid = \"{id}\"\n[batch]\nrelease = \"immediate\"\nmax_claims = 5000\n\
         [endpoint]\n{endpoint}{fetched}file_name = \"{{payer}}_{{date}}_{{time}}_{{batch}}.837\"\n\
         [limits]\nrequests = \"6000/min\"\nconnections = 2\n\
         [retry]\nfirst = \"1s\"\nmax = \"2s\"\ngive_up_after = \"1h\"\n"
    )
}

/// A payer that logs in to the gateway with this key.
pub fn hosted_payer_file(id: &str, payer_id: &str, public_key: &str) -> String {
    let file = payer_file(id, payer_id, "type = \"hosted\"\n");
    format!("{file}[sftp]\npublic_keys = [\"{public_key}\"]\n")
}

impl Payer {
    pub fn start(&mut self) {
        let log = self.folder.join("server.log");
        let running = match self.kind {
            Kind::Sftp => {
                self.write_sshd_config();
                // The server wants its empty folder to be there; another user's machine has it already.
                let _ = fs::create_dir_all("/run/sshd");
                let config = self.folder.join("sshd_config").display().to_string();
                Running::start("sshd", &program("sshd"), &["-D", "-e", "-f", &config], &self.folder, &log)
            }
            Kind::Https => {
                let script = self.folder.join("payer.py");
                fs::write(&script, SERVICE).unwrap();
                let (script, port) = (script.display().to_string(), self.port.to_string());
                Running::start("python3", &program("python3"), &[&script, &port], &self.folder, &log)
            }
        };
        self.server = Some(running);
        let log = || fs::read_to_string(&log).unwrap_or_default();
        let server = self.server.as_mut().expect("it was started above");
        wait_for("the payer to listen", Duration::from_secs(20), || {
            assert!(server.ended().is_none(), "the payer's server ended: {}", log());
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }

    /// Nobody answers at its address from now on.
    pub fn stop(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    fn write_sshd_config(&self) {
        let (port, folder) = (self.port, self.folder.display());
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n\
             PermitRootLogin yes\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\n\
             PidFile none\nMaxStartups 100\nSubsystem sftp internal-sftp\n"
        );
        fs::write(self.folder.join("sshd_config"), config).unwrap();
    }

    /// Whole files, in order of their names: not those that are still being written.
    pub fn arrived(&self) -> Vec<Arrived> {
        let mut files: Vec<Arrived> = Vec::new();
        for entry in fs::read_dir(self.folder.join("inbound")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let unfinished = [".tmp", ".part", ".filepart"].iter().any(|ending| name.ends_with(ending));
            if unfinished || name.starts_with('.') {
                continue;
            }
            let bytes = fs::read(self.folder.join("inbound").join(&name)).unwrap();
            files.push(Arrived { name, bytes });
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    /// Leaves an answer to be fetched; it appears there whole.
    pub fn answer(&self, name: &str, bytes: &[u8]) {
        let hidden = self.folder.join(format!("hidden-{name}"));
        fs::write(&hidden, bytes).unwrap();
        fs::rename(hidden, self.folder.join("outbound").join(name)).unwrap();
    }

    /// A folder of its own, for what a test does behind its back.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Who runs the tests; OpenSSH's server lets in that same person.
fn user() -> String {
    let output = run(Command::new("id").arg("-un"), b"");
    String::from_utf8(output.stdout).unwrap().trim().to_string()
}

/// An authority, a certificate for `localhost` and one for the gateway, made as a payer would make them.
pub fn certificates(folder: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Two certificates of one name would be taken for one that signs itself.
    params.distinguished_name.push(DnType::CommonName, "A payer's authority");
    let authority = params.self_signed(&authority_key).unwrap();
    fs::write(folder.join("ca.crt"), authority.pem()).unwrap();
    let issuer = Issuer::new(params, authority_key);
    for (name, host) in [("server", "localhost"), ("client", "claimgate.example")] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_string()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, host);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        fs::write(folder.join(format!("{name}.crt")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}
