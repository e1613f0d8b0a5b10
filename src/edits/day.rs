//! A calendar day as the guides write it: CCYYMMDD. Days compare as numbers, so an edit costs no calendar.

use std::fmt;

use crate::x12::dates;

/// A day that exists, as the number CCYYMMDD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(u32);

impl Day {
    /// Before any day that a claim can name.
    pub const FIRST: Day = Day(19_000_101);

    /// Reads eight digits that name a day of the calendar; `None` for anything else.
    pub fn read(text: &[u8]) -> Option<Day> {
        dates::is_date(text).then(|| Day(text.iter().fold(0, |number, byte| number * 10 + u32::from(byte - b'0'))))
    }

    /// The first and last day of a DTP03 by its DTP02 (D8, RD8, DT; DTS as RD8 with times).
    pub fn read_period(format: &[u8], text: &[u8]) -> Option<(Day, Day)> {
        match format {
            b"D8" => Day::read(text).map(|day| (day, day)),
            b"DT" => Day::read(text.get(..8)?).map(|day| (day, day)),
            b"RD8" => {
                let (from, to) = (text.get(..8)?, text.get(9..)?);
                if text[8] != b'-' {
                    return None;
                }
                Some((Day::read(from)?, Day::read(to)?))
            }
            _ => None,
        }
    }

    pub fn of(date: jiff::civil::Date) -> Day {
        Day(date.year().max(0) as u32 * 10_000 + date.month() as u32 * 100 + date.day() as u32)
    }

    pub fn year(self) -> u32 {
        self.0 / 10_000
    }

    /// Whole years from this day to `later`, 0 when `later` is earlier.
    pub fn years_until(self, later: Day) -> u32 {
        later.0.saturating_sub(self.0) / 10_000
    }

    /// Days from this one to `later`; below 0 when `later` is earlier.
    pub fn days_until(self, later: Day) -> i64 {
        later.since_the_beginning() - self.since_the_beginning()
    }

    /// Days of the Gregorian calendar before this one, counted from a March so that leap days end a year.
    fn since_the_beginning(self) -> i64 {
        let (year, month, day) = (i64::from(self.year()), i64::from(self.0 / 100 % 100), i64::from(self.0 % 100));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day
    }

    /// The number CCYYMMDD.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// As a person reads it: 2026-11-01.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0 / 10_000, self.0 / 100 % 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_read() {
        for good in ["20240229", "20000229", "20261231", "19000101"] {
            assert!(Day::read(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["20230229", "19000229", "20261301", "20260431", "20260100", "2026010", "2026010A", "00260101"] {
            assert_eq!(Day::read(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn periods_read_by_their_format() {
        let day = |text: &str| Day::read(text.as_bytes()).unwrap();
        let check = |format: &str, text: &str, want: Option<(Day, Day)>| {
            assert_eq!(Day::read_period(format.as_bytes(), text.as_bytes()), want, "{format} {text}");
        };
        check("D8", "20260131", Some((day("20260131"), day("20260131"))));
        check("DT", "202601311545", Some((day("20260131"), day("20260131"))));
        check("RD8", "20260131-20260202", Some((day("20260131"), day("20260202"))));
        check("RD8", "20260131", None);
        check("RD8", "20260131/20260202", None);
        check("TM", "1200", None);
    }

    #[test]
    fn days_are_counted_over_months_and_leap_years() {
        let day = |text: &str| Day::read(text.as_bytes()).unwrap();
        for (from, to, days) in [
            ("20261001", "20261003", 2),
            ("20240228", "20240301", 2),
            ("20230228", "20230301", 1),
            ("20251231", "20260101", 1),
            ("20000101", "20260101", 9_497),
            ("20261003", "20261001", -2),
        ] {
            assert_eq!(day(from).days_until(day(to)), days, "{from} {to}");
        }
    }

    #[test]
    fn a_birthday_that_is_still_to_come_does_not_count() {
        let birth = Day::read(b"19800615").unwrap();
        assert_eq!(birth.years_until(Day::read(b"20260614").unwrap()), 45);
        assert_eq!(birth.years_until(Day::read(b"20260615").unwrap()), 46);
    }
}
