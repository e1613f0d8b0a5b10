//! A file for programs: one JSON object a line, and after each sound transaction its typed view.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::{Shown, View, damage_words};
use crate::cli::output::json_line;
use crate::guide::annotate::{OpenTransaction, Place, Shown as Element};
use crate::x12::Damage;
use crate::x12::typed::Copy;

pub(super) struct JsonLines<W> {
    out: W,
    copy: Copy,
}

/// `kind` tells the lines apart.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'l> {
    Segment(SegmentLine<'l>),
    /// `view` is null where there can be none; `note` says why.
    Typed {
        transaction: &'l str,
        guide: &'l str,
        view: Option<Value>,
        note: Option<String>,
    },
    Damage {
        line: u32,
        offset: u64,
        bytes: u64,
        message: &'l str,
    },
    Note {
        transaction: Option<&'l str>,
        message: &'l str,
    },
}

#[derive(Serialize)]
struct SegmentLine<'l> {
    transaction: Option<&'l str>,
    /// In its transaction, the ST being 1; null outside.
    position: Option<u32>,
    line: u32,
    offset: u64,
    place: &'static str,
    #[serde(rename = "loop")]
    loop_id: Option<String>,
    loop_name: Option<&'l str>,
    /// Set where the segment opens a loop: which one inside its parent, from 1.
    opens: Option<u32>,
    level: Option<LevelOfLine<'l>>,
    depth: usize,
    id: &'l str,
    name: &'l str,
    elements: Vec<ElementOfLine<'l>>,
}

#[derive(Serialize)]
struct LevelOfLine<'l> {
    rank: u8,
    hl: &'l str,
    parent: Option<&'l str>,
}

#[derive(Serialize)]
struct ElementOfLine<'l> {
    #[serde(rename = "ref")]
    reference: &'l str,
    name: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repetition: Option<u16>,
    value: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    readable: Option<&'l str>,
    meaning: Option<&'l str>,
}

impl<W: Write> JsonLines<W> {
    pub fn new(out: W) -> JsonLines<W> {
        JsonLines { out, copy: Copy::default() }
    }

    fn typed(&mut self, transaction: &OpenTransaction<'_>) -> io::Result<()> {
        let Some(guide) = transaction.guide else { return Ok(()) };
        let view = match transaction.sound {
            true => self.copy.view(&transaction.code).map_err(|error| error.to_string()),
            false => Err("the transaction has faults: `claimgate validate` names them".to_string()),
        };
        let (view, note) = match view {
            Ok(view) => (Some(view), None),
            Err(note) => (None, Some(note)),
        };
        json_line(&mut self.out, &Line::Typed { transaction: &transaction.control, guide: &guide.version, view, note })
    }
}

impl<W: Write> View for JsonLines<W> {
    fn segment(&mut self, shown: &Shown<'_, '_>) -> io::Result<()> {
        json_line(&mut self.out, &Line::Segment(segment_line(shown)))?;
        let (Some(raw), Some(transaction)) = (shown.raw, shown.transaction) else { return Ok(()) };
        if transaction.segments == 1 {
            self.copy.clear();
            if transaction.guide.is_none() {
                let message =
                    "its type and version are no guide of this gateway: no loops, and the names of the standard";
                json_line(&mut self.out, &Line::Note { transaction: Some(&transaction.control), message })?;
            }
        }
        if transaction.guide.is_some() {
            self.copy.push(&raw);
        }
        if raw.id() == b"SE" { self.typed(transaction) } else { Ok(()) }
    }

    fn damage(&mut self, damage: Damage) -> io::Result<()> {
        let Damage { line, offset, bytes, kind } = damage;
        json_line(&mut self.out, &Line::Damage { line, offset, bytes, message: damage_words(kind) })
    }

    fn end(&mut self, open: Option<&str>) -> io::Result<()> {
        if let Some(message) = open {
            json_line(&mut self.out, &Line::Note { transaction: None, message })?;
        }
        self.out.flush()
    }
}

fn segment_line<'l>(shown: &'l Shown<'_, '_>) -> SegmentLine<'l> {
    let annotated = shown.annotated;
    let (place, stands) = match annotated.place {
        Place::Envelope => ("envelope", None),
        Place::Placed(stands) => ("placed", stands),
        Place::Unplaced => ("unplaced", None),
        Place::NoGuide => ("no_guide", None),
        Place::Stray => ("stray", None),
    };
    let inside = annotated.position > 0;
    let level = annotated.opened.as_ref().and_then(|opened| opened.level.as_ref());
    SegmentLine {
        transaction: shown.transaction.filter(|_| inside).map(|transaction| transaction.control.as_str()),
        position: inside.then_some(annotated.position),
        line: shown.line,
        offset: shown.offset,
        place,
        loop_id: stands.map(|stands| stands.id.to_string()),
        loop_name: stands.map(|stands| stands.name),
        opens: annotated.opened.as_ref().map(|opened| opened.repeat),
        level: level.map(|level| LevelOfLine { rank: level.rank, hl: &level.number, parent: level.parent.as_deref() }),
        depth: annotated.depth,
        id: &annotated.id,
        name: annotated.name,
        elements: annotated.elements.iter().map(element_of_line).collect(),
    }
}

fn element_of_line<'l>(element: &'l Element<'_>) -> ElementOfLine<'l> {
    ElementOfLine {
        reference: &element.reference,
        name: element.name,
        repetition: element.repetition,
        value: &element.value,
        readable: element.readable.as_deref(),
        meaning: element.meaning,
    }
}
