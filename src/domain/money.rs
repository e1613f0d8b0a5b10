//! Money as whole cents. An X12 amount (type R) is read exactly or not at all; nothing here knows floats.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cents(pub i64);

impl Cents {
    pub const ZERO: Cents = Cents(0);

    /// Reads an X12 amount: an optional minus, digits, at most one point. `None` when it is no number, has
    /// more than two decimals that are not 0, or is beyond 15 digits.
    pub fn from_x12(text: &[u8]) -> Option<Cents> {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut whole = digits;
        let mut decimals: &[u8] = b"";
        if let Some(point) = digits.iter().position(|&b| b == b'.') {
            whole = &digits[..point];
            decimals = &digits[point + 1..];
        }
        if whole.is_empty() && decimals.is_empty() || whole.len() > 15 {
            return None;
        }
        let mut cents = 0i64;
        for &byte in whole {
            cents = cents * 10 + i64::from(digit(byte)?);
        }
        cents *= 100;
        for (place, &byte) in decimals.iter().enumerate() {
            let value = i64::from(digit(byte)?);
            match place {
                0 => cents += value * 10,
                1 => cents += value,
                _ if value == 0 => {}
                _ => return None,
            }
        }
        Some(Cents(if negative { -cents } else { cents }))
    }

    /// The shortest X12 form: `12`, `12.5`, `-0.07`.
    pub fn to_x12(self) -> String {
        let (sign, cents) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        match (cents / 100, cents % 100) {
            (whole, 0) => format!("{sign}{whole}"),
            (whole, part) if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
            (whole, part) => format!("{sign}{whole}.{part:02}"),
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// The form of the API: two decimals always, `1047.00`.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

impl Add for Cents {
    type Output = Cents;
    fn add(self, other: Cents) -> Cents {
        Cents(self.0.saturating_add(other.0))
    }
}
impl Sub for Cents {
    type Output = Cents;
    fn sub(self, other: Cents) -> Cents {
        Cents(self.0.saturating_sub(other.0))
    }
}
impl Neg for Cents {
    type Output = Cents;
    fn neg(self) -> Cents {
        Cents(-self.0)
    }
}
impl AddAssign for Cents {
    fn add_assign(&mut self, other: Cents) {
        *self = *self + other;
    }
}
impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Cents) {
        *self = *self - other;
    }
}
impl Sum for Cents {
    fn sum<I: Iterator<Item = Cents>>(all: I) -> Cents {
        all.fold(Cents::ZERO, Add::add)
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Cents {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Cents, D::Error> {
        let text = String::deserialize(d)?;
        Cents::from_x12(text.as_bytes())
            .ok_or_else(|| serde::de::Error::custom("an amount is digits with at most two decimals, as in \"1047.00\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x12_amounts_read_exactly() {
        for (text, cents) in [
            ("100", 10000),
            ("100.00", 10000),
            (".5", 50),
            ("5.", 500),
            ("-12.34", -1234),
            ("0012.3", 1230),
            ("1.100", 110),
        ] {
            assert_eq!(Cents::from_x12(text.as_bytes()), Some(Cents(cents)), "{text}");
        }
        for text in ["", ".", "-", "1.234", "1,000", "+5", "1e3", "12 ", "1.2.3", "1234567890123456"] {
            assert_eq!(Cents::from_x12(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn amounts_write_short_in_x12_and_with_two_decimals_in_the_api() {
        for (cents, x12, api) in [(104700, "1047", "1047.00"), (-7, "-0.07", "-0.07"), (1250, "12.5", "12.50")] {
            assert_eq!(Cents(cents).to_x12(), x12);
            assert_eq!(Cents(cents).to_string(), api);
        }
    }
}
