//! Where a payer's files go and where its answers are fetched: its own SFTP server, its HTTPS service, or a
//! login on ours. Which keys `[endpoint]` has depends on `type`.

use std::path::PathBuf;
use std::time::Duration;

use super::door::Section;
use super::names::PartnerName;
use super::secret::SecretRef;
use super::ssh_key::SshPublicKey;

#[derive(Clone, Debug, PartialEq)]
pub enum Endpoint {
    Sftp(SftpEndpoint),
    Https(HttpsEndpoint),
    Hosted(HostedEndpoint),
}

#[derive(Clone, Debug, PartialEq)]
pub struct SftpEndpoint {
    pub host: String,
    pub port: u16,
    pub user: String,
    /// Our private key towards it, in OpenSSH or PEM form, without a passphrase.
    pub private_key: PathBuf,
    /// The host keys it may show, at least one; any other is refused.
    pub host_keys: Vec<SshPublicKey>,
    pub upload_to: String,
    pub collect_from: Vec<String>,
    pub collect_every: Duration,
    pub after_collect: AfterCollect,
    pub file_name: FileName,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HttpsEndpoint {
    /// Always `https`, and without a user or password in it.
    pub url: reqwest::Url,
    /// Where answers are fetched; `None`: the payer posts them to us.
    pub collect_url: Option<reqwest::Url>,
    pub collect_every: Duration,
    /// Our certificate towards it.
    pub client: Option<ClientCertificate>,
    /// The authority of its certificate, in PEM; `None`: the public ones.
    pub ca: Option<PathBuf>,
    /// A bearer token for each request.
    pub token: Option<SecretRef>,
    pub file_name: FileName,
}

/// A certificate and its key, both PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HostedEndpoint {
    pub file_name: FileName,
}

/// What becomes of a payer's file once it is kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterCollect {
    Leave,
    Delete,
    /// Into this folder of the payer's server.
    Move(String),
}

/// The name of an outgoing file: a template that always holds `{batch}`, so that no name repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);
