//! Collects from a payer's SFTP folders: list, fetch what is new, keep it, then clear it there.

use std::sync::Arc;

use super::catch::Catch;
use super::keep::keep_sealed;
use super::plan::{Look, Step, is_ready, step};
use super::run::{Fetched, LookError};
use crate::link::sftp_client::{RemoteFile, SftpClient};
use crate::link::trouble::LinkError;
use crate::partner::endpoint::{AfterCollect, SftpEndpoint};
use crate::partner::Payer;
use crate::pipeline::gateway::blocking;
use crate::pipeline::lines::sftp_target;
use crate::pipeline::{Gateway, StageError};
use crate::store::inbound::{InboundChannel, Seen};
use crate::store::{PayloadError, Sealed};

pub(super) async fn collect(
    gateway: &Arc<Gateway>,
    payer: &Payer,
    endpoint: &SftpEndpoint,
) -> Result<Fetched, LookError> {
    let target = sftp_target(endpoint);
    let folders = endpoint.collect_from.clone();
    let (mut client, listed) = blocking(move || -> Result<_, LinkError> {
        let client = SftpClient::connect(&target)?;
        let mut files = Vec::new();
        for folder in &folders {
            files.extend(client.list(folder)?.into_iter().map(|file| seen(folder, file)));
        }
        Ok((client, files))
    })
    .await??;
    let known = gateway.store.collected(payer.id.as_str(), &listed).await?;
    let mut fetched = Fetched::default();
    for file in listed {
        client = match step(&file, &known) {
            Step::Nothing => client,
            Step::Clear => clear(gateway, payer, endpoint, client, &file).await?,
            Step::Fetch => {
                let (client, taken) = fetch(gateway, payer, client, &file).await?;
                if !taken {
                    client
                } else {
                    fetched.files += 1;
                    clear(gateway, payer, endpoint, client, &file).await?
                }
            }
        };
    }
    Ok(fetched)
}

fn seen(folder: &str, file: RemoteFile) -> Seen {
    Seen {
        remote_path: format!("{}/{}", folder.trim_end_matches('/'), file.name),
        bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        modified_at: file.modified.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0),
    }
}

/// What came of reading a file.
enum Read {
    Whole(Sealed, Look),
    /// It grew or shrank while it was read.
    Changing,
}

/// Reads a file and keeps it; `false` when it is left for a later look.
async fn fetch(
    gateway: &Arc<Gateway>,
    payer: &Payer,
    client: SftpClient,
    file: &Seen,
) -> Result<(SftpClient, bool), LookError> {
    let (payloads, id) = (gateway.payloads.clone(), gateway.draw_id());
    let (path, bytes) = (file.remote_path.clone(), file.bytes);
    let (client, read) = blocking(move || -> Result<_, LookError> {
        let mut catch = Catch::begin(&payloads, id)?;
        if let Err(error) = client.get(&path, &mut catch) {
            return Err(catch.failure().map_or(LookError::Link(error), LookError::from));
        }
        let size = client.stat(&path)?.and_then(|size| i64::try_from(size).ok());
        let (sealed, look) = catch.finish()?;
        let unchanged = size == Some(bytes) && i64::try_from(sealed.bytes) == Ok(bytes);
        if unchanged {
            return Ok((client, Read::Whole(sealed, look)));
        }
        payloads.discard(sealed.id)?;
        Ok((client, Read::Changing))
    })
    .await??;
    let (partner, now) = (payer.id.as_str(), gateway.clock.now_ms());
    let Read::Whole(sealed, look) = read else {
        gateway.store.glimpse(partner, file, now).await?;
        return Ok((client, false));
    };
    let since = match look {
        Look::Whole => now,
        Look::PerhapsNot => gateway.store.glimpse(partner, file, now).await?,
    };
    if !is_ready(look, since, now) {
        discard(gateway, sealed).await?;
        return Ok((client, false));
    }
    let name = file.remote_path.rsplit('/').next().unwrap_or(&file.remote_path);
    keep_sealed(gateway, &payer.id, InboundChannel::Sftp, name, sealed, Some(file.clone())).await?;
    gateway.store.forget_glimpse(partner, &file.remote_path).await?;
    Ok((client, true))
}

async fn discard(gateway: &Gateway, sealed: Sealed) -> Result<(), StageError> {
    let payloads = gateway.payloads.clone();
    blocking(move || payloads.discard(sealed.id)).await?.map_err(|error: PayloadError| error.into())
}

/// Does at the payer what its file says to do with what is kept here.
async fn clear(
    gateway: &Gateway,
    payer: &Payer,
    endpoint: &SftpEndpoint,
    client: SftpClient,
    file: &Seen,
) -> Result<SftpClient, LookError> {
    let (path, after) = (file.remote_path.clone(), endpoint.after_collect.clone());
    let client = blocking(move || -> Result<_, LinkError> {
        match after {
            AfterCollect::Leave => {}
            AfterCollect::Delete => client.remove(&path)?,
            AfterCollect::Move(folder) => {
                let name = path.rsplit('/').next().unwrap_or(&path);
                client.rename(&path, &format!("{}/{name}", folder.trim_end_matches('/')))?;
            }
        }
        Ok(client)
    })
    .await??;
    gateway.store.mark_cleared(payer.id.as_str(), file).await?;
    Ok(client)
}
