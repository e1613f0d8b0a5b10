//! The keys and certificates a gateway needs to start: made once, never made again. What an operator put in
//! their place stays as it is.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::ssh_key::{LineEnding, PrivateKey};

pub const CA_CERTIFICATE: &str = "ca.crt";
pub const CA_KEY: &str = "ca.key";
pub const SERVER_CERTIFICATE: &str = "server.crt";
pub const SERVER_KEY: &str = "server.key";
pub const SSH_HOST_KEY: &str = "ssh_host_ed25519";
pub const SSH_HOST_KEY_PUBLIC: &str = "ssh_host_ed25519.pub";
pub const MASTER_KEY: &str = "master.key";

/// The longest that Apple's clients accept.
const SERVER_DAYS: i64 = 825;
const CA_DAYS: i64 = 3650;

#[derive(Debug, thiserror::Error)]
pub enum CertError {
    #[error("the folder {path} could not be made: check paths.certs in gateway.toml", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "{present} is there but {missing} is not: put {missing} back, or remove {present} to have both made new",
        present = present.display(), missing = missing.display()
    )]
    HalfPair { present: PathBuf, missing: PathBuf },
    #[error("{path} could not be read", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path} can't sign a new {SERVER_CERTIFICATE}: it must be a PEM file made by `certs init`; remove \
         {CA_CERTIFICATE} and {CA_KEY} to have a new authority made, which clients must then be given",
        path = path.display()
    )]
    Authority { path: PathBuf, source: rcgen::Error },
    #[error("{what} could not be made")]
    Certificate { what: &'static str, source: rcgen::Error },
    #[error("the SSH host key could not be made")]
    SshKey { source: russh::keys::ssh_key::Error },
    #[error("the machine gave no random numbers")]
    Random,
    #[error("{path} could not be written", path = path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Writes what is missing in `dir` and returns it. Files that are there are not touched.
pub fn init(dir: &Path) -> Result<Vec<PathBuf>, CertError> {
    fs::create_dir_all(dir).map_err(|source| CertError::Folder { path: dir.to_owned(), source })?;
    let mut written = Vec::new();
    server_pair(dir, &mut written)?;
    ssh_host_pair(dir, &mut written)?;
    if !dir.join(MASTER_KEY).exists() {
        let hex: String = random_bytes()?.iter().map(|byte| format!("{byte:02x}")).collect();
        write(dir, MASTER_KEY, Readers::Owner, format!("{hex}\n").as_bytes(), &mut written)?;
    }
    Ok(written)
}

/// The server's certificate and, where it must be made, the authority that signs it. A certificate that is
/// there needs no authority here: the operator may have taken `ca.key` away, or have it from elsewhere.
fn server_pair(dir: &Path, written: &mut Vec<PathBuf>) -> Result<(), CertError> {
    if pair_is_there(dir, SERVER_CERTIFICATE, SERVER_KEY)? {
        return Ok(());
    }
    let issuer =
        if pair_is_there(dir, CA_CERTIFICATE, CA_KEY)? { authority(dir)? } else { new_authority(dir, written)? };
    let made = |source| CertError::Certificate { what: "the server's certificate", source };
    let key = KeyPair::generate().map_err(made)?;
    let certificate = server_params().and_then(|params| params.signed_by(&key, &issuer)).map_err(made)?;
    write(dir, SERVER_KEY, Readers::Owner, key.serialize_pem().as_bytes(), written)?;
    write(dir, SERVER_CERTIFICATE, Readers::All, certificate.pem().as_bytes(), written)
}

fn authority(dir: &Path) -> Result<Issuer<'static, KeyPair>, CertError> {
    let text = |name: &str| {
        let path = dir.join(name);
        fs::read_to_string(&path).map_err(|source| CertError::Read { path, source })
    };
    let key =
        KeyPair::from_pem(&text(CA_KEY)?).map_err(|source| CertError::Authority { path: dir.join(CA_KEY), source })?;
    Issuer::from_ca_cert_pem(&text(CA_CERTIFICATE)?, key)
        .map_err(|source| CertError::Authority { path: dir.join(CA_CERTIFICATE), source })
}

fn new_authority(dir: &Path, written: &mut Vec<PathBuf>) -> Result<Issuer<'static, KeyPair>, CertError> {
    let made = |source| CertError::Certificate { what: "the authority's certificate", source };
    let key = KeyPair::generate().map_err(made)?;
    let params = authority_params();
    let certificate = params.self_signed(&key).map_err(made)?;
    write(dir, CA_KEY, Readers::Owner, key.serialize_pem().as_bytes(), written)?;
    write(dir, CA_CERTIFICATE, Readers::All, certificate.pem().as_bytes(), written)?;
    Ok(Issuer::new(params, key))
}

fn authority_params() -> CertificateParams {
    let mut params = valid_for(CA_DAYS);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    // Named after the machine and the day, so that two of them are told apart in a list of trusted authorities.
    let host = host_name().unwrap_or_else(|| "localhost".to_owned());
    params.distinguished_name = named(&format!("claimgate {host} {}", today()));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    // Clients in strict mode want it of every certificate.
    params.use_authority_key_identifier_extension = true;
    params
}

fn server_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = valid_for(SERVER_DAYS);
    params.is_ca = IsCa::ExplicitNoCa;
    params.distinguished_name = named("claimgate");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    if let Some(host) = host_name().filter(|host| host != "localhost") {
        params.subject_alt_names.push(SanType::DnsName(host.try_into()?));
    }
    Ok(params)
}

/// From yesterday, as clients' clocks differ.
fn valid_for(days: i64) -> CertificateParams {
    let at = |date: Date| rcgen::date_time_ymd(i32::from(date.year()), date.month() as u8, date.day() as u8);
    let mut params = CertificateParams::default();
    params.not_before = at(today().saturating_sub(1.day()));
    params.not_after = at(today().saturating_add((days - 1).days()));
    params
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// The machine's name where it is one that can stand in a certificate.
fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname")).ok()?;
    let name = name.trim().to_ascii_lowercase();
    let fits = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    fits.then_some(name)
}

fn ssh_host_pair(dir: &Path, written: &mut Vec<PathBuf>) -> Result<(), CertError> {
    if pair_is_there(dir, SSH_HOST_KEY, SSH_HOST_KEY_PUBLIC)? {
        return Ok(());
    }
    let made = |source| CertError::SshKey { source };
    let key = PrivateKey::new(Ed25519Keypair::from_seed(&random_bytes()?).into(), "claimgate").map_err(made)?;
    let private = key.to_openssh(LineEnding::LF).map_err(made)?;
    let public = key.public_key().to_openssh().map_err(made)?;
    write(dir, SSH_HOST_KEY, Readers::Owner, private.as_bytes(), written)?;
    write(dir, SSH_HOST_KEY_PUBLIC, Readers::All, format!("{public}\n").as_bytes(), written)
}

fn random_bytes() -> Result<[u8; 32], CertError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CertError::Random)?;
    Ok(bytes)
}

/// Whether both files are there, or neither.
fn pair_is_there(dir: &Path, one: &str, other: &str) -> Result<bool, CertError> {
    let (one, other) = (dir.join(one), dir.join(other));
    match (one.exists(), other.exists()) {
        (true, true) => Ok(true),
        (false, false) => Ok(false),
        (true, false) => Err(CertError::HalfPair { present: one, missing: other }),
        (false, true) => Err(CertError::HalfPair { present: other, missing: one }),
    }
}

#[derive(Clone, Copy)]
enum Readers {
    Owner,
    All,
}

/// Writes a new file so that it is there whole or not at all, also when the power fails.
fn write(
    dir: &Path,
    name: &str,
    readers: Readers,
    content: &[u8],
    written: &mut Vec<PathBuf>,
) -> Result<(), CertError> {
    let path = dir.join(name);
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::All => 0o644,
    };
    write_whole(dir, &path, name, mode, content).map_err(|source| CertError::Write { path: path.clone(), source })?;
    written.push(path);
    Ok(())
}

fn write_whole(dir: &Path, path: &Path, name: &str, mode: u32, content: &[u8]) -> io::Result<()> {
    let temporary = dir.join(format!(".{name}.{}.tmp", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_init_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let first = init(dir.path()).unwrap();
        let names: Vec<_> = first.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            [CA_KEY, CA_CERTIFICATE, SERVER_KEY, SERVER_CERTIFICATE, SSH_HOST_KEY, SSH_HOST_KEY_PUBLIC, MASTER_KEY]
        );
        let before: Vec<_> = first.iter().map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(init(dir.path()).unwrap(), Vec::<PathBuf>::new());
        let after: Vec<_> = first.iter().map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(before, after);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 7, "no temporary file is left");
    }

    #[test]
    fn keys_are_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        for name in [CA_KEY, SERVER_KEY, SSH_HOST_KEY, MASTER_KEY] {
            let mode = fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let master = fs::read_to_string(dir.path().join(MASTER_KEY)).unwrap();
        assert_eq!(master.trim_end().len(), 64);
        assert!(master.trim_end().bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn half_a_pair_is_named_with_what_to_do() {
        let check = |missing: &str, present: &str| {
            let dir = tempfile::tempdir().unwrap();
            init(dir.path()).unwrap();
            fs::remove_file(dir.path().join(missing)).unwrap();
            let text = init(dir.path()).unwrap_err().to_string();
            assert!(text.contains(&format!("{missing} is not: put")), "{text}");
            assert!(text.contains(&format!("{present} to have both made new")), "{text}");
        };
        check(SERVER_KEY, SERVER_CERTIFICATE);
        check(SERVER_CERTIFICATE, SERVER_KEY);
        check(SSH_HOST_KEY, SSH_HOST_KEY_PUBLIC);
    }

    #[test]
    fn an_authority_that_is_there_signs_the_next_server_certificate() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        let authority = fs::read(dir.path().join(CA_CERTIFICATE)).unwrap();
        for name in [SERVER_KEY, SERVER_CERTIFICATE] {
            fs::remove_file(dir.path().join(name)).unwrap();
        }
        assert_eq!(init(dir.path()).unwrap().len(), 2);
        assert_eq!(fs::read(dir.path().join(CA_CERTIFICATE)).unwrap(), authority);
        strictly_verified(dir.path());
    }

    #[test]
    fn a_server_certificate_that_is_there_needs_no_authority() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        fs::remove_file(dir.path().join(CA_KEY)).unwrap();
        assert_eq!(init(dir.path()).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn openssl_in_strict_mode_trusts_the_server_certificate() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        strictly_verified(dir.path());
    }

    fn strictly_verified(dir: &Path) {
        let Ok(output) = std::process::Command::new("openssl")
            .args(["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost", "-CAfile"])
            .args([dir.join(CA_CERTIFICATE), dir.join(SERVER_CERTIFICATE)])
            .output()
        else {
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn ssh_keygen_reads_the_host_key() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path()).unwrap();
        let Ok(output) =
            std::process::Command::new("ssh-keygen").args(["-y", "-f"]).arg(dir.path().join(SSH_HOST_KEY)).output()
        else {
            return;
        };
        let public = fs::read_to_string(dir.path().join(SSH_HOST_KEY_PUBLIC)).unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), public);
    }
}
