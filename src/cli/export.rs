//! `claimgate export --partner NAME --to DIR`: all that the gateway holds of a submitter. Its files as they came, its
//! claims as JSON lines with their timelines and payments, what was found in its files, and every file of its mailbox;
//! nothing of any other submitter. Files that an earlier run left whole are kept, the lists are written anew, and what
//! was purged since goes from the folder too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::args::ExportArgs;
use super::files::{FileFacts, LineFile, digest_of, hex, is_inside, make_folder, save, write_durably};
use super::key::write_audit;
use super::{Faults, NOTHING_WRONG, SOMETHING_WRONG, on_store};
use crate::api::claim_document;
use crate::daemon::open::open_payloads;
use crate::domain::clock::rfc3339;
use crate::domain::error_chain;
use crate::domain::ids::PayloadId;
use crate::partner::{Config, Partners};
use crate::store::mail::MailRow;
use crate::store::search::ClaimQuery;
use crate::store::submissions::SubmissionRow;
use crate::store::{PayloadStore, Store};

/// Rows read at one time.
const PAGE: u32 = 500;
const MANIFEST: &str = "manifest.json";
/// Stands there until the manifest does.
const UNFINISHED: &str = "unfinished.json";

pub fn run(args: &ExportArgs, config: &Config) -> Result<ExitCode> {
    on_store(config, async |store, now| {
        let partners = Partners::load(config).map_err(Faults)?;
        if partners.payer(&args.partner).is_some() {
            bail!("{} is a payer: an export holds what a submitter sent and got", args.partner);
        }
        let known = partners.submitter(&args.partner).is_some();
        if !known && store.submissions(Some(&args.partner), None, 1).await?.is_empty() {
            bail!("there is no submitter {}: see `claimgate partner list`", args.partner);
        }
        let earlier = begin(&args.to, &args.partner)?;
        // Before anything leaves.
        write_audit(store, "partner.export", &args.partner, now).await?;
        let mut export = Export {
            store,
            payloads: &open_payloads(config)?,
            partner: &args.partner,
            folder: &args.to,
            files: BTreeMap::new(),
            missing: Vec::new(),
        };
        export.all(&earlier, now).await
    })
}

/// What an export says of itself; all of it when it is finished.
#[derive(Deserialize)]
struct Earlier {
    partner: String,
    #[serde(default)]
    files: BTreeMap<String, FileFacts>,
}

/// The files of an earlier export into the folder. A folder that holds anything but an export of this submitter, whole
/// or cut short, is refused: whoever gets it gets all that is in it.
fn begin(folder: &Path, partner: &str) -> Result<BTreeSet<String>> {
    let at = folder.display();
    make_folder(folder).with_context(|| format!("the folder {at} cannot be made"))?;
    let mut earlier = BTreeSet::new();
    let mut is_export = false;
    for name in [MANIFEST, UNFINISHED] {
        let bytes = match fs::read(folder.join(name)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).context(format!("{name} in {at} cannot be read")),
        };
        let told: Earlier =
            serde_json::from_slice(&bytes).with_context(|| format!("{name} in {at} is not that of an export"))?;
        if told.partner != partner {
            bail!("{at} holds an export of {}: name another folder", told.partner);
        }
        earlier.extend(told.files.into_keys().filter(|name| is_inside(name)));
        is_export = true;
    }
    let mut entries = fs::read_dir(folder).with_context(|| format!("{at} cannot be read"))?;
    if !is_export && entries.next().is_some() {
        bail!("{at} is not empty and holds no export: name another folder");
    }
    let begun = serde_json::to_vec_pretty(&json!({"partner": partner, "files": {}}))?;
    write_durably(&folder.join(UNFINISHED), &begun).with_context(|| format!("{UNFINISHED} cannot be written"))?;
    Ok(earlier)
}

struct Export<'a> {
    store: &'a Store,
    payloads: &'a PayloadStore,
    partner: &'a str,
    folder: &'a Path,
    /// By name in the folder.
    files: BTreeMap<String, FileFacts>,
    missing: Vec<String>,
}

impl Export<'_> {
    async fn all(&mut self, earlier: &BTreeSet<String>, now: i64) -> Result<ExitCode> {
        let (submissions, findings) = self.submissions().await?;
        let claims = self.claims().await?;
        let mail = self.mailbox().await?;
        let manifest = json!({
            "made_by": concat!("claimgate ", env!("CARGO_PKG_VERSION")),
            "partner": self.partner,
            "taken_at": rfc3339(now),
            "counts": {"submissions": submissions, "claims": claims, "findings": findings, "mailbox_files": mail},
            "missing": self.missing,
            "files": self.files,
        });
        write_durably(&self.folder.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)
            .with_context(|| format!("{MANIFEST} cannot be written"))?;
        // Purged since.
        let gone = earlier.iter().filter(|name| !self.files.contains_key(*name)).map(String::as_str);
        for name in gone.chain([UNFINISHED]) {
            match fs::remove_file(self.folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).context(format!("{name} of an earlier export cannot be taken away"));
                }
                Ok(()) | Err(_) => {}
            }
        }
        println!("{submissions} submissions, {claims} claims, {findings} findings, {mail} mailbox files.");
        self.missing.iter().for_each(|problem| println!("{problem}"));
        Ok(if self.missing.is_empty() { NOTHING_WRONG } else { SOMETHING_WRONG })
    }

    /// Each file with its row, its findings and its acknowledgements.
    async fn submissions(&mut self) -> Result<(u64, u64)> {
        let (mut rows, mut found) = (self.lines("submissions.jsonl")?, self.lines("findings.jsonl")?);
        let (mut count, mut findings, mut before) = (0, 0, None);
        loop {
            let page = self.store.submissions(Some(self.partner), before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            for row in page {
                rows.line(&told(&row))?;
                findings += self.findings(&row, &mut found).await?;
                // A purged one has no bytes any more; its row says what it was.
                if row.payload_id.0 != 0 {
                    self.file(&format!("submissions/{}.837", row.id), row.payload_id).await?;
                }
                for mail in self.store.mail_of_submission(row.id).await? {
                    self.letter(&mail).await?;
                }
                count += 1;
            }
        }
        self.finish("submissions.jsonl", rows)?;
        self.finish("findings.jsonl", found)?;
        Ok((count, findings))
    }

    async fn findings(&self, row: &SubmissionRow, lines: &mut LineFile) -> Result<u64> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.store.findings_of_submission(row.id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(last.ordinal);
            for found in page {
                let claim = found.claim_id.map(|id| id.to_string());
                lines.line(&json!({"submission": row.id.to_string(), "claim": claim, "finding": found.finding}))?;
                count += 1;
            }
        }
    }

    async fn claims(&mut self) -> Result<u64> {
        let (mut lines, mut count, mut before) = (self.lines("claims.jsonl")?, 0, None);
        loop {
            let query =
                ClaimQuery { partner: Some(self.partner.to_string()), before, limit: PAGE, ..ClaimQuery::default() };
            let page = self.store.search_claims(&query).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            for claim in page {
                if let Some(document) = claim_document(self.store, claim.id).await? {
                    lines.line(&document)?;
                    count += 1;
                }
            }
        }
        self.finish("claims.jsonl", lines)?;
        Ok(count)
    }

    /// What stands in the mailbox; what stands beside it came with the submissions. How many files it is of both.
    async fn mailbox(&mut self) -> Result<usize> {
        let mut after = None;
        loop {
            let page = self.store.list_mail(self.partner, after, None, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for mail in &page {
                self.letter(mail).await?;
            }
        }
        Ok(self.files.keys().filter(|name| name.starts_with("mailbox/")).count())
    }

    async fn letter(&mut self, mail: &MailRow) -> Result<()> {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        let file_name: String = mail.file_name.chars().map(plain).collect();
        self.file(&format!("mailbox/{}/{}-{file_name}", mail.kind.as_str(), mail.id), mail.payload_id).await
    }

    /// A file that cannot be read is told and left out; the others go on.
    async fn file(&mut self, name: &str, id: PayloadId) -> Result<()> {
        if self.files.contains_key(name) {
            return Ok(());
        }
        let in_row = self.store.small_payload(id).await?;
        let mut reader = match self.payloads.open_stored(id, in_row) {
            Ok(reader) => reader,
            Err(error) => {
                self.missing.push(format!("{name}: {}", error_chain(&error)));
                return Ok(());
            }
        };
        let path = self.folder.join(name);
        let facts = match digest_of(&path) {
            Ok(there) if there.sha256 == hex(&reader.sha256()) => there,
            Ok(_) | Err(_) => match save(&mut Reading(&mut reader), &path) {
                Ok(facts) => facts,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.missing.push(format!("{name}: {error}"));
                    return Ok(());
                }
                Err(error) => return Err(error).context(format!("{name} cannot be written")),
            },
        };
        self.files.insert(name.to_string(), facts);
        Ok(())
    }

    fn lines(&self, name: &str) -> Result<LineFile> {
        LineFile::create(&self.folder.join(name)).with_context(|| format!("{name} cannot be written"))
    }

    fn finish(&mut self, name: &str, lines: LineFile) -> Result<()> {
        let facts = lines.finish().with_context(|| format!("{name} cannot be written"))?;
        self.files.insert(name.to_string(), facts);
        Ok(())
    }
}

/// Tells trouble with the payload from trouble with the file it is copied to.
struct Reading<'a, R>(&'a mut R);

impl<R: io::Read> io::Read for Reading<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

fn told(row: &SubmissionRow) -> Value {
    let counts = row.counts;
    json!({
        "id": row.id.to_string(),
        "file_name": row.file_name,
        "received_at": rfc3339(row.received_at),
        "sha256": hex(&row.sha256),
        "bytes": row.bytes,
        "claims": counts.claims,
        "accepted_claims": counts.accepted,
        "rejected_claims": counts.rejected,
        "charge": counts.charge,
        "refused": row.refused,
    })
}
