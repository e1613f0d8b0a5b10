//! `manifest.json` of a backup: what is in it, with the digest of each file. It is written last and put in place at
//! once, so a folder without one is no backup, and one with an earlier manifest is that earlier backup.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::cli::files::{FileFacts, digest_of, is_inside, write_durably};
use crate::store::backup::StoreCounts;

pub const FILE: &str = "manifest.json";
/// Of the layout of a backup; raised when an earlier program could not restore it.
const FORMAT: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The program that made it, as `claimgate 0.1.0`.
    pub made_by: String,
    /// The moment that the database is of, RFC 3339.
    pub taken_at: String,
    /// The id of the master key that was in use; the key itself is in `keys/`, or is not in the backup.
    pub master_key: String,
    /// It and the earlier ones that were still there: a payload may need any of them.
    #[serde(default)]
    pub master_keys: Vec<String>,
    /// The database's file; `None`: the payloads only.
    pub database: Option<String>,
    /// Where payloads stand that are not in the backup: a bucket.
    pub payloads_elsewhere: Option<String>,
    pub counts: StoreCounts,
    /// Payloads that rows name and that were not there to be copied.
    pub missing: Vec<String>,
    /// Payloads that were damaged where they stand; of these and of missing ones the earlier copy is kept, if there is one.
    #[serde(default)]
    pub damaged: Vec<String>,
    /// By name in the backup's folder.
    pub files: BTreeMap<String, FileFacts>,
    /// Files that stand under another name, because the earlier backup had one of theirs that was not the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stands_as: BTreeMap<String, String>,
}

impl Manifest {
    pub fn new(taken_at: String, master_keys: Vec<String>) -> Manifest {
        Manifest {
            format: FORMAT,
            made_by: concat!("claimgate ", env!("CARGO_PKG_VERSION")).to_string(),
            taken_at,
            master_key: master_keys.first().cloned().unwrap_or_default(),
            master_keys,
            database: None,
            payloads_elsewhere: None,
            counts: StoreCounts::default(),
            missing: Vec::new(),
            damaged: Vec::new(),
            files: BTreeMap::new(),
            stands_as: BTreeMap::new(),
        }
    }

    pub fn read(folder: &Path) -> Result<Option<Manifest>> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context(format!("{} cannot be read", path.display())),
        };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
        if manifest.format != FORMAT {
            bail!("{} is of a later claimgate: {}", path.display(), manifest.made_by);
        }
        for name in manifest.files.keys().chain(&manifest.database).chain(manifest.stands_as.values()) {
            if !is_inside(name) {
                bail!("{} is damaged: it names a file outside of the backup", path.display());
            }
        }
        Ok(Some(manifest))
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self)?;
        write_durably(&folder.join(FILE), &bytes).with_context(|| format!("{FILE} cannot be written"))
    }

    /// Where a file stands in the backup's folder.
    pub fn place<'a>(&'a self, name: &'a str) -> &'a str {
        self.stands_as.get(name).map_or(name, String::as_str)
    }

    /// What is wrong with the backup's files, a sentence each.
    pub fn faults(&self, folder: &Path) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, facts) in &self.files {
            let name = self.place(name);
            match digest_of(&folder.join(name)) {
                Ok(found) if found.sha256 == facts.sha256 && found.bytes == facts.bytes => {}
                Ok(_) => faults.push(format!("{name} is damaged: it is not what was backed up")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => faults.push(format!("{name} is missing")),
                Err(error) => faults.push(format!("{name} cannot be read: {error}")),
            }
        }
        if let Some(name) = self.database.as_ref().filter(|name| !self.files.contains_key(*name)) {
            faults.push(format!("{name} has no digest"));
        }
        faults
    }

    /// Files below a folder of the backup: the name within it, and where it is.
    pub fn below<'a>(&'a self, part: &'a str, folder: &'a Path) -> impl Iterator<Item = (&'a str, PathBuf)> {
        self.files.keys().filter_map(move |name| {
            let within = name.strip_prefix(part)?.strip_prefix('/')?;
            Some((within, folder.join(self.place(name))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_out_of_the_backup_is_refused() {
        for (name, sound) in
            [("claimgate.db", true), ("payloads/AB/X", true), ("../x", false), ("/etc/passwd", false), ("", false)]
        {
            let folder = tempfile::tempdir().unwrap();
            let mut manifest = Manifest::new("now".to_string(), vec!["key".to_string()]);
            manifest.files.insert(name.to_string(), FileFacts::default());
            manifest.write(folder.path()).unwrap();
            assert_eq!(Manifest::read(folder.path()).is_ok(), sound, "{name}");
            let mut manifest = Manifest::new("now".to_string(), Vec::new());
            manifest.stands_as.insert("payloads/AB/X".to_string(), name.to_string());
            manifest.write(folder.path()).unwrap();
            assert_eq!(Manifest::read(folder.path()).is_ok(), sound, "{name}");
        }
    }
}
