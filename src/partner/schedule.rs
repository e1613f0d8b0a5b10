//! When a payer's batches close. Pure: `now` and the zone come in, a moment comes out, so that every node and
//! every restart finds the same windows.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::period::Period;

/// `immediate`, `every 5m` or `at 12:00,17:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// A batch closes as soon as what is ready is in it.
    Immediate,
    /// Windows of this length, counted from each local midnight; the day's last one ends at midnight.
    Every(Duration),
    /// At these local times, sorted and each once; never empty.
    At(Vec<Time>),
}

/// When a window that is open at `now` closes: `now` itself for [`Release::Immediate`], later than `now`
/// otherwise.
pub fn next_release(release: &Release, now: Timestamp, zone: &TimeZone) -> Timestamp {
    match release {
        Release::Immediate => now,
        Release::Every(length) => next_every(*length, now, zone),
        Release::At(times) => next_at(times, now, zone),
    }
}

/// Counted in time that passes, so that on a day of 23 or 25 hours each window keeps its length.
fn next_every(length: Duration, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = zone.to_datetime(now).date();
    let midnight = start_of(today, zone);
    let length_ms = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
    let passed_ms = now.as_millisecond() - midnight.as_millisecond();
    let until_end_ms = (passed_ms / length_ms + 1).saturating_mul(length_ms);
    let end = midnight.saturating_add(SignedDuration::from_millis(until_end_ms)).expect("a span of plain time");
    match today.tomorrow() {
        Ok(tomorrow) => end.min(start_of(tomorrow, zone)),
        Err(_) => end,
    }
}

/// A time that the clocks jump over comes an hour later; one that they show twice counts the first time only.
fn next_at(times: &[Time], now: Timestamp, zone: &TimeZone) -> Timestamp {
    // The end of the calendar, where there is no next day.
    let mut next = Timestamp::MAX;
    let mut day = Some(zone.to_datetime(now).date());
    // A time of today may already have passed on a clock that was set back, so the day after is looked at as well.
    for _ in 0..2 {
        let Some(date) = day else { break };
        let coming = times.iter().filter_map(|time| zone.to_timestamp(date.to_datetime(*time)).ok());
        next = coming.filter(|at| *at > now).fold(next, Timestamp::min);
        day = date.tomorrow().ok();
    }
    next
}

fn start_of(date: Date, zone: &TimeZone) -> Timestamp {
    zone.to_timestamp(date.to_datetime(Time::midnight())).unwrap_or(Timestamp::MAX)
}

const WORDS: &str = "is no release: write \"immediate\", \"every 5m\" or \"at 12:00,17:00\"";
const WINDOW_MAX: Duration = Duration::from_secs(24 * 3600);

impl FromStr for Release {
    type Err = String;
    fn from_str(text: &str) -> Result<Release, String> {
        match text.split_once(' ') {
            None if text == "immediate" => Ok(Release::Immediate),
            Some(("every", length)) => {
                let Period(length) = length.parse()?;
                if length > WINDOW_MAX {
                    return Err(format!("\"{text}\" is too long a window: at most 24h, or write \"at\" and the hour"));
                }
                Ok(Release::Every(length))
            }
            Some(("at", times)) => times_of(times).map(Release::At).ok_or_else(|| format!("\"{text}\" {WORDS}")),
            Some(_) | None => Err(format!("\"{text}\" {WORDS}")),
        }
    }
}

/// Times as `HH:MM`; `None` when one is none.
fn times_of(text: &str) -> Option<Vec<Time>> {
    let mut times: Vec<Time> = text
        .split(',')
        .map(|time| {
            let (hour, minute) = time.trim().split_once(':')?;
            let sound = hour.len() <= 2 && minute.len() == 2;
            Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok().filter(|_| sound)
        })
        .collect::<Option<_>>()?;
    times.sort();
    times.dedup();
    Some(times)
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Release::Immediate => f.write_str("immediate"),
            Release::Every(length) => write!(f, "every {}", Period(*length)),
            Release::At(times) => {
                let times: Vec<_> = times.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
                write!(f, "at {}", times.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_york() -> TimeZone {
        // The rules as POSIX writes them, so that the test needs no time zone files.
        TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
    }

    /// `now` and `closes` in local time with its offset.
    fn check(release: &str, now: &str, closes: &str) {
        let release: Release = release.parse().unwrap();
        let (now, closes): (Timestamp, Timestamp) = (now.parse().unwrap(), closes.parse().unwrap());
        assert_eq!(next_release(&release, now, &new_york()), closes, "{release} at {now}");
    }

    #[test]
    fn releases_read_and_write_as_in_the_file() {
        for text in ["immediate", "every 5m", "every 1d", "at 12:00,17:00", "at 00:00"] {
            assert_eq!(text.parse::<Release>().unwrap().to_string(), text);
        }
        assert_eq!("at 17:00, 9:30,17:00".parse::<Release>().unwrap().to_string(), "at 09:30,17:00");
        for wrong in
            ["", "now", "every", "every 0s", "every 5", "every 25h", "at", "at ", "at 24:00", "at 12", "at 12:5", "5m"]
        {
            assert!(wrong.parse::<Release>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_immediate_batch_closes_now() {
        check("immediate", "2026-11-20T10:01:02-05:00", "2026-11-20T10:01:02-05:00");
    }

    #[test]
    fn windows_stand_on_the_clock_and_a_claim_on_the_edge_is_in_the_next_one() {
        check("every 5m", "2026-11-20T10:01:02-05:00", "2026-11-20T10:05:00-05:00");
        check("every 5m", "2026-11-20T10:05:00-05:00", "2026-11-20T10:10:00-05:00");
        check("every 2s", "2026-11-20T10:05:00.5-05:00", "2026-11-20T10:05:02-05:00");
        check("at 12:00,17:00", "2026-11-20T12:00:00-05:00", "2026-11-20T17:00:00-05:00");
        check("at 12:00,17:00", "2026-11-20T09:00:00-05:00", "2026-11-20T12:00:00-05:00");
    }

    #[test]
    fn windows_end_at_midnight_and_times_go_on_the_next_day() {
        check("every 5m", "2026-11-20T23:58:00-05:00", "2026-11-21T00:00:00-05:00");
        check("every 7h", "2026-11-20T22:00:00-05:00", "2026-11-21T00:00:00-05:00");
        check("every 7h", "2026-11-21T00:00:00-05:00", "2026-11-21T07:00:00-05:00");
        check("at 12:00,17:00", "2026-11-20T18:00:00-05:00", "2026-11-21T12:00:00-05:00");
        check("at 00:00", "2026-12-31T23:59:59-05:00", "2027-01-01T00:00:00-05:00");
    }

    #[test]
    fn a_time_that_spring_jumps_over_comes_an_hour_later() {
        check("at 02:30", "2026-03-08T01:59:00-05:00", "2026-03-08T03:30:00-04:00");
        check("at 02:30", "2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00");
        check("at 12:00", "2026-03-07T13:00:00-05:00", "2026-03-08T12:00:00-04:00");
    }

    #[test]
    fn a_time_that_autumn_shows_twice_counts_once() {
        check("at 01:30", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00");
        check("at 01:30", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00");
        check("at 01:30", "2026-11-01T01:10:00-05:00", "2026-11-02T01:30:00-05:00");
    }

    #[test]
    fn windows_keep_their_length_on_the_days_of_23_and_25_hours() {
        check("every 1h", "2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00");
        check("every 1h", "2026-11-01T01:30:00-04:00", "2026-11-01T01:00:00-05:00");
        check("every 1h", "2026-11-01T01:30:00-05:00", "2026-11-01T02:00:00-05:00");
        check("every 24h", "2026-03-08T12:00:00-04:00", "2026-03-09T00:00:00-04:00");
        check("every 24h", "2026-11-01T23:30:00-05:00", "2026-11-02T00:00:00-05:00");
    }

    /// Whatever the hour: a window closes later than now, within a day and the hour of a changing clock.
    #[test]
    fn every_window_of_a_year_closes_soon() {
        let zone = new_york();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for text in ["every 7m", "every 5h", "at 02:30", "at 00:00,12:00"] {
            let release: Release = text.parse().unwrap();
            for step in 0..(365 * 24 * 4) {
                let now = start + SignedDuration::from_mins(step * 15);
                let wait = next_release(&release, now, &zone).duration_since(now);
                assert!(
                    wait > SignedDuration::ZERO && wait <= SignedDuration::from_hours(25),
                    "{text} at {now}: {wait}"
                );
            }
        }
    }
}
