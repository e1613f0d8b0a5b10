//! Reads lists as their keepers hand them out (CSV, TSV, fixed columns, one code a line) and puts them over
//! what was known before. Only codes and their days are taken, no descriptions: those are the keepers'.

use std::collections::BTreeMap;
use std::ops::Range;

use super::file::{About, Problem};
use super::list::List;
use super::table::{Entry, FOR_EVER, SINCE_EVER, Table, pack};
use crate::edits::day::Day;

/// Faults told of one file.
const PROBLEMS_MAX: usize = 10;

/// Where a row has its code and its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Fields with a separator between; places from 0.
    Fields { separator: char, code: usize, from: Option<usize>, to: Option<usize>, has_header: bool },
    /// Characters of a line, from 0.
    Fixed { code: Range<usize>, from: Option<Range<usize>>, to: Option<Range<usize>> },
    /// The order file of CMS: a number, the code, 0 for a heading or 1, a description.
    IcdOrder,
    /// The first word of each line.
    Words,
}

/// Places of code, first day and last day.
pub type Places<T> = (T, Option<T>, Option<T>);

/// Where codes and days are, as said on the command line; the rest is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// From 1.
    pub fields: Option<Places<usize>>,
    /// From 0.
    pub fixed: Option<Places<Range<usize>>>,
}

/// What a file gave.
#[derive(Debug, Default)]
pub struct Taken {
    pub entries: Vec<Entry>,
    /// Rows whose code is not written as this list's are.
    pub others: Vec<Problem>,
}

/// Names of columns, in lower case without spaces.
const CODES: &[&str] = &[
    "code",
    "hcpc",
    "hcpcs",
    "hcpcscode",
    "cptcode",
    "cpt",
    "cdtcode",
    "cdt",
    "procedurecode",
    "modifier",
    "revenuecode",
    "npi",
    "ndc",
    "ndccode",
    "icd10code",
    "icd10cmcode",
    "icd10pcscode",
    "diagnosiscode",
    "taxonomycode",
];
const FROM: &[&str] = &[
    "validfrom",
    "from",
    "effective",
    "effectivedate",
    "effdt",
    "adddt",
    "addeddate",
    "addate",
    "startdate",
    "deactivationdate",
    "npideactivationdate",
];
const TO: &[&str] = &["validto", "to", "termination", "terminationdate", "termdt", "enddate", "expirationdate"];

/// Finds out how a file is laid out, where it was not said.
pub fn layout(text: &str, asked: &Asked) -> Layout {
    if let Some((code, from, to)) = asked.fixed.clone() {
        return Layout::Fixed { code, from, to };
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let separator = ['\t', ',', ';', '|'].into_iter().find(|&separator| first.contains(separator));
    let place = |n: usize| n.saturating_sub(1);
    if let Some((code, from, to)) = asked.fields {
        let (code, from, to) = (place(code), from.map(place), to.map(place));
        let has_header = header(first, separator.unwrap_or(',')).is_some();
        return Layout::Fields { separator: separator.unwrap_or(','), code, from, to, has_header };
    }
    if is_icd_order(first) {
        return Layout::IcdOrder;
    }
    // A description with a comma in it is no list of fields.
    let Some(separator) = separator.filter(|&separator| {
        header(first, separator).is_some() || first.split(separator).next().is_some_and(|field| !field.contains(' '))
    }) else {
        return Layout::Words;
    };
    match header(first, separator) {
        Some((code, from, to)) => Layout::Fields { separator, code, from, to, has_header: true },
        None => {
            let fields = fields(first, separator);
            let dated = |n: usize| fields.get(n).filter(|field| read_day(field).is_some()).map(|_| n);
            Layout::Fields { separator, code: 0, from: dated(1), to: dated(2), has_header: false }
        }
    }
}

/// Five digits, a code, and 0 or 1 at the fifteenth place.
fn is_icd_order(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes.len() > 15
        && bytes[..5].iter().all(u8::is_ascii_digit)
        && bytes[5] == b' '
        && matches!(bytes[14], b'0' | b'1')
        && bytes[13] == b' '
        && bytes[15] == b' '
}

/// The places of code, first and last day, when the line names its columns.
fn header(line: &str, separator: char) -> Option<Places<usize>> {
    let plain = |field: &String| {
        let letters = field.chars().filter(|letter| letter.is_ascii_alphanumeric());
        letters.collect::<String>().to_ascii_lowercase()
    };
    let names: Vec<String> = fields(line, separator).iter().map(plain).collect();
    let find = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
    Some((find(CODES)?, find(FROM), find(TO)))
}

/// The fields of a line; quotes may stand around one, and doubled in one.
fn fields(line: &str, separator: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut letters) = (false, line.chars().peekable());
    while let Some(letter) = letters.next() {
        let field = fields.last_mut().expect("there is always one");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            letter if letter == separator && !quoted => fields.push(String::new()),
            letter => field.push(letter),
        }
    }
    fields.iter().map(|field| field.trim().to_string()).collect()
}

/// Takes the codes of `text`. A day that cannot be read refuses the file.
pub fn read(list: List, text: &str, layout: &Layout) -> Result<Taken, Vec<Problem>> {
    let mut taken = Taken::default();
    let mut problems = Vec::new();
    let text = text.trim_start_matches('\u{feff}');
    let skip = usize::from(matches!(layout, Layout::Fields { has_header: true, .. }));
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).skip(skip);
    for (at, line) in rows {
        let Some((code, from, to)) = cells(line, layout) else { continue };
        let code = plain_code(&code);
        if !list.has_form(code.as_bytes()) {
            taken.others.push(Problem { line: at + 1, what: format!("`{code}` is no code of {}", list.name()) });
            continue;
        }
        let mut day = |text: &str, open: u32| match (text, read_day(text)) {
            ("" | "-", _) => open,
            (_, Some(day)) => day.number(),
            (_, None) => {
                problems.push(Problem { line: at + 1, what: format!("`{text}` is no day") });
                open
            }
        };
        let (from, to) = (day(&from, SINCE_EVER), day(&to, FOR_EVER));
        if let Some(key) = pack(code.as_bytes()).filter(|_| from <= to) {
            taken.entries.push(Entry { key, from, to });
        } else {
            problems.push(Problem { line: at + 1, what: "its last day is before its first".to_string() });
        }
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    if taken.entries.is_empty() && problems.is_empty() {
        problems.push(Problem { line: 0, what: format!("no code of {} was found", list.name()) });
    }
    if problems.is_empty() { Ok(taken) } else { Err(problems) }
}

/// Code, first and last day of a row; `None` for a heading of an order file.
fn cells(line: &str, layout: &Layout) -> Option<(String, String, String)> {
    let nothing = String::new;
    match layout {
        Layout::Fields { separator, code, from, to, .. } => {
            let fields = fields(line, *separator);
            let cell = |n: Option<usize>| n.and_then(|n| fields.get(n)).cloned().unwrap_or_default();
            Some((cell(Some(*code)), cell(*from), cell(*to)))
        }
        Layout::Fixed { code, from, to } => {
            let cell = |range: &Range<usize>| {
                let cut = line.get(range.start..range.end.min(line.len())).unwrap_or("");
                cut.trim().to_string()
            };
            Some((cell(code), from.as_ref().map_or_else(nothing, cell), to.as_ref().map_or_else(nothing, cell)))
        }
        Layout::IcdOrder => match line.get(14..15) {
            Some("1") => Some((line.get(6..13)?.trim().to_string(), nothing(), nothing())),
            _ => None,
        },
        Layout::Words => {
            Some((line.split_ascii_whitespace().next().unwrap_or_default().to_string(), nothing(), nothing()))
        }
    }
}

/// As claims write codes: capitals, no dots, no hyphens.
fn plain_code(code: &str) -> String {
    code.chars().filter(|letter| !matches!(letter, '.' | '-' | ' ')).collect::<String>().to_ascii_uppercase()
}

/// Reads CCYYMMDD, CCYY-MM-DD and MM/DD/CCYY.
fn read_day(text: &str) -> Option<Day> {
    let digits = |text: &str| Day::read(text.as_bytes());
    if let [month, day, year] = text.split('/').collect::<Vec<_>>()[..] {
        return digits(&format!("{year}{month:0>2}{day:0>2}"));
    }
    super::file::day(text).or_else(|| digits(text))
}

/// Puts the codes that are in force from `from` on over what was known: those new to the list begin that day,
/// those it no longer has end the day before, and what was in force earlier stays so.
pub fn put_over(known: &Table, new: Vec<Entry>, from: Day) -> Table {
    let first = from.number();
    let eve = day_before(from);
    let mut spans: BTreeMap<u64, Vec<Entry>> = BTreeMap::new();
    for entry in known.entries().iter().filter(|entry| entry.from < first) {
        let cut = Entry { to: entry.to.min(eve), ..*entry };
        spans.entry(cut.key).or_default().push(cut);
    }
    for entry in new {
        let own = spans.entry(entry.key).or_default();
        let begins = entry.from.max(first);
        match own.last_mut().filter(|last| last.to == eve && begins == first) {
            Some(last) => last.to = entry.to,
            None => own.push(Entry { from: begins, ..entry }),
        }
    }
    Table::new(spans.into_values().flatten().collect())
}

/// The day before, as CCYYMMDD.
fn day_before(day: Day) -> u32 {
    let number = day.number();
    let date = jiff::civil::Date::new((number / 10_000) as i16, (number / 100 % 100) as i8, (number % 100) as i8);
    let eve = date.and_then(|date| date.yesterday());
    eve.map_or(number, |eve| Day::of(eve).number())
}

/// The head of a list that was loaded.
pub fn about(list: List, release: &str, source: &str) -> About {
    About {
        release: release.to_string(),
        source: source.to_string(),
        licence: "the operator's own".to_string(),
        ..About::new(list)
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Found, unpack};
    use super::*;

    fn take(list: List, text: &str, asked: &Asked) -> Taken {
        read(list, text, &layout(text, asked)).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    fn check(list: List, text: &str, asked: &Asked, want: &[(&str, u32, u32)]) {
        let taken = take(list, text, asked);
        let found: Vec<(String, u32, u32)> =
            taken.entries.iter().map(|entry| (unpack(entry.key), entry.from, entry.to)).collect();
        let want: Vec<(String, u32, u32)> =
            want.iter().map(|(code, from, to)| (code.to_string(), *from, *to)).collect();
        assert_eq!(found, want, "{text}");
        assert!(taken.others.is_empty(), "{:?}", taken.others);
    }

    #[test]
    fn fields_are_found_by_their_names_or_their_look() {
        let open = (SINCE_EVER, FOR_EVER);
        check(
            List::Hcpcs,
            "Description,HCPCS Code,Eff Dt,Term Dt\n\"Injection, one\",J1885,20200101,\n\"a \"\"b\"\"\",J3301,2020-01-01,12/31/2025\n",
            &Asked::default(),
            &[("J1885", 20200101, FOR_EVER), ("J3301", 20200101, 20251231)],
        );
        check(List::Cpt, "99213\n99214\n", &Asked::default(), &[("99213", open.0, open.1), ("99214", open.0, open.1)]);
        check(List::Cpt, "99213 Office visit, low\n", &Asked::default(), &[("99213", open.0, open.1)]);
        check(List::Cdt, "D0120\t20260101\t-\n", &Asked::default(), &[("D0120", 20260101, FOR_EVER)]);
        check(List::Icd10Cm, "E11.9|a word\n", &Asked::default(), &[("E119", open.0, open.1)]);
        let asked = Asked { fields: Some((2, None, Some(3))), ..Asked::default() };
        check(List::Revenue, "x,0450,1/5/2026\n", &asked, &[("0450", SINCE_EVER, 20260105)]);
        let asked = Asked { fixed: Some((0..5, Some(8..16), None)), ..Asked::default() };
        check(
            List::Hcpcs,
            "A0428   20010101 word\nJ1885\n",
            &asked,
            &[("A0428", 20010101, FOR_EVER), ("J1885", open.0, open.1)],
        );
    }

    #[test]
    fn an_order_file_gives_its_codes_without_the_headings() {
        let text = "00001 A00     0 Cholera\n00002 A000    1 Cholera, one\n00003 A001    1 Cholera, two\n";
        check(
            List::Icd10Cm,
            text,
            &Asked::default(),
            &[("A000", SINCE_EVER, FOR_EVER), ("A001", SINCE_EVER, FOR_EVER)],
        );
    }

    #[test]
    fn what_is_no_code_of_the_list_is_told_by_line() {
        let taken = take(List::Hcpcs, "J1885\nRT\nD0120\n", &Asked::default());
        assert_eq!(taken.entries.len(), 1);
        assert_eq!(taken.others.iter().map(|other| other.line).collect::<Vec<_>>(), [2, 3]);
        let faults = read(List::Hcpcs, "one\ntwo\n", &Layout::Words).unwrap_err();
        assert_eq!(faults[0].what, "no code of HCPCS was found");
        let asked = Asked { fields: Some((1, Some(2), None)), ..Asked::default() };
        let text = "J1885,soon\n";
        let faults = read(List::Hcpcs, text, &layout(text, &asked)).unwrap_err();
        assert_eq!((faults[0].line, faults[0].what.as_str()), (1, "`soon` is no day"));
    }

    #[test]
    fn a_new_year_goes_over_the_years_before() {
        let entry = |code: &str, from, to| Entry { key: pack(code.as_bytes()).unwrap(), from, to };
        let known = Table::new(vec![
            entry("A00", 20151001, FOR_EVER),
            entry("B00", 20151001, FOR_EVER),
            entry("C00", 20151001, 20180930),
        ]);
        let new =
            vec![entry("A00", SINCE_EVER, FOR_EVER), entry("D00", SINCE_EVER, FOR_EVER), entry("C00", 0, FOR_EVER)];
        let table = put_over(&known, new, Day::read(b"20261001").unwrap());
        let check =
            |code: &str, on: u32, want: Found| assert_eq!(table.look_up(code.as_bytes(), on), want, "{code} {on}");
        check("A00", 20260930, Found::InForce);
        check("A00", 20261001, Found::InForce);
        check("B00", 20260930, Found::InForce);
        check("B00", 20261001, Found::OtherDays);
        check("D00", 20260930, Found::OtherDays);
        check("D00", 20261001, Found::InForce);
        check("C00", 20200101, Found::OtherDays);
        check("C00", 20261001, Found::InForce);
        assert_eq!(table.entries().len(), 5, "a code that goes on is one span");
    }
}
