//! Code lists kept by others: those in the binary, and those an operator put into the schemas folder. An edit
//! asks here what a list says of a code on a day; where no list is at hand, a code's form is all that is judged.
//!
//! ```text
//! let codes = CodeSets::load(Some(Path::new("schemas")))?;   // schemas/codes/*.txt over what the binary holds
//! codes.judge(List::Icd10Cm, b"E119", day)                   // -> Listed::InForce
//! ```

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub mod file;
pub mod import;
pub mod list;
pub mod table;

use super::day::Day;
pub use file::{About, Loaded};
pub use list::{List, ListSet};
use table::Found;

/// What a list says of a code on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    InForce,
    /// Not a code itself, but more specific codes in force begin with it.
    Heading,
    /// In the list, but not on that day.
    OutOfForce,
    /// Not in the list, which is whole for that day.
    Unknown,
    /// Not in the list, but the list is old, or does not reach to that day.
    Doubtful,
    /// Of a series that has grown since the list was made.
    Newer,
    /// No such list is at hand.
    FormOnly,
}

#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    #[error("the code lists in {} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the code lists have faults:\n{}", lines(.0))]
    Faults(Vec<ListFault>),
}

fn lines(faults: &[ListFault]) -> String {
    faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a list's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFault {
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    pub problem: String,
}

impl fmt::Display for ListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.problem),
            line => write!(f, "{}: line {line}: {}", self.file, self.problem),
        }
    }
}

macro_rules! texts {
    ($($list:ident $name:literal),* $(,)?) => {
        [$((List::$list, include_str!(concat!("../../../schemas/codes/", $name, ".txt")))),*]
    };
}

/// The lists in the binary, so that it works from any folder.
const SHIPPED: [(List, &str); 12] = texts! {
    Icd10Cm "icd-10-cm", Icd10Pcs "icd-10-pcs", PlaceOfService "place-of-service", State "state", Province "province",
    Country "country", Zip3 "zip3", Carc "carc", Rarc "rarc", ClaimStatus "claim-status",
    StatusCategory "claim-status-category", Entity "entity",
};

/// The text of a list in the binary.
pub fn shipped_text(list: List) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == list).map(|(_, text)| *text)
}

/// Each is read when it is first asked, and once for the whole process.
fn shipped(list: List) -> Option<&'static Loaded> {
    static READ: [OnceLock<Option<Loaded>>; List::COUNT] = [const { OnceLock::new() }; List::COUNT];
    let read = || shipped_text(list).map(|text| file::read(text).expect("a test reads every list in the binary"));
    READ[list as usize].get_or_init(read).as_ref()
}

/// The lists at hand.
#[derive(Clone, Default)]
pub struct CodeSets {
    /// From the schemas folder, before those in the binary.
    given: [Option<Arc<Loaded>>; List::COUNT],
    forms_only: bool,
}

impl CodeSets {
    /// The lists in the binary.
    pub fn shipped() -> CodeSets {
        CodeSets::default()
    }

    /// Only what an address and a place of service need.
    pub fn form_only() -> CodeSets {
        CodeSets { forms_only: true, ..CodeSets::default() }
    }

    /// The lists in the binary, then every `codes/*.txt` of the schemas folder, each in the place of the one with
    /// its name. Refuses faulty files, telling the faults of all of them.
    pub fn load(schemas: Option<&Path>) -> Result<CodeSets, CodesError> {
        let mut sets = CodeSets::shipped();
        let mut faults = Vec::new();
        for (name, text) in files(schemas)? {
            let told = |problems: Vec<file::Problem>| {
                let fault = |problem: file::Problem| ListFault {
                    file: name.clone(),
                    line: problem.line,
                    problem: problem.what,
                };
                problems.into_iter().map(fault).collect::<Vec<_>>()
            };
            // The project's own folder holds what the binary holds.
            if SHIPPED.iter().any(|(_, shipped)| *shipped == text) {
                continue;
            }
            match file::read(&text) {
                Ok(loaded) => {
                    let slot = &mut sets.given[loaded.about.list as usize];
                    if slot.replace(Arc::new(loaded)).is_some() {
                        faults.push(ListFault { file: name, line: 1, problem: "this list stands in two files".into() });
                    }
                }
                Err(problems) => faults.extend(told(problems)),
            }
        }
        if faults.is_empty() { Ok(sets) } else { Err(CodesError::Faults(faults)) }
    }

    /// A list put in its place by hand, as a test does.
    pub fn with(mut self, loaded: Loaded) -> CodeSets {
        let list = loaded.about.list;
        self.given[list as usize] = Some(Arc::new(loaded));
        self
    }

    #[inline]
    pub fn get(&self, list: List) -> Option<&Loaded> {
        match &self.given[list as usize] {
            Some(loaded) => Some(loaded),
            None if self.forms_only && !list.is_everyones() => None,
            None => shipped(list),
        }
    }

    /// Whether the list comes from the schemas folder.
    pub fn is_given(&self, list: List) -> bool {
        self.given[list as usize].is_some()
    }

    /// Does not allocate; twenty to thirty nanoseconds in the longest lists.
    #[inline]
    pub fn judge(&self, list: List, code: &[u8], on: Day) -> Listed {
        let Some(loaded) = self.get(list) else { return Listed::FormOnly };
        match loaded.table.look_up(code, on.number()) {
            Found::InForce => Listed::InForce,
            Found::Heading => Listed::Heading,
            Found::OtherDays if loaded.about.begins_after(on) => Listed::Doubtful,
            Found::OtherDays => Listed::OutOfForce,
            Found::Unknown => loaded.about.unknown(code, on),
        }
    }

    /// As [`CodeSets::judge`] for a service of several days: in force on the first or the last is enough.
    pub fn judge_over(&self, list: List, code: &[u8], (first, last): (Day, Day)) -> Listed {
        match self.judge(list, code, last) {
            listed @ (Listed::OutOfForce | Listed::Unknown | Listed::Heading) if first != last => {
                let on_first = self.judge(list, code, first);
                match listed == Listed::Heading && on_first != Listed::InForce {
                    true => listed,
                    false => on_first,
                }
            }
            listed => listed,
        }
    }

    /// As [`CodeSets::judge_over`] where the days are dear: they are asked only for a code that comes or goes.
    #[inline]
    pub fn judge_when(&self, list: List, code: &[u8], days: impl FnOnce() -> Option<(Day, Day)>) -> Listed {
        let Some(loaded) = self.get(list) else { return Listed::FormOnly };
        if loaded.table.is_timeless(code) {
            return Listed::InForce;
        }
        match days() {
            Some(days) => self.judge_over(list, code, days),
            // Without a day, which is a finding of its own, being known at all is enough.
            None if loaded.table.holds(code) => Listed::InForce,
            None => loaded.about.unknown_any_day(code),
        }
    }

    /// Whether the list has the code on any day. True where there is no list.
    #[inline]
    pub fn holds(&self, list: List, code: &[u8]) -> bool {
        self.get(list).is_none_or(|loaded| loaded.table.holds(code))
    }

    /// Whether codes of the list, on whatever day, begin with this.
    pub fn heads(&self, list: List, start: &[u8]) -> bool {
        self.get(list).is_some_and(|loaded| loaded.table.look_up(start, table::SINCE_EVER) == Found::Heading)
    }

    /// Of `used`, those that are at hand as forms only.
    pub fn without_list(&self, used: ListSet) -> ListSet {
        List::ALL.into_iter().filter(|&list| used.contains(list) && self.get(list).is_none()).collect()
    }
}

impl fmt::Debug for CodeSets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = List::ALL.into_iter().filter(|&list| self.is_given(list)).map(List::id);
        f.debug_struct("CodeSets").field("given", &given.collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// Name and text of each list of the folder, by name; none where there is no folder.
fn files(schemas: Option<&Path>) -> Result<Vec<(String, String)>, CodesError> {
    let Some(dir) = schemas.map(|schemas| schemas.join("codes")).filter(|dir| dir.is_dir()) else {
        return Ok(Vec::new());
    };
    let unread = |source| CodesError::Read { path: dir.clone(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(&dir).map_err(unread)? {
        paths.push(entry.map_err(unread)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let named = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok((format!("codes/{}", path.file_name().unwrap_or_default().to_string_lossy()), text)),
        Err(source) => Err(CodesError::Read { path, source }),
    };
    paths.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests;
