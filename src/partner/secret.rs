//! Secrets: never written into a partner's file but named there, read when needed, and wiped after.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

/// Text that must not reach a log. It prints as `[secret]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where a secret stands: `file:certs/bluestar.token` or `env:BLUESTAR_TOKEN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    File(PathBuf),
    Env(String),
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the secret's file {0} cannot be read")]
    File(PathBuf, #[source] io::Error),
    #[error("the environment variable {0} is not set, or holds no text")]
    Env(String),
    #[error("{0} holds no secret: it is empty")]
    Empty(SecretRef),
}

impl SecretRef {
    /// Reads it now, without the white space around it. Never kept: a secret that was renewed is taken from the next
    /// call on.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let text = Zeroizing::new(match self {
            SecretRef::File(path) => {
                std::fs::read_to_string(path).map_err(|source| SecretError::File(path.clone(), source))?
            }
            SecretRef::Env(name) => std::env::var(name).map_err(|_| SecretError::Env(name.clone()))?,
        });
        match text.trim() {
            "" => Err(SecretError::Empty(self.clone())),
            secret => Ok(Secret::new(secret)),
        }
    }

    /// The same, with a relative file starting from `base`.
    pub fn from_base(self, base: &Path) -> SecretRef {
        match self {
            SecretRef::File(path) => SecretRef::File(base.join(path)),
            SecretRef::Env(name) => SecretRef::Env(name),
        }
    }
}

/// The text is not repeated in the error: somebody may have written the secret itself.
impl FromStr for SecretRef {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<SecretRef, &'static str> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(SecretRef::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(SecretRef::Env(name.into())),
            Some(_) | None => Err("a secret is never written here; name where it stands: file:PATH or env:NAME"),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::File(path) => write!(f, "file:{}", path.display()),
            SecretRef::Env(name) => write!(f, "env:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_its_file_without_the_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.token");
        std::fs::write(&path, "s3cr3t\n").unwrap();
        let secret = format!("file:{}", path.display()).parse::<SecretRef>().unwrap().read().unwrap();
        assert_eq!(secret.reveal(), "s3cr3t");
        assert_eq!(format!("{secret:?}"), "[secret]");
    }

    #[test]
    fn a_secret_written_in_the_open_is_refused_and_not_repeated() {
        assert!(!"hunter2".parse::<SecretRef>().unwrap_err().contains("hunter2"));
    }
}
