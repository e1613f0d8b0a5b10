//! Billing companies: their partner files and SSH keys.

use std::path::PathBuf;

use super::World;
use super::run::ssh_key;

impl World {
    /// A submitter that may log in with the key `NAME_ed25519`, whose path is returned.
    pub fn submitter(&self, name: &str, interchange_id: &str) -> PathBuf {
        let private = self.path(&format!("{name}_ed25519"));
        let public = ssh_key(&private);
        self.write(&format!("partners/{name}.toml"), &submitter_file(name, interchange_id, &public));
        private
    }
}

pub fn submitter_file(name: &str, interchange_id: &str, public_key: &str) -> String {
    format!(
        "kind = \"submitter\"\nname = \"{name} Billing\"\n\
         [interchange]\nqualifier = \"ZZ\"\nid = \"{interchange_id}\"\n\
         [identity]\netins = []\nnpis = []\n\
         [sftp]\npublic_keys = [\"{public_key}\"]\n\
         [acks]\nta1 = \"always\"\nforward = [\"999\", \"277CA\", \"277\", \"835\"]\n\
         [limits]\nsubmissions = \"6000/min\"\n"
    )
}
