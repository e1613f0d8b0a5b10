//! A payer: who pays claims and answers them. Its file, `partners/NAME.toml` with `kind = "payer"`, as
//! checked values.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use super::config::Usage;
use super::door::Section;
use super::endpoint::Endpoint;
use super::names::{DisplayName, EditId, InterchangeId, PartnerName, PayerId};
use super::period::{Period, PeriodOrNever};
use super::rate::{Per, Rate};
use super::requirements;
use super::schedule::Release;
use super::severity::{self, EditWeights, RejectStatus, SeverityWord};
use super::ssh_key::SshPublicKey;
use super::words::words;
use crate::domain::finding::StatusCode;
use crate::domain::requirements::Requirements;
use crate::domain::{ClaimKind, Severity};

#[derive(Clone, Debug, PartialEq)]
pub struct Payer {
    /// The file's stem, which is also the SFTP login of a hosted payer.
    pub id: PartnerName,
    /// For people: `Blue Star Health`.
    pub name: String,
    /// Claims of a payer that is not active wait; nothing is sent or collected.
    pub active: bool,
    /// What is kept of it is kept however old it is.
    pub legal_hold: bool,
    /// NM109 of 2010BB by which submitters may name it; at least one, and the first is the one we send.
    pub payer_ids: Vec<PayerId>,
    pub accepts: Vec<ClaimKind>,
    /// `accepts` names 276: it takes questions about claims.
    pub takes_questions: bool,
    /// ISA07 and ISA08 of what we send, ISA05 and ISA06 of what it answers.
    pub interchange: InterchangeId,
    /// ISA15 of what we send it and what it sends, where it differs from the gateway's own.
    pub usage: Option<Usage>,
    pub batch: Batch,
    pub endpoint: Endpoint,
    /// Keys that may log in over SFTP; only a hosted payer has any.
    pub public_keys: Vec<SshPublicKey>,
    pub limits: PayerLimits,
    pub retry: Retry,
    pub expect: Expect,
    /// What it asks of its claims beyond the guides.
    pub requirements: Requirements,
    /// Its own SNIP 7 edits, in the order of the file.
    pub edits: Vec<PayerEdit>,
    /// Edits that this payer wants stricter or milder than the gateway has them, or not at all.
    pub severities: EditWeights,
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
    /// From how many claims of one submission on they travel in a batch of their own; 0: never.
    pub alone_from: u32,
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

/// Silence past these raises an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    pub ta1: Expected,
    pub ack_999: Expected,
    pub ack_277ca: Expected,
    pub status_277: Expected,
    pub remit_835: Expected,
}

/// How long an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The file says so; `None`: never expected.
    Said(Option<Duration>),
    /// The file says nothing: what was learned holds, and until then this.
    Usual(Option<Duration>),
}

impl Expected {
    /// `learned` is what the payer's own answers have shown.
    pub fn within(self, learned: Option<Duration>) -> Option<Duration> {
        match self {
            Expected::Said(said) => said,
            Expected::Usual(usual) => learned.or(usual),
        }
    }
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

impl Payer {
    /// The file's keys, `kind` aside. Relative paths in it start from `base`.
    pub(super) fn read(id: PartnerName, base: &Path, file: &Section<'_>) -> Option<Payer> {
        let name: Option<DisplayName> = file.required("name", "\"Blue Star Health\"");
        let active = file.flag("active", true);
        let legal_hold = file.flag("legal_hold", false);
        let payer_ids = payer_ids(file);
        let accepts = accepted(file);
        let usage = file.optional("usage");
        let interchange = file.section("interchange", InterchangeId::read);
        let batch = file.section("batch", Batch::read);
        let endpoint = file.section("endpoint", |section| Endpoint::read(base, section));
        let public_keys = match &endpoint {
            Some(Endpoint::Hosted(_)) => {
                file.section("sftp", |sftp| sftp.required_list("public_keys", "[\"ssh-ed25519 AAAA... their key\"]"))
            }
            Some(Endpoint::Sftp(_) | Endpoint::Https(_)) => Some(Vec::new()),
            // Which it is meant to be is not known, so nothing is said about its keys.
            None => file.section("sftp", |sftp| sftp.list_or("public_keys", Vec::new())),
        };
        let limits = file.section("limits", PayerLimits::read);
        let retry = file.section("retry", Retry::read);
        let expect = file.section("expect", Expect::read);
        let requirements = file.section("requirements", requirements::read);
        let edits = payer_edits(file);
        let severities = severity::read(file);
        let (accepts, takes_questions) = accepts?;
        Some(Payer {
            id,
            name: name?.to_string(),
            active: active?,
            legal_hold: legal_hold?,
            payer_ids: payer_ids?,
            accepts,
            takes_questions,
            interchange: interchange?,
            usage: usage?,
            batch: batch?,
            endpoint: endpoint?,
            public_keys: public_keys?,
            limits: limits?,
            retry: retry?,
            expect: expect?,
            requirements: requirements?,
            edits: edits?,
            severities: severities?,
        })
    }
}

fn payer_ids(file: &Section<'_>) -> Option<Vec<PayerId>> {
    let ids: Vec<PayerId> = file.required_list("payer_ids", "[\"BSTAR\"], NM109 of 2010BB in the claims")?;
    if ids.is_empty() {
        return file.fault("payer_ids", "must name at least one id; the first is the one we send");
    }
    let mut seen = BTreeSet::new();
    match ids.iter().find(|id| !seen.insert(id.key())) {
        Some(twice) => file.fault("payer_ids", format!("names \"{twice}\" twice; upper and lower case are the same")),
        None => Some(ids),
    }
}

words! {
    /// What may be sent to a payer.
    Accepted {
        Professional = "837P",
        Institutional = "837I",
        Dental = "837D",
        Questions = "276",
    }
}

/// The kinds of claim it takes, and whether it takes questions about them.
fn accepted(file: &Section<'_>) -> Option<(Vec<ClaimKind>, bool)> {
    let all: Vec<Accepted> = file.required_list("accepts", "[\"837P\", \"837I\", \"837D\"]")?;
    let kind = |one: &Accepted| match one {
        Accepted::Professional => Some(ClaimKind::Professional),
        Accepted::Institutional => Some(ClaimKind::Institutional),
        Accepted::Dental => Some(ClaimKind::Dental),
        Accepted::Questions => None,
    };
    let kinds: Vec<ClaimKind> = all.iter().filter_map(kind).collect();
    if kinds.is_empty() {
        return file.fault("accepts", "must name at least one of 837P, 837I and 837D");
    }
    Some((kinds, all.contains(&Accepted::Questions)))
}

fn claim_kinds(file: &Section<'_>, key: &'static str) -> Option<Vec<ClaimKind>> {
    let kinds: Vec<ClaimKind> = file.required_list(key, "[\"837P\", \"837I\", \"837D\"]")?;
    if kinds.is_empty() { file.fault(key, "must name at least one of 837P, 837I and 837D") } else { Some(kinds) }
}

impl Batch {
    fn read(section: &Section<'_>) -> Option<Batch> {
        let release = section.required("release", "\"every 5m\", or \"at 12:00,17:00\", or \"immediate\"");
        let claims_max = section.number("max_claims", 1..=CLAIMS_PER_ST_MAX, CLAIMS_PER_ST_MAX as u32);
        let alone_from = section.number("alone_from", 0..=CHUNK_CLAIMS, ALONE_FROM);
        Some(Batch { release: release?, claims_max: NonZeroU32::new(claims_max?)?, alone_from: alone_from? })
    }
}

/// The most that the 837 guides recommend in one ST.
const CLAIMS_PER_ST_MAX: i64 = 5000;
/// It is decided by the first of a submission's claims, some thousand at a time.
const CHUNK_CLAIMS: i64 = 1000;
const ALONE_FROM: u32 = 500;

impl PayerLimits {
    fn read(section: &Section<'_>) -> Option<PayerLimits> {
        let requests = section.or("requests", REQUESTS_DEFAULT);
        let connections = section.number("connections", 1..=CONNECTIONS_MAX, CONNECTIONS_DEFAULT);
        Some(PayerLimits { requests: requests?, connections: NonZeroU32::new(connections?)? })
    }
}

const REQUESTS_DEFAULT: Rate = Rate { count: NonZeroU32::new(30).expect("30 is not 0"), per: Per::Minute };
const CONNECTIONS_DEFAULT: u32 = 2;
const CONNECTIONS_MAX: i64 = 64;

impl Retry {
    fn read(section: &Section<'_>) -> Option<Retry> {
        let first = section.or("first", Period(Duration::from_secs(30)));
        let max = section.or("max", Period(Duration::from_secs(30 * 60)));
        let give_up_after = section.or("give_up_after", Period(3 * DAY));
        let (Period(first), Period(max), Period(give_up_after)) = (first?, max?, give_up_after?);
        if first > max {
            return section.fault("max", "must not be shorter than first, whose default is 30s");
        }
        Some(Retry { first, max, give_up_after })
    }
}

const DAY: Duration = Duration::from_secs(86_400);

impl Expect {
    fn read(section: &Section<'_>) -> Option<Expect> {
        let period = |key, usual| match section.optional::<PeriodOrNever>(key)? {
            Some(PeriodOrNever(said)) => Some(Expected::Said(said)),
            None => Some(Expected::Usual(usual)),
        };
        // Many payers send no TA1. A 277 answers a question, by the next business day, and only who takes them is asked.
        let ta1 = period("ta1", None);
        let ack_999 = period("999", Some(DAY));
        let ack_277ca = period("277CA", Some(3 * DAY));
        let status_277 = period("277", Some(3 * DAY));
        let remit_835 = period("835", Some(45 * DAY));
        Some(Expect {
            ta1: ta1?,
            ack_999: ack_999?,
            ack_277ca: ack_277ca?,
            status_277: status_277?,
            remit_835: remit_835?,
        })
    }
}

fn payer_edits(file: &Section<'_>) -> Option<Vec<PayerEdit>> {
    let edits = file.sections("edit", PayerEdit::read)?;
    let mut seen = BTreeSet::new();
    match edits.iter().find(|edit| !seen.insert(&edit.id)) {
        Some(twice) => file.fault("edit", format!("has two edits with the id \"{}\"; give one another id", twice.id)),
        None => Some(edits),
    }
}

impl PayerEdit {
    fn read(section: &Section<'_>) -> Option<PayerEdit> {
        let id = section.required("id", "\"bstar-prior-auth\"");
        let when = section.or("when", Sentence("true".to_string()));
        let require: Option<Sentence> = section.required("require", "\"claim.prior_authorization != ''\"");
        let message: Option<Sentence> = section.required("message", "\"what is missing, for the biller\"");
        let severity = section.or("severity", SeverityWord::Error);
        let status: Option<Option<RejectStatus>> = section.optional("status");
        let applies = match section.has("applies") {
            true => claim_kinds(section, "applies"),
            false => Some(ClaimKind::ALL.to_vec()),
        };
        if let (Some(None), Some(SeverityWord::Error)) = (&status, severity) {
            return section.fault("status", "missing; an edit that rejects needs one, as status = \"A7:48\"");
        }
        Some(PayerEdit {
            id: id?,
            when: when?.0,
            require: require?.0,
            message: message?.0,
            status: status?.map(|RejectStatus(code)| code),
            severity: severity?.severity(),
            applies: applies?,
        })
    }
}

/// Text that says something.
struct Sentence(String);

impl FromStr for Sentence {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Sentence, &'static str> {
        if text.trim().is_empty() { Err("must not be empty") } else { Ok(Sentence(text.to_string())) }
    }
}
