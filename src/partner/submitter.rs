//! A submitter: a billing company or provider that sends us claims. Its file, `partners/NAME.toml` with
//! `kind = "submitter"`, as checked values.

use std::num::NonZeroU32;
use std::path::Path;

use super::config::Usage;
use super::door::Section;
use super::names::{DisplayName, Etin, InterchangeId, Npi, PartnerName};
use super::rate::{Per, Rate};
use super::severity::{self, EditWeights};
use super::ssh_key::SshPublicKey;
use super::webhook::MailWebhook;
use super::words::words;

#[derive(Clone, Debug, PartialEq)]
pub struct Submitter {
    /// The file's stem, which is also the SFTP login.
    pub id: PartnerName,
    /// For people: `Acme Billing`.
    pub name: String,
    /// A partner that is not active keeps its history and may neither log in nor send.
    pub active: bool,
    /// What is kept of it is kept however old it is.
    pub legal_hold: bool,
    /// ISA05 and ISA06 of what it sends.
    pub interchange: InterchangeId,
    /// ISA15 that is taken from it, where it differs from the gateway's own.
    pub usage: Option<Usage>,
    /// NM109 of its 1000A; empty: any.
    pub etins: Vec<Etin>,
    /// Billing providers (2010AA NM109) it may send for; empty: any.
    pub npis: Vec<Npi>,
    /// Keys that may log in over SFTP; empty: HTTPS only.
    pub public_keys: Vec<SshPublicKey>,
    pub acks: Acks,
    /// How often it may hand in a file.
    pub submissions: Rate,
    /// Edits that this submitter wants stricter or milder than the gateway has them, or not at all.
    pub severities: EditWeights,
    /// Where it is told of each file in its mailbox.
    pub webhook: Option<MailWebhook>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acks {
    pub ta1: Ta1When,
    /// What reaches its mailbox: our own 999 and 277CA, and what payers answer.
    pub forward: Vec<Answer>,
    pub syntax: SyntaxReading,
}

words! {
    Ta1When {
        Always = "always",
        OnError = "on_error",
        Never = "never",
    }

    /// An answer that a submitter may want in its mailbox.
    Answer {
        Ack999 = "999",
        Ack277ca = "277CA",
        Status277 = "277",
        Remit835 = "835",
    }

    /// What a SNIP 1-2 error inside a claim rejects.
    SyntaxReading {
        /// The claim, in the 277CA; the 999 accepts its transaction with errors.
        Claim = "claim",
        /// Its whole transaction, in the 999.
        Transaction = "transaction",
    }
}

impl Acks {
    fn read(section: &Section<'_>) -> Option<Acks> {
        let ta1 = section.or("ta1", Ta1When::OnError);
        let forward = section.list_or("forward", Answer::ALL.to_vec());
        let syntax = section.or("syntax", SyntaxReading::Claim);
        Some(Acks { ta1: ta1?, forward: forward?, syntax: syntax? })
    }

    pub fn forwards(&self, answer: Answer) -> bool {
        self.forward.contains(&answer)
    }
}

impl Submitter {
    /// The file's keys, `kind` aside. Relative paths in it start from `base`.
    pub(super) fn read(id: PartnerName, base: &Path, file: &Section<'_>) -> Option<Submitter> {
        let name: Option<DisplayName> = file.required("name", "\"Acme Billing\"");
        let active = file.flag("active", true);
        let legal_hold = file.flag("legal_hold", false);
        let usage = file.optional("usage");
        let interchange = file.section("interchange", InterchangeId::read);
        let identity = file.section("identity", |identity| {
            let etins = identity.list_or("etins", Vec::new());
            let npis = identity.list_or("npis", Vec::new());
            Some((etins?, npis?))
        });
        let public_keys = file.section("sftp", |sftp| sftp.list_or("public_keys", Vec::new()));
        let acks = file.section("acks", Acks::read);
        let submissions = file.section("limits", |limits| limits.or("submissions", SUBMISSIONS_DEFAULT));
        let severities = severity::read(file);
        let webhook = MailWebhook::read(base, file);
        let (etins, npis) = identity?;
        Some(Submitter {
            id,
            name: name?.to_string(),
            active: active?,
            legal_hold: legal_hold?,
            interchange: interchange?,
            usage: usage?,
            etins,
            npis,
            public_keys: public_keys?,
            acks: acks?,
            submissions: submissions?,
            severities: severities?,
            webhook: webhook?,
        })
    }
}

const SUBMISSIONS_DEFAULT: Rate = Rate { count: NonZeroU32::new(120).expect("120 is not 0"), per: Per::Minute };
