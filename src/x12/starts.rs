//! Where the elements of a segment start: found without branching on the bytes, because where separators stand
//! cannot be foretold.

/// Bytes looked at before room for the places found is checked again.
const BLOCK: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Starts {
    /// The first `count` are places; what follows is room.
    places: Vec<u32>,
    count: usize,
}

impl Starts {
    /// For a new segment: its id starts at 0.
    #[inline]
    pub fn begin(&mut self) {
        if self.places.is_empty() {
            self.places.resize(4 * BLOCK, 0);
        }
        self.places[0] = 0;
        self.count = 1;
    }

    #[inline]
    pub fn all(&self) -> &[u32] {
        &self.places[..self.count]
    }

    /// Adds the places after each separator in `bytes`, which begin `from` bytes into the segment. Returns how many
    /// line breaks there were.
    #[inline]
    pub fn divide(&mut self, bytes: &[u8], from: usize, separator: u8) -> u32 {
        let mut lines = 0;
        for (n, block) in bytes.chunks(BLOCK).enumerate() {
            if self.places.len() < self.count + BLOCK {
                self.places.resize(2 * self.places.len() + BLOCK, 0);
            }
            let room = &mut self.places[self.count..][..block.len()];
            let mut place = (from + n * BLOCK) as u32;
            let mut found = 0;
            for &byte in block {
                place += 1;
                // Written in any case, kept only when the byte was a separator.
                room[found] = place;
                found += usize::from(byte == separator);
                lines += u32::from(byte == b'\n');
            }
            self.count += found;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_separator_is_found_whatever_the_length() {
        for length in [0, 1, 2, 255, 256, 257, 1000, 5000] {
            let bytes: Vec<u8> = (0..length).map(|n| if n % 3 == 0 { b'*' } else { b'\n' }).collect();
            let mut starts = Starts::default();
            starts.begin();
            let half = length / 2;
            let lines = starts.divide(&bytes[..half], 0, b'*') + starts.divide(&bytes[half..], half, b'*');
            let expected: Vec<u32> = std::iter::once(0).chain((0..length as u32).step_by(3).map(|n| n + 1)).collect();
            assert_eq!(starts.all(), expected, "{length}");
            assert_eq!(lines as usize, length - (expected.len() - 1), "{length}");
        }
    }
}
