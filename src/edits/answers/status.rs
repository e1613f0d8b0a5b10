//! Claim status requests and answers: the form of the providers' ids that are asked about, and of contacts.

use super::contact;
use super::hits::{Hits, Spotted};
use crate::edits::catalogue::answers::STATUS_NPI;
use crate::edits::forms;
use crate::x12::Segment;
use crate::x12::segment::text_of;

#[inline]
pub(super) fn asked(at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
    if segment.id() == b"NM1" && segment.element(8) == b"XX" && !forms::npi(segment.element(9)) {
        hits.add(&STATUS_NPI, at, 9, STATUS_NPI.say(&[]), &text_of(segment.element(9)));
    }
    told(at, segment, hits);
}

#[inline]
pub(super) fn told(at: Spotted, segment: &Segment<'_>, hits: &mut Hits) {
    if segment.id() == b"PER" {
        contact::check(at, segment, hits);
    }
}
