//! The single values of `gateway.toml`, each read from its text.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::tz::TimeZone;

use super::{PayloadsUrl, StoreUrl};
use crate::partner::secret::Secret;
use crate::partner::words::not_a_word;

impl StoreUrl {
    pub(super) fn starting_from(self, base: &Path) -> StoreUrl {
        match self {
            StoreUrl::Sqlite(path) => StoreUrl::Sqlite(base.join(path)),
            StoreUrl::Postgres(url) => StoreUrl::Postgres(url),
        }
    }
}

/// The text is not repeated in the error: it may hold a password.
impl FromStr for StoreUrl {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<StoreUrl, &'static str> {
        let sqlite = text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        match sqlite {
            Some(path) if !path.is_empty() && !path.starts_with(':') => Ok(StoreUrl::Sqlite(path.into())),
            None if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(StoreUrl::Postgres(Secret::new(text)))
            }
            Some(_) | None => Err("is no store: write sqlite:PATH or postgres://USER@HOST/DATABASE"),
        }
    }
}

impl PayloadsUrl {
    pub(super) fn starting_from(self, base: &Path) -> PayloadsUrl {
        match self {
            PayloadsUrl::Folder(path) => PayloadsUrl::Folder(base.join(path)),
            PayloadsUrl::S3 { bucket, prefix } => PayloadsUrl::S3 { bucket, prefix },
        }
    }
}

impl FromStr for PayloadsUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<PayloadsUrl, String> {
        let folder = text.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path));
        if let Some(path) = folder.filter(|path| !path.is_empty()) {
            return Ok(PayloadsUrl::Folder(path.into()));
        }
        let s3 = text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        match s3 {
            Some((bucket, prefix)) if !bucket.is_empty() => {
                Ok(PayloadsUrl::S3 { bucket: bucket.to_string(), prefix: prefix.trim_matches('/').to_string() })
            }
            Some(_) | None => {
                Err(format!("\"{text}\" is no place for payloads: write file:PATH or s3://BUCKET/PREFIX"))
            }
        }
    }
}

pub(super) struct Zone(pub(super) TimeZone);

impl FromStr for Zone {
    type Err = String;
    fn from_str(text: &str) -> Result<Zone, String> {
        TimeZone::get(text).map(Zone).map_err(|_| {
            format!(
                "\"{text}\" is no time zone of this machine: a name like America/Chicago; the package tzdata holds them"
            )
        })
    }
}

pub(super) struct Address(pub(super) SocketAddr);

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Address, String> {
        text.parse()
            .map(Address)
            .map_err(|_| format!("\"{text}\" is no address: write an IP address and a port, 127.0.0.1:8443"))
    }
}

pub(super) struct FilePath(pub(super) PathBuf);

impl FromStr for FilePath {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<FilePath, &'static str> {
        if text.is_empty() { Err("must not be empty") } else { Ok(FilePath(text.into())) }
    }
}

pub(super) struct Phone(pub(super) String);

impl FromStr for Phone {
    type Err = String;
    fn from_str(text: &str) -> Result<Phone, String> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let sound = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if sound {
            Ok(Phone(digits))
        } else {
            Err(format!("\"{text}\" is no telephone number: ten digits with the area code"))
        }
    }
}

pub(super) struct Email(pub(super) String);

impl FromStr for Email {
    type Err = String;
    fn from_str(text: &str) -> Result<Email, String> {
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"*:^~|".contains(&b));
        let named = text.split_once('@').is_some_and(|(person, house)| !person.is_empty() && !house.is_empty());
        if plain && named { Ok(Email(text.to_string())) } else { Err(format!("\"{text}\" is no e-mail address")) }
    }
}

/// A filter whose levels are levels: a mistyped one would otherwise be taken for the name of a room.
pub(super) struct LogLevel(pub(super) String);

impl FromStr for LogLevel {
    type Err = String;
    fn from_str(text: &str) -> Result<LogLevel, String> {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let level_of =
            |part: &str| part.rsplit('=').next().map(|level| level.trim().to_lowercase()).unwrap_or_default();
        match text.split(',').map(level_of).find(|level| !levels.contains(&level.as_str())) {
            Some(wrong) => Err(not_a_word(&wrong, &levels)),
            None => Ok(LogLevel(text.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_level_that_is_mistyped_is_refused() {
        for sound in ["info", "WARN", "info,claimgate::link=debug", "off"] {
            assert!(sound.parse::<LogLevel>().is_ok(), "{sound}");
        }
        assert!("inof".parse::<LogLevel>().err().unwrap().contains("did you mean info?"));
        assert!("info,claimgate=loud".parse::<LogLevel>().is_err());
    }

    #[test]
    fn a_telephone_number_is_kept_as_its_ten_digits() {
        assert_eq!("(555) 010-0199".parse::<Phone>().unwrap().0, "5550100199");
        for wrong in ["", "5550199", "+1 555 010 0199", "555-CLAIMS-1"] {
            assert!(wrong.parse::<Phone>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn payloads_live_in_a_folder_or_a_bucket() {
        let s3 = |bucket: &str, prefix: &str| PayloadsUrl::S3 { bucket: bucket.into(), prefix: prefix.into() };
        assert_eq!("s3://claims/prod/in/".parse(), Ok(s3("claims", "prod/in")));
        assert_eq!("s3://claims".parse(), Ok(s3("claims", "")));
        for wrong in ["s3://", "file:", "var/payloads"] {
            assert!(wrong.parse::<PayloadsUrl>().is_err(), "{wrong}");
        }
    }
}
