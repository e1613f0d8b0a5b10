//! What the checks of answers found, until it is told on: each a finding that lacks only the numbers of its envelopes.

use std::borrow::Cow;

use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope};
use crate::guide::{Step, Tag};
use crate::x12::Segment;
use crate::x12::segment::text_of;

/// Where a segment stood.
#[derive(Clone, Copy, Debug)]
pub struct Spotted {
    id: Tag,
    loop_id: Tag,
    position: u32,
    line: u32,
    offset: u64,
}

impl Default for Spotted {
    fn default() -> Spotted {
        Spotted { id: Tag::NONE, loop_id: Tag::NONE, position: 0, line: 0, offset: 0 }
    }
}

impl Spotted {
    #[inline]
    pub fn of(step: &Step, segment: &Segment<'_>, position: u32) -> Spotted {
        let (offset, line) = (segment.offset, segment.line);
        Spotted { id: step.segment, loop_id: step.loop_id, position, line, offset }
    }
}

/// Findings that wait.
#[derive(Debug, Default)]
pub struct Hits {
    found: Vec<Finding>,
    /// CLP01 of the claim being read; empty outside of claims.
    claim: Vec<u8>,
}

impl Hits {
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn start(&mut self) {
        self.found.clear();
        self.claim.clear();
    }

    pub fn enter_claim(&mut self, name: &[u8]) {
        self.claim.extend_from_slice(name);
    }

    pub fn claim_name(&self) -> &[u8] {
        &self.claim
    }

    pub fn leave_claim(&mut self) {
        self.claim.clear();
    }

    pub fn take(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.found)
    }

    /// `element` 0 is the whole segment.
    #[cold]
    pub fn add(&mut self, edit: &'static Edit, at: Spotted, element: usize, message: String, value: &str) {
        let segment =
            SegmentPlace { id: Cow::Owned(at.id.to_string()), position: at.position, offset: at.offset, line: at.line };
        self.found.push(Finding {
            edit: Cow::Borrowed(edit.id),
            snip: edit.snip,
            severity: edit.severity,
            scope: Scope::Transaction,
            place: Place {
                claim: (!self.claim.is_empty()).then(|| text_of(&self.claim)),
                segment: (at.position > 0).then_some(segment),
                loop_id: (!at.loop_id.is_none()).then(|| Cow::Owned(at.loop_id.to_string())),
                element: u16::try_from(element).ok().filter(|element| *element > 0),
                ..Place::default()
            },
            value: (!value.is_empty()).then(|| value.to_string()),
            message,
            fix: edit.fix.to_string(),
            ack: AckCodes::default(),
            statuses: edit.status_codes(""),
            trigger: None,
        });
    }
}
