//! Units of service with up to three decimals, exact in thousandths.

use std::fmt;
use std::ops::Add;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units(i64);

impl Units {
    pub const ONE: Units = Units(1_000);

    /// `None` where it is no number, has more than three decimals or more than twelve digits.
    pub fn read(text: &[u8]) -> Option<Units> {
        let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
        let (mut thousandths, mut decimals, mut count) = (0i64, None::<u32>, 0);
        for &byte in digits {
            match (byte, decimals) {
                (b'.', None) => decimals = Some(0),
                (b'0'..=b'9', _) if count < 12 && decimals != Some(3) => {
                    thousandths = thousandths * 10 + i64::from(byte - b'0');
                    decimals = decimals.map(|places| places + 1);
                    count += 1;
                }
                _ => return None,
            }
        }
        thousandths *= 10i64.pow(3 - decimals.unwrap_or(0));
        (count > 0).then_some(Units(if negative { -thousandths } else { thousandths }))
    }
}

impl Add for Units {
    type Output = Units;
    fn add(self, other: Units) -> Units {
        Units(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        match part {
            0 => write!(f, "{sign}{whole}"),
            _ => f.write_str(format!("{sign}{whole}.{part:03}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_exactly_or_not_at_all() {
        for (text, shown) in [("1", "1"), ("2.5", "2.5"), ("-3", "-3"), (".125", "0.125"), ("007", "7"), ("1.", "1")] {
            assert_eq!(Units::read(text.as_bytes()).unwrap().to_string(), shown);
        }
        for wrong in ["", "-", ".", "1.2.3", "1.2345", "ONE", "1234567890123", "1,5"] {
            assert_eq!(Units::read(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Units::ONE, Units::read(b"1.000").unwrap());
    }
}
