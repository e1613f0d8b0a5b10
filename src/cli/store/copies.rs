//! The files of a backup's folder. Nothing that the earlier manifest names is written over or taken away before the new
//! one is in place: what changed since gets a name of its own.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::manifest::Manifest;
use crate::cli::files::{FileFacts, changed_at, digest_of, save};
use crate::domain::ids::PayloadId;
use crate::store::payload::path_in;
use crate::store::{PayloadError, PayloadStore};

/// The parts of a backup's folder.
pub(super) const PAYLOADS: &str = "payloads";
pub(super) const KEYS: &str = "keys";
/// What old master keys are called, in `certs/` too.
const OLD_KEY: &str = "master.key.old";

/// A backup that is being made.
pub(super) struct Copies<'a> {
    pub folder: &'a Path,
    pub earlier: Option<&'a Manifest>,
    pub manifest: &'a mut Manifest,
    pub now: i64,
}

impl Copies<'_> {
    /// A payload changes only when its key is wrapped anew: then it is looked through before it takes the place of the
    /// earlier copy, which may be the last good one. It is copied, not linked: damage to one is not to be damage to the
    /// other.
    pub fn payload(&mut self, payloads: &PayloadStore, from: &Path, id: PayloadId) -> io::Result<()> {
        let mut file = File::open(path_in(from, id))?;
        let about = file.metadata()?;
        let changed = Some(changed_at(&about));
        let name = name_of(id);
        if let Some((before, stands)) = self.before(&name) {
            if stands && before.source_changed_at == changed && before.bytes == about.len() {
                self.keep(&name);
                return Ok(());
            }
            if let Err(error) = whole(payloads, id) {
                tracing::error!(error = &error as &dyn std::error::Error, "a payload is not copied as it is now");
                self.manifest.damaged.push(id.to_string());
                if stands {
                    self.keep(&name);
                    return Ok(());
                }
            }
        }
        self.save(name, &mut file, changed)
    }

    /// A payload that is not there any more although a row names it.
    pub fn missing(&mut self, id: PayloadId) {
        self.manifest.missing.push(id.to_string());
        self.keep(&name_of(id));
    }

    /// The master keys, present and earlier. Whoever has them and the payloads reads every file.
    pub fn keys(&mut self, certs: &Path) -> Result<()> {
        let mut digests = BTreeSet::new();
        let entries = fs::read_dir(certs).with_context(|| format!("{} cannot be read", certs.display()))?;
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with("master.key") {
                let failed = || format!("{name} cannot be copied");
                digests.insert(self.key(&certs.join(&name), format!("{KEYS}/{name}")).with_context(failed)?);
            }
        }
        if self.keeps_of_earlier() {
            self.keep_keys(&digests);
        }
        Ok(())
    }

    fn key(&mut self, source: &Path, name: String) -> io::Result<String> {
        let sha256 = digest_of(source)?.sha256;
        match self.before(&name) {
            Some((before, true)) if before.sha256 == sha256 => self.keep(&name),
            Some(_) | None => self.save(name, &mut File::open(source)?, None)?,
        }
        Ok(sha256)
    }

    /// Copies that are kept from the earlier backup may need keys that only it has.
    fn keep_keys(&mut self, present: &BTreeSet<String>) {
        let Some(earlier) = self.earlier else { return };
        let keys = earlier.files.iter().filter(|(name, _)| name.starts_with(KEYS));
        for (name, facts) in keys.filter(|(_, facts)| !present.contains(&facts.sha256)) {
            let kept = format!("{KEYS}/{OLD_KEY}-{}", facts.sha256.get(..16).unwrap_or_default());
            self.manifest.stands_as.insert(kept.clone(), earlier.place(name).to_string());
            self.manifest.files.insert(kept, facts.clone());
        }
    }

    /// With the ids of keys that only the earlier backup needed, if a copy of its is kept.
    pub fn name_keys(&mut self) {
        let Some(earlier) = self.earlier.filter(|_| self.keeps_of_earlier()) else { return };
        for id in &earlier.master_keys {
            if !self.manifest.master_keys.contains(id) {
                self.manifest.master_keys.push(id.clone());
            }
        }
    }

    fn keeps_of_earlier(&self) -> bool {
        !self.manifest.missing.is_empty() || !self.manifest.damaged.is_empty()
    }

    /// What the earlier backup says of a file, and whether one of that length stands there.
    fn before(&self, name: &str) -> Option<(&FileFacts, bool)> {
        let earlier = self.earlier?;
        let facts = earlier.files.get(name)?;
        let there = fs::metadata(self.folder.join(earlier.place(name)));
        Some((facts, there.is_ok_and(|there| there.len() == facts.bytes)))
    }

    fn keep(&mut self, name: &str) {
        let Some(earlier) = self.earlier else { return };
        let Some(facts) = earlier.files.get(name) else { return };
        if let Some(place) = earlier.stands_as.get(name) {
            self.manifest.stands_as.insert(name.to_string(), place.clone());
        }
        self.manifest.files.insert(name.to_string(), facts.clone());
    }

    fn save(&mut self, name: String, file: &mut File, changed: Option<i64>) -> io::Result<()> {
        let place = match self.before(&name) {
            Some(_) => format!("{name}.{}", self.now),
            None => name.clone(),
        };
        let facts = save(file, &self.folder.join(&place))?;
        if place != name {
            self.manifest.stands_as.insert(name.clone(), place);
        }
        self.manifest.files.insert(name, FileFacts { source_changed_at: changed, ..facts });
        Ok(())
    }
}

fn name_of(id: PayloadId) -> String {
    path_in(Path::new(PAYLOADS), id).display().to_string()
}

fn whole(payloads: &PayloadStore, id: PayloadId) -> Result<(), PayloadError> {
    payloads.open_stored(id, None)?.check()
}

/// What the manifest does not need: what only the earlier backup had, and what a run left that was cut short. A payload
/// that is lost at its source stays, whatever it is called here.
pub(super) fn remove_unnamed(folder: &Path, earlier: Option<&Manifest>, manifest: &Manifest) {
    let places = |manifest: &Manifest| -> BTreeSet<PathBuf> {
        manifest.files.keys().map(|name| folder.join(manifest.place(name))).collect()
    };
    let mut unnamed = earlier.map(places).unwrap_or_default();
    unnamed.extend(files_in(folder).filter(|path| is_left_over(path) || is_database(path)));
    unnamed.extend(files_in(&folder.join(KEYS)).filter(|path| is_left_over(path)));
    let lost: BTreeSet<&str> = manifest.missing.iter().chain(&manifest.damaged).map(String::as_str).collect();
    for below in entries(&folder.join(PAYLOADS)).filter(|path| path.is_dir()) {
        let is_lost = |path: &PathBuf| lost.contains(name_in(path).split('.').next().unwrap_or_default());
        unnamed.extend(files_in(&below).filter(|path| is_left_over(path) || !is_lost(path)));
    }
    for path in unnamed.difference(&places(manifest)) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("{} is needed by no backup and is left over: {error}", path.display());
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// Not whole, or whole under a name that only a manifest explains.
fn is_left_over(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    end == "unfinished" || (!end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit()))
}

/// With what SQLite leaves beside one that it was writing.
fn is_database(path: &Path) -> bool {
    name_in(path).starts_with("claimgate-") && name_in(path).contains(".db")
}

fn name_in(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    entries(folder).filter(|path| path.is_file())
}

/// None where there is no such folder.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}
