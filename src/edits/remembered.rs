//! The claims of one file that were accepted so far, as numbers, so that a claim that comes again is seen. Its
//! memory has a bound, whatever the file's size: the oldest claims are forgotten, a generation at once.

use std::collections::VecDeque;

/// Claims of a generation; between one and two of them are remembered. Two generations take 8 MiB at most.
pub const GENERATION_CLAIMS: usize = SLOTS_MAX / 100 * 85;
const SLOTS_MAX: usize = 1 << 19;
const SLOTS_FIRST: usize = 1 << 6;

/// The newest additions, which can be taken back one by one; where more are to go all is forgotten.
const RECENT_MAX: usize = 100_000;

/// Numbers with 64 good bits, so that no two claims of a file are taken for one.
#[derive(Debug)]
pub struct Remembered {
    now: Table,
    before: Table,
    recent: VecDeque<u64>,
    /// All additions so far.
    added: u64,
}

impl Default for Remembered {
    fn default() -> Remembered {
        Remembered { now: Table::new(), before: Table::new(), recent: VecDeque::new(), added: 0 }
    }
}

impl Remembered {
    #[inline]
    pub fn contains(&self, number: u128) -> bool {
        self.has(short(number))
    }

    #[inline]
    fn has(&self, number: u64) -> bool {
        self.now.contains(number) || self.before.used > 0 && self.before.contains(number)
    }

    /// A number that is there already stays whose it was.
    pub fn add(&mut self, number: u128) {
        let number = short(number);
        if self.has(number) {
            return;
        }
        if self.now.used >= GENERATION_CLAIMS {
            self.before = std::mem::replace(&mut self.now, Table::new());
        }
        self.now.add(number);
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(number);
        self.added += 1;
    }

    /// A place to go back to, good until [`Remembered::settle`].
    pub fn mark(&self) -> u64 {
        self.added
    }

    /// What was added up to now stays.
    pub fn settle(&mut self) {
        self.recent.clear();
    }

    /// Takes back what was added since the mark. Where that is more than was noted everything is forgotten: better
    /// a duplicate unseen than a good claim refused.
    pub fn forget_since(&mut self, mark: u64) {
        let back = self.added.saturating_sub(mark) as usize;
        if back > self.recent.len() {
            *self = Remembered { added: self.added, ..Remembered::default() };
            return;
        }
        for number in self.recent.drain(self.recent.len() - back..) {
            self.now.remove(number);
            self.before.remove(number);
        }
        self.added = mark.min(self.added);
    }
}

/// Never zero, which marks a free slot.
#[inline]
fn short(number: u128) -> u64 {
    ((number >> 64) as u64 ^ number as u64).max(1)
}

/// Open addressing, the next free slot taken; a power of two of slots.
#[derive(Debug)]
struct Table {
    slots: Vec<u64>,
    used: usize,
}

impl Table {
    fn new() -> Table {
        Table { slots: vec![0; SLOTS_FIRST], used: 0 }
    }

    #[inline]
    fn home(&self, number: u64) -> usize {
        (number >> 32) as usize & (self.slots.len() - 1)
    }

    /// Where the number is, or the free slot where it would be put.
    #[inline]
    fn find(&self, number: u64) -> usize {
        let mut at = self.home(number);
        while self.slots[at] != 0 && self.slots[at] != number {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    #[inline]
    fn contains(&self, number: u64) -> bool {
        self.slots[self.find(number)] == number
    }

    fn add(&mut self, number: u64) {
        if self.used * 100 >= self.slots.len() * 85 {
            let longer = vec![0; self.slots.len() * 2];
            let old = std::mem::replace(&mut self.slots, longer);
            for number in old.into_iter().filter(|&number| number != 0) {
                let at = self.find(number);
                self.slots[at] = number;
            }
        }
        let at = self.find(number);
        self.used += usize::from(self.slots[at] == 0);
        self.slots[at] = number;
    }

    /// Closes the gap, so that what was pushed on by the number is still found.
    fn remove(&mut self, number: u64) {
        let last = self.slots.len() - 1;
        let mut gap = self.find(number);
        if self.slots[gap] == 0 {
            return;
        }
        self.used -= 1;
        let mut at = gap;
        loop {
            self.slots[gap] = 0;
            loop {
                at = (at + 1) & last;
                if self.slots[at] == 0 {
                    return;
                }
                // It may move back when its home does not lie between the gap and itself.
                let (from_home, from_gap) = (at.wrapping_sub(self.home(self.slots[at])), at.wrapping_sub(gap));
                if from_home & last >= from_gap & last {
                    break;
                }
            }
            self.slots[gap] = self.slots[at];
            gap = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Numbers without pattern, the same each time.
    fn numbers(seed: u64) -> impl Iterator<Item = u128> {
        let mut state = u128::from(seed) | 1;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
            state ^ state >> 64
        })
    }

    #[test]
    fn what_a_rejected_transaction_held_is_forgotten() {
        let mut seen = Remembered::default();
        seen.add(1);
        let mark = seen.mark();
        seen.add(2);
        seen.forget_since(mark);
        assert!(seen.contains(1) && !seen.contains(2));
    }

    #[test]
    fn a_rejected_transaction_takes_back_its_own_and_no_more() {
        let mut seen = Remembered::default();
        (0..RECENT_MAX as u128 + 5).for_each(|number| seen.add(number << 40 | 7));
        let mark = seen.mark();
        seen.forget_since(mark);
        assert!(seen.contains(7) && seen.contains(RECENT_MAX as u128 >> 1 << 40 | 7));
        let mark = seen.mark();
        seen.add(7);
        seen.add(8);
        seen.forget_since(mark);
        assert!(seen.contains(7) && !seen.contains(8));
        seen.forget_since(1);
        assert!(!seen.contains(7), "more than was noted");
    }

    #[test]
    fn a_table_keeps_what_a_set_keeps() {
        let (mut table, mut set) = (Table::new(), HashSet::new());
        // Few homes, so that numbers push each other on.
        let crowded = |number: u128| ((number as u64 % 97) << 32 | number as u64 & 0xFFFF_FFFF).max(1);
        for (n, number) in numbers(7).map(crowded).take(20_000).enumerate() {
            match n % 3 {
                0 | 1 if table.used < 600 => {
                    table.add(number);
                    set.insert(number);
                }
                _ => {
                    if let Some(&one) = set.iter().next() {
                        table.remove(one);
                        set.remove(&one);
                    }
                }
            }
            assert_eq!(table.used, set.len());
        }
        assert!(set.iter().all(|&number| table.contains(number)));
    }

    #[test]
    fn the_oldest_are_forgotten_and_the_newest_are_not() {
        let mut seen = Remembered::default();
        let all: Vec<u128> = numbers(3).take(2 * GENERATION_CLAIMS + 10).collect();
        all.iter().for_each(|&number| seen.add(number));
        assert!(!seen.contains(all[0]));
        assert!(all[all.len() - GENERATION_CLAIMS..].iter().all(|&number| seen.contains(number)));
        assert!(seen.now.slots.len() <= SLOTS_MAX && seen.before.slots.len() <= SLOTS_MAX);
    }
}
