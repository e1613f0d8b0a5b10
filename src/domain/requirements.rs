//! What a payer asks of the claims it is sent, beyond the guides: read from its file, held against claims by the
//! edits. A requirement that the file does not set asks for nothing.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// Days after the last service in which an original claim must come.
    pub timely_filing_days: Option<u32>,
    /// The same for a replacement (frequency 7).
    pub timely_correction_days: Option<u32>,
    /// What a member id looks like.
    pub member_id: Option<Pattern>,
    pub needs: Needs,
    pub refuses: Refuses,
    /// Service lines of one claim.
    pub lines_max: Option<u32>,
    /// Characters of CLM01.
    pub control_number_chars_max: Option<u32>,
    /// Small letters are refused.
    pub capitals_only: bool,
    /// All services of a claim are of one calendar year.
    pub one_calendar_year: bool,
    /// Billing providers that are enrolled for its electronic remittances; empty: not known.
    pub remittance_npis: Vec<String>,
}

/// What every claim must bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub billing_taxonomy: bool,
    pub group_number: bool,
    pub authorization: bool,
}

/// What the payer does not take electronically.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refuses {
    pub secondary: bool,
    pub attachments: bool,
    pub replacements: bool,
}

impl Requirements {
    pub fn asks_nothing(&self) -> bool {
        *self == Requirements::default()
    }
}

/// A regular expression over bytes.
#[derive(Clone)]
pub struct Pattern(regex::bytes::Regex);

impl Pattern {
    pub fn fits(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }
}

impl FromStr for Pattern {
    type Err = String;
    fn from_str(text: &str) -> Result<Pattern, String> {
        if !text.starts_with('^') || !text.ends_with('$') {
            return Err(format!("\"{text}\" must begin with ^ and end with $, so that it speaks of the whole id"));
        }
        regex::bytes::Regex::new(text).map(Pattern).map_err(|error| {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("\"{text}\" is no regular expression: {last}")
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_speaks_of_the_whole_id() {
        let pattern: Pattern = "^[A-Z]{3}[0-9]{9}$".parse().unwrap();
        assert!(pattern.fits(b"XEA123456789") && !pattern.fits(b"XEA12345678") && !pattern.fits(b"XXEA123456789"));
        for wrong in ["[A-Z]+", "^[A-Z+$", "", "^("] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
        assert!("^[A-Z+$".parse::<Pattern>().unwrap_err().contains("unclosed character class"));
    }

    #[test]
    fn a_payer_that_sets_nothing_asks_nothing() {
        assert!(Requirements::default().asks_nothing());
        assert!(!Requirements { lines_max: Some(50), ..Requirements::default() }.asks_nothing());
    }
}
