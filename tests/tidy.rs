//! Holds the house in order: file headers, sizes, the rooms' directions, what only one room may do, and
//! the licences of what is linked. Reads the sources as text; needs nothing running.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;

/// Each room and the rooms it may use, lowest first.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("x12", &["domain"]),
    ("guide", &["domain", "x12"]),
    ("edits", &["domain", "x12", "guide"]),
    ("ack", &["domain", "x12", "guide", "edits"]),
    ("partner", &["domain"]),
    ("store", &["domain"]),
    ("link", &["domain", "partner"]),
    ("pipeline", &["domain", "x12", "guide", "edits", "ack", "partner", "store", "link"]),
    ("api", &["domain", "x12", "guide", "edits", "ack", "partner", "store", "link", "pipeline"]),
    ("console", &["domain", "x12", "guide", "edits", "partner", "store", "link", "pipeline"]),
    ("simulator", &["domain", "x12", "guide", "link"]),
    (
        "daemon",
        &["domain", "x12", "guide", "edits", "partner", "store", "link", "pipeline", "api", "console", "simulator"],
    ),
    (
        "cli",
        &[
            "domain",
            "x12",
            "guide",
            "edits",
            "ack",
            "partner",
            "store",
            "link",
            "pipeline",
            "api",
            "console",
            "simulator",
            "daemon",
        ],
    ),
];

/// What only one room may do, and the words that show it being done.
const ONLY: &[(&str, &[&str])] = &[
    ("store", &["sqlx::"]),
    (
        "link",
        &[
            "ssh2::",
            "TcpStream::connect",
            "TcpListener::bind",
            "reqwest::Client",
            "russh::server",
            "russh::client",
            "object_store::",
        ],
    ),
];

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The room a file under `src/` stands in; `None` for main.rs and lib.rs.
    fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src").ok()?;
        (inside.components().count() > 1).then(|| inside.components().next()?.as_os_str().to_str())?
    }

    /// Lines before the file's own tests, numbered from 1.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(n, line)| (n + 1, line));
        lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]") && !line.starts_with("mod tests"))
    }

    fn is_test(&self) -> bool {
        let name = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        matches!(name, "tests" | "testing" | "samples")
            || name.ends_with("_tests")
            || self.path.components().any(|part| part.as_os_str() == "tests")
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no sources under {folder}");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(Source { text: fs::read_to_string(&path).unwrap(), path });
        }
    }
}

fn expect_none(rule: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn every_file_says_what_it_is_for() {
    let faults = sources("src").into_iter().chain(sources("tests"));
    let faults =
        faults.filter(|source| !source.text.starts_with("//! ")).map(|source| source.path.display().to_string());
    expect_none("a file opens with `//!` and what it is for", faults.collect());
}

#[test]
fn no_file_is_longer_than_it_may_be() {
    let long = |source: Source| {
        let lines = source.text.lines().count();
        (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", source.path.display()))
    };
    let faults = sources("src").into_iter().chain(sources("tests")).filter_map(long).collect();
    expect_none("a file has at most 600 lines", faults);
}

#[test]
fn no_function_is_longer_than_it_may_be() {
    let mut faults = Vec::new();
    for source in sources("src") {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in source.code_lines() {
            let indent = line.len() - line.trim_start().len();
            if let Some((start, start_indent, name)) = &open {
                if line.trim_end() == format!("{}}}", " ".repeat(*start_indent)) {
                    if number - start > FUNCTION_LINES_MAX {
                        faults.push(format!("{}:{start}: {name} has {} lines", source.path.display(), number - start));
                    }
                    open = None;
                }
            } else if is_function(line) && !line.trim_end().ends_with('}') && !line.trim_end().ends_with(';') {
                open = Some((number, indent, line.trim().to_string()));
            }
        }
    }
    expect_none("a function has at most 70 lines", faults);
}

fn is_function(line: &str) -> bool {
    let words = line.trim_start().split(' ');
    let mut words = words.skip_while(|word| {
        matches!(*word, "pub" | "pub(super)" | "pub(crate)" | "async" | "const" | "unsafe") || word.starts_with("pub(")
    });
    words.next() == Some("fn")
}

#[test]
fn rooms_lean_one_way() {
    let allowed: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut faults = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        let Some(room) = source.room() else { continue };
        let may = allowed.get(room).unwrap_or_else(|| panic!("src/{room} is no room of the architecture"));
        for (number, line) in source.text.lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if used != room && allowed.contains_key(used.as_str()) && !may.contains(&used.as_str()) {
                    faults.push(format!("{}:{}: {room} uses {used}", source.path.display(), number + 1));
                }
            }
        }
    }
    expect_none("a room uses only the rooms below it", faults);
}

#[test]
fn no_stage_calls_another() {
    let stages =
        ["intake", "validate", "route", "batch", "deliver", "collect", "correlate", "remit", "watch", "announce"];
    let mut faults = Vec::new();
    for source in sources("src/pipeline").iter().filter(|source| !source.is_test()) {
        let Some(own) = stages.iter().find(|stage| source.path.starts_with(format!("src/pipeline/{stage}"))) else {
            continue;
        };
        for (number, line) in source.code_lines() {
            for other in stages.iter().filter(|stage| stage != &own) {
                if line.contains(&format!("pipeline::{other}")) || line.contains(&format!("super::super::{other}")) {
                    faults.push(format!("{}:{number}: {own} calls {other}", source.path.display()));
                }
            }
        }
    }
    expect_none("stages meet in the store", faults);
}

#[test]
fn one_room_speaks_sql_and_one_opens_sockets() {
    let mut faults = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        for (room, words) in ONLY.iter().filter(|(room, _)| source.room() != Some(room)) {
            for (number, line) in source.code_lines().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                    faults.push(format!("{}:{number}: `{word}` belongs to {room}", source.path.display()));
                }
            }
        }
    }
    expect_none("only store speaks SQL, only link opens sockets", faults);
}

#[test]
fn nothing_is_left_undone() {
    let words = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore", concat!("TO", "DO"), concat!("FIX", "ME")];
    let mut faults = Vec::new();
    for source in sources("src") {
        for (number, line) in source.code_lines() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                faults.push(format!("{}:{number}: {word}", source.path.display()));
            }
            if line.contains(".unwrap()") && !source.is_test() {
                faults.push(format!("{}:{number}: unwrap outside tests", source.path.display()));
            }
        }
    }
    expect_none("nothing is left undone", faults);
}

#[test]
fn what_is_linked_is_permissively_licensed_and_brings_no_second_cryptography() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string());
    let run = |args: &[&str]| {
        let done = Command::new(&cargo).args(args).output().unwrap();
        assert!(done.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let tree = run(&["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}|{l}"]);
    let permissive = [
        "MIT",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "Unicode-3.0",
        "0BSD",
        "CC0-1.0",
        "BSL-1.0",
        "Unlicense",
        "MIT-0",
        "CDLA-Permissive-2.0",
        "OpenSSL",
    ];
    let mut faults = Vec::new();
    for line in tree.lines() {
        let Some((package, licence)) = line.split_once('|') else { continue };
        let licence = licence.trim_end_matches(" (*)");
        let words = licence.split(|c: char| " ()/".contains(c)).filter(|word| !word.is_empty());
        if !words.clone().any(|word| permissive.contains(&word)) {
            faults.push(format!("{package}: {licence}"));
        }
        if package.starts_with("ring ") {
            faults.push(format!("{package}: a second cryptographic provider"));
        }
    }
    expect_none("everything linked is permissively licensed", faults);
}
