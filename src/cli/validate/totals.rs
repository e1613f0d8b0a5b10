//! The closing lines: what a file came to, how often each edit fired, how fast it was; and the same for all files.

use std::io::{self, Write};

use super::text::Counts;
use crate::cli::output::{Colour, Paint, clean};
use crate::domain::{Cents, Severity};
use crate::edits::Summary;
use crate::edits::sink::Tally;

/// The files of a run.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub files: u64,
    /// Those with an error, and those that are no X12.
    pub wrong: u64,
    refused: u64,
    /// Those that could not be read; counted by the caller.
    pub unread: usize,
    errors: u64,
    warnings: u64,
    claims: Tally,
    bytes: u64,
}

impl Totals {
    pub fn add(&mut self, summary: &Summary) {
        self.files += 1;
        self.wrong += u64::from(summary.errors > 0 || summary.refused.is_some());
        self.refused += u64::from(summary.refused.is_some());
        self.errors += if summary.refused.is_some() { 0 } else { summary.errors };
        self.warnings += if summary.refused.is_some() { 0 } else { summary.warnings };
        self.claims.merge(summary.claims);
        self.bytes += summary.bytes;
    }

    /// Of several files; one has said it all by itself.
    pub fn print(&self, out: &mut impl Write, seconds: f64) -> io::Result<()> {
        let refused = match self.refused {
            0 => String::new(),
            refused => format!(" ({refused} not X12)"),
        };
        writeln!(
            out,
            "total: {}, {} without errors, {} with errors{refused}; {}; {}, {}",
            count(self.files, "file"),
            grouped(self.files - self.wrong),
            grouped(self.wrong),
            claims(&self.claims),
            count(self.errors, "error"),
            count(self.warnings, "warning"),
        )?;
        writeln!(out, "  {}", speed(self.bytes, &self.claims, seconds))
    }
}

pub(super) fn of_file(
    out: &mut impl Write,
    name: &str,
    paint: Paint,
    summary: &Summary,
    counts: &Counts,
    seconds: f64,
) -> io::Result<()> {
    let Summary { errors, warnings, .. } = *summary;
    let (word, colour) = match (errors, summary.claims.accepted, warnings) {
        (0, _, 0) => ("accepted", Colour::Green),
        (0, _, _) => ("accepted, with warnings", Colour::Yellow),
        (_, 1.., _) => ("accepted in part", Colour::Yellow),
        (_, 0, _) => ("rejected", Colour::Red),
    };
    let word = paint.text(colour, word);
    let (errors, warnings) = (count(errors, "error"), count(warnings, "warning"));
    writeln!(out, "{name}: {word}; {}; {errors}, {warnings}", claims(&summary.claims))?;
    for (severity, heading) in [(Severity::Error, "errors"), (Severity::Warning, "warnings")] {
        let mut edits: Vec<(&str, u64)> = counts
            .iter()
            .filter(|((of, _), _)| *of == severity)
            .map(|((_, edit), number)| (edit.as_str(), *number))
            .collect();
        edits.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        if !edits.is_empty() {
            let edits: Vec<String> =
                edits.iter().map(|(edit, number)| format!("{} x {edit}", grouped(*number))).collect();
            writeln!(out, "  {heading}: {}", edits.join(", "))?;
        }
    }
    let form_only = summary.form_only.names();
    if !form_only.is_empty() {
        writeln!(out, "  judged by their form only, as no list is loaded: {}", form_only.join(", "))?;
    }
    let found: u64 = counts.values().sum();
    let all = summary.errors + summary.warnings;
    if found < all {
        writeln!(out, "  {} beyond the most of one transaction are only counted", count(all - found, "finding"))?;
    }
    writeln!(
        out,
        "  {}, {}, {}, {}; {}",
        summary.guide.as_deref().map_or("no functional group".into(), clean),
        count(summary.interchanges, "interchange"),
        count(summary.groups, "group"),
        count(summary.transactions, "transaction"),
        speed(summary.bytes, &summary.claims, seconds),
    )
}

fn claims(claims: &Tally) -> String {
    let Tally { accepted, rejected, accepted_charge, rejected_charge } = *claims;
    // Only of claims, not of remittances, the charges are added up.
    let of = |charge: Cents| if charge == Cents::ZERO { String::new() } else { format!(" ({charge})") };
    let (good, bad) = (of(accepted_charge), of(rejected_charge));
    match (accepted, rejected) {
        (0, 0) => "no claims".into(),
        (_, 0) => format!("{} accepted{good}", count(accepted, "claim")),
        (0, _) => format!("{} rejected{bad}", count(rejected, "claim")),
        (_, _) => format!("{} accepted{good}, {} rejected{bad}", count(accepted, "claim"), grouped(rejected)),
    }
}

/// Of a file too small to measure, only its size.
fn speed(bytes: u64, claims: &Tally, seconds: f64) -> String {
    const MEASURED_BYTES_MIN: u64 = 100_000;
    if bytes < MEASURED_BYTES_MIN || seconds <= 0.0 {
        return count(bytes, "byte");
    }
    let megabytes = bytes as f64 / 1e6 / seconds;
    let claims = ((claims.accepted + claims.rejected) as f64 / seconds) as u64;
    let claims = if claims > 0 { format!(", {} a second", count(claims, "claim")) } else { String::new() };
    format!("{} in {seconds:.2} s ({megabytes:.0} MB/s{claims})", count(bytes, "byte"))
}

/// `1,234 claims`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(count(1, "claim"), "1 claim");
        assert_eq!(count(0, "claim"), "0 claims");
        assert_eq!(count(1_234_567, "claim"), "1,234,567 claims");
    }

    #[test]
    fn speed_is_told_where_there_is_something_to_measure() {
        let claims = Tally { accepted: 1000, accepted_charge: Cents(1), ..Tally::default() };
        assert_eq!(speed(99, &claims, 1.0), "99 bytes");
        assert_eq!(speed(2_000_000, &claims, 0.02), "2,000,000 bytes in 0.02 s (100 MB/s, 50,000 claims a second)");
    }
}
