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
}
