//! The forms of X12 values: numbers, dates, times and periods.

use super::model::{Element, Type};
use crate::x12::dates::{is_date, is_short_date, is_time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotANumber {
    Letters,
    Signs,
    Points,
    Nothing,
}

/// How many digits a number has; sign and point do not count toward its length.
#[inline]
pub(super) fn digits(kind: Type, bytes: &[u8]) -> Result<usize, NotANumber> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let (mut count, mut points) = (0, 0);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => count += 1,
            b'.' => points += 1,
            b if b.is_ascii_alphabetic() => return Err(NotANumber::Letters),
            _ => return Err(NotANumber::Signs),
        }
    }
    let points_max = usize::from(kind == Type::Decimal);
    match (count, points) {
        (_, points) if points > points_max => Err(NotANumber::Points),
        (0, _) => Err(NotANumber::Nothing),
        (count, _) => Ok(count),
    }
}

/// A value of type DT or TM.
#[inline]
pub(super) fn is_moment(element: &Element, bytes: &[u8]) -> bool {
    match element.kind {
        Type::Time => is_time(bytes),
        _ if bytes.len() == 6 && element.min <= 6 => is_short_date(bytes),
        _ => is_date(bytes),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongPeriod {
    /// With the form it must have.
    Date(&'static str),
    Time,
    Backwards,
}

/// A date, time or range in the form that its qualifier (data element 1250) names. Rarer forms are let pass.
#[inline]
pub(super) fn period(format: &[u8], bytes: &[u8]) -> Result<(), WrongPeriod> {
    let wrong = |form| Err(WrongPeriod::Date(form));
    match format {
        b"D8" if !is_date(bytes) => wrong("a day of the calendar as CCYYMMDD"),
        b"D6" if !is_short_date(bytes) => wrong("a day of the calendar as YYMMDD"),
        b"RD8" => match (bytes.get(..8), bytes.get(8), bytes.get(9..)) {
            (Some(from), Some(b'-'), Some(to)) if is_date(from) && is_date(to) => {
                if from > to {
                    Err(WrongPeriod::Backwards)
                } else {
                    Ok(())
                }
            }
            (_, _, _) => wrong("two days as CCYYMMDD-CCYYMMDD"),
        },
        b"DT" => match (bytes.get(..8), bytes.get(8..)) {
            (Some(day), Some(time)) if is_date(day) && is_time(time) => Ok(()),
            (_, _) => wrong("a day and time as CCYYMMDDHHMM"),
        },
        b"TM" if !is_time(bytes) => Err(WrongPeriod::Time),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_without_sign_and_point() {
        for (text, found) in [
            ("100", Ok(3)),
            ("-12.50", Ok(4)),
            (".5", Ok(1)),
            ("1O", Err(NotANumber::Letters)),
            ("1,000", Err(NotANumber::Signs)),
            ("5-", Err(NotANumber::Signs)),
            ("+5", Err(NotANumber::Signs)),
            ("1.2.3", Err(NotANumber::Points)),
            ("-", Err(NotANumber::Nothing)),
            (".", Err(NotANumber::Nothing)),
        ] {
            assert_eq!(digits(Type::Decimal, text.as_bytes()), found, "{text}");
        }
        assert_eq!(digits(Type::Number(0), b"1.0"), Err(NotANumber::Points));
    }

    #[test]
    fn periods_follow_their_qualifier() {
        for (format, text, holds) in [
            ("D8", "20240131", true),
            ("D8", "20240231", false),
            ("RD8", "20240101-20240131", true),
            ("RD8", "20240131-20240101", false),
            ("RD8", "20240131", false),
            ("DT", "202401311200", true),
            ("DT", "20240131", false),
            ("TM", "1200", true),
            ("TM", "2500", false),
        ] {
            assert_eq!(period(format.as_bytes(), text.as_bytes()).is_ok(), holds, "{format} {text}");
        }
    }
}
