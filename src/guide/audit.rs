//! The gate of the schema data: every fault of a guide file, each as `file: place: problem`. A guide that passes
//! compiles; one that does not is never used.

use std::collections::HashSet;
use std::fmt;

use super::base::Base;
use super::codes::CodeSet;
use super::pattern::Pattern;
use super::source::{ElementLine, GuideFile, KidLine};
use super::syntax;

/// More elements than a segment's bit masks hold are not supported.
const ELEMENTS_MAX: usize = 64;

/// One fault of a schema file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    pub place: String,
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.place, self.problem)
    }
}

/// All faults of one guide.
pub fn audit(file: &str, guide: &GuideFile, base: &Base) -> Vec<Fault> {
    let mut audit = Audit { file, guide, base, faults: Vec::new(), used: HashSet::new() };
    audit.head();
    audit.kids("the transaction", &guide.kids, true);
    for (name, def) in &guide.defs {
        audit.loop_itself(&format!("defs {name}"), def);
        if !audit.used.contains(name.as_str()) {
            audit.fault(&format!("defs {name}"), "no loop refers to it");
        }
    }
    audit.faults
}

struct Audit<'a> {
    file: &'a str,
    guide: &'a GuideFile,
    base: &'a Base,
    faults: Vec<Fault>,
    /// Shared loops that are referred to.
    used: HashSet<&'a str>,
}

impl<'a> Audit<'a> {
    fn fault(&mut self, place: &str, problem: impl Into<String>) {
        self.faults.push(Fault { file: self.file.into(), place: place.into(), problem: problem.into() });
    }

    fn head(&mut self) {
        let guide = self.guide;
        for (key, value) in [("id", &guide.id), ("kind", &guide.kind), ("st01", &guide.st01), ("gs01", &guide.gs01)] {
            if value.is_empty() || value.len() > 8 {
                self.fault(key, "must have 1 to 8 characters");
            }
        }
        if !guide.accept.contains(&guide.version) {
            self.fault("accept", format!("must hold the version {} itself", guide.version));
        }
        let mut all = Vec::new();
        collect(&guide.kids, &mut all);
        guide.defs.values().for_each(|def| collect(std::slice::from_ref(def), &mut all));
        let find = |id: &str| all.iter().copied().find(|k| k.loop_id.as_deref() == Some(id) && k.reference.is_none());
        for level in &guide.levels {
            let starts = find(&level.loop_id).and_then(|found| found.kids.first());
            if starts.is_none_or(|first| first.seg.as_deref() != Some("HL")) {
                self.fault("levels", format!("{} is not a loop that begins with HL", level.loop_id));
            }
            let known = |parent: &String| guide.levels.iter().any(|other| other.code == *parent);
            if !level.parent.as_ref().is_none_or(known) {
                self.fault("levels", format!("the parent of {} is no level", level.code));
            }
        }
        for claim in &guide.claims {
            let starts = find(&claim.loop_id).and_then(|found| found.kids.first());
            let first = starts.and_then(|first| first.seg.as_deref());
            if first.is_none_or(|first| !claim.name.starts_with(first)) {
                self.fault("claims", format!("{} does not begin with the segment of {}", claim.loop_id, claim.name));
            }
            if claim.lines.as_ref().is_some_and(|lines| find(lines).is_none()) {
                self.fault("claims", format!("the lines of {} are no loop", claim.loop_id));
            }
        }
    }

    fn kids(&mut self, place: &str, kids: &'a [KidLine], top: bool) {
        for (n, kid) in kids.iter().enumerate() {
            match (&kid.loop_id, &kid.seg) {
                (Some(id), None) => {
                    let place = format!("loop {id}");
                    self.usage(&place, kid);
                    self.loop_itself(&place, kid);
                }
                (None, Some(seg)) => self.segment(&format!("{place}, {seg} {}", kid.name), seg, kid),
                (Some(_), Some(_)) | (None, None) => self.fault(place, "an item must be a loop or a segment"),
            }
            if !top && n > 0 && kid.pos < kids[n - 1].pos {
                self.fault(place, format!("pos goes back from {} to {}", kids[n - 1].pos, kid.pos));
            }
            let same_rank = kids[n + 1..].iter().take_while(|other| other.pos == kid.pos);
            for other in same_rank {
                if self.ambiguous(kid, other) {
                    let name = kid.loop_id.as_ref().or(kid.seg.as_ref()).map_or("", String::as_str);
                    self.fault(place, format!("{name} {} cannot be told from {}", kid.name, other.name));
                }
            }
        }
    }

    fn loop_itself(&mut self, place: &str, kid: &'a KidLine) {
        if kid.loop_id.as_ref().is_none_or(|id| id.is_empty() || id.len() > 8) {
            self.fault(place, "a loop id has 1 to 8 characters");
        }
        if let Some(reference) = &kid.reference {
            match self.guide.defs.get_key_value(reference) {
                Some((name, _)) => drop(self.used.insert(name)),
                None => self.fault(place, format!("ref {reference} is not among the defs")),
            }
            return;
        }
        if kid.kids.first().is_none_or(|first| first.seg.is_none()) {
            self.fault(place, "a loop must begin with a segment");
        }
        self.kids(place, &kid.kids, false);
    }

    fn usage(&mut self, place: &str, kid: &KidLine) {
        if !matches!(kid.usage.as_str(), "R" | "S") {
            self.fault(place, "use must be R or S");
        }
    }

    fn segment(&mut self, place: &str, seg: &str, kid: &'a KidLine) {
        self.usage(place, kid);
        let count = kid.els.len();
        if self.base.segment(seg).is_none() {
            self.fault(place, format!("{seg} is not among the standard's segments"));
        }
        if count == 0 || count > ELEMENTS_MAX {
            self.fault(place, format!("a segment has 1 to {ELEMENTS_MAX} elements"));
        }
        for note in &kid.syn {
            if syntax::parse(note, count).is_none() {
                self.fault(place, format!("{note} is no syntax note over these elements"));
            }
        }
        for (n, element) in kid.els.iter().enumerate() {
            self.element(place, &format!("{seg}{:02}", n + 1), element);
            for (m, component) in element.sub.iter().enumerate() {
                self.element(place, &format!("{seg}{:02}-{:02}", n + 1, m + 1), component);
            }
        }
        for key in kid.key.iter().flat_map(|key| key.all()) {
            if key_codes(kid, key).is_none() {
                self.fault(place, format!("the key {key} has no codes"));
            }
        }
    }

    fn element(&mut self, place: &str, expected: &str, element: &ElementLine) {
        let place = format!("{place}, {}", element.e);
        if element.e != expected {
            self.fault(&place, format!("{expected} was expected here"));
        }
        if !matches!(element.u.as_str(), "R" | "S" | "N") {
            self.fault(&place, "u must be R, S or N");
        }
        let composite = element.d.starts_with('C');
        if !composite && self.base.element(&element.d).is_none() {
            self.fault(&place, format!("{} is not among the data elements", element.d));
        }
        if element.u == "N" {
            return;
        }
        if composite == element.sub.is_empty() {
            self.fault(&place, "a composite, and only a composite, has components");
        }
        if !composite && element.t.as_deref().and_then(syntax::kind).is_none() {
            self.fault(&place, "t must be AN, ID, DT, TM, R or N0 to N9");
        }
        if !composite && (element.min == 0 || element.min > element.max || element.imax > element.max) {
            self.fault(&place, "lengths must be 1 <= min <= max, and imax <= max");
        }
        if element.n.is_empty() {
            self.fault(&place, "n, its name, is missing");
        }
        if let Some(codes) = &element.codes {
            let fits = |code: &String| (usize::from(element.min)..=usize::from(element.max)).contains(&code.len());
            if codes.is_empty() || !codes.iter().all(fits) {
                self.fault(&place, "codes are missing, or longer or shorter than the element");
            }
        }
        if element.re.as_ref().is_some_and(|text| Pattern::new(text).is_none()) {
            self.fault(&place, "re must be characters or [sets] with how often, as [0-9]{9}");
        }
        if element.ext.as_ref().is_some_and(|name| self.base.external(name).is_none()) {
            self.fault(&place, format!("there is no code list {}", element.ext.as_deref().unwrap_or("")));
        }
    }

    /// Two neighbours that may come in any order need keys without a value in common; a further key decides.
    fn ambiguous(&self, one: &KidLine, other: &KidLine) -> bool {
        let (Some(one), Some(other)) = (self.first_segment(one), self.first_segment(other)) else { return false };
        if one.seg != other.seg {
            return false;
        }
        let (keys, other_keys) = (keys_of(one), keys_of(other));
        if keys.len() != other_keys.len() {
            return keys.is_empty() || other_keys.is_empty();
        }
        keys.iter()
            .zip(&other_keys)
            .all(|((key, codes), (other_key, others))| key == other_key && codes.overlaps(others))
    }

    fn first_segment<'k>(&'k self, kid: &'k KidLine) -> Option<&'k KidLine> {
        let kid = match &kid.reference {
            Some(reference) => self.guide.defs.get(reference)?,
            None => kid,
        };
        if kid.seg.is_some() { Some(kid) } else { kid.kids.first() }
    }
}

fn collect<'k>(kids: &'k [KidLine], into: &mut Vec<&'k KidLine>) {
    for kid in kids {
        into.push(kid);
        collect(&kid.kids, into);
    }
}

fn keys_of(kid: &KidLine) -> Vec<(&str, CodeSet)> {
    let keys = kid.key.iter().flat_map(|key| key.all());
    keys.filter_map(|key| Some((key.as_str(), CodeSet::new(key_codes(kid, key)?.iter().map(String::as_str))))).collect()
}

fn key_codes<'k>(kid: &'k KidLine, key: &str) -> Option<&'k Vec<String>> {
    let elements = kid.els.iter().flat_map(|element| std::iter::once(element).chain(&element.sub));
    elements.into_iter().find(|element| element.e == key)?.codes.as_ref()
}
