//! Timely filing: how many days are left in which a payer still takes a claim.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::domain::so_many;
use crate::partner::Payer;
use crate::store::alarms::Standing;
use crate::store::silence::{FilingCount, FilingWindow};

/// From so many days before the last on, a claim that is rejected or not sent is told of.
const WARN_DAYS: i64 = 14;
/// A batch that is not sent so long after it was opened is stuck.
const STUCK_MS: i64 = 3_600_000;

/// The last day on which the payer takes a claim, and how many days that is from `today`; below 0 when it has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDay {
    pub day: Date,
    pub days_left: i64,
}

/// `None` where the payer sets no limit for claims of this frequency (CLM05-3), or the claim has no day of service
/// (`YYYY-MM-DD`).
pub fn last_day(payer: &Payer, frequency: &str, service_to: &str, today: Date) -> Option<LastDay> {
    let asked = &payer.requirements;
    let days = match frequency {
        "7" => asked.timely_correction_days,
        "8" => None,
        _ => asked.timely_filing_days,
    }?;
    let day = service_to.parse::<Date>().ok()?.checked_add(i64::from(days).days()).ok()?;
    let left = today.until(day).map(|span: Span| i64::from(span.get_days())).ok()?;
    Some(LastDay { day, days_left: left })
}

/// Which claims of a payer are looked for; `None` where it sets no limit.
pub(super) fn window(payer: &Payer, today: Date, now: i64) -> Option<FilingWindow<'_>> {
    let days = i64::from(payer.requirements.timely_filing_days?);
    let back = |days: i64| today.checked_sub(days.days()).ok().map(|day| day.to_string());
    let ids = payer.payer_ids.iter().map(ToString::to_string);
    Some(FilingWindow {
        payer: payer.id.as_str(),
        payer_ids: ids.flat_map(|id| [id.to_ascii_uppercase(), id.to_ascii_lowercase(), id]).collect(),
        service_from: back(days)?,
        service_to: back(days - WARN_DAYS)?,
        opened_before: now - STUCK_MS,
    })
}

/// Days before the last, at each of which the operator is told anew.
const STEPS: [i64; 4] = [WARN_DAYS, 7, 3, 1];

/// For the operator: how many, and when the first of them is too old.
pub(super) fn standing(payer: &Payer, count: &FilingCount, today: Date) -> Standing {
    let first = last_day(payer, "1", &count.service_to, today);
    let until = first.map_or_else(String::new, |last| {
        format!("; the first until {}, {} from now", last.day, so_many(last.days_left, "day"))
    });
    let text = format!(
        "{} of {} rejected or not sent; {} takes claims only {} after their service{until}",
        so_many(count.claims, "claim"),
        count.submitter,
        payer.name,
        so_many(payer.requirements.timely_filing_days.unwrap_or_default(), "day")
    );
    Standing { text, step: first.map_or(0, |last| step(last.days_left)) }
}

/// How many of the steps are behind.
fn step(days_left: i64) -> i64 {
    STEPS.iter().map(|&step| i64::from(days_left <= step)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_has_four_steps() {
        let steps = [15, 14, 8, 7, 4, 3, 2, 1, 0].map(step);
        assert_eq!(steps, [0, 1, 1, 2, 2, 3, 3, 4, 4]);
    }
}
