//! Payers' own edits, from their files to the check: compiled once for each reading of the partners' folder. What
//! does not compile is a fault of the file, so that neither a start nor a reload takes it.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::edits::PayerEdits;
use crate::edits::payer_edits::{PayersOwn, Written};
use crate::edits::weights::Severities;
use crate::partner::book::FurtherCheck;
use crate::partner::payer::PayerEdit;
use crate::partner::{Fault, PartnerName, Partners};
use crate::pipeline::severities;
use crate::x12::segment::text_of;

/// The edits of all payers of one reading that have any.
#[derive(Default)]
pub struct EditsOfPayers {
    by_payer: HashMap<PartnerName, PayerEdits>,
    severities: HashMap<PartnerName, Severities>,
}

impl EditsOfPayers {
    /// Those that compile, and what is wrong with the others.
    pub fn compile(partners: &Partners) -> (EditsOfPayers, Vec<Fault>) {
        let (mut all, mut faults) = (EditsOfPayers::default(), Vec::new());
        for payer in partners.payers().filter(|payer| !payer.edits.is_empty()) {
            let list: Vec<Written> = payer.edits.iter().map(written).collect();
            match PayerEdits::compile(&list) {
                Ok(edits) => drop(all.by_payer.insert(payer.id.clone(), edits)),
                Err(problems) => faults.extend(problems.into_iter().map(|problem| {
                    // Counted as the faults of the file's own keys are.
                    let key = format!("edit[{}].{}", problem.edit + 1, problem.key);
                    partners.fault(&payer.id, key, problem.text)
                })),
            }
        }
        for payer in partners.payers().filter(|payer| !payer.severities.is_empty()) {
            all.severities.insert(payer.id.clone(), severities::of(&payer.severities));
        }
        (all, faults)
    }

    /// What the file of the payer that a claim names says of the gateway's edits.
    pub fn severities_of(&self, partners: &Partners, payer_id: &[u8]) -> Option<&Severities> {
        if self.severities.is_empty() {
            return None;
        }
        self.severities.get(&partners.payer_for_id(&text_of(payer_id))?.id)
    }

    /// The edits of the payer that a claim names. `partners` is the reading they were compiled from.
    pub fn of(&self, partners: &Partners, payer_id: &[u8]) -> Option<&PayerEdits> {
        if self.by_payer.is_empty() {
            return None;
        }
        self.by_payer.get(&partners.payer_for_id(&text_of(payer_id))?.id)
    }
}

/// What the pipeline asks of partners' files beyond what they say by themselves: for every opening of a
/// `PartnerBook`.
pub fn further_checks() -> Vec<FurtherCheck> {
    vec![Box::new(|partners: &Partners| EditsOfPayers::compile(partners).1), Box::new(severities::faults)]
}

fn written(edit: &PayerEdit) -> Written {
    let PayerEdit { id, when, require, message, status, severity, applies } = edit;
    Written {
        edit: PayersOwn { id: id.to_string(), message: message.clone(), status: status.clone(), severity: *severity },
        when: when.clone(),
        require: require.clone(),
        applies: applies.clone(),
    }
}

/// The compiled edits of the reading that was asked for last.
#[derive(Default)]
pub struct CompiledEdits {
    last: ArcSwapOption<(Arc<Partners>, Arc<EditsOfPayers>)>,
}

impl CompiledEdits {
    /// Compiled now, unless this reading was asked for before.
    pub fn of(&self, partners: &Arc<Partners>) -> Arc<EditsOfPayers> {
        if let Some(last) = &*self.last.load()
            && Arc::ptr_eq(&last.0, partners)
        {
            return last.1.clone();
        }
        // What has faults was refused when the folder was read.
        let (edits, _) = EditsOfPayers::compile(partners);
        let edits = Arc::new(edits);
        self.last.store(Some(Arc::new((partners.clone(), edits.clone()))));
        edits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partner::{Config, PartnerBook};

    fn example() -> String {
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/partners/examples/bluestar.toml")).unwrap()
    }

    /// A folder with these payers, and what is wrong with their edits.
    fn compiled(files: &[(&str, String)]) -> (Partners, EditsOfPayers, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("partners")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(format!("partners/{name}.toml")), text).unwrap();
        }
        let config = Config::from_text(Some(&folder.path().join("gateway.toml")), "").unwrap();
        let partners = Partners::load(&config).unwrap();
        let (edits, faults) = EditsOfPayers::compile(&partners);
        let base = format!("{}/", config.base.display());
        let faults = faults.iter().map(|fault| fault.to_string().replace(&base, "")).collect();
        (partners, edits, faults)
    }

    #[test]
    fn the_shipped_example_compiles_and_is_found_by_any_of_its_payers_ids() {
        let (partners, edits, faults) = compiled(&[("bluestar", example())]);
        assert!(faults.is_empty(), "{faults:#?}");
        assert!(edits.of(&partners, b"BSTAR").is_some() && edits.of(&partners, b"60054").is_some());
        assert!(edits.of(&partners, b"NOBODY").is_none());
    }

    #[test]
    fn a_slip_is_a_fault_of_its_key_in_its_payers_file() {
        let other = example().replace("BLUESTAR", "OTHER").replace("\"BSTAR\", \"60054\"", "\"OTHER\"");
        let slip = other.replace("claim.prior_authorization", "claim.prior_autorization");
        let (partners, edits, faults) = compiled(&[("bluestar", example()), ("other", slip)]);
        let expected = "partners/other.toml: edit[1].require: claim has no field prior_autorization; did you mean \
                        prior_authorization?";
        assert_eq!(faults, [expected]);
        assert!(edits.of(&partners, b"BSTAR").is_some() && edits.of(&partners, b"OTHER").is_none());
    }

    #[test]
    fn a_slip_stops_a_start() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("partners")).unwrap();
        let payer = crate::pipeline::testing::hosted_payer("BLUESTAR", "BSTAR", crate::pipeline::testing::KEY);
        let edit = "[[edit]]\nid = \"own\"\nmessage = \"no\"\nstatus = \"A7:48\"\nrequire = \"claim.charge > '1'\"\n";
        std::fs::write(folder.path().join("partners/bluestar.toml"), payer + edit).unwrap();
        let config = Config::from_text(Some(&folder.path().join("gateway.toml")), "").unwrap();
        let faults = PartnerBook::open(&config, further_checks()).err().unwrap();
        assert_eq!((faults.len(), faults[0].key.as_str()), (1, "edit[1].require"));
    }

    #[test]
    fn one_reading_is_compiled_once() {
        let (partners, _, _) = compiled(&[("bluestar", example())]);
        let (partners, cache) = (Arc::new(partners), CompiledEdits::default());
        let first = cache.of(&partners);
        assert!(Arc::ptr_eq(&first, &cache.of(&partners)));
        assert!(!Arc::ptr_eq(&first, &cache.of(&Arc::new(Partners::default()))));
    }
}
