//! A day of the calendar as the API and people write it: `YYYY-MM-DD`.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Deserializer};

/// A day that exists, of the years 0001 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// Says nothing of what stood there: it may be a patient's day of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD, as 2026-01-31, and must be in the calendar")]
pub struct NoDate;

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Date, NoDate> {
        let is_in_place = |(place, byte): (usize, u8)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        };
        if text.len() != 10 || !text.bytes().enumerate().all(is_in_place) {
            return Err(NoDate);
        }
        let date: civil::Date = text.parse().map_err(|_| NoDate)?;
        if date.year() == 0 { Err(NoDate) } else { Ok(Date(date)) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar_are_read_in_one_form_only() {
        for text in ["2026-01-31", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().map(|date| date.to_string()), Ok(text.to_string()));
        }
        let wrong = [
            "",
            "yesterday",
            "2026-13-45",
            "2026-02-29",
            "2026-1-5",
            "01/05/2026",
            "20260105",
            "2026-01-05T00",
            "0000-01-01",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Date>(), Err(NoDate), "{text}");
        }
    }
}
