//! `claimgate edits`: the catalogue of what is checked, for people, programs and the documentation.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

use super::NOTHING_WRONG;
use super::args::{EditsArgs, EditsFormat};
use crate::edits::catalogue::{self, listing};

pub fn run(args: &EditsArgs) -> Result<ExitCode> {
    match write(args, &mut io::stdout().lock()) {
        // Whoever read our output, as `head`, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(NOTHING_WRONG),
        done => done.map(|()| NOTHING_WRONG).map_err(Into::into),
    }
}

fn write(args: &EditsArgs, out: &mut impl Write) -> io::Result<()> {
    match args.format {
        EditsFormat::Markdown => out.write_all(listing::page().as_bytes()),
        EditsFormat::Json => {
            for entry in listing::entries() {
                serde_json::to_writer(&mut *out, &entry)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        }
        EditsFormat::Text => {
            for edit in catalogue::all() {
                writeln!(
                    out,
                    "{:45} SNIP {}  {:4} {}",
                    edit.id,
                    edit.snip,
                    edit.applies,
                    listing::plain(edit.message)
                )?;
            }
            Ok(())
        }
    }
}
