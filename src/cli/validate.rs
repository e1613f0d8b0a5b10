//! `claimgate validate`: checks files by themselves, or as this gateway would when `--config` is given.

mod earlier;
mod excerpt;
mod files;
mod paragraph;
mod partners;
mod source;
mod text;
mod totals;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};

use self::earlier::EarlierOf;
use self::files::is_standard_input;
use self::paragraph::Pen;
use self::partners::{GatewayView, LookedUp};
use self::source::Source;
use self::text::{Showing, TextReport};
use self::totals::Totals;
use super::args::{ValidateArgs, ValidateFormat};
use super::output::Paint;
use super::{Faults, NOT_DONE, NOTHING_WRONG, SOMETHING_WRONG};
use crate::ack::json::JsonReport;
use crate::ack::paper::{self, Paper};
use crate::ack::{AckBuilder, AckKind, Envelope, Ta1Policy};
use crate::domain::Finding;
use crate::domain::ids::ClaimId;
use crate::edits::settings::Settings;
use crate::edits::sink::{Sink, Summary};
use crate::edits::{CheckedClaim, CodeSets, Day, check};
use crate::guide::{Guides, Labels};
use crate::partner::Config;

const OUTPUT_BUFFER_BYTES: usize = 64 * 1024;
/// Files left out of a folder that are named one by one.
const SKIPPED_NAMED_MAX: usize = 10;

pub fn run(args: &ValidateArgs, given: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(given).map_err(Faults)?;
    super::logging::start(&config.log);
    let schemas = Some(config.paths.schemas.as_path());
    let (guides, labels) = (Guides::load(schemas)?, Labels::load(schemas)?);
    let view = given.map(|_| GatewayView::open(&config)).transpose()?;
    let codes = CodeSets::load(schemas)?;
    let as_of = match args.as_of {
        Some(date) => Day::of(date),
        None => Day::of(jiff::Timestamp::now().to_zoned(config.gateway.time_zone.clone()).date()),
    };
    let (view, labels) = (view.as_ref(), &labels);
    let checker = Checker { args, config: &config, guides: &guides, labels, view, codes: &codes, as_of };
    let found = files::find(&args.files);
    tell_skipped(&found.skipped);
    found.unread.iter().for_each(|why| eprintln!("claimgate: {why}"));
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, io::stdout().lock());
    let judged = checker.all(&found.files, &mut out).and_then(|totals| {
        out.flush()?;
        Ok(totals)
    });
    let totals = match judged {
        Err(error) if is_closed_pipe(&error) => return Ok(SOMETHING_WRONG),
        judged => judged.context("the output cannot be written")?,
    };
    Ok(match (totals.unread + found.unread.len(), totals.wrong) {
        (0, 0) => NOTHING_WRONG,
        (0, _) => SOMETHING_WRONG,
        (_, _) => ExitCode::from(NOT_DONE),
    })
}

/// Whoever read our output, as `head`, has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn tell_skipped(skipped: &[(PathBuf, String)]) {
    for (path, why) in skipped.iter().take(SKIPPED_NAMED_MAX) {
        eprintln!("claimgate: {} is left out. {why}", path.display());
    }
    if skipped.len() > SKIPPED_NAMED_MAX {
        eprintln!("claimgate: {} more files that are not X12 are left out", skipped.len() - SKIPPED_NAMED_MAX);
    }
}

struct Checker<'a> {
    args: &'a ValidateArgs,
    config: &'a Config,
    guides: &'a Guides,
    labels: &'a Labels,
    view: Option<&'a GatewayView<'a>>,
    codes: &'a CodeSets,
    as_of: Day,
}

/// One file on its way through the check.
struct Job<'j> {
    name: &'j str,
    source: Source,
    settings: &'j Settings<'j>,
    /// Told before the check begins.
    first: Option<Finding>,
}

impl Checker<'_> {
    /// Every file by itself: one that cannot be read keeps no other from being checked.
    fn all(&self, files: &[PathBuf], out: &mut impl Write) -> Result<Totals> {
        let (mut totals, began, text) = (Totals::default(), Instant::now(), self.args.format == ValidateFormat::Text);
        for (n, path) in files.iter().enumerate() {
            if n > 0 && text {
                writeln!(out)?;
            }
            match self.one(path, out) {
                Ok(summary) => totals.add(&summary),
                Err(error) if is_closed_pipe(&error) => return Err(error),
                Err(error) => {
                    out.flush()?;
                    eprintln!("claimgate: {error:#}");
                    totals.unread += 1;
                }
            }
        }
        if totals.files > 1 && text {
            writeln!(out)?;
            totals.print(out, began.elapsed().as_secs_f64())?;
        }
        Ok(totals)
    }

    fn one(&self, path: &Path, out: &mut impl Write) -> Result<Summary> {
        let name = if is_standard_input(path) { "standard input".to_string() } else { path.display().to_string() };
        let unreadable = |error: io::Error| anyhow::Error::from(error).context(format!("{name} cannot be read"));
        let mut source = Source::open(path)?;
        let alone = Settings { snip_max: self.args.snip, ..Settings::alone(self.as_of, self.codes) };
        let Some(view) = self.view else {
            return self.judge(Job { name: &name, source, settings: &alone, first: None }, out, |_| Ok(None));
        };
        let sender = view.sender(source.head().map_err(unreadable)?);
        let known = sender.partner.as_deref().and_then(|partner| Some((partner, view.earlier()?)));
        let Some((partner, earlier)) = known else {
            let lookups = LookedUp { view, earlier: None };
            let settings = view.settings(alone, &sender, &lookups);
            return self.judge(Job { name: &name, source, settings: &settings, first: None }, out, |_| Ok(None));
        };
        let zone = &self.config.gateway.time_zone;
        let digest = source.digest().map_err(unreadable)?;
        let same = digest.map(|digest| earlier.same_file(partner, &digest)).transpose()?.flatten();
        let of = EarlierOf::new(earlier, partner, same.as_ref().map(|row| row.id))?;
        let lookups = LookedUp { view, earlier: Some(of) };
        let settings = view.settings(alone, &sender, &lookups);
        let first = same.map(|row| earlier::submitted_before(&row, zone));
        self.judge(Job { name: &name, source, settings: &settings, first }, out, |source| {
            if let Some(trouble) = lookups.earlier.as_ref().and_then(EarlierOf::trouble) {
                return Err(trouble.into());
            }
            // Of a stream the digest is known only now.
            let same = source.digest_read().map(|digest| earlier.same_file(partner, &digest)).transpose()?;
            Ok(same.flatten().map(|row| earlier::submitted_before(&row, zone)))
        })
    }

    /// Checks one file in the format asked for. `last` says what is only known after the check.
    fn judge(
        &self,
        job: Job<'_>,
        out: &mut impl Write,
        last: impl FnOnce(&mut Source) -> Result<Option<Finding>>,
    ) -> Result<Summary> {
        let (began, again) = (Instant::now(), job.source.again());
        let name = job.name;
        match self.args.format {
            ValidateFormat::Text => {
                let pen = Pen { file: name, labels: self.labels, paint: Paint::for_stdout(), again };
                let mut report = TextReport::new(&mut *out, pen, self.guides, self.showing());
                let summary = self.check(job, &mut report, last)?;
                report.summary(&summary, began.elapsed().as_secs_f64())?;
                Ok(summary)
            }
            ValidateFormat::Json => {
                let file = if name == "standard input" { "-" } else { name };
                let mut report = JsonReport::new(&mut *out, file);
                let summary = self.check(job, &mut report, last)?;
                report.summary(&summary, began.elapsed().as_secs_f64())?;
                Ok(summary)
            }
            ValidateFormat::Ta1 => self.acknowledge(job, AckKind::Ta1, out, last),
            ValidateFormat::Ack999 => self.acknowledge(job, AckKind::N999, out, last),
            ValidateFormat::Ack277ca => self.acknowledge(job, AckKind::N277ca, out, last),
            ValidateFormat::Report | ValidateFormat::Html => {
                let mut paper = Paper::new(name, self.as_of);
                let summary = self.check(job, &mut paper, last)?;
                paper.conclude(&summary);
                match self.args.format == ValidateFormat::Html {
                    true => paper::html(&paper, out)?,
                    false => paper::text(&paper, out)?,
                }
                Ok(summary)
            }
        }
    }

    fn showing(&self) -> Showing {
        match (self.args.all, self.args.limit) {
            (true, _) => Showing::All,
            (false, Some(most)) => Showing::UpTo(most),
            (false, None) => Showing::Usual,
        }
    }

    fn check(
        &self,
        job: Job<'_>,
        sink: &mut impl Sink,
        last: impl FnOnce(&mut Source) -> Result<Option<Finding>>,
    ) -> Result<Summary> {
        let Job { name, mut source, settings, first } = job;
        if let Some(finding) = &first {
            sink.finding(finding)?;
        }
        let mut summary = check(&mut source, self.guides, settings, sink).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => anyhow::Error::from(error),
            _ => anyhow::Error::from(error).context(format!("{name} cannot be read to its end")),
        })?;
        let last = last(&mut source)?;
        if let Some(finding) = &last {
            sink.finding(finding)?;
        }
        summary.errors += u64::from(first.is_some()) + u64::from(last.is_some());
        Ok(summary)
    }

    /// Writes the acknowledgement that the sender would get, with control numbers from 1.
    fn acknowledge(
        &self,
        job: Job<'_>,
        kind: AckKind,
        out: &mut impl Write,
        last: impl FnOnce(&mut Source) -> Result<Option<Finding>>,
    ) -> Result<Summary> {
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
        let (name, first) = (job.name, job.first.clone());
        let mut later = None;
        let summary = self.check(Job { first: None, ..job }, &mut builder, |source| {
            later = last(source)?;
            Ok(None)
        })?;
        for file in builder.take().into_iter().filter(|file| file.kind == kind) {
            file.write_to(out)?;
        }
        if let Some(why) = &summary.refused {
            // What is no X12 cannot be answered in X12.
            eprintln!("claimgate: {name}: refused. {why}");
        }
        // Nor is the same file answered again.
        let repeated = first.or(later);
        repeated.iter().for_each(|finding| eprintln!("claimgate: {name}: {}", finding.message));
        Ok(Summary { errors: summary.errors + u64::from(repeated.is_some()), ..summary })
    }
}
