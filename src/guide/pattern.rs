//! The form of a value, where a guide names one: `[0-9]{9}`. A part is a character or a set of them in brackets,
//! with how often it comes: `{9}`, `{2,10}` or, without braces, once. The whole value must have the form.

/// Values longer than this have no form.
const VALUE_BYTES_MAX: usize = 127;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    text: Box<str>,
    parts: Box<[Part]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    /// A bit for each ASCII character.
    set: u128,
    min: usize,
    max: usize,
}

impl Pattern {
    /// `None` when the text is no pattern.
    pub fn new(text: &str) -> Option<Pattern> {
        let mut rest = text.as_bytes();
        let mut parts = Vec::new();
        while let Some((&first, after)) = rest.split_first() {
            let (set, after) = match first {
                b'[' => set(after)?,
                b'{' | b'}' | b']' => return None,
                _ => (bit(first)?, after),
            };
            let (min, max, after) = count(after)?;
            parts.push(Part { set, min, max });
            rest = after;
        }
        (!parts.is_empty()).then(|| Pattern { text: text.into(), parts: parts.into() })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// For people: `must be` these words.
    pub fn words(&self) -> String {
        let digits = (b'0'..=b'9').fold(0, |set, digit| set | 1u128 << digit);
        match &*self.parts {
            [Part { set, min, max }] if *set == digits && min == max => format!("{min} digits"),
            _ => format!("of the form {}", self.text),
        }
    }

    pub fn matches(&self, value: &[u8]) -> bool {
        if value.len() > VALUE_BYTES_MAX {
            return false;
        }
        // One bit for each place in the value that the parts so far may end at.
        let mut ends = 1u128;
        for part in &self.parts {
            let mut next = 0;
            for start in (0..=value.len()).filter(|start| ends >> start & 1 == 1) {
                let of_set = |byte: &&u8| bit(**byte).is_some_and(|bit| part.set & bit != 0);
                let run = value[start..].iter().take_while(of_set).count().min(part.max);
                next |= (part.min..=run).fold(0, |bits, length| bits | 1 << (start + length));
            }
            ends = next;
        }
        ends >> value.len() & 1 == 1
    }
}

fn bit(byte: u8) -> Option<u128> {
    byte.is_ascii().then(|| 1 << byte)
}

/// What stands between brackets, and what follows them.
fn set(bytes: &[u8]) -> Option<(u128, &[u8])> {
    let (inside, after) = bytes.split_at_checked(bytes.iter().position(|&b| b == b']')?)?;
    let mut set = 0;
    let mut rest = inside;
    loop {
        rest = match rest {
            [] => break,
            [from, b'-', to, after @ ..] if from <= to => {
                for byte in *from..=*to {
                    set |= bit(byte)?;
                }
                after
            }
            [one, after @ ..] => {
                set |= bit(*one)?;
                after
            }
        };
    }
    (set != 0).then_some((set, &after[1..]))
}

/// How often, and what follows.
fn count(bytes: &[u8]) -> Option<(usize, usize, &[u8])> {
    let Some(inside) = bytes.strip_prefix(b"{") else { return Some((1, 1, bytes)) };
    let end = inside.iter().position(|&b| b == b'}')?;
    let text = std::str::from_utf8(&inside[..end]).ok()?;
    let (min, max) = text.split_once(',').unwrap_or((text, text));
    let (min, max): (usize, usize) = (min.parse().ok()?, max.parse().ok()?);
    (min <= max && max <= VALUE_BYTES_MAX).then_some((min, max, &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_form_as_a_whole_or_not_at_all() {
        for (pattern, holding, broken) in [
            ("[0-9]{9}", vec!["123456789"], vec!["12345678", "1234567890", "12345678A", "", "123-45-678"]),
            ("[A-Z]{1,3}[A-Z0-9]{2}", vec!["ABC12", "A12", "ABC", "ABCDE"], vec!["AB", "ABCDE1", "1AB"]),
            ("D[0-9]{4}", vec!["D0120"], vec!["0120", "D012", "d0120"]),
            ("[A-]{2}", vec!["A-"], vec!["AB"]),
        ] {
            let parsed = Pattern::new(pattern).unwrap();
            assert!(holding.iter().all(|value| parsed.matches(value.as_bytes())), "{pattern}");
            assert!(broken.iter().all(|value| !parsed.matches(value.as_bytes())), "{pattern}");
        }
        assert_eq!(Pattern::new("[0-9]{9}").unwrap().words(), "9 digits");
        assert_eq!(Pattern::new("D[0-9]{4}").unwrap().words(), "of the form D[0-9]{4}");
        assert!(!Pattern::new("A{0,127}").unwrap().matches(&[b'A'; 128]));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "[0-9", "[]", "[9-0]]", "{3}", "A{", "A{x}", "A{3,1}", "A{128}", "\u{c4}"] {
            assert_eq!(Pattern::new(text), None, "{text}");
        }
    }
}
