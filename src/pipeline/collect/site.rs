//! Collects from a payer's HTTPS service. `collect_url` answers GET with a list,
//! `{"files": [{"name": "...", "bytes": 123}]}`; each file is then fetched at `collect_url/NAME`. A service
//! that has no list and answers with a file itself is understood too, and so is one that has nothing (204).

use std::io::Write;
use std::sync::Arc;

use serde::Deserialize;

use super::catch::Catch;
use super::keep::keep_sealed;
use super::plan::{Look, Step, failed_file, is_of_one_file, is_ready, path_segment, step, too_large};
use super::run::{Fetched, LookError};
use crate::link::https_client::HttpsClient;
use crate::partner::Payer;
use crate::partner::endpoint::HttpsEndpoint;
use crate::pipeline::Gateway;
use crate::pipeline::gateway::blocking;
use crate::pipeline::lines::https_target;
use crate::store::inbound::{InboundChannel, Seen};

#[derive(Deserialize)]
struct List {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    bytes: Option<i64>,
}

pub(super) async fn collect(
    gateway: &Arc<Gateway>,
    payer: &Payer,
    endpoint: &HttpsEndpoint,
) -> Result<Fetched, LookError> {
    let Some(url) = &endpoint.collect_url else { return Ok(Fetched::default()) };
    let mut target = https_target(endpoint)?;
    target.url = url.to_string();
    let client = HttpsClient::new(&target)?;
    let answer = client.get_answer("", &[]).await?;
    let body = answer.body.0.trim_ascii();
    if body.is_empty() {
        return Ok(Fetched::default());
    }
    if !body.starts_with(b"{") {
        return one_file(gateway, payer, answer.body.0).await;
    }
    let list: List =
        serde_json::from_slice(body).map_err(|_| LookError::List("`files` with a `name` each are expected"))?;
    let seen =
        |listed: &Listed| Seen { remote_path: listed.name.clone(), bytes: listed.bytes.unwrap_or(-1), modified_at: 0 };
    let all: Vec<Seen> = list.files.iter().map(seen).collect();
    let known = gateway.store.collected(payer.id.as_str(), &all).await?;
    let mut fetched = Fetched::default();
    for file in all.iter().filter(|file| step(file, &known) == Step::Fetch) {
        if let Some(told) = too_large(file, gateway.config.intake.bytes_max) {
            fetched.failed.push(told);
            continue;
        }
        let url = format!("{}/{}", url.as_str().trim_end_matches('/'), path_segment(&file.remote_path));
        match fetch(gateway, payer, &client, &url, file).await {
            Ok(taken) => fetched.files += u32::from(taken),
            // The next files may be better.
            Err(LookError::Link(error)) if is_of_one_file(&error) => {
                fetched.failed.push(failed_file(&error, &file.remote_path));
            }
            Err(error) => return Err(error),
        }
    }
    fetched.or_trouble()
}

/// The answer to the list was a file itself.
async fn one_file(gateway: &Arc<Gateway>, payer: &Payer, bytes: Vec<u8>) -> Result<Fetched, LookError> {
    let (payloads, id) = (gateway.payloads.clone(), gateway.draw_id());
    let (sealed, look) = blocking(move || {
        let mut catch = Catch::begin(&payloads, id);
        // What goes wrong here comes out of `finish`.
        let _ = catch.write_all(&bytes);
        catch.finish()
    })
    .await??;
    if look == Look::PerhapsNot {
        let payloads = gateway.payloads.clone();
        blocking(move || payloads.discard(sealed.id)).await??;
        return Err(LookError::List("it is neither a list in JSON nor a whole X12 file"));
    }
    keep_sealed(gateway, &payer.id, InboundChannel::Https, "collected.x12", sealed, None).await?;
    Ok(Fetched { files: 1, failed: Vec::new() })
}

async fn fetch(
    gateway: &Arc<Gateway>,
    payer: &Payer,
    client: &HttpsClient,
    url: &str,
    file: &Seen,
) -> Result<bool, LookError> {
    let catch = Catch::begin(&gateway.payloads, gateway.draw_id());
    let (_, catch) = client.get(url, &[], catch).await?;
    let (sealed, look) = blocking(move || catch.finish()).await??;
    let (partner, now) = (payer.id.as_str(), gateway.clock.now_ms());
    let as_listed = file.bytes < 0 || i64::try_from(sealed.bytes) == Ok(file.bytes);
    let since = match look {
        Look::Whole => now,
        Look::PerhapsNot => gateway.store.glimpse(partner, file, now).await?,
    };
    if !as_listed || !is_ready(look, since, now) {
        let payloads = gateway.payloads.clone();
        blocking(move || payloads.discard(sealed.id)).await??;
        return Ok(false);
    }
    keep_sealed(gateway, &payer.id, InboundChannel::Https, &file.remote_path, sealed, Some(file.clone())).await?;
    gateway.store.forget_glimpse(partner, &file.remote_path).await?;
    gateway.store.mark_cleared(partner, file).await?;
    Ok(true)
}
