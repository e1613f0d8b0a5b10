//! A whole small world in one folder: a gateway's configuration and keys, one submitter with its key, and two
//! payers of our own, one over SFTP and one over HTTPS. What `claimgate demo` starts, and what a test of the
//! whole may start too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answers::remittance::ProviderLevel;
use super::answers::{Identity, Terms};
use super::https_payer::{HttpsPayer, HttpsPayerSettings};
use super::line::LineError;
use super::payer::mail_room::{Copies, MailRoom};
use super::payer::{Delays, Payer, PayerSettings};
use super::pen::Party;
use super::sftp_payer::{SftpPayer, SftpPayerSettings};
use crate::domain::Clock;
use crate::link::certs::{self, CertError};
use crate::link::listen::{ListenError, bind};

/// The submitter's partner name and SFTP login.
pub const SUBMITTER: &str = "demo-billing";
/// ISA06 of what it sends.
pub const SUBMITTER_ID: &str = "DEMOBILL";
/// ISA06/08 of the gateway.
pub const GATEWAY_ID: &str = "CLAIMGATE";
/// Partner names and payer ids of the payers; each payer's ISA06 is its id.
pub const SFTP_PAYER: (&str, &str) = ("harbor-mutual", "HARBOR");
pub const HTTPS_PAYER: (&str, &str) = ("prairie-health", "PRAIRIE");

#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error("{path} could not be written", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} could not be read", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the gateway's keys could not be made")]
    Keys { source: CertError },
    #[error("no free port was found")]
    NoPort { source: ListenError },
    #[error("the address of a free port is not known")]
    Address { source: io::Error },
    #[error("a simulated payer could not be started")]
    Payer { source: LineError },
}

/// Where everybody listens, on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    pub https: u16,
    pub sftp: u16,
    pub ops: u16,
    pub sftp_payer: u16,
    pub https_payer: u16,
}

impl Ports {
    /// Five in a row. A base too high for that gives the highest that can be.
    pub fn from_base(base: u16) -> Ports {
        let first = base.min(u16::MAX - 4);
        Ports { https: first, sftp: first + 1, ops: first + 2, sftp_payer: first + 3, https_payer: first + 4 }
    }

    /// Ports that nobody listens on at this moment.
    pub async fn free() -> Result<Ports, WorldError> {
        let mut held = Vec::new();
        let mut ports = [0; 5];
        for port in &mut ports {
            let listener = bind("127.0.0.1:0", "a free port").await.map_err(|source| WorldError::NoPort { source })?;
            *port = listener.local_addr().map_err(|source| WorldError::Address { source })?.port();
            // Held until all are drawn, or one could be drawn twice.
            held.push(listener);
        }
        let [https, sftp, ops, sftp_payer, https_payer] = ports;
        Ok(Ports { https, sftp, ops, sftp_payer, https_payer })
    }
}

/// Who the partners are. The demo takes it from the files it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cast {
    /// ISA05/06 of the submitter.
    pub submitter: Party,
    /// ISA07/08 of what it sends.
    pub gateway: Party,
    /// ISA15.
    pub usage: String,
    pub sftp_payer_ids: Vec<String>,
    pub https_payer_ids: Vec<String>,
}

impl Default for Cast {
    fn default() -> Cast {
        Cast {
            submitter: Party::new("ZZ", SUBMITTER_ID),
            gateway: Party::new("ZZ", GATEWAY_ID),
            usage: "T".to_string(),
            sftp_payer_ids: vec![SFTP_PAYER.1.to_string()],
            https_payer_ids: vec![HTTPS_PAYER.1.to_string()],
        }
    }
}

/// How the payers of a world answer.
#[derive(Clone, Copy, Debug)]
pub struct Temper {
    pub terms: Terms,
    pub delays: Delays,
}

/// A folder that is ready for `claimgate serve --config gateway.toml`, and payers that are not started yet.
pub struct World {
    /// gateway.toml.
    pub config: PathBuf,
    /// The submitter's private SSH key.
    pub submitter_key: PathBuf,
    /// Trusted by clients of the gateway.
    pub ca: PathBuf,
    pub ports: Ports,
    pub sftp_payer: Arc<Payer>,
    pub https_payer: Arc<Payer>,
    folder: PathBuf,
    gateway_public_key: String,
}

/// The payers of a [`World`], listening.
pub struct RunningPayers {
    pub sftp: SftpPayer,
    pub https: HttpsPayer,
}

impl RunningPayers {
    pub async fn stop(self) {
        self.sftp.stop().await;
        self.https.stop().await;
    }
}

impl World {
    /// Writes everything under `folder`, which is made when missing. `schemas` is the folder of the guides.
    pub fn write(
        folder: &Path,
        schemas: &Path,
        ports: Ports,
        temper: Temper,
        cast: &Cast,
    ) -> Result<World, WorldError> {
        let keys = |source| WorldError::Keys { source };
        let made = certs::init(&folder.join("certs")).map_err(keys)?;
        tracing::debug!(files = made.len(), "keys of the simulated world were made");
        for payer in [SFTP_PAYER, HTTPS_PAYER] {
            certs::init(&payer_keys(folder, payer)).map_err(keys)?;
        }
        let submitter_key = folder.join(format!("{SUBMITTER}_ed25519"));
        let submitter_public_key = ssh_key(&submitter_key)?;
        let gateway_public_key = ssh_key(&folder.join("certs").join(GATEWAY_KEY))?;
        let config = folder.join("gateway.toml");
        write(&config, &gateway_toml(schemas, ports, cast))?;
        let partners = folder.join("partners");
        let host_key = read(&payer_keys(folder, SFTP_PAYER).join(certs::SSH_HOST_KEY_PUBLIC))?;
        write(&partners.join(format!("{SUBMITTER}.toml")), &submitter_toml(&submitter_public_key, &cast.submitter))?;
        write(
            &partners.join(format!("{}.toml", SFTP_PAYER.0)),
            &sftp_payer_toml(ports, &host_key, &cast.sftp_payer_ids),
        )?;
        write(
            &partners.join(format!("{}.toml", HTTPS_PAYER.0)),
            &https_payer_toml(folder, ports, &cast.https_payer_ids),
        )?;
        Ok(World {
            config,
            submitter_key,
            ca: folder.join("certs").join(certs::CA_CERTIFICATE),
            ports,
            sftp_payer: Arc::new(payer("HARBOR MUTUAL", SFTP_PAYER.1, "450000011", temper)),
            https_payer: Arc::new(payer("PRAIRIE HEALTH", HTTPS_PAYER.1, "450000022", temper)),
            folder: folder.to_path_buf(),
            gateway_public_key,
        })
    }

    /// Starts both payers. Copies of what they get and answer are kept in `payers/NAME`.
    pub async fn start_payers(&self) -> Result<RunningPayers, WorldError> {
        let room = |payer: &Arc<Payer>, name: &str| {
            let copies = Copies::In(self.folder.join("payers").join(name));
            Arc::new(MailRoom::new(payer.clone(), Clock::System, copies))
        };
        let sftp = SftpPayerSettings {
            listen: format!("127.0.0.1:{}", self.ports.sftp_payer),
            keys: payer_keys(&self.folder, SFTP_PAYER),
            user: "claimgate".to_string(),
            public_key: self.gateway_public_key.clone(),
        };
        let https = HttpsPayerSettings {
            listen: format!("127.0.0.1:{}", self.ports.https_payer),
            keys: payer_keys(&self.folder, HTTPS_PAYER),
            client_ca: None,
        };
        let started = |source| WorldError::Payer { source };
        let sftp = SftpPayer::start(sftp, room(&self.sftp_payer, SFTP_PAYER.0)).await.map_err(started)?;
        match HttpsPayer::start(https, room(&self.https_payer, HTTPS_PAYER.0)).await {
            Ok(https) => Ok(RunningPayers { sftp, https }),
            Err(source) => {
                sftp.stop().await;
                Err(started(source))
            }
        }
    }
}

/// The gateway's key towards the SFTP payer, under `certs`.
const GATEWAY_KEY: &str = "harbor-mutual_ed25519";

fn payer_keys(folder: &Path, (name, _): (&str, &str)) -> PathBuf {
    folder.join("payers").join(name).join("keys")
}

fn payer(name: &str, id: &str, tax_id: &str, temper: Temper) -> Payer {
    let identity = Identity {
        name: name.to_string(),
        payer_id: id.to_string(),
        party: Party::new("ZZ", id),
        tax_id: tax_id.to_string(),
    };
    Payer::new(PayerSettings {
        identity,
        terms: temper.terms,
        delays: temper.delays,
        provider_level: ProviderLevel::Nothing,
        first_control_number: 1,
    })
}

fn gateway_toml(schemas: &Path, ports: Ports, cast: &Cast) -> String {
    let Ports { https, sftp, ops, .. } = ports;
    let schemas = quoted(schemas);
    let Cast { gateway: Party { qualifier, id }, usage, .. } = cast;
    format!(
        r#"[gateway]
id = "{id}"
qualifier = "{qualifier}"
usage = "{usage}"

[listen]
https = "127.0.0.1:{https}"
sftp = "127.0.0.1:{sftp}"
ops = "127.0.0.1:{ops}"

[store]
url = "sqlite:var/claimgate.db"

[payloads]
url = "file:var/payloads"

[paths]
partners = "partners"
schemas = {schemas}
certs = "certs"
"#
    )
}

fn submitter_toml(public_key: &str, Party { qualifier, id }: &Party) -> String {
    format!(
        r#"kind = "submitter"
name = "Demo Billing Services"

[interchange]
qualifier = "{qualifier}"
id = "{id}"

[identity]
etins = []
npis = []

[sftp]
public_keys = ["{public_key}"]

[acks]
ta1 = "always"
forward = ["999", "277CA", "277", "835"]

[limits]
submissions = "6000/min"
"#
    )
}

fn sftp_payer_toml(ports: Ports, host_key: &str, payer_ids: &[String]) -> String {
    let host_key = host_key.trim();
    let endpoint = format!(
        r#"type = "sftp"
host = "127.0.0.1"
port = {port}
user = "claimgate"
private_key = "certs/{GATEWAY_KEY}"
host_key = "{host_key}"
upload_to = "inbound"
collect_from = ["outbound"]
after_collect = "delete"
"#,
        port = ports.sftp_payer
    );
    payer_toml("Harbor Mutual", SFTP_PAYER.1, payer_ids, &endpoint)
}

fn https_payer_toml(folder: &Path, ports: Ports, payer_ids: &[String]) -> String {
    let ca = quoted(&payer_keys(folder, HTTPS_PAYER).join(certs::CA_CERTIFICATE));
    let endpoint = format!(
        r#"type = "https"
url = "https://localhost:{port}/claims"
collect_url = "https://localhost:{port}/responses"
ca = {ca}
"#,
        port = ports.https_payer
    );
    payer_toml("Prairie Health", HTTPS_PAYER.1, payer_ids, &endpoint)
}

fn payer_toml(name: &str, id: &str, payer_ids: &[String], endpoint: &str) -> String {
    // A payer that no claim names still has its own id.
    let payer_ids = if payer_ids.is_empty() { format!("{id:?}") } else { strings(payer_ids) };
    format!(
        r#"kind = "payer"
name = "{name}"
payer_ids = [{payer_ids}]
accepts = ["837P", "837I", "837D"]

[interchange]
qualifier = "ZZ"
id = "{id}"

[batch]
release = "immediate"
max_claims = 5000

[endpoint]
{endpoint}collect_every = "1s"
file_name = "{{payer}}_{{date}}_{{time}}_{{batch}}.837"

[limits]
requests = "6000/min"
connections = 2

[retry]
first = "1s"
max = "5s"
give_up_after = "1h"
"#
    )
}

fn strings(all: &[String]) -> String {
    let quoted: Vec<String> = all.iter().map(|text| toml::Value::String(text.clone()).to_string()).collect();
    quoted.join(", ")
}

/// A TOML string. A path may hold what a string must not.
fn quoted(path: &Path) -> String {
    toml::Value::String(path.display().to_string()).to_string()
}

/// Makes a key pair, `path` and its `.pub`, or keeps the one that is there; returns the public half. It is made
/// as a host key is, in a folder of its own that is gone afterwards.
fn ssh_key(path: &Path) -> Result<String, WorldError> {
    let public_path = path.with_extension("pub");
    if !path.exists() || !public_path.exists() {
        let workshop = path.with_extension("new");
        certs::init(&workshop).map_err(|source| WorldError::Keys { source })?;
        let private = fs::rename(workshop.join(certs::SSH_HOST_KEY), path);
        let public = private.and_then(|()| fs::rename(workshop.join(certs::SSH_HOST_KEY_PUBLIC), &public_path));
        let tidied = public.and_then(|()| fs::remove_dir_all(&workshop));
        tidied.map_err(|source| WorldError::Write { path: path.to_path_buf(), source })?;
    }
    Ok(read(&public_path)?.trim().to_string())
}

fn write(path: &Path, text: &str) -> Result<(), WorldError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|source| WorldError::Write { path: path.to_path_buf(), source })
}

fn read(path: &Path) -> Result<String, WorldError> {
    fs::read_to_string(path).map_err(|source| WorldError::Read { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests;
