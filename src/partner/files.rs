//! Looks whether the files that partners' files name are there, readable, and what they should be. Partners that
//! are not active are left alone: their keys may be yet to come.

use std::io;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::config::{Config, DEFAULT_FILE};
use super::endpoint::{Endpoint, HttpsEndpoint};
use super::fault::Fault;
use super::partners::Partners;
use super::payer::Payer;
use super::secret::SecretError;
use super::webhook::Webhook;

/// A fault for each file that would stop a payer's connection, or a submitter's webhook.
pub fn check(partners: &Partners) -> Vec<Fault> {
    let hooks = partners.submitters().filter(|submitter| submitter.active).flat_map(|submitter| {
        let problems = submitter.webhook.iter().flat_map(|mail| webhook_problems(&mail.webhook));
        problems.map(|(key, problem)| partners.fault(&submitter.id, key, problem)).collect::<Vec<Fault>>()
    });
    let payers = partners
        .payers()
        .filter(|payer| payer.active)
        .flat_map(|payer| problems(payer).into_iter().map(|(key, problem)| partners.fault(&payer.id, key, problem)));
    hooks.chain(payers).collect()
}

/// The same for what gateway.toml names.
pub fn check_config(config: &Config) -> Vec<Fault> {
    let file = config.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE)).display().to_string();
    let problems = config.webhook.iter().flat_map(webhook_problems);
    problems.map(|(key, problem)| Fault::of_key(&file, key, problem)).collect()
}

/// What would keep a webhook from being sent.
fn webhook_problems(webhook: &Webhook) -> Vec<(&'static str, String)> {
    let ca =
        webhook.ca.iter().filter_map(|ca| certificates(ca).err().map(|problem| ("webhook.ca", problem.to_string())));
    let secret = webhook.signing_key().err().map(|problem| ("webhook.secret", problem.to_string()));
    ca.chain(secret).collect()
}

/// Key and problem.
type Problem = (&'static str, String);

fn problems(payer: &Payer) -> Vec<Problem> {
    match &payer.endpoint {
        Endpoint::Sftp(sftp) => {
            let problem = ssh_private_key(&sftp.private_key).err();
            problem.map(|problem| ("endpoint.private_key", problem.to_string())).into_iter().collect()
        }
        Endpoint::Https(https) => https_problems(https),
        Endpoint::Hosted(_) => Vec::new(),
    }
}

fn https_problems(https: &HttpsEndpoint) -> Vec<Problem> {
    let mut found: Vec<(&'static str, FileError)> = Vec::new();
    if let Some(client) = &https.client {
        found.extend(certificates(&client.certificate).err().map(|problem| ("endpoint.client_certificate", problem)));
        found.extend(private_key(&client.key).err().map(|problem| ("endpoint.client_key", problem)));
    }
    if let Some(ca) = &https.ca {
        found.extend(certificates(ca).err().map(|problem| ("endpoint.ca", problem)));
    }
    let mut problems: Vec<Problem> = found.into_iter().map(|(key, problem)| (key, problem.to_string())).collect();
    if let Some(token) = &https.token {
        problems.extend(token.read().err().map(|problem| ("endpoint.token", with_cause(&problem))));
    }
    problems
}

fn with_cause(problem: &SecretError) -> String {
    match problem {
        SecretError::File(_, source) => format!("{problem}: {source}"),
        SecretError::Env(_) | SecretError::Empty(_) => problem.to_string(),
    }
}

#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("{path} cannot be read: {source}", path = .0.display(), source = .1)]
    Unreadable(PathBuf, io::Error),
    #[error("{path} is no SSH private key without a passphrase; make one with ssh-keygen -t ed25519 -N \"\" -f {path}", path = .0.display())]
    NoSshKey(PathBuf),
    #[error("{path} holds no certificate in PEM form", path = .0.display())]
    NoCertificate(PathBuf),
    #[error("{path} holds no private key in PEM form without a passphrase", path = .0.display())]
    NoKey(PathBuf),
}

fn ssh_private_key(path: &Path) -> Result<(), FileError> {
    let bytes = contents(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| FileError::NoSshKey(path.to_path_buf()))?;
    match russh::keys::decode_secret_key(text, None) {
        Ok(_) => Ok(()),
        Err(_) => Err(FileError::NoSshKey(path.to_path_buf())),
    }
}

fn certificates(path: &Path) -> Result<(), FileError> {
    let bytes = contents(path)?;
    let all: Result<Vec<CertificateDer<'_>>, pem::Error> = CertificateDer::pem_slice_iter(&bytes).collect();
    match all {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        Ok(_) | Err(_) => Err(FileError::NoCertificate(path.to_path_buf())),
    }
}

fn private_key(path: &Path) -> Result<(), FileError> {
    let bytes = contents(path)?;
    match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(FileError::NoKey(path.to_path_buf())),
    }
}

fn contents(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|error| FileError::Unreadable(path.to_path_buf(), error))
}
