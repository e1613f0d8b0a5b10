//! Findings and summaries as JSON, one object a line, in the shape of the contract.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::cli::output::json_line;
use crate::domain::Finding;
use crate::edits::sink::{Sink, Summary};

pub(super) struct JsonReport<W> {
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
    rejected_interchanges: u64,
    groups: u64,
    transactions: u64,
    claims: u64,
    accepted_claims: u64,
    rejected_claims: u64,
    errors: u64,
    warnings: u64,
    bytes: u64,
    seconds: f64,
    /// Why the file could not be read as X12 at all.
    refused: Option<&'a str>,
}

impl<W: Write> JsonReport<W> {
    pub(super) fn new(out: W, file: &str) -> JsonReport<W> {
        JsonReport { out, file: file.to_string() }
    }

    pub(super) fn summary(&mut self, summary: &Summary, took: Duration) -> io::Result<()> {
        let claims = summary.claims;
        let line = SummaryLine {
            kind: "summary",
            file: &self.file,
            guide: summary.guide.as_deref(),
            interchanges: summary.interchanges,
            rejected_interchanges: summary.interchanges_rejected,
            groups: summary.groups,
            transactions: summary.transactions,
            claims: claims.accepted + claims.rejected,
            accepted_claims: claims.accepted,
            rejected_claims: claims.rejected,
            errors: summary.errors,
            warnings: summary.warnings,
            bytes: summary.bytes,
            seconds: (took.as_secs_f64() * 1e4).round() / 1e4,
            refused: summary.refused.as_deref(),
        };
        json_line(&mut self.out, &line)
    }
}

impl<W: Write> Sink for JsonReport<W> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        json_line(&mut self.out, &FindingLine { kind: "finding", file: &self.file, finding })
    }
}
