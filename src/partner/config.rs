//! `gateway.toml` as checked values. Every key has a default, so that no file is needed to start.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::door::{self, Section};
use super::fault::Fault;
use super::names::{DisplayName, Etin, InterchangeId};
use super::period::Period;
use super::secret::Secret;
use super::words::words;
use crate::domain::limits;

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

/// Where `gateway.toml` is looked for when `--config` does not say.
pub const DEFAULT_FILE: &str = "gateway.toml";

words! {
    /// ISA15.
    Usage {
        Test = "T",
        Production = "P",
    }

    /// What becomes of a good claim whose payer no file names.
    UnknownPayer {
        /// Rejected in the 277CA.
        Reject = "reject",
        /// Held for support.
        Hold = "hold",
    }

    LogFormat {
        /// Text on a terminal, JSON otherwise.
        Auto = "auto",
        Text = "text",
        Json = "json",
    }
}

impl Config {
    /// `given`: the argument of `--config`. A file that was given must be there; without one the default file may be
    /// missing, and everything is then as by default.
    pub fn load(given: Option<&Path>) -> Result<Config, Vec<Fault>> {
        let path = given.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Config::from_text(Some(path), &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && given.is_none() => Config::from_text(None, ""),
            Err(error) => Err(vec![Fault::of_file(path.display(), format!("cannot be read: {error}"))]),
        }
    }

    /// `path` names the file in faults, and its folder is where relative paths start.
    pub fn from_text(path: Option<&Path>, text: &str) -> Result<Config, Vec<Fault>> {
        let base = path.and_then(Path::parent).unwrap_or(Path::new("")).to_path_buf();
        let file = path.unwrap_or(Path::new(DEFAULT_FILE)).display().to_string();
        door::read(&file, text, |root| Config::read(path, base, root))
    }

    fn read(path: Option<&Path>, base: PathBuf, root: &Section<'_>) -> Option<Config> {
        let gateway = root.section("gateway", Gateway::read);
        let listen = root.section("listen", Listen::read);
        let store = root.section("store", |store| store.or("url", StoreUrl::Sqlite("var/claimgate.db".into())));
        let payloads =
            root.section("payloads", |payloads| payloads.or("url", PayloadsUrl::Folder("var/payloads".into())));
        let paths = root.section("paths", |paths| Paths::read(&base, paths));
        let intake = root.section("intake", Intake::read);
        let duplicates = root.section("duplicates", Duplicates::read);
        let log = root.section("log", Log::read);
        Some(Config {
            file: path.map(Path::to_path_buf),
            gateway: gateway?,
            listen: listen?,
            store: store?.from_base(&base),
            payloads: payloads?.from_base(&base),
            paths: paths?,
            intake: intake?,
            duplicates: duplicates?,
            log: log?,
            base,
        })
    }
}

const DEFAULT_ID: &str = "CLAIMGATE";
const DEFAULT_ZONE: &str = "America/New_York";
/// Nodes have six bits in every id.
const NODE_MAX: i64 = 63;

impl Gateway {
    fn read(section: &Section<'_>) -> Option<Gateway> {
        let id = section.or("id", DEFAULT_ID.parse().expect("the default is sound"));
        let qualifier = section.or("qualifier", "ZZ".parse().expect("the default is sound"));
        let usage = section.or("usage", Usage::Test);
        let time_zone = time_zone(section);
        let name: Option<DisplayName> = section.or("name", DEFAULT_ID.parse().expect("the default is sound"));
        let etin: Option<Option<Etin>> = section.optional("etin");
        let contact = section.section("contact", Contact::read);
        let node = section.number("node", 0..=NODE_MAX, 0);
        let interchange = InterchangeId { qualifier: qualifier?, id: id? };
        let etin = match etin? {
            Some(etin) => etin,
            None => interchange.id.as_str().parse().expect("an interchange id may be an ETIN"),
        };
        Some(Gateway {
            interchange,
            usage: usage?,
            time_zone: time_zone?,
            name: name?.to_string(),
            etin,
            contact: contact?,
            node: node?,
        })
    }
}

fn time_zone(section: &Section<'_>) -> Option<TimeZone> {
    match section.optional("time_zone")? {
        Some(Zone(zone)) => Some(zone),
        None => match DEFAULT_ZONE.parse() {
            Ok(Zone(zone)) => Some(zone),
            Err(problem) => section.fault("time_zone", problem),
        },
    }
}

impl Contact {
    fn read(section: &Section<'_>) -> Option<Contact> {
        let name: Option<DisplayName> = section.or("name", "EDI SUPPORT".parse().expect("the default is sound"));
        let phone: Option<Option<Phone>> = section.optional("phone");
        let email: Option<Option<Email>> = section.optional("email");
        let (phone, mut email) = (phone?.map(|Phone(digits)| digits), email?.map(|Email(address)| address));
        if phone.is_none() && email.is_none() {
            email = Some(DEFAULT_EMAIL.to_string());
        }
        Some(Contact { name: name?.to_string(), phone, email })
    }
}

/// A PER must hold a way to reach its contact, so there is one even where nothing was written.
const DEFAULT_EMAIL: &str = "edi-support@claimgate.example";

impl Listen {
    fn read(section: &Section<'_>) -> Option<Listen> {
        let address = |key, port| section.or(key, Address(SocketAddr::from(([127, 0, 0, 1], port))));
        let (https, sftp, ops) = (address("https", 8443), address("sftp", 2222), address("ops", 9090));
        let (Address(https), Address(sftp), Address(ops)) = (https?, sftp?, ops?);
        // Port 0 lets the system choose, each time another.
        let same = |a: SocketAddr, b: SocketAddr| a == b && a.port() != 0;
        if same(https, sftp) || same(sftp, ops) {
            return section.fault("sftp", format!("listens on {sftp} like another; give each an own port"));
        }
        if same(https, ops) {
            return section.fault("ops", format!("listens on {ops} like https; give each an own port"));
        }
        Some(Listen { https, sftp, ops })
    }
}

impl Paths {
    fn read(base: &Path, section: &Section<'_>) -> Option<Paths> {
        let path = |key, default: &str| section.or(key, FilePath(default.into()));
        let (partners, schemas, certs) =
            (path("partners", DEFAULT_PARTNERS), path("schemas", "schemas"), path("certs", "certs"));
        Some(Paths { partners: base.join(partners?.0), schemas: base.join(schemas?.0), certs: base.join(certs?.0) })
    }
}

/// The partners' folder. Only this one may be missing: a gateway without partners starts.
pub(super) const DEFAULT_PARTNERS: &str = "partners";

impl Intake {
    fn read(section: &Section<'_>) -> Option<Intake> {
        let most = limits::SUBMISSION_BYTES_MAX;
        let range = 1..=i64::try_from(most).unwrap_or(i64::MAX);
        let bytes_max = section.number("bytes_max", range, most);
        let unknown_payer = section.or("unknown_payer", UnknownPayer::Reject);
        Some(Intake { bytes_max: bytes_max?, unknown_payer: unknown_payer? })
    }
}

impl Duplicates {
    fn read(section: &Section<'_>) -> Option<Duplicates> {
        let year = Period(Duration::from_secs(365 * 86_400));
        let window = section.or("window", year);
        let control_numbers = section.or("control_numbers", year);
        Some(Duplicates { window: window?.0, control_numbers: control_numbers?.0 })
    }
}

impl Log {
    fn read(section: &Section<'_>) -> Option<Log> {
        let level = section.or("level", LogLevel("info".to_string()));
        let format = section.or("format", LogFormat::Auto);
        Some(Log { level: level?.0, format: format? })
    }
}

impl StoreUrl {
    fn from_base(self, base: &Path) -> StoreUrl {
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
    fn from_base(self, base: &Path) -> PayloadsUrl {
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

struct Zone(TimeZone);

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

struct Address(SocketAddr);

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Address, String> {
        text.parse()
            .map(Address)
            .map_err(|_| format!("\"{text}\" is no address: write an IP address and a port, 127.0.0.1:8443"))
    }
}

struct FilePath(PathBuf);

impl FromStr for FilePath {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<FilePath, &'static str> {
        if text.is_empty() { Err("must not be empty") } else { Ok(FilePath(text.into())) }
    }
}

struct Phone(String);

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

struct Email(String);

impl FromStr for Email {
    type Err = String;
    fn from_str(text: &str) -> Result<Email, String> {
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"*:^~|".contains(&b));
        let named = text.split_once('@').is_some_and(|(person, house)| !person.is_empty() && !house.is_empty());
        if plain && named { Ok(Email(text.to_string())) } else { Err(format!("\"{text}\" is no e-mail address")) }
    }
}

/// A filter whose levels are levels: a mistyped one would otherwise be taken for the name of a room.
struct LogLevel(String);

impl FromStr for LogLevel {
    type Err = String;
    fn from_str(text: &str) -> Result<LogLevel, String> {
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        let level_of =
            |part: &str| part.rsplit('=').next().map(|level| level.trim().to_lowercase()).unwrap_or_default();
        match text.split(',').map(level_of).find(|level| !levels.contains(&level.as_str())) {
            Some(wrong) => Err(super::words::not_a_word(&wrong, &levels)),
            None => Ok(LogLevel(text.to_string())),
        }
    }
}
