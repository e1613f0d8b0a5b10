//! Codes with the days they are in force, packed for looking up without allocation: a code of up to twelve
//! capitals and digits is one number, numbers stand in order, and a long list has an index by first three
//! characters.

use std::sync::atomic::{AtomicU64, Ordering};

/// Longer codes do not fit.
pub const CODE_MAX: usize = 12;

/// In force from its first day on; before any day that is asked.
pub const SINCE_EVER: u32 = 0;
/// In force to its last day; after any day that is asked.
pub const FOR_EVER: u32 = u32::MAX;

const BASE: u64 = 37;
/// `BASE` to the power of each place.
const POWERS: [u64; CODE_MAX + 1] = {
    let mut powers = [1; CODE_MAX + 1];
    let mut at = 1;
    while at <= CODE_MAX {
        powers[at] = powers[at - 1] * BASE;
        at += 1;
    }
    powers
};
const INDEX_CHARACTERS: usize = 3;
/// What one step of the index spans.
const INDEX_STEP: u64 = POWERS[CODE_MAX - INDEX_CHARACTERS];
/// Shorter lists are halved without an index.
const INDEX_FROM: usize = 1024;

/// 1 to 36 for the characters of codes, 0 for all others.
const VALUES: [u8; 256] = {
    let mut values = [0; 256];
    let mut at = 0;
    while at < 10 {
        values[b'0' as usize + at] = at as u8 + 1;
        at += 1;
    }
    let mut at = 0;
    while at < 26 {
        values[b'A' as usize + at] = at as u8 + 11;
        at += 1;
    }
    values
};

/// One code and one span of days, both CCYYMMDD and both in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub key: u64,
    pub from: u32,
    pub to: u32,
}

impl Entry {
    fn spans(&self, on: u32) -> bool {
        self.from <= on && on <= self.to
    }
}

/// What a table has of a code on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    InForce,
    /// Codes in force begin with it.
    Heading,
    /// The code, or codes that begin with it, on other days.
    OtherDays,
    Unknown,
}

#[derive(Debug, Default)]
pub struct Table {
    entries: Vec<Entry>,
    /// Where the codes of each first three characters begin; empty for short lists.
    index: Vec<u32>,
    asked: Asked,
}

/// Codes asked for lately and found in force on all days: most files name the same few again and again.
#[derive(Debug)]
struct Asked(Box<[AtomicU64; ASKED]>);

const ASKED: usize = 256;

impl Default for Asked {
    fn default() -> Asked {
        Asked(Box::new([const { AtomicU64::new(0) }; ASKED]))
    }
}

impl Asked {
    #[inline]
    fn slot(&self, key: u64) -> &AtomicU64 {
        &self.0[(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % ASKED]
    }
}

/// The number of a code, such that numbers order as codes do. `None` for what no list can hold.
#[inline]
pub fn pack(code: &[u8]) -> Option<u64> {
    if code.is_empty() || code.len() > CODE_MAX {
        return None;
    }
    let mut key = 0;
    for &byte in code {
        let value = VALUES[usize::from(byte)];
        if value == 0 {
            return None;
        }
        key = key * BASE + u64::from(value);
    }
    Some(key * POWERS[CODE_MAX - code.len()])
}

/// The code of a number.
pub fn unpack(mut key: u64) -> String {
    let mut text = Vec::with_capacity(CODE_MAX);
    for place in (0..CODE_MAX).rev() {
        let value = (key / POWERS[place]) as u8;
        key %= POWERS[place];
        match value {
            0 => break,
            1..=10 => text.push(b'0' + value - 1),
            _ => text.push(b'A' + value - 11),
        }
    }
    text.into_iter().map(char::from).collect()
}

impl Table {
    pub fn new(mut entries: Vec<Entry>) -> Table {
        if !entries.is_sorted() {
            entries.sort_unstable();
        }
        entries.dedup();
        let index = if entries.len() < INDEX_FROM { Vec::new() } else { index(&entries) };
        Table { entries, index, asked: Asked::default() }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Different codes.
    pub fn count(&self) -> usize {
        self.entries.chunk_by(|a, b| a.key == b.key).count()
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>() + self.index.len() * size_of::<u32>()
    }

    pub fn holds(&self, code: &[u8]) -> bool {
        pack(code).is_some_and(|key| self.from(key).first().is_some_and(|entry| entry.key == key))
    }

    /// In force on all days, so that no day needs to be known.
    #[inline]
    pub fn is_timeless(&self, code: &[u8]) -> bool {
        let Some(key) = pack(code) else { return false };
        // A slot says a whole truth by itself, so nothing orders it with others.
        let slot = self.asked.slot(key);
        if slot.load(Ordering::Relaxed) == key {
            return true;
        }
        let first = self.from(key).first();
        let timeless = first.is_some_and(|entry| (entry.key, entry.from, entry.to) == (key, SINCE_EVER, FOR_EVER));
        if timeless {
            slot.store(key, Ordering::Relaxed);
        }
        timeless
    }

    #[inline]
    pub fn look_up(&self, code: &[u8], on: u32) -> Found {
        let Some(key) = pack(code) else { return Found::Unknown };
        let mut found = Found::Unknown;
        let after = self.from(key);
        let own = after.iter().take_while(|entry| entry.key == key);
        for entry in own {
            if entry.spans(on) {
                return Found::InForce;
            }
            found = Found::OtherDays;
        }
        let end = key + POWERS[CODE_MAX - code.len()];
        let below = after.iter().take_while(|entry| entry.key < end);
        for entry in below.filter(|entry| entry.key > key) {
            if entry.spans(on) {
                return Found::Heading;
            }
            found = Found::OtherDays;
        }
        found
    }

    /// The entries from this number on.
    #[inline]
    fn from(&self, key: u64) -> &[Entry] {
        let first = (key / INDEX_STEP) as usize;
        let (low, high) = match (self.index.get(first), self.index.get(first + 1)) {
            (Some(&low), Some(&high)) => (low as usize, high as usize),
            _ => (0, self.entries.len()),
        };
        let at = low + self.entries[low..high].partition_point(|entry| entry.key < key);
        &self.entries[at..]
    }
}

fn index(entries: &[Entry]) -> Vec<u32> {
    let steps = POWERS[INDEX_CHARACTERS] as usize + 1;
    let mut index = Vec::with_capacity(steps);
    for (at, entry) in entries.iter().enumerate() {
        let step = (entry.key / INDEX_STEP) as usize;
        while index.len() <= step {
            index.push(at as u32);
        }
    }
    index.resize(steps, entries.len() as u32);
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(codes: &[(&str, u32, u32)]) -> Table {
        let entry = |&(code, from, to): &(&str, u32, u32)| Entry { key: pack(code.as_bytes()).unwrap(), from, to };
        Table::new(codes.iter().map(entry).collect())
    }

    #[test]
    fn numbers_order_as_codes_and_turn_back_into_them() {
        let codes = ["0", "00", "0016070", "9", "A", "A00", "A000", "A001", "A01", "Z999", "ZZZZZZZZZZZZ"];
        let keys: Vec<u64> = codes.iter().map(|code| pack(code.as_bytes()).unwrap()).collect();
        assert!(keys.is_sorted());
        assert_eq!(keys.iter().map(|&key| unpack(key)).collect::<Vec<_>>(), codes);
        for bad in ["", "e119", "E11.9", "ABCDEFGHIJKLM", "E 1"] {
            assert_eq!(pack(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_code_is_judged_on_the_day() {
        let table = table(&[
            ("M545", SINCE_EVER, 20210930),
            ("M5450", 20211001, FOR_EVER),
            ("M5451", 20211001, FOR_EVER),
            ("I10", SINCE_EVER, FOR_EVER),
            ("B60", 20151001, 20180930),
            ("B60", 20201001, FOR_EVER),
        ]);
        let check =
            |code: &str, on: u32, want: Found| assert_eq!(table.look_up(code.as_bytes(), on), want, "{code} {on}");
        check("M545", 20210930, Found::InForce);
        check("M545", 20211001, Found::Heading);
        check("M5450", 20210930, Found::OtherDays);
        check("M5450", 20211001, Found::InForce);
        check("M54", 20211001, Found::Heading);
        check("M54500", 20211001, Found::Unknown);
        check("I10", 20261101, Found::InForce);
        check("I1", 20261101, Found::Heading);
        check("I11", 20261101, Found::Unknown);
        check("B60", 20190101, Found::OtherDays);
        check("B60", 20180930, Found::InForce);
        check("B60", 20201001, Found::InForce);
        check("b60", 20201001, Found::Unknown);
        assert_eq!((table.count(), table.entries().len()), (5, 6));
        assert!(table.holds(b"B60") && !table.holds(b"M54") && !table.holds(b""));
    }

    #[test]
    fn a_long_list_finds_what_a_short_one_finds() {
        let codes: Vec<Entry> = (0..5000u64)
            .map(|n| {
                let text = format!("{}{:04}", char::from(b'A' + (n % 26) as u8), n * 2);
                Entry { key: pack(text.as_bytes()).unwrap(), from: SINCE_EVER, to: FOR_EVER }
            })
            .collect();
        let table = Table::new(codes);
        assert!(!table.index.is_empty());
        for n in 0..10_000u64 {
            let text = format!("{}{n:04}", char::from(b'A' + (n / 2 % 26) as u8));
            let want = if n % 2 == 0 { Found::InForce } else { Found::Unknown };
            assert_eq!(table.look_up(text.as_bytes(), 20260101), want, "{text}");
        }
        assert_eq!(table.look_up(b"A", 20260101), Found::Heading);
        assert_eq!(table.look_up(b"ZZZ", 20260101), Found::Unknown);
        assert_eq!(table.look_up(b"00", 20260101), Found::Unknown);
    }
}
