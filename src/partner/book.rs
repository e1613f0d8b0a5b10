//! All partners at once: read from their folder, found by name, envelope or payer id, and read again while the
//! gateway runs. A folder with a fault in any file changes nothing.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::config::{Config, DEFAULT_PARTNERS};
use super::door::{self, Section};
use super::fault::Fault;
use super::files;
use super::names::{InterchangeId, PartnerName, payer_key};
use super::payer::Payer;
use super::submitter::Submitter;
use super::words::words;

/// Every partner of one reading of the folder, active or not: who is asked for by name should hear why it does
/// not work, so whoever acts for a partner looks at `active` itself.
#[derive(Debug, Default)]
pub struct Partners {
    submitters: BTreeMap<PartnerName, Submitter>,
    payers: BTreeMap<PartnerName, Payer>,
    /// By [`payer_key`].
    by_payer_id: HashMap<String, PartnerName>,
    /// By qualifier and id.
    by_interchange: HashMap<(String, String), PartnerName>,
    /// The file of each, as faults name it.
    files: BTreeMap<PartnerName, String>,
}

#[derive(Clone, Copy, Debug)]
pub enum Partner<'a> {
    Submitter(&'a Submitter),
    Payer(&'a Payer),
}

words! {
    PartnerKind {
        Submitter = "submitter",
        Payer = "payer",
    }
}

impl<'a> Partner<'a> {
    pub fn id(self) -> &'a PartnerName {
        match self {
            Partner::Submitter(submitter) => &submitter.id,
            Partner::Payer(payer) => &payer.id,
        }
    }

    pub fn active(self) -> bool {
        match self {
            Partner::Submitter(submitter) => submitter.active,
            Partner::Payer(payer) => payer.active,
        }
    }

    pub fn interchange(self) -> &'a InterchangeId {
        match self {
            Partner::Submitter(submitter) => &submitter.interchange,
            Partner::Payer(payer) => &payer.interchange,
        }
    }
}

impl Partners {
    /// Reads every `*.toml` of the partners' folder; sub-folders and other files are none of ours. Whether the files
    /// that partners name (keys, certificates) are there is [`files::check`]'s question.
    pub fn load(config: &Config) -> Result<Partners, Vec<Fault>> {
        let mut partners = Partners::default();
        let mut faults = Vec::new();
        for path in partner_files(config)? {
            match read_partner(&path, &config.base) {
                Ok(read) => partners.add(read, &path, config, &mut faults),
                Err(of_this_file) => faults.extend(of_this_file),
            }
        }
        if faults.is_empty() { Ok(partners) } else { Err(faults) }
    }

    pub fn submitter(&self, name: &str) -> Option<&Submitter> {
        self.submitters.get(name)
    }

    pub fn payer(&self, name: &str) -> Option<&Payer> {
        self.payers.get(name)
    }

    pub fn partner(&self, name: &str) -> Option<Partner<'_>> {
        self.submitter(name).map(Partner::Submitter).or_else(|| self.payer(name).map(Partner::Payer))
    }

    /// Whose envelope it is. Takes ISA elements as they stand in the file, with their padding.
    pub fn by_interchange(&self, qualifier: &str, id: &str) -> Option<Partner<'_>> {
        let key = (qualifier.trim_end().to_string(), id.trim_end().to_string());
        self.by_interchange.get(&key).and_then(|name| self.partner(name.as_str()))
    }

    /// The payer that a claim names in 2010BB NM109, by any of its ids, in either case.
    pub fn payer_for_id(&self, payer_id: &str) -> Option<&Payer> {
        self.by_payer_id.get(&payer_key(payer_id)).and_then(|name| self.payers.get(name))
    }

    /// In the order of their names.
    pub fn submitters(&self) -> impl Iterator<Item = &Submitter> {
        self.submitters.values()
    }

    /// In the order of their names.
    pub fn payers(&self) -> impl Iterator<Item = &Payer> {
        self.payers.values()
    }

    /// Submitters, then payers.
    pub fn all(&self) -> impl Iterator<Item = Partner<'_>> {
        self.submitters().map(Partner::Submitter).chain(self.payers().map(Partner::Payer))
    }

    /// A fault that another room found in a partner's file, as in a condition that does not compile.
    pub fn fault(&self, partner: &PartnerName, key: impl Into<String>, problem: impl Into<String>) -> Fault {
        Fault::of_key(self.file_of(partner), key, problem)
    }

    fn add(&mut self, read: OwnedPartner, path: &Path, config: &Config, faults: &mut Vec<Fault>) {
        let (name, interchange) = {
            let partner = read.as_partner();
            (partner.id().clone(), partner.interchange().clone())
        };
        self.files.insert(name.clone(), path.display().to_string());
        if interchange == config.gateway.interchange {
            faults.push(self.fault(&name, "interchange.id", format!("{interchange} is the gateway's own id")));
        }
        let key = (interchange.qualifier.to_string(), interchange.id.to_string());
        match self.by_interchange.get(&key) {
            Some(other) => faults.push(self.fault(
                &name,
                "interchange.id",
                format!("{interchange} is already {}'s; an envelope must say whose it is", self.file_of(other)),
            )),
            None => drop(self.by_interchange.insert(key, name.clone())),
        }
        match read {
            OwnedPartner::Submitter(submitter) => drop(self.submitters.insert(name, submitter)),
            OwnedPartner::Payer(payer) => self.add_payer(*payer, faults),
        }
    }

    fn add_payer(&mut self, payer: Payer, faults: &mut Vec<Fault>) {
        for id in &payer.payer_ids {
            match self.by_payer_id.get(&id.key()) {
                Some(other) => faults.push(self.fault(
                    &payer.id,
                    "payer_ids",
                    format!("\"{id}\" is already in {}; a claim must have one payer", self.file_of(other)),
                )),
                None => drop(self.by_payer_id.insert(id.key(), payer.id.clone())),
            }
        }
        self.payers.insert(payer.id.clone(), payer);
    }

    /// The partner's file, as faults name it.
    pub fn file_of<'a>(&'a self, partner: &'a PartnerName) -> &'a str {
        self.files.get(partner).map_or(partner.as_str(), String::as_str)
    }
}

enum OwnedPartner {
    Submitter(Submitter),
    Payer(Box<Payer>),
}

impl OwnedPartner {
    fn as_partner(&self) -> Partner<'_> {
        match self {
            OwnedPartner::Submitter(submitter) => Partner::Submitter(submitter),
            OwnedPartner::Payer(payer) => Partner::Payer(payer),
        }
    }
}

/// Sorted, so that faults come in one order.
fn partner_files(config: &Config) -> Result<Vec<PathBuf>, Vec<Fault>> {
    let folder = &config.paths.partners;
    let unreadable = |error: io::Error| {
        vec![Fault::of_file(folder.display(), format!("the partners' folder cannot be read: {error}"))]
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound && *folder == config.base.join(DEFAULT_PARTNERS) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|extension| extension == "toml") && !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_partner(path: &Path, base: &Path) -> Result<OwnedPartner, Vec<Fault>> {
    let file = path.display().to_string();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let name: PartnerName =
        stem.parse().map_err(|problem| vec![Fault::of_file(&file, format!("rename the file: {problem}"))])?;
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![Fault::of_file(&file, format!("cannot be read: {error}"))])?;
    door::read(&file, &text, |root| partner_from(name, base, root))
}

fn partner_from(name: PartnerName, base: &Path, root: &Section<'_>) -> Option<OwnedPartner> {
    let named: Option<PartnerKind> = root.required("kind", "\"submitter\" or \"payer\"");
    // A wrong kind is guessed from the other keys, so that their faults are told at the same time.
    let looks_like_a_payer = root.has_unasked("payer_ids") || root.has_unasked("endpoint");
    let guessed = if looks_like_a_payer { PartnerKind::Payer } else { PartnerKind::Submitter };
    let partner = match named.unwrap_or(guessed) {
        PartnerKind::Submitter => Submitter::read(name, root).map(OwnedPartner::Submitter),
        PartnerKind::Payer => Payer::read(name, base, root).map(|payer| OwnedPartner::Payer(Box::new(payer))),
    };
    named.and(partner)
}

/// A look at partners' files that belongs to another room, as compiling payers' edits. It runs at the start and at
/// each reload, and its faults stop either.
pub type FurtherCheck = Box<dyn Fn(&Partners) -> Vec<Fault> + Send + Sync>;

/// The partners as the gateway knows them now.
pub struct PartnerBook {
    config: Config,
    further_checks: Vec<FurtherCheck>,
    current: ArcSwap<Partners>,
}

impl PartnerBook {
    /// What start-up does, and `claimgate partner check` with it: reads the folder, looks whether the files that
    /// partners name can be read, then runs the further checks.
    pub fn open(config: &Config, further_checks: Vec<FurtherCheck>) -> Result<PartnerBook, Vec<Fault>> {
        let partners = load_and_check(config, &further_checks)?;
        Ok(PartnerBook { config: config.clone(), further_checks, current: ArcSwap::from_pointee(partners) })
    }

    /// Hold on to it for one piece of work, not longer: a reload does not change what is held.
    pub fn current(&self) -> Arc<Partners> {
        self.current.load_full()
    }

    /// All or nothing: with any fault the partners stay as they were.
    pub fn reload(&self) -> Result<(), Vec<Fault>> {
        let partners = load_and_check(&self.config, &self.further_checks)?;
        self.current.store(Arc::new(partners));
        Ok(())
    }
}

fn load_and_check(config: &Config, further_checks: &[FurtherCheck]) -> Result<Partners, Vec<Fault>> {
    let partners = Partners::load(config)?;
    let mut faults = files::check(&partners);
    faults.extend(further_checks.iter().flat_map(|check| check(&partners)));
    if faults.is_empty() { Ok(partners) } else { Err(faults) }
}
