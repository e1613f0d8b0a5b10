//! Control numbers already used, in memory that does not grow with the file: numbers that follow one another
//! are kept as ranges, the others up to a limit.

use std::collections::{BTreeMap, HashSet};

/// Beyond this many that do not follow one another no more are kept; repeats of later ones go unseen.
const KEPT_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// First to last of each range; a number carries its length, because `1` and `0001` are two.
    ranges: BTreeMap<u64, u64>,
    others: HashSet<Box<[u8]>>,
}

impl Seen {
    /// Notes a control number; true when it was there before.
    pub fn again(&mut self, control: &[u8]) -> bool {
        match number_of(control) {
            Some(number) => self.number_again(number),
            None if self.others.contains(control) => true,
            None => {
                if self.others.len() < KEPT_MAX {
                    self.others.insert(control.into());
                }
                false
            }
        }
    }

    pub fn clear(&mut self) {
        self.ranges.clear();
        self.others.clear();
    }

    fn number_again(&mut self, number: u64) -> bool {
        let below = self.ranges.range(..=number).next_back().map(|(&first, &last)| (first, last));
        if below.is_some_and(|(_, last)| number <= last) {
            return true;
        }
        let joined_last = self.ranges.remove(&(number + 1)).unwrap_or(number);
        match below {
            Some((first, last)) if last + 1 == number => {
                self.ranges.insert(first, joined_last);
            }
            Some(_) | None if self.ranges.len() < KEPT_MAX => {
                self.ranges.insert(number, joined_last);
            }
            Some(_) | None => {}
        }
        false
    }
}

/// Up to 15 digits as a number with their count above it.
fn number_of(control: &[u8]) -> Option<u64> {
    if control.is_empty() || control.len() > 15 || !control.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = control.iter().fold(0u64, |value, &b| value * 10 + u64::from(b - b'0'));
    Some((control.len() as u64) << 56 | value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_used_before_is_seen_in_any_order() {
        let mut seen = Seen::default();
        for control in ["0001", "0003", "0002", "1", "A-17", "0004"] {
            assert!(!seen.again(control.as_bytes()), "{control}");
        }
        assert_eq!(seen.ranges.len(), 2);
        for control in ["0001", "0002", "0003", "0004", "1", "A-17"] {
            assert!(seen.again(control.as_bytes()), "{control}");
        }
    }
}
