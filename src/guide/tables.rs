//! The standard's tables put together: those in the binary, what an operator's `base/*.json` replaces or adds line
//! by line, and what a guide brings along for itself.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::audit::Fault;
use super::base::Base;
use super::load::{Text, fault, parse};
use super::source::{
    BaseAdditions, CodesFile, ControlFile, ElementsFile, GuideFile, KnownFile, SegmentsFile, SetsFile,
};

#[derive(Debug, Default)]
pub(super) struct Tables {
    elements: ElementsFile,
    segments: SegmentsFile,
    sets: SetsFile,
    codes: CodesFile,
    control: ControlFile,
    known: KnownFile,
}

impl Tables {
    /// Of files in their order, each named as `base/elements.json`; what a later one says of a key counts.
    pub fn read(files: &[Text], faults: &mut Vec<Fault>) -> Tables {
        let mut tables = Tables::default();
        for (name, text) in files {
            match name.as_str() {
                "base/elements.json" => extend(&mut tables.elements, name, text, faults),
                "base/segments.json" => extend(&mut tables.segments, name, text, faults),
                "base/sets.json" => extend(&mut tables.sets, name, text, faults),
                "base/codes.json" => extend(&mut tables.codes, name, text, faults),
                "base/control.json" => extend(&mut tables.control, name, text, faults),
                "base/known.json" => extend(&mut tables.known, name, text, faults),
                _ => faults.push(fault(name, "file name", "is none of the standard's tables")),
            }
        }
        tables
    }

    /// What a guide brings along must be new, or what is known already.
    pub fn add(&mut self, name: &str, guide: &GuideFile, faults: &mut Vec<Fault>) {
        let BaseAdditions { elements, segments, sets, codes } = &guide.base;
        add(&mut self.elements, "elements", elements, name, faults);
        add(&mut self.segments, "segments", segments, name, faults);
        add(&mut self.sets, "sets", sets, name, faults);
        add(&mut self.codes, "codes", codes, name, faults);
        for (id, segment) in segments {
            let uses = segment.els.iter().flat_map(|one| std::iter::once(one).chain(&one.sub));
            for used in uses.filter(|used| used.sub.is_empty() && !self.elements.contains_key(&used.d)) {
                let problem = format!("{} is not among the data elements", used.d);
                faults.push(fault(name, &format!("base segments {id}"), &problem));
            }
        }
    }

    pub fn base(self) -> Base {
        Base::new(self.elements, self.segments, self.sets, self.codes, self.control, self.known)
    }
}

fn extend<T>(table: &mut T, name: &str, text: &str, faults: &mut Vec<Fault>)
where
    T: DeserializeOwned + IntoIterator + Extend<<T as IntoIterator>::Item>,
{
    table.extend(parse::<T>(name, text, faults).into_iter().flatten());
}

fn add<V: Clone + PartialEq>(
    table: &mut BTreeMap<String, V>,
    kind: &str,
    more: &BTreeMap<String, V>,
    file: &str,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in more {
        let known = table.entry(key.clone()).or_insert_with(|| value.clone());
        if *known != *value {
            let problem = "the standard's tables say something else of it; change them in base/*.json";
            faults.push(fault(file, &format!("base {kind} {key}"), problem));
        }
    }
}
