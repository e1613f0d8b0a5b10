//! Where a payer's files go and where its answers are fetched: its own SFTP server, its HTTPS service, or a
//! login on ours. Which keys `[endpoint]` has depends on `type`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use jiff::Zoned;

use super::door::Section;
use super::names::PartnerName;
use super::period::Period;
use super::secret::SecretRef;
use super::ssh_key::SshPublicKey;
use super::words::words;
use crate::domain::ids::BatchId;

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
    /// The host key it must show; any other is refused.
    pub host_key: SshPublicKey,
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

words! {
    /// `type` of `[endpoint]`.
    EndpointKind {
        Sftp = "sftp",
        Https = "https",
        Hosted = "hosted",
    }
}

impl Endpoint {
    pub fn kind(&self) -> EndpointKind {
        match self {
            Endpoint::Sftp(_) => EndpointKind::Sftp,
            Endpoint::Https(_) => EndpointKind::Https,
            Endpoint::Hosted(_) => EndpointKind::Hosted,
        }
    }

    /// How outgoing files are named, whatever the endpoint.
    pub fn file_name(&self) -> &FileName {
        match self {
            Endpoint::Sftp(sftp) => &sftp.file_name,
            Endpoint::Https(https) => &https.file_name,
            Endpoint::Hosted(hosted) => &hosted.file_name,
        }
    }

    pub(super) fn read(base: &Path, section: &Section<'_>) -> Option<Endpoint> {
        let named: Option<EndpointKind> = section.required("type", "\"sftp\", \"https\" or \"hosted\"");
        // A wrong type is guessed from the other keys, so that their faults are told at the same time.
        let kind = named.unwrap_or(match (section.has_unasked("host"), section.has_unasked("url")) {
            (true, _) => EndpointKind::Sftp,
            (false, true) => EndpointKind::Https,
            (false, false) => EndpointKind::Hosted,
        });
        let endpoint = match kind {
            EndpointKind::Sftp => SftpEndpoint::read(base, section).map(Endpoint::Sftp),
            EndpointKind::Https => HttpsEndpoint::read(base, section).map(Endpoint::Https),
            EndpointKind::Hosted => file_name(section).map(|file_name| Endpoint::Hosted(HostedEndpoint { file_name })),
        };
        named.and(endpoint)
    }
}

impl SftpEndpoint {
    fn read(base: &Path, section: &Section<'_>) -> Option<SftpEndpoint> {
        let host: Option<Host> = section.required("host", "\"sftp.bluestar.example\"");
        let port = section.number("port", 1..=65_535, 22);
        let user: Option<Word> = section.required("user", "\"claimgate\"");
        let private_key: Option<Word> = section.required("private_key", "\"certs/bluestar_ed25519\"");
        let host_key = section.required("host_key", "\"ssh-ed25519 AAAA...\", from ssh-keyscan, and verified");
        let upload_to: Option<Word> = section.required("upload_to", "\"inbound\"");
        let collect_from: Option<Vec<Word>> = section.list_or("collect_from", Vec::new());
        let collect_every = section.or("collect_every", COLLECT_EVERY_DEFAULT);
        let after_collect = section.or("after_collect", AfterCollect::Leave);
        let file_name = file_name(section);
        Some(SftpEndpoint {
            host: host?.0,
            port: port?,
            user: user?.0,
            private_key: base.join(private_key?.0),
            host_key: host_key?,
            upload_to: upload_to?.0,
            collect_from: collect_from?.into_iter().map(|Word(folder)| folder).collect(),
            collect_every: collect_every?.0,
            after_collect: after_collect?,
            file_name: file_name?,
        })
    }
}

impl HttpsEndpoint {
    fn read(base: &Path, section: &Section<'_>) -> Option<HttpsEndpoint> {
        let url: Option<HttpsUrl> = section.required("url", "\"https://edi.bluestar.example/claims\"");
        let collect_url: Option<Option<HttpsUrl>> = section.optional("collect_url");
        let collect_every = section.or("collect_every", COLLECT_EVERY_DEFAULT);
        let client = ClientCertificate::read(base, section);
        let ca: Option<Option<Word>> = section.optional("ca");
        let token: Option<Option<SecretRef>> = section.optional("token");
        let file_name = file_name(section);
        Some(HttpsEndpoint {
            url: url?.0,
            collect_url: collect_url?.map(|HttpsUrl(url)| url),
            collect_every: collect_every?.0,
            client: client?,
            ca: ca?.map(|Word(path)| base.join(path)),
            token: token?.map(|token| token.from_base(base)),
            file_name: file_name?,
        })
    }
}

const COLLECT_EVERY_DEFAULT: Period = Period(Duration::from_secs(60));

impl ClientCertificate {
    fn read(base: &Path, section: &Section<'_>) -> Option<Option<ClientCertificate>> {
        let certificate: Option<Option<Word>> = section.optional("client_certificate");
        let key: Option<Option<Word>> = section.optional("client_key");
        match (certificate?, key?) {
            (Some(Word(certificate)), Some(Word(key))) => {
                Some(Some(ClientCertificate { certificate: base.join(certificate), key: base.join(key) }))
            }
            (None, None) => Some(None),
            (Some(_), None) => section.fault("client_key", "missing; a client_certificate needs its key's file"),
            (None, Some(_)) => {
                section.fault("client_certificate", "missing; a client_key needs its certificate's file")
            }
        }
    }
}

fn file_name(section: &Section<'_>) -> Option<FileName> {
    section.or("file_name", FileName("{payer}_{date}_{time}_{batch}.837".to_string()))
}

impl FileName {
    /// `at` is in the gateway's time zone; the date is written `20261120`, the time `170000`.
    pub fn render(&self, payer: &PartnerName, at: &Zoned, batch: BatchId) -> String {
        self.0
            .replace("{payer}", payer.as_str())
            .replace("{date}", &at.strftime("%Y%m%d").to_string())
            .replace("{time}", &at.strftime("%H%M%S").to_string())
            .replace("{batch}", &batch.to_string())
    }
}

const PLACEHOLDERS: [&str; 4] = ["{payer}", "{date}", "{time}", "{batch}"];
/// What is taken as not yet complete by us and by many others.
const UNFINISHED: [&str; 3] = [".tmp", ".part", ".filepart"];
const FILE_NAME_CHARACTERS_MAX: usize = 120;

impl FromStr for FileName {
    type Err = String;
    fn from_str(text: &str) -> Result<FileName, String> {
        let plain = PLACEHOLDERS.iter().fold(text.to_string(), |rest, placeholder| rest.replace(placeholder, ""));
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !text.contains("{batch}") {
            return Err("must hold {batch}, so that no two files have one name".to_string());
        }
        if text.starts_with('.') || UNFINISHED.iter().any(|ending| text.ends_with(ending)) {
            return Err("must neither begin with a point nor end in .tmp, .part or .filepart".to_string());
        }
        if !plain.chars().all(sound) || text.len() > FILE_NAME_CHARACTERS_MAX {
            return Err("may hold letters, digits, - _ . and {payer}, {date}, {time}, {batch} only".to_string());
        }
        Ok(FileName(text.to_string()))
    }
}

impl FromStr for AfterCollect {
    type Err = String;
    fn from_str(text: &str) -> Result<AfterCollect, String> {
        match (text, text.strip_prefix("move:")) {
            ("leave", _) => Ok(AfterCollect::Leave),
            ("delete", _) => Ok(AfterCollect::Delete),
            (_, Some(folder)) if !folder.trim().is_empty() => Ok(AfterCollect::Move(folder.to_string())),
            _ => Err(format!("\"{text}\" is none of leave, delete and move:FOLDER")),
        }
    }
}

/// Text without control characters that says something: a path or a user.
pub(super) struct Word(pub(super) String);

impl FromStr for Word {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Word, &'static str> {
        let sound = !text.trim().is_empty() && !text.chars().any(char::is_control);
        if sound { Ok(Word(text.to_string())) } else { Err("must not be empty, nor hold control characters") }
    }
}

/// A host's name or address; the port has an own key.
struct Host(String);

impl FromStr for Host {
    type Err = String;
    fn from_str(text: &str) -> Result<Host, String> {
        let name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') && !text.is_empty();
        if name || text.parse::<IpAddr>().is_ok() {
            Ok(Host(text.to_string()))
        } else {
            Err(format!("\"{text}\" is no host: write its name or address alone; the port is port, the login user"))
        }
    }
}

pub(super) struct HttpsUrl(pub(super) reqwest::Url);

impl FromStr for HttpsUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<HttpsUrl, String> {
        let url = reqwest::Url::parse(text).map_err(|error| format!("is no URL: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must hold no user and no password; use token or client_certificate".to_string());
        }
        if url.scheme() != "https" {
            return Err("must begin with https://: claims never travel in the clear".to_string());
        }
        Ok(HttpsUrl(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_filled_in() {
        let name: FileName = "{payer}_{date}_{time}_{batch}.837".parse().unwrap();
        let at: Zoned = "2026-11-20T17:05:09-05:00[-05:00]".parse().unwrap();
        let rendered = name.render(&"bluestar".parse().unwrap(), &at, BatchId(1));
        assert_eq!(rendered, "bluestar_20261120_170509_000000000001.837");
    }

    #[test]
    fn a_file_name_that_could_repeat_or_wander_is_refused() {
        for wrong in [
            "",
            "claims.837",
            "{payer}_{date}.837",
            "{batch}/x",
            "../{batch}",
            "{batch}{hour}",
            "{batch}.tmp",
            "{batch} x",
        ] {
            assert!(wrong.parse::<FileName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn claims_never_go_to_a_plain_or_password_bearing_url() {
        for wrong in ["http://edi.example/", "edi.example", "https://joe:pw@edi.example/", "ftp://edi.example"] {
            let problem = wrong.parse::<HttpsUrl>().err().unwrap();
            assert!(!problem.contains("pw"), "{problem}");
        }
        assert!("https://127.0.0.1:9443/claims".parse::<HttpsUrl>().is_ok());
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for sound in ["sftp.bluestar.example", "127.0.0.1", "::1", "localhost"] {
            assert!(sound.parse::<Host>().is_ok(), "{sound}");
        }
        for wrong in ["", "sftp://x", "joe@x", "x:22", "x y"] {
            assert!(wrong.parse::<Host>().is_err(), "{wrong}");
        }
    }
}
