//! PER: whether a telephone number, a fax number and an address are written as such.

use super::hits::{Hits, Spotted};
use crate::edits::catalogue::answers::CONTACT_FORM;
use crate::x12::Segment;

/// Looks at the three numbers of a PER.
pub fn check(at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
    if let Some((element, what)) = odd(segment) {
        hits.add(&CONTACT_FORM, at, element, CONTACT_FORM.say(&[&what]), "");
    }
}

/// The first number that does not fit its qualifier: its element, and what it should be.
pub fn odd(segment: &Segment<'_>) -> Option<(usize, &'static str)> {
    [3, 5, 7].into_iter().find_map(|qualifier| {
        let number = segment.element(qualifier + 1);
        let (what, sound) = match segment.element(qualifier) {
            b"TE" => ("telephone number", is_telephone(number)),
            b"FX" => ("fax number", is_telephone(number)),
            b"EM" => ("e-mail address", number.contains(&b'@')),
            _ => return None,
        };
        (!number.is_empty() && !sound).then_some((qualifier + 1, what))
    })
}

/// Ten digits: area code, exchange and number.
fn is_telephone(number: &[u8]) -> bool {
    number.len() == 10 && number.iter().all(u8::is_ascii_digit)
}
