//! Decides which payers are looked at, when they are looked at next, and which of their files are read.

use std::collections::HashMap;
use std::time::Duration;

use crate::partner::{Endpoint, Payer};
use crate::store::collected::Poll;
use crate::store::inbound::Seen;

/// A payer that cannot be reached is asked ever less often, but never less than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);
/// A file that does not look whole is read once it has stood still for so long.
const STILL: Duration = Duration::from_secs(60);

/// How often a payer is looked at; `None` for one that brings its files itself.
pub(super) fn interval(payer: &Payer) -> Option<Duration> {
    match &payer.endpoint {
        Endpoint::Sftp(endpoint) if !endpoint.collect_from.is_empty() => Some(endpoint.collect_every),
        Endpoint::Https(endpoint) if endpoint.collect_url.is_some() => Some(endpoint.collect_every),
        Endpoint::Sftp(_) | Endpoint::Https(_) | Endpoint::Hosted(_) => None,
    }
}

/// Whether this payer's responses are fetched by us.
pub fn is_collected(payer: &Payer) -> bool {
    interval(payer).is_some()
}

/// Due now; a payer that was never looked at is due at once.
pub(super) fn is_due(poll: Option<&Poll>, now_ms: i64) -> bool {
    poll.is_none_or(|poll| poll.next_at <= now_ms)
}

/// The pause after a look that failed for the `failures`-th time in a row (0: it succeeded).
pub(super) fn pause(every: Duration, failures: i64) -> Duration {
    let doublings = u32::try_from(failures.clamp(0, 16)).expect("clamped");
    every.saturating_mul(1 << doublings).min(LONGEST_PAUSE.max(every))
}

/// What is done about a file that stands at a payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Fetch,
    /// It is kept here, but what was to be done with it there is not done.
    Clear,
    Nothing,
}

/// `known` holds what was fetched before, and whether it was cleared at the payer.
pub(super) fn step(seen: &Seen, known: &HashMap<Seen, bool>) -> Step {
    let name = seen.remote_path.rsplit('/').next().unwrap_or(&seen.remote_path);
    let unfinished = [".tmp", ".part", ".filepart"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    match known.get(seen) {
        Some(true) => Step::Nothing,
        Some(false) => Step::Clear,
        None if unfinished || name.starts_with('.') => Step::Nothing,
        None => Step::Fetch,
    }
}

/// How a file looks that was read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// X12 whose last segment is an IEA.
    Whole,
    /// X12 that stops before, or something else, of which nobody knows where it ends.
    PerhapsNot,
}

/// Whether to take a file that looks so since `since_ms`.
pub(super) fn is_ready(look: Look, since_ms: i64, now_ms: i64) -> bool {
    match look {
        Look::Whole => true,
        Look::PerhapsNot => now_ms - since_ms >= STILL.as_millis() as i64,
    }
}

/// Judges a file by its first and last bytes.
pub(super) fn look(head: &[u8], tail: &[u8]) -> Look {
    const ISA_BYTES: usize = 106;
    let start = head.iter().position(|b| !b.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(b)).unwrap_or(0);
    let head = &head[start..];
    if head.len() < ISA_BYTES || !head.starts_with(b"ISA") {
        return Look::PerhapsNot;
    }
    let (element, terminator) = (head[3], head[105]);
    let trimmed = tail.trim_ascii_end();
    // Where lines end segments, the last one's end is among what was trimmed.
    let body = if terminator.is_ascii_whitespace() {
        (trimmed.len() < tail.len()).then_some(trimmed)
    } else {
        trimmed.strip_suffix(&[terminator])
    };
    let segment = body.and_then(|body| body.rsplit(|&b| b == terminator).next()).unwrap_or(b"").trim_ascii_start();
    if segment.starts_with(&[b'I', b'E', b'A', element]) { Look::Whole } else { Look::PerhapsNot }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISA: &str = "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *260101*1200*^*00501*000000001*0*T*:~";

    fn seen(path: &str, bytes: i64) -> Seen {
        Seen { remote_path: path.to_string(), bytes, modified_at: 7 }
    }

    #[test]
    fn a_file_left_at_the_payer_is_fetched_once_and_a_longer_one_of_its_name_again() {
        let known = HashMap::from([(seen("out/a.835", 10), true), (seen("out/b.835", 10), false)]);
        for (path, bytes, expected) in [
            ("out/a.835", 10, Step::Nothing),
            ("out/a.835", 11, Step::Fetch),
            ("out/b.835", 10, Step::Clear),
            ("out/c.835", 10, Step::Fetch),
            ("out/.c.835", 10, Step::Nothing),
            ("out/c.835.TMP", 10, Step::Nothing),
        ] {
            assert_eq!(step(&seen(path, bytes), &known), expected, "{path}");
        }
    }

    #[test]
    fn a_file_that_stops_before_its_iea_waits_until_it_stands_still() {
        let whole = format!("{ISA}GS*HP~GE*0*1~IEA*1*000000001~\r\n");
        assert_eq!(look(whole.as_bytes(), whole.as_bytes()), Look::Whole);
        let lines = whole.replace('~', "\n");
        assert_eq!(look(lines.as_bytes(), lines.as_bytes()), Look::Whole);
        for cut in ["GS*HP~GE*0*1~IEA*1*0000", "GS*HP~", ""] {
            let part = format!("{ISA}{cut}");
            assert_eq!(look(part.as_bytes(), part.as_bytes()), Look::PerhapsNot, "{cut}");
        }
        assert_eq!(look(b"<html>", b"</html>"), Look::PerhapsNot);
        assert!(is_ready(Look::Whole, 0, 0));
        assert!(!is_ready(Look::PerhapsNot, 0, 59_000));
        assert!(is_ready(Look::PerhapsNot, 0, 60_000));
    }

    #[test]
    fn a_payer_that_is_away_is_asked_ever_less_often() {
        let minute = Duration::from_secs(60);
        assert_eq!(pause(minute, 0), minute);
        assert_eq!(pause(minute, 2), minute * 4);
        assert_eq!(pause(minute, 100), LONGEST_PAUSE);
        let day = Duration::from_secs(86_400);
        assert_eq!(pause(day, 3), day);
    }
}
