//! Once a day, what is older than it is to be kept is removed, a little at a time.

use std::sync::Arc;
use std::time::Duration;

use super::clock::{self, Clock};
use crate::partner::config::Retention;
use crate::pipeline::gateway::blocking;
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::audit::AuditEntry;
use crate::store::purge::Spared;
use crate::store::{PayloadError, PayloadStore, Store};

const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// As it stands in the store.
const CHORE: &str = "purge";
/// Rows of one transaction: it lasts some tens of milliseconds.
const ROWS: u32 = 1_000;
/// Transactions between two looks at what else there is to watch.
const TURNS_AT_ONCE: u32 = 50;

/// What was removed, or in a dry run would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub submissions: u64,
    pub claims: u64,
    pub findings: u64,
    pub batches: u64,
    pub answers: u64,
    pub mail: u64,
    pub attempts: u64,
    pub payloads: u64,
}

impl Purged {
    pub fn is_nothing(&self) -> bool {
        *self == Purged::default()
    }

    /// By kind, for people and for the audit trail.
    pub fn parts(&self) -> [(&'static str, u64); 8] {
        [
            ("submissions", self.submissions),
            ("claims", self.claims),
            ("findings", self.findings),
            ("batches", self.batches),
            ("answers", self.answers),
            ("mail", self.mail),
            ("attempts", self.attempts),
            ("payloads", self.payloads),
        ]
    }
}

/// The times before which each kind is old.
#[derive(Clone, Copy, Debug)]
struct Before {
    submissions: Option<i64>,
    findings: Option<i64>,
    answers: Option<i64>,
    mail: Option<i64>,
    attempts: Option<i64>,
}

impl Before {
    fn of(retention: &Retention, now: i64) -> Before {
        let before =
            |kept: Option<Duration>| Some(now.saturating_sub(i64::try_from(kept?.as_millis()).unwrap_or(i64::MAX)));
        Before {
            submissions: before(retention.submissions),
            findings: before(retention.findings),
            answers: before(retention.answers),
            mail: before(retention.mail),
            attempts: before(retention.attempts),
        }
    }

    /// No payload that was named by something removed is younger.
    fn youngest(&self) -> Option<i64> {
        self.submissions.max(self.answers).max(self.mail)
    }
}

/// Some of what is due today; whether more is.
pub(super) async fn daily(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let retention = &gateway.config.retention;
    let now = gateway.clock.now_ms();
    if retention.is_forever() || now - gateway.store.chore_done_at(CHORE).await? < EVERY.as_millis() as i64 {
        return Ok(Progress::Idle);
    }
    if clock::judged(&gateway.store, now).await? != Clock::Steady {
        return Ok(Progress::Idle);
    }
    let on_hold = gateway.partners.current().on_legal_hold();
    let purge = Purge { store: &gateway.store, payloads: &gateway.payloads, retention, on_hold, now };
    let some = under_lease(gateway, CHORE, async |_| match purge.some(TURNS_AT_ONCE).await {
        Err(StageError::Payload(PayloadError::BackupUnderWay)) => Ok((Purged::default(), Progress::Idle)),
        other => other,
    });
    let Some((purged, progress)) = some.await? else { return Ok(Progress::Idle) };
    for (kind, count) in purged.parts() {
        metrics::counter!("claimgate_purged_total", "kind" => kind).increment(count);
    }
    purge.audit(&purged, "gateway", "watch").await?;
    Ok(progress)
}

/// A pass over all that is old.
pub struct Purge<'a> {
    pub store: &'a Store,
    pub payloads: &'a PayloadStore,
    pub retention: &'a Retention,
    /// Partners whose files ask for a legal hold.
    pub on_hold: Vec<String>,
    pub now: i64,
}

/// How many transactions may still be begun.
struct Turns(u32);

impl Turns {
    fn take(&mut self) -> bool {
        let left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        left
    }
}

impl Purge<'_> {
    /// Everything that is due. Fails at once while a backup runs.
    pub async fn all(&self) -> Result<Purged, StageError> {
        Ok(self.some(u32::MAX).await?.0)
    }

    /// What would be removed. Of kinds that go with others, as batches, mail and payloads do, it counts what is free
    /// already.
    pub async fn dry_run(&self) -> Result<Purged, StageError> {
        let (before, spared) = (Before::of(self.retention, self.now), self.store.spared(self.on_hold.clone()).await?);
        let mut purged = Purged::default();
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        if let Some(before) = before.submissions {
            let (submissions, claims) = self.store.removable_submissions(before, &spared).await?;
            (purged.submissions, purged.claims) = (count(submissions), count(claims));
        }
        if let Some(before) = before.answers {
            purged.answers = count(self.store.removable_answers(before, &spared).await?);
        }
        let bounds = [before.mail, before.findings, before.attempts];
        let [mail, findings, attempts] = self.store.removable_leftovers(bounds, &spared).await?;
        (purged.mail, purged.findings, purged.attempts) = (count(mail), count(findings), count(attempts));
        Ok(purged)
    }

    pub async fn audit(&self, purged: &Purged, actor: &str, source: &str) -> Result<(), StageError> {
        if purged.is_nothing() {
            return Ok(());
        }
        let parts = purged.parts().into_iter().filter(|(_, count)| *count > 0);
        let object = parts.map(|(kind, count)| format!("{kind}={count}")).collect::<Vec<_>>().join(" ");
        let entry = AuditEntry { actor, action: "store.purge", object: &object, source, result: "ok" };
        Ok(self.store.add_audit(&entry, self.now).await?)
    }

    async fn some(&self, turns: u32) -> Result<(Purged, Progress), StageError> {
        let _no_backup = self.payloads.begin_removing()?;
        let (before, spared) = (Before::of(self.retention, self.now), self.store.spared(self.on_hold.clone()).await?);
        let (mut purged, mut turns) = (Purged::default(), Turns(turns));
        self.submissions(before, &spared, &mut turns, &mut purged).await?;
        self.answers(before, &spared, &mut turns, &mut purged).await?;
        self.leftovers(before, &spared, &mut turns, &mut purged).await?;
        if turns.0 == 0 {
            return Ok((purged, Progress::Worked));
        }
        self.payloads(before, &mut purged).await?;
        self.store.chore_done(CHORE, self.now).await?;
        Ok((purged, Progress::Idle))
    }

    async fn submissions(
        &self,
        before: Before,
        spared: &Spared,
        turns: &mut Turns,
        purged: &mut Purged,
    ) -> Result<(), StageError> {
        let Some(before) = before.submissions else { return Ok(()) };
        let mut after = None;
        while let Some(id) = self.store.removable_submission(before, spared, after).await? {
            loop {
                if !turns.take() {
                    return Ok(());
                }
                let removed = self.store.remove_claims(id, spared, ROWS).await?;
                purged.claims += removed;
                if removed < u64::from(ROWS) {
                    break;
                }
            }
            purged.submissions += u64::from(self.store.end_submission(id, spared, self.now).await?);
            after = Some(id);
        }
        while turns.take() {
            let ended = self.store.end_batches(before, spared, ROWS, self.now).await?;
            purged.batches += ended;
            if ended < u64::from(ROWS) {
                break;
            }
        }
        Ok(())
    }

    async fn answers(
        &self,
        before: Before,
        spared: &Spared,
        turns: &mut Turns,
        purged: &mut Purged,
    ) -> Result<(), StageError> {
        let Some(before) = before.answers else { return Ok(()) };
        let mut after = None;
        while turns.0 > 0
            && let Some(id) = self.store.removable_answer(before, spared, after).await?
        {
            turns.take();
            purged.answers += u64::from(self.store.end_answer(id, before, spared, self.now).await?);
            after = Some(id);
        }
        Ok(())
    }

    async fn leftovers(
        &self,
        before: Before,
        spared: &Spared,
        turns: &mut Turns,
        purged: &mut Purged,
    ) -> Result<(), StageError> {
        let full = u64::from(ROWS);
        let mut more = before.findings.is_some();
        while let (true, Some(before)) = (more && turns.take(), before.findings) {
            let removed = self.store.remove_findings(before, spared, ROWS).await?;
            purged.findings += removed;
            more = removed == full;
        }
        more = before.mail.is_some();
        while let (true, Some(before)) = (more && turns.take(), before.mail) {
            let removed = self.store.remove_mail(before, spared, ROWS).await?;
            purged.mail += removed;
            more = removed == full;
        }
        more = before.attempts.is_some();
        while let (true, Some(before)) = (more && turns.take(), before.attempts) {
            let removed = self.store.remove_attempts(before, spared, ROWS).await?;
            purged.attempts += removed;
            more = removed == full;
        }
        Ok(())
    }

    /// The row goes before the file: a crash in between leaves a file that nothing names, and no row without its file.
    async fn payloads(&self, before: Before, purged: &mut Purged) -> Result<(), StageError> {
        let Some(before) = before.youngest() else { return Ok(()) };
        let unnamed = self.store.unnamed_payloads(before).await?;
        for some in unnamed.chunks(ROWS as usize) {
            self.store.forget_payloads(some).await?;
            let (payloads, ids) = (self.payloads.clone(), some.to_vec());
            let removing = move || ids.into_iter().try_for_each(|id| payloads.discard(id));
            blocking(removing).await??;
            purged.payloads += some.len() as u64;
        }
        Ok(())
    }
}
