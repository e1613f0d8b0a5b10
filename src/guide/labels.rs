//! What codes mean, in this project's own short words: for people who read a file, never for judging one.
//! Those in the binary, then those an operator put into `schemas/labels/`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

const SHIPPED: &str = include_str!("../../schemas/labels/labels.json");

#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error("the labels in {} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}; it must have the form of the labels that claimgate ships", path.display())]
    Form { path: PathBuf, source: serde_json::Error },
}

/// Labels by list and code, names of segments, and which elements hold money.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// By the name of an outside code list (`pos`), a data element number (`1032`) or an element (`CLM05-01`).
    #[serde(default)]
    lists: Quick<Quick<String>>,
    /// Segments by id, where no guide names them.
    #[serde(default)]
    segments: HashMap<String, String>,
    /// Data element numbers whose codes are those of another list.
    #[serde(default)]
    same: Quick<String>,
    /// Data element numbers whose list depends on what the element before holds: `{"1271": {"HE": "remark_code"}}`.
    #[serde(default)]
    after: Quick<HashMap<String, String>>,
    /// Data element numbers.
    #[serde(default)]
    money: HashSet<String, BuildHasherDefault<ShortKeys>>,
}

/// A map whose keys the operator wrote, looked up several times an element.
type Quick<V> = HashMap<String, V, BuildHasherDefault<ShortKeys>>;

/// Multiplies and rotates; nobody can choose the keys so that they collide, as they are not the file's.
#[derive(Clone, Copy, Debug, Default)]
struct ShortKeys(u64);

impl Hasher for ShortKeys {
    fn write(&mut self, bytes: &[u8]) {
        const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

impl Labels {
    /// The built-in labels, then every `labels/*.json` of `schemas`, by name: what they say replaces or adds.
    pub fn load(schemas: Option<&Path>) -> Result<Labels, LabelsError> {
        let mut labels: Labels = serde_json::from_str(SHIPPED).expect("a test reads the labels in the binary");
        let Some(folder) = schemas.map(|dir| dir.join("labels")).filter(|dir| dir.is_dir()) else {
            return Ok(labels);
        };
        let read_error = |source| LabelsError::Read { path: folder.clone(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(&folder).map_err(read_error)? {
            paths.push(entry.map_err(read_error)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|source| LabelsError::Read { path: path.clone(), source })?;
            labels.add(serde_json::from_str(&text).map_err(|source| LabelsError::Form { path, source })?);
        }
        Ok(labels)
    }

    fn add(&mut self, more: Labels) {
        for (list, codes) in more.lists {
            self.lists.entry(list).or_default().extend(codes);
        }
        self.segments.extend(more.segments);
        self.same.extend(more.same);
        for (list, befores) in more.after {
            self.after.entry(list).or_default().extend(befores);
        }
        self.money.extend(more.money);
    }

    /// What `code` means in the list of that name.
    pub fn meaning(&self, list: &str, code: &str) -> Option<&str> {
        let list = self.same.get(list).map_or(list, String::as_str);
        self.lists.get(list)?.get(code).map(String::as_str)
    }

    /// What `code` means where the element before it holds `before`.
    pub fn meaning_after(&self, list: &str, before: &[u8], code: &str) -> Option<&str> {
        let list = self.after.get(list)?.get(std::str::from_utf8(before).ok()?)?;
        self.meaning(list, code)
    }

    pub fn segment(&self, id: &str) -> Option<&str> {
        self.segments.get(id).map(String::as_str)
    }

    /// Whether a data element holds an amount of money.
    pub fn is_money(&self, number: &str) -> bool {
        self.money.contains(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guides;

    #[test]
    fn an_operators_labels_replace_and_add() {
        let schemas = tempfile::tempdir().unwrap();
        fs::create_dir(schemas.path().join("labels")).unwrap();
        let file = schemas.path().join("labels/ours.json");
        fs::write(&file, r#"{"lists":{"pos":{"11":"our practice"},"ours":{"1":"one"}}}"#).unwrap();
        let labels = Labels::load(Some(schemas.path())).unwrap();
        assert_eq!(labels.meaning("pos", "11"), Some("our practice"));
        assert_eq!(labels.meaning("ours", "1"), Some("one"));
        assert!(labels.meaning("pos", "21").is_some());
        fs::write(&file, r#"{"list":{}}"#).unwrap();
        let error = Labels::load(Some(schemas.path())).unwrap_err().to_string();
        assert!(error.contains("ours.json") && error.contains("list"), "{error}");
    }

    #[test]
    fn every_shipped_label_belongs_to_a_code_that_may_stand_there() {
        let labels = Labels::load(None).unwrap();
        let guides = Guides::load(None).unwrap();
        let base = guides.base();
        for (list, codes) in &labels.lists {
            let named = base.external(list).is_some();
            assert!(named || base.element(list).is_some() || list.contains('-'), "{list} is no list");
            for (code, label) in codes {
                assert!(!label.is_empty() && label.len() <= 60 && label.trim() == label, "{list} {code}: {label}");
                assert!(!named || base.external(list).unwrap().contains(code.as_bytes()), "{list} has no {code}");
            }
        }
    }

    #[test]
    fn most_codes_the_guides_list_have_a_label() {
        let labels = Labels::load(None).unwrap();
        let guides = Guides::load(None).unwrap();
        let (mut known, mut all) = (0, 0);
        for guide in guides.all() {
            for element in &guide.elements {
                let number = &guide.text(element).number;
                for code in guide.codes(element).into_iter().flat_map(|codes| codes.iter().collect::<Vec<_>>()) {
                    all += 1;
                    known += usize::from(labels.meaning(number, &code).is_some());
                }
            }
        }
        assert!(known * 100 >= all * 90, "{known} of {all} codes have a label");
    }
}
