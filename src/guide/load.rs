//! The set of guides a gateway knows: those in the binary, and those an operator put into a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::audit::{self, Fault};
use super::base::Base;
use super::codes::CodeSet;
use super::compile;
use super::model::Guide;
use super::source::GuideFile;
use super::tables::Tables;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../../schemas/", $name)))),*] };
}

/// The guides in the binary, so that it works from any folder.
const GUIDES: [(&str, &str); 8] =
    shipped!["837P.json", "837I.json", "837D.json", "835.json", "276.json", "277.json", "277CA.json", "999.json"];
const BASE: [(&str, &str); 6] = shipped![
    "base/elements.json",
    "base/segments.json",
    "base/sets.json",
    "base/codes.json",
    "base/control.json",
    "base/known.json",
];

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the schema folder {} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the schemas have faults:\n{}", lines(.0))]
    Faults(Vec<Fault>),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n")
}

/// All guides, ready to walk.
#[derive(Debug)]
pub struct Guides {
    guides: Vec<Arc<Guide>>,
    base: Arc<Base>,
}

/// A file and its text.
pub(super) type Text = (String, String);

impl Guides {
    /// The built-in guides, then every `*.json` of `dir` where it exists: one with the same `id` replaces, a new id
    /// adds. Files of `dir/base` replace and add lines of the standard's tables of the same name. Refuses faulty
    /// files, telling every fault of all of them.
    pub fn load(dir: Option<&Path>) -> Result<Guides, LoadError> {
        let mut faults = Vec::new();
        let own = |files: &[(&str, &str)]| files.iter().map(|&(n, t)| (n.to_string(), t.to_string())).collect();
        let mut guides: Vec<Text> = own(&GUIDES);
        let mut base: Vec<Text> = own(&BASE);
        if let Some(dir) = dir.filter(|dir| dir.is_dir()) {
            guides.extend(json_files(dir)?);
            base.extend(json_files(&dir.join("base"))?.into_iter().map(|(name, text)| (format!("base/{name}"), text)));
        }
        let mut tables = Tables::read(&base, &mut faults);
        let files: Vec<(String, GuideFile)> = guides
            .into_iter()
            .filter_map(|(name, text)| Some((name.clone(), parse(&name, &text, &mut faults)?)))
            .collect();
        let mut kept: Vec<&(String, GuideFile)> = Vec::new();
        for file in &files {
            kept.retain(|known| known.1.id != file.1.id);
            kept.push(file);
        }
        for (name, file) in &kept {
            tables.add(name, file, &mut faults);
        }
        let base = Arc::new(tables.base());
        for (name, file) in &kept {
            faults.extend(audit::audit(name, file, &base));
        }
        one_guide_a_version(&kept, &mut faults);
        if !faults.is_empty() {
            return Err(LoadError::Faults(faults));
        }
        let guides = kept.iter().map(|(_, file)| Arc::new(compile::compile(file, base.clone()))).collect();
        Ok(Guides { guides, base })
    }

    /// The guide for an ST01 and a version as ST03 or GS08 gives it.
    pub fn find(&self, st01: &str, version: &str) -> Option<&Arc<Guide>> {
        self.guides.iter().find(|guide| guide.st01 == st01 && guide.accept.iter().any(|accepted| accepted == version))
    }

    /// By its short name, as `837P`.
    pub fn get(&self, id: &str) -> Option<&Arc<Guide>> {
        self.guides.iter().find(|guide| guide.id == id)
    }

    pub fn all(&self) -> &[Arc<Guide>] {
        &self.guides
    }

    pub fn st01_supported(&self, st01: &str) -> bool {
        self.guides.iter().any(|guide| guide.st01 == st01)
    }

    pub fn gs01_supported(&self, gs01: &str) -> bool {
        self.guides.iter().any(|guide| guide.gs01 == gs01)
    }

    /// Some guide of this group code takes this version: GS01 and GS08 agree.
    pub fn group_supported(&self, gs01: &str, version: &str) -> bool {
        self.guides.iter().any(|guide| guide.gs01 == gs01 && guide.accept.iter().any(|accepted| accepted == version))
    }

    /// What is taken, for people: `837P 005010X222A1, 835 005010X221A1`.
    pub fn taken(&self) -> String {
        let each = self.guides.iter().map(|guide| format!("{} {}", guide.id, guide.version));
        each.collect::<Vec<_>>().join(", ")
    }

    /// A code list kept outside X12: `states`, `country`, `currency`, `pos`, ...
    pub fn external(&self, name: &str) -> Option<&CodeSet> {
        self.base.external(name)
    }

    pub fn base(&self) -> &Base {
        &self.base
    }
}

/// Name and text of each JSON file of a folder, by name; none where there is no folder.
fn json_files(dir: &Path) -> Result<Vec<Text>, LoadError> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let read_error = |source| LoadError::Read { path: dir.to_path_buf(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(read_error)? {
        paths.push(entry.map_err(read_error)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let named = |path: PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        fs::read_to_string(&path).map(|text| (name, text)).map_err(|source| LoadError::Read { path, source })
    };
    paths.into_iter().map(named).collect()
}

pub(super) fn fault(file: &str, place: &str, problem: &str) -> Fault {
    Fault { file: file.into(), place: place.into(), problem: problem.into() }
}

pub(super) fn parse<T: DeserializeOwned>(name: &str, text: &str, faults: &mut Vec<Fault>) -> Option<T> {
    match serde_json::from_str(text) {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            faults.push(fault(name, &format!("line {}", error.line()), &error.to_string()));
            None
        }
    }
}

/// Which guide judges a transaction must be clear from its type and version.
fn one_guide_a_version(files: &[&(String, GuideFile)], faults: &mut Vec<Fault>) {
    for (n, (name, file)) in files.iter().enumerate() {
        for (_, other) in &files[..n] {
            for version in file.accept.iter().filter(|version| other.accept.contains(version)) {
                if file.st01 == other.st01 {
                    faults.push(fault(name, "accept", &format!("{version} is already taken by {}", other.id)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_guide_passes_the_audit_and_is_found_by_its_versions() {
        let guides = Guides::load(None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(guides.all().len(), GUIDES.len());
        for guide in guides.all() {
            for version in &guide.accept {
                assert_eq!(guides.find(&guide.st01, version).map(|g| &g.id), Some(&guide.id));
            }
        }
        assert!(guides.find("837", "004010X098A1").is_none());
        assert!(guides.st01_supported("835") && !guides.st01_supported("270"));
        assert!(guides.group_supported("HC", "005010X223A2") && !guides.group_supported("HP", "005010X223A2"));
        assert!(guides.external("states").is_some_and(|states| states.contains(b"NY") && !states.contains(b"XX")));
    }

    #[test]
    fn the_shipped_files_of_the_folder_are_those_in_the_binary() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let mut names: Vec<String> = json_files(&folder).unwrap().into_iter().map(|(name, _)| name).collect();
        let mut shipped: Vec<String> = GUIDES.iter().map(|(name, _)| name.to_string()).collect();
        names.sort();
        shipped.sort();
        assert_eq!(names, shipped);
        assert_eq!(json_files(&folder.join("base")).unwrap().len(), BASE.len());
    }

    fn load_with(edit: impl Fn(&str) -> String) -> Result<Guides, LoadError> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mine.json"), edit(GUIDES[0].1)).unwrap();
        Guides::load(Some(dir.path()))
    }

    #[test]
    fn a_file_with_a_new_id_adds_a_guide_and_one_with_a_known_id_replaces_it() {
        let renamed = |text: &str| {
            let text = text.replace("\"id\":\"837P\"", "\"id\":\"837P-B\"");
            text.replacen("[\"005010X222A1\",\"005010X222\",\"005010X222A2\"]", "[\"006020X1\"]", 1).replacen(
                "\"version\":\"005010X222A1\"",
                "\"version\":\"006020X1\"",
                1,
            )
        };
        let guides = load_with(renamed).unwrap();
        assert_eq!(guides.find("837", "006020X1").unwrap().id, "837P-B");
        assert_eq!(guides.find("837", "005010X222A1").unwrap().id, "837P");
        let guides = load_with(|text| text.replacen("professional", "ours", 1)).unwrap();
        assert_eq!(guides.all().len(), GUIDES.len());
        assert!(guides.get("837P").unwrap().title.ends_with("ours"));
    }

    #[test]
    fn a_faulty_file_is_refused_with_every_fault_named() {
        for (from, to, expected) in [
            ("\"d\":\"1028\"", "\"d\":\"99999\"", "99999 is not among the data elements"),
            ("\"codes\":[\"B\"]", "\"codes\":[]", "codes are missing"),
            ("\"ext\":\"pos\"", "\"ext\":\"places\"", "there is no code list places"),
            ("\"min\":1,\"max\":38", "\"min\":9,\"max\":3", "lengths must be"),
            ("\"ref\":\"2300\"", "\"ref\":\"2301\"", "ref 2301 is not among the defs"),
            ("\"codes\":[\"431\"]", "\"codes\":[\"454\"]", "cannot be told from"),
            ("\"key\":\"DTP01\"", "\"key\":\"DTP03\"", "the key DTP03 has no codes"),
            ("\"use\":\"R\"", "\"use\":\"M\"", "use must be R or S"),
            ("\"syn\":[\"P0506\"]", "\"syn\":[\"P0599\"]", "is no syntax note"),
            ("\"pos\":1350", "\"pos\":1250", "pos goes back"),
            ("\"title\"", "\"titel\"", "unknown field `titel`"),
            ("\"gs01\":\"HC\"", "\"gs01\":\"\"", "must have 1 to 8 characters"),
        ] {
            let changed = load_with(|text| {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            });
            let message = changed.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.contains("mine.json: ") && message.contains(expected), "{to}: {message}");
        }
    }
}
