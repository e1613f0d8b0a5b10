//! Folders of partners for the tests of this room, made from the shipped examples.

use std::path::Path;

use super::config::Config;
use super::fault::Fault;

pub fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("partners/examples");
    std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap()
}

/// A folder with these partners, and a gateway whose configuration stands beside it.
pub fn folder(files: &[(&str, String)]) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("partners")).unwrap();
    let config = Config::from_text(Some(&folder.path().join("gateway.toml")), "").unwrap();
    write(&config, files);
    (folder, config)
}

pub fn write(config: &Config, files: &[(&str, String)]) {
    for (name, text) in files {
        std::fs::write(config.paths.partners.join(name), text).unwrap();
    }
}

/// Faults as people see them, without the folder in front.
pub fn told(config: &Config, faults: Vec<Fault>) -> Vec<String> {
    let folder = format!("{}/", config.base.display());
    faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
}
