//! A file cut into segments of elements, to be changed and written again: with counts set right, in other delimiters
//! or another layout, or several files as one.

use std::ops::Range;

pub type Segment = Vec<String>;

/// Segments in the usual delimiters. Nothing here is the project's own reader: it must not hide that one's faults.
#[derive(Clone, Debug)]
pub struct Draft {
    pub segments: Vec<Segment>,
}

/// How a file is laid out in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub element: char,
    pub repetition: char,
    pub component: char,
    pub terminator: char,
    /// What follows each terminator.
    pub line_break: &'static str,
}

impl Layout {
    pub const USUAL: Layout =
        Layout { element: '*', repetition: '^', component: ':', terminator: '~', line_break: "\n" };
}

impl Draft {
    /// Reads what a generator wrote in the usual delimiters.
    pub fn read(bytes: &[u8]) -> Draft {
        let text = std::str::from_utf8(bytes).expect("generators write ASCII");
        let segments = text.split('~').map(|segment| segment.trim_matches(['\r', '\n'])).filter(|s| !s.is_empty());
        Draft { segments: segments.map(|segment| segment.split('*').map(str::to_string).collect()).collect() }
    }

    pub fn write(&self) -> Vec<u8> {
        self.lay_out(Layout::USUAL)
    }

    pub fn lay_out(&self, layout: Layout) -> Vec<u8> {
        let swap = |c: char| match c {
            ':' => layout.component,
            '^' => layout.repetition,
            other => other,
        };
        let mut text = String::new();
        for segment in &self.segments {
            for (n, element) in segment.iter().enumerate() {
                if n > 0 {
                    text.push(layout.element);
                }
                text.extend(element.chars().map(swap));
            }
            text.push(layout.terminator);
            text.push_str(layout.line_break);
        }
        text.into_bytes()
    }

    /// SE01, GE01 and IEA01 as they should be.
    pub fn recount(&mut self) {
        let (mut segments, mut transactions, mut groups) = (0, 0, 0);
        for segment in &mut self.segments {
            segments += 1;
            let count = match segment[0].as_str() {
                "ISA" => {
                    groups = 0;
                    continue;
                }
                "GS" => {
                    (transactions, groups) = (0, groups + 1);
                    continue;
                }
                "ST" => {
                    (segments, transactions) = (1, transactions + 1);
                    continue;
                }
                "SE" => segments,
                "GE" => transactions,
                "IEA" => groups,
                _ => continue,
            };
            segment[1] = count.to_string();
        }
    }

    /// Places of the segments that begin a claim (837) or a claim's payment (835).
    pub fn claims(&self) -> Vec<usize> {
        let begins = |segment: &Segment| matches!(segment[0].as_str(), "CLM" | "CLP");
        (0..self.segments.len()).filter(|&at| begins(&self.segments[at])).collect()
    }

    /// Up to the first segment after `from` that `ends` says.
    fn until(&self, from: usize, ends: impl Fn(&str) -> bool) -> Range<usize> {
        let rest = self.segments[from + 1..].iter().position(|segment| ends(&segment[0]));
        from..rest.map_or(self.segments.len(), |at| from + 1 + at)
    }

    /// From `at` back to the nearest segment that `begins` says.
    fn back(&self, at: usize, begins: impl Fn(&Segment) -> bool) -> Option<usize> {
        (0..at).rev().find(|&place| begins(&self.segments[place]))
    }
}

/// One claim of a file and what it stands in.
pub struct Spot<'d> {
    pub draft: &'d mut Draft,
    /// Which claim of the file, from 0.
    pub claim: usize,
}

impl Spot<'_> {
    fn begin(&self) -> usize {
        self.draft.claims()[self.claim]
    }

    /// From CLM or CLP up to the next claim or level.
    pub fn claim(&mut self) -> Part<'_> {
        let range = self.draft.until(self.begin(), |id| matches!(id, "CLM" | "HL" | "SE" | "CLP" | "LX" | "PLB"));
        // The lines of an 837 are the claim's; the LX of an 835 is above it.
        let is_837 = self.draft.segments[range.start][0] == "CLM";
        let range = match is_837 {
            true => self.draft.until(self.begin(), |id| matches!(id, "CLM" | "HL" | "SE")),
            false => range,
        };
        Part { draft: self.draft, range }
    }

    /// The subscriber's level, up to its first claim or the next level.
    pub fn subscriber(&mut self) -> Option<Part<'_>> {
        self.level("22")
    }

    /// The patient's level, where that is not the subscriber.
    pub fn patient(&mut self) -> Option<Part<'_>> {
        let (patient, subscriber) = (self.head("23"), self.head("22"));
        (patient > subscriber).then(|| self.level("23"))?
    }

    pub fn provider(&mut self) -> Option<Part<'_>> {
        self.level("20")
    }

    /// From ST up to the first level or claim: the head of the transaction.
    pub fn header(&mut self) -> Option<Part<'_>> {
        let from = self.draft.back(self.begin(), |segment| segment[0] == "ST")?;
        let range = self.draft.until(from, |id| matches!(id, "HL" | "LX"));
        Some(Part { draft: self.draft, range })
    }

    /// The whole file.
    pub fn file(&mut self) -> Part<'_> {
        let range = 0..self.draft.segments.len();
        Part { draft: self.draft, range }
    }

    fn head(&self, code: &str) -> Option<usize> {
        self.draft.back(self.begin(), |segment| segment[0] == "HL" && segment[3] == code)
    }

    fn level(&mut self, code: &str) -> Option<Part<'_>> {
        let range = self.draft.until(self.head(code)?, |id| matches!(id, "HL" | "CLM" | "SE"));
        Some(Part { draft: self.draft, range })
    }
}

fn parse(segments: &str) -> impl Iterator<Item = Segment> {
    segments.split('~').map(|segment| segment.split('*').map(str::to_string).collect())
}

/// Some segments of a file, found by their begin: `NM1*82` is the first NM1 whose first element is 82. Each change
/// is `None` where there is nothing to change.
pub struct Part<'d> {
    draft: &'d mut Draft,
    range: Range<usize>,
}

impl Part<'_> {
    pub fn find(&self, begin: &str) -> Option<usize> {
        let wanted: Vec<&str> = begin.split('*').collect();
        let fits = |segment: &Segment| wanted.iter().enumerate().all(|(n, w)| segment.get(n).is_some_and(|e| e == w));
        self.range.clone().find(|&at| fits(&self.draft.segments[at]))
    }

    /// The first HI whose first code has this qualifier, as `ABJ:`.
    pub fn hi(&self, qualifier: &str) -> Option<usize> {
        let fits = |segment: &Segment| segment[0] == "HI" && segment.get(1).is_some_and(|c| c.starts_with(qualifier));
        self.range.clone().find(|&at| fits(&self.draft.segments[at]))
    }

    pub fn get(&self, begin: &str, element: usize) -> Option<&str> {
        self.draft.segments[self.find(begin)?].get(element).map(String::as_str)
    }

    /// What is empty at a segment's end is not written.
    pub fn set(&mut self, begin: &str, element: usize, value: &str) -> Option<()> {
        let at = self.find(begin)?;
        let segment = &mut self.draft.segments[at];
        if segment.len() <= element {
            segment.resize(element + 1, String::new());
        }
        segment[element] = value.to_string();
        while segment.last().is_some_and(String::is_empty) {
            segment.pop();
        }
        Some(())
    }

    pub fn edit(&mut self, begin: &str, element: usize, change: impl Fn(&str) -> String) -> Option<()> {
        let value = change(self.get(begin, element)?);
        self.set(begin, element, &value)
    }

    /// Sets component `n`, from 1.
    pub fn component(&mut self, begin: &str, element: usize, n: usize, value: &str) -> Option<()> {
        self.edit(begin, element, |old| {
            let mut parts: Vec<&str> = old.split(':').collect();
            parts.resize(parts.len().max(n), "");
            parts[n - 1] = value;
            parts.join(":").trim_end_matches(':').to_string()
        })
    }

    pub fn remove(&mut self, begin: &str) -> Option<()> {
        let at = self.find(begin)?;
        self.draft.segments.remove(at);
        Some(())
    }

    /// Puts segments, as `REF*F8*1~NTE*ADD*X`, after the one that begins so.
    pub fn after(&mut self, begin: &str, segments: &str) -> Option<()> {
        let at = self.find(begin)? + 1;
        let new: Vec<Segment> = parse(segments).collect();
        self.draft.segments.splice(at..at, new);
        Some(())
    }

    pub fn before(&mut self, begin: &str, segments: &str) -> Option<()> {
        let at = self.find(begin)?;
        let new: Vec<Segment> = parse(segments).collect();
        self.draft.segments.splice(at..at, new);
        Some(())
    }

    pub fn repeat(&mut self, begin: &str) -> Option<()> {
        let at = self.find(begin)?;
        let again = self.draft.segments[at].clone();
        self.draft.segments.insert(at + 1, again);
        Some(())
    }

    /// Moves a segment behind another.
    pub fn move_after(&mut self, begin: &str, behind: &str) -> Option<()> {
        let (from, to) = (self.find(begin)?, self.find(behind)?);
        let segment = self.draft.segments.remove(from);
        self.draft.segments.insert(if from < to { to } else { to + 1 }, segment);
        Some(())
    }

    /// Puts segments at the end of the part.
    pub fn append(&mut self, segments: &str) -> Option<()> {
        let new: Vec<Segment> = parse(segments).collect();
        self.draft.segments.splice(self.range.end..self.range.end, new);
        Some(())
    }

    /// Removes the segments from the one that begins so up to the one that begins `end`, which stays.
    pub fn remove_until(&mut self, begin: &str, end: &str) -> Option<()> {
        let from = self.find(begin)?;
        let starts = |at: usize| self.draft.segments[at].join("*").starts_with(end);
        let to = (from + 1..=self.range.end).find(|&at| at == self.range.end || starts(at))?;
        self.draft.segments.drain(from..to);
        Some(())
    }

    /// Repeats the whole part right behind itself.
    pub fn copy(&mut self) -> Option<()> {
        let again = self.draft.segments[self.range.clone()].to_vec();
        self.draft.segments.splice(self.range.end..self.range.end, again);
        Some(())
    }
}
