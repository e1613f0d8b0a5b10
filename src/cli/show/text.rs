//! A file as a person reads it: an indented tree of loops and segments, one line an element.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Shown, View, damage_words};
use crate::cli::output::{Colour, Paint, clean, columns};
use crate::guide::annotate::{Annotated, OpenTransaction, OpenedLoop, Place, Shown as Element};
use crate::x12::Damage;

/// Columns left of the tree: the segment's position in its transaction.
const GUTTER: usize = 8;
/// Longer names and values are not aligned with.
const NAME_WIDTH_MAX: usize = 52;
const VALUE_WIDTH_MAX: usize = 24;

const BLANKS: [u8; 64] = [b' '; 64];

pub(super) struct Text<W> {
    out: W,
    paint: Paint,
}

impl<W: Write> Text<W> {
    pub fn new(out: W, paint: Paint) -> Text<W> {
        Text { out, paint }
    }

    fn heading(&mut self, shown: &Annotated<'_>, opened: &OpenedLoop) -> io::Result<()> {
        let Place::Placed(Some(stands)) = shown.place else { return Ok(()) };
        let which = match &opened.level {
            Some(level) => {
                let under = level.parent.as_ref().map(|parent| format!(" under HL {}", clean(parent)));
                format!("  [level {}, HL {}{}]", level.rank, clean(&level.number), under.unwrap_or_default())
            }
            None if opened.repeat > 1 => format!("  [{}]", opened.repeat),
            None => String::new(),
        };
        let indent = GUTTER + 2 * shown.depth.saturating_sub(1);
        let heading = self.paint.text(Colour::Green, &format!("{}  {}", stands.id, stands.name));
        self.blanks(indent)?;
        writeln!(self.out, "{heading}{which}")
    }

    fn title(&mut self, shown: &Annotated<'_>, transaction: Option<&OpenTransaction<'_>>) -> io::Result<()> {
        let position = if shown.position > 0 { shown.position.to_string() } else { String::new() };
        let (colour, why) = match (shown.place, transaction.and_then(|transaction| transaction.guide)) {
            (Place::Unplaced, Some(guide)) => (Colour::Red, format!("  [no place in {}, {}]", guide.id, guide.version)),
            (Place::Unplaced, None) => (Colour::Red, "  [no place]".to_string()),
            (Place::Stray, _) => (Colour::Red, "  [outside of any transaction]".to_string()),
            (Place::Envelope | Place::Placed(_) | Place::NoGuide, _) => (Colour::Yellow, String::new()),
        };
        self.blanks((GUTTER - 2).saturating_sub(position.len()))?;
        self.out.write_all(position.as_bytes())?;
        self.blanks(2 + 2 * shown.depth)?;
        let id = clean(&shown.id);
        match self.paint {
            Paint::Plain => self.out.write_all(id.as_bytes())?,
            Paint::Coloured => self.out.write_all(self.paint.text(colour, &id).as_bytes())?,
        }
        let gap = if shown.name.is_empty() { "" } else { "  " };
        for part in [gap, shown.name, &why, "\n"] {
            self.out.write_all(part.as_bytes())?;
        }
        Ok(())
    }

    fn elements(&mut self, shown: &Annotated<'_>) -> io::Result<()> {
        let indent = GUTTER + 2 * shown.depth + 4;
        let width = |text: &str, most: usize| columns(text).min(most);
        let references = shown.elements.iter().map(|element| element.reference.len()).max().unwrap_or(0);
        let names = shown.elements.iter().map(|element| width(&label(element), NAME_WIDTH_MAX)).max().unwrap_or(0);
        let explained = shown.elements.iter().filter(|element| explanation(element).is_some());
        let values = explained.map(|element| width(&clean(&element.value), VALUE_WIDTH_MAX)).max().unwrap_or(0);
        for element in &shown.elements {
            self.blanks(indent)?;
            self.column(&clean(&element.reference), references + 2)?;
            self.column(&label(element), names + 2)?;
            let value = clean(&element.value);
            match explanation(element) {
                Some(words) => {
                    self.column(&value, values)?;
                    self.out.write_all(b"  = ")?;
                    self.out.write_all(words.as_bytes())?;
                }
                None => self.out.write_all(value.as_bytes())?,
            }
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Plain writes: formatting with a width costs more than all else together.
    fn column(&mut self, text: &str, width: usize) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.blanks(width.saturating_sub(columns(text)))
    }

    fn blanks(&mut self, mut count: usize) -> io::Result<()> {
        while count > 0 {
            let now = count.min(BLANKS.len());
            self.out.write_all(&BLANKS[..now])?;
            count -= now;
        }
        Ok(())
    }
}

impl<W: Write> View for Text<W> {
    fn segment(&mut self, shown: &Shown<'_, '_>) -> io::Result<()> {
        if let Some(opened) = &shown.annotated.opened {
            self.heading(shown.annotated, opened)?;
        }
        self.title(shown.annotated, shown.transaction)?;
        self.elements(shown.annotated)?;
        if let Some(transaction) = shown.transaction.filter(|open| open.guide.is_none() && open.segments == 1) {
            let note = unknown_guide(transaction);
            writeln!(self.out, "{:14}{}", "", self.paint.text(Colour::Yellow, &note))?;
        }
        Ok(())
    }

    fn damage(&mut self, damage: Damage) -> io::Result<()> {
        let words = damage_words(damage.kind);
        let Damage { line, offset, bytes, .. } = damage;
        let counted = if bytes == 1 { "1 byte".to_string() } else { format!("{bytes} bytes") };
        let told = format!("line {line}, byte {offset}: {words} ({counted})");
        writeln!(self.out, "{:GUTTER$}{}", "", self.paint.text(Colour::Red, &told))
    }

    fn end(&mut self, open: Option<&str>) -> io::Result<()> {
        if let Some(open) = open {
            writeln!(self.out, "{:GUTTER$}{}", "", self.paint.text(Colour::Red, open))?;
        }
        self.out.flush()
    }
}

pub(super) fn unknown_guide(transaction: &OpenTransaction<'_>) -> String {
    let OpenTransaction { code, version, .. } = transaction;
    let version = if version.is_empty() { "no version".into() } else { clean(version) };
    format!("[{} with {version} is no guide of this gateway: no loops, and the names of the standard]", clean(code))
}

fn label<'e>(element: &Element<'e>) -> Cow<'e, str> {
    match element.repetition {
        Some(repetition) => Cow::Owned(format!("{} [{repetition}]", element.name)),
        None => Cow::Borrowed(element.name),
    }
}

fn explanation<'e>(element: &'e Element<'_>) -> Option<&'e str> {
    element.readable.as_deref().or(element.meaning)
}
