//! What a person reads for a place that is told by its ids: the names of loops and elements, and where a loop
//! stands. For reports, not for the walk, which has these at hand.

use super::model::{Guide, Loop};
use super::{NodeId, Tag};
use crate::x12::Segment;

/// No guide nests loops so deep; a guide that does is told from further in.
const DEPTH_MAX: usize = 12;

impl Guide {
    /// The loop with this id and those around it, outermost first. Of a loop that the guide has in several places
    /// (`2300` under subscriber and patient) nothing around it is told.
    pub fn loop_path(&self, id: &str) -> Vec<&Loop> {
        let mut path = Vec::new();
        let mut next = Tag::of(id.as_bytes()).filter(|tag| !tag.is_none());
        while let Some(tag) = next.filter(|_| path.len() < DEPTH_MAX) {
            let Some(found) = self.loops.iter().find(|found| found.loop_id == tag) else { break };
            path.push(found);
            let mut around = self.loops.iter().filter(|around| self.holds(around, tag)).map(|around| around.loop_id);
            next = around.next().filter(|only| !only.is_none() && around.all(|other| other == *only));
        }
        path.reverse();
        path
    }

    fn holds(&self, around: &Loop, inner: Tag) -> bool {
        let kids = &self.kids[usize::from(around.first_kid)..][..usize::from(around.kid_count)];
        kids.iter().filter_map(|kid| kid.inner).any(|kid| self.loop_of(kid).loop_id == inner)
    }

    /// The place in a loop that a segment was taken for: the one whose qualifiers fit, or else the first of its id.
    pub fn place_in_loop(&self, loop_id: Option<&str>, segment: &Segment<'_>) -> Option<NodeId> {
        let (id, loop_id) = (Tag::of(segment.id())?, Tag::of(loop_id.unwrap_or_default().as_bytes())?);
        let places = || (0..).zip(&self.nodes).filter(|(_, node)| node.segment == id && node.loop_id == loop_id);
        let fits = |keys: &[super::model::Key]| {
            keys.iter().all(|key| {
                let value = match key.component {
                    0 => segment.element(usize::from(key.element)),
                    component => segment.component(usize::from(key.element), usize::from(component)),
                };
                self.codes[usize::from(key.codes)].contains(value)
            })
        };
        let place = places().find(|(_, node)| fits(&node.keys)).or_else(|| places().next());
        place.map(|(at, _)| NodeId(at))
    }
}

#[cfg(test)]
mod tests {
    use crate::guide::Guides;
    use crate::x12::{Delimiters, Looks, Segment};

    #[test]
    fn a_loop_is_told_with_those_around_it_as_far_as_they_are_certain() {
        let guides = Guides::load(None).unwrap();
        let guide = guides.get("837P").unwrap();
        let ids = |id: &str| guide.loop_path(id).iter().map(|found| found.loop_id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids("2010AA"), ["2000A", "2010AA"]);
        // A claim stands under the subscriber or the patient.
        assert_eq!(ids("2420A"), ["2300", "2400", "2420A"]);
        assert_eq!(ids("9999"), [""; 0]);
        assert_eq!(ids(""), [""; 0]);
    }

    #[test]
    fn a_segment_is_named_by_its_qualifier() {
        let guides = Guides::load(None).unwrap();
        let guide = guides.get("837P").unwrap();
        let check = |loop_id: &str, text: &str, expected: &str| {
            let starts: Vec<u32> = text.match_indices('*').map(|(at, _)| at as u32 + 1).collect();
            let starts = [&[0], &starts[..], &[text.len() as u32 + 1]].concat();
            let (bytes, delimiters, looks) = (text.as_bytes(), Delimiters::USUAL, Looks::UNKNOWN);
            let segment = Segment { bytes, starts: &starts, offset: 0, line: 1, delimiters, looks };
            let node = guide.place_in_loop(Some(loop_id), &segment).unwrap();
            assert_eq!(guide.segment(node).name, expected);
        };
        check("2300", "REF*G1*123", "Prior Authorization");
        check("2300", "REF*F8*123", "Payer Claim Control Number");
    }
}
