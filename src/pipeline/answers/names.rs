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
    fn names_agree_whatever_their_case_signs_and_length() {
        assert!(name("O'Brien", "Mary").is("OBRIEN", "MARY ANN"));
        assert!(name("VAN DYKE", "CHRISTOPHER").is("Van-Dyke", "CHRIST"));
        assert!(!name("SMITH", "JOHN").is("SMITH", "JANE"));
        assert!(!name("SMITH", "").is("SMITH", "JANE"), "a last name alone is shared by many");
        assert!(!name("SMITH", "JOHN").is("SMYTHE", "JOHN"));
    }
}
