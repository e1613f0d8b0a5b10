//! One finding as a person reads it: what is wrong, where in the file, the segment with carets, where in the guide,
//! what to do, and the codes it brings into the answers.

use std::fmt::Write as _;

use super::excerpt::{Drawn, Excerpt};
use super::source::Again;
use crate::cli::output::{Colour, Paint, clean};
use crate::domain::finding::{AckCodes, Place, SegmentPlace, StatusCode, Trigger};
use crate::domain::{Finding, Scope, Severity};
use crate::guide::{Guide, Labels};
use crate::x12::Delimiters;

/// What a paragraph is written with.
pub(super) struct Pen<'r> {
    /// What the file is called.
    pub file: &'r str,
    pub labels: &'r Labels,
    pub paint: Paint,
    pub again: Again,
}

/// Codes of an answer: its name, the element they stand in, the list that has their meanings, the code.
type Codes<'f> = (&'static str, &'static str, &'static str, &'f str);

impl Pen<'_> {
    /// `guide` and `delimiters` are those of the place in the file.
    pub fn paragraph(&self, finding: &Finding, guide: Option<&Guide>, delimiters: Delimiters) -> String {
        let mut text = String::new();
        self.heading(&mut text, finding);
        let margin = finding.place.segment.as_ref().map_or(1, |segment| segment.line.to_string().len());
        self.position(&mut text, finding, margin);
        if let Some(segment) = &finding.place.segment {
            self.excerpt(&mut text, finding, segment, guide, delimiters, margin);
        }
        let mut note = |name: &str, words: &str| {
            let mark = self.paint.text(Colour::Blue, &format!("{:margin$} =", ""));
            let _ = writeln!(text, "{mark} {name}: {words}");
        };
        if let Some(path) = path(&finding.place, guide) {
            note("in", &path);
        }
        if !finding.fix.is_empty() {
            note("fix", &finding.fix);
        }
        if let Some(trigger) = &finding.trigger {
            note("because of", &because(trigger));
        }
        if finding.severity == Severity::Error
            && let Some(rejected) = rejected(finding.scope)
        {
            note("rejects", rejected);
        }
        for (answer, words) in self.answers(finding) {
            note(answer, &words);
        }
        text
    }

    fn heading(&self, text: &mut String, finding: &Finding) {
        let (word, colour) = match finding.severity {
            Severity::Error => ("error", Colour::Red),
            Severity::Warning => ("warning", Colour::Yellow),
        };
        let heading = self.paint.text(colour, &format!("{word}[{}, SNIP {}]", finding.edit, finding.snip));
        let _ = writeln!(text, "{heading}: {}", finding.message);
    }

    fn position(&self, text: &mut String, finding: &Finding, margin: usize) {
        let arrow = self.paint.text(Colour::Blue, &format!("{:margin$}-->", ""));
        let _ = match &finding.place.segment {
            None => writeln!(text, "{arrow} {}", self.file),
            Some(SegmentPlace { position: 0, offset, line, .. }) => {
                writeln!(text, "{arrow} {}:{line}, byte {offset}", self.file)
            }
            Some(SegmentPlace { position, offset, line, .. }) => {
                writeln!(text, "{arrow} {}:{line}, segment {position}, byte {offset}", self.file)
            }
        };
    }

    fn excerpt(
        &self,
        text: &mut String,
        finding: &Finding,
        segment: &SegmentPlace,
        guide: Option<&Guide>,
        delimiters: Delimiters,
        margin: usize,
    ) {
        let bar = self.paint.text(Colour::Blue, &format!("{:margin$} |", ""));
        let Some(excerpt) = Excerpt::read(&self.again, segment.offset, delimiters) else {
            let gone = "this part of the input is not at hand any more; save it to a file to see it";
            let _ = writeln!(text, "{bar} ({gone})");
            return;
        };
        let stands = excerpt.segment();
        let missing = !segment.id.is_empty() && stands.id() != segment.id.as_bytes();
        let (place, label) = match missing {
            true => (&Place::default(), format!("{} is missing here", clean(&segment.id))),
            false => (&finding.place, label(&finding.place, guide, &excerpt)),
        };
        let Drawn { line, before, carets } = excerpt.draw(place);
        let number = self.paint.text(Colour::Blue, &format!("{} |", segment.line));
        let colour = match finding.severity {
            Severity::Error => Colour::Red,
            Severity::Warning => Colour::Yellow,
        };
        let label = if label.is_empty() { label } else { format!(" {label}") };
        let under = self.paint.text(colour, &format!("{}{label}", "^".repeat(carets)));
        let _ = write!(text, "{bar}\n{number} {line}\n{bar} {:before$}{under}\n{bar}\n", "");
    }

    /// Each answer that the finding changes, with its codes and what they mean.
    fn answers(&self, finding: &Finding) -> Vec<(&'static str, String)> {
        let AckCodes { ta1, ak9, ik5, ik3, ik4, .. } = &finding.ack;
        let codes: [(_, _, _, &Option<_>); 5] = [
            ("TA1", "note", "I18", ta1),
            ("999", "AK905", "716", ak9),
            ("999", "IK502", "618", ik5),
            ("999", "IK304", "620", ik3),
            ("999", "IK403", "621", ik4),
        ];
        let mut answers: Vec<(&'static str, String)> = codes
            .into_iter()
            .filter_map(|(answer, element, list, code)| Some((answer, element, list, code.as_deref()?)))
            .map(|codes| (codes.0, self.code(codes)))
            .collect();
        if finding.severity == Severity::Error && !finding.statuses.is_empty() {
            let statuses = finding.statuses.iter().map(|status| self.status(status)).collect::<Vec<_>>();
            answers.push(("277CA", statuses.join("; ")));
        }
        answers
    }

    pub fn code(&self, (_, element, list, code): Codes<'_>) -> String {
        match self.labels.meaning(list, code) {
            Some(meaning) => format!("{element} {code} ({meaning})"),
            None => format!("{element} {code}"),
        }
    }

    pub fn status(&self, status: &StatusCode) -> String {
        let StatusCode { category, code, entity } = status;
        let lists = [("claim_status_cat", Some(category)), ("claim_status", Some(code)), ("98", entity.as_ref())];
        let parts: Vec<_> = lists.iter().filter_map(|(list, code)| Some((*list, &**(*code)?))).collect();
        let codes = parts.iter().map(|(_, code)| *code).collect::<Vec<_>>().join(":");
        let meanings: Vec<&str> = parts.iter().filter_map(|(list, code)| self.labels.meaning(list, code)).collect();
        if meanings.is_empty() { codes } else { format!("{codes} ({})", meanings.join("; ")) }
    }
}

/// What an error rejects beyond its claim.
fn rejected(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Interchange => Some("the whole interchange"),
        Scope::Group => Some("the whole functional group"),
        Scope::Transaction => Some("the whole transaction"),
        Scope::Claim => None,
    }
}

/// `NM109 Identification Code`; of a whole segment its name.
fn label(place: &Place, guide: Option<&Guide>, excerpt: &Excerpt) -> String {
    let segment = excerpt.segment();
    let node = guide.and_then(|guide| Some((guide, guide.place_in_loop(place.loop_id.as_deref(), &segment)?)));
    let Some(number) = place.element.filter(|number| *number > 0) else {
        return node.map_or(String::new(), |(guide, node)| guide.segment(node).name.clone());
    };
    let id = place.segment.as_ref().map_or("", |segment| &*segment.id);
    let component = place.component.map(|component| format!("-{component:02}")).unwrap_or_default();
    let reference = format!("{}{number:02}{component}", clean(id));
    let element = node.and_then(|(guide, node)| Some((guide, guide.elements(node).get(usize::from(number) - 1)?)));
    let part = element.and_then(|(guide, element)| match place.component {
        Some(component) => Some((guide, guide.components(element).get(usize::from(component).checked_sub(1)?)?)),
        None => Some((guide, element)),
    });
    let name = part.map_or("", |(guide, part)| guide.text(part).name.as_str());
    let repetition = place.repetition.filter(|repetition| *repetition > 1);
    let repetition = repetition.map(|number| format!(", repetition {number}")).unwrap_or_default();
    format!("{reference} {name}").trim_end().to_string() + &repetition
}

/// `2000A Billing Provider > 2010AA Billing Provider Name`.
fn path(place: &Place, guide: Option<&Guide>) -> Option<String> {
    let id = place.loop_id.as_deref()?;
    let loops = guide.map(|guide| guide.loop_path(id)).unwrap_or_default();
    let names: Vec<String> = loops.iter().map(|found| format!("{} {}", found.loop_id, found.name)).collect();
    Some(if names.is_empty() { clean(id).into_owned() } else { names.join(" > ") })
}

fn because(trigger: &Trigger) -> String {
    let Trigger { segment, loop_id, element, component, .. } = trigger;
    let element = element.map(|element| format!("{element:02}")).unwrap_or_default();
    let component = component.map(|component| format!("-{component:02}")).unwrap_or_default();
    let place = loop_id.as_deref().map(|id| format!(" in {}", clean(id))).unwrap_or_default();
    format!("{}{element}{component}{place}, line {}", clean(&segment.id), segment.line)
}
