//! Logs of every command: to standard error, as text for a person at a terminal and as JSON for a machine.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::partner::config::{Log, LogFormat};

/// Starts logging for the rest of the process. RUST_LOG, where it is set, wins over the configured level. Calling it
/// again changes nothing.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(&log.level));
    let terminal = io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match (log.format, terminal) {
        (LogFormat::Text, _) | (LogFormat::Auto, true) => {
            builder.with_ansi(terminal && super::output::colour_is_welcome()).with_target(false).try_init()
        }
        (LogFormat::Json, _) | (LogFormat::Auto, false) => builder.json().flatten_event(true).try_init(),
    };
    // The only failure is that somebody has already started it, as tests in one process do.
    drop(started);
}
