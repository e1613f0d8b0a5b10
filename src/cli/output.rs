//! What commands print: aligned tables, JSON lines, and colour where a person is looking.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Columns as wide as their widest cell. The last one is never padded.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(headings: &[&str]) -> Table {
        Table { rows: vec![headings.iter().map(ToString::to_string).collect()] }
    }

    /// One cell for each heading.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// One JSON object on one line.
pub fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red,
    Yellow,
    Green,
    Blue,
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Green => "32",
            Colour::Blue => "34",
        }
    }
}

/// Paints on a terminal only, so that files and pipes stay plain.
#[derive(Clone, Copy, Debug)]
pub enum Paint {
    Plain,
    Coloured,
}

impl Paint {
    pub fn for_stdout() -> Paint {
        if io::stdout().is_terminal() && colour_is_welcome() { Paint::Coloured } else { Paint::Plain }
    }

    pub fn text(self, colour: Colour, text: &str) -> String {
        match self {
            Paint::Plain => text.to_string(),
            Paint::Coloured => format!("\x1b[{}m{text}\x1b[0m", colour.code()),
        }
    }
}

/// Whether the user has not said NO_COLOR (see no-color.org) and the terminal is not a dumb one.
pub fn colour_is_welcome() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns that a text takes on a terminal; of text without marks and wide letters.
pub fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Text of a file as it may be printed: see [`visible`].
pub fn clean(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().map(visible).collect()),
    }
}

/// A character that takes one column, and neither moves the cursor nor turns the line, for each one of a file.
pub fn visible(character: char) -> char {
    const NO_CHARACTER: char = '\u{FFFD}';
    match character {
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(NO_CHARACTER),
        '\x7F' => '\u{2421}',
        '\u{80}'..='\u{9F}' | '\u{AD}' => NO_CHARACTER,
        // Marks without a width, and those that change the direction of what follows.
        '\u{300}'..='\u{36F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' => NO_CHARACTER,
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'.. => NO_CHARACTER,
        _ => character,
    }
}

/// Why something cannot be read, with what to do about it.
pub fn why_unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; is its name spelt right?".into(),
        io::ErrorKind::PermissionDenied => {
            "this user may not read it; ask its owner, or change its permissions with chmod".into()
        }
        io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => format!("it cannot be read ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_upset_a_terminal_is_made_visible() {
        assert_eq!(clean("plain ~"), "plain ~");
        assert_eq!(clean("\u{1b}[2J\r\n\0\u{7f}"), "␛[2J␍␊␀␡");
        assert_eq!(clean("a\u{202e}b\u{300}c\u{85}é"), "a\u{FFFD}b\u{FFFD}c\u{FFFD}é");
        assert_eq!((columns("é~"), columns("ab")), (2, 2));
    }

    #[test]
    fn a_table_is_aligned_and_has_no_spaces_at_its_lines_ends() {
        let mut table = Table::new(&["NAME", "KIND"]);
        table.row(["bluestar".to_string(), "payer".to_string()]);
        table.row(["ä".to_string(), String::new()]);
        let mut printed = Vec::new();
        table.print(&mut printed).unwrap();
        assert_eq!(String::from_utf8(printed).unwrap(), "NAME      KIND\nbluestar  payer\nä\n");
    }

    #[test]
    fn json_stays_on_one_line() {
        let mut printed = Vec::new();
        json_line(&mut printed, &serde_json::json!({"message": "a\nb"})).unwrap();
        assert_eq!(printed, b"{\"message\":\"a\\nb\"}\n");
    }
}
