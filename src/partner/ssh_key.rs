//! An SSH public key as it stands in a `.pub` or `known_hosts` file.

use std::fmt;
use std::str::FromStr;

use russh::keys::ssh_key::{HashAlg, PublicKey};

/// A key that was read and whose named algorithm is the one inside it. Equal keys may have different comments.
#[derive(Clone)]
pub struct SshPublicKey {
    key: PublicKey,
    wire: Vec<u8>,
    base64: String,
    comment: String,
}

impl SshPublicKey {
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key in SSH's binary form: what a server shows and libssh2's `host_key()` gives.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// As it stands in a `known_hosts` file, without the comment: `ssh-ed25519 AAAA...`.
    pub fn line(&self) -> String {
        format!("{} {}", self.algorithm(), self.base64)
    }

    /// As `ssh-ed25519`.
    pub fn algorithm(&self) -> String {
        self.key.algorithm().to_string()
    }

    /// As `ssh-keygen -l` shows it: `SHA256:...`.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }

    pub fn comment(&self) -> &str {
        &self.comment
    }
}

/// The text is not repeated in the error: somebody may have pasted the private key.
impl FromStr for SshPublicKey {
    type Err = String;
    fn from_str(text: &str) -> Result<SshPublicKey, String> {
        let mut words = text.split_whitespace();
        let (Some(algorithm), Some(base64)) = (words.next(), words.next()) else {
            return Err(
                "not an SSH public key: copy the whole line of the .pub file, ssh-ed25519 AAAA... name".to_string()
            );
        };
        let key = PublicKey::from_openssh(&format!("{algorithm} {base64}")).map_err(|error| {
            format!("not an SSH public key ({error}): copy the whole line of the .pub file, ssh-ed25519 AAAA... name")
        })?;
        let wire = key.to_bytes().map_err(|error| format!("the key cannot be written in SSH's form: {error}"))?;
        let comment = words.collect::<Vec<_>>().join(" ");
        Ok(SshPublicKey { key, wire, base64: base64.to_string(), comment })
    }
}

impl PartialEq for SshPublicKey {
    fn eq(&self, other: &SshPublicKey) -> bool {
        self.wire == other.wire
    }
}
impl Eq for SshPublicKey {}

impl fmt::Debug for SshPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm(), self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    #[test]
    fn a_key_reads_with_any_comment_and_compares_without() {
        let bare: SshPublicKey = KEY.parse().unwrap();
        let named: SshPublicKey = format!("{KEY} Jo's  läptop, 2nd floor").parse().unwrap();
        assert_eq!(bare, named);
        assert_eq!(named.line(), KEY);
        assert_eq!(named.comment(), "Jo's läptop, 2nd floor");
        assert!(bare.fingerprint().starts_with("SHA256:"));
        assert_eq!(bare.algorithm(), "ssh-ed25519");
    }

    #[test]
    fn a_cut_key_and_a_wrongly_named_key_are_refused() {
        let rsa = KEY.replacen("ssh-ed25519", "ssh-rsa", 1);
        for text in ["", "ssh-ed25519", "ssh-ed25519 AAAA...", &KEY[..60], &rsa] {
            assert!(text.parse::<SshPublicKey>().is_err(), "{text}");
        }
    }
}
