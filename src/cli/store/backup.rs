//! `claimgate store backup DIR`: the database as it is at one moment, and the payloads that its rows name, beside a
//! gateway that runs. Into the same folder again it copies only what is new.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::manifest::Manifest;
use crate::cli::args::BackupArgs;
use crate::cli::files::{FileFacts, changed_at, digest_of, make_folder, save};
use crate::cli::key::write_audit;
use crate::cli::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::daemon::open::open_payloads;
use crate::domain::clock::rfc3339;
use crate::domain::ids::PayloadId;
use crate::partner::Config;
use crate::partner::config::PayloadsUrl;
use crate::store::payload::path_in;
use crate::store::{Engine, Store};

/// The parts of a backup's folder.
pub(super) const PAYLOADS: &str = "payloads";
pub(super) const KEYS: &str = "keys";
/// Rows read at one time.
const PAGE: u32 = 1_000;

const POSTGRES: &str = "the database is PostgreSQL, whose own tools back it up while it runs: first `pg_dump --format=custom` \
     (or pg_basebackup, or your provider's snapshots), then `claimgate store backup DIR --payloads-only`; in this order \
     every payload that a row names is there (docs/operations.md)";

pub(super) async fn run(store: &Store, config: &Config, args: &BackupArgs, now: i64) -> Result<ExitCode> {
    if store.engine() == Engine::Postgres && !args.payloads_only {
        bail!("{POSTGRES}");
    }
    let payloads = open_payloads(config)?;
    let _still = payloads.hold_still()?;
    let folder = args.dir.as_path();
    make_folder(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    let _alone = alone_in(folder)?;
    let earlier = Manifest::read(folder)?;
    let mut manifest = Manifest::new(rfc3339(now), payloads.sealed_with().to_string());
    let copy = match args.payloads_only {
        true => None,
        false => Some(snapshot(store, folder, now, &mut manifest).await?),
    };
    let named = copy.as_ref().unwrap_or(store);
    manifest.counts = named.counts().await?;
    match payloads.folder() {
        Some(from) => {
            let gone = copy_payloads(named, from, folder, earlier.as_ref(), &mut manifest).await?;
            settle_gone(store, copy.as_ref(), gone, &mut manifest).await?;
        }
        None => manifest.payloads_elsewhere = Some(elsewhere(config)),
    }
    if let Some(copy) = copy {
        copy.close().await;
        seal_database(folder, &mut manifest)?;
    }
    if args.with_keys {
        copy_keys(&config.paths.certs, folder, &mut manifest)?;
    }
    manifest.write(folder)?;
    remove_unnamed(folder, earlier.as_ref(), &manifest);
    write_audit(store, "store.backup", &manifest.taken_at, now).await?;
    Ok(tell(&manifest, args))
}

/// One backup at a time into a folder.
fn alone_in(folder: &Path) -> Result<File> {
    let path = folder.join("backup.lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => bail!("another backup into {} is under way", folder.display()),
        Err(fs::TryLockError::Error(error)) => Err(error).context("the backup's folder cannot be locked"),
    }
}

/// The database under a name of its own, so that the earlier one stays until the manifest names this one.
async fn snapshot(store: &Store, folder: &Path, now: i64, manifest: &mut Manifest) -> Result<Store> {
    let name = format!("claimgate-{now}.db");
    let path = folder.join(&name);
    // Left by a backup that was cut short in this very millisecond of a clock that went back.
    let _ = fs::remove_file(&path);
    store.snapshot_into(&path).await?;
    manifest.database = Some(name);
    Ok(Store::open_copy(&path).await?)
}

/// Copies what is not there yet; those that have no file any more.
async fn copy_payloads(
    named: &Store,
    from: &Path,
    folder: &Path,
    earlier: Option<&Manifest>,
    manifest: &mut Manifest,
) -> Result<Vec<PayloadId>> {
    let (to, mut gone, mut after) = (folder.join(PAYLOADS), Vec::new(), None);
    loop {
        let page = named.payloads_apart(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(gone) };
        after = Some(*last);
        for id in page {
            let (source, target) = (path_in(from, id), path_in(&to, id));
            let name = path_in(Path::new(PAYLOADS), id).display().to_string();
            let before = earlier.and_then(|earlier| earlier.files.get(&name));
            match copy_payload(&source, &target, before) {
                Ok(facts) => drop(manifest.files.insert(name, facts)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => gone.push(id),
                Err(error) => return Err(error).context(format!("{name} cannot be copied")),
            }
        }
    }
}

/// A payload changes only when its key is wrapped anew. It is copied, not linked: damage to one is not to be damage to
/// the other.
fn copy_payload(source: &Path, target: &Path, before: Option<&FileFacts>) -> io::Result<FileFacts> {
    let mut file = File::open(source)?;
    let about = file.metadata()?;
    let changed = Some(changed_at(&about));
    if let Some(before) = before
        && before.source_changed_at == changed
        && before.bytes == about.len()
        && fs::metadata(target).is_ok_and(|there| there.len() == about.len())
    {
        return Ok(before.clone());
    }
    let facts = save(&mut file, target)?;
    Ok(FileFacts { source_changed_at: changed, ..facts })
}

/// A payload may be gone because an unfinished upload was replaced meanwhile: then the copy forgets it too. Any other
/// is missing, and the backup says so.
async fn settle_gone(store: &Store, copy: Option<&Store>, gone: Vec<PayloadId>, manifest: &mut Manifest) -> Result<()> {
    let replaced = store.payloads_without_row(&gone).await?;
    if let Some(copy) = copy.filter(|_| !replaced.is_empty()) {
        copy.forget_uploads(&replaced).await?;
    }
    let missing = gone.iter().filter(|id| !replaced.contains(id));
    manifest.missing = missing.map(ToString::to_string).collect();
    Ok(())
}

/// Makes the copy durable and takes its digest.
fn seal_database(folder: &Path, manifest: &mut Manifest) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let Some(name) = manifest.database.clone() else { return Ok(()) };
    let path = folder.join(&name);
    let failed = || format!("{name} cannot be made durable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).with_context(failed)?;
    File::open(&path).and_then(|file| file.sync_all()).with_context(failed)?;
    manifest.files.insert(name.clone(), digest_of(&path).with_context(failed)?);
    Ok(())
}

/// The master keys, present and earlier. Whoever has them and the payloads reads every file.
fn copy_keys(certs: &Path, folder: &Path, manifest: &mut Manifest) -> Result<()> {
    let entries = fs::read_dir(certs).with_context(|| format!("{} cannot be read", certs.display()))?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with("master.key") {
            let mut key = File::open(certs.join(&name)).with_context(|| format!("{name} cannot be read"))?;
            let within = format!("{KEYS}/{name}");
            let facts = save(&mut key, &folder.join(&within)).with_context(|| format!("{name} cannot be copied"))?;
            manifest.files.insert(within, facts);
        }
    }
    Ok(())
}

/// What only the earlier backup had: its database, and payloads that were purged since.
fn remove_unnamed(folder: &Path, earlier: Option<&Manifest>, manifest: &Manifest) {
    let before = earlier.into_iter().flat_map(|earlier| earlier.files.keys());
    for name in before.filter(|name| !manifest.files.contains_key(*name)) {
        if let Err(error) = fs::remove_file(folder.join(name)) {
            tracing::warn!("{name} of the earlier backup is left over: {error}");
        }
    }
}

fn elsewhere(config: &Config) -> String {
    match &config.payloads {
        PayloadsUrl::Folder(path) => path.display().to_string(),
        PayloadsUrl::S3 { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
    }
}

fn tell(manifest: &Manifest, args: &BackupArgs) -> ExitCode {
    let bytes: u64 = manifest.files.values().map(|facts| facts.bytes).sum();
    let counts = manifest.counts;
    println!(
        "{} files, {bytes} bytes: {} submissions with {} claims, {} files of payers, {} mailbox files as of {}.",
        manifest.files.len(),
        counts.submissions,
        counts.claims,
        counts.payer_files,
        counts.mailbox_files,
        manifest.taken_at
    );
    if let Some(place) = &manifest.payloads_elsewhere {
        eprintln!(
            "Payloads above 32 KiB stand in {place} and are not in the backup: protect that with versions or copies."
        );
    }
    if args.with_keys {
        eprintln!("The master keys are in the backup: whoever has it reads everything. Keep it as you keep the keys.");
    } else {
        eprintln!(
            "The master key {} is NOT in the backup, and nothing opens without it: keep certs/ elsewhere, or use \
             --with-keys.",
            manifest.master_key
        );
    }
    for id in &manifest.missing {
        println!("payload {id} is missing and could not be backed up: see `claimgate store check`");
    }
    if manifest.missing.is_empty() { NOTHING_WRONG } else { SOMETHING_WRONG }
}
