//! Code lists kept by others. An edit asks here; where no list is loaded, only a code's form is judged.

use std::fmt;

use super::day::Day;

/// What a list says of a code on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// In force, and specific enough to bill.
    Billable,
    /// In force, with more specific codes under it.
    Heading,
    /// Not in the list of that day.
    Unknown,
}

/// A list of diagnosis codes with the days they are in force.
pub trait Diagnoses: Send + Sync {
    fn look_up(&self, code: &[u8], on: Day) -> Listed;
}

/// The lists that are loaded.
#[derive(Default)]
pub struct CodeSets {
    diagnoses: Option<Box<dyn Diagnoses>>,
}

impl CodeSets {
    /// No list: forms only.
    pub fn form_only() -> CodeSets {
        CodeSets::default()
    }

    pub fn with_diagnoses(diagnoses: impl Diagnoses + 'static) -> CodeSets {
        CodeSets { diagnoses: Some(Box::new(diagnoses)) }
    }

    /// Billable where no list is loaded.
    pub fn diagnosis(&self, code: &[u8], on: Day) -> Listed {
        self.diagnoses.as_ref().map_or(Listed::Billable, |list| list.look_up(code, on))
    }
}

impl fmt::Debug for CodeSets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeSets {{ diagnoses: {} }}", if self.diagnoses.is_some() { "listed" } else { "form only" })
    }
}
