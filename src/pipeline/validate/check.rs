//! One pass over a submission's bytes, on a thread that may block.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::asked::Asked;
use super::recorder::{Recorded, Recorder};
use crate::ack::{Envelope, Ta1Policy};
use crate::domain::Timestamp;
use crate::edits::{self, Context, Day, Reading, Settings, Summary, Syntax};
use crate::partner::Submitter;
use crate::partner::submitter::{SyntaxReading, Ta1When};
use crate::pipeline::opener::Opener;
use crate::pipeline::{Gateway, StageError, severities};
use crate::store::submissions::SubmissionRow;
use crate::store::validation::Chunk;

/// ST01 of what submitters may send.
const CLAIMS: &str = "837";
const SNIP_MAX: u8 = 7;

pub struct Checked {
    pub summary: Summary,
    pub recorded: Recorded,
}

/// Reads the whole payload; what it finds on the way goes to `to_store`.
pub fn check(
    gateway: Arc<Gateway>,
    runtime: Handle,
    submission: SubmissionRow,
    submitter: &Submitter,
    to_store: mpsc::Sender<Chunk>,
) -> Result<Checked, StageError> {
    let payload = Opener::on(&runtime, &gateway.store, &gateway.payloads).open(submission.payload_id)?;
    let asked = Rc::new(Asked::new(gateway.clone(), runtime, submission.clone())?);
    let usage = submitter.usage.unwrap_or(gateway.config.gateway.usage).as_str();
    let ours = &gateway.config.gateway;
    let words = |all: Vec<&str>| all.into_iter().map(str::to_string).collect::<Vec<String>>();
    let transactions = words(vec![CLAIMS]);
    let etins = words(submitter.etins.iter().map(|etin| etin.as_str()).collect());
    let npis = words(submitter.npis.iter().map(|npi| npi.as_str()).collect());
    let codes = gateway.codes.load_full();
    let context = Context {
        sender: (submitter.interchange.qualifier.as_str(), submitter.interchange.id.as_str()),
        receiver: (ours.interchange.qualifier.as_str(), ours.interchange.id.as_str()),
        usage,
        transactions: &transactions,
        etins: &etins,
        npis: &npis,
        lookups: &*asked,
    };
    let as_of = received_day(&gateway, &submission);
    let settings = Settings {
        as_of,
        snip_max: SNIP_MAX,
        syntax: match submitter.acks.syntax {
            SyntaxReading::Claim => Syntax::Claim,
            SyntaxReading::Transaction => Syntax::Transaction,
        },
        severities: severities::of(&submitter.severities),
        codes: &codes,
        context: Some(context),
        reading: Reading::USUAL,
    };
    let envelope = envelope(&gateway, submitter, usage, as_of);
    let mut recorder = Recorder::new(gateway.clone(), asked.clone(), submission, envelope, to_store);
    let checked = edits::check(payload, &gateway.guides, &settings, &mut recorder)
        .and_then(|summary| Ok(Checked { summary, recorded: recorder.finish()? }));
    match (asked.trouble(), checked) {
        (Some(error), _) => Err(error.into()),
        (None, checked) => checked.map_err(|source: io::Error| StageError::Io { step: "checking a file", source }),
    }
}

/// Every date in the file is compared with the day it came, in the gateway's zone.
pub fn received_day(gateway: &Gateway, submission: &SubmissionRow) -> Day {
    let at = Timestamp::from_millisecond(submission.received_at).unwrap_or_else(|_| gateway.clock.now());
    Day::of(at.to_zoned(gateway.config.gateway.time_zone.clone()).date())
}

fn envelope(gateway: &Gateway, submitter: &Submitter, usage: &str, received: Day) -> Envelope {
    let ours = &gateway.config.gateway;
    Envelope {
        id: ours.interchange.id.to_string(),
        qualifier: ours.interchange.qualifier.to_string(),
        name: ours.name.clone(),
        usage: usage.to_string(),
        now: gateway.clock.now().to_zoned(ours.time_zone.clone()).datetime(),
        received,
        ta1: match submitter.acks.ta1 {
            Ta1When::Always => Ta1Policy::Always,
            Ta1When::OnError => Ta1Policy::OnError,
            Ta1When::Never => Ta1Policy::Never,
        },
    }
}
