//! The report as plain text, 78 columns wide.

use std::io::{self, Write};

use super::words::count;
use super::{ClaimPart, Item, Paper, Pile};
use crate::domain::Severity;

const WIDTH: usize = 78;

/// Writes the whole report.
pub fn text(paper: &Paper, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "CLAIM REPORT  {}", one_line(&paper.file))?;
    writeln!(out, "Judged as on {}", paper.judged_on)?;
    writeln!(out, "{}", "=".repeat(WIDTH))?;
    for sentence in paper.outcome() {
        wrap(out, "", &sentence)?;
    }
    if !paper.common.is_empty() {
        heading(out, "What concerns more than one claim")?;
        items(out, &paper.common)?;
    }
    if !paper.to_correct.is_empty() {
        heading(out, "Rejected: correct these and send them again")?;
        claims(out, &paper.to_correct)?;
    }
    if !paper.noted.is_empty() {
        heading(out, "Accepted, with something to look at")?;
        claims(out, &paper.noted)?;
    }
    if paper.left_out > 0 {
        writeln!(out)?;
        wrap(out, "", &paper.rest())?;
    }
    Ok(())
}

fn heading(out: &mut impl Write, title: &str) -> io::Result<()> {
    writeln!(out, "\n{}\n{}", title.to_uppercase(), "-".repeat(WIDTH))
}

fn claims(out: &mut impl Write, parts: &[ClaimPart]) -> io::Result<()> {
    for part in parts {
        writeln!(out, "\nClaim {}", one_line(&part.number))?;
        for (name, value) in part.facts() {
            writeln!(out, "  {name:<9}{}", one_line(&value))?;
        }
        if part.falls_with {
            wrap(out, "  ", ClaimPart::FALLS_WITH)?;
        }
        items(out, &part.items)?;
    }
    Ok(())
}

fn items(out: &mut impl Write, items: &[Item]) -> io::Result<()> {
    for item in items {
        let mark = match item.severity {
            Severity::Error => "[X]",
            Severity::Warning => "[!]",
        };
        wrap(out, &format!("  {mark} "), &item.what)?;
        let place = if item.at.is_empty() { item.place.clone() } else { format!("{}: {}", item.place, item.at) };
        let found = item.found.as_ref().map(|value| format!("\"{}\"", one_line(value))).unwrap_or_default();
        let send = [item.send.as_str(), item.rejects].join(" ");
        for (name, value) in [("Where", &place), ("Found", &found), ("Send", &send), ("Codes", &item.reference())] {
            if !value.trim().is_empty() {
                wrap(out, &format!("      {name:<7}"), value.trim())?;
            }
        }
    }
    Ok(())
}

/// Values come from a file of anybody: nothing in them moves a reader's cursor.
fn one_line(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes `text` after `lead`, the lines that follow below its beginning.
fn wrap(out: &mut impl Write, lead: &str, text: &str) -> io::Result<()> {
    let indent = " ".repeat(lead.len());
    let mut line = lead.to_string();
    let mut empty = true;
    for word in one_line(text).split(' ').filter(|word| !word.is_empty()) {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            (line, empty) = (indent.clone(), true);
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{line}")
}

impl Paper {
    /// What became of the file, and what the reader does about it.
    pub(super) fn outcome(&self) -> Vec<String> {
        if let Some(why) = &self.refused {
            return vec![format!("The file was refused: {why}")];
        }
        let (accepted, rejected) = (self.accepted.claims, self.rejected.claims);
        let (kept, back) = (self.accepted.worth(), self.rejected.worth());
        let mut said = vec![match (accepted, rejected) {
            (0, 0) if self.errors == 0 => "Nothing is wrong with this file.".to_string(),
            (0, 0) => format!("The file has {}.", count(self.errors, "error")),
            (1, 0) => format!("The claim{kept} was accepted."),
            (_, 0) => format!("All {accepted} claims{kept} were accepted."),
            (0, 1) => format!("The claim{back} was rejected."),
            (0, _) => format!("All {rejected} claims{back} were rejected."),
            (_, _) => {
                let all = count(accepted + rejected, "claim");
                format!("Of {all}, {rejected} were rejected{back} and {accepted} accepted{kept}.")
            }
        }];
        said.extend(self.verdicts.iter().cloned());
        if rejected > 0 {
            said.push(
                "Rejected claims went no further: correct them and send them again as originals, in a new file with \
                 a new control number."
                    .to_string(),
            );
        }
        if rejected > 0 && accepted > 0 {
            said.push("Accepted claims are on their way: do not send them again.".to_string());
        }
        said
    }

    pub(super) fn rest(&self) -> String {
        format!("{} more are not shown here; all findings are in the JSON form of this report.", self.left_out)
    }
}

impl Pile {
    /// ` ($300.00)`, or nothing where it is not known.
    fn worth(self) -> String {
        self.charge.map_or_else(String::new, |charge| format!(" (${charge})"))
    }
}

impl ClaimPart {
    pub(super) const FALLS_WITH: &'static str =
        "Nothing is wrong with this claim itself: it is rejected with what it stands in, told above.";

    /// What is known of the claim, as name and value.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let charge = self.charge.map_or_else(String::new, |charge| format!("${charge}"));
        let facts = [
            ("Patient", &self.patient),
            ("Payer", &self.payer),
            ("Service", &self.service),
            ("Charge", &charge),
            ("In", &self.transaction),
        ];
        let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
        known
            .map(|(name, value)| (name, if name == "In" { format!("transaction {value}") } else { value.clone() }))
            .collect()
    }
}

impl Item {
    /// The rule's name, and the codes of the acknowledgement that says the same.
    pub(super) fn reference(&self) -> String {
        [self.edit.as_str(), self.codes.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("; ")
    }
}
