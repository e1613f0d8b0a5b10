//! The form of a list's file, read and written.
//!
//! ```text
//! list: icd-10-cm                  which list it is
//! title, release, source, licence  for people
//! covers: 2015-10-01 2027-03-31    the days the list is whole for; without it, all
//! unknown: error                   or `warning`: the list is old, and what is not in it may still exist
//! newest: 268 P23                  the last of each series; later numbers are newer than the list
//!                                  an empty line ends the head
//! @ 2015-10-01 -                   first and last day of the codes that follow; - is open
//! A00: 0 1 9                       A000, A001, A009; a dot is the heading itself
//! 11 12 21                         or whole codes
//! # a remark
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;

use super::list::List;
use super::table::{CODE_MAX, Entry, FOR_EVER, SINCE_EVER, Table, pack, unpack};
use super::{Day, Listed};

/// Faults told of one file.
const PROBLEMS_MAX: usize = 20;
/// A series grows by ten or twenty codes a year: a number that is much later than its last is none of it.
const GROWTH_MAX: u32 = 200;
/// Characters of a line that is written.
const WIDTH: usize = 118;
/// Characters that codes under one heading share, in lists that are written with headings.
const HEADING: usize = 3;

/// What a list's head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    pub list: List,
    pub title: String,
    pub release: String,
    pub source: String,
    pub licence: String,
    /// First and last day for which the list is whole.
    pub covers: Option<(Day, Day)>,
    /// The list is known to be old: it warns and never rejects.
    pub is_old: bool,
    /// Letters and last number of each series that grows.
    pub newest: Vec<(String, u32)>,
}

/// A list that was read.
#[derive(Debug)]
pub struct Loaded {
    pub about: About,
    pub table: Table,
}

/// What is wrong in a line, from 1, of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub what: String,
}

impl About {
    pub fn new(list: List) -> About {
        let [title, release, source, licence] = [list.name(), "", "", ""].map(str::to_string);
        About { list, title, release, source, licence, covers: None, is_old: false, newest: Vec::new() }
    }

    pub fn begins_after(&self, on: Day) -> bool {
        self.covers.is_some_and(|(first, _)| on < first)
    }

    /// What it means that a code is not in the list.
    pub fn unknown(&self, code: &[u8], on: Day) -> Listed {
        match self.covers {
            Some((first, last)) if on < first || last < on => Listed::Doubtful,
            Some(_) | None => self.unknown_any_day(code),
        }
    }

    pub fn unknown_any_day(&self, code: &[u8]) -> Listed {
        match (self.is_newer(code), self.is_old) {
            (true, _) => Listed::Newer,
            (false, true) => Listed::Doubtful,
            (false, false) => Listed::Unknown,
        }
    }

    fn is_newer(&self, code: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(code) else { return false };
        let (letters, number) = series(text);
        let newer = |number: u32, last: u32| last < number && number <= last + GROWTH_MAX;
        number.is_some_and(|number| self.newest.iter().any(|(known, last)| known == letters && newer(number, *last)))
    }
}

/// A code as its letters and the number after them.
fn series(code: &str) -> (&str, Option<u32>) {
    let at = code.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(code.len());
    (&code[..at], code[at..].parse().ok())
}

/// Reads a list's file; refuses it with all that is wrong with it.
pub fn read(text: &str) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end()));
    let about = head(&mut lines, &mut problems);
    let mut body = Body { span: (SINCE_EVER, FOR_EVER), entries: Vec::with_capacity(text.len() / 5) };
    for (number, line) in lines {
        if let Err(what) = body.line(line) {
            problems.push(Problem { line: number, what });
            if problems.len() >= PROBLEMS_MAX {
                break;
            }
        }
    }
    match about {
        Some(about) if problems.is_empty() => Ok(Loaded { about, table: Table::new(body.entries) }),
        _ => Err(problems),
    }
}

/// The lines up to the first empty one.
fn head<'t>(lines: &mut impl Iterator<Item = (usize, &'t str)>, problems: &mut Vec<Problem>) -> Option<About> {
    let mut about: Option<About> = None;
    for (number, line) in lines.take_while(|(_, line)| !line.is_empty()) {
        if line.starts_with('#') {
            continue;
        }
        let mut wrong = |what: String| problems.push(Problem { line: number, what });
        let Some((key, value)) = line.split_once(':') else {
            wrong("is no `key: value`, and an empty line ends the head".to_string());
            return None;
        };
        let value = value.trim();
        if let Some(about) = &mut about {
            if let Err(what) = set(about, key, value) {
                wrong(what);
            }
            continue;
        }
        match (key, List::by_id(value)) {
            ("list", Some(list)) => about = Some(About::new(list)),
            ("list", None) => {
                wrong(format!("`{value}` is no list that edits know"));
                return None;
            }
            _ => {
                wrong("the first key is `list`".to_string());
                return None;
            }
        }
    }
    if about.is_none() {
        problems.push(Problem { line: 1, what: "the first key is `list`".to_string() });
    }
    about
}

fn set(about: &mut About, key: &str, value: &str) -> Result<(), String> {
    match key {
        "title" => about.title = value.to_string(),
        "release" => about.release = value.to_string(),
        "source" => about.source = value.to_string(),
        "licence" => about.licence = value.to_string(),
        "covers" => {
            let days = value.split_once(' ').and_then(|(first, last)| Some((day(first)?, day(last.trim())?)));
            let days = days.filter(|(first, last)| first <= last);
            about.covers =
                Some(days.ok_or_else(|| format!("`{value}` is no first and last day, as 2025-10-01 2026-09-30"))?);
        }
        "unknown" => {
            about.is_old = match value {
                "error" => false,
                "warning" => true,
                _ => return Err(format!("`{value}` is neither `error` nor `warning`")),
            }
        }
        "newest" => {
            for code in value.split_ascii_whitespace() {
                let (letters, Some(last)) = series(code) else { return Err(format!("`{code}` has no number")) };
                about.newest.push((letters.to_string(), last));
            }
        }
        _ => return Err(format!("`{key}` is no key of a list's head")),
    }
    Ok(())
}

/// Reads CCYY-MM-DD.
pub fn day(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    Day::read(&[&bytes[..4], &bytes[5..7], &bytes[8..]].concat())
}

struct Body {
    /// Of the codes that follow.
    span: (u32, u32),
    entries: Vec<Entry>,
}

impl Body {
    fn line(&mut self, line: &str) -> Result<(), String> {
        match line.as_bytes() {
            [] | [b'#', ..] => Ok(()),
            [b'@', ..] => {
                self.span = span(&line[1..]).ok_or("is no `@` with a first and a last day, or - for open")?;
                Ok(())
            }
            _ => match line.split_once(':') {
                Some((heading, rest)) => self.under(heading, rest),
                None => self.under("", line),
            },
        }
    }

    fn under(&mut self, heading: &str, rest: &str) -> Result<(), String> {
        let mut code = [0; CODE_MAX];
        let shared = heading.len();
        let too_long = || "has a code of more than twelve characters".to_string();
        code.get_mut(..shared).ok_or_else(too_long)?.copy_from_slice(heading.as_bytes());
        let (from, to) = self.span;
        for word in rest.split_ascii_whitespace() {
            let word = if word == "." { "" } else { word };
            let end = shared + word.len();
            code.get_mut(shared..end).ok_or_else(too_long)?.copy_from_slice(word.as_bytes());
            let key =
                pack(&code[..end]).ok_or_else(|| format!("`{heading}{word}` is no code of capitals and digits"))?;
            self.entries.push(Entry { key, from, to });
        }
        Ok(())
    }
}

fn span(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.trim().split_once(' ')?;
    let from = if from == "-" { SINCE_EVER } else { day(from)?.number() };
    let to = if to.trim() == "-" { FOR_EVER } else { day(to.trim())?.number() };
    (from <= to).then_some((from, to))
}

/// The file of a list.
pub fn write(about: &About, table: &Table) -> String {
    let mut text = String::new();
    let mut key = |key: &str, value: &str| {
        if !value.is_empty() {
            // Line ends would end the key.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "{key}: {value}");
        }
    };
    key("list", about.list.id());
    key("title", &about.title);
    key("release", &about.release);
    key("source", &about.source);
    key("licence", &about.licence);
    if let Some((first, last)) = about.covers {
        key("covers", &format!("{first} {last}"));
    }
    key("unknown", if about.is_old { "warning" } else { "error" });
    key("newest", &about.newest.iter().map(|(letters, last)| format!("{letters}{last}")).collect::<Vec<_>>().join(" "));
    let mut spans: BTreeMap<(u32, u32), Vec<String>> = BTreeMap::new();
    for entry in table.entries() {
        spans.entry((entry.from, entry.to)).or_default().push(unpack(entry.key));
    }
    text.push('\n');
    for ((from, to), codes) in spans {
        let _ = writeln!(text, "@ {} {}", open_or(from), open_or(to));
        codes_of(&codes, &mut text);
    }
    text
}

/// A day, or `-` where there is no limit.
pub fn open_or(day: u32) -> String {
    match day {
        SINCE_EVER | FOR_EVER => "-".to_string(),
        day => format!("{:04}-{:02}-{:02}", day / 10_000, day / 100 % 100, day % 100),
    }
}

/// Long codes stand under their first characters, short ones by themselves.
fn codes_of(codes: &[String], text: &mut String) {
    let heading = |code: &str| if code.len() > HEADING + 1 { code[..HEADING].to_string() } else { String::new() };
    for group in codes.chunk_by(|a, b| heading(a) == heading(b)) {
        let heading = heading(&group[0]);
        let start = if heading.is_empty() { String::new() } else { format!("{heading}:") };
        let mut line = start.clone();
        for code in group {
            let word = &code[heading.len()..];
            if line.len() + 1 + word.len() > WIDTH {
                let _ = writeln!(text, "{line}");
                line = start.clone();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(text, "{line}");
    }
}
