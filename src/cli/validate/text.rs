//! The findings of a file as text: grouped by claim, each a paragraph that points into the file. So many are shown
//! and no more, few of one kind, so that the one that matters is not lost among a thousand of another.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use super::paragraph::Pen;
use super::totals;
use crate::cli::output::{Colour, clean};
use crate::domain::{Finding, Severity};
use crate::edits::sink::{CheckedGroup, CheckedInterchange, CheckedTransaction, Sink, Summary, SyntaxVerdict};
use crate::edits::{CheckedClaim, Verdict};
use crate::guide::{Guide, Guides};
use crate::x12::Delimiters;
use crate::x12::envelope::{Interchange, Transaction};
use crate::x12::segment::text_of;

/// How many findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Showing {
    /// So many of a file, and of those only the first few of a kind.
    Usual,
    UpTo(u64),
    All,
}

/// Of a file, where nothing else is asked for.
const SHOWN_MAX: u64 = 100;
/// Of the same edit at the same place of the guide.
const OF_A_KIND_MAX: u64 = 5;

/// How often each edit fired, for the summary.
pub(super) type Counts = BTreeMap<(Severity, String), u64>;

/// An edit at a place of the guide.
#[derive(Hash, PartialEq, Eq)]
struct Kind {
    edit: String,
    segment: String,
    loop_id: String,
    element: Option<u16>,
    component: Option<u16>,
}

/// A [`Sink`] that writes paragraphs.
pub(super) struct TextReport<'r, W> {
    out: W,
    pen: Pen<'r>,
    guides: &'r Guides,
    showing: Showing,
    delimiters: Delimiters,
    guide: Option<&'r Guide>,
    /// Paragraphs about one claim, or about what stands above the claims, until its verdict is known; with the offset
    /// each points to.
    held: Vec<(u64, String)>,
    held_of: Option<String>,
    transaction: String,
    shown: u64,
    hidden: u64,
    kinds: HashMap<Kind, u64>,
    counts: Counts,
}

impl<'r, W: Write> TextReport<'r, W> {
    pub fn new(out: W, pen: Pen<'r>, guides: &'r Guides, showing: Showing) -> TextReport<'r, W> {
        TextReport {
            out,
            pen,
            guides,
            showing,
            delimiters: Delimiters::USUAL,
            guide: None,
            held: Vec::new(),
            held_of: None,
            transaction: String::new(),
            shown: 0,
            hidden: 0,
            kinds: HashMap::new(),
            counts: Counts::new(),
        }
    }

    /// The closing lines: what was left out, and what the file came to.
    pub fn summary(&mut self, summary: &Summary, seconds: f64) -> io::Result<()> {
        if let Some(why) = &summary.refused {
            // The sentence says more than the findings about a header that is not there.
            return writeln!(self.out, "{}: {}. {why}", self.pen.file, self.pen.paint.text(Colour::Red, "refused"));
        }
        self.told(None)?;
        if self.hidden > 0 {
            let why = match self.showing {
                Showing::Usual => format!("of one kind the first {OF_A_KIND_MAX} are, and {SHOWN_MAX} in all"),
                Showing::UpTo(most) => format!("--limit {most}"),
                Showing::All => String::new(),
            };
            let hidden = totals::count(self.hidden, "more finding");
            writeln!(self.out, "({hidden} not shown: {why}; --all shows every one)\n")?;
        }
        totals::of_file(&mut self.out, self.pen.file, self.pen.paint, summary, &self.counts, seconds)
    }

    fn is_shown(&mut self, finding: &Finding) -> bool {
        let place = &finding.place;
        match self.showing {
            Showing::All => return true,
            Showing::UpTo(most) => return self.shown < most,
            Showing::Usual if self.shown >= SHOWN_MAX => return false,
            Showing::Usual => {}
        }
        let kind = Kind {
            edit: finding.edit.to_string(),
            segment: place.segment.as_ref().map(|segment| segment.id.to_string()).unwrap_or_default(),
            loop_id: place.loop_id.as_deref().unwrap_or_default().to_string(),
            element: place.element,
            component: place.component,
        };
        let seen = self.kinds.entry(kind).or_default();
        *seen += 1;
        *seen <= OF_A_KIND_MAX
    }

    /// Prints what is held, under a heading that says what became of it where that is known.
    fn told(&mut self, verdict: Option<&str>) -> io::Result<()> {
        let of = self.held_of.take();
        if self.held.is_empty() {
            return Ok(());
        }
        let verdict = verdict.unwrap_or_default();
        let inside = !self.transaction.is_empty();
        let within = if inside { format!(" (transaction {})", self.transaction) } else { String::new() };
        match of {
            Some(claim) => writeln!(self.out, "claim {claim}{verdict}{within}\n")?,
            None if !inside => {}
            None => writeln!(self.out, "transaction {}, outside of its claims\n", self.transaction)?,
        }
        // In the order of the file, which edits do not keep among themselves.
        self.held.sort_by_key(|(offset, _)| *offset);
        for (_, paragraph) in self.held.drain(..) {
            writeln!(self.out, "{paragraph}")?;
        }
        Ok(())
    }

    fn verdict(&mut self, colour: Colour, sentence: &str) -> io::Result<()> {
        self.told(None)?;
        writeln!(self.out, "{}\n", self.pen.paint.text(colour, sentence))
    }

    /// Whether more is told of this file than its summary.
    fn is_full(&self) -> bool {
        match self.showing {
            Showing::Usual => self.shown >= SHOWN_MAX,
            Showing::UpTo(most) => self.shown >= most,
            Showing::All => false,
        }
    }

    fn codes(&self, element: &'static str, list: &'static str, codes: &[Cow<'static, str>]) -> String {
        codes.iter().map(|code| format!(", {}", self.pen.code(("", element, list, &**code)))).collect()
    }
}

impl<W: Write> Sink for TextReport<'_, W> {
    fn interchange_start(&mut self, interchange: &Interchange) -> io::Result<()> {
        self.told(None)?;
        (self.delimiters, self.guide) = (interchange.delimiters, None);
        Ok(())
    }

    fn transaction_start(&mut self, transaction: &Transaction, guide: Option<&Guide>) -> io::Result<()> {
        self.told(None)?;
        self.transaction = clean(&transaction.control).into_owned();
        let known = guide.and_then(|guide| self.guides.all().iter().find(|known| std::ptr::eq(&***known, guide)));
        self.guide = known.map(|known| &**known);
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        *self.counts.entry((finding.severity, finding.edit.to_string())).or_default() += 1;
        let of = finding.place.claim.as_deref().map(|claim| clean(claim).into_owned());
        if of != self.held_of {
            self.told(None)?;
            self.held_of = of;
        }
        if self.is_shown(finding) {
            self.shown += 1;
            let offset = finding.place.segment.as_ref().map_or(u64::MAX, |segment| segment.offset);
            self.held.push((offset, self.pen.paragraph(finding, self.guide, self.delimiters)));
        } else {
            self.hidden += 1;
        }
        Ok(())
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let (word, colour) = match claim.verdict {
            Verdict::Accepted => ("accepted", Colour::Green),
            Verdict::Rejected => ("rejected", Colour::Red),
        };
        self.held_of = Some(clean(&text_of(claim.control_number())).into_owned());
        let verdict = format!(", charge {}: {}", claim.charge(), self.pen.paint.text(colour, word));
        self.told(Some(&verdict))
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        let refusal: Vec<String> = checked.refusal.iter().map(|status| self.pen.status(status)).collect();
        self.told(None)?;
        let control = std::mem::take(&mut self.transaction);
        self.guide = None;
        if self.is_full() {
            return Ok(());
        }
        let claims = match checked.claims.accepted + checked.claims.rejected {
            0 => String::new(),
            claims => format!(" with {}", totals::count(claims, "claim")),
        };
        let codes = self.codes("IK502", "618", checked.codes);
        match checked.verdict {
            SyntaxVerdict::Accepted if refusal.is_empty() => Ok(()),
            SyntaxVerdict::Accepted => {
                let refusal = refusal.join("; ");
                self.verdict(Colour::Red, &format!("transaction {control} is refused{claims}: 277CA {refusal}"))
            }
            SyntaxVerdict::AcceptedWithErrors => self
                .verdict(Colour::Yellow, &format!("transaction {control} is accepted with errors: 999 IK501 E{codes}")),
            SyntaxVerdict::Partly | SyntaxVerdict::Rejected => {
                self.verdict(Colour::Red, &format!("transaction {control} is rejected{claims}: 999 IK501 R{codes}"))
            }
        }
    }

    fn group_end(&mut self, checked: &CheckedGroup<'_>) -> io::Result<()> {
        self.told(None)?;
        if checked.codes.is_empty() || self.is_full() {
            return Ok(());
        }
        let codes = self.codes("AK905", "716", checked.codes);
        let control = clean(&checked.group.control);
        self.verdict(Colour::Red, &format!("functional group {control} is rejected: 999 AK901 R{codes}"))
    }

    fn interchange_end(&mut self, checked: &CheckedInterchange<'_>) -> io::Result<()> {
        self.told(None)?;
        if checked.verdict == Verdict::Accepted {
            return Ok(());
        }
        let code = self.pen.code(("", "note", "I18", checked.code));
        let control = clean(&checked.interchange.control);
        self.verdict(Colour::Red, &format!("interchange {control} is rejected: TA1 R, {code}"))
    }
}
