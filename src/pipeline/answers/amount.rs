//! Amounts and dates as payers write them.

use crate::domain::Cents;

/// An amount of a payer: blanks around it and a plus sign do not matter, and what is no amount is `None`.
pub fn amount(bytes: &[u8]) -> Option<Cents> {
    let bytes = bytes.trim_ascii();
    Cents::from_x12(bytes.strip_prefix(b"+").unwrap_or(bytes))
}

/// `CCYYMMDD`, alone or as the begin or end of a range, as `YYYY-MM-DD`; anything else is empty.
pub fn date(text: &[u8]) -> String {
    let text = text.trim_ascii();
    if text.len() < 8 || !text[..8].iter().all(u8::is_ascii_digit) {
        return String::new();
    }
    let digits = std::str::from_utf8(&text[..8]).expect("digits are ASCII");
    format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8])
}

/// Both ends of a date or of a range `CCYYMMDD-CCYYMMDD`.
pub fn date_range(text: &[u8]) -> (String, String) {
    let mut ends = text.splitn(2, |&byte| byte == b'-');
    let from = date(ends.next().unwrap_or_default());
    let to = ends.next().map_or_else(|| from.clone(), date);
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payers_amounts_and_dates_read_as_they_come() {
        assert_eq!(amount(b" +12.50 "), Some(Cents(1250)));
        assert_eq!(amount(b"1,250"), None);
        assert_eq!(date_range(b"20261101-20261103"), ("2026-11-01".to_string(), "2026-11-03".to_string()));
        assert_eq!(date(b"2026"), "");
    }
}
