//! What is wrong with a file that an operator wrote: which file, which key, and what to write instead. All
//! faults of all files are told at once.

use std::fmt;

/// Prints as `partners/acme.toml: interchange.id: missing; add id = "ACMEBILL" (line 4, column 1)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    pub file: String,
    /// As `endpoint.host_key`; empty when the file as a whole is meant.
    pub key: String,
    pub problem: String,
    pub place: Option<TextPlace>,
}

/// Counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPlace {
    pub line: usize,
    pub column: usize,
}

impl Fault {
    /// A fault of the file as a whole.
    pub fn of_file(file: impl fmt::Display, problem: impl Into<String>) -> Fault {
        Fault::of_key(file, "", problem)
    }

    pub fn of_key(file: impl fmt::Display, key: impl Into<String>, problem: impl Into<String>) -> Fault {
        Fault { file: file.to_string(), key: key.into(), problem: problem.into(), place: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.problem)?;
        match self.place {
            Some(TextPlace { line, column }) => write!(f, " (line {line}, column {column})"),
            None => Ok(()),
        }
    }
}

impl TextPlace {
    pub fn of(text: &str, offset: usize) -> TextPlace {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        TextPlace { line: 1 + before.matches('\n').count(), column: 1 + before[line_start..].chars().count() }
    }
}

/// The word that was probably meant: the nearest of `known`, if it is near enough to be a slip of the hand.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips_max = (written.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|word| (slips(&written.to_lowercase(), &word.to_lowercase()), word))
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, word)| word)
}

/// Letters left out, put in, changed, or swapped with their neighbour, to get from `a` to `b`.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => {
                    let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let best = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    if swapped { best.min(rows[i - 2][j - 2] + 1) } else { best }
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_prints_file_key_problem_and_place() {
        let mut fault = Fault::of_key("partners/acme.toml", "interchange.id", "missing");
        assert_eq!(fault.to_string(), "partners/acme.toml: interchange.id: missing");
        fault.place = Some(TextPlace::of("a = 1\n[x]\n  b = 2", 12));
        assert_eq!(fault.to_string(), "partners/acme.toml: interchange.id: missing (line 3, column 3)");
        assert_eq!(Fault::of_file("gateway.toml", "cannot be read").to_string(), "gateway.toml: cannot be read");
    }

    #[test]
    fn the_nearest_word_is_the_one_a_slip_away() {
        let known = ["qualifier", "id", "host", "host_key", "private_key"];
        for (written, meant) in [
            ("qualifer", Some("qualifier")),
            ("qaulifier", Some("qualifier")),
            ("hostkey", Some("host_key")),
            ("ID", Some("id")),
            ("di", Some("id")),
            ("colour", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
