//! Over SFTP: a look, the file under a hidden name, then the rename by which the payer gets it.

use std::sync::Arc;

use futures_util::FutureExt;

use super::insist::insist;
use super::send::{Arrival, Begun, Ended, Trouble, unreadable};
use crate::domain::{CrashPoint, passing};
use crate::link::remote_files::RemoteFiles;
use crate::link::trouble::LinkError;
use crate::partner::endpoint::SftpEndpoint;
use crate::pipeline::gateway::blocking;
use crate::pipeline::lines::sftp_target;
use crate::pipeline::{Gateway, StageError};
use crate::store::PayloadReader;
use crate::store::attempts::Taken;
use crate::store::deliveries::{Delivery, Doubtful};

/// What the first half of an attempt leaves.
enum Half {
    /// The whole file waits under its hidden name.
    Ready(Box<dyn RemoteFiles>),
    Ended(Ended),
}

#[derive(Debug, thiserror::Error)]
enum FirstHalfError {
    #[error("the file could not be put")]
    Link(#[from] LinkError),
    #[error("the file could not be opened here")]
    Ours(#[from] StageError),
}

pub(super) async fn begin(gateway: &Arc<Gateway>, endpoint: &SftpEndpoint, taken: &Taken) -> Result<Begun, StageError> {
    let places = Places::of(endpoint, &taken.delivery);
    let (target, delivery) = (sftp_target(endpoint), taken.delivery.clone());
    let (opener, dial) = (gateway.opener(), gateway.lines.dial());
    let first = {
        let places = places.clone();
        blocking(move || {
            let client = dial(&target)?;
            first_half(client, &places, &delivery, || opener.open(delivery.payload_id))
        })
        .await?
    };
    let client = match first {
        Ok(Half::Ready(client)) => client,
        Ok(Half::Ended(ended)) => return Ok(ended.into()),
        Err(FirstHalfError::Ours(error)) => return unreadable(error, taken.delivery.doubtful),
        Err(FirstHalfError::Link(error)) => {
            return Ok(Err(Trouble::of_link(&error, taken.delivery.doubtful)).into());
        }
    };
    passing(CrashPoint::FilePut);
    insist(gateway, || gateway.store.begin_second_half(taken)).await?;
    passing(CrashPoint::SecondHalf);
    let handing = async move {
        let renamed = blocking(move || client.rename(&places.hidden, &places.last)).await?;
        passing(CrashPoint::FileHanded);
        Ok(match renamed {
            Ok(()) => Ok(Arrival::Sent),
            Err(error) => Err(Trouble::of_link(&error, Doubtful::MayHaveArrived)),
        })
    };
    Ok(Begun::Handing(handing.boxed()))
}

/// Where the file stands at the payer, before and after it counts.
#[derive(Clone)]
struct Places {
    folder: String,
    hidden_name: String,
    hidden: String,
    last: String,
}

impl Places {
    fn of(endpoint: &SftpEndpoint, delivery: &Delivery) -> Places {
        let folder = endpoint.upload_to.trim_end_matches('/').to_string();
        let hidden_name = format!(".{}.part", delivery.file_name);
        Places {
            hidden: format!("{folder}/{hidden_name}"),
            last: format!("{folder}/{}", delivery.file_name),
            hidden_name,
            folder,
        }
    }
}

/// Looks what earlier attempts left, and puts the whole file under its hidden name.
fn first_half(
    client: Box<dyn RemoteFiles>,
    places: &Places,
    delivery: &Delivery,
    open: impl FnOnce() -> Result<PayloadReader, StageError>,
) -> Result<Half, FirstHalfError> {
    match client.stat(&places.last)? {
        Some(bytes) if bytes == delivery.bytes => {
            return Ok(Half::Ended(Ok(Arrival::Found { how: "it was at the payer already, with its whole size" })));
        }
        Some(bytes) => {
            let differs = format!(
                "the payer's server has a {} of {bytes} bytes, ours has {}: ask the payer what became of it; to have it \
                 sent again, let them remove it and retry",
                places.last, delivery.bytes
            );
            return Ok(Half::Ended(Err(Trouble::for_support(differs, delivery.doubtful))));
        }
        None => {}
    }
    match client.stat(&places.hidden)? {
        // Whole, as it got this name only after it was measured; its rename never happened.
        Some(bytes) if bytes == delivery.bytes => return Ok(Half::Ready(client)),
        Some(_) => client.remove(&places.hidden)?,
        None if delivery.doubtful == Doubtful::MayHaveArrived => {
            let gone = format!(
                "the connection was lost while {} got its final name, and it is no longer at the payer's server: most \
                 likely the payer took it. When the payer answers it, it counts as sent; if the payer says that they do \
                 not have it, retry",
                delivery.file_name
            );
            return Ok(Half::Ended(Err(Trouble::for_support(gone, Doubtful::ToldToSupport))));
        }
        None => {}
    }
    client.put(&mut open()?, &places.folder, &places.hidden_name, delivery.bytes)?;
    Ok(Half::Ready(client))
}
