//! `claimgate store restore DIR`: puts a backup where the settings say the store is, when nothing is there yet. All of
//! the backup is looked through before anything is written, and the database comes last, so that a restore that was cut
//! short can be run again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::copies::{KEYS, PAYLOADS};
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
    match database {
        Some((path, from)) => put_database(&from, path, &manifest.taken_at, now).await?,
        None => {
            let store = open_store(config).await?;
            make_ready(&store, &manifest.taken_at, now).await?;
            store.close().await;
        }
    }
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

/// A database gets its name when it is safe to go on with, not before: a gateway that found one that does not know yet
/// that it was restored would give control numbers out again, and files twice.
async fn put_database(from: &Path, path: &Path, taken_at: &str, now: i64) -> Result<()> {
    let failed = || format!("{} cannot be restored", path.display());
    let waiting = beside(path, ".restoring");
    remove_logs(&waiting).with_context(failed)?;
    save(&mut File::open(from).with_context(failed)?, &waiting).with_context(failed)?;
    // Brings its tables up to date.
    Store::open_file(&waiting).await.with_context(failed)?.close().await;
    // Without a log beside it, so that the file is all of it.
    let store = Store::open_copy(&waiting).await.with_context(failed)?;
    let ready = make_ready(&store, taken_at, now).await;
    store.close().await;
    ready.with_context(failed)?;
    if beside(&waiting, "-wal").exists() {
        bail!("{} is in use by something else: nothing was put in place of {}", waiting.display(), path.display());
    }
    // The log of the empty store that a first start made would be taken for that of this one.
    remove_logs(path).with_context(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || {
        File::open(&waiting)?.sync_all()?;
        fs::rename(&waiting, path)?;
        File::open(folder)?.sync_all()
    };
    named().with_context(failed)
}

async fn make_ready(store: &Store, taken_at: &str, now: i64) -> Result<()> {
    store.go_on_after_restore().await?;
    write_audit(store, "store.restore", taken_at, now).await
}

/// What SQLite keeps beside a database.
fn remove_logs(path: &Path) -> io::Result<()> {
    for end in ["-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(path, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}

fn tell(manifest: &Manifest, config: &Config, files: usize) {
    let counts = manifest.counts;
    println!(
        "Restored as of {}: {files} files, {} submissions with {} claims, {} files of payers, {} mailbox files.",
        manifest.taken_at, counts.submissions, counts.claims, counts.payer_files, counts.mailbox_files
    );
    tell_of_keys(manifest, &config.paths.certs);
    for id in &manifest.missing {
        eprintln!("payload {id} was missing already when the backup was made.");
    }
    for id in &manifest.damaged {
        eprintln!(
            "payload {id} was damaged when the backup was made; restored is an earlier copy, where there was one."
        );
    }
    eprintln!(
        "What happened after that moment is not in it. Files that were on their way to payers are looked for there before \
         they are sent. Now run `claimgate store check` and `claimgate reconcile`, then start the gateway."
    );
}

fn tell_of_keys(manifest: &Manifest, certs: &Path) {
    let Ok(ring) = KeyRing::read(certs) else {
        eprintln!(
            "There is no master key in {}: put back those with the ids {} before the start.",
            certs.display(),
            manifest.master_keys.join(", ")
        );
        return;
    };
    let present: Vec<String> = ring.ids().iter().map(ToString::to_string).collect();
    let absent: Vec<&str> =
        manifest.master_keys.iter().filter(|id| !present.contains(id)).map(String::as_str).collect();
    if !absent.is_empty() {
        eprintln!(
            "The payloads may need the master keys {}, which are not in {}: put them back beside master.key, each as \
             master.key.old-ID. The key there is {}.",
            absent.join(", "),
            certs.display(),
            ring.current().id()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The backup of a store that has given control numbers out.
    async fn backed_up(folder: &Path) -> PathBuf {
        let store = Store::open("sqlite:claims.db", folder).await.unwrap();
        store.take_control_numbers("isa:bluestar", 7).await.unwrap();
        let copy = folder.join("copy.db");
        store.snapshot_into(&copy).await.unwrap();
        store.close().await;
        copy
    }

    #[tokio::test]
    async fn a_database_gets_its_name_when_it_is_ready_to_go_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let from = backed_up(folder.path()).await;
        let path = folder.path().join("var/claimgate.db");
        // What an earlier try left.
        fs::create_dir_all(folder.path().join("var")).unwrap();
        fs::write(beside(&path, ".restoring"), b"half").unwrap();
        fs::write(beside(&path, ".restoring-wal"), b"half").unwrap();
        put_database(&from, &path, "then", 5).await.unwrap();
        let names = fs::read_dir(folder.path().join("var")).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["claimgate.db"]);
        let store = Store::open_file(&path).await.unwrap();
        assert!(store.was_used().await.unwrap(), "no trace of it in the trail");
        assert!(store.take_control_numbers("isa:bluestar", 1).await.unwrap() > 10_000);
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_made_ready_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let from = backed_up(folder.path()).await;
        let path = folder.path().join("claimgate.db");
        fs::write(&from, b"no database at all, but a file that was copied").unwrap();
        assert!(put_database(&from, &path, "then", 5).await.is_err());
        assert!(!path.exists(), "a gateway would start over it");
    }
}
