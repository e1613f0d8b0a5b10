//! The command line: one file a command. Findings and data go to standard output, progress and logs to
//! standard error; the exit status says which of three ends a command came to.

pub mod args;
pub mod certs;
pub mod logging;
pub mod output;
pub mod partner;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::partner::{Config, Fault};
use args::{Arguments, CertsCommand, Command, PartnerCommand};

/// Done, and nothing wrong was found.
pub const NOTHING_WRONG: ExitCode = ExitCode::SUCCESS;
/// Done, and something wrong was found: an invalid file, a broken chain, an unreconciled claim.
pub const SOMETHING_WRONG: ExitCode = ExitCode::FAILURE;
/// Could not be done: usage, a missing file, no connection. Clap's own status for usage is the same.
pub const NOT_DONE: u8 = 2;

pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("claimgate: {error:#}");
            ExitCode::from(NOT_DONE)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let given = arguments.config.as_deref();
    match arguments.command {
        // Faults of gateway.toml are what this command looks for, so it reads that file itself.
        Command::Partner(PartnerCommand::Check(args)) => partner::check(&args, given, Vec::new()),
        Command::Partner(PartnerCommand::List(args)) => partner::list(&args, &config(given)?),
        Command::Certs(CertsCommand::Init) => certs::init(&config(given)?),
    }
}

/// The gateway's settings, with logging as they say.
fn config(given: Option<&Path>) -> Result<Config> {
    let config = Config::load(given).map_err(Faults)?;
    logging::start(&config.log);
    Ok(config)
}

/// Why a command could not start: every fault on a line of its own.
#[derive(Debug)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        match &lines[..] {
            [only] => f.write_str(only),
            _ => write!(f, "{} faults to mend first\n{}", lines.len(), lines.join("\n")),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn config_may_stand_before_or_after_the_command() {
        for line in [
            ["claimgate", "--config", "x.toml", "partner", "list"],
            ["claimgate", "partner", "list", "--config", "x.toml"],
        ] {
            assert_eq!(Arguments::try_parse_from(line).unwrap().config.as_deref(), Some(Path::new("x.toml")));
        }
    }

    #[test]
    fn wrong_usage_ends_with_2() {
        let error = Arguments::try_parse_from(["claimgate", "partner", "lst"]).unwrap_err();
        assert_eq!(error.exit_code(), i32::from(NOT_DONE));
    }

    #[test]
    fn a_given_config_that_is_missing_cannot_be_done() {
        let arguments = Arguments::try_parse_from(["claimgate", "partner", "list", "--config", "/nowhere.toml"]);
        let error = run(arguments.unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere.toml: cannot be read"), "{error}");
    }
}
