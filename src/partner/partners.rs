//! All partners of one reading of their folder, found by name, envelope or payer id.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use super::config::{Config, DEFAULT_PARTNERS};
use super::door::{self, Section};
use super::fault::Fault;
use super::names::{InterchangeId, PartnerName, payer_key};
use super::payer::Payer;
use super::submitter::Submitter;
use super::words::words;
use crate::domain::ClaimKind;

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

    pub fn kind(self) -> PartnerKind {
        match self {
            Partner::Submitter(_) => PartnerKind::Submitter,
            Partner::Payer(_) => PartnerKind::Payer,
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
    /// that partners name (keys, certificates) are there is [`super::files::check`]'s question.
    pub fn load(config: &Config) -> Result<Partners, Vec<Fault>> {
        let (partners, faults) = Partners::load_sound(config);
        if faults.is_empty() { Ok(partners) } else { Err(faults) }
    }

    /// The partners whose files are sound, and what is wrong with the others: for looking further, never for work.
    pub(super) fn load_sound(config: &Config) -> (Partners, Vec<Fault>) {
        let mut partners = Partners::default();
        let paths = match partner_files(config) {
            Ok(paths) => paths,
            Err(of_the_folder) => return (partners, of_the_folder),
        };
        let mut faults = Vec::new();
        for path in paths {
            match read_partner(&path, &config.base) {
                Ok(read) => partners.add(read, &path, config, &mut faults),
                Err(of_this_file) => faults.extend(of_this_file),
            }
        }
        (partners, faults)
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

    /// The payer of this id, if it takes such claims now.
    pub fn taker(&self, payer_id: &str, kind: ClaimKind) -> Option<&Payer> {
        self.payer_for_id(payer_id).filter(|payer| payer.active && payer.accepts.contains(&kind))
    }

    /// Those whose files say that nothing of theirs is to be removed.
    pub fn on_legal_hold(&self) -> Vec<String> {
        let submitters = self.submitters.values().filter(|one| one.legal_hold).map(|one| one.id.to_string());
        let payers = self.payers.values().filter(|one| one.legal_hold).map(|one| one.id.to_string());
        submitters.chain(payers).collect()
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
            OwnedPartner::Submitter(submitter) => drop(self.submitters.insert(name, *submitter)),
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
    Submitter(Box<Submitter>),
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
        PartnerKind::Submitter => {
            Submitter::read(name, base, root).map(|submitter| OwnedPartner::Submitter(Box::new(submitter)))
        }
        PartnerKind::Payer => Payer::read(name, base, root).map(|payer| OwnedPartner::Payer(Box::new(payer))),
    };
    named.and(partner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ClaimKind, Severity};
    use crate::partner::payer::Expected;
    use crate::partner::samples::{example, folder, told};
    use crate::partner::schedule::Release;

    const EXAMPLES: [&str; 4] = ["acme", "bluestar", "northwind", "redriver"];

    /// Faults without the folder in front.
    fn faults(files: &[(&str, String)]) -> Vec<String> {
        let (_kept, config) = folder(files);
        told(&config, Partners::load(&config).unwrap_err())
    }

    #[test]
    fn every_shipped_file_loads() {
        let files = EXAMPLES.map(|name| (format!("{name}.toml"), example(name)));
        let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
        let (_kept, config) = folder(&files);
        let partners = Partners::load(&config).unwrap();
        let shipped = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("partners/examples")).unwrap();
        assert_eq!(partners.all().count(), shipped.count());
        let bluestar = partners.payer("bluestar").unwrap();
        assert_eq!(bluestar.batch.release, "every 5m".parse::<Release>().unwrap());
        assert_eq!(bluestar.edits[0].applies, ClaimKind::ALL);
        assert_eq!(bluestar.sent_id().as_str(), "BSTAR");
        let northwind = partners.payer("northwind").unwrap();
        assert_eq!(northwind.edits[0].severity, Severity::Warning);
        assert_eq!(northwind.expect.remit_835, Expected::Said(None));
        assert_eq!(northwind.expect.ta1.within(None), None);
        assert!(!partners.payer("redriver").unwrap().active);
    }

    #[test]
    fn only_the_default_folder_may_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        let load = |text| Partners::load(&Config::from_text(Some(&path), text).unwrap());
        assert_eq!(load("").unwrap().all().count(), 0);
        let faults = load("[paths]\npartners = \"partnres\"").unwrap_err();
        assert!(faults[0].to_string().contains("partnres: the partners' folder cannot be read"), "{faults:?}");
    }

    #[test]
    fn partners_are_found_by_envelope_and_payer_id_as_files_write_them() {
        let (_kept, config) = folder(&[("acme.toml", example("acme")), ("bluestar.toml", example("bluestar"))]);
        let partners = Partners::load(&config).unwrap();
        assert_eq!(partners.by_interchange("ZZ", "ACMEBILL       ").unwrap().id().as_str(), "acme");
        assert!(partners.by_interchange("30", "ACMEBILL").is_none());
        for id in ["BSTAR", " bstar ", "60054"] {
            assert_eq!(partners.payer_for_id(id).unwrap().id.as_str(), "bluestar", "{id}");
        }
        assert!(partners.payer_for_id("BSTAR2").is_none());
        assert!(partners.submitter("bluestar").is_none());
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        let found = faults(&[("acme.toml", example("acme").replace("qualifier = ", "qualifer = "))]);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(found[0], "partners/acme.toml: interchange.qualifier: missing; write it like qualifier = \"ZZ\"");
        assert!(found[1].contains("interchange.qualifer: no such key; did you mean qualifier?"), "{}", found[1]);
    }

    #[test]
    fn all_faults_of_all_files_come_at_once() {
        let acme = example("acme").replace("npis = []", "npis = [\"1234567890\"]").replace("120/min", "lots");
        let bluestar = example("bluestar")
            .replace("\"sftp\"", "\"ftp\"")
            .replace("{batch}", "x")
            .replace("A7:48", "A1:19")
            .replace("max_claims = 5000", "max_claims = 9000")
            .replace("max = \"30m\"", "max = \"1s\"");
        let found = faults(&[("acme.toml", acme), ("bluestar.toml", bluestar), ("Not OK.toml", String::new())]);
        let keys: Vec<&str> = found.iter().map(|fault| fault.split(": ").nth(1).unwrap()).collect();
        let expected = [
            "rename the file",
            "identity.npis",
            "limits.submissions",
            "batch.max_claims",
            "endpoint.type",
            "endpoint.file_name",
            "retry.max",
            "edit[1].status",
        ];
        assert_eq!(keys, expected, "{found:#?}");
    }

    #[test]
    fn a_wrong_kind_hides_no_other_fault() {
        let found = faults(&[(
            "bluestar.toml",
            example("bluestar").replace("kind = \"payer\"", "kind = \"payor\"").replace("\"1h\"", "\"1 h\""),
        )]);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains("did you mean payer?") && found[1].contains("expect.ta1"), "{found:#?}");
    }

    #[test]
    fn an_edit_that_rejects_needs_a_status_and_its_own_id() {
        let bluestar = example("bluestar");
        let found = faults(&[("bluestar.toml", bluestar.replace("status = \"A7:48\"", ""))]);
        assert!(found[0].contains("edit[1].status: missing"), "{found:#?}");
        let (_, edit) = bluestar.split_once("[[edit]]").unwrap();
        let found = faults(&[("bluestar.toml", format!("{bluestar}\n[[edit]]{edit}"))]);
        assert!(found[0].contains("two edits with the id \"bstar-prior-auth\""), "{found:#?}");
    }

    #[test]
    fn two_payers_with_the_same_id_are_refused() {
        let twin = example("bluestar").replace("BLUESTAR", "BLUEMOON").replace("\"BSTAR\", ", "\"BMOON\", \"bstar\", ");
        let found = faults(&[("bluestar.toml", example("bluestar")), ("moon.toml", twin)]);
        assert_eq!(
            found,
            [
                "partners/moon.toml: payer_ids: \"bstar\" is already in partners/bluestar.toml; a claim must have one payer",
                "partners/moon.toml: payer_ids: \"60054\" is already in partners/bluestar.toml; a claim must have one payer",
            ]
        );
    }

    #[test]
    fn an_envelope_says_whose_it_is() {
        let own = example("acme").replace("ACMEBILL", "CLAIMGATE");
        let found = faults(&[("acme.toml", example("acme")), ("bacme.toml", example("acme")), ("own.toml", own)]);
        assert_eq!(
            found,
            [
                "partners/bacme.toml: interchange.id: ZZ:ACMEBILL is already partners/acme.toml's; an envelope must say whose it is",
                "partners/own.toml: interchange.id: ZZ:CLAIMGATE is the gateway's own id",
            ]
        );
    }
}
