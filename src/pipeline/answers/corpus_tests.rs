//! Real answers of real payers, taken in one after another: none is dropped, and none makes us fail.

use std::path::{Path, PathBuf};

use super::testing::{hand_in, work};
use crate::pipeline::testing::world;
use crate::store::inbound::{InboundState, Recorded};

const KINDS: [&str; 7] = ["835", "835-4010", "277CA", "277", "999", "997", "TA1"];

/// The response files of the corpus; `None` where there is no corpus.
fn files() -> Option<Vec<(String, PathBuf)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        [root.join("../shared/corpus"), root.join("../../shared/corpus")].into_iter().find(|path| path.exists())?;
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).ok()?;
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let (path, kind) = (columns.next()?, columns.next()?);
        KINDS.contains(&kind).then(|| (kind.to_string(), folder.join(path)))
    };
    Some(manifest.lines().filter_map(row).collect())
}

#[tokio::test]
async fn every_real_response_file_is_taken_in() {
    let Some(files) = files() else {
        eprintln!("there is no corpus beside the project: nothing to take in");
        return;
    };
    assert!(!files.is_empty());
    let world = world().await;
    let mut unread = Vec::new();
    for (kind, path) in files {
        let Recorded::New(id) = hand_in(&world.gateway, &std::fs::read(&path).unwrap()).await else { continue };
        work(&world.gateway).await;
        let row = world.gateway.store.inbound(id).await.unwrap().unwrap();
        let expected = kind.trim_end_matches("-4010");
        match row.state {
            InboundState::Done if row.kinds.split(',').any(|one| one == expected) => {}
            InboundState::Done | InboundState::NotX12 => unread.push(format!("{}: {}", path.display(), row.kinds)),
            InboundState::Received | InboundState::Correlated | InboundState::Repeat => {
                panic!("{} waits", path.display())
            }
        }
    }
    assert!(unread.len() <= UNREADABLE_MAX, "{unread:#?}");
}

/// Files that begin with ST: without an interchange header nobody knows their delimiters, so a person looks at them.
const UNREADABLE_MAX: usize = 3;
