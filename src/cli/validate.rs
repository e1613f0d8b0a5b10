//! `claimgate validate`: judges files by themselves and says what is wrong, for people, as JSON or as the
//! acknowledgement that would be sent.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use jiff::Zoned;
use jiff::civil::Date;

use crate::ack::json::JsonReport;
use crate::ack::report::TextReport;
use crate::ack::{AckBuilder, AckKind, Envelope, Ta1Policy};
use crate::edits::{CodeSets, Day, Settings, Summary, check};
use crate::guide::Guides;

#[derive(clap::Args, Clone, Debug)]
pub struct ValidateArgs {
    /// What is written to standard output.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ValidateFormat,
    /// Highest SNIP level that is checked.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=7))]
    pub snip: u8,
    /// The day the files count as received; today unless given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<Date>,
    /// Files to judge; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidateFormat {
    Text,
    Json,
    Ta1,
    #[value(name = "999")]
    Ack999,
    #[value(name = "277ca")]
    Ack277ca,
}

/// 0 when nothing is wrong with any file, 1 when something is.
pub fn run(args: &ValidateArgs, guides: &Guides) -> Result<ExitCode> {
    let now = Zoned::now();
    let codes = CodeSets::form_only();
    let as_of = Day::of(args.as_of.unwrap_or_else(|| now.date()));
    let settings = Settings { snip_max: args.snip, ..Settings::alone(as_of, &codes) };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut all_right = true;
    for path in &args.files {
        let name = path.display().to_string();
        let summary = open(path)
            .and_then(|source| one(source, &name, args.format, guides, &settings, &now, &mut out))
            .with_context(|| format!("{name} could not be checked"))?;
        all_right &= is_right(&summary);
    }
    out.flush().context("standard output was closed")?;
    Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_right(summary: &Summary) -> bool {
    summary.refused.is_none() && summary.errors == 0
}

fn open(path: &PathBuf) -> io::Result<Box<dyn Read>> {
    Ok(match path.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(path)?),
    })
}

fn one(
    source: Box<dyn Read>,
    name: &str,
    format: ValidateFormat,
    guides: &Guides,
    settings: &Settings<'_>,
    now: &Zoned,
    out: &mut impl Write,
) -> io::Result<Summary> {
    let began = Instant::now();
    let kind = match format {
        ValidateFormat::Text => {
            let mut report = TextReport::new(out, name);
            let summary = check(source, guides, settings, &mut report)?;
            report.summary(&summary)?;
            return Ok(summary);
        }
        ValidateFormat::Json => {
            let mut report = JsonReport::new(out, name);
            let summary = check(source, guides, settings, &mut report)?;
            report.summary(&summary, began.elapsed().as_secs_f64())?;
            return Ok(summary);
        }
        ValidateFormat::Ta1 => AckKind::Ta1,
        ValidateFormat::Ack999 => AckKind::N999,
        ValidateFormat::Ack277ca => AckKind::N277ca,
    };
    let mut drawn = 0;
    let numbers = |_| {
        drawn += 1;
        drawn
    };
    let mut builder = AckBuilder::new(envelope(settings.as_of, now), numbers, |_| String::new());
    let summary = check(source, guides, settings, &mut builder)?;
    for file in builder.take().iter().filter(|file| file.kind == kind) {
        out.write_all(&file.bytes)?;
    }
    if let Some(why) = &summary.refused {
        eprintln!("{name}: {why}");
    }
    Ok(summary)
}

/// No gateway is configured here: the answer is what one of the usual name would send.
fn envelope(received: Day, now: &Zoned) -> Envelope {
    Envelope {
        id: "CLAIMGATE".into(),
        qualifier: "ZZ".into(),
        name: "CLAIMGATE".into(),
        usage: "T".into(),
        now: now.datetime(),
        received,
        ta1: Ta1Policy::Always,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClaimKind;
    use crate::edits::samples::{as_of, change, file, good, guides};

    fn validate(text: &str, format: ValidateFormat) -> (String, Summary) {
        let codes = CodeSets::form_only();
        let mut out = Vec::new();
        let source = Box::new(io::Cursor::new(text.as_bytes().to_vec()));
        let settings = Settings::alone(as_of(), &codes);
        let summary = one(source, "a.837", format, guides(), &settings, &Zoned::now(), &mut out).unwrap();
        (String::from_utf8(out).unwrap(), summary)
    }

    #[test]
    fn json_lines_have_the_fields_that_scripts_read() {
        let mut segments = good(ClaimKind::Professional);
        change(&mut segments, "SV1*HC:99213*100*", "SV1*HC:99213*1O0*");
        let (text, summary) = validate(&file(ClaimKind::Professional, &segments), ValidateFormat::Json);
        assert!(!is_right(&summary));
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [finding, summary] = &lines[..] else { panic!("{text}") };
        assert_eq!(
            (&finding["kind"], &finding["claim"], &finding["value"]),
            (&"finding".into(), &"PCN1".into(), &"1O0".into())
        );
        assert_eq!(
            (&finding["segment"]["id"], &finding["loop"], &finding["element"]),
            (&"SV1".into(), &"2400".into(), &2.into())
        );
        assert_eq!(
            (&finding["ack"]["ik4"], &finding["severity"], &finding["scope"]),
            (&"6".into(), &"error".into(), &"claim".into())
        );
        assert!(finding["status"].is_null() && finding["component"].is_null());
        assert_eq!((&summary["kind"], &summary["guide"]), (&"summary".into(), &"005010X222A1".into()));
        assert_eq!(
            (&summary["claims"], &summary["rejected_claims"], &summary["errors"]),
            (&1.into(), &1.into(), &1.into())
        );
    }

    #[test]
    fn each_acknowledgement_can_be_written() {
        let text = file(ClaimKind::Dental, &good(ClaimKind::Dental));
        for (format, segment) in [
            (ValidateFormat::Ta1, "\nTA1*"),
            (ValidateFormat::Ack999, "\nAK9*A"),
            (ValidateFormat::Ack277ca, "\nSTC*A1:19:40"),
        ] {
            let (answer, summary) = validate(&text, format);
            assert!(answer.starts_with("ISA") && answer.contains(segment), "{answer}");
            assert!(is_right(&summary));
        }
    }
}
