//! Names of people as payers write them: compared without case, blanks and signs.

use crate::domain::Phi;
use crate::x12::Segment;

/// NM103 and NM104.
#[derive(Clone, Debug, Default)]
pub struct PersonName {
    pub last: Phi<String>,
    pub first: Phi<String>,
}

impl PersonName {
    /// The person that an NM1 names; `None` when it names none.
    pub fn of(segment: &Segment<'_>) -> Option<PersonName> {
        let last = segment.text(3).trim().to_string();
        let first = segment.text(4).trim().to_string();
        (!last.is_empty()).then(|| PersonName { last: Phi::new(last), first: Phi::new(first) })
    }

    /// True when last and first name agree; payers cut long first names and leave middle ones out.
    pub fn is(&self, last: &str, first: &str) -> bool {
        let (said, known) = (plain(self.first.reveal()), plain(first));
        let firsts = !said.is_empty() && (known.starts_with(&said) || said.starts_with(&known)) && !known.is_empty();
        firsts && plain(self.last.reveal()) == plain(last)
    }

    /// All words but those of the last name, wherever they were put; none where only a last name is told.
    fn given_names(&self, last: &str) -> Vec<String> {
        let family = words(last);
        let (lasts, firsts) = (words(self.last.reveal()), words(self.first.reveal()));
        if firsts.is_empty() && !family.iter().all(|word| lasts.contains(word)) {
            return Vec::new();
        }
        lasts.into_iter().chain(firsts).filter(|word| !family.contains(word)).collect()
    }
}

/// What a comparison of names gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Last and first name, in either order.
    Same,
    /// Neither the same nor another's, as after a marriage; or one side does not say.
    Alike,
    /// The first name is another.
    Other,
}

/// How a patient's name agrees with those that an answer gives, the patient's own first and then the insured's.
pub fn likeness(said: &[PersonName], last: &str, first: &str) -> Likeness {
    let Some(patient) = said.first() else { return Likeness::Alike };
    let are_same = |name: &PersonName| name.is(last, first) || name.is(first, last);
    if are_same(patient) {
        return Likeness::Same;
    }
    let (given, known) = (patient.given_names(last), words(first));
    // An initial, a short form or one of several given names is no other name.
    let begins = |one: &String| known.iter().any(|known| known.starts_with(one) || one.starts_with(known));
    if !given.is_empty() && !known.is_empty() && !given.iter().any(begins) {
        return Likeness::Other;
    }
    if said[1..].iter().any(are_same) { Likeness::Same } else { Likeness::Alike }
}

/// The words of a name, each as [`plain`] has it.
fn words(name: &str) -> Vec<String> {
    let is_between = |c: char| !c.is_alphabetic() && c != '\'' && c != '`';
    name.split(is_between).map(plain).filter(|word| !word.is_empty()).collect()
}

/// Letters alone, in capitals.
pub fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(last: &str, first: &str) -> PersonName {
        PersonName { last: Phi::new(last.into()), first: Phi::new(first.into()) }
    }

    #[test]
    fn another_first_name_is_another_person_and_a_loosely_written_one_is_not() {
        let check = |said: &[(&str, &str)], known: (&str, &str), expected: Likeness| {
            let names: Vec<PersonName> = said.iter().map(|(last, first)| name(last, first)).collect();
            assert_eq!(likeness(&names, known.0, known.1), expected, "{said:?} and {known:?}");
        };
        check(&[("FAMLY", "BEN")], ("FAMLY", "ANNA"), Likeness::Other);
        check(&[("FAMLY", "Anna")], ("FAMLY", "ANNA"), Likeness::Same);
        check(&[("ANNA", "FAMLY")], ("FAMLY", "ANNA"), Likeness::Same);
        check(&[("BEN", "FAMLY")], ("FAMLY", "ANNA"), Likeness::Other);
        check(&[("FAMLY BEN", "")], ("FAMLY", "ANNA"), Likeness::Other);
        check(&[("FAMLY ANNA", "")], ("FAMLY", "ANNA"), Likeness::Alike);
        check(&[("FAMLY", "")], ("FAMLY", "ANNA"), Likeness::Alike);
        check(&[("WEDDED", "ANNA")], ("FAMLY", "ANNA"), Likeness::Alike);
        check(&[("WEDDED", "")], ("FAMLY", "ANNA"), Likeness::Alike);
        check(&[("O'BRIEN", "J MARY")], ("OBRIEN", "MARY"), Likeness::Alike);
        check(&[("VANDYKE", "C")], ("VAN DYKE", "CHRIS"), Likeness::Same);
        // The insured is no patient.
        check(&[("FAMLY", "BEN"), ("FAMLY", "DAD")], ("FAMLY", "DAD"), Likeness::Other);
        check(&[("X", ""), ("FAMLY", "DAD")], ("FAMLY", "DAD"), Likeness::Same);
        check(&[], ("FAMLY", "ANNA"), Likeness::Alike);
    }

    #[test]
    fn names_agree_whatever_their_case_signs_and_length() {
        assert!(name("O'Brien", "Mary").is("OBRIEN", "MARY ANN"));
        assert!(name("VAN DYKE", "CHRISTOPHER").is("Van-Dyke", "CHRIST"));
        assert!(!name("SMITH", "JOHN").is("SMITH", "JANE"));
        assert!(!name("SMITH", "").is("SMITH", "JANE"), "a last name alone is shared by many");
        assert!(!name("SMITH", "JOHN").is("SMYTHE", "JOHN"));
    }
}
