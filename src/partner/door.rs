//! The door through which operators' TOML files come in: each key is asked for by name and checked as it is
//! read, and every fault of a file is collected with its line, not only the first. What was never asked for is
//! a key we don't know; it is refused, and the nearest key that we do know is named.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, TextPlace};
use crate::domain::nearest;

/// Reads the text of a file. `build` asks for its keys; it gives `None` where it met a fault.
pub fn read<T>(file: &str, text: &str, build: impl FnOnce(&Section<'_>) -> Option<T>) -> Result<T, Vec<Fault>> {
    let page = Page { file, text, faults: RefCell::default() };
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What could be read past a broken line would only give faults that are none.
        return Err(errors.iter().map(|error| page.fault("", error.message(), error.span())).collect());
    }
    let root = Section::new(&page, String::new(), Some(document.get_ref()));
    let built = build(&root);
    root.refuse_unasked();
    drop(root);
    let mut faults = page.faults.into_inner();
    faults.sort_by_key(|fault| fault.place);
    match built {
        Some(value) if faults.is_empty() => Ok(value),
        Some(_) | None => Err(faults),
    }
}

struct Page<'a> {
    file: &'a str,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
}

impl Page<'_> {
    fn fault(&self, key: &str, problem: &str, span: Option<Range<usize>>) -> Fault {
        let place = span.map(|span| TextPlace::of(self.text, span.start));
        Fault { place, ..Fault::of_key(self.file, key, problem) }
    }
}

/// A table of the file. A table that is missing reads as an empty one, so that its keys have their defaults
/// and those without one are named.
pub struct Section<'a> {
    page: &'a Page<'a>,
    /// As `endpoint.`; empty at the top.
    prefix: String,
    table: Option<&'a DeTable<'a>>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    fn new(page: &'a Page<'a>, prefix: String, table: Option<&'a DeTable<'a>>) -> Section<'a> {
        Section { page, prefix, table, asked: RefCell::default() }
    }

    /// Text that must be there; `example` is what a missing key is told to be like.
    pub fn required<T: FromStr<Err: Display>>(&self, key: &'static str, example: &str) -> Option<T> {
        match self.find(key) {
            Some(value) => self.text_as(key, value),
            None => self.missing(key, example),
        }
    }

    /// Text with a default.
    pub fn or<T: FromStr<Err: Display>>(&self, key: &'static str, default: T) -> Option<T> {
        match self.find(key) {
            Some(value) => self.text_as(key, value),
            None => Some(default),
        }
    }

    /// Text that may be left out. The outer `None` is a fault, the inner one a key that is not there.
    pub fn optional<T: FromStr<Err: Display>>(&self, key: &'static str) -> Option<Option<T>> {
        match self.find(key) {
            Some(value) => self.text_as(key, value).map(Some),
            None => Some(None),
        }
    }

    pub fn required_list<T: FromStr<Err: Display>>(&self, key: &'static str, example: &str) -> Option<Vec<T>> {
        match self.find(key) {
            Some(value) => self.list_as(key, value),
            None => self.missing(key, example),
        }
    }

    pub fn list_or<T: FromStr<Err: Display>>(&self, key: &'static str, default: Vec<T>) -> Option<Vec<T>> {
        match self.find(key) {
            Some(value) => self.list_as(key, value),
            None => Some(default),
        }
    }

    /// A whole number within `range`.
    pub fn number<T: TryFrom<i64>>(&self, key: &'static str, range: RangeInclusive<i64>, default: T) -> Option<T> {
        let Some(value) = self.find(key) else { return Some(default) };
        let number = value.get_ref().as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        let checked = number.filter(|n| range.contains(n)).and_then(|n| T::try_from(n).ok());
        if checked.is_none() {
            let problem = format!("must be a whole number from {} to {}, without quotes", range.start(), range.end());
            return self.refuse(key, &problem, value);
        }
        checked
    }

    pub fn flag(&self, key: &'static str, default: bool) -> Option<bool> {
        let Some(value) = self.find(key) else { return Some(default) };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            return self.refuse(key, "must be true or false, without quotes", value);
        }
        flag
    }

    /// A table in this one.
    pub fn section<T>(&self, key: &'static str, build: impl FnOnce(&Section<'a>) -> Option<T>) -> Option<T> {
        let table = match self.find(key) {
            Some(value) => match value.get_ref().as_table() {
                Some(table) => Some(table),
                None => return self.refuse(key, &format!("must be a table: write [{}{key}]", self.prefix), value),
            },
            None => None,
        };
        self.inside(format!("{}{key}.", self.prefix), table, build)
    }

    /// A list of tables in this one, each written `[[key]]`; missing: none.
    pub fn sections<T>(&self, key: &'static str, build: impl Fn(&Section<'a>) -> Option<T>) -> Option<Vec<T>> {
        let Some(value) = self.find(key) else { return Some(Vec::new()) };
        let tables: Option<Vec<_>> =
            value.get_ref().as_array().and_then(|all| all.iter().map(|item| item.get_ref().as_table()).collect());
        let Some(tables) = tables else {
            return self.refuse(key, &format!("must be tables: write [[{}{key}]] above each", self.prefix), value);
        };
        let built: Vec<Option<T>> = tables
            .into_iter()
            .enumerate()
            .map(|(index, table)| self.inside(format!("{}{key}[{}].", self.prefix, index + 1), Some(table), &build))
            .collect();
        built.into_iter().collect()
    }

    /// A table whose keys are the operator's own words.
    pub fn map<K, V>(&self, key: &'static str) -> Option<BTreeMap<K, V>>
    where
        K: FromStr<Err: Display> + Ord,
        V: FromStr<Err: Display>,
    {
        self.section(key, |section| {
            let entries: Vec<Option<(K, V)>> = section
                .table
                .into_iter()
                .flat_map(|table| table.iter())
                .map(|(name, value)| {
                    let parsed_name = section.parsed(name.get_ref(), name.get_ref(), name.span());
                    let parsed_value = section.text_as(name.get_ref(), value);
                    Some((parsed_name?, parsed_value?))
                })
                .collect();
            entries.into_iter().collect()
        })
    }

    pub fn has(&self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    /// Whether a key is written, without making it one of the known keys.
    pub fn has_unasked(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// A fault that only shows when several keys are seen together.
    pub fn fault<T>(&self, key: &'static str, problem: impl AsRef<str>) -> Option<T> {
        match self.find(key) {
            Some(value) => self.refuse(key, problem.as_ref(), value),
            None => self.note(key, problem.as_ref(), None),
        }
    }

    fn inside<T>(
        &self,
        prefix: String,
        table: Option<&'a DeTable<'a>>,
        build: impl FnOnce(&Section<'a>) -> Option<T>,
    ) -> Option<T> {
        let section = Section::new(self.page, prefix, table);
        let built = build(&section);
        if !section.asked.borrow().is_empty() {
            section.refuse_unasked();
        }
        built
    }

    fn find(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.asked.borrow().contains(&key) {
            self.asked.borrow_mut().push(key);
        }
        self.table.and_then(|table| table.get(key))
    }

    fn text_as<T: FromStr<Err: Display>>(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        match value.get_ref().as_str() {
            Some(text) => self.parsed(key, text, value.span()),
            None => {
                let problem = format!("must be text in quotes, and is of type {}", value.get_ref().type_str());
                self.refuse(key, &problem, value)
            }
        }
    }

    fn list_as<T: FromStr<Err: Display>>(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<T>> {
        let Some(items) = value.get_ref().as_array() else {
            return self.refuse(key, &format!("must be a list: write {key} = [\"...\", \"...\"]"), value);
        };
        let parsed: Vec<Option<T>> = items.iter().map(|item| self.text_as(key, item)).collect();
        parsed.into_iter().collect()
    }

    fn parsed<T: FromStr<Err: Display>>(&self, key: &str, text: &str, span: Range<usize>) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(problem) => self.note(key, &problem.to_string(), Some(span)),
        }
    }

    fn missing<T>(&self, key: &str, example: &str) -> Option<T> {
        self.note(key, &format!("missing; write it like {key} = {example}"), None)
    }

    fn refuse<T>(&self, key: &str, problem: &str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        self.note(key, problem, Some(value.span()))
    }

    fn note<T>(&self, key: &str, problem: &str, span: Option<Range<usize>>) -> Option<T> {
        let fault = self.page.fault(&format!("{}{key}", self.prefix), problem, span);
        self.page.faults.borrow_mut().push(fault);
        None
    }

    fn refuse_unasked(&self) {
        let asked = self.asked.borrow();
        let unasked = self
            .table
            .into_iter()
            .flat_map(|table| table.keys())
            .filter(|name| !asked.iter().any(|key| *key == name.get_ref().as_ref()));
        for name in unasked {
            let hint = match nearest(name.get_ref(), asked.iter().copied()) {
                Some(meant) => format!("did you mean {meant}? "),
                None => String::new(),
            };
            let problem = format!("no such key; {hint}The keys here are {}", asked.join(", "));
            self.note::<()>(name.get_ref(), &problem, Some(name.span()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::period::Period;

    #[derive(Debug, PartialEq)]
    struct Read {
        id: String,
        wait: Period,
        port: u16,
        tags: Vec<Period>,
    }

    fn read_text(text: &str) -> Result<Read, Vec<String>> {
        let build = |root: &Section<'_>| {
            let id = root.required("id", "\"X\"");
            let (wait, port, tags) = root.section("batch", |batch| {
                let wait = batch.or("wait", "1m".parse().unwrap());
                let port = batch.number("port", 1..=9, 5u16);
                let tags = batch.list_or("tags", Vec::new());
                Some((wait?, port?, tags?))
            })?;
            Some(Read { id: id?, wait, port, tags })
        };
        read("x.toml", text, build).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let read = read_text("id = \"A\"\n[batch]\nport = 7").unwrap();
        assert_eq!(read, Read { id: "A".into(), wait: "1m".parse().unwrap(), port: 7, tags: vec![] });
    }

    #[test]
    fn all_faults_are_told_at_once_each_with_its_place() {
        let faults = read_text("idd = \"A\"\n[batch]\nwait = \"soon\"\nport = 12\ntags = [\"1m\", 3, \"x\"]\nprot = 1")
            .unwrap_err();
        let starts = [
            "x.toml: id: missing; write it like id = \"X\"",
            "x.toml: idd: no such key; did you mean id? The keys here are id, batch (line 1, column 1)",
            "x.toml: batch.wait: \"soon\" is no length of time",
            "x.toml: batch.port: must be a whole number from 1 to 9, without quotes (line 4, column 8)",
            "x.toml: batch.tags: must be text in quotes, and is of type integer (line 5, column 15)",
            "x.toml: batch.tags: \"x\" is no length of time",
            "x.toml: batch.prot: no such key; did you mean port? The keys here are wait, port, tags (line 6, column 1)",
        ];
        assert_eq!(faults.len(), starts.len(), "{faults:#?}");
        for (fault, start) in faults.iter().zip(starts) {
            assert!(fault.starts_with(start), "{fault}\n{start}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_says_where() {
        let faults = read_text("id = \"A\"\n[batch\nwait = = 3").unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains("line 2")), "{faults:#?}");
        assert!(faults.iter().all(|fault| !fault.contains("missing; write")), "{faults:#?}");
    }

    #[test]
    fn a_value_where_a_table_belongs_is_refused() {
        let faults = read_text("id = \"A\"\nbatch = 3").unwrap_err();
        assert_eq!(faults, ["x.toml: batch: must be a table: write [batch] (line 2, column 9)"]);
    }
}
