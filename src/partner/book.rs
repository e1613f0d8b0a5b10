//! The partners as the gateway knows them now, and how they are read again while it runs. A folder with a fault
//! in any file changes nothing.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::config::Config;
use super::fault::Fault;
use super::files;
pub use super::partners::{Partner, PartnerKind, Partners};

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
    let (partners, mut faults) = Partners::load_sound(config);
    faults.extend(files::check(&partners));
    faults.extend(files::check_config(config));
    faults.extend(further_checks.iter().flat_map(|check| check(&partners)));
    if faults.is_empty() { Ok(partners) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::partner::samples::{example, folder, told, write};

    #[test]
    fn a_fresh_checkout_starts_without_partners() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("gateway.toml");
        let config = Config::load(Some(&checkout)).unwrap();
        let book = PartnerBook::open(&config, Vec::new()).unwrap();
        assert_eq!(book.current().all().count(), 0);
    }

    #[test]
    fn a_key_file_that_is_missing_or_no_key_stops_the_start() {
        let (_kept, config) =
            folder(&[("bluestar.toml", example("bluestar")), ("northwind.toml", example("northwind"))]);
        let found = told(&config, PartnerBook::open(&config, Vec::new()).err().unwrap());
        let keys: Vec<&str> = found.iter().map(|fault| fault.split(": ").nth(1).unwrap()).collect();
        let expected = [
            "endpoint.private_key",
            "endpoint.client_certificate",
            "endpoint.client_key",
            "endpoint.ca",
            "endpoint.token",
        ];
        assert_eq!(keys, expected, "{found:#?}");
        assert!(found.iter().all(|fault| fault.contains("cannot be read")), "{found:#?}");
        write(&config, &[("northwind.toml", "kind = 3".to_string())]);
        std::fs::create_dir(config.base.join("certs")).unwrap();
        std::fs::write(config.base.join("certs/bluestar_ed25519"), "no key").unwrap();
        let found = told(&config, PartnerBook::open(&config, Vec::new()).err().unwrap());
        assert!(found[0].contains("northwind.toml: name: missing"), "{found:#?}");
        assert!(found.last().unwrap().contains("bluestar_ed25519 is no SSH private key"), "{found:#?}");
    }

    #[test]
    fn a_reload_takes_all_files_or_none() {
        let (_kept, config) = folder(&[("acme.toml", example("acme"))]);
        let refuse_zed: FurtherCheck = Box::new(|partners: &Partners| {
            partners.submitter("zed").map(|zed| partners.fault(&zed.id, "name", "is not wanted")).into_iter().collect()
        });
        let book = PartnerBook::open(&config, vec![refuse_zed]).unwrap();
        let held = book.current();
        write(&config, &[("other.toml", example("acme").replace("ACMEBILL", "OTHER"))]);
        book.reload().unwrap();
        assert_eq!((held.all().count(), book.current().all().count()), (1, 2));

        write(
            &config,
            &[("acme.toml", example("acme").replace("Acme", "New")), ("other.toml", "kind = 3".to_string())],
        );
        assert!(book.reload().is_err());
        assert_eq!(book.current().submitter("acme").unwrap().name, "Acme Billing");

        write(&config, &[("other.toml", example("acme").replace("ACMEBILL", "OTHER"))]);
        write(&config, &[("zed.toml", example("acme").replace("ACMEBILL", "ZED"))]);
        let found = told(&config, book.reload().unwrap_err());
        assert_eq!(found, ["partners/zed.toml: name: is not wanted"]);
        assert!(book.current().submitter("zed").is_none());
    }
}
