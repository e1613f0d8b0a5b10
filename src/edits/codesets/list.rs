//! The lists that edits know, by name. Whether a list is at hand is another matter: see [`super::CodeSets`].

use crate::edits::forms;

/// A list of codes that somebody keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum List {
    Icd10Cm,
    Icd10Pcs,
    Cpt,
    Hcpcs,
    Cdt,
    Modifier,
    Revenue,
    Condition,
    Occurrence,
    Value,
    PatientStatus,
    Drg,
    Hipps,
    Ndc,
    Taxonomy,
    /// NPIs that are no longer in use, each from the day it was withdrawn.
    WithdrawnNpi,
    PlaceOfService,
    State,
    Province,
    Country,
    /// Three digits of a ZIP code and a state: `627IL`.
    Zip3,
    Carc,
    Rarc,
    ClaimStatus,
    StatusCategory,
    Entity,
}

impl List {
    pub const COUNT: usize = List::ALL.len();

    pub const ALL: [List; 26] = [
        List::Icd10Cm,
        List::Icd10Pcs,
        List::Cpt,
        List::Hcpcs,
        List::Cdt,
        List::Modifier,
        List::Revenue,
        List::Condition,
        List::Occurrence,
        List::Value,
        List::PatientStatus,
        List::Drg,
        List::Hipps,
        List::Ndc,
        List::Taxonomy,
        List::WithdrawnNpi,
        List::PlaceOfService,
        List::State,
        List::Province,
        List::Country,
        List::Zip3,
        List::Carc,
        List::Rarc,
        List::ClaimStatus,
        List::StatusCategory,
        List::Entity,
    ];

    /// As in a list's file and on the command line.
    pub fn id(self) -> &'static str {
        self.names().0
    }

    /// As people call it, and as the summary of a check names it.
    pub fn name(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            List::Icd10Cm => ("icd-10-cm", "ICD-10-CM"),
            List::Icd10Pcs => ("icd-10-pcs", "ICD-10-PCS"),
            List::Cpt => ("cpt", "CPT"),
            List::Hcpcs => ("hcpcs", "HCPCS"),
            List::Cdt => ("cdt", "CDT"),
            List::Modifier => ("modifier", "modifiers"),
            List::Revenue => ("revenue", "revenue codes"),
            List::Condition => ("condition", "condition codes"),
            List::Occurrence => ("occurrence", "occurrence codes"),
            List::Value => ("value", "value codes"),
            List::PatientStatus => ("patient-status", "patient status"),
            List::Drg => ("drg", "DRG"),
            List::Hipps => ("hipps", "HIPPS"),
            List::Ndc => ("ndc", "NDC"),
            List::Taxonomy => ("taxonomy", "taxonomy"),
            List::WithdrawnNpi => ("withdrawn-npi", "NPI"),
            List::PlaceOfService => ("place-of-service", "place of service"),
            List::State => ("state", "states"),
            List::Province => ("province", "provinces"),
            List::Country => ("country", "countries"),
            List::Zip3 => ("zip3", "ZIP prefixes"),
            List::Carc => ("carc", "CARC"),
            List::Rarc => ("rarc", "RARC"),
            List::ClaimStatus => ("claim-status", "claim status"),
            List::StatusCategory => ("claim-status-category", "claim status categories"),
            List::Entity => ("entity", "entities"),
        }
    }

    pub fn by_id(id: &str) -> Option<List> {
        List::ALL.into_iter().find(|list| list.id() == id)
    }

    /// Lists that a check cannot do without, as they have no form of their own.
    pub fn is_everyones(self) -> bool {
        matches!(self, List::PlaceOfService | List::State | List::Province | List::Country)
    }

    /// Whether a code is written as codes of this list are.
    pub fn has_form(self, code: &[u8]) -> bool {
        let plain =
            |range: std::ops::RangeInclusive<usize>| range.contains(&code.len()) && forms::capitals_or_digits(code);
        match self {
            List::Icd10Cm => forms::icd10_diagnosis(code),
            List::Icd10Pcs => forms::icd10_procedure(code),
            List::Cpt => forms::hcpcs(code) && code[0].is_ascii_digit(),
            List::Hcpcs => forms::hcpcs(code) && !code[0].is_ascii_digit(),
            List::Cdt => forms::cdt(code),
            List::Modifier | List::Condition | List::Occurrence | List::Value => plain(2..=2),
            List::Revenue => forms::revenue_code(code),
            List::PatientStatus | List::PlaceOfService => code.len() == 2 && forms::digits(code),
            List::Drg => code.len() == 3 && forms::digits(code),
            List::Hipps => forms::hipps(code),
            List::Ndc => forms::ndc(code),
            List::Taxonomy => forms::taxonomy(code),
            List::WithdrawnNpi => forms::npi(code),
            List::State | List::Province | List::Country => code.len() == 2 && forms::capitals_or_digits(code),
            List::Zip3 => plain(5..=5) && forms::digits(&code[..3]),
            List::Carc | List::Rarc | List::ClaimStatus | List::StatusCategory | List::Entity => plain(1..=5),
        }
    }

    /// The list of a procedure with qualifier HC: CPT numbers its codes, HCPCS level II begins with a letter.
    #[inline]
    pub fn of_procedure(code: &[u8]) -> List {
        if code.first().is_some_and(u8::is_ascii_digit) { List::Cpt } else { List::Hcpcs }
    }
}

/// A [`ListSet`] has room for 32.
const _: () = assert!(List::COUNT <= 32);

/// Some of the lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListSet(u32);

impl ListSet {
    #[inline]
    pub fn add(&mut self, list: List) {
        self.0 |= 1 << list as u8;
    }

    pub fn contains(self, list: List) -> bool {
        self.0 & 1 << list as u8 != 0
    }

    pub fn merge(&mut self, other: ListSet) {
        self.0 |= other.0;
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As people call them.
    pub fn names(self) -> Vec<&'static str> {
        List::ALL.into_iter().filter(|&list| self.contains(list)).map(List::name).collect()
    }
}

impl FromIterator<List> for ListSet {
    fn from_iter<I: IntoIterator<Item = List>>(lists: I) -> ListSet {
        let mut set = ListSet::default();
        lists.into_iter().for_each(|list| set.add(list));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_found_by_its_id() {
        for (nth, list) in List::ALL.into_iter().enumerate() {
            assert_eq!(list as usize, nth, "the order of ALL is the order of the variants");
            assert_eq!(List::by_id(list.id()), Some(list));
        }
        assert_eq!(List::by_id("snomed"), None);
    }

    #[test]
    fn a_set_holds_what_was_added() {
        let mut set: ListSet = [List::Cpt, List::Entity].into_iter().collect();
        assert!(set.contains(List::Cpt) && set.contains(List::Entity) && !set.contains(List::Hcpcs));
        set.merge([List::Hcpcs].into_iter().collect());
        assert_eq!(set.names(), ["CPT", "HCPCS", "entities"]);
        assert!(ListSet::default().is_empty() && !set.is_empty());
    }
}
