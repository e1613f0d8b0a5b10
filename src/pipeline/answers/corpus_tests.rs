//! Real answers of real payers, taken in one after another: none is dropped, none makes us fail, and what each lacked is
//! said as `tests/it/corpus_answers.tsv` has it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::testing::{hand_in, open_exceptions, work};
use crate::pipeline::testing::{KEY, World, hosted_payer, submitter, world_of};
use crate::store::exceptions::ExceptionKind;
use crate::store::inbound::{InboundState, Recorded};
use crate::x12::{Reader, Token};

const KINDS: [&str; 7] = ["835", "835-4010", "277CA", "277", "999", "997", "TA1"];

/// What was said of each file. Written anew by `CLAIMGATE_BLESS=1 cargo test --lib answers::corpus`.
const GOLDEN: &str = "tests/it/corpus_answers.tsv";

/// Path in the corpus and its place on the disk.
struct Answer {
    path: String,
    kind: String,
    file: PathBuf,
}

/// The response files of the corpus; `None` where there is no corpus.
fn files() -> Option<Vec<Answer>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        [root.join("../shared/corpus"), root.join("../../shared/corpus")].into_iter().find(|path| path.exists())?;
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).ok()?;
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let (path, kind) = (columns.next()?.to_string(), columns.next()?.to_string());
        KINDS.contains(&kind.as_str()).then(|| Answer { file: folder.join(&path), path, kind })
    };
    Some(manifest.lines().filter_map(row).collect())
}

fn state(state: InboundState) -> &'static str {
    match state {
        InboundState::Done => "worked in",
        InboundState::NotX12 => "no X12",
        InboundState::Repeat => "repeat",
        InboundState::Held => "held",
        InboundState::Received | InboundState::Correlated => "waits",
    }
}

/// Takes a file in; what is said of it: its state, its kinds, and a sentence for all that it lacks.
async fn said(answer: &Answer) -> (InboundState, String, Vec<String>) {
    let file = readdressed(std::fs::read(&answer.file).unwrap());
    // A world of its own: what is a repeat of another file's payment is no matter of this file.
    let world = &world_for(&file).await;
    let recorded = hand_in(&world.gateway, &file).await;
    let Recorded::New(id) = recorded else { return (InboundState::Repeat, String::new(), Vec::new()) };
    work(&world.gateway).await;
    let row = world.gateway.store.inbound(id).await.unwrap().unwrap();
    let mut sentences = row.notes;
    for exception in open_exceptions(world).await {
        // That nobody sent its claims is no fault of the file.
        let of_the_file = matches!(exception.kind, ExceptionKind::File | ExceptionKind::Balance);
        if exception.inbound_id == id && of_the_file {
            sentences.push(format!("EXCEPTION {}", without_ids(&exception.reason)));
        }
    }
    (row.state, row.kinds, sentences)
}

/// A world that takes from its payer what the file is for, a test or not.
async fn world_for(file: &[u8]) -> World {
    let mut reader = Reader::new(file);
    let usage = loop {
        match reader.next().unwrap() {
            Some(Token::Isa(isa)) => break isa.trimmed(15).to_vec(),
            Some(Token::Segment(_) | Token::Damage(_)) => {}
            None => break Vec::new(),
        }
    };
    let usage = if usage == b"P" { "usage = \"P\"\n[interchange]" } else { "[interchange]" };
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY).replace("[interchange]", usage);
    world_of("", &[("acme", &submitter("ACMEBILL", KEY, "")), ("bluestar", &payer)]).await
}

/// From this world's payer to its gateway: the files are of others.
fn readdressed(mut file: Vec<u8>) -> Vec<u8> {
    const SEPARATORS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];
    const WRITTEN: [(usize, &[u8]); 4] = [(32, b"ZZ"), (35, b"BLUESTAR       "), (51, b"ZZ"), (54, b"CLAIMGATE      ")];
    for at in 0..file.len().saturating_sub(105) {
        let here = &mut file[at..at + 106];
        if here.starts_with(b"ISA") && SEPARATORS.iter().all(|place| here[*place] == here[3]) {
            WRITTEN.iter().for_each(|(place, value)| here[*place..place + value.len()].copy_from_slice(value));
        }
    }
    file
}

/// Ids are drawn anew in each run.
fn without_ids(reason: &str) -> String {
    let is_id =
        |word: &str| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let word = |word: &str| if is_id(word.trim_end_matches(',')) { "ID,".to_string() } else { word.to_string() };
    reason.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_real_response_file_is_taken_in_and_what_it_lacks_is_said() {
    let Some(files) = files() else {
        eprintln!("there is no corpus beside the project: nothing to take in");
        return;
    };
    assert!(files.len() > 60, "{} files", files.len());
    let mut now = String::from("path\tsuggested kind\tstate\tkinds\twhat is said\n");
    for answer in &files {
        let (became, kinds, sentences) = said(answer).await;
        let read = kinds.split(',').any(|one| one == answer.kind.trim_end_matches("-4010"));
        assert!(read || !sentences.is_empty(), "{} is not read and nobody is told why", answer.path);
        let sentences = sentences.join(" | ").replace(['\t', '\n', '\r'], " ");
        writeln!(now, "{}\t{}\t{}\t{kinds}\t{sentences}", answer.path, answer.kind, state(became)).unwrap();
    }
    compare(&now);
}

fn compare(now: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    if std::env::var_os("CLAIMGATE_BLESS").is_some() {
        std::fs::write(&golden, now).unwrap();
    }
    let before = std::fs::read_to_string(&golden).unwrap_or_default();
    let differs = before.lines().zip(now.lines()).find(|(before, now)| before != now);
    let hint = "if it is meant so: CLAIMGATE_BLESS=1 cargo test --lib answers::corpus";
    assert_eq!(differs, None, "{GOLDEN} says something else; {hint}");
    assert_eq!(before.lines().count(), now.lines().count(), "{GOLDEN}: {hint}");
}
