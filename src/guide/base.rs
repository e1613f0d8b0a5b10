//! The X12 standard beneath the guides: what tells an error against the standard from one against a guide, and a
//! segment nobody knows from one that only does not belong here.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::codes::CodeSet;
use super::source::{
    BaseElement, BaseSegment, BaseUse, CodesFile, ControlFile, ControlSegment, ElementsFile, SegmentsFile, SetsFile,
};

#[derive(Debug, Default)]
pub struct Base {
    pub(super) elements: ElementsFile,
    segments: SegmentsFile,
    sets: HashMap<String, HashSet<String>>,
    control: ControlFile,
    codes: HashMap<String, CodeSet>,
    external: BTreeMap<String, CodeSet>,
}

/// How far a segment id is known to the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    InTransaction,
    Elsewhere,
    Nowhere,
}

impl Base {
    pub(super) fn new(
        elements: ElementsFile,
        segments: SegmentsFile,
        sets: SetsFile,
        codes: CodesFile,
        control: ControlFile,
    ) -> Base {
        let listed = |list: &[String]| CodeSet::new(list.iter().map(String::as_str));
        Base {
            codes: elements
                .iter()
                .filter(|(_, element)| !element.codes.is_empty())
                .map(|(number, element)| (number.clone(), listed(&element.codes)))
                .collect(),
            sets: sets.into_iter().map(|(set, ids)| (set, ids.into_iter().collect())).collect(),
            external: codes.into_iter().map(|(name, list)| (name, listed(&list))).collect(),
            elements,
            segments,
            control,
        }
    }

    /// Of a data element number.
    pub fn element(&self, number: &str) -> Option<&BaseElement> {
        self.elements.get(number)
    }

    pub fn segment(&self, id: &str) -> Option<&BaseSegment> {
        self.segments.get(id)
    }

    /// A segment of the envelopes, with the names of its elements.
    pub fn control(&self, id: &str) -> Option<&ControlSegment> {
        self.control.get(id)
    }

    /// A code list kept outside X12, as `states`, `country`, `currency`, `pos`.
    pub fn external(&self, name: &str) -> Option<&CodeSet> {
        self.external.get(name)
    }

    /// Whether the standard allows a value that a guide does not. Elements without a list allow any.
    pub fn allows(&self, number: &str, value: &[u8]) -> bool {
        self.codes.get(number).is_none_or(|codes| codes.contains(value))
    }

    pub fn known(&self, st01: &str, segment: &str) -> Known {
        match self.sets.get(st01) {
            Some(set) if set.contains(segment) => Known::InTransaction,
            Some(_) | None if self.segments.contains_key(segment) => Known::Elsewhere,
            Some(_) | None if self.control.contains_key(segment) => Known::Elsewhere,
            Some(_) | None if self.sets.values().any(|set| set.contains(segment)) => Known::Elsewhere,
            Some(_) | None => Known::Nowhere,
        }
    }

    /// Whether the standard itself wants the element (or its component), whatever a guide says.
    pub(super) fn requires(&self, segment: &str, position: usize, component: usize) -> bool {
        let Some(element) = self.segments.get(segment).and_then(|s| s.els.get(position.checked_sub(1)?)) else {
            return false;
        };
        let part: Option<&BaseUse> = match component {
            0 => Some(element),
            component => element.sub.get(component - 1),
        };
        part.is_some_and(|part| part.u == "R")
    }
}
