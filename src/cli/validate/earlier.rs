//! What this gateway's store knows of earlier files: the control numbers and claims of the partner at hand. Only
//! reads, so that it works beside a running gateway; without a store there is nothing earlier.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use tokio::runtime::Runtime;

use crate::domain::finding::{AckCodes, Place};
use crate::domain::ids::SubmissionId;
use crate::domain::{Clock, Finding, Scope, Timestamp};
use crate::edits::catalogue::lookup::DUPLICATE_FILE;
use crate::partner::Config;
use crate::partner::config::StoreUrl;
use crate::pipeline::validate::{sender_of, stored_fingerprint};
use crate::store::submissions::SubmissionRow;
use crate::store::{Store, StoreError};
use crate::x12::envelope::Interchange;

/// Up to so many of a partner's claims are known in memory (16 bytes each), so that the store is asked only about
/// those that may be duplicates; of a partner with more it is asked about each.
const FINGERPRINTS_MAX: u32 = 1_000_000;
/// No submission has this id.
const NO_SUBMISSION: SubmissionId = SubmissionId(-1);

pub(super) struct Earlier {
    store: Store,
    runtime: Runtime,
    /// When this run began: the windows go back from here.
    now: i64,
    window: Duration,
    control_numbers: Duration,
}

impl Earlier {
    /// `None` where this gateway has not stored anything yet.
    pub fn open(config: &Config) -> Result<Option<Earlier>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let store = match &config.store {
            StoreUrl::Sqlite(path) if !path.exists() => return Ok(None),
            StoreUrl::Sqlite(path) => runtime.block_on(Store::open_to_read(path)).with_context(|| {
                let path = path.display();
                format!("{path} cannot be looked into for earlier files; may this user read it and its folder?")
            })?,
            StoreUrl::Postgres(url) => {
                let store = runtime.block_on(Store::open_postgres_to_read(url.reveal()));
                match store.context("the database cannot be looked into for earlier files")? {
                    Some(store) => store,
                    None => return Ok(None),
                }
            }
        };
        let duplicates = &config.duplicates;
        let (window, control_numbers) = (duplicates.window, duplicates.control_numbers);
        Ok(Some(Earlier { store, runtime, now: Clock::System.now_ms(), window, control_numbers }))
    }

    /// The earlier submission of exactly these bytes.
    pub fn same_file(&self, partner: &str, sha256: &[u8; 32]) -> Result<Option<SubmissionRow>> {
        Ok(self.runtime.block_on(self.store.submission_of_bytes(partner, sha256))?)
    }

    fn since(&self, window: Duration) -> i64 {
        self.now.saturating_sub(i64::try_from(window.as_millis()).unwrap_or(i64::MAX))
    }
}

/// One file of a partner against what is stored of it.
pub(super) struct EarlierOf<'e> {
    earlier: &'e Earlier,
    partner: &'e str,
    /// The submission of this very file, which is no earlier one.
    itself: SubmissionId,
    /// Fingerprints that may be of earlier claims; `None`: any may be.
    candidates: Option<HashSet<i64>>,
    trouble: Mutex<Option<StoreError>>,
}

impl<'e> EarlierOf<'e> {
    pub fn new(earlier: &'e Earlier, partner: &'e str, itself: Option<SubmissionId>) -> Result<EarlierOf<'e>> {
        let candidates = earlier.runtime.block_on(earlier.store.fingerprints_of(partner, FINGERPRINTS_MAX))?;
        let itself = itself.unwrap_or(NO_SUBMISSION);
        Ok(EarlierOf { earlier, partner, itself, candidates, trouble: Mutex::default() })
    }

    /// What went wrong while the check asked; its answers until then harmed nothing.
    pub fn trouble(&self) -> Option<StoreError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn control_number_used(&self, interchange: &Interchange) -> bool {
        let Earlier { store, runtime, control_numbers, .. } = self.earlier;
        let (sender, since) = (sender_of(interchange), self.earlier.since(*control_numbers));
        let used = store.interchange_number_used(self.partner, &sender, &interchange.control, since, self.itself);
        self.or_trouble(runtime.block_on(used), false)
    }

    pub fn claim_seen(&self, fingerprint: u128) -> bool {
        let fingerprint = stored_fingerprint(fingerprint);
        if self.candidates.as_ref().is_some_and(|candidates| !candidates.contains(&fingerprint)) {
            return false;
        }
        let Earlier { store, runtime, window, .. } = self.earlier;
        let (asked, since) = ([fingerprint], self.earlier.since(*window));
        let known = store.fingerprints_known(self.partner, &asked, since, self.itself);
        self.or_trouble(runtime.block_on(known), HashSet::new()).contains(&fingerprint)
    }

    fn or_trouble<T>(&self, answer: Result<T, StoreError>, harmless: T) -> T {
        answer.unwrap_or_else(|error| {
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            harmless
        })
    }
}

/// What handing in the same bytes again comes to.
pub(super) fn submitted_before(row: &SubmissionRow, zone: &TimeZone) -> Finding {
    let edit = &DUPLICATE_FILE;
    let on = Timestamp::from_millisecond(row.received_at).unwrap_or_default().to_zoned(zone.clone()).date();
    let message = edit.say(&[&row.id, &on]);
    Finding {
        edit: Cow::Borrowed(edit.id),
        snip: edit.snip,
        severity: edit.severity,
        scope: Scope::Interchange,
        place: Place::default(),
        value: None,
        message,
        fix: edit.fix.to_string(),
        ack: AckCodes::default(),
        statuses: edit.status_codes("41"),
        trigger: None,
    }
}
