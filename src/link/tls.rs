//! The server side of TLS: our certificate, and the certificates of clients where partners show one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// PEM: the server's certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Authorities whose client certificates are looked at. A client may always come without one.
    pub client_ca: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(
        "{path} could not be read as {what} in PEM form: `claimgate certs init` makes what is missing, or set \
         paths.certs in gateway.toml",
        path = path.display()
    )]
    Read { path: PathBuf, what: &'static str, source: rustls::pki_types::pem::Error },
    #[error("{path} holds no certificate", path = path.display())]
    Empty { path: PathBuf },
    #[error(
        "{certificate} and {key} can't be used together: put the key there that the certificate was made for",
        certificate = certificate.display(), key = key.display()
    )]
    Pair { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("{path} can't be used to check clients' certificates", path = path.display())]
    ClientAuthority { path: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
}

/// Reads the files into a configuration that offers HTTP/2 and HTTP/1.1 over TLS 1.3 and 1.2.
pub fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| TlsError::Read {
        path: files.key.clone(),
        what: "a private key",
        source,
    })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider supports the default versions");
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let failed = |source| TlsError::ClientAuthority { path: path.clone(), source };
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority).map_err(|error| failed(error.into()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| failed(error.into()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|source| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = |source| TlsError::Read { path: path.to_owned(), what: "certificates", source };
    let all: Vec<_> = CertificateDer::pem_file_iter(path).map_err(read)?.collect::<Result<_, _>>().map_err(read)?;
    if all.is_empty() { Err(TlsError::Empty { path: path.to_owned() }) } else { Ok(all) }
}

/// A certificate that a client has shown and proved to hold; its authority is one of `client_ca`.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// SHA-256 over the certificate, in lower-case hexadecimal without colons.
    pub fingerprint: String,
    pub der: Vec<u8>,
}

impl ClientCertificate {
    pub fn new(der: &[u8]) -> ClientCertificate {
        let hash = digest::digest(&digest::SHA256, der);
        let fingerprint = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        ClientCertificate { fingerprint, der: der.to_vec() }
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientCertificate").field(&self.fingerprint).finish()
    }
}

/// A handshake that failed, as an error of the connection.
pub(super) fn no_handshake_in_time() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no TLS handshake in time")
}
