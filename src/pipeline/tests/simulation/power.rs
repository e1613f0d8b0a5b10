//! Strikes of fate: at the so-many-th commit or call to the payer from now the disk or the line fails, or the power
//! goes, before or after it was done. Once the power is gone nothing is done any more until the gateway is opened anew.

use std::sync::{Arc, Mutex};

use super::Chance;
use crate::store::sql::fate::{Fate, Fates, Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    FailBefore,
    FailAfter,
    CutBefore,
    CutAfter,
}

/// How often each came, over all seeds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Struck {
    pub failed_before: u64,
    pub failed_after: u64,
    pub cut_before: u64,
    pub cut_after: u64,
}

impl Struck {
    pub fn add(&mut self, other: Struck) {
        self.failed_before += other.failed_before;
        self.failed_after += other.failed_after;
        self.cut_before += other.cut_before;
        self.cut_after += other.cut_after;
    }

    /// About one of each comes on every seed.
    pub fn is_enough(self, seeds: u64) -> bool {
        [self.failed_before, self.failed_after, self.cut_before, self.cut_after].iter().all(|count| 2 * count >= seeds)
    }
}

#[derive(Default)]
struct State {
    /// What comes next, and after how many operations.
    next: Option<(u64, Strike)>,
    cut: bool,
    struck: Struck,
}

/// Shared by the store, the line to the payer and the simulation.
#[derive(Clone, Default)]
pub struct Power(Arc<Mutex<State>>);

impl Power {
    /// Perhaps something strikes within the next operations, unless something is about to already.
    pub fn threaten(&self, chance: &mut Chance) -> Option<(u64, Strike)> {
        let strikes = [Strike::FailBefore, Strike::FailAfter, Strike::CutBefore, Strike::CutAfter];
        let mut state = self.0.lock().unwrap();
        if state.next.is_none() && chance.one_in(2) {
            state.next = Some((chance.below(12), chance.pick(&strikes)));
        }
        state.next
    }

    pub fn spare(&self) {
        self.0.lock().unwrap().next = None;
    }

    pub fn is_cut(&self) -> bool {
        self.0.lock().unwrap().cut
    }

    pub fn back(&self) {
        let mut state = self.0.lock().unwrap();
        (state.cut, state.next) = (false, None);
    }

    pub fn struck(&self) -> Struck {
        self.0.lock().unwrap().struck
    }

    /// Of an operation that begins now.
    pub fn fate(&self) -> Fate {
        let mut state = self.0.lock().unwrap();
        if state.cut {
            return Fate::FailBefore;
        }
        match state.next {
            None => Fate::Well,
            Some((0, strike)) => {
                state.next = None;
                state.strike(strike)
            }
            Some((left, strike)) => {
                state.next = Some((left - 1, strike));
                Fate::Well
            }
        }
    }

    /// For the store: a transaction is one operation, at its end.
    pub fn fates(&self) -> Fates {
        let power = self.clone();
        Fates(Arc::new(move |moment| match moment {
            Moment::Begin if power.is_cut() => Fate::FailBefore,
            Moment::Begin => Fate::Well,
            Moment::Commit => power.fate(),
        }))
    }
}

impl State {
    fn strike(&mut self, strike: Strike) -> Fate {
        let (count, fate, cut) = match strike {
            Strike::FailBefore => (&mut self.struck.failed_before, Fate::FailBefore, false),
            Strike::FailAfter => (&mut self.struck.failed_after, Fate::FailAfter, false),
            Strike::CutBefore => (&mut self.struck.cut_before, Fate::FailBefore, true),
            Strike::CutAfter => (&mut self.struck.cut_after, Fate::FailAfter, true),
        };
        *count += 1;
        self.cut = cut;
        fate
    }
}
