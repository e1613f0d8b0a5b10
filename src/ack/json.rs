//! The findings of a file as JSON, one object a line, and a summary as the last.

use std::io::{self, Write};

use serde::Serialize;

use crate::domain::Finding;
use crate::edits::sink::{Sink, Summary};

/// A [`crate::edits::Sink`] that writes JSON lines.
#[derive(Debug)]
pub struct JsonReport<W> {
    out: W,
    file: String,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    kind: &'static str,
    file: &'a str,
    #[serde(flatten)]
    finding: &'a Finding,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    kind: &'static str,
    file: &'a str,
    guide: Option<&'a str>,
    interchanges: u64,
    groups: u64,
    transactions: u64,
    claims: u64,
    accepted_claims: u64,
    rejected_claims: u64,
    errors: u64,
    warnings: u64,
    bytes: u64,
    seconds: f64,
    /// Code lists of which only the form could be checked.
    form_only: Vec<&'static str>,
    /// Why the file is no X12 at all.
    refused: Option<&'a str>,
}

impl<W: Write> JsonReport<W> {
    pub fn new(out: W, file: impl Into<String>) -> JsonReport<W> {
        JsonReport { out, file: file.into() }
    }

    pub fn summary(&mut self, summary: &Summary, seconds: f64) -> io::Result<()> {
        let claims = summary.claims;
        let told = SummaryLine {
            kind: "summary",
            file: &self.file,
            guide: summary.guide.as_deref(),
            interchanges: summary.interchanges,
            groups: summary.groups,
            transactions: summary.transactions,
            claims: claims.accepted + claims.rejected,
            accepted_claims: claims.accepted,
            rejected_claims: claims.rejected,
            errors: summary.errors,
            warnings: summary.warnings,
            bytes: summary.bytes,
            seconds,
            form_only: summary.form_only.names(),
            refused: summary.refused.as_deref(),
        };
        line(&mut self.out, &told)
    }
}

/// One object and a line feed.
fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

impl<W: Write> Sink for JsonReport<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        line(&mut self.out, &FindingLine { kind: "finding", file: &self.file, finding })
    }
}
