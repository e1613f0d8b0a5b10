//! The findings of a file as JSON, one object a line, and a summary as the last.

use std::io::{self, Write};

use serde::Serialize;

use crate::domain::finding::{AckCodes, SegmentPlace, StatusCode, Trigger};
use crate::domain::{Finding, Scope, Severity};
use crate::edits::sink::{Sink, Summary};

/// A [`crate::edits::Sink`] that writes JSON lines.
#[derive(Debug)]
pub struct JsonReport<W> {
    out: W,
    file: String,
}

/// Every key stands in every line; what does not apply is null.
#[derive(Serialize)]
struct FindingLine<'a> {
    kind: &'static str,
    file: &'a str,
    interchange: Option<&'a str>,
    group: Option<&'a str>,
    transaction: Option<&'a str>,
    claim: Option<&'a str>,
    segment: Option<&'a SegmentPlace>,
    #[serde(rename = "loop")]
    loop_id: Option<&'a str>,
    element: Option<u16>,
    component: Option<u16>,
    repetition: Option<u16>,
    value: Option<&'a str>,
    snip: u8,
    edit: &'a str,
    severity: Severity,
    scope: Scope,
    message: &'a str,
    fix: Option<&'a str>,
    ack: &'a AckCodes,
    status: Option<&'a [StatusCode]>,
    trigger: Option<&'a Trigger>,
}

impl<'a> FindingLine<'a> {
    fn new(file: &'a str, finding: &'a Finding) -> FindingLine<'a> {
        let place = &finding.place;
        FindingLine {
            kind: "finding",
            file,
            interchange: place.interchange.as_deref(),
            group: place.group.as_deref(),
            transaction: place.transaction.as_deref(),
            claim: place.claim.as_deref(),
            segment: place.segment.as_ref(),
            loop_id: place.loop_id.as_deref(),
            element: place.element,
            component: place.component,
            repetition: place.repetition,
            value: finding.value.as_deref(),
            snip: finding.snip,
            edit: &finding.edit,
            severity: finding.severity,
            scope: finding.scope,
            message: &finding.message,
            fix: Some(finding.fix.as_str()).filter(|fix| !fix.is_empty()),
            ack: &finding.ack,
            status: Some(finding.statuses.as_slice()).filter(|statuses| !statuses.is_empty()),
            trigger: finding.trigger.as_ref(),
        }
    }
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
        line(&mut self.out, &FindingLine::new(&self.file, finding))
    }
}
