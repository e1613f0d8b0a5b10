//! Which inputs are held to the comparisons that cost more than the check itself: all of them in the test suite, a
//! part of them where millions are tried. The choice hangs on the input's bytes, so an input that broke a property
//! breaks it again.

/// See the top of this file.
#[derive(Clone, Copy, Debug)]
pub enum Sample {
    All,
    Part,
}

/// A comparison that is made for a part of the inputs.
#[derive(Clone, Copy, Debug)]
pub enum Dear {
    /// The same bytes in many small reads.
    Chopped,
    /// The same bytes, judged on another core than they are read on.
    TwoCores,
    /// Our own check of what we answer.
    AnswersChecked,
}

impl Dear {
    /// One input in so many, and the bits of its number that say whether it is this one.
    fn share(self) -> (u64, u32) {
        match self {
            Dear::Chopped => (32, 0),
            Dear::TwoCores => (64, 8),
            Dear::AnswersChecked => (16, 16),
        }
    }
}

impl Sample {
    /// Whether the input whose number ([`super::chopped::seed_of`]) this is takes part.
    pub fn takes(self, seed: u64, what: Dear) -> bool {
        let (one_in, shift) = what.share();
        match self {
            Sample::All => true,
            Sample::Part => (seed >> shift).is_multiple_of(one_in),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_part_of_the_inputs_is_about_its_share_and_all_are_all() {
        use super::super::chopped::seed_of;
        use super::{Dear, Sample};
        for what in [Dear::Chopped, Dear::TwoCores, Dear::AnswersChecked] {
            let (one_in, _) = what.share();
            let seeds = (0..64 * one_in).map(|n| seed_of(format!("CLM*{n}*100~").repeat(9).as_bytes()));
            let seeds: Vec<u64> = seeds.collect();
            let taken = seeds.iter().filter(|&&seed| Sample::Part.takes(seed, what)).count();
            assert!((32..=128).contains(&taken), "{what:?}: {taken} of {}", seeds.len());
            assert!(seeds.iter().all(|&seed| Sample::All.takes(seed, what)));
        }
    }
}
