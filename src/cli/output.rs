//! What commands print: aligned tables, JSON lines, and colour where a person is looking.

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
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Green => "32",
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

#[cfg(test)]
mod tests {
    use super::*;

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
