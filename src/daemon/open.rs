//! Opens a gateway in order: partners, guides, keys, payloads, store. Also for commands that work on the
//! store beside a running daemon.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::bucket::InBucket;
use crate::domain::Clock;
use crate::domain::ids::IdSource;
use crate::edits::CodeSets;
use crate::edits::codesets::CodesError;
use crate::guide::{Guides, Labels, LabelsError, LoadError};
use crate::link::objects::{Bucket, BucketError};
use crate::partner::config::{PayloadsUrl, StoreUrl};
use crate::partner::rate::RateLimits;
use crate::partner::{Config, Fault, PartnerBook};
use crate::pipeline::lines::Lines;
use crate::pipeline::numbers::AnswerNumbers;
use crate::pipeline::payer_edits::{self, CompiledEdits};
use crate::pipeline::under_way::UnderWay;
use crate::pipeline::validate::Known;
use crate::pipeline::{Gateway, Nudges};
use crate::store::{KeyRing, PayloadError, PayloadStore, Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("partners' files have faults:\n{}", lines(.faults))]
    Partners { faults: Vec<Fault> },
    #[error("the guides cannot be read")]
    Guides(#[from] LoadError),
    #[error(transparent)]
    Labels(#[from] LabelsError),
    #[error(transparent)]
    Codes(#[from] CodesError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error("the payloads cannot be opened")]
    Payloads(#[from] PayloadError),
    #[error("the database cannot be opened")]
    Store(#[from] StoreError),
}

fn lines(all: &[Fault]) -> String {
    all.iter().map(|one| format!("  {one}")).collect::<Vec<_>>().join("\n")
}

/// Everything but the sockets.
pub async fn open_gateway(config: Config) -> Result<Arc<Gateway>, OpenError> {
    let partners =
        PartnerBook::open(&config, payer_edits::further_checks()).map_err(|faults| OpenError::Partners { faults })?;
    let guides = Guides::load(Some(&config.paths.schemas))?;
    let labels = Labels::load(Some(&config.paths.schemas))?;
    let codes = CodeSets::load(Some(&config.paths.schemas))?;
    let payloads = match &config.payloads {
        PayloadsUrl::Folder(folder) => PayloadStore::open_folder(folder, KeyRing::read(&config.paths.certs)?)?,
        PayloadsUrl::S3 { .. } => open_payloads(&config)?,
    };
    let store = open_store(&config).await?;
    let ids = IdSource::new(config.gateway.node);
    ids.begin_after(store.newest_id().await?.unwrap_or(0));
    Ok(Arc::new(Gateway {
        clock: Clock::System,
        ids,
        store,
        payloads,
        partners,
        guides: Arc::new(guides),
        labels: Arc::new(labels),
        codes: ArcSwap::from_pointee(codes),
        nudges: Nudges::default(),
        lines: Lines::default(),
        under_way: UnderWay::default(),
        collecting: UnderWay::default(),
        announcing: UnderWay::default(),
        submission_rates: RateLimits::default(),
        backlog: Default::default(),
        known: Known::default(),
        numbers: AnswerNumbers::default(),
        payer_edits: CompiledEdits::default(),
        config,
    }))
}

/// The payload store alone: commands read it beside a running gateway.
pub fn open_payloads(config: &Config) -> Result<PayloadStore, OpenError> {
    let keys = KeyRing::read(&config.paths.certs)?;
    match &config.payloads {
        PayloadsUrl::Folder(folder) => Ok(PayloadStore::open_beside(folder, keys)?),
        PayloadsUrl::S3 { bucket, prefix } => {
            let bucket = Bucket::from_environment(bucket, prefix)?;
            Ok(PayloadStore::open_bucket(Arc::new(InBucket(bucket)), keys)?)
        }
    }
}

/// The database alone: commands work on it beside a running gateway.
pub async fn open_store(config: &Config) -> Result<Store, OpenError> {
    match &config.store {
        StoreUrl::Sqlite(path) => Ok(Store::open_file(path).await?),
        StoreUrl::Postgres(url) => Ok(Store::open_postgres(url.reveal()).await?),
    }
}
