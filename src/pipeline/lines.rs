//! Lines to payers: how often and how many at one time a payer may be called, whichever stage calls. A payer
//! that is slow holds its own lines only. And what the link needs to know of an endpoint.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::link::https_client::HttpsTarget;
use crate::link::remote_files::{self, Dial};
use crate::link::sftp_client::SftpTarget;
use crate::partner::endpoint::{HttpsEndpoint, SftpEndpoint};
use crate::partner::rate::RateLimits;
use crate::partner::secret::SecretError;
use crate::partner::{PartnerName, Payer};

pub struct Lines {
    requests: RateLimits,
    dial: Arc<Dial>,
    /// By payer, with the number that its file allowed when they were made.
    connections: Mutex<HashMap<PartnerName, (u32, Arc<Semaphore>)>>,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines::over(Arc::new(remote_files::dial))
    }
}

/// Permission for one connection; over when dropped.
#[derive(Debug)]
pub struct Line {
    _permit: OwnedSemaphorePermit,
}

impl Lines {
    /// Connections to SFTP servers are made by `dial`.
    pub fn over(dial: Arc<Dial>) -> Lines {
        Lines { requests: RateLimits::default(), dial, connections: Mutex::default() }
    }

    /// How a connection to a payer's SFTP server is made, off the runtime's threads.
    pub fn dial(&self) -> Arc<Dial> {
        self.dial.clone()
    }

    /// Waits until the payer's `limits` allow one more connection, and one more request on it.
    pub async fn open(&self, payer: &Payer) -> Line {
        let permit = self.connections(payer).acquire_owned().await.expect("the lines of a payer are never closed");
        while let Err(too_often) = self.requests.take(&payer.id, payer.limits.requests) {
            tokio::time::sleep(too_often.wait).await;
        }
        Line { _permit: permit }
    }

    /// A changed limit holds from the next call on; calls under way keep their old lines until they end.
    fn connections(&self, payer: &Payer) -> Arc<Semaphore> {
        let allowed = payer.limits.connections.get();
        // A panic elsewhere while the lock was held cannot leave the map half changed.
        let mut all = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(&payer.id) {
            Some((known, lines)) if *known == allowed => lines.clone(),
            Some(_) | None => {
                let lines = Arc::new(Semaphore::new(usize::try_from(allowed).unwrap_or(usize::MAX)));
                all.insert(payer.id.clone(), (allowed, lines.clone()));
                lines
            }
        }
    }
}

/// Long enough for a payer far away, short enough not to look stuck.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// For each exchange of messages, or between two pieces of an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// For a whole file over HTTPS.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(3600);
/// Of an answer that is no file.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

pub fn sftp_target(endpoint: &SftpEndpoint) -> SftpTarget {
    SftpTarget {
        host: endpoint.host.clone(),
        port: endpoint.port,
        user: endpoint.user.clone(),
        private_key: endpoint.private_key.clone(),
        host_key: endpoint.host_key.line(),
        connect_timeout: CONNECT_TIMEOUT,
        answer_timeout: ANSWER_TIMEOUT,
    }
}

/// Reads the endpoint's token, so that a changed one holds from the next call on.
pub fn https_target(endpoint: &HttpsEndpoint) -> Result<HttpsTarget, SecretError> {
    let token = endpoint.token.as_ref().map(|token| token.read()).transpose()?;
    Ok(HttpsTarget {
        url: endpoint.url.to_string(),
        ca: endpoint.ca.clone(),
        client_certificate: endpoint.client.as_ref().map(|client| client.certificate.clone()),
        client_key: endpoint.client.as_ref().map(|client| client.key.clone()),
        bearer: token.map(|token| token.reveal().to_string()),
        connect_timeout: CONNECT_TIMEOUT,
        read_timeout: ANSWER_TIMEOUT,
        total_timeout: WHOLE_TIMEOUT,
        answer_bytes_max: ANSWER_BYTES_MAX,
    })
}
