//! A submitter: a billing company or provider that sends us claims. Its file, `partners/NAME.toml` with
//! `kind = "submitter"`, as checked values.

use std::collections::BTreeMap;

use super::config::Usage;
use super::door::Section;
use super::names::{EditId, Etin, InterchangeId, Npi, PartnerName};
use super::rate::{Per, Rate};
use super::ssh_key::SshPublicKey;
use crate::domain::Severity;

#[derive(Clone, Debug, PartialEq)]
pub struct Submitter {
    /// The file's stem, which is also the SFTP login.
    pub id: PartnerName,
    /// For people: `Acme Billing`.
    pub name: String,
    /// A partner that is not active keeps its history and may neither log in nor send.
    pub active: bool,
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
    /// Edits that this submitter wants stricter or milder than the gateway has them.
    pub severities: BTreeMap<EditId, Severity>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acks {
    pub ta1: Ta1When,
    /// What reaches its mailbox: our own 999 and 277CA, and what payers answer.
    pub forward: Vec<Answer>,
    pub syntax: SyntaxReading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ta1When {
    Always,
    OnError,
    Never,
}

/// An answer that a submitter may want in its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    Ack999,
    Ack277ca,
    Status277,
    Remit835,
}

/// What a SNIP 1-2 error inside a claim rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxReading {
    /// The claim, in the 277CA; the 999 accepts its transaction with errors.
    Claim,
    /// Its whole transaction, in the 999.
    Transaction,
}
