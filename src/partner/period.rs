//! Lengths of time as operators write them: `30s`, `5m`, `24h`, `3d`. A day is 24 hours.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub Duration);

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
/// Ten years.
const SECONDS_MAX: u64 = 3_650 * 86_400;

impl FromStr for Period {
    type Err = String;
    fn from_str(text: &str) -> Result<Period, String> {
        let wrong =
            || format!("\"{text}\" is no length of time: a whole number and s, m, h or d, as in \"30s\" or \"3d\"");
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, unit) = text.split_at(digits);
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let count: u64 = count.parse().map_err(|_| wrong())?;
        match count.checked_mul(*seconds) {
            Some(total) if (1..=SECONDS_MAX).contains(&total) => Ok(Period(Duration::from_secs(total))),
            Some(_) | None => Err(format!("\"{text}\" is out of bounds: from 1s to 3650d")),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (name, length) = UNITS.iter().find(|(_, length)| seconds.is_multiple_of(*length)).unwrap_or(&("s", 1));
        write!(f, "{}{name}", seconds / length)
    }
}

/// A length of time, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodOrNever(pub Option<Duration>);

impl FromStr for PeriodOrNever {
    type Err = String;
    fn from_str(text: &str) -> Result<PeriodOrNever, String> {
        match text {
            "never" => Ok(PeriodOrNever(None)),
            text => text
                .parse()
                .map(|Period(length)| PeriodOrNever(Some(length)))
                .map_err(|problem| format!("{problem}, or \"never\"")),
        }
    }
}

/// How long something is kept: a length of time, also in years of 365 days, or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping(pub Option<Duration>);

const YEARS_MAX: u64 = 100;

impl FromStr for Keeping {
    type Err = String;
    fn from_str(text: &str) -> Result<Keeping, String> {
        if text == "forever" {
            return Ok(Keeping(None));
        }
        match text.strip_suffix('y').map(str::parse::<u64>) {
            Some(Ok(years)) if (1..=YEARS_MAX).contains(&years) => {
                Ok(Keeping(Some(Duration::from_secs(years * 365 * 86_400))))
            }
            Some(_) => Err(format!("\"{text}\" is out of bounds: from 1y to {YEARS_MAX}y")),
            None => text
                .parse()
                .map(|Period(length)| Keeping(Some(length)))
                .map_err(|problem| format!("{problem}, years as in \"7y\", or \"forever\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_and_write_as_people_say_them() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("3h", 10_800), ("3d", 259_200), ("90s", 90)] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.0.as_secs(), seconds);
            assert_eq!(period.to_string(), text);
        }
        for wrong in ["", "5", "m", "0s", "-5m", "5 m", "1.5h", "5w", "99999999999999999999d", "4000d"] {
            assert!(wrong.parse::<Period>().is_err(), "{wrong}");
        }
        assert_eq!("never".parse(), Ok(PeriodOrNever(None)));
        let days = |days: u64| Ok(Keeping(Some(Duration::from_secs(days * 86_400))));
        assert_eq!(["7y", "90d"].map(str::parse::<Keeping>), [days(2_555), days(90)]);
        assert_eq!("forever".parse(), Ok(Keeping(None)));
        for wrong in ["0y", "y", "101y", "-1y", "never", "7"] {
            assert!(wrong.parse::<Keeping>().is_err(), "{wrong}");
        }
    }
}
