//! What a batch's file is called and written with: control numbers, delimiters, envelope values. Pure.

use jiff::Zoned;

use crate::domain::ClaimKind;
use crate::partner::config::Gateway as Ourselves;
use crate::partner::{Payer, Usage};
use crate::store::batches::Batch;
use crate::x12::Delimiters;

/// All that stands around the claims.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub us: Party,
    pub payer: Party,
    pub usage: Usage,
    /// ISA14: the payer is expected to answer with a TA1.
    pub ack_requested: bool,
    /// In the gateway's time zone.
    pub at: Zoned,
    pub isa13: String,
    pub gs06: String,
    pub kind: ClaimKind,
    /// BHT06.
    pub purpose: String,
    /// Begins BHT03; the ST02 follows.
    pub bht03_stem: String,
    /// PER02, then pairs of qualifier and number.
    pub contact: Vec<String>,
    /// 2010BB NM109.
    pub payer_id: String,
}

/// Who is who: ISA05/06 and NM103/NM109.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub qualifier: String,
    pub interchange_id: String,
    pub name: String,
    pub id: String,
}

pub(super) fn envelope(us: &Ourselves, payer: &Payer, batch: &Batch, numbers: (i64, i64), at: Zoned) -> Envelope {
    let mut contact = vec![us.contact.name.to_string()];
    let ways = [("TE", &us.contact.phone), ("EM", &us.contact.email)];
    for (qualifier, number) in ways {
        contact.extend(number.iter().flat_map(|number| [qualifier.to_string(), number.clone()]));
    }
    Envelope {
        us: Party {
            qualifier: us.interchange.qualifier.to_string(),
            interchange_id: us.interchange.id.to_string(),
            name: us.name.to_string(),
            id: us.etin.to_string(),
        },
        payer: Party {
            qualifier: payer.interchange.qualifier.to_string(),
            interchange_id: payer.interchange.id.to_string(),
            name: payer.name.clone(),
            id: payer.sent_id().to_string(),
        },
        usage: payer.usage.unwrap_or(us.usage),
        ack_requested: payer.expect.ta1.within(None).is_some(),
        at,
        isa13: format!("{:09}", control_number(numbers.0)),
        gs06: control_number(numbers.1).to_string(),
        kind: batch.kind,
        purpose: batch.purpose.clone(),
        bht03_stem: batch.id.to_string(),
        contact,
        payer_id: payer.sent_id().to_string(),
    }
}

/// Nine digits and never 0: after 999,999,999 comes 1.
fn control_number(taken: i64) -> i64 {
    (taken - 1).rem_euclid(999_999_999) + 1
}

/// Bytes that occur in values and so cannot separate them.
#[derive(Clone)]
pub(super) struct Used([bool; 256]);

impl Default for Used {
    fn default() -> Used {
        Used([false; 256])
    }
}

impl Used {
    pub fn add(&mut self, byte: u8) {
        self.0[usize::from(byte)] = true;
    }

    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

/// What may separate, best known first; the control characters are the ones that X12 sets aside for it.
const CANDIDATES: &[u8] = b"*^:~|>!<{}[]\\`@\x1d\x1e\x1f\x1c";

/// Four delimiters that no value holds: the usual one of each where it is free. `None` when values hold nearly
/// every sign there is.
pub(super) fn delimiters(used: &Used) -> Option<Delimiters> {
    let mut taken = used.clone();
    // The others' usual places are kept free for them as long as possible.
    let usual = [b'*', b'^', b':', b'~'];
    let mut pick = |first: u8| {
        let others = CANDIDATES.iter().copied().filter(|byte| !usual.contains(byte));
        let found = std::iter::once(first).chain(others).find(|&byte| !taken.has(byte))?;
        taken.add(found);
        Some(found)
    };
    let picked = Delimiters {
        element: pick(usual[0])?,
        repetition: Some(pick(usual[1])?),
        component: pick(usual[2])?,
        segment: pick(usual[3])?,
    };
    Some(picked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(bytes: &[u8]) -> Used {
        let mut used = Used::default();
        bytes.iter().for_each(|&byte| used.add(byte));
        used
    }

    #[test]
    fn the_usual_delimiters_are_kept_where_no_value_holds_them() {
        assert_eq!(delimiters(&used(b"AB12")), Some(Delimiters::USUAL));
        let other = delimiters(&used(b"A:B")).unwrap();
        assert_eq!(other, Delimiters { component: b'|', ..Delimiters::USUAL });
    }

    #[test]
    fn delimiters_are_always_sound_and_free() {
        for values in [&b"*^:~"[..], b"*", b"~|>", b"*^:~|>!<{}[]\\`@"] {
            let picked = delimiters(&used(values)).unwrap();
            assert_eq!(picked.fault(), None);
            assert!(!values.iter().any(|&byte| picked.is_one(byte)));
        }
        assert_eq!(delimiters(&used(CANDIDATES)), None);
    }

    #[test]
    fn control_numbers_begin_again_after_nine_nines() {
        assert_eq!([1, 999_999_999, 1_000_000_000].map(control_number), [1, 999_999_999, 1]);
    }
}
