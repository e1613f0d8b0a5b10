//! `gateway.toml` as checked values. Every key has a default, so that no file is needed to start.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::fault::Fault;
use super::names::{Etin, InterchangeId};
use super::secret::Secret;

/// All of `gateway.toml`. Its paths are already relative to the file's folder, or to the working folder when
/// there is no file.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it was read from; `None`: defaults only.
    pub file: Option<PathBuf>,
    /// The folder that relative paths, also those in partners' files, start from.
    pub base: PathBuf,
    pub gateway: Gateway,
    pub listen: Listen,
    pub store: StoreUrl,
    pub payloads: PayloadsUrl,
    pub paths: Paths,
    pub intake: Intake,
    pub duplicates: Duplicates,
    pub log: Log,
}

/// Who we are on the wire.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// ISA05/06 of what we send, ISA07/08 of what we take.
    pub interchange: InterchangeId,
    /// ISA15.
    pub usage: Usage,
    /// Of release windows, of dates in file names, envelopes and reports.
    pub time_zone: TimeZone,
    /// NM103 of 1000A outbound and of our 277CA.
    pub name: String,
    /// NM109 of 1000A outbound and of our 277CA.
    pub etin: Etin,
    /// PER of 1000A outbound.
    pub contact: Contact,
    /// 0 to 63; each node over one store has its own.
    pub node: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    Test,
    Production,
}

/// Whom payers call. At least one of phone and email is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    /// Ten digits: PER04 after TE.
    pub phone: Option<String>,
    pub email: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    pub https: SocketAddr,
    pub sftp: SocketAddr,
    /// Health and metrics, plain HTTP: never on a public address.
    pub ops: SocketAddr,
}

#[derive(Clone, Debug)]
pub enum StoreUrl {
    Sqlite(PathBuf),
    /// The whole URL; it may hold a password.
    Postgres(Secret),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadsUrl {
    Folder(PathBuf),
    S3 { bucket: String, prefix: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    pub partners: PathBuf,
    pub schemas: PathBuf,
    pub certs: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intake {
    /// Bytes of one submitted file, whatever the channel.
    pub bytes_max: u64,
    pub unknown_payer: UnknownPayer,
}

/// What becomes of a good claim whose payer no file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownPayer {
    /// Rejected in the 277CA.
    Reject,
    /// Held for support.
    Hold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// How far back a claim is compared with earlier ones.
    pub window: Duration,
    /// How long an interchange control number may not come again from the same sender.
    pub control_numbers: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// As RUST_LOG, which wins when it is set: `info`, or `info,claimgate::link=debug`.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    Text,
    Json,
}

/// Where `gateway.toml` is looked for when `--config` does not say.
pub const DEFAULT_FILE: &str = "gateway.toml";

