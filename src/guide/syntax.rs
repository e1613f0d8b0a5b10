//! The notations of the schema files: element types and syntax notes.

use super::model::{Rule, SyntaxNote, Type};

/// `AN`, `ID`, `DT`, `TM`, `R`, `N0` to `N9`.
pub(super) fn kind(text: &str) -> Option<Type> {
    Some(match text.as_bytes() {
        b"AN" => Type::Text,
        b"ID" => Type::Code,
        b"DT" => Type::Date,
        b"TM" => Type::Time,
        b"R" => Type::Decimal,
        [b'N', digit @ b'0'..=b'9'] => Type::Number(digit - b'0'),
        _ => return None,
    })
}

/// `P0304`: a letter and two or more element numbers, none beyond `count`.
pub(super) fn parse(text: &str, count: usize) -> Option<SyntaxNote> {
    let (letter, numbers) = text.split_at_checked(1)?;
    let rule = match letter {
        "P" => Rule::Paired,
        "R" => Rule::Required,
        "E" => Rule::Exclusive,
        "C" => Rule::Conditional,
        "L" => Rule::ListConditional,
        _ => return None,
    };
    if numbers.len() < 4 || numbers.len() % 2 != 0 || !numbers.is_ascii() {
        return None;
    }
    let (mut first, mut all) = (0, 0);
    for pair in numbers.as_bytes().chunks(2) {
        let number: usize = std::str::from_utf8(pair).ok()?.parse().ok()?;
        if number == 0 || number > count.min(64) {
            return None;
        }
        let bit = 1u64 << (number - 1);
        if all == 0 {
            first = bit;
        }
        all |= bit;
    }
    Some(SyntaxNote { rule, first, all })
}

impl SyntaxNote {
    #[inline]
    pub(super) fn holds(&self, present: u64) -> bool {
        let here = present & self.all;
        if here == 0 {
            return self.rule != Rule::Required;
        }
        let others = self.all & !self.first;
        match self.rule {
            Rule::Paired => here == self.all,
            Rule::Required => true,
            Rule::Exclusive => here & here.wrapping_sub(1) == 0,
            Rule::Conditional => here & self.first == 0 || here == self.all,
            Rule::ListConditional => here & self.first == 0 || here & others != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_of_note_holds_when_it_should() {
        for (note, holding, broken) in [
            ("P0102", [0b00, 0b11], 0b01),
            ("R0102", [0b10, 0b11], 0b00),
            ("E0102", [0b10, 0b00], 0b11),
            ("C0102", [0b10, 0b11], 0b01),
            ("L010203", [0b101, 0b110], 0b001),
        ] {
            let parsed = parse(note, 3).unwrap();
            assert!(holding.iter().all(|&present| parsed.holds(present)), "{note}");
            assert!(!parsed.holds(broken), "{note}");
        }
        assert!(parse("P0104", 3).is_none() && parse("X0102", 3).is_none() && parse("P01", 3).is_none());
    }
}
