//! Identifiers. Each table has its own type; all are 60-bit numbers that grow with time, so that a
//! table's newest rows stand together, written outside as twelve characters of Crockford's base 32.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 12;
/// 1 January 2025, 00:00 UTC, in milliseconds: ids count from here.
const EPOCH_MS: i64 = 1_735_689_600_000;
const NODE_BITS: u32 = 6;
const SEQUENCE_BITS: u32 = 13;

/// Draws ids: 41 bits of milliseconds, 6 of node, 13 of sequence. Never repeats and never goes back,
/// also when the clock does.
#[derive(Debug)]
pub struct IdSource {
    node: u64,
    /// Milliseconds and sequence of the last id drawn.
    last: AtomicU64,
}

impl IdSource {
    /// `node` is 0 to 63; each running gateway over one store has its own.
    pub fn new(node: u8) -> IdSource {
        IdSource { node: u64::from(node) & ((1 << NODE_BITS) - 1), last: AtomicU64::new(0) }
    }

    /// Draws ids greater than `newest` from now on: of an earlier run, whose clock may have been ahead of this one's.
    pub fn begin_after(&self, newest: i64) {
        let (ms, sequence) = (newest as u64 >> (NODE_BITS + SEQUENCE_BITS), newest as u64 & ((1 << SEQUENCE_BITS) - 1));
        self.last.fetch_max((ms << SEQUENCE_BITS) | sequence, Ordering::Relaxed);
    }

    pub fn draw<T: From<i64>>(&self, now_ms: i64) -> T {
        T::from(self.draw_many(now_ms, 1))
    }

    /// Draws `count` ids at once and returns the first; the others follow through [`IdSource::nth`].
    fn draw_many(&self, now_ms: i64, count: u64) -> i64 {
        let now = u64::try_from(now_ms - EPOCH_MS).unwrap_or(0) << SEQUENCE_BITS;
        let previous = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(last.max(now) + count))
            .expect("the closure always gives a value");
        let ticket = previous.max(now) + 1;
        let (ms, sequence) = (ticket >> SEQUENCE_BITS, ticket & ((1 << SEQUENCE_BITS) - 1));
        ((ms << (NODE_BITS + SEQUENCE_BITS)) | (self.node << SEQUENCE_BITS) | sequence) as i64
    }
}

/// All ids drawn before this time are smaller.
pub fn first_of(ms: i64) -> i64 {
    (ms - EPOCH_MS).max(0) << (NODE_BITS + SEQUENCE_BITS)
}

/// The number of the gateway that drew an id.
pub fn node_of(id: i64) -> i64 {
    (id >> SEQUENCE_BITS) & ((1 << NODE_BITS) - 1)
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: twelve characters 0-9 A-Z (without I, L, O and U) are expected")]
pub struct NotAnId;

fn encode(id: i64) -> [u8; LENGTH] {
    let mut out = [b'0'; LENGTH];
    let mut rest = id as u64;
    for place in out.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    out
}

fn decode(text: &str) -> Result<i64, NotAnId> {
    if text.len() != LENGTH {
        return Err(NotAnId);
    }
    let mut id = 0i64;
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|&a| a == byte.to_ascii_uppercase()).ok_or(NotAnId)?;
        id = (id << 5) | value as i64;
    }
    Ok(id)
}

macro_rules! id {
    ($(#[$doc:meta] $name:ident;)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(raw: i64) -> $name { $name(raw) }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&encode(self.0)).expect("the alphabet is ASCII"))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<$name, NotAnId> { decode(text).map($name) }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.collect_str(self) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<$name, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id! {
    /// A file of bytes as it came in or went out, sealed in the payload store.
    PayloadId;
    /// A file a submitter handed in.
    SubmissionId;
    /// One ST..SE of a submission.
    TransactionId;
    /// A claim; its trace number in REF*D9 is made from it.
    ClaimId;
    /// The claims sent to one payer in one 837.
    BatchId;
    /// A file on its way to a partner's endpoint.
    DeliveryId;
    /// A response file of a payer.
    InboundId;
    /// A file waiting in a submitter's mailbox.
    MailId;
    /// A response that matched no claim.
    ExceptionId;
    /// One 835 transaction: one payment to one payee.
    RemittanceId;
    /// One claim's part (CLP) of a remittance.
    PaymentId;
    /// An event on a claim, a batch or a submission.
    EventId;
    /// An API key.
    KeyId;
    /// An alarm raised by the watch stage.
    AlarmId;
}

impl ClaimId {
    /// When it was drawn: milliseconds since 1970.
    pub fn received_at_ms(self) -> i64 {
        (self.0 >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS
    }

    /// The trace number sent in REF*D9: the id and a check character, 13 characters, so that a damaged
    /// one is not taken for another claim's.
    pub fn trace_number(self) -> String {
        let body = encode(self.0);
        let mut text = String::from_utf8(body.to_vec()).expect("the alphabet is ASCII");
        text.push(char::from(ALPHABET[check_value(&body)]));
        text
    }

    /// Reads a trace number as a payer gives it back; case and blanks around it do not matter.
    pub fn from_trace_number(text: &str) -> Option<ClaimId> {
        let text = text.trim().to_ascii_uppercase();
        let (body, check) = text.split_at_checked(LENGTH)?;
        let id = decode(body).ok()?;
        (check.len() == 1 && check.as_bytes()[0] == ALPHABET[check_value(body.as_bytes())]).then_some(ClaimId(id))
    }
}

/// The sum of the characters' values weighted 1 to 12, modulo the prime 31: finds any one wrong
/// character (but 0 for Z) and any two neighbours that changed places.
fn check_value(body: &[u8]) -> usize {
    let value = |byte: u8| ALPHABET.iter().position(|&a| a == byte).unwrap_or(0);
    body.iter().enumerate().map(|(place, &byte)| (place + 1) * value(byte)).sum::<usize>() % 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_and_never_repeat_also_when_the_clock_goes_back() {
        let source = IdSource::new(3);
        let mut last = ClaimId(0);
        for step in 0..100_000i64 {
            let now = 1_800_000_000_000 + if step % 7 == 0 { -5_000 } else { step / 100 };
            let id: ClaimId = source.draw(now);
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn ids_grow_also_when_the_clock_was_put_back_between_two_runs() {
        for (before, after) in [(3, 3), (3, 0), (0, 63)] {
            let newest = IdSource::new(before).draw::<ClaimId>(1_800_000_000_000);
            let source = IdSource::new(after);
            source.begin_after(newest.0);
            let next: ClaimId = source.draw(1_700_000_000_000);
            let (next_ticket, newest_ticket) =
                (next.0 >> 19 << 13 | next.0 & 8191, newest.0 >> 19 << 13 | newest.0 & 8191);
            assert!(next_ticket > newest_ticket, "{next} after {newest}");
        }
    }

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id: ClaimId = IdSource::new(0).draw(1_800_000_000_000);
        assert_eq!(id.to_string().len(), 12);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        assert_eq!("12".parse::<ClaimId>(), Err(NotAnId));
    }

    #[test]
    fn a_damaged_trace_number_is_nobodys() {
        let id: ClaimId = IdSource::new(0).draw(1_800_000_000_123);
        let trace = id.trace_number();
        assert_eq!(trace.len(), 13);
        assert_eq!(ClaimId::from_trace_number(&format!(" {} ", trace.to_lowercase())), Some(id));
        assert_eq!(ClaimId::from_trace_number(&trace[..12]), None);
        for place in 0..12 {
            let mut other = trace.clone().into_bytes();
            other[place] = if other[place] == b'5' { b'6' } else { b'5' };
            assert_eq!(ClaimId::from_trace_number(std::str::from_utf8(&other).unwrap()), None);
        }
    }
}
