//! Over HTTPS: one request with the delivery's id as its `Idempotency-Key`. Its repeat is the look: a payer
//! that has the file says so (2xx or 409) and takes it once.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};

use super::insist::insist;
use super::send::{Arrival, Begun, Trouble, unreadable};
use crate::domain::{CrashPoint, error_chain, passing};
use crate::link::https_client::{HttpsClient, Outgoing};
use crate::link::trouble::{LinkError, Verdict};
use crate::partner::endpoint::HttpsEndpoint;
use crate::pipeline::lines::https_target;
use crate::pipeline::{Gateway, StageError};
use crate::store::PayloadReader;
use crate::store::attempts::Taken;
use crate::store::deliveries::Doubtful;

const CONTENT_TYPE: &str = "application/edi-x12";
const PIECE_BYTES: usize = 256 * 1024;
/// Pieces that are read ahead of the connection.
const PIECES_AHEAD: usize = 2;
const CONFLICT: u16 = 409;

pub(super) async fn begin(
    gateway: &Arc<Gateway>,
    endpoint: &HttpsEndpoint,
    taken: &Taken,
) -> Result<Begun, StageError> {
    let delivery = &taken.delivery;
    let target = match https_target(endpoint) {
        Ok(target) => target,
        Err(error) => return Ok(Err(Trouble::for_support(error_chain(&error), delivery.doubtful)).into()),
    };
    let client = match HttpsClient::new(&target) {
        Ok(client) => client,
        Err(error) => return Ok(Err(Trouble::of_link(&error, delivery.doubtful)).into()),
    };
    let payload = match gateway.open_payload(delivery.payload_id).await {
        Ok(payload) => payload,
        Err(error) => return unreadable(error, delivery.doubtful),
    };
    let outgoing = Outgoing::Stream { pieces: pieces(payload), bytes: delivery.bytes };
    insist(gateway, || gateway.store.begin_second_half(taken)).await?;
    passing(CrashPoint::SecondHalf);
    let (key, name, doubtful) = (delivery.id.to_string(), delivery.file_name.clone(), delivery.doubtful);
    let handing = async move {
        let headers = [("Idempotency-Key", key.as_str()), ("X-File-Name", name.as_str())];
        let answered = client.post("", outgoing, CONTENT_TYPE, &headers).await;
        passing(CrashPoint::FileHanded);
        Ok(match answered {
            Ok(_) => Ok(Arrival::Sent),
            Err(LinkError::HttpStatus { status: CONFLICT, .. }) if doubtful != Doubtful::No => {
                Ok(Arrival::Found { how: "the payer says that it has it already" })
            }
            Err(error) => {
                let doubtful = match error.verdict() {
                    Verdict::Retry | Verdict::Support => doubtful,
                    Verdict::LookThenRetry => Doubtful::MayHaveArrived,
                };
                Err(Trouble::of_link(&error, doubtful))
            }
        })
    };
    Ok(Begun::Handing(handing.boxed()))
}

/// The payload piece by piece, opened off the runtime's threads; an error ends it, and the request with it.
fn pieces(mut payload: PayloadReader) -> BoxStream<'static, io::Result<Bytes>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(PIECES_AHEAD);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            let read = (&mut payload).take(PIECE_BYTES as u64).read_to_end(&mut piece);
            let last = !matches!(read, Ok(bytes) if bytes > 0);
            let sent = match read {
                Ok(0) => Ok(()),
                Ok(_) => sender.blocking_send(Ok(Bytes::from(piece))),
                Err(error) => sender.blocking_send(Err(error)),
            };
            // Nobody listens any more when the request ended early.
            if last || sent.is_err() {
                return;
            }
        }
    });
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) }).boxed()
}
