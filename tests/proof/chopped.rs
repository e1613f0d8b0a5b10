//! An input that comes in pieces, as from a slow connection: what is read from it must not depend on where it was cut.

use std::io::{self, ErrorKind, Read};

/// Hands out between one and a hundred bytes a read, by a rule that depends on the seed only, and is interrupted now
/// and then.
#[derive(Debug)]
pub struct Chopped<'d> {
    rest: &'d [u8],
    state: u64,
}

impl<'d> Chopped<'d> {
    pub fn new(data: &'d [u8], seed: u64) -> Chopped<'d> {
        Chopped { rest: data, state: seed | 1 }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }
}

impl Read for Chopped<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let dice = self.next();
        if dice.is_multiple_of(31) {
            return Err(ErrorKind::Interrupted.into());
        }
        // Pieces of one to three bytes cut through headers and terminators, longer ones keep it quick.
        let wanted = if dice & 64 == 0 { dice >> 8 & 1 } else { dice >> 8 & 127 } as usize + 1;
        let count = wanted.min(out.len()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(count);
        out[..count].copy_from_slice(piece);
        self.rest = rest;
        Ok(count)
    }
}

/// A number that depends on every byte: the same input is cut the same way each time.
pub fn seed_of(data: &[u8]) -> u64 {
    let mut sum: u64 = 0xCBF2_9CE4_8422_2325;
    for chunk in data.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        sum = (sum ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    }
    sum
}
