//! `claimgate show`: an X12 file as a person reads it, or as JSON for a program: every segment with its loop, the
//! names of its elements and the meanings of its codes. Memory does not grow with the file.

mod json;
mod text;

use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};

use self::json::JsonLines;
use self::text::Text;
use super::args::{ListFormat, ShowArgs};
use super::output::{Paint, why_unread};
use super::{Faults, NOT_DONE, NOTHING_WRONG, SOMETHING_WRONG};
use crate::edits::sniff::{self, Headed};
use crate::guide::annotate::{Annotated, Annotator, Open, OpenTransaction, Place};
use crate::guide::{Guides, Labels};
use crate::partner::Config;
use crate::x12::{Damage, DamageKind, Reader, Segment, Token};

const OUTPUT_BUFFER_BYTES: usize = 64 * 1024;

pub fn run(args: &ShowArgs, given: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(given).map_err(Faults)?;
    super::logging::start(&config.log);
    let schemas = Some(config.paths.schemas.as_path());
    let (guides, labels) = (Guides::load(schemas)?, Labels::load(schemas)?);
    let name = if args.file == Path::new("-") { "standard input".into() } else { args.file.display().to_string() };
    let source = open(&args.file)?;
    let out = BufWriter::with_capacity(OUTPUT_BUFFER_BYTES, io::stdout().lock());
    let annotator = Annotator::new(&guides, &labels);
    let end = match args.format {
        ListFormat::Text => show(source, annotator, &mut Text::new(out, Paint::for_stdout())),
        ListFormat::Json => show(source, annotator, &mut JsonLines::new(out)),
    };
    match end {
        Ok(end) => Ok(end.tell(&name)),
        // Whoever read our output, as `head`, has seen enough.
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(NOTHING_WRONG),
        Err(Trouble::Output(error)) => Err(error).context("the output cannot be written"),
        Err(Trouble::Input(error)) => Err(error).with_context(|| format!("{name} cannot be read to its end")),
    }
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| anyhow!("{}: {}", path.display(), why_unread(&error)))?;
    match path.is_dir() {
        true => bail!("{} is a folder; name a file in it", path.display()),
        false => Ok(Box::new(file)),
    }
}

/// One way of showing a file.
trait View {
    fn segment(&mut self, shown: &Shown<'_, '_>) -> io::Result<()>;
    fn damage(&mut self, damage: Damage) -> io::Result<()>;
    /// After the last segment; `open` says what the file left open, in a sentence.
    fn end(&mut self, open: Option<&str>) -> io::Result<()>;
}

/// A segment with its place in the file.
struct Shown<'s, 'g> {
    annotated: &'s Annotated<'s>,
    /// `None` for the ISA.
    raw: Option<Segment<'s>>,
    line: u32,
    offset: u64,
    /// From its ST to its SE.
    transaction: Option<&'s OpenTransaction<'g>>,
}

enum Trouble {
    Input(io::Error),
    Output(io::Error),
}

fn show<R: Read>(source: R, mut annotator: Annotator<'_>, view: &mut impl View) -> Result<End, Trouble> {
    let mut source = Headed::new(source);
    let mut reader = Reader::new(&mut source);
    let mut end = End::default();
    while let Some(token) = reader.next().map_err(Trouble::Input)? {
        let (annotated, raw, line, offset) = match token {
            Token::Isa(isa) => (annotator.isa(&isa), None, isa.line, isa.offset),
            Token::Segment(segment) => (annotator.segment(&segment), Some(segment), segment.line, segment.offset),
            // The sentence about a file without an interchange says more.
            Token::Damage(Damage { kind: DamageKind::NoIsa, .. }) => continue,
            Token::Damage(damage) => {
                end.damaged += u64::from(damage.kind != DamageKind::Indented);
                view.damage(damage).map_err(Trouble::Output)?;
                continue;
            }
        };
        end.count(annotated.place);
        let transaction = annotator.transaction();
        let shown = Shown { annotated: &annotated, raw, line, offset, transaction };
        view.segment(&shown).map_err(Trouble::Output)?;
    }
    if end.shown == 0 {
        let bytes = reader.bytes_read();
        end.refusal = Some(sniff::refusal(source.head(), bytes));
    } else {
        end.open = left_open(&annotator);
        end.trailers_missing = annotator.trailers_missing();
    }
    view.end(end.open.as_deref()).map_err(Trouble::Output)?;
    Ok(end)
}

fn left_open(annotator: &Annotator<'_>) -> Option<String> {
    let trailer = match annotator.open() {
        Open::Nothing => return None,
        Open::Interchange => "inside its interchange: the IEA is missing".into(),
        Open::Group => "inside a functional group: GE and IEA are missing".into(),
        Open::Transaction => {
            let transaction = annotator.transaction();
            let control = transaction.map(|open| format!(" {}", open.control)).unwrap_or_default();
            let after = transaction.map(|open| format!(" after {} segments of it", open.segments)).unwrap_or_default();
            format!("inside transaction{control}{after}: SE, GE and IEA are missing")
        }
    };
    Some(format!("the file ends {trailer}; it was cut off, or its sender did not finish it"))
}

/// What showing a file came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct End {
    shown: u64,
    damaged: u64,
    unplaced: u64,
    stray: u64,
    trailers_missing: u32,
    open: Option<String>,
    /// Why nothing could be shown.
    refusal: Option<String>,
}

impl End {
    fn count(&mut self, place: Place<'_>) {
        self.shown += 1;
        match place {
            Place::Unplaced => self.unplaced += 1,
            Place::Stray => self.stray += 1,
            Place::Envelope | Place::Placed(_) | Place::NoGuide => {}
        }
    }

    /// Says on standard error what was wrong.
    fn tell(&self, name: &str) -> ExitCode {
        for sentence in self.sentences() {
            eprintln!("claimgate: {name}: {sentence}");
        }
        match (&self.refusal, self.sentences().is_empty()) {
            (Some(_), _) => ExitCode::from(NOT_DONE),
            (None, true) => NOTHING_WRONG,
            (None, false) => SOMETHING_WRONG,
        }
    }

    fn sentences(&self) -> Vec<String> {
        let counted = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        };
        let damaged = counted(self.damaged, "place is damaged", "places are damaged");
        let stray = counted(
            self.stray,
            "segment stands outside of any transaction",
            "segments stand outside of any transaction",
        );
        let trailers = counted(
            u64::from(self.trailers_missing),
            "trailer (SE, GE or IEA) is missing",
            "trailers (SE, GE, IEA) are missing",
        );
        let unplaced = counted(
            self.unplaced,
            "segment has no place in its guide; `claimgate validate` says more",
            "segments have no place in their guide; `claimgate validate` says more",
        );
        [self.refusal.clone(), damaged, stray, unplaced, trailers, self.open.clone()].into_iter().flatten().collect()
    }
}

/// What damage means, in a sentence without its end.
fn damage_words(kind: DamageKind) -> &'static str {
    match kind {
        DamageKind::NoIsa => "there is no ISA segment",
        DamageKind::IsaWidth => "the ISA is not padded to its fixed width; it is read by its separators",
        DamageKind::IsaUnreadable => "this ISA cannot be read; all up to the next one is passed over",
        DamageKind::DelimitersUnusable => "the delimiters of the next ISA cannot be told apart",
        DamageKind::SegmentTooLong => "a segment is too long to be one, and is passed over; is a terminator missing?",
        DamageKind::EmptySegment => "two segment terminators have nothing between them",
        DamageKind::Unterminated => "the file ends inside the next segment",
        DamageKind::OutsideInterchange => "bytes outside of any interchange are passed over",
        DamageKind::Indented => "there are blanks before the next segment",
    }
}

#[cfg(test)]
mod tests;
