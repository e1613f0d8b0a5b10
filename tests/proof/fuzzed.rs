//! Inputs that once broke something, kept in `tests/proof/fuzzed/`, one folder a target: each must hold now.

use std::fs;
use std::path::Path;

use super::sample::Sample;
use super::{answering, checking, reading, writing};

/// Runs every input of a target; how many there were.
fn replay(target: &str, property: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof/fuzzed").join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    for input in &inputs {
        let data = fs::read(input).unwrap();
        let name = input.display().to_string();
        // A panic says which input it was.
        let held = std::panic::catch_unwind(|| property(&data));
        assert!(held.is_ok(), "{name} breaks the {target} again");
    }
    inputs.len()
}

#[test]
fn what_broke_the_reader_once_does_not_again() {
    assert!(replay("reader", |data| reading::reader(data, Sample::All)) >= 7);
}

#[test]
fn what_broke_the_writer_once_does_not_again() {
    assert!(replay("writer", writing::writer) >= 2);
}

#[test]
fn what_broke_the_check_once_does_not_again() {
    for target in ["walker", "reader", "acknowledgements"] {
        assert!(replay(target, |data| checking::walker(data, Sample::All)) >= 2);
    }
}

#[test]
fn what_broke_the_acknowledgements_once_does_not_again() {
    assert!(replay("acknowledgements", |data| answering::acknowledgements(data, Sample::All)) >= 2);
}
