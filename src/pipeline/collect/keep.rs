//! Keeps a payer's file: its bytes durable, its row committed, then the nudge.

use std::sync::Arc;

use crate::domain::ids::InboundId;
use crate::domain::{CrashPoint, passing};
use crate::partner::PartnerName;
use crate::pipeline::gateway::discard;
use crate::pipeline::{Gateway, Stage, StageError};
use crate::store::Sealed;
use crate::store::inbound::{InboundChannel, NewInbound, Recorded, Seen};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    New(InboundId),
    /// The same bytes came before, as this file.
    Repeat(InboundId),
}

/// Keeps bytes that a payer hands in. When this returns they are durable.
pub async fn keep(
    gateway: &Arc<Gateway>,
    payer: &PartnerName,
    channel: InboundChannel,
    file_name: &str,
    bytes: Vec<u8>,
) -> Result<Kept, StageError> {
    let sealed = gateway.seal(bytes).await?;
    keep_sealed(gateway, payer, channel, file_name, sealed, None).await
}

/// The same for bytes that are sealed already; `seen` says where they stood.
pub(super) async fn keep_sealed(
    gateway: &Arc<Gateway>,
    payer: &PartnerName,
    channel: InboundChannel,
    file_name: &str,
    sealed: Sealed,
    seen: Option<Seen>,
) -> Result<Kept, StageError> {
    let new = NewInbound {
        id: gateway.draw_id(),
        partner: payer.to_string(),
        channel,
        file_name: file_name.to_string(),
        received_at: gateway.clock.now_ms(),
        payload: sealed,
        seen,
    };
    passing(CrashPoint::AnswerFetched);
    let recorded = gateway.store.add_inbound(&new).await?;
    passing(CrashPoint::AnswerKept);
    metrics::counter!("claimgate_inbound_files_total", "channel" => channel.as_str()).increment(1);
    match recorded {
        Recorded::New(id) => {
            tracing::info!(inbound = %id, payer = %payer, bytes = new.payload.bytes, "a payer's file is kept");
            gateway.nudges.nudge(Stage::Correlate);
            Ok(Kept::New(id))
        }
        Recorded::Repeat { of } => {
            discard(gateway, new.payload.id).await;
            tracing::info!(inbound = %new.id, first = %of, payer = %payer, "a payer's file came again");
            Ok(Kept::Repeat(of))
        }
    }
}
