//! Named moments between two things that must not come apart: before and after each sync of the disk, commit, rename
//! and reply. `CLAIMGATE_CRASH_AT=NAME` or `NAME:N` in a gateway's environment ends the process there the first or the
//! N-th time, as SIGKILL does, so that a test can pull the plug where it would hurt most. Without it a point costs the
//! look at one number.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that arms a point. Only `claimgate serve` reads it, once, at its start, and says so in its log.
pub const VARIABLE: &str = "CLAIMGATE_CRASH_AT";

macro_rules! points {
    ($($(#[$doc:meta])* $point:ident = $name:literal,)*) => {
        /// Where a gateway can be made to end. `docs/crash-safety.md` lists them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CrashPoint { $($(#[$doc])* $point,)* }

        impl CrashPoint {
            pub const ALL: &'static [CrashPoint] = &[$(CrashPoint::$point,)*];
            pub fn as_str(self) -> &'static str {
                match self { $(CrashPoint::$point => $name,)* }
            }
        }
    };
}

points! {
    /// A payload is written under its unfinished name.
    PayloadWritten = "payload.written",
    /// Its bytes are on the disk.
    PayloadSynced = "payload.synced",
    /// It has its name, which is not on the disk yet.
    PayloadRenamed = "payload.renamed",
    /// Its name is on the disk.
    PayloadDurable = "payload.durable",
    /// A transaction asks to be committed.
    CommitAsked = "commit.asked",
    /// It was told that it is durable.
    CommitTold = "commit.told",
    /// SQLite is about to be told COMMIT for all who wait.
    GroupAsked = "group.asked",
    /// SQLite has committed, and none of them knows.
    GroupDone = "group.done",
    /// A submission is recorded, its sender not answered.
    ReplyHttp = "reply.http",
    /// A file put over SFTP is kept, its handle's close not answered.
    ReplySftp = "reply.sftp",
    /// A batch's file is sealed, not recorded.
    BatchSealed = "batch.sealed",
    /// An attempt is recorded, nobody called.
    AttemptBegun = "deliver.begun",
    /// The whole file is at the payer under its hidden name.
    FilePut = "deliver.put",
    /// It is recorded that the payer may get it from now on.
    SecondHalf = "deliver.handing",
    /// The payer has it, which is not recorded.
    FileHanded = "deliver.handed",
    /// It is recorded.
    AttemptEnded = "deliver.ended",
    /// A payer's file is fetched and sealed, not recorded.
    AnswerFetched = "collect.fetched",
    /// It is recorded, and still at the payer.
    AnswerKept = "collect.kept",
    /// It is cleared at the payer, which is not recorded.
    AnswerCleared = "collect.cleared",
    /// A submission is checked to its end, the outcome not recorded.
    Checked = "validate.checked",
    /// The letters of a payer's acknowledgements are sealed, nothing recorded.
    AcksRead = "correlate.read",
    /// The letters of a payer's remittances are sealed, nothing recorded.
    MoneyRead = "remit.read",
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{VARIABLE}={given} names no crash point: write NAME or NAME:N with one of {}",
    CrashPoint::ALL.iter().map(|point| point.as_str()).collect::<Vec<_>>().join(", ")
)]
pub struct NoSuchPoint {
    given: String,
}

struct Armed {
    point: CrashPoint,
    /// How often it is still to be passed.
    left: AtomicU64,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Arms the point that the environment names; gives it, for the log. A name that is no point's is an error, so that no
/// test passes for want of a crash.
pub fn arm_from_environment() -> Result<Option<CrashPoint>, NoSuchPoint> {
    let Some(given) = std::env::var_os(VARIABLE) else { return Ok(None) };
    let given = given.to_string_lossy().into_owned();
    let (point, nth) = parse(&given).ok_or(NoSuchPoint { given })?;
    // A second gateway of one process finds it armed, and means the same environment.
    let _ = ARMED.set(Armed { point, left: AtomicU64::new(nth) });
    Ok(Some(point))
}

fn parse(given: &str) -> Option<(CrashPoint, u64)> {
    let (name, nth) = match given.split_once(':') {
        Some((name, nth)) => (name, nth.parse().ok().filter(|nth| *nth > 0)?),
        None => (given, 1),
    };
    CrashPoint::ALL.iter().find(|point| point.as_str() == name).map(|point| (*point, nth))
}

/// The moment `point`. Nothing happens unless a test armed it.
#[inline]
pub fn passing(point: CrashPoint) {
    if let Some(armed) = ARMED.get()
        && armed.point == point
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        end_as_killed();
    }
}

/// Ends the process with no chance to tidy up: no destructor, no buffer flushed, no handler asked.
fn end_as_killed() -> ! {
    // SAFETY: both calls take and give numbers only.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    // The signal ends the process before `kill` returns to its only thread; with several, another may be first.
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_named_alone_or_with_how_often_it_is_passed() {
        for (given, meant) in [
            ("deliver.put", Some((CrashPoint::FilePut, 1))),
            ("group.done:17", Some((CrashPoint::GroupDone, 17))),
            ("group.done:0", None),
            ("group.done:", None),
            ("deliver", None),
            ("", None),
        ] {
            assert_eq!(parse(given), meant, "{given}");
        }
    }

    #[test]
    fn every_point_has_a_name_of_its_own_and_stands_in_the_documentation() {
        let documented = include_str!("../../docs/crash-safety.md");
        let mut names: Vec<&str> = CrashPoint::ALL.iter().map(|point| point.as_str()).collect();
        for name in &names {
            assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CrashPoint::ALL.len());
    }
}
