//! The examples of `docs/validate.md` are runs of the program: each is run again here and must say the same.
//! `CLAIMGATE_BLESS=1 cargo test --test it documented` writes down what it says now.

use std::fs;
use std::path::{Path, PathBuf};

use super::world::World;
use super::world::run::said;

const PROMPT: &str = "$ claimgate ";

fn in_project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A folder with the files that the examples name.
fn world() -> World {
    let world = World::without_keys();
    for entry in fs::read_dir(in_project("docs/examples")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, world.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    world.write("inbox/2026/first.837", &fs::read_to_string(in_project("docs/examples/first.837")).unwrap());
    world.write("inbox/letter.pdf", "%PDF-1.7 and so on");
    world.write("page.html", "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n");
    world
}

/// What the command line of an example prints: data first, then what went to standard error.
fn run(world: &World, line: &str) -> String {
    let (command, input) = line.split_once(" < ").unwrap_or((line, ""));
    let args: Vec<&str> = command.strip_prefix(PROMPT).unwrap().split_whitespace().collect();
    let bytes = if input.is_empty() { Vec::new() } else { fs::read(world.path(input)).unwrap() };
    said(&world.claimgate_with(&args, &bytes))
}

/// The document with the output of each example as it is now.
fn run_again(world: &World, text: &str) -> (String, usize) {
    let (mut written, mut examples) = (String::new(), 0);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        written += &format!("{line}\n");
        if line != "```console" {
            continue;
        }
        let command = lines.next().expect("an example begins with a command");
        assert!(command.starts_with(PROMPT), "{command}");
        examples += 1;
        let output = run(world, command);
        // An example may end early, where it is long.
        let old: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let kept = match old.last() {
            Some(&"...") => output.lines().take(old.len() - 1).chain(["..."]).collect::<Vec<_>>().join("\n") + "\n",
            Some(_) | None => output,
        };
        written += &format!("{command}\n{kept}```\n");
    }
    (written, examples)
}

#[test]
fn what_the_document_shows_is_what_the_program_says() {
    let (world, path) = (world(), in_project("docs/validate.md"));
    let text = fs::read_to_string(&path).unwrap();
    let (written, examples) = run_again(&world, &text);
    assert!(examples >= 5, "{examples} examples were found");
    if std::env::var_os("CLAIMGATE_BLESS").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let differs = text.lines().zip(written.lines()).enumerate().find(|(_, (shown, now))| shown != now);
    assert!(text == written, "docs/validate.md is not true any more: {differs:?}");
}
