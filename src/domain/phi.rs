//! Patient data that must not reach a log, a metric, a URL or an error text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value about a patient. It prints as `[phi]`; [`Phi::reveal`] is the only way out, so a reviewer can
/// search for it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    pub fn new(value: T) -> Phi<T> {
        Phi(value)
    }

    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> From<T> for Phi<T> {
    fn from(value: T) -> Phi<T> {
        Phi(value)
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phi]")
    }
}

impl<T> fmt::Display for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phi]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_print() {
        let name = Phi::new("DOE".to_string());
        assert_eq!(format!("{name} {name:?}"), "[phi] [phi]");
        assert_eq!(name.reveal(), "DOE");
    }
}
