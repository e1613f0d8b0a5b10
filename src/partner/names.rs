//! Names and identifiers that partners are known by, each checked once when it is read.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use super::door::Section;

macro_rules! checked_text {
    ($($(#[$doc:meta])* $name:ident checked by $check:path;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<$name, String> {
                match $check(text) {
                    Some(problem) => Err(format!("\"{text}\" {problem}")),
                    None => Ok($name(text.to_string())),
                }
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { &self.0 }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", self.0) }
        }
    )*};
}

checked_text! {
    /// The stem of a partner's file and its SFTP login: `acme`.
    PartnerName checked by partner_name_problem;
    /// ISA05 or ISA07.
    Qualifier checked by qualifier_problem;
    /// ISA06 or ISA08, without the padding to 15 characters.
    PartyId checked by party_id_problem;
    /// A submitter's identifier: NM109 of 1000A.
    Etin checked by x12_id_problem;
    /// A payer's identifier: NM109 of 2010BB. Compared by [`PayerId::key`].
    PayerId checked by x12_id_problem;
    /// A National Provider Identifier whose check digit is right.
    Npi checked by npi_problem;
    /// The stable name of an edit: `bstar-prior-auth`.
    EditId checked by edit_id_problem;
    /// A name for people, as it goes into NM103 or PER02.
    DisplayName checked by display_name_problem;
}

impl PayerId {
    /// The form in which payer ids are compared: claims name payers in either case.
    pub fn key(&self) -> String {
        payer_key(self.as_str())
    }
}

/// A payer id as it came in a claim, in the form in which payer ids are compared.
pub fn payer_key(written: &str) -> String {
    written.trim().to_ascii_uppercase()
}

/// Who a partner is on the envelope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterchangeId {
    pub qualifier: Qualifier,
    pub id: PartyId,
}

impl InterchangeId {
    pub fn new(qualifier: &str, id: &str) -> Result<InterchangeId, String> {
        Ok(InterchangeId { qualifier: qualifier.parse()?, id: id.parse()? })
    }

    /// The id as ISA06 and ISA08 hold it: 15 characters.
    pub fn padded(&self) -> String {
        format!("{:<15}", self.id)
    }

    /// True for the ISA elements of an interchange; padding does not count.
    pub fn is(&self, qualifier: &str, id: &str) -> bool {
        self.qualifier.as_str() == qualifier.trim_end() && self.id.as_str() == id.trim_end()
    }

    /// `[interchange]` of a partner's file.
    pub(super) fn read(section: &Section<'_>) -> Option<InterchangeId> {
        let qualifier = section.required("qualifier", "\"ZZ\"");
        let id = section.required("id", "\"ACMEBILL\", what stands in ISA06 of their files");
        Some(InterchangeId { qualifier: qualifier?, id: id? })
    }
}

impl fmt::Display for InterchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.qualifier, self.id)
    }
}

const PARTNER_NAME_CHARACTERS_MAX: usize = 64;
const PARTY_ID_CHARACTERS_MAX: usize = 15;
/// NM109 and NM103 take so many.
const X12_ID_CHARACTERS_MAX: usize = 80;
const DISPLAY_NAME_CHARACTERS_MAX: usize = 60;

fn partner_name_problem(text: &str) -> Option<&'static str> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (!starts_well || text.len() > PARTNER_NAME_CHARACTERS_MAX || !text.bytes().all(sound)).then_some(
        "cannot be a partner's name: lower-case letters, digits, - and _, at most 64, the first a letter or digit",
    )
}

/// The qualifiers that the 005010 guides of health care allow.
fn qualifier_problem(text: &str) -> Option<&'static str> {
    let known = ["01", "14", "20", "27", "28", "29", "30", "33", "ZZ"];
    (!known.contains(&text)).then_some("is no interchange qualifier: one of 01, 14, 20, 27, 28, 29, 30, 33, ZZ")
}

fn party_id_problem(text: &str) -> Option<&'static str> {
    if text.len() > PARTY_ID_CHARACTERS_MAX {
        return Some("is too long: an interchange id has at most 15 characters");
    }
    x12_id_problem(text)
}

fn x12_id_problem(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.trim() != text {
        return Some("must not be empty, nor begin or end with a space");
    }
    if text.len() > X12_ID_CHARACTERS_MAX {
        return Some("is too long: at most 80 characters");
    }
    (!text.bytes().all(goes_into_x12))
        .then_some("cannot be written into X12: letters, digits, spaces and signs other than * : ^ ~ | only")
}

fn display_name_problem(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.trim() != text {
        return Some("must not be empty, nor begin or end with a space");
    }
    if text.chars().count() > DISPLAY_NAME_CHARACTERS_MAX {
        return Some("is too long: at most 60 characters");
    }
    (!text.bytes().all(goes_into_x12))
        .then_some("cannot be written into X12: letters, digits, spaces and signs other than * : ^ ~ | only")
}

/// Printable, and none of the delimiters that we or most partners write with.
fn goes_into_x12(byte: u8) -> bool {
    (byte.is_ascii_graphic() || byte == b' ') && !b"*:^~|".contains(&byte)
}

/// Ten digits, the first 1 or 2, whose Luhn sum over `80840` and the number is a multiple of ten.
fn npi_problem(text: &str) -> Option<&'static str> {
    let digits = text.as_bytes();
    if digits.len() != 10 || !digits.iter().all(u8::is_ascii_digit) || !matches!(digits[0], b'1' | b'2') {
        return Some("is no NPI: ten digits, the first a 1 or 2");
    }
    // The prefix 80840 adds 24 to the sum.
    let sum = digits.iter().rev().enumerate().fold(24, |sum, (place, digit)| {
        let value = u32::from(digit - b'0') << (place % 2);
        sum + value / 10 + value % 10
    });
    (sum % 10 != 0).then_some("is no NPI: its check digit is wrong, so a digit was mistyped")
}

fn edit_id_problem(text: &str) -> Option<&'static str> {
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (text.is_empty() || text.len() > PARTNER_NAME_CHARACTERS_MAX || !text.bytes().all(sound))
        .then_some("cannot be an edit's id: lower-case letters, digits and -, at most 64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_name_can_be_a_file_and_a_login() {
        for name in ["acme", "acme-2", "blue_star", "1st"] {
            assert!(name.parse::<PartnerName>().is_ok(), "{name}");
        }
        for name in ["", "Acme", "-acme", "a.b", "a/b", "ac me", "ä"] {
            assert!(name.parse::<PartnerName>().is_err(), "{name}");
        }
    }

    #[test]
    fn an_npi_with_a_wrong_check_digit_is_refused() {
        assert!("1234567893".parse::<Npi>().is_ok());
        for wrong in ["1234567890", "3234567893", "123456789", "12345678931", "123456789X"] {
            assert!(wrong.parse::<Npi>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_interchange_id_fits_the_isa() {
        let id = InterchangeId::new("ZZ", "ACMEBILL").unwrap();
        assert_eq!(id.padded(), "ACMEBILL       ");
        assert!(id.is("ZZ", "ACMEBILL       "));
        assert!(!id.is("30", "ACMEBILL"));
        for (qualifier, wrong) in [
            ("ZZ", "ABCDEFGHIJKLMNOP"),
            ("ZZ", " A"),
            ("ZZ", ""),
            ("ZZ", "A*B"),
            ("ZZ", "ÄB"),
            ("zz", "A"),
            ("XX", "A"),
        ] {
            assert!(InterchangeId::new(qualifier, wrong).is_err(), "{qualifier} {wrong}");
        }
    }

    #[test]
    fn payer_ids_compare_without_case_and_space() {
        assert_eq!(payer_key(" bstar "), "bstar".parse::<PayerId>().unwrap().key());
    }
}
