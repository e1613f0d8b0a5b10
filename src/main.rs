//! Parses the command line and starts the command.

fn main() -> std::process::ExitCode {
    claimgate::cli::main()
}
