//! The report as one page of HTML: no script, nothing fetched, fit for paper. The template escapes whatever
//! comes from a file.

use std::io::{self, Write};

use askama::Template;

use super::{ClaimPart, Item, Paper};
use crate::domain::Severity;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    paper: &'a Paper,
    outcome: Vec<String>,
    sections: Vec<Section<'a>>,
}

struct Section<'a> {
    title: &'static str,
    kind: &'static str,
    claims: &'a [ClaimPart],
}

/// Writes the whole page.
pub fn html(paper: &Paper, out: &mut impl Write) -> io::Result<()> {
    let rejected =
        Section { title: "Rejected: correct these and send them again", kind: "rejected", claims: &paper.to_correct };
    let noted = Section { title: "Accepted, with something to look at", kind: "noted", claims: &paper.noted };
    let sections = [rejected, noted].into_iter().filter(|section| !section.claims.is_empty()).collect();
    Page { paper, outcome: paper.outcome(), sections }.write_into(out)
}

impl Item {
    /// Class of its row in the page.
    fn class(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}
