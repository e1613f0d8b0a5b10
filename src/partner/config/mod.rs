//! `gateway.toml` as checked values. Every key has a default, so that no file is needed to start.

mod values;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::door::{self, Section};
use super::fault::Fault;
use super::names::{DisplayName, Etin, InterchangeId};
use super::period::{Keeping, Period};
use super::secret::Secret;
use super::webhook::Webhook;
use super::words::words;
use crate::domain::limits;
use values::{Address, Email, FilePath, LogLevel, Phone, Zone};

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
    pub retention: Retention,
    pub log: Log,
    /// Where the operator is told of alarms.
    pub webhook: Option<Webhook>,
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
    /// Bytes of files that wait to be checked; with more, large files are turned away until the checks have caught up.
    pub waiting_bytes_max: u64,
    pub unknown_payer: UnknownPayer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// How far back a claim is compared with earlier ones.
    pub window: Duration,
    /// How long an interchange control number may not come again from the same sender.
    pub control_numbers: Duration,
}

/// How long each kind is kept; `None`: forever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Submitters' files with their claims, and what was sent to payers of them.
    pub submissions: Option<Duration>,
    /// What was found in submitters' files.
    pub findings: Option<Duration>,
    /// Payers' files with the payments in them.
    pub answers: Option<Duration>,
    /// Files of mailboxes, and at least as long as what they belong to.
    pub mail: Option<Duration>,
    /// What became of each try to deliver a file.
    pub attempts: Option<Duration>,
}

impl Retention {
    pub fn is_forever(&self) -> bool {
        *self == Retention::default()
    }
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
        let retention = root.section("retention", Retention::read);
        let log = root.section("log", Log::read);
        let webhook = Webhook::read(&base, root);
        Some(Config {
            file: path.map(Path::to_path_buf),
            gateway: gateway?,
            listen: listen?,
            store: store?.starting_from(&base),
            payloads: payloads?.starting_from(&base),
            paths: paths?,
            intake: intake?,
            duplicates: duplicates?,
            retention: retention?,
            log: log?,
            webhook: webhook?,
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
        let waiting_bytes_max = section.number("waiting_bytes_max", 1..=i64::MAX, limits::WAITING_BYTES_MAX);
        let unknown_payer = section.or("unknown_payer", UnknownPayer::Reject);
        Some(Intake { bytes_max: bytes_max?, waiting_bytes_max: waiting_bytes_max?, unknown_payer: unknown_payer? })
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

impl Retention {
    fn read(section: &Section<'_>) -> Option<Retention> {
        let kept = |key| section.or(key, Keeping(None));
        let (submissions, findings) = (kept("submissions"), kept("findings"));
        let (answers, mail, attempts) = (kept("answers"), kept("mail"), kept("attempts"));
        Some(Retention {
            submissions: submissions?.0,
            findings: findings?.0,
            answers: answers?.0,
            mail: mail?.0,
            attempts: attempts?.0,
        })
    }
}

impl Log {
    fn read(section: &Section<'_>) -> Option<Log> {
        let level = section.or("level", LogLevel("info".to_string()));
        let format = section.or("format", LogFormat::Auto);
        Some(Log { level: level?.0, format: format? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let faults = Config::from_text(Some(Path::new("etc/gateway.toml")), text).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn no_file_is_needed_but_a_named_one_is() {
        let config = Config::from_text(None, "").unwrap();
        assert_eq!(config.gateway.interchange.to_string(), "ZZ:CLAIMGATE");
        assert_eq!(config.paths.partners, Path::new("partners"));
        let missing = Config::load(Some(Path::new("/nowhere/gateway.toml"))).unwrap_err();
        assert!(missing[0].to_string().starts_with("/nowhere/gateway.toml: cannot be read: "), "{missing:?}");
    }

    /// Whoever reads the shipped file sees the defaults, and every key there is.
    #[test]
    fn the_shipped_file_shows_each_key_with_its_default() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FILE);
        let text = std::fs::read_to_string(shipped).unwrap();
        let defaults = Config::from_text(None, "").unwrap();
        let read = Config { file: None, ..Config::from_text(Some(Path::new(DEFAULT_FILE)), &text).unwrap() };
        assert_eq!(format!("{read:?}"), format!("{defaults:?}"));
        let misspelt: String = text.lines().map(|line| line.replacen(" = ", "_ = ", 1) + "\n").collect();
        let faults = Config::from_text(None, &misspelt).unwrap_err();
        for fault in faults.iter().filter(|fault| fault.problem.starts_with("no such key")) {
            let (_, known) = fault.problem.split_once("The keys here are ").unwrap();
            for key in known.split(", ") {
                let written = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{key} = "));
                let table = text.contains(&format!("{key}]"));
                assert!(table || text.lines().any(written), "{key} is not in the shipped file");
            }
        }
    }

    #[test]
    fn relative_paths_start_from_the_files_folder() {
        let text = "[paths]\ncerts = \"/srv/certs\"\n[payloads]\nurl = \"file:/srv/payloads\"";
        let config = Config::from_text(Some(Path::new("etc/gateway.toml")), text).unwrap();
        assert_eq!(config.paths.partners, Path::new("etc/partners"));
        assert_eq!(config.paths.certs, Path::new("/srv/certs"));
        assert_eq!(config.payloads, PayloadsUrl::Folder("/srv/payloads".into()));
        assert!(matches!(&config.store, StoreUrl::Sqlite(path) if path == Path::new("etc/var/claimgate.db")));
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        assert_eq!(
            faults("[gateway]\ntimezone = \"UTC\""),
            [
                "etc/gateway.toml: gateway.timezone: no such key; did you mean time_zone? The keys here are id, qualifier, \
              usage, time_zone, name, etin, contact, node (line 2, column 1)"
            ]
        );
        let section = faults("[payload]\nurl = \"file:x\"");
        assert!(section[0].contains("payload: no such key; did you mean payloads?"), "{section:?}");
    }

    #[test]
    fn all_faults_come_at_once() {
        let text = "[gateway]\nid = \"ABCDEFGHIJKLMNOP\"\nusage = \"X\"\ntime_zone = \"Mars/Olympus\"\nnode = 64\n\
                    [gateway.contact]\nphone = \"12\"\nemail = \"nobody\"\n[listen]\nhttps = \"localhost\"\n\
                    [log]\nlevel = \"inof\"\n[duplicates]\nwindow = \"soon\"";
        let keys: Vec<String> = Config::from_text(None, text).unwrap_err().into_iter().map(|fault| fault.key).collect();
        let expected = [
            "gateway.id",
            "gateway.usage",
            "gateway.time_zone",
            "gateway.node",
            "gateway.contact.phone",
            "gateway.contact.email",
            "listen.https",
            "log.level",
            "duplicates.window",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn two_listeners_cannot_have_one_port() {
        assert!(
            faults("[listen]\nops = \"127.0.0.1:8443\"")[0]
                .contains("listen.ops: listens on 127.0.0.1:8443 like https")
        );
        assert!(Config::from_text(None, "[listen]\nhttps = \"127.0.0.1:0\"\nsftp = \"127.0.0.1:0\"").is_ok());
    }

    #[test]
    fn a_store_may_be_sqlite_or_postgres_and_its_password_is_not_printed() {
        for (url, sound) in [
            ("sqlite:var/x.db", true),
            ("sqlite:///var/x.db", true),
            ("postgres://me:pw@host/db", true),
            ("sqlite:", false),
            ("sqlite::memory:", false),
            ("mysql://me:pw@host/db", false),
        ] {
            assert_eq!(url.parse::<StoreUrl>().is_ok(), sound, "{url}");
        }
        let config = Config::from_text(None, "[store]\nurl = \"postgres://me:pw@host/db\"").unwrap();
        assert!(!format!("{config:?}").contains("pw"));
        assert!(!faults("[store]\nurl = \"mysql://me:pw@host/db\"")[0].contains("pw"));
    }
}
