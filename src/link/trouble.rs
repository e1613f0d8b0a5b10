//! What goes wrong toward a payer, and the one place where it is judged. The judgement goes by type, never by
//! the text of a message, and what is not known to be harmless is looked into before it is repeated.
//!
//! Every error has two texts: `Display` (with its `source` chain) for the log, and [`LinkError::for_console`]
//! for support staff. Neither holds patient data: hosts, paths, sizes and codes only.

use std::io;
use std::path::PathBuf;

/// What to do about a failed delivery or collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing of it arrived: the same may be sent again when its wait is over.
    Retry,
    /// It may have arrived: look at the payer first, and send again only what is not there.
    LookThenRetry,
    /// Repeating cannot help: a person must change something here or at the payer.
    Support,
}

/// How much is affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// This file; others to the same payer may go on.
    File,
    /// Everything to this payer.
    Payer,
    /// The gateway itself: its disk or memory.
    Gateway,
}

/// Where in an exchange it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Connecting,
    LoggingIn,
    OpeningFolder,
    Creating,
    Writing,
    Closing,
    Checking,
    Renaming,
    Listing,
    Reading,
    Removing,
    Requesting,
    Answering,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Connecting => "connecting",
            Step::LoggingIn => "logging in",
            Step::OpeningFolder => "opening the folder",
            Step::Creating => "creating the file",
            Step::Writing => "writing the file",
            Step::Closing => "closing the file",
            Step::Checking => "checking the file's size",
            Step::Renaming => "renaming the file",
            Step::Listing => "listing the folder",
            Step::Reading => "reading the file",
            Step::Removing => "removing the file",
            Step::Requesting => "sending the request",
            Step::Answering => "reading the answer",
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Any error of a library, kept as a cause.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    // Settings of ours.
    #[error("{what} {path} could not be read", path = path.display())]
    FileUnreadable { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{what} {path} is not usable", path = path.display())]
    FileUnusable { what: &'static str, path: PathBuf, source: Cause },
    #[error("{setting} of {host} is not usable")]
    SettingUnusable { host: String, setting: &'static str, source: Cause },

    // Nothing was sent yet.
    #[error("the name {host} could not be resolved")]
    NameNotFound { host: String, source: io::Error },
    #[error("no connection to {host}:{port}")]
    NotConnected { host: String, port: u16, source: io::Error },
    #[error("{host} did not complete the secure connection")]
    HandshakeFailed { host: String, source: Cause },
    #[error("the certificate of {host} is not trusted")]
    CertificateRefused { host: String, source: Cause },
    #[error("{host} refused the secure connection")]
    TlsRefused { host: String, source: Cause },
    #[error("{host} shows the host key {got}, expected {expected}")]
    HostKeyDiffers {
        host: String,
        /// Type and SHA256 fingerprint.
        expected: String,
        got: String,
    },
    #[error("{host} and the gateway have no common way of encrypting, or no common kind of host key")]
    NoCommonCipher { host: String, expected: String, source: Cause },
    #[error("{host} refused the login of {user} with the key {key}")]
    LoginRefused { host: String, user: String, key: String, source: Cause },
    #[error("the connection to {host} was lost while {step}; nothing of the file can have arrived")]
    LostBefore { host: String, step: Step, source: Cause },

    // Something may have been sent.
    #[error("the connection to {host} was lost while {step}, after {bytes_sent} bytes; the file may have arrived")]
    LostDuring { host: String, step: Step, bytes_sent: u64, source: Cause },

    // The payer's server refused.
    #[error("{host} has no {path} ({step})")]
    NoSuchPath { host: String, path: String, step: Step, source: Cause },
    #[error("{host} does not permit it: {step}, {path}")]
    NotPermitted { host: String, path: String, step: Step, source: Cause },
    #[error("{host} has no room for {path} ({step})")]
    RemoteFull { host: String, path: String, step: Step, source: Cause },
    #[error("{host} failed {step}, {path}")]
    RemoteFailed { host: String, path: String, step: Step, source: Cause },
    #[error("{path} is already at {host}, with {bytes} bytes")]
    AlreadyThere {
        host: String,
        path: String,
        /// The size of the file that is there.
        bytes: u64,
        /// The size of the file that was to be put.
        wanted: u64,
    },
    #[error("{path} at {host} has {got} bytes where {expected} were written; it was not given its final name")]
    SizeDiffers { host: String, path: String, expected: u64, got: u64 },
    #[error("{path} at {host} ended after {got} of {expected} bytes")]
    EndedEarly { host: String, path: String, expected: u64, got: u64 },
    #[error("{host} answered {status} to {method} {path}")]
    HttpStatus {
        host: String,
        method: &'static str,
        path: String,
        status: u16,
        /// What `Retry-After` asked for.
        retry_after_seconds: Option<u64>,
        /// As the payer answered; shown to staff who may see patient data, never logged.
        answer: Opaque,
    },
    #[error("the answer of {host} is longer than {bytes_max} bytes")]
    AnswerTooLong { host: String, bytes_max: u64 },

    // Our own reading and writing.
    #[error("the file for {host} could not be read here")]
    SourceUnreadable { host: String, source: io::Error },
    #[error("the file to send to {host} has {got} bytes here where {expected} were recorded")]
    SourceDiffers { host: String, expected: u64, got: u64 },
    #[error("a file from {host} could not be written here")]
    SinkFailed { host: String, source: io::Error },
}

/// Bytes that a partner answered: they may hold patient data and print as their length.
#[derive(Clone, PartialEq, Eq)]
pub struct Opaque(pub Vec<u8>);

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

impl LinkError {
    pub fn verdict(&self) -> Verdict {
        self.judge().0
    }

    pub fn width(&self) -> Width {
        self.judge().1
    }

    /// Whose fault and how wide.
    fn judge(&self) -> (Verdict, Width) {
        match self {
            LinkError::FileUnreadable { .. }
            | LinkError::FileUnusable { .. }
            | LinkError::SettingUnusable { .. }
            | LinkError::CertificateRefused { .. }
            | LinkError::TlsRefused { .. }
            | LinkError::HostKeyDiffers { .. }
            | LinkError::NoCommonCipher { .. }
            | LinkError::LoginRefused { .. }
            | LinkError::NoSuchPath { .. }
            | LinkError::NotPermitted { .. } => (Verdict::Support, Width::Payer),
            LinkError::NameNotFound { .. }
            | LinkError::NotConnected { .. }
            | LinkError::HandshakeFailed { .. }
            | LinkError::LostBefore { .. }
            | LinkError::RemoteFull { .. } => (Verdict::Retry, Width::Payer),
            LinkError::LostDuring { .. } => (Verdict::LookThenRetry, Width::Payer),
            // A file that could not be written has no final name yet. Most servers say no more than "failure"
            // when their disk is full.
            LinkError::RemoteFailed { step: Step::Writing | Step::Closing, .. } => (Verdict::Retry, Width::Payer),
            LinkError::RemoteFailed { .. } | LinkError::AlreadyThere { .. } => (Verdict::LookThenRetry, Width::File),
            LinkError::SizeDiffers { .. } | LinkError::EndedEarly { .. } => (Verdict::Retry, Width::File),
            LinkError::HttpStatus { status, .. } => judge_status(*status),
            LinkError::AnswerTooLong { .. } | LinkError::SourceDiffers { .. } => (Verdict::Support, Width::File),
            LinkError::SourceUnreadable { .. } | LinkError::SinkFailed { .. } => (Verdict::Retry, Width::Gateway),
        }
    }

    /// For support staff: what happened and what can be done, without the words of libraries.
    pub fn for_console(&self) -> String {
        let advice = self.advice();
        if advice.is_empty() { format!("{self}.") } else { format!("{self}. {advice}") }
    }

    fn advice(&self) -> &'static str {
        match self {
            LinkError::FileUnreadable { .. } => {
                "Put the file there, or correct its path in the partner's file; the gateway must be allowed to read it."
            }
            LinkError::FileUnusable { .. } => {
                "It must be in OpenSSH or PEM form and without a passphrase; put a usable one there."
            }
            LinkError::SettingUnusable { .. } => "Correct it in the partner's file.",
            LinkError::NameNotFound { .. } => {
                "Check endpoint.host in the partner's file, and this network's name service."
            }
            LinkError::NotConnected { .. } | LinkError::HandshakeFailed { .. } | LinkError::LostBefore { .. } => {
                "The gateway tries again by itself; if it lasts, ask the payer whether they are up and let us in."
            }
            LinkError::CertificateRefused { .. } => {
                "Ask the payer about their certificate; if they have an own authority, name it as endpoint.ca."
            }
            LinkError::TlsRefused { .. } => {
                "Ask the payer which client certificate they know, and name it as endpoint.client_certificate."
            }
            LinkError::NoCommonCipher { .. } => "Ask the payer which host keys and ciphers their server offers.",
            LinkError::HostKeyDiffers { .. } => {
                "Ask the payer, by telephone, for their new host key; only if it is theirs, set endpoint.host_key. \
                 Until then nothing is sent."
            }
            LinkError::LoginRefused { .. } => "Ask the payer to accept the gateway's public key for this user.",
            LinkError::LostDuring { .. } => {
                "The gateway looks at the payer whether it arrived before it sends it again."
            }
            LinkError::NoSuchPath { .. } => "Check the folders in the partner's file against those at the payer.",
            LinkError::NotPermitted { .. } => "Ask the payer to give this user the right to it.",
            LinkError::RemoteFull { .. } => "The gateway tries again by itself; tell the payer if it lasts.",
            LinkError::RemoteFailed { .. } => "The payer's server gave no reason; ask them if it lasts.",
            LinkError::AlreadyThere { bytes, wanted, .. } if bytes == wanted => {
                "It has the size of ours: most likely an earlier attempt arrived."
            }
            LinkError::AlreadyThere { .. } => "It has another size than ours: ask the payer what it is.",
            LinkError::SizeDiffers { .. } | LinkError::EndedEarly { .. } => "The gateway tries again by itself.",
            LinkError::HttpStatus { status, .. } => status_advice(*status),
            LinkError::AnswerTooLong { .. } => "Ask the payer why; nothing of it was kept.",
            LinkError::SourceUnreadable { .. } | LinkError::SinkFailed { .. } => {
                "Check this machine's disk: its space, its rights and its health."
            }
            LinkError::SourceDiffers { .. } => "Check this machine's disk: a file is not as it was written.",
        }
    }

    /// How long the payer asked to be left alone.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        if let LinkError::HttpStatus { retry_after_seconds, .. } = self { *retry_after_seconds } else { None }
    }
}

fn status_advice(status: u16) -> &'static str {
    match status {
        300..=399 => "Redirects are not followed: ask the payer for the address and set endpoint.url.",
        401 | 403 => "The payer does not accept our credentials: check them in the partner's file.",
        404 | 405 | 410 => "Check endpoint.url in the partner's file.",
        408 | 425 | 429 | 503 | 507 => "The gateway tries again by itself.",
        409 => "The payer may have it already: the gateway looks before it sends it again.",
        400..=499 => "The payer does not take this file: see their answer.",
        _ => "The payer's server failed: the gateway looks whether the file arrived before it sends it again.",
    }
}

/// The status of an answer that is not 2xx, to a request that may have carried a file.
fn judge_status(status: u16) -> (Verdict, Width) {
    match status {
        // Said before the request was acted on: too slow, too early, too many, away, no room.
        408 | 425 | 429 | 503 | 507 => (Verdict::Retry, Width::Payer),
        // "Conflict" is how servers say that they have it already.
        409 => (Verdict::LookThenRetry, Width::File),
        // About this file's content or size.
        400 | 411 | 412 | 413 | 415 | 422 => (Verdict::Support, Width::File),
        // Redirects, credentials, addresses and methods: a setting here or there is wrong.
        300..=399 | 400..=499 | 501 | 505 | 511 => (Verdict::Support, Width::Payer),
        // It broke or gave up while it worked: it may have taken the file.
        _ => (Verdict::LookThenRetry, Width::Payer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause() -> Cause {
        "x".into()
    }

    #[test]
    fn what_may_have_arrived_is_looked_into_and_what_cannot_have_is_sent_again() {
        let host = || "payer.example".to_owned();
        let path = || "inbound/b1.837".to_owned();
        let check = |error: LinkError, verdict, width| {
            assert_eq!((error.verdict(), error.width()), (verdict, width), "{error:?}");
        };
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        check(LinkError::NotConnected { host: host(), port: 22, source: refused }, Verdict::Retry, Width::Payer);
        for (step, verdict) in [
            (Step::Writing, Verdict::Retry),
            (Step::Renaming, Verdict::LookThenRetry),
            (Step::Creating, Verdict::LookThenRetry),
        ] {
            let error = LinkError::RemoteFailed { host: host(), path: path(), step, source: cause() };
            assert_eq!(error.verdict(), verdict, "{step}");
        }
        let lost = LinkError::LostDuring { host: host(), step: Step::Renaming, bytes_sent: 0, source: cause() };
        check(lost, Verdict::LookThenRetry, Width::Payer);
        let full = LinkError::RemoteFull { host: host(), path: path(), step: Step::Writing, source: cause() };
        check(full, Verdict::Retry, Width::Payer);
        let differs = LinkError::HostKeyDiffers { host: host(), expected: "a".into(), got: "b".into() };
        check(differs, Verdict::Support, Width::Payer);
    }

    #[test]
    fn every_status_has_a_verdict_and_the_unknown_ones_are_looked_into() {
        let check = |status, verdict, width| assert_eq!(judge_status(status), (verdict, width), "{status}");
        check(429, Verdict::Retry, Width::Payer);
        check(422, Verdict::Support, Width::File);
        check(403, Verdict::Support, Width::Payer);
        check(500, Verdict::LookThenRetry, Width::Payer);
        check(599, Verdict::LookThenRetry, Width::Payer);
        check(199, Verdict::LookThenRetry, Width::Payer);
    }

    #[test]
    fn the_console_is_told_what_to_do() {
        let error = LinkError::HostKeyDiffers { host: "payer.example".into(), expected: "a".into(), got: "b".into() };
        let text = error.for_console();
        assert!(text.starts_with("payer.example shows the host key b, expected a. Ask the payer"), "{text}");
        assert!(!text.contains("  "), "{text}");
    }
}
