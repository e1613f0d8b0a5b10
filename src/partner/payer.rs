//! A payer: who pays claims and answers them. Its file, `partners/NAME.toml` with `kind = "payer"`, as
//! checked values.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use super::config::Usage;
use super::door::Section;
use super::endpoint::Endpoint;
use super::names::{EditId, InterchangeId, PartnerName, PayerId};
use super::rate::{Per, Rate};
use super::schedule::Release;
use super::ssh_key::SshPublicKey;
use crate::domain::finding::StatusCode;
use crate::domain::{ClaimKind, Severity};

#[derive(Clone, Debug, PartialEq)]
pub struct Payer {
    /// The file's stem, which is also the SFTP login of a hosted payer.
    pub id: PartnerName,
    /// For people: `Blue Star Health`.
    pub name: String,
    /// Claims of a payer that is not active wait; nothing is sent or collected.
    pub active: bool,
    /// NM109 of 2010BB by which submitters may name it; at least one, and the first is the one we send.
    pub payer_ids: Vec<PayerId>,
    pub accepts: Vec<ClaimKind>,
    /// ISA07 and ISA08 of what we send, ISA05 and ISA06 of what it answers.
    pub interchange: InterchangeId,
    /// ISA15 of what we send it, where it differs from the gateway's own.
    pub usage: Option<Usage>,
    pub batch: Batch,
    pub endpoint: Endpoint,
    /// Keys that may log in over SFTP; only a hosted payer has any.
    pub public_keys: Vec<SshPublicKey>,
    pub limits: PayerLimits,
    pub retry: Retry,
    pub expect: Expect,
    /// Its own SNIP 7 edits, in the order of the file.
    pub edits: Vec<PayerEdit>,
    /// Edits that this payer wants stricter or milder than the gateway has them.
    pub severities: BTreeMap<EditId, Severity>,
}

impl Payer {
    /// The payer id that goes out in 2010BB NM109.
    pub fn sent_id(&self) -> &PayerId {
        &self.payer_ids[0]
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub release: Release,
    /// Claims in one ST, 1 to 5000.
    pub claims_max: NonZeroU32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PayerLimits {
    /// Log-ins and requests to its endpoint.
    pub requests: Rate,
    /// Connections to its endpoint at one time.
    pub connections: NonZeroU32,
}

/// How a failed delivery is tried again: after `first`, then twice as long each time up to `max`, until
/// `give_up_after` has passed since the first try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    pub first: Duration,
    pub max: Duration,
    pub give_up_after: Duration,
}

/// Silence past these raises an alarm; `None`: no answer of this kind is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    pub ta1: Option<Duration>,
    pub ack_999: Option<Duration>,
    pub ack_277ca: Option<Duration>,
    pub status_277: Option<Duration>,
    pub remit_835: Option<Duration>,
}

/// One of the payer's own edits. The two conditions are CEL over the claim, compiled by the edits room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerEdit {
    pub id: EditId,
    /// The claims it looks at; `true` when the file names none.
    pub when: String,
    /// What must hold for them.
    pub require: String,
    /// For the biller.
    pub message: String,
    /// The 277CA's status; always there when the edit rejects.
    pub status: Option<StatusCode>,
    pub severity: Severity,
    /// The kinds of claim it looks at; never empty.
    pub applies: Vec<ClaimKind>,
}
