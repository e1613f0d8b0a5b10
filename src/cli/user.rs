//! `claimgate user add`: lets a person into the console and the operators' calls.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use anyhow::{Result, ensure};

use super::key::write_audit;
use super::{NOTHING_WRONG, on_store};
use crate::cli::args::UserCommand;
use crate::partner::Config;
use crate::store::keys::new_key_text;
use crate::store::users::{User, hash_password};

const PASSWORD_CHARACTERS_MIN: usize = 12;

pub fn run(command: UserCommand, config: &Config) -> Result<ExitCode> {
    let UserCommand::Add { name, role } = command;
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    ensure!(!name.is_empty() && name.len() <= 40 && name.chars().all(fits), "a name is 1 to 40 of a-z 0-9 . _ - @");
    let given = password_from_pipe()?;
    let password = given.clone().unwrap_or_else(|| new_key_text()[3..23].to_string());
    ensure!(password.chars().count() >= PASSWORD_CHARACTERS_MIN, "a password has at least 12 characters");
    on_store(config, async |store, now_ms| {
        let user = User { name: name.clone(), role };
        store.put_user(&user, &hash_password(&password), now_ms).await?;
        write_audit(store, "user.put", &format!("{name}/{}", role.as_str()), now_ms).await?;
        eprintln!("{name} may log in at /console as {}.", role.as_str());
        if given.is_none() {
            eprintln!("The password is shown this once:");
            println!("{password}");
        }
        Ok(NOTHING_WRONG)
    })
}

/// A password piped in, so that it never stands in a command line; on a terminal one is made up.
fn password_from_pipe() -> Result<Option<String>> {
    if io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']).to_string();
    Ok(Some(line).filter(|line| !line.is_empty()))
}
