//! `[webhook]`: where a submitter is told of each file in its mailbox, or, in gateway.toml, where the operator is told
//! of alarms. What is sent is signed with a secret that both know.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use zeroize::Zeroizing;

use super::door::Section;
use super::endpoint::{HttpsUrl, Word};
use super::payer::Retry;
use super::period::Period;
use super::secret::{SecretError, SecretRef};
use super::words::words;

#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Always `https`, and without a user or password in it.
    pub url: reqwest::Url,
    /// Where the signing secret stands, as `whsec_` and base64.
    pub secret: SecretRef,
    /// The authority of its certificate, in PEM; `None`: the public ones.
    pub ca: Option<PathBuf>,
    pub retry: Retry,
}

/// A submitter's, which also says of which files it wants to hear.
#[derive(Clone, Debug, PartialEq)]
pub struct MailWebhook {
    pub webhook: Webhook,
    pub kinds: Vec<MailWord>,
}

words! {
    /// A kind of file in a submitter's mailbox.
    MailWord {
        Ta1 = "ta1",
        Ack999 = "999",
        Ack277ca = "277ca",
        Status277 = "277",
        Remit835 = "835",
        Note = "note",
    }
}

impl MailWebhook {
    /// `None` inside: there is no such table.
    pub(super) fn read(base: &Path, file: &Section<'_>) -> Option<Option<MailWebhook>> {
        if !file.has("webhook") {
            return Some(None);
        }
        file.section("webhook", |section| {
            let kinds = section.list_or("kinds", MailWord::ALL.to_vec());
            let webhook = Webhook::keys(base, section);
            let kinds = kinds?;
            if kinds.is_empty() {
                return section.fault("kinds", "must name at least one kind of file; left out, it means all");
            }
            Some(Some(MailWebhook { webhook: webhook?, kinds }))
        })
    }
}

impl Webhook {
    /// `None` inside: there is no such table.
    pub(super) fn read(base: &Path, file: &Section<'_>) -> Option<Option<Webhook>> {
        match file.has("webhook") {
            true => file.section("webhook", |section| Webhook::keys(base, section).map(Some)),
            false => Some(None),
        }
    }

    fn keys(base: &Path, section: &Section<'_>) -> Option<Webhook> {
        let url: Option<HttpsUrl> = section.required("url", "\"https://billing.example/claimgate\"");
        let secret: Option<SecretRef> = section.required("secret", "\"file:certs/acme.webhook\"");
        let ca: Option<Option<Word>> = section.optional("ca");
        let period = |key, default| section.or(key, Period(default));
        let (first, max, give_up_after) =
            (period("retry_first", FIRST), period("retry_max", MAX), period("give_up_after", GIVE_UP_AFTER));
        let (Period(first), Period(max), Period(give_up_after)) = (first?, max?, give_up_after?);
        if first > max {
            return section.fault("retry_max", "must not be shorter than retry_first, whose default is 10s");
        }
        Some(Webhook {
            url: url?.0,
            secret: secret?.from_base(base),
            ca: ca?.map(|Word(path)| base.join(path)),
            retry: Retry { first, max, give_up_after },
        })
    }

    /// The key that signs, read anew each time.
    pub fn signing_key(&self) -> Result<Zeroizing<Vec<u8>>, WebhookSecretError> {
        let secret = self.secret.read()?;
        let coded = secret.reveal().strip_prefix(PREFIX).ok_or(WebhookSecretError::Form)?;
        let key = BASE64.decode(coded).map(Zeroizing::new).map_err(|_| WebhookSecretError::Form)?;
        if KEY_BYTES.contains(&key.len()) { Ok(key) } else { Err(WebhookSecretError::Form) }
    }
}

/// As Standard Webhooks writes secrets, and how long it wants them.
const PREFIX: &str = "whsec_";
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
const FIRST: Duration = Duration::from_secs(10);
const MAX: Duration = Duration::from_secs(3600);
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 86_400);

/// None of the texts holds the secret.
#[derive(Debug, thiserror::Error)]
pub enum WebhookSecretError {
    #[error(transparent)]
    Read(#[from] SecretError),
    #[error("the secret is not whsec_ and the base64 of 24 to 64 bytes; `claimgate webhook secret` makes one")]
    Form,
}

/// A new secret's text.
pub struct NewSecret(Zeroizing<String>);

impl NewSecret {
    pub fn of(key: &[u8; 32]) -> NewSecret {
        NewSecret(Zeroizing::new(format!("{PREFIX}{}", BASE64.encode(key))))
    }
}

impl fmt::Display for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::door;

    fn read(text: &str) -> Result<Option<MailWebhook>, Vec<String>> {
        let told = |faults: Vec<crate::partner::Fault>| faults.iter().map(ToString::to_string).collect();
        door::read("x.toml", text, |root| MailWebhook::read(Path::new("/srv"), root)).map_err(told)
    }

    #[test]
    fn a_webhook_has_an_address_a_secret_by_name_and_hears_of_everything() {
        assert_eq!(read("").unwrap(), None);
        let text = "[webhook]\nurl = \"https://a.example/hook\"\nsecret = \"file:x.secret\"\nca = \"ca.crt\"";
        let MailWebhook { webhook, kinds } = read(text).unwrap().unwrap();
        assert_eq!(webhook.secret, SecretRef::File("/srv/x.secret".into()));
        assert_eq!(webhook.ca, Some("/srv/ca.crt".into()));
        assert_eq!(kinds, MailWord::ALL);
        let faults =
            read("[webhook]\nurl = \"http://a.example\"\nsecret = \"hunter2\"\nkinds = [\"998\"]").unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:#?}");
    }

    #[test]
    fn a_secret_is_at_least_24_bytes_in_base64_behind_its_prefix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let text = format!("[webhook]\nurl = \"https://a.example\"\nsecret = \"file:{}\"", path.display());
        let webhook = read(&text).unwrap().unwrap().webhook;
        std::fs::write(&path, format!("{}\n", NewSecret::of(&[7; 32]))).unwrap();
        assert_eq!(webhook.signing_key().unwrap().as_slice(), [7; 32]);
        for wrong in ["whsec_AAAA", "whsec_?", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="] {
            std::fs::write(&path, wrong).unwrap();
            assert!(matches!(webhook.signing_key(), Err(WebhookSecretError::Form)), "{wrong}");
        }
    }
}
