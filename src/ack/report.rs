//! The findings of a file as text a person reads: one paragraph a finding, one line for each transaction.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::domain::{Finding, Severity};
use crate::edits::Verdict;
use crate::edits::sink::{CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, Summary, SyntaxVerdict};

/// A [`crate::edits::Sink`] that writes text. `name` is what the file is called in the first column.
#[derive(Debug)]
pub struct TextReport<W> {
    out: W,
    name: String,
}

impl<W: Write> TextReport<W> {
    pub fn new(out: W, name: impl Into<String>) -> TextReport<W> {
        TextReport { out, name: name.into() }
    }

    /// The closing line; says what the file came to.
    pub fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(why) = &summary.refused {
            return writeln!(self.out, "{}: refused. {why}", self.name);
        }
        let claims = summary.claims;
        writeln!(
            self.out,
            "{}: {} in {}; {} accepted ({}), {} rejected ({}); {}, {}",
            self.name,
            count(claims.accepted + claims.rejected, "claim"),
            count(summary.transactions, "transaction"),
            claims.accepted,
            claims.accepted_charge,
            claims.rejected,
            claims.rejected_charge,
            count(summary.errors, "error"),
            count(summary.warnings, "warning"),
        )?;
        match summary.form_only.names() {
            names if names.is_empty() => Ok(()),
            names => writeln!(self.out, "{}: checked by form only, without a list: {}", self.name, names.join(", ")),
        }
    }
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl<W: Write> Sink for TextReport<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        writeln!(self.out, "{}:{}", self.name, sentence(finding))
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        let said = match checked.verdict {
            SyntaxVerdict::Accepted => "accepted",
            SyntaxVerdict::AcceptedWithErrors => "accepted with errors",
            SyntaxVerdict::Partly | SyntaxVerdict::Rejected => "rejected",
        };
        let facts = checked.transaction;
        writeln!(self.out, "{}: transaction {} {} {said}", self.name, facts.code, facts.control)
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        if !checked.codes.is_empty() {
            writeln!(self.out, "{}: group {} rejected", self.name, checked.group.control)?;
        }
        Ok(())
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        if checked.verdict == Verdict::Rejected {
            let control = &checked.interchange.control;
            writeln!(self.out, "{}: interchange {control} rejected, note {}", self.name, checked.code)?;
        }
        Ok(())
    }
}

/// `35: error npi-check-digit, claim 1234, 2310B NM109: The NPI .. (value) Correct ..`
pub fn sentence(finding: &Finding) -> String {
    let place = &finding.place;
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = match &place.segment {
        Some(segment) => format!("{}: {severity} {}", segment.line, finding.edit),
        None => format!(" {severity} {}", finding.edit),
    };
    if let Some(claim) = &place.claim {
        let _ = write!(text, ", claim {claim}");
    }
    // A file without a header has a place, and no segment there.
    if let Some(segment) = place.segment.as_ref().filter(|segment| !segment.id.is_empty()) {
        let _ = write!(text, ", {}", place.loop_id.as_deref().unwrap_or_default());
        let gap = if text.ends_with(' ') { "" } else { " " };
        let _ = write!(text, "{gap}{}", segment.id);
        if let Some(element) = place.element {
            let _ = write!(text, "{element:02}");
        }
        if let Some(component) = place.component {
            let _ = write!(text, "-{component}");
        }
    }
    let _ = write!(text, ": {}", finding.message);
    if let Some(value) = &finding.value {
        let _ = write!(text, " Found `{value}`.");
    }
    if !finding.fix.is_empty() {
        let _ = write!(text, " {}", finding.fix);
    }
    text
}
