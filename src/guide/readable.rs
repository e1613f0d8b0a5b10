//! Values as people write them: days with dashes, times with colons, money with its cents.

use crate::domain::Cents;
use crate::x12::dates::{is_date, is_short_date, is_time};

/// How a value is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form<'f> {
    Plain,
    Date,
    Time,
    Money,
    /// Digits whose last two are decimals.
    ImpliedCents,
    /// A day, time or range in the form that its qualifier (data element 1250) names.
    Period(&'f [u8]),
}

/// The value as people write it; `None` where that is the value itself, or where it does not have the form.
pub(super) fn readable(form: Form<'_>, value: &[u8]) -> Option<String> {
    let text = match form {
        Form::Plain => None,
        Form::Date => day(value),
        Form::Time => time(value),
        Form::Money => Cents::from_x12(value).map(grouped),
        Form::ImpliedCents => implied(value).map(grouped),
        Form::Period(format) => period(format, value),
    };
    text.filter(|text| text.as_bytes() != value)
}

fn day(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    if is_date(value) {
        return Some(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
    }
    is_short_date(value).then(|| format!("20{}-{}-{}", &text[..2], &text[2..4], &text[4..]))
}

fn time(value: &[u8]) -> Option<String> {
    if !is_time(value) {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let seconds = text.get(4..6).map(|seconds| format!(":{seconds}")).unwrap_or_default();
    let parts = text.get(6..).filter(|parts| !parts.is_empty()).map(|parts| format!(".{parts}")).unwrap_or_default();
    Some(format!("{}:{}{seconds}{parts}", &text[..2], &text[2..4]))
}

fn period(format: &[u8], value: &[u8]) -> Option<String> {
    match format {
        b"D8" | b"D6" => day(value),
        b"TM" => time(value),
        b"DT" => Some(format!("{} {}", day(value.get(..8)?)?, time(value.get(8..)?)?)),
        b"RD8" if value.get(8) == Some(&b'-') => {
            let (from, to) = (value.get(..8)?, value.get(9..)?);
            if from == to { day(from) } else { Some(format!("{} to {}", day(from)?, day(to)?)) }
        }
        _ => None,
    }
}

fn implied(value: &[u8]) -> Option<Cents> {
    let text = std::str::from_utf8(value).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let sound = !digits.is_empty() && digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| text.parse().ok().map(Cents))?
}

/// `1,047.00`.
fn grouped(amount: Cents) -> String {
    let plain = amount.to_string();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut text = String::with_capacity(plain.len() + plain.len() / 3);
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{sign}{text}.{cents}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_people_write_them() {
        for (form, value, expected) in [
            (Form::Date, "20261101", Some("2026-11-01")),
            (Form::Date, "261101", Some("2026-11-01")),
            (Form::Date, "20261131", None),
            (Form::Time, "0730", Some("07:30")),
            (Form::Time, "07301599", Some("07:30:15.99")),
            (Form::Money, "1047", Some("1,047.00")),
            (Form::Money, "-1234567.5", Some("-1,234,567.50")),
            (Form::Money, "12.50", None),
            (Form::Money, "1,0", None),
            (Form::ImpliedCents, "123456", Some("1,234.56")),
            (Form::ImpliedCents, "-", None),
            (Form::Period(b"RD8"), "20261101-20261103", Some("2026-11-01 to 2026-11-03")),
            (Form::Period(b"RD8"), "20261101-20261101", Some("2026-11-01")),
            (Form::Period(b"DT"), "202611010915", Some("2026-11-01 09:15")),
            (Form::Period(b"RD8"), "20261101", None),
            (Form::Period(b"XX"), "20261101", None),
            (Form::Plain, "20261101", None),
        ] {
            assert_eq!(readable(form, value.as_bytes()).as_deref(), expected, "{form:?} {value}");
        }
    }

    #[test]
    fn bytes_that_are_no_letters_are_no_dates() {
        assert_eq!(readable(Form::Date, b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe"), None);
        assert_eq!(readable(Form::Period(b"RD8"), "2026110\u{e4}-20261103".as_bytes()), None);
    }
}
