//! The command line: one file a command.

pub mod validate;

pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(2)
}
