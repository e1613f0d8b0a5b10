//! `claimgate store backup DIR`: the database as it is at one moment, and the payloads that its rows name, beside a
//! gateway that runs. Into the same folder again it copies only what is new.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::copies::{Copies, KEYS, PAYLOADS, remove_unnamed};
use super::manifest::{self, Manifest};
use crate::cli::args::BackupArgs;
use crate::cli::files::{digest_of, make_folder};
use crate::cli::key::write_audit;
use crate::cli::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::daemon::open::open_payloads;
use crate::domain::clock::rfc3339;
use crate::domain::ids::PayloadId;
use crate::partner::Config;
use crate::partner::config::PayloadsUrl;
use crate::store::{Engine, PayloadStore, Store};

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
    refuse_own_folder(folder, payloads.folder())?;
    let _alone = alone_in(folder)?;
    let earlier = Manifest::read(folder)?;
    if let Some(earlier) = &earlier {
        refuse_to_narrow(earlier, args, payloads.folder())?;
        // Left by a run that was cut short.
        remove_unnamed(folder, None, earlier);
    }
    let master_keys = payloads.opened_with().iter().map(ToString::to_string).collect();
    let mut manifest = Manifest::new(rfc3339(now), master_keys);
    let copy = match args.payloads_only {
        true => None,
        false => Some(snapshot(store, folder, now, &mut manifest).await?),
    };
    let named = copy.as_ref().unwrap_or(store);
    manifest.counts = named.counts().await?;
    let mut copies = Copies { folder, earlier: earlier.as_ref(), manifest: &mut manifest, now };
    match payloads.folder() {
        Some(from) => {
            let gone = copy_payloads(named, &payloads, from, &mut copies).await?;
            settle_gone(store, copy.as_ref(), gone, &mut copies).await?;
        }
        None => copies.manifest.payloads_elsewhere = Some(elsewhere(config)),
    }
    copies.name_keys();
    if args.with_keys {
        copies.keys(&config.paths.certs)?;
    }
    if let Some(copy) = copy {
        copy.close().await;
        seal_database(folder, &mut manifest)?;
    }
    manifest.write(folder)?;
    remove_unnamed(folder, earlier.as_ref(), &manifest);
    write_audit(store, "store.backup", &manifest.taken_at, now).await?;
    Ok(tell(&manifest, args))
}

/// Reads a backup to its end and compares it with its manifest. Needs no store.
pub(super) fn verify(folder: &Path) -> Result<ExitCode> {
    let Some(manifest) = Manifest::read(folder)? else {
        bail!("{} holds no finished backup: {} is not there", folder.display(), manifest::FILE);
    };
    let faults = manifest.faults(folder);
    for fault in &faults {
        println!("{fault}");
    }
    println!("{} files as of {}, {} faults.", manifest.files.len(), manifest.taken_at, faults.len());
    if faults.is_empty() {
        return Ok(NOTHING_WRONG);
    }
    eprintln!("Take the damaged files away and run the backup again: it copies what is not there.");
    Ok(SOMETHING_WRONG)
}

/// What an earlier backup holds is not taken out of it by a command that was to copy less.
fn refuse_to_narrow(earlier: &Manifest, args: &BackupArgs, from: Option<&Path>) -> Result<()> {
    let folder = args.dir.display();
    if earlier.database.is_some() && args.payloads_only {
        bail!("the backup in {folder} holds a database, which --payloads-only would take out: name another folder");
    }
    if earlier.below(KEYS, &args.dir).next().is_some() && !args.with_keys {
        bail!("the backup in {folder} holds the master keys: say --with-keys, or name another folder");
    }
    if earlier.below(PAYLOADS, &args.dir).next().is_some() && from.is_none() {
        bail!("the backup in {folder} holds payloads, and these stand in a bucket now: name another folder");
    }
    Ok(())
}

/// A backup takes away what its manifest does not name: not from the folder that it is a copy of.
fn refuse_own_folder(folder: &Path, from: Option<&Path>) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    let failed = || format!("the folder {} cannot be looked at", folder.display());
    let (to, from) =
        (folder.canonicalize().with_context(failed)?, from.canonicalize().context("the payloads' folder")?);
    let below = to.join(PAYLOADS);
    let below = below.canonicalize().unwrap_or(below);
    if from.starts_with(&below) || to.starts_with(&from) {
        bail!("the payloads themselves stand in {}: name another folder", folder.display());
    }
    Ok(())
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
    payloads: &PayloadStore,
    from: &Path,
    copies: &mut Copies<'_>,
) -> Result<Vec<PayloadId>> {
    let (mut gone, mut after) = (Vec::new(), None);
    loop {
        let page = named.payloads_apart(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(gone) };
        after = Some(*last);
        for id in page {
            match copies.payload(payloads, from, id) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => gone.push(id),
                Err(error) => return Err(error).context(format!("payload {id} cannot be copied")),
            }
        }
    }
}

/// A payload may be gone because an unfinished upload was replaced meanwhile: then the copy forgets it too. Any other
/// is missing, and the backup says so and keeps what it has of it.
async fn settle_gone(store: &Store, copy: Option<&Store>, gone: Vec<PayloadId>, copies: &mut Copies<'_>) -> Result<()> {
    let replaced = store.payloads_without_row(&gone).await?;
    if let Some(copy) = copy.filter(|_| !replaced.is_empty()) {
        copy.forget_uploads(&replaced).await?;
    }
    for id in gone.into_iter().filter(|id| !replaced.contains(id)) {
        copies.missing(id);
    }
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
            "The master keys {} are NOT in the backup, and nothing opens without them: keep certs/ elsewhere, or use \
             --with-keys.",
            manifest.master_keys.join(", ")
        );
    }
    for id in &manifest.missing {
        println!("payload {id} is missing and could not be backed up: see `claimgate store check`");
    }
    for id in &manifest.damaged {
        println!("payload {id} is damaged where it stands: see `claimgate store check`");
    }
    if !manifest.missing.is_empty() || !manifest.damaged.is_empty() {
        eprintln!("Of these the backup keeps the copy of an earlier run, where it has one.");
        return SOMETHING_WRONG;
    }
    NOTHING_WRONG
}
