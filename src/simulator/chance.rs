//! Dice that fall the same way each time: a small generator and a hash, both fixed for good, so that a seed
//! named in a bug report still gives the bytes it gave then.

/// SplitMix64: one addition and one mix a number, plenty for invented patients.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance { state: mix(seed ^ 0x6C61_696D_6761_7465) }
    }

    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// 0 to `limit` - 1; 0 when `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The high half of the product: even enough for limits far below 2^64, and without a division.
        ((u128::from(self.number()) * u128::from(limit)) >> 64) as u64
    }

    /// `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True `parts` times in a thousand.
    pub fn per_mille(&mut self, parts: u16) -> bool {
        self.below(1000) < u64::from(parts)
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }

    /// A copy of a member.
    pub fn draw<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// `count` different members of `all`, or all of them, in their order.
    pub fn pick_some<'a, T>(&mut self, all: &'a [T], count: usize) -> Vec<&'a T> {
        let (mut open, mut left) = (count.min(all.len()) as u64, all.len() as u64);
        let mut chosen = Vec::with_capacity(open as usize);
        for one in all {
            if self.below(left) < open {
                chosen.push(one);
                open -= 1;
            }
            left -= 1;
        }
        chosen
    }
}

/// A number that depends on the seed and on every byte, and on nothing else.
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325 ^ mix(seed);
    for &byte in bytes {
        sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    mix(sum)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_numbers() {
        let throw =
            |seed| (0..5).map(|_| 0).scan(Chance::new(seed), |c, _: i32| Some(c.below(1000))).collect::<Vec<_>>();
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
    }

    #[test]
    fn every_number_comes_up_about_as_often() {
        let mut chance = Chance::new(1);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[chance.between(0, 9) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
    }

    #[test]
    fn some_of_a_list_are_different_ones() {
        let mut chance = Chance::new(3);
        for _ in 0..100 {
            let some = chance.pick_some(&[1, 2, 3, 4, 5, 6], 4);
            assert_eq!(some.len(), 4);
            assert!(some.windows(2).all(|w| w[0] < w[1]));
        }
    }

    #[test]
    fn one_changed_letter_changes_the_hash() {
        assert_ne!(hash(1, b"A1"), hash(1, b"A2"));
        assert_ne!(hash(1, b"A1"), hash(2, b"A1"));
    }
}
