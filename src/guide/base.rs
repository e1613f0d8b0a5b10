//! The X12 standard beneath the guides: what tells an error against the standard from one against a guide, and a
//! segment nobody knows from one that only does not belong here.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::codes::CodeSet;
use super::source::{
    BaseElement, BaseSegment, BaseUse, CodesFile, ControlFile, ControlSegment, ElementsFile, KnownFile, KnownLine,
    SegmentsFile, SetsFile,
};

#[derive(Debug, Default)]
pub struct Base {
    pub(super) elements: ElementsFile,
    segments: SegmentsFile,
    sets: HashMap<String, HashSet<String>>,
    control: ControlFile,
    names: KnownFile,
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
        names: KnownFile,
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
            names,
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

    /// What a group holds: by its version, else by its type.
    pub fn named(&self, gs01: &str, version: &str) -> Option<&KnownLine> {
        let of_group = |line: &&KnownLine| line.gs01 == gs01;
        let of_version = |line: &&KnownLine| line.versions.iter().any(|of| printing(of, version));
        let lines = || self.names.iter();
        // A version without an X names a release of the standard and no guide.
        let of_guide = |line: &&KnownLine| version.contains('X') && of_version(line);
        let exact = lines().filter(of_version).find(of_group).or_else(|| lines().find(of_guide));
        exact.or_else(|| lines().find(of_group))
    }

    /// What a transaction is, in the version given where that is known.
    pub fn named_transaction(&self, st01: &str, version: &str) -> Option<&KnownLine> {
        let lines = || self.names.iter().filter(|line| line.st01 == st01);
        let of_version = |line: &&KnownLine| line.versions.iter().any(|of| printing(of, version));
        lines().find(of_version).or_else(|| lines().next())
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

/// Whether `version` is `of` or a later printing or correction of it: `005010X222A1`, `005010X212E2`.
fn printing(of: &str, version: &str) -> bool {
    match version.strip_prefix(of).map(str::as_bytes) {
        Some([]) => true,
        Some([b'A' | b'E', number @ ..]) => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
        Some(_) | None => false,
    }
}
