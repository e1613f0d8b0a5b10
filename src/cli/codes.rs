//! `claimgate codes list` and `codes load`: the code lists that checks use.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::args::{CodesCommand, CodesListArgs, CodesLoadArgs, ListFormat};
use super::output::{Table, json_line};
use super::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::edits::Day;
use crate::edits::codesets::file::{self, Loaded, Problem};
use crate::edits::codesets::import::{self, Asked, Places, Taken};
use crate::edits::codesets::table::Table as Codes;
use crate::edits::codesets::{CodeSets, List};
use crate::partner::Config;

/// Rows told of one file.
const TOLD_MAX: usize = 10;

pub fn run(command: CodesCommand, config: &Config) -> Result<ExitCode> {
    match command {
        CodesCommand::List(args) => list(&args, config),
        CodesCommand::Load(args) => load(&args, config),
    }
}

#[derive(Serialize)]
struct Row {
    list: &'static str,
    name: &'static str,
    release: Option<String>,
    codes: usize,
    covers_from: Option<String>,
    covers_to: Option<String>,
    /// full: what is not in the list is an error; old: it is a warning; form: there is no list.
    judges: &'static str,
    from_folder: bool,
}

impl Row {
    fn of(list: List, sets: &CodeSets) -> Row {
        let loaded = sets.get(list);
        let covers = loaded.and_then(|loaded| loaded.about.covers);
        Row {
            list: list.id(),
            name: list.name(),
            release: loaded.map(|loaded| loaded.about.release.clone()),
            codes: loaded.map_or(0, |loaded| loaded.table.count()),
            covers_from: covers.map(|(first, _)| first.to_string()),
            covers_to: covers.map(|(_, last)| last.to_string()),
            judges: match loaded {
                None => "form",
                Some(loaded) if loaded.about.is_old => "old",
                Some(_) => "full",
            },
            from_folder: sets.is_given(list),
        }
    }

    fn cells(&self) -> [String; 7] {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_string());
        let codes = if self.judges == "form" { "-".to_string() } else { self.codes.to_string() };
        [
            self.list.to_string(),
            self.judges.to_string(),
            codes,
            or_dash(&self.covers_from),
            or_dash(&self.covers_to),
            if self.from_folder { "schemas folder" } else { "-" }.to_string(),
            or_dash(&self.release),
        ]
    }
}

fn list(args: &CodesListArgs, config: &Config) -> Result<ExitCode> {
    let sets = CodeSets::load(Some(&config.paths.schemas))?;
    let rows = List::ALL.into_iter().map(|list| Row::of(list, &sets));
    let mut out = io::stdout().lock();
    match args.format {
        ListFormat::Json => rows.into_iter().try_for_each(|row| json_line(&mut out, &row))?,
        ListFormat::Text => {
            let mut table = Table::new(&["LIST", "JUDGES", "CODES", "FROM", "TO", "LOADED", "RELEASE"]);
            rows.for_each(|row| table.row(row.cells()));
            table.print(&mut out)?;
        }
    }
    Ok(NOTHING_WRONG)
}

fn load(args: &CodesLoadArgs, config: &Config) -> Result<ExitCode> {
    let Some(list) = List::by_id(&args.list) else {
        let known: Vec<&str> = List::ALL.into_iter().map(List::id).collect();
        bail!("{} is no list; there are {}", args.list, known.join(", "));
    };
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from > to
    {
        bail!("--from {from} lies after --to {to}: nothing was loaded");
    }
    let name = args.file.display().to_string();
    let bytes = fs::read(&args.file).with_context(|| format!("{name} cannot be read"))?;
    // Codes are ASCII; descriptions, which are not kept, may be in any encoding.
    let text = String::from_utf8_lossy(&bytes);
    let layout = import::layout(&text, &asked(args)?);
    let taken = match import::read(list, &text, &layout) {
        Ok(taken) => taken,
        Err(problems) => {
            tell(&name, &problems);
            return Ok(SOMETHING_WRONG);
        }
    };
    if !taken.others.is_empty() {
        tell(&name, &taken.others);
        eprintln!("{}: {} rows are no codes of {}", name, taken.others.len(), list.name());
        if !args.skip_others {
            eprintln!("nothing was loaded; --skip-others leaves such rows out");
            return Ok(SOMETHING_WRONG);
        }
    }
    let loaded = combine(args, list, taken, &CodeSets::load(Some(&config.paths.schemas))?);
    if let Some((first, last)) = loaded.about.covers
        && first > last
    {
        bail!("the list would cover no day: it begins on {first} and ends on {last}; give a later --to");
    }
    let path = put(&config.paths.schemas, &loaded)?;
    println!("{}: {} codes in {path}", list.id(), loaded.table.count());
    eprintln!("a running gateway takes it when it is told to read its files again (SIGHUP)");
    Ok(NOTHING_WRONG)
}

fn tell(name: &str, problems: &[Problem]) {
    for problem in problems.iter().take(TOLD_MAX) {
        match problem.line {
            0 => eprintln!("{name}: {}", problem.what),
            line => eprintln!("{name}: line {line}: {}", problem.what),
        }
    }
}

/// What was taken, over the list that was there before where the file begins on a day.
fn combine(args: &CodesLoadArgs, list: List, taken: Taken, sets: &CodeSets) -> Loaded {
    let source = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut about = import::about(list, args.release.as_deref().unwrap_or(&source), &source);
    let (from, to) = (args.from.map(Day::of), args.to.map(Day::of));
    let before = sets.get(list);
    let first = before.and_then(|before| before.about.covers).map(|(first, _)| first);
    about.covers = to.map(|to| (first.filter(|_| from.is_some()).or(from).unwrap_or(Day::FIRST), to));
    let table = match (from, before) {
        (Some(from), Some(before)) => import::put_over(&before.table, taken.entries, from),
        (Some(from), None) => import::put_over(&Codes::default(), taken.entries, from),
        (None, _) => Codes::new(taken.entries),
    };
    Loaded { about, table }
}

/// Writes the list's file beside its place and renames it, so that no reader sees half of it.
fn put(schemas: &Path, loaded: &Loaded) -> Result<String> {
    let folder = schemas.join("codes");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join(format!("{}.txt", loaded.about.list.id()));
    let half = path.with_extension("part");
    let written = fs::write(&half, file::write(&loaded.about, &loaded.table)).and_then(|()| fs::rename(&half, &path));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path.display().to_string())
}

/// Reads `code=1,from=3,to=4` and `code=1-5,from=277-284`.
fn asked(args: &CodesLoadArgs) -> Result<Asked> {
    let fields = args.fields.as_deref().map(|text| places(text, |place| place.parse().ok().filter(|&n: &usize| n > 0)));
    let fixed = args.fixed.as_deref().map(|text| places(text, characters));
    Ok(Asked { fields: fields.transpose()?, fixed: fixed.transpose()? })
}

fn characters(text: &str) -> Option<Range<usize>> {
    let (first, last) = text.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    (first > 0 && first <= last).then(|| first - 1..last)
}

fn places<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Places<T>> {
    let (mut code, mut from, mut to) = (None, None, None);
    for part in text.split(',') {
        let place = part.split_once('=').and_then(|(key, place)| Some((key.trim(), read(place.trim())?)));
        match place {
            Some(("code", place)) => code = Some(place),
            Some(("from", place)) => from = Some(place),
            Some(("to", place)) => to = Some(place),
            _ => bail!("`{part}` is none of code=, from= and to= with a place"),
        }
    }
    let code = code.context("where the code stands is missing: code=1")?;
    Ok((code, from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edits::codesets::Listed;

    fn args(list: &str, file: &Path) -> CodesLoadArgs {
        CodesLoadArgs {
            list: list.to_string(),
            file: file.to_path_buf(),
            release: None,
            fields: None,
            fixed: None,
            from: None,
            to: None,
            skip_others: false,
        }
    }

    fn config(folder: &Path) -> Config {
        let mut config = Config::load(None).unwrap_or_else(|faults| panic!("{faults:?}"));
        config.paths.schemas = folder.to_path_buf();
        config
    }

    fn day(text: &str) -> Day {
        file::day(text).unwrap()
    }

    #[test]
    fn a_list_that_was_loaded_judges_codes_of_its_days() {
        let dir = tempfile::tempdir().unwrap();
        let (config, source) = (config(dir.path()), dir.path().join("hcpcs.csv"));
        fs::write(&source, "HCPCS,Eff,Description,Term\nJ1885,2000-01-01,words,\nJ0001,2000-01-01,words,2025-12-31\n")
            .unwrap();
        let args = CodesLoadArgs { fields: Some("code=1,from=2,to=4".into()), ..args("hcpcs", &source) };
        assert_eq!(load(&args, &config).unwrap(), NOTHING_WRONG);
        let sets = CodeSets::load(Some(dir.path())).unwrap();
        let check = |code: &[u8], on: &str, want| assert_eq!(sets.judge(List::Hcpcs, code, day(on)), want);
        check(b"J1885", "2026-01-01", Listed::InForce);
        check(b"J0001", "2026-01-01", Listed::OutOfForce);
        check(b"J9999", "2026-01-01", Listed::Unknown);
        let row = Row::of(List::Hcpcs, &sets);
        assert_eq!((row.judges, row.codes, row.from_folder), ("full", 2, true));
        assert_eq!(Row::of(List::Cpt, &sets).judges, "form");
        let text = fs::read_to_string(dir.path().join("codes/hcpcs.txt")).unwrap();
        assert!(!text.contains("words"), "descriptions are not kept");
    }

    #[test]
    fn a_new_year_of_diagnoses_keeps_the_years_before() {
        let dir = tempfile::tempdir().unwrap();
        let (config, source) = (config(dir.path()), dir.path().join("codes_2028.txt"));
        fs::write(&source, "A000    Cholera\nA0999   New in that year\n").unwrap();
        let args = CodesLoadArgs {
            from: Some(jiff::civil::date(2027, 10, 1)),
            to: Some(jiff::civil::date(2028, 9, 30)),
            ..args("icd-10-cm", &source)
        };
        assert_eq!(load(&args, &config).unwrap(), NOTHING_WRONG);
        let sets = CodeSets::load(Some(dir.path())).unwrap();
        let check = |code: &[u8], on: &str, want| assert_eq!(sets.judge(List::Icd10Cm, code, day(on)), want);
        check(b"E119", "2026-11-01", Listed::InForce);
        check(b"E119", "2027-10-01", Listed::OutOfForce);
        check(b"A000", "2027-10-01", Listed::InForce);
        check(b"A0999", "2027-09-30", Listed::OutOfForce);
        check(b"A0999", "2027-10-01", Listed::InForce);
        check(b"Z9876", "2028-10-01", Listed::Doubtful);
    }

    #[test]
    fn rows_of_another_list_stop_the_load_unless_they_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let (config, source) = (config(dir.path()), dir.path().join("h.txt"));
        fs::write(&source, "J1885\nRT\n").unwrap();
        let mut args = args("hcpcs", &source);
        assert_eq!(load(&args, &config).unwrap(), SOMETHING_WRONG);
        assert!(!dir.path().join("codes").exists());
        args.skip_others = true;
        assert_eq!(load(&args, &config).unwrap(), NOTHING_WRONG);
        assert!(dir.path().join("codes/hcpcs.txt").exists());
    }

    #[test]
    fn places_are_read_or_refused() {
        let dir = tempfile::tempdir().unwrap();
        let asked_of = |fields: Option<&str>, fixed: Option<&str>| {
            let (fields, fixed) = (fields.map(str::to_string), fixed.map(str::to_string));
            asked(&CodesLoadArgs { fields, fixed, ..args("cpt", dir.path()) })
        };
        assert_eq!(asked_of(Some("code=2,to=3"), None).unwrap().fields, Some((2, None, Some(3))));
        assert_eq!(asked_of(None, Some("code=1-5")).unwrap().fixed, Some((0..5, None, None)));
        for bad in ["code=0", "from=1", "code", "code=1,until=3"] {
            assert!(asked_of(Some(bad), None).is_err(), "{bad}");
        }
        assert!(asked_of(None, Some("code=5-1")).is_err());
        assert!(load(&args("snomed", dir.path()), &config(dir.path())).is_err());
    }
}
