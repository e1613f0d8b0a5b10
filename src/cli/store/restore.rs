//! `claimgate store restore DIR`: puts a backup where the settings say the store is, when nothing is there yet. All of
//! the backup is looked through before anything is written, and the database comes last, so that a restore that was cut
//! short can be run again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::backup::{KEYS, PAYLOADS};
use super::manifest::{self, Manifest};
use crate::cli::NOTHING_WRONG;
use crate::cli::args::RestoreArgs;
use crate::cli::files::{digest_of, save};
use crate::cli::key::write_audit;
use crate::daemon::open::open_store;
use crate::domain::Clock;
use crate::partner::Config;
use crate::partner::config::{PayloadsUrl, StoreUrl};
use crate::store::{KeyRing, Store};

/// Faults that are named; a backup with more of them is told to have more.
const FAULTS_SHOWN: usize = 20;
/// A gateway that said so long ago that it lives runs no more.
const GONE_AFTER_MS: i64 = 120_000;

const POSTGRES: &str = "the database is PostgreSQL: put it back with pg_restore (or as your provider does), then run \
     `claimgate store restore DIR --payloads-only` (docs/operations.md)";

pub(super) fn run(args: &RestoreArgs, config: &Config) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(restore(args, config, Clock::System.now_ms()))
}

async fn restore(args: &RestoreArgs, config: &Config, now: i64) -> Result<ExitCode> {
    let folder = args.dir.as_path();
    let Some(manifest) = Manifest::read(folder)? else {
        bail!("{} holds no finished backup: {} is not there", folder.display(), manifest::FILE);
    };
    let database = match (&config.store, &manifest.database, args.payloads_only) {
        (_, _, true) => None,
        (StoreUrl::Postgres(_), _, false) => bail!("{POSTGRES}"),
        (StoreUrl::Sqlite(_), None, false) => bail!("the backup holds payloads only: say --payloads-only"),
        (StoreUrl::Sqlite(path), Some(name), false) => Some((path.as_path(), folder.join(name))),
    };
    if let Some((path, _)) = &database {
        refuse_if_used(path, now).await?;
    }
    refuse_if_faulty(folder, &manifest)?;
    let moves = moves(&manifest, folder, config)?;
    for (from, to) in &moves {
        put(from, to).with_context(|| format!("{} cannot be restored", to.display()))?;
    }
    if let Some((path, from)) = database {
        put_database(&from, path)?;
    }
    let store = open_store(config).await?;
    store.go_on_after_restore().await?;
    write_audit(&store, "store.restore", &manifest.taken_at, now).await?;
    store.close().await;
    tell(&manifest, config, moves.len());
    Ok(NOTHING_WRONG)
}

/// A store that was ever used is not written over; one that a first start made is.
async fn refuse_if_used(path: &Path, now: i64) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let at = path.display();
    let unknown = || format!("there is a file {at} already that is no empty store: move it away first");
    let store = Store::open_to_read(path).await.with_context(unknown)?;
    let used = store.was_used().await.with_context(unknown)?;
    let lives = store.nodes().await?.iter().any(|node| node.seen_at > now - GONE_AFTER_MS);
    store.close().await;
    if used {
        bail!("there is a store at {at} already, with rows: nothing was restored. Move it away first");
    }
    if lives {
        bail!("a gateway runs over {at}, or was killed less than two minutes ago: stop it first");
    }
    Ok(())
}

fn refuse_if_faulty(folder: &Path, manifest: &Manifest) -> Result<()> {
    let faults = manifest.faults(folder);
    if faults.is_empty() {
        return Ok(());
    }
    let more = match faults.len().saturating_sub(FAULTS_SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let shown: Vec<&str> = faults.iter().take(FAULTS_SHOWN).map(String::as_str).collect();
    bail!("the backup is not whole, nothing was restored:\n  {}{more}", shown.join("\n  "))
}

/// Every file but the database, with its place; refused when something else is there.
fn moves(manifest: &Manifest, folder: &Path, config: &Config) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut moves: Vec<(PathBuf, PathBuf)> = Vec::new();
    match &config.payloads {
        PayloadsUrl::Folder(to) => {
            moves.extend(manifest.below(PAYLOADS, folder).map(|(name, from)| (from, to.join(name))));
        }
        PayloadsUrl::S3 { .. } if manifest.below(PAYLOADS, folder).next().is_some() => {
            bail!("the backup's payloads are files, but payloads.url is a bucket: set it to a folder to restore them");
        }
        PayloadsUrl::S3 { .. } => {}
    }
    moves.extend(manifest.below(KEYS, folder).map(|(name, from)| (from, config.paths.certs.join(name))));
    for (from, to) in &moves {
        let same = || Ok::<bool, io::Error>(digest_of(from)?.sha256 == digest_of(to)?.sha256);
        if to.exists() && !same().with_context(|| format!("{} cannot be read", to.display()))? {
            bail!("{} is there already and is another file: nothing was restored. Move it away first", to.display());
        }
    }
    Ok(moves)
}

/// What an earlier try put there is left as it is: it was compared.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        return Ok(());
    }
    save(&mut File::open(from)?, to).map(drop)
}

fn put_database(from: &Path, path: &Path) -> Result<()> {
    let failed = || format!("{} cannot be restored", path.display());
    // The log of the empty store that a first start made would be taken for that of this one.
    for beside in ["-wal", "-shm"] {
        let mut name = path.as_os_str().to_os_string();
        name.push(beside);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).with_context(failed),
            Ok(()) | Err(_) => {}
        }
    }
    save(&mut File::open(from).with_context(failed)?, path).with_context(failed)?;
    Ok(())
}

fn tell(manifest: &Manifest, config: &Config, files: usize) {
    let counts = manifest.counts;
    println!(
        "Restored as of {}: {files} files, {} submissions with {} claims, {} files of payers, {} mailbox files.",
        manifest.taken_at, counts.submissions, counts.claims, counts.payer_files, counts.mailbox_files
    );
    match KeyRing::read(&config.paths.certs).map(|ring| ring.current().id().to_string()) {
        Ok(key) if key == manifest.master_key => {}
        Ok(key) => eprintln!(
            "The payloads were sealed with master key {}, and certs/master.key is {key}: put the right one back, this one \
             may stay beside it as master.key.old-{key}.",
            manifest.master_key
        ),
        Err(_) => eprintln!(
            "There is no master key in {}: put back the one with the id {} before the start.",
            config.paths.certs.display(),
            manifest.master_key
        ),
    }
    for id in &manifest.missing {
        eprintln!("payload {id} was missing already when the backup was made.");
    }
    eprintln!(
        "What happened after that moment is not in it. Files that were on their way to payers are looked for there before \
         they are sent. Now run `claimgate store check` and `claimgate reconcile`, then start the gateway."
    );
}
