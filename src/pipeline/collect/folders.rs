//! Collects from a payer's SFTP folders: list, fetch what is new, keep it, then clear it there.

use std::sync::Arc;

use super::catch::Catch;
use super::keep::keep_sealed;
use super::plan::{Look, Step, failed_file, is_of_one_file, is_ready, step, too_large};
use super::run::{Fetched, LookError};
use crate::domain::ids::{InboundId, PayloadId};
use crate::domain::{CrashPoint, passing};
use crate::link::remote_files::RemoteFiles;
use crate::link::sftp_client::RemoteFile;
use crate::link::trouble::LinkError;
use crate::partner::Payer;
use crate::partner::endpoint::{AfterCollect, SftpEndpoint};
use crate::pipeline::gateway::blocking;
use crate::pipeline::lines::sftp_target;
use crate::pipeline::{Gateway, StageError};
use crate::store::inbound::{InboundChannel, Seen};
use crate::store::{PayloadError, PayloadStore, Sealed};

pub(super) async fn collect(
    gateway: &Arc<Gateway>,
    payer: &Payer,
    endpoint: &SftpEndpoint,
) -> Result<Fetched, LookError> {
    let target = sftp_target(endpoint);
    let (folders, dial) = (endpoint.collect_from.clone(), gateway.lines.dial());
    let (mut client, listed) = blocking(move || -> Result<_, LinkError> {
        let client = dial(&target)?;
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
        let step = step(&file, &known);
        if let Some(told) = too_large(&file, gateway.config.intake.bytes_max).filter(|_| step == Step::Fetch) {
            fetched.failed.push(told);
            continue;
        }
        let (back, done) = serve(gateway, payer, endpoint, client, &file, step).await?;
        client = back;
        match done {
            Ok(Taken::Now) => fetched.files += 1,
            Ok(Taken::Later) => {}
            // The next files may be better.
            Err(error) if is_of_one_file(&error) => fetched.failed.push(failed_file(&error, &file.remote_path)),
            Err(error) => return Err(error.into()),
        }
    }
    fetched.or_trouble()
}

/// Whether a file was fetched and kept in this look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Now,
    /// It is left for a later look, or was taken before.
    Later,
}

/// A call on the connection, which comes back whatever became of the call. The outer error is our own trouble.
type Called<T> = Result<(Box<dyn RemoteFiles>, Result<T, LinkError>), LookError>;

/// Fetches a file and keeps it, or does at the payer what is still to be done about it there.
async fn serve(
    gateway: &Arc<Gateway>,
    payer: &Payer,
    endpoint: &SftpEndpoint,
    client: Box<dyn RemoteFiles>,
    file: &Seen,
    step: Step,
) -> Called<Taken> {
    match step {
        Step::Nothing => Ok((client, Ok(Taken::Later))),
        Step::Clear => {
            let (client, cleared) = clear(gateway, payer, endpoint, client, file).await?;
            Ok((client, cleared.map(|()| Taken::Later)))
        }
        Step::Fetch => {
            let (client, taken) = fetch(gateway, payer, client, file).await?;
            match taken {
                Ok(Taken::Now) => {
                    let (client, cleared) = clear(gateway, payer, endpoint, client, file).await?;
                    Ok((client, cleared.map(|()| Taken::Now)))
                }
                Ok(Taken::Later) | Err(_) => Ok((client, taken)),
            }
        }
    }
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

/// Reads a file and keeps it.
async fn fetch(gateway: &Arc<Gateway>, payer: &Payer, client: Box<dyn RemoteFiles>, file: &Seen) -> Called<Taken> {
    let (payloads, id) = (gateway.payloads.clone(), gateway.draw_id());
    let (path, bytes) = (file.remote_path.clone(), file.bytes);
    let (client, read) = blocking(move || match read_whole(&*client, &payloads, id, &path, bytes) {
        Ok(read) => Ok((client, Ok(read))),
        Err(LookError::Link(error)) => Ok((client, Err(error))),
        Err(other) => Err(other),
    })
    .await??;
    let read = match read {
        Ok(read) => read,
        Err(error) => return Ok((client, Err(error))),
    };
    let (partner, now) = (payer.id.as_str(), gateway.clock.now_ms());
    let Read::Whole(sealed, look) = read else {
        gateway.store.glimpse(partner, file, now).await?;
        return Ok((client, Ok(Taken::Later)));
    };
    let since = match look {
        Look::Whole => now,
        Look::PerhapsNot => gateway.store.glimpse(partner, file, now).await?,
    };
    if !is_ready(look, since, now) {
        discard(gateway, sealed).await?;
        return Ok((client, Ok(Taken::Later)));
    }
    let name = file.remote_path.rsplit('/').next().unwrap_or(&file.remote_path);
    keep_sealed(gateway, &payer.id, InboundChannel::Sftp, name, sealed, Some(file.clone())).await?;
    gateway.store.forget_glimpse(partner, &file.remote_path).await?;
    Ok((client, Ok(Taken::Now)))
}

fn read_whole(
    client: &dyn RemoteFiles,
    payloads: &PayloadStore,
    id: PayloadId,
    path: &str,
    bytes: i64,
) -> Result<Read, LookError> {
    let mut catch = Catch::begin(payloads, id);
    if let Err(error) = client.get(path, &mut catch) {
        return Err(catch.failure().map_or(LookError::Link(error), LookError::from));
    }
    let size = client.stat(path)?.and_then(|size| i64::try_from(size).ok());
    let (sealed, look) = catch.finish()?;
    if size == Some(bytes) && i64::try_from(sealed.bytes) == Ok(bytes) {
        return Ok(Read::Whole(sealed, look));
    }
    payloads.discard(sealed.id)?;
    Ok(Read::Changing)
}

async fn discard(gateway: &Gateway, sealed: Sealed) -> Result<(), StageError> {
    let payloads = gateway.payloads.clone();
    blocking(move || payloads.discard(sealed.id)).await?.map_err(|error: PayloadError| error.into())
}

/// Does at the payer what its file says to do with what is kept here. A file that was replaced meanwhile is another
/// file, and stays for the next look.
async fn clear(
    gateway: &Gateway,
    payer: &Payer,
    endpoint: &SftpEndpoint,
    client: Box<dyn RemoteFiles>,
    file: &Seen,
) -> Called<()> {
    let (there, after, aside) = (file.clone(), endpoint.after_collect.clone(), gateway.draw_id::<InboundId>());
    let (client, cleared) = blocking(move || {
        let cleared = clear_there(&*client, &there, &after, aside);
        (client, cleared)
    })
    .await?;
    match cleared {
        Ok(Cleared::Done) => {
            passing(CrashPoint::AnswerCleared);
            gateway.store.mark_cleared(payer.id.as_str(), file).await?;
            Ok((client, Ok(())))
        }
        Ok(Cleared::Replaced) => Ok((client, Ok(()))),
        Err(error) => Ok((client, Err(error))),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cleared {
    /// Also when it is gone already.
    Done,
    Replaced,
}

/// `aside` makes a name of its own for a file that is moved to where one of its name is already.
pub(super) fn clear_there(
    client: &dyn RemoteFiles,
    file: &Seen,
    after: &AfterCollect,
    aside: InboundId,
) -> Result<Cleared, LinkError> {
    if *after == AfterCollect::Leave {
        return Ok(Cleared::Done);
    }
    let path = &file.remote_path;
    match client.look(path)? {
        Some(there) if is_as_seen(&there, file) => {}
        Some(_) => return Ok(Cleared::Replaced),
        None => return Ok(Cleared::Done),
    }
    match after {
        AfterCollect::Leave => {}
        AfterCollect::Delete => client.remove(path)?,
        AfterCollect::Move(folder) => {
            let name = path.rsplit('/').next().unwrap_or(path);
            let mut to = format!("{}/{name}", folder.trim_end_matches('/'));
            if client.stat(&to)?.is_some() {
                to = format!("{to}.{aside}");
            }
            client.rename(path, &to)?;
        }
    }
    Ok(Cleared::Done)
}

/// Of the same size and, where the server tells it, of the same time.
fn is_as_seen(there: &RemoteFile, file: &Seen) -> bool {
    let modified = there.modified.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0);
    let is_of_its_time = file.modified_at == 0 || modified == 0 || modified == file.modified_at;
    i64::try_from(there.bytes) == Ok(file.bytes) && is_of_its_time
}
