//! One attempt: over the line that the payer's file names, judged when it fails.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{by_https, by_sftp};
use crate::domain::error_chain;
use crate::link::trouble::{LinkError, Verdict, Width};
use crate::partner::{Endpoint, Payer};
use crate::pipeline::{Gateway, StageError};
use crate::store::PayloadError;
use crate::store::attempts::{Reach, Taken};
use crate::store::deliveries::Doubtful;

/// How the file came to be at the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Sent,
    /// An earlier attempt had arrived.
    Found {
        how: &'static str,
    },
}

/// An attempt that failed, judged.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub verdict: Verdict,
    pub reach: Reach,
    pub doubtful: Doubtful,
    /// For support staff.
    pub detail: String,
    /// For the log, with all causes.
    pub log: String,
    /// How long the payer wants to be left alone.
    pub asked: Option<Duration>,
}

impl Trouble {
    pub fn of_link(error: &LinkError, doubtful: Doubtful) -> Trouble {
        let reach = match error.width() {
            Width::File => Reach::ThisDelivery,
            Width::Payer | Width::Gateway => Reach::ThisPayer,
        };
        Trouble {
            verdict: error.verdict(),
            reach,
            doubtful,
            detail: error.for_console(),
            log: error_chain(error),
            asked: error.retry_after_seconds().map(Duration::from_secs),
        }
    }

    /// Only a person can tell what to do.
    pub fn for_support(detail: String, doubtful: Doubtful) -> Trouble {
        let log = detail.clone();
        Trouble { verdict: Verdict::Support, reach: Reach::ThisDelivery, doubtful, detail, log, asked: None }
    }
}

/// A file that is lost or damaged here is for a person; any other trouble with reading it may pass.
pub(super) fn unreadable(error: StageError, doubtful: Doubtful) -> Result<Begun, StageError> {
    let StageError::Payload(error) = error else { return Err(error) };
    match error {
        lost @ (PayloadError::Missing { .. } | PayloadError::Damaged { .. } | PayloadError::OtherKey { .. }) => {
            let detail = format!("the file to send cannot be read here: {lost}. Restore it from a backup, then retry");
            Ok(Err(Trouble::for_support(detail, doubtful)).into())
        }
        other @ (PayloadError::Url { .. }
        | PayloadError::MasterKey { .. }
        | PayloadError::MasterKeyForm { .. }
        | PayloadError::Folder { .. }
        | PayloadError::NewMasterKey { .. }
        | PayloadError::Bucket { .. }
        | PayloadError::BackupUnderWay
        | PayloadError::RemovalUnderWay
        | PayloadError::ReadOnly { .. }
        | PayloadError::Write { .. }
        | PayloadError::DiskFull { .. }
        | PayloadError::Read { .. }) => Err(StageError::Payload(other)),
    }
}

pub(super) type Ended = Result<Arrival, Trouble>;

/// What the first half of an attempt comes to.
pub(super) enum Begun {
    Ended(Ended),
    /// It is recorded that the payer may have the file from now on. An error: nobody knows what came of it.
    Handing(BoxFuture<'static, Result<Ended, StageError>>),
}

impl From<Ended> for Begun {
    fn from(ended: Ended) -> Begun {
        Begun::Ended(ended)
    }
}

/// The first half. An error is our own store's or payloads'; the attempt has no result then, and the next looks first.
pub(super) async fn begin(gateway: &Arc<Gateway>, payer: Option<&Payer>, taken: &Taken) -> Result<Begun, StageError> {
    let delivery = &taken.delivery;
    let Some(payer) = payer else {
        let gone = format!("no partner file has the payer {}: put its file back, then retry", delivery.partner);
        return Ok(Err(Trouble::for_support(gone, delivery.doubtful)).into());
    };
    if delivery.doubtful != Doubtful::No && gateway.store.batch_is_answered(delivery.batch_id).await? {
        return Ok(Ok(ANSWERED).into());
    }
    match &payer.endpoint {
        Endpoint::Sftp(endpoint) => by_sftp::begin(gateway, endpoint, taken).await,
        Endpoint::Https(endpoint) => by_https::begin(gateway, endpoint, taken).await,
        Endpoint::Hosted(_) => {
            let hosted = format!(
                "{} fetches its files from us now, and this one was made to be sent: set endpoint.type back, retry, \
                 then change it",
                payer.id
            );
            Ok(Err(Trouble::for_support(hosted, delivery.doubtful)).into())
        }
    }
}

pub(super) const ANSWERED: Arrival = Arrival::Found { how: "the payer has answered it" };
