//! How often something may happen: `120/min`. A partner's rate is held by a token bucket that is full at the
//! start, so that a partner who was silent may send a whole minute's worth at once.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::names::PartnerName;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    pub count: NonZeroU32,
    pub per: Per,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Per {
    Second,
    Minute,
    Hour,
}

impl Per {
    const ALL: [Per; 3] = [Per::Second, Per::Minute, Per::Hour];

    fn as_str(self) -> &'static str {
        match self {
            Per::Second => "s",
            Per::Minute => "min",
            Per::Hour => "h",
        }
    }

    fn length(self) -> Duration {
        match self {
            Per::Second => Duration::from_secs(1),
            Per::Minute => Duration::from_secs(60),
            Per::Hour => Duration::from_secs(3600),
        }
    }
}

/// More often than this is no limit, and would round to nothing.
const COUNT_MAX: u32 = 1_000_000;

impl Rate {
    fn quota(self) -> Quota {
        Quota::with_period(self.per.length() / self.count.get())
            .expect("COUNT_MAX a second is still a microsecond each")
            .allow_burst(self.count)
    }
}

impl FromStr for Rate {
    type Err = String;
    fn from_str(text: &str) -> Result<Rate, String> {
        let wrong =
            || format!("\"{text}\" is no rate: a number from 1 to {COUNT_MAX} and /s, /min or /h, as in \"120/min\"");
        let (count, per) = text.split_once('/').ok_or_else(wrong)?;
        let count: NonZeroU32 = count.trim().parse().map_err(|_| wrong())?;
        let per = Per::ALL.into_iter().find(|known| known.as_str() == per.trim()).ok_or_else(wrong)?;
        if count.get() > COUNT_MAX { Err(wrong()) } else { Ok(Rate { count, per }) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per.as_str())
    }
}

/// Too often; it may be tried again after this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOften {
    pub wait: Duration,
}

/// With the rate it was made for.
type Buckets<C> = HashMap<PartnerName, (Rate, Arc<Bucket<C>>)>;
type Bucket<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// One bucket a partner. It is kept over a reload of the partners' files as long as the rate stays as it was.
/// What is limited (submissions, requests) has an own `RateLimits`.
#[derive(Debug)]
pub struct RateLimits<C: Clock + Clone = DefaultClock> {
    clock: C,
    buckets: Mutex<Buckets<C>>,
}

impl Default for RateLimits {
    fn default() -> RateLimits {
        RateLimits::with_clock(DefaultClock::default())
    }
}

impl<C: Clock + Clone> RateLimits<C> {
    pub fn with_clock(clock: C) -> RateLimits<C> {
        RateLimits { clock, buckets: Mutex::default() }
    }

    /// Takes one from the partner's bucket, or says how long until there is one again.
    pub fn take(&self, partner: &PartnerName, rate: Rate) -> Result<(), TooOften> {
        let bucket = self.bucket(partner, rate);
        bucket.check().map_err(|refused| TooOften { wait: refused.wait_time_from(self.clock.now()) })
    }

    fn bucket(&self, partner: &PartnerName, rate: Rate) -> Arc<Bucket<C>> {
        // A panic elsewhere while the lock was held cannot leave the map half changed.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        match buckets.get(partner) {
            Some((known, bucket)) if *known == rate => Arc::clone(bucket),
            Some(_) | None => {
                let bucket = Arc::new(RateLimiter::direct_with_clock(rate.quota(), self.clock.clone()));
                buckets.insert(partner.clone(), (rate, Arc::clone(&bucket)));
                bucket
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn rates_read_and_write_as_people_say_them() {
        for text in ["120/min", "5/s", "1000/h", "1/h"] {
            assert_eq!(rate(text).to_string(), text);
        }
        for wrong in ["", "5", "0/min", "-1/min", "5/day", "5/", "/min", "1.5/s", "2000000/s", "99999999999/h"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_full_bucket_gives_a_minutes_worth_and_then_one_at_a_time() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits::with_clock(clock.clone());
        let acme: PartnerName = "acme".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(limits.take(&acme, rate("3/min")), Ok(()));
        }
        assert_eq!(limits.take(&acme, rate("3/min")), Err(TooOften { wait: Duration::from_secs(20) }));
        clock.advance(Duration::from_secs(20));
        assert_eq!(limits.take(&acme, rate("3/min")), Ok(()));
        assert!(limits.take(&acme, rate("3/min")).is_err());
    }

    #[test]
    fn partners_do_not_use_up_each_others_rates() {
        let limits = RateLimits::with_clock(FakeRelativeClock::default());
        let (acme, other): (PartnerName, PartnerName) = ("acme".parse().unwrap(), "other".parse().unwrap());
        assert_eq!(limits.take(&acme, rate("1/h")), Ok(()));
        assert!(limits.take(&acme, rate("1/h")).is_err());
        assert_eq!(limits.take(&other, rate("1/h")), Ok(()));
    }

    #[test]
    fn a_changed_rate_holds_from_the_next_time_on() {
        let limits = RateLimits::with_clock(FakeRelativeClock::default());
        let acme: PartnerName = "acme".parse().unwrap();
        assert_eq!(limits.take(&acme, rate("1/h")), Ok(()));
        assert_eq!(limits.take(&acme, rate("2/h")), Ok(()));
    }
}
