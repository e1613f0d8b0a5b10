//! Whether an answer says again what its payer said before, in whatever envelope: another ISA13, GS06, ST02 or BHT03 and
//! their dates make no other answer of it. What is compared is all that is said of the claim: numbers, codes, days of
//! the statuses, amounts and lines. The same status with another day is news. Pure.

use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256};

use super::read::functional::{FunctionalAck, InterchangeAck};
use super::read::status::{ClaimAnswer, Level, Status, StatusReport};
use crate::domain::ClaimStatus;
use crate::pipeline::answers::outgoing::{elements, segments};
use crate::store::said::{BatchSaid, BatchWord, Said, SaidBefore};
use crate::x12::Delimiters;

/// On the timeline of a claim or a batch.
pub const KIND: &str = "repeat";

pub fn told(kind: &str) -> String {
    format!("The payer sent the same {kind} again in another file; it was neither applied nor handed on again")
}

/// What an answer says of its claim; `said` is where the claim then is.
pub fn of_claim(file: &[u8], report: &StatusReport, answer: &ClaimAnswer) -> Said {
    let mut words = Words::new();
    words.take(file, &answer.range, report.interchange.delimiters);
    let days = answer.statuses.iter().map(|status| status.date.as_str());
    Said { digest: words.finish(), day: days.max().unwrap_or_default().to_string() }
}

/// The same with all that tells whose claim it is, for an answer whose claim is not known.
pub fn of_nobody(file: &[u8], report: &StatusReport, answer: &ClaimAnswer) -> i64 {
    let mut words = Words::new();
    for range in answer.patient.iter().chain([&answer.range]) {
        words.take(file, range, report.interchange.delimiters);
    }
    let provider = answer.provider.and_then(|n| report.providers.get(n)).map_or("", |level| level.id.as_str());
    words.add(provider);
    words.finish()
}

/// What a report says above its claims of all that was sent under these BHT03s.
pub fn of_levels(report: &StatusReport, traces: &[&str]) -> i64 {
    let mut words = Words::new();
    let named = |level: &Level| traces.contains(&level.trace.as_str());
    for (n, receiver) in report.receivers.iter().enumerate().filter(|(_, level)| named(level)) {
        words.add(&receiver.trace);
        words.level(receiver);
        for provider in report.providers.iter().filter(|level| level.receiver == n && level.refuses_all()) {
            words.level(provider);
        }
    }
    words.finish()
}

/// What a level that refuses all below it says of each of their claims. The day of a provider's stands with the receiver
/// above it: its own STC has none.
pub fn of_refusal(report: &StatusReport, level: &Level) -> Said {
    let receiver = report.receivers.get(level.receiver);
    let days = |level: &Level| level.statuses.iter().map(|status| status.date.clone()).max().unwrap_or_default();
    let own = days(level);
    let day = if own.is_empty() { receiver.map(days).unwrap_or_default() } else { own };
    Said { digest: of_level(level), day }
}

/// What one level says that refuses all below it.
pub fn of_level(level: &Level) -> i64 {
    let mut words = Words::new();
    words.add(&level.trace);
    words.level(level);
    words.finish()
}

pub fn of_interchange_ack(ack: &InterchangeAck) -> i64 {
    let mut words = Words::new();
    [ack.control.as_str(), ack.verdict.code(), &ack.note].into_iter().for_each(|word| words.add(word));
    words.finish()
}

pub fn of_functional_ack(ack: &FunctionalAck) -> i64 {
    let mut words = Words::new();
    [ack.kind, &ack.group_code, &ack.group_control, ack.verdict.code()].into_iter().for_each(|word| words.add(word));
    ack.codes.iter().for_each(|code| words.add(code));
    for one in &ack.transactions {
        [one.control.as_str(), one.verdict.code()].into_iter().for_each(|word| words.add(word));
        one.codes.iter().for_each(|code| words.add(code));
        for error in &one.errors {
            words.add(&error.text());
            if !error.claim.reveal().is_empty() {
                words.add(error.claim.reveal());
            }
        }
    }
    words.finish()
}

/// The earlier answer that this one repeats: the last; or one before it, when the last is plainly the later of the two.
/// A payer that says on one day that a claim is refused, taken and refused again has changed its mind twice.
pub fn repeated<'a>(said: &Said, status: Option<ClaimStatus>, before: &'a [SaidBefore]) -> Option<&'a SaidBefore> {
    let last = before.last()?;
    let same = before.iter().rev().find(|one| one.said.digest == said.digest)?;
    let is_last = last.said.digest == said.digest;
    let is_older = !said.day.is_empty() && said.day < last.said.day;
    (is_last || is_older || (said.day == last.said.day && says_less(status, last.status))).then_some(same)
}

/// The earlier answer that this one about a batch repeats: the last that is about any of the same transactions. A payer may
/// answer each transaction of a batch by itself.
pub fn repeated_of_batch<'a>(kind: &str, word: &BatchWord, before: &'a [BatchSaid]) -> Option<&'a BatchSaid> {
    let last = before.iter().rfind(|one| one.kind == kind && meet(&one.word.about, &word.about))?;
    (last.word.digest == word.digest).then_some(last)
}

fn meet(one: &str, other: &str) -> bool {
    let is_whole = one.is_empty() || other.is_empty();
    is_whole || one.split(' ').any(|number| other.split(' ').any(|wanted| wanted == number))
}

/// The payer had the claim, then took it in.
fn says_less(status: Option<ClaimStatus>, last: Option<ClaimStatus>) -> bool {
    match (status, last) {
        (Some(status), Some(last @ (ClaimStatus::PayerAccepted | ClaimStatus::Pending))) => {
            status != last && status.after(last) == last
        }
        (_, _) => false,
    }
}

/// What is compared, whatever delimiters it was written in.
struct Words(Context);

impl Words {
    fn new() -> Words {
        Words(Context::new(&SHA256))
    }

    fn add(&mut self, word: &str) {
        self.0.update(word.trim().as_bytes());
        self.0.update(b"\n");
    }

    /// A part of the file without the numbers of its levels.
    fn take(&mut self, file: &[u8], range: &std::ops::Range<usize>, delimiters: Delimiters) {
        let end = range.end.min(file.len());
        for segment in segments(file.get(range.start..end).unwrap_or_default(), delimiters) {
            if segment.starts_with(b"HL") {
                continue;
            }
            let mut empty = 0;
            for element in elements(segment, delimiters) {
                if element.trim_ascii().is_empty() {
                    empty += 1;
                    continue;
                }
                // Those at the end say nothing.
                (0..empty).for_each(|_| self.0.update(b"\x1d"));
                empty = 0;
                for component in element.split(|&byte| byte == delimiters.component) {
                    self.0.update(component.trim_ascii());
                    self.0.update(b"\x1e");
                }
                self.0.update(b"\x1d");
            }
            self.0.update(b"\x1c");
        }
    }

    fn level(&mut self, level: &Level) {
        self.add(&level.id);
        level.statuses.iter().for_each(|status| self.status(status));
    }

    fn status(&mut self, status: &Status) {
        let mut text = format!("{}|{}", status.date, status.action);
        let _ = write!(text, "|{}", status.charge.map_or(String::new(), |charge| charge.to_string()));
        status.codes.iter().for_each(|code| {
            let _ = write!(text, "|{}", code.text());
        });
        self.add(&text);
    }

    fn finish(self) -> i64 {
        let digest = self.0.finish();
        let first = digest.as_ref().first_chunk::<8>().expect("a SHA-256 has 32 bytes");
        i64::from_be_bytes(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::InboundId;

    fn before(digest: i64, day: &str, status: ClaimStatus) -> SaidBefore {
        SaidBefore { said: Said { digest, day: day.into() }, status: Some(status), inbound_id: InboundId(digest) }
    }

    fn check(now: &SaidBefore, earlier: &[&SaidBefore], is_repeat: bool) {
        let earlier: Vec<SaidBefore> = earlier.iter().map(|one| (*one).clone()).collect();
        assert_eq!(repeated(&now.said, now.status, &earlier).is_some(), is_repeat, "{now:?} after {earlier:?}");
    }

    #[test]
    fn what_the_last_answer_said_or_a_plainly_older_one_is_a_repeat_and_a_change_of_mind_is_none() {
        use ClaimStatus::{PayerAccepted, PayerReceived, PayerRejected};
        let received = before(1, "20261102", PayerReceived);
        let accepted = before(2, "20261102", PayerAccepted);
        let refused = before(3, "20261102", PayerRejected);
        let later = before(4, "20261103", PayerRejected);
        check(&accepted, &[], false);
        check(&accepted, &[&received], false);
        check(&accepted, &[&received, &accepted], true);
        check(&received, &[&received, &accepted], true);
        check(&accepted, &[&accepted, &refused], false);
        check(&refused, &[&refused, &accepted], false);
        check(&accepted, &[&accepted, &later], true);
    }

    #[test]
    fn an_answer_about_a_batch_is_compared_with_the_last_about_the_same_transactions() {
        let said = |digest, about: &str| {
            let word = BatchWord { digest, about: about.into() };
            BatchSaid { kind: "999".into(), word, inbound_id: InboundId(digest) }
        };
        let check = |now: &BatchSaid, earlier: &[&BatchSaid], is_repeat: bool| {
            let earlier: Vec<BatchSaid> = earlier.iter().map(|one| (*one).clone()).collect();
            assert_eq!(repeated_of_batch("999", &now.word, &earlier).is_some(), is_repeat, "{now:?} after {earlier:?}");
        };
        let (first, second, both, whole) = (said(1, "1"), said(2, "2"), said(3, "1 2"), said(4, ""));
        check(&first, &[&first, &second], true);
        check(&second, &[&first, &second], true);
        check(&both, &[&both, &second], false);
        check(&first, &[&first, &whole], false);
        check(&whole, &[&whole, &first], false);
        check(&said(5, "12"), &[&said(5, "12"), &first], true);
        check(&first, &[], false);
    }
}
