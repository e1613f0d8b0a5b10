//! The command line: one file a command. Findings and data go to standard output, progress and logs to
//! standard error; the exit status says which of three ends a command came to.

pub mod args;
pub mod audit;
pub mod batch;
pub mod certs;
pub mod claims;
pub mod codes;
pub mod collect;
pub mod delivery;
pub mod demo;
pub mod edits;
pub mod export;
pub mod files;
pub mod hold;
pub mod key;
pub mod logging;
pub mod output;
pub mod partner;
pub mod reconcile;
pub mod serve;
pub mod show;
pub mod store;
pub mod submit;
pub mod user;
pub mod validate;
mod webhook;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::daemon::open::open_store;
use crate::domain::Clock;
use crate::partner::{Config, Fault};
use crate::pipeline::payer_edits;
use crate::store::Store;
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
        Command::Partner(PartnerCommand::Check(args)) => partner::check(&args, given, payer_edits::further_checks()),
        Command::Partner(PartnerCommand::List(args)) => partner::list(&args, &config(given)?),
        Command::Certs(CertsCommand::Init) => certs::init(&config(given)?),
        Command::Certs(CertsCommand::Rotate) => certs::rotate(&config(given)?),
        Command::Serve => serve::run(config(given)?),
        Command::Demo(args) => demo::run(&args),
        Command::Validate(args) => validate::run(&args, given),
        Command::Show(args) => show::run(&args, given),
        Command::Edits(args) => edits::run(&args),
        Command::Submit(args) => submit::run(&args, &config(given)?),
        Command::Claims(command) => claims::run(command, &config(given)?),
        Command::Codes(command) => codes::run(command, &config(given)?),
        Command::Key(command) => key::run(command, &config(given)?),
        Command::User(command) => user::run(command, &config(given)?),
        Command::Batch(command) => batch::run(command, &config(given)?),
        Command::Collect(args) => collect::run(&args, &config(given)?),
        Command::Delivery(command) => delivery::run(command, &config(given)?),
        Command::Webhook(command) => webhook::run(command, &config(given)?),
        Command::Store(command) => store::run(command, &config(given)?),
        Command::Export(args) => export::run(&args, &config(given)?),
        Command::Hold(command) => hold::run(command, &config(given)?),
        Command::Audit(command) => audit::run(command, &config(given)?),
        Command::Reconcile(args) => reconcile::run(&args, &config(given)?),
    }
}

/// The gateway's settings, with logging as they say.
fn config(given: Option<&Path>) -> Result<Config> {
    let config = Config::load(given).map_err(Faults)?;
    logging::start(&config.log);
    Ok(config)
}

/// Runs a command's work on the store, beside a running gateway if there is one. The work gets the time.
fn on_store(config: &Config, work: impl AsyncFnOnce(&Store, i64) -> Result<ExitCode>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = open_store(config).await?;
        let done = work(&store, Clock::System.now_ms()).await;
        store.close().await;
        done
    })
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
