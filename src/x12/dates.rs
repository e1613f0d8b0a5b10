//! Calendar and clock as X12 writes them.

/// `CCYYMMDD`, a day that exists, from the year 1000 on.
#[inline]
pub fn is_date(bytes: &[u8]) -> bool {
    let Some(digits) = digits::<8>(bytes) else { return false };
    let year = digits[..4].iter().fold(0, |value, &d| value * 10 + u32::from(d));
    (1000..=9999).contains(&year) && is_day(year, digits[4] * 10 + digits[5], digits[6] * 10 + digits[7])
}

/// `YYMMDD`; the century is open, so 29 February is judged in 2000 to 2099.
pub fn is_short_date(bytes: &[u8]) -> bool {
    let Some(digits) = digits::<6>(bytes) else { return false };
    let year = 2000 + u32::from(digits[0] * 10 + digits[1]);
    is_day(year, digits[2] * 10 + digits[3], digits[4] * 10 + digits[5])
}

/// `HHMM`, `HHMMSS`, and with tenths or hundredths.
#[inline]
pub fn is_time(bytes: &[u8]) -> bool {
    if !matches!(bytes.len(), 4 | 6 | 7 | 8) || !bytes.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let below = |part: &[u8], limit: &[u8]| part < limit;
    below(&bytes[..2], b"24")
        && below(&bytes[2..4], b"60")
        && bytes.get(4..6).is_none_or(|seconds| below(seconds, b"60"))
}

#[inline]
fn digits<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let mut digits: [u8; N] = bytes.try_into().ok()?;
    for digit in &mut digits {
        *digit = digit.wrapping_sub(b'0');
    }
    digits.iter().all(|&d| d <= 9).then_some(digits)
}

#[inline]
fn is_day(year: u32, month: u8, day: u8) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        for good in ["20240229", "20000229", "19991231"] {
            assert!(is_date(good.as_bytes()), "{good}");
        }
        for bad in ["20230229", "19000229", "20241301", "20240400", "2024010", "2024-1-1", "00000101", ""] {
            assert!(!is_date(bad.as_bytes()), "{bad}");
        }
        assert!(is_short_date(b"240229") && !is_short_date(b"230229"));
    }

    #[test]
    fn times_have_minutes_and_may_have_seconds_and_parts_of_them() {
        for good in ["0000", "2359", "235959", "1200595", "12005999"] {
            assert!(is_time(good.as_bytes()), "{good}");
        }
        for bad in ["2400", "1260", "120", "12000", "120060", "12:00", ""] {
            assert!(!is_time(bad.as_bytes()), "{bad}");
        }
    }
}
