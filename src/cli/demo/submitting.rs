//! What the demo's billing company hands in: batches made up on the spot, or files given to it.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::domain::ClaimKind;
use crate::link::https_client::{HttpsClient, HttpsTarget, Outgoing};
use crate::link::sftp_client::{SftpClient, SftpTarget};
use crate::pipeline::Gateway;
use crate::pipeline::gateway::blocking;
use crate::simulator::answers;
use crate::simulator::claims::Batch;
use crate::simulator::world::{Cast, HTTPS_PAYER, SFTP_PAYER, SUBMITTER, World};
use crate::store::keys::new_key_text;

pub(super) struct Batches {
    files: Vec<(String, Vec<u8>)>,
    pub claims: i64,
    /// How many were spoiled on purpose; unknown of files that were given.
    pub spoiled: Option<i64>,
    pub cast: Cast,
}

/// All three kinds, a few claims of each spoiled.
pub(super) fn made_up(claims: u32, seed: u64) -> Batches {
    let shares = [(ClaimKind::Professional, 60), (ClaimKind::Institutional, 25), (ClaimKind::Dental, 15)];
    let mut batches = Batches { files: Vec::new(), claims: 0, spoiled: Some(0), cast: Cast::default() };
    let mut left = claims;
    for (kind, percent) in shares {
        let share = if kind == ClaimKind::Dental { left } else { (claims * percent / 100).min(left) };
        left -= share;
        if share == 0 {
            continue;
        }
        let mut batch = Batch::new(kind, share as usize, seed, jiff::Zoned::now().date());
        batch.payer_ids = vec![SFTP_PAYER.1.to_string(), HTTPS_PAYER.1.to_string()];
        batch.defects_per_mille = Some(30);
        let (bytes, summary) = batch.to_bytes();
        batches.claims += summary.claims as i64;
        batches.spoiled = batches.spoiled.map(|spoiled| spoiled + summary.spoiled.len() as i64);
        batches.files.push((format!("demo_{}.837", kind.as_str().to_lowercase()), bytes));
    }
    batches
}

/// Files as they are. Who sends them, to whom, and for which payers is read from them, and the demo's
/// partners are set up so.
pub(super) fn of_files(paths: &[PathBuf]) -> Result<Batches> {
    let mut batches = Batches { files: Vec::new(), claims: 0, spoiled: None, cast: Cast::default() };
    let mut payer_ids = BTreeSet::new();
    let mut envelope = None;
    for path in paths {
        let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let interchanges = answers::read(&bytes);
        ensure!(!interchanges.is_empty(), "{} holds no X12: it must begin with ISA", path.display());
        for received in interchanges {
            let here = (received.sender.clone(), received.receiver.clone(), received.usage.clone());
            let first = envelope.get_or_insert_with(|| here.clone());
            ensure!(
                *first == here,
                "{}: the demo's files come from one sender to one receiver, test or production alike (ISA05 to ISA08, ISA15)",
                path.display()
            );
            for claim in received.groups.iter().flat_map(|g| &g.transactions).flat_map(|t| &t.claims) {
                batches.claims += 1;
                payer_ids.insert(claim.payer_id.clone());
            }
        }
        let name = path.file_name().map_or_else(|| "file.837".into(), |name| name.to_string_lossy().into_owned());
        batches.files.push((name, bytes));
    }
    if let Some((from, to, usage)) = envelope {
        batches.cast = Cast { submitter: from, gateway: to, usage, ..batches.cast };
    }
    // In turn, so that both payers have something to do.
    for (place, id) in payer_ids.into_iter().filter(|id| !id.is_empty()).enumerate() {
        let ids = if place % 2 == 0 { &mut batches.cast.sftp_payer_ids } else { &mut batches.cast.https_payer_ids };
        ids.push(id);
    }
    Ok(batches)
}

/// The first file over SFTP, the others over HTTPS.
pub(super) async fn hand_in(gateway: &Gateway, world: &World, batches: &Batches) -> Result<()> {
    let key = new_key_text();
    gateway.store.add_key(gateway.draw_id(), SUBMITTER, &key, gateway.clock.now_ms()).await?;
    let url = format!("https://localhost:{}", world.ports.https);
    let target = HttpsTarget { ca: Some(world.ca.clone()), bearer: Some(key), ..HttpsTarget::of(url) };
    let https = HttpsClient::new(&target)?;
    for (place, (name, bytes)) in batches.files.iter().enumerate() {
        if place == 0 {
            over_sftp(gateway, world, name.clone(), bytes.clone()).await?;
            continue;
        }
        let url = format!(
            "/v1/submissions?file_name={}",
            name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "_")
        );
        let answer = https.post(&url, Outgoing::Bytes(bytes.clone().into()), "application/edi-x12", &[]).await?;
        ensure!(answer.status == 202, "the gateway answered {} to {name}", answer.status);
    }
    Ok(())
}

async fn over_sftp(gateway: &Gateway, world: &World, name: String, bytes: Vec<u8>) -> Result<()> {
    let host_key = gateway.config.paths.certs.join("ssh_host_ed25519.pub");
    let host_key =
        std::fs::read_to_string(&host_key).with_context(|| format!("{} cannot be read", host_key.display()))?;
    let target = SftpTarget {
        host: "127.0.0.1".to_string(),
        port: world.ports.sftp,
        user: SUBMITTER.to_string(),
        private_key: world.submitter_key.clone(),
        host_key: host_key.trim().to_string(),
        connect_timeout: Duration::from_secs(10),
        answer_timeout: Duration::from_secs(60),
    };
    blocking(move || {
        let client = SftpClient::connect(&target)?;
        let size = bytes.len() as u64;
        client.put(&mut Cursor::new(bytes), "inbound", &name, size)
    })
    .await??;
    Ok(())
}
