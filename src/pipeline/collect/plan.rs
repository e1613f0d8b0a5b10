//! Decides which payers are looked at, when they are looked at next, and which of their files are read.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::clock::is_ahead;
use crate::domain::error_chain;
use crate::link::trouble::LinkError;
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

/// Due now; a payer that was never looked at is due at once, and so is one that was looked at in the future, by a clock
/// that has been put back since.
pub(super) fn is_due(poll: Option<&Poll>, now_ms: i64) -> bool {
    poll.is_none_or(|poll| poll.next_at <= now_ms || is_ahead(poll.last_at, now_ms))
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

/// Whether an error is about the file at hand, so that the next may be better; else the connection is gone, or
/// every file would fail alike.
pub(super) fn is_of_one_file(error: &LinkError) -> bool {
    match error {
        LinkError::NoSuchPath { .. }
        | LinkError::NotPermitted { .. }
        | LinkError::RemoteFull { .. }
        | LinkError::RemoteFailed { .. }
        | LinkError::AlreadyThere { .. }
        | LinkError::SizeDiffers { .. }
        | LinkError::EndedEarly { .. }
        | LinkError::AnswerTooLong { .. } => true,
        LinkError::HttpStatus { status, .. } => !matches!(status, 401 | 403 | 408 | 425 | 429 | 503 | 507),
        LinkError::FileUnreadable { .. }
        | LinkError::FileUnusable { .. }
        | LinkError::SettingUnusable { .. }
        | LinkError::NameNotFound { .. }
        | LinkError::NotConnected { .. }
        | LinkError::HandshakeFailed { .. }
        | LinkError::CertificateRefused { .. }
        | LinkError::TlsRefused { .. }
        | LinkError::HostKeyDiffers { .. }
        | LinkError::NoCommonCipher { .. }
        | LinkError::LoginRefused { .. }
        | LinkError::LostBefore { .. }
        | LinkError::LostDuring { .. }
        | LinkError::SourceUnreadable { .. }
        | LinkError::SourceDiffers { .. }
        | LinkError::SinkFailed { .. } => false,
    }
}

/// What is said of a file that failed. Payers choose the names of their files and may put patients' into them, and
/// this goes to the log: the name is left out.
pub(super) fn failed_file(error: &LinkError, remote_path: &str) -> String {
    let name = remote_path.rsplit('/').next().unwrap_or(remote_path);
    let text = error_chain(error);
    match name {
        "" => text,
        name => text.replace(&path_segment(name), "NAME").replace(name, "NAME"),
    }
}

/// What is said of a file that is too large to be worked, which is left where it is.
pub(super) fn too_large(file: &Seen, bytes_max: u64) -> Option<String> {
    let is_larger = u64::try_from(file.bytes).is_ok_and(|bytes| bytes > bytes_max);
    is_larger.then(|| {
        format!("a file of {} bytes is larger than intake.bytes_max ({bytes_max}) and was left there", file.bytes)
    })
}

/// A name as one part of an address: all but plain characters escaped.
pub(super) fn path_segment(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
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

    const ISA: &str =
        "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *260101*1200*^*00501*000000001*0*T*:~";

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
    fn a_failed_file_is_told_of_without_its_name() {
        let path = "out/DOE JANE.835";
        let host = || "payer.example".to_string();
        let refused = LinkError::NotPermitted {
            host: host(),
            path: path.to_string(),
            step: crate::link::trouble::Step::Removing,
            source: "permission denied".into(),
        };
        assert!(is_of_one_file(&refused));
        let told = failed_file(&refused, path);
        assert!(told.contains("out/NAME") && !told.contains("DOE"), "{told}");
        let gone = LinkError::HttpStatus {
            host: host(),
            method: "GET",
            path: format!("/out/{}", path_segment("DOE JANE.835")),
            status: 404,
            retry_after_seconds: None,
            answer: crate::link::trouble::Opaque(Vec::new()),
        };
        assert!(is_of_one_file(&gone));
        let told = failed_file(&gone, "DOE JANE.835");
        assert!(told.contains("/out/NAME") && !told.contains("DOE"), "{told}");
    }

    #[test]
    fn a_file_larger_than_what_is_worked_is_told_of_without_its_name() {
        let told = too_large(&seen("/out/DOE.835", 1_001), 1_000).unwrap();
        assert!(
            told.contains("1001 bytes") && told.contains("intake.bytes_max (1000)") && !told.contains("DOE"),
            "{told}"
        );
        assert_eq!(too_large(&seen("/out/DOE.835", 1_000), 1_000), None);
        assert_eq!(too_large(&seen("/out/DOE.835", -1), 1_000), None, "the payer does not say");
    }

    #[test]
    fn a_payer_is_due_when_its_time_has_come_or_was_set_by_a_clock_that_was_put_back() {
        const HOUR: i64 = 3_600_000;
        let poll = |last_at, next_at| {
            let partner = "bluestar".to_string();
            Some(Poll { partner, last_at, next_at, failures: 0, problem: String::new() })
        };
        for (poll, due) in [
            (None, true),
            (poll(HOUR, 2 * HOUR), false),
            (poll(HOUR, 2 * HOUR - 1), false),
            (poll(0, HOUR), true),
            // Two nodes' clocks never agree to the second.
            (poll(HOUR + 30_000, 2 * HOUR), false),
            (poll(9 * HOUR, 10 * HOUR), true),
        ] {
            assert_eq!(is_due(poll.as_ref(), HOUR), due, "{poll:?}");
        }
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
