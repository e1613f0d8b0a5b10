//! Serves each receiver in a task of its own, one thing after another: what comes later waits until what came before
//! was taken or given up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;

use super::body::of_file;
use super::plan::{Next, next};
use super::sign::signature;
use crate::domain::error_chain;
use crate::link::https_client::{HttpsClient, HttpsTarget, Outgoing};
use crate::partner::webhook::Webhook;
use crate::pipeline::under_way::Turn;
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::announcements::{Announcement, OPERATOR};
use crate::store::mail::MailKind;

/// A receiver answers within this, or is asked again later.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Longer than an attempt can take. A gateway that is killed in one goes on as soon as it starts again; only where another
/// takes over, over PostgreSQL, does that wait for the end of it.
const LEASE: Duration = Duration::from_secs(90);
/// Files written down at a time.
const FILES_PER_READ: u32 = 100;
/// What is read of an answer, which says nothing to us.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Characters kept of why an attempt failed.
const DETAIL_CHARACTERS_MAX: usize = 300;

/// Who is told, and of what.
#[derive(Clone)]
struct Receiver {
    name: String,
    webhook: Webhook,
    kinds: Vec<MailKind>,
}

/// Begins to serve the receivers that are not being served. Does not wait for them: one that is away delays no other.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    for receiver in receivers(gateway) {
        if gateway.announcing.begin(&receiver.name) == Turn::Yours {
            tokio::spawn(serve(gateway.clone(), receiver));
        }
    }
    Ok(Progress::Idle)
}

fn receivers(gateway: &Gateway) -> Vec<Receiver> {
    let partners = gateway.partners.current();
    let mut all = Vec::new();
    for submitter in partners.submitters().filter(|submitter| submitter.active) {
        if let Some(mail) = &submitter.webhook {
            let kinds = mail.kinds.iter().filter_map(|kind| MailKind::from_text(kind.as_str())).collect();
            all.push(Receiver { name: submitter.id.to_string(), webhook: mail.webhook.clone(), kinds });
        }
    }
    if let Some(webhook) = &gateway.config.webhook {
        all.push(Receiver { name: OPERATOR.to_string(), webhook: webhook.clone(), kinds: Vec::new() });
    }
    all
}

async fn serve(gateway: Arc<Gateway>, receiver: Receiver) {
    let served = std::panic::AssertUnwindSafe(serve_all(&gateway, &receiver)).catch_unwind().await;
    gateway.announcing.end(&receiver.name);
    match served {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(receiver = receiver.name, error = error_chain(&error), "announcements were not recorded");
        }
        Err(_) => tracing::error!(receiver = receiver.name, "an announcement panicked"),
    }
}

/// As long as something is due and is taken.
async fn serve_all(gateway: &Arc<Gateway>, receiver: &Receiver) -> Result<(), StageError> {
    while let Some(one) = due(gateway, receiver).await? {
        let (now, node) = (gateway.clock.now_ms(), gateway.config.gateway.node);
        if one.next_at > now {
            return Ok(());
        }
        let until = now + LEASE.as_millis() as i64;
        let Some(one) = gateway.store.lease_announcement(&one, node, now, until).await? else { return Ok(()) };
        match send(gateway, &receiver.webhook, &one).await {
            Ok(()) => {
                gateway.store.announcement_taken(&one, gateway.clock.now_ms()).await?;
                metrics::counter!("claimgate_webhooks_taken_total").increment(1);
            }
            Err(why) => return failed(gateway, receiver, &one, &why).await,
        }
    }
    Ok(())
}

/// What is told next: first what is written down already, then the next files of the mailbox.
async fn due(gateway: &Gateway, receiver: &Receiver) -> Result<Option<Announcement>, StageError> {
    let store = &gateway.store;
    if let Some(one) = store.first_announcement(&receiver.name).await? {
        return Ok(Some(one));
    }
    if receiver.kinds.is_empty() {
        return Ok(None);
    }
    let files = store.files_to_announce(&receiver.name, &receiver.kinds, FILES_PER_READ).await?;
    if files.is_empty() {
        return Ok(None);
    }
    let bodies: Vec<_> = files.iter().map(|file| (file.mail.id, of_file(file))).collect();
    store.add_announcements(&receiver.name, &bodies, gateway.clock.now_ms()).await?;
    Ok(store.first_announcement(&receiver.name).await?)
}

/// An error is why the receiver did not take it, in words for the operator.
async fn send(gateway: &Gateway, webhook: &Webhook, one: &Announcement) -> Result<(), String> {
    let key = webhook.signing_key().map_err(|error| error_chain(&error))?;
    let target = HttpsTarget {
        ca: webhook.ca.clone(),
        connect_timeout: CONNECT_WITHIN,
        read_timeout: ANSWER_WITHIN,
        total_timeout: ANSWER_WITHIN + CONNECT_WITHIN,
        answer_bytes_max: ANSWER_BYTES_MAX,
        ..HttpsTarget::of(webhook.url.as_str())
    };
    let client = HttpsClient::new(&target).map_err(|error| error_chain(&error))?;
    let seconds = gateway.clock.now().as_second();
    let signed = signature(&key, &one.message_id, seconds, &one.body);
    let (id, at) = (one.message_id.as_str(), seconds.to_string());
    let headers = [("webhook-id", id), ("webhook-timestamp", at.as_str()), ("webhook-signature", signed.as_str())];
    let body = Outgoing::Bytes(Bytes::from(one.body.clone()));
    client.post("", body, "application/json", &headers).await.map(drop).map_err(|error| error_chain(&error))
}

async fn failed(gateway: &Gateway, receiver: &Receiver, one: &Announcement, why: &str) -> Result<(), StageError> {
    let why: String = why.chars().take(DETAIL_CHARACTERS_MAX).collect();
    let now = gateway.clock.now_ms();
    let step = next(&receiver.webhook.retry, one.attempts, one.since, now);
    tracing::warn!(receiver = receiver.name, message = one.message_id, error = why, ?step, "a webhook was not taken");
    metrics::counter!("claimgate_webhook_attempts_failed_total").increment(1);
    match step {
        Next::TryAt(at) => gateway.store.announcement_failed(one, at, &why).await?,
        Next::GiveUp => gateway.store.announcement_given_up(one, now, &why).await?,
    }
    Ok(())
}
