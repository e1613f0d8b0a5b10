//! `claimgate validate`: checks files by themselves, or as this gateway would when `--config` is given.

mod partners;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};

use self::partners::GatewayView;
use super::args::{ValidateArgs, ValidateFormat};
use super::{Faults, NOT_DONE, NOTHING_WRONG, SOMETHING_WRONG};
use crate::ack::builder::{AckBuilder, AckKind, Envelope, Ta1Policy};
use crate::ack::json::JsonReport;
use crate::ack::report::TextReport;
use crate::domain::ids::ClaimId;
use crate::edits::CodeSets;
use crate::edits::settings::Settings;
use crate::edits::sink::Summary;
use crate::edits::{CheckedClaim, Day, check};
use crate::guide::Guides;
use crate::partner::Config;

/// Files smaller than this are checked before a bar could be seen.
const PROGRESS_BYTES_MIN: u64 = 4 * 1024 * 1024;

pub fn run(args: &ValidateArgs, given: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(given).map_err(Faults)?;
    super::logging::start(&config.log);
    let guides = Guides::load(Some(&config.paths.schemas))?;
    let view = given.map(|_| GatewayView::open(&config)).transpose()?;
    let codes = CodeSets::load(Some(&config.paths.schemas))?;
    let as_of = match args.as_of {
        Some(date) => Day::of(date),
        None => Day::of(jiff::Timestamp::now().to_zoned(config.gateway.time_zone.clone()).date()),
    };
    let checker = Checker { args, config: &config, guides: &guides, view: view.as_ref(), codes: &codes, as_of };
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut wrong, mut unread) = (0u32, 0u32);
    for path in files(&args.files)? {
        match checker.one(&path, &mut out) {
            Ok(summary) => wrong += u32::from(is_wrong(&summary)),
            Err(error) if is_closed_pipe(&error) => return Ok(SOMETHING_WRONG),
            Err(error) => {
                out.flush()?;
                eprintln!("claimgate: {error:#}");
                unread += 1;
            }
        }
    }
    out.flush()?;
    Ok(match (unread, wrong) {
        (0, 0) => NOTHING_WRONG,
        (0, _) => SOMETHING_WRONG,
        (_, _) => ExitCode::from(NOT_DONE),
    })
}

fn is_wrong(summary: &Summary) -> bool {
    summary.refused.is_some() || summary.errors > 0
}

/// Whoever read our output, as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The files named, and those in the folders named.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in named {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?;
            let inside: Result<Vec<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
            let mut inside = inside.with_context(|| format!("{} cannot be read", path.display()))?;
            inside.sort();
            found.extend(files(&inside)?);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

struct Checker<'a> {
    args: &'a ValidateArgs,
    config: &'a Config,
    guides: &'a Guides,
    view: Option<&'a GatewayView>,
    codes: &'a CodeSets,
    as_of: Day,
}

impl Checker<'_> {
    fn one(&self, path: &Path, out: &mut impl Write) -> Result<Summary> {
        let name = if path == Path::new("-") { "standard input".to_string() } else { path.display().to_string() };
        let began = Instant::now();
        let mut source = open(path)?;
        let sender = match self.view {
            Some(view) => partners::isa_sender(&mut source)?.and_then(|(qualifier, id)| view.sender(&qualifier, &id)),
            None => None,
        };
        let settings = Settings {
            snip_max: self.args.snip,
            context: self.view.map(|view| view.context(sender.as_ref())),
            severities: sender.as_ref().map(|sender| sender.severities.clone()).unwrap_or_default(),
            ..Settings::alone(self.as_of, self.codes)
        };
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::BrokenPipe => anyhow::Error::from(error),
            _ => anyhow::Error::from(error).context(format!("{name} cannot be read to its end")),
        };
        match self.args.format {
            ValidateFormat::Text => {
                let mut report = TextReport::new(&mut *out, &name);
                let summary = check(source, self.guides, &settings, &mut report).map_err(failed)?;
                report.summary(&summary)?;
                Ok(summary)
            }
            ValidateFormat::Json => {
                let mut report = JsonReport::new(&mut *out, &name);
                let summary = check(source, self.guides, &settings, &mut report).map_err(failed)?;
                report.summary(&summary, began.elapsed().as_secs_f64())?;
                Ok(summary)
            }
            ValidateFormat::Ta1 => self.acknowledge(source, &settings, AckKind::Ta1, out).map_err(failed),
            ValidateFormat::Ack999 => self.acknowledge(source, &settings, AckKind::N999, out).map_err(failed),
            ValidateFormat::Ack277ca => self.acknowledge(source, &settings, AckKind::N277ca, out).map_err(failed),
        }
    }

    /// Writes the acknowledgement that the sender would get, with control numbers from 1.
    fn acknowledge(
        &self,
        source: impl Read,
        settings: &Settings<'_>,
        kind: AckKind,
        out: &mut impl Write,
    ) -> io::Result<Summary> {
        let gateway = &self.config.gateway;
        let envelope = Envelope {
            id: gateway.interchange.id.to_string(),
            qualifier: gateway.interchange.qualifier.to_string(),
            name: gateway.name.clone(),
            usage: gateway.usage.as_str().to_string(),
            now: jiff::Timestamp::now().to_zoned(gateway.time_zone.clone()).datetime(),
            received: self.as_of,
            ta1: Ta1Policy::Always,
        };
        let (mut number, mut claim) = (0, 0);
        let numbers = |_| {
            number += 1;
            number
        };
        let traces = |_: &CheckedClaim<'_>| {
            claim += 1;
            ClaimId(claim).trace_number()
        };
        let mut builder = AckBuilder::new(envelope, numbers, traces);
        let summary = check(source, self.guides, settings, &mut builder)?;
        for file in builder.take().into_iter().filter(|file| file.kind == kind) {
            out.write_all(&file.bytes)?;
        }
        if let Some(why) = &summary.refused {
            // What is no X12 cannot be answered in X12.
            eprintln!("claimgate: refused. {why}");
        }
        Ok(summary)
    }
}

/// A file's bytes, with a bar when a person watches and it takes a while.
fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    let bytes = file.metadata().map(|about| about.len()).unwrap_or(0);
    if bytes < PROGRESS_BYTES_MIN || !io::stderr().is_terminal() {
        return Ok(Box::new(file));
    }
    let bar = ProgressBar::new(bytes);
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
    bar.set_style(style.expect("the template is a constant"));
    Ok(Box::new(bar.wrap_read(file)))
}
