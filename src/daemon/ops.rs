//! The operations address: is it alive, is it ready, what does it count. Plain HTTP, for the operator's
//! own network; nothing here names a patient.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::counted;
use super::life::Life;
use crate::domain::error_chain;
use crate::pipeline::Gateway;

/// The process has one recorder, however many gateways it runs (a test runs several).
pub(super) fn install_metrics() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // Refused only when another recorder stands already; then that one counts.
            let _ = metrics::set_global_recorder(recorder);
            counted::describe();
            handle
        })
        .clone()
}

pub(super) fn router(gateway: Arc<Gateway>, life: Arc<Life>, handle: PrometheusHandle) -> Router {
    let scrape = move |State(gateway): State<Arc<Gateway>>| {
        let handle = handle.clone();
        async move {
            count_claims(&gateway).await;
            handle.run_upkeep();
            handle.render()
        }
    };
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(move |State(gateway): State<Arc<Gateway>>| ready(gateway, life.clone())))
        .route("/metrics", get(scrape))
        .with_state(gateway)
}

/// Who asks waits no longer than that either.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Ready when the store answers and takes writes.
async fn ready(gateway: Arc<Gateway>, life: Arc<Life>) -> (StatusCode, String) {
    let unready = |why: &str| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
    if let Some(why) = life.why_not() {
        tracing::warn!(why, "not ready");
        return unready(why);
    }
    match tokio::time::timeout(ANSWERS_WITHIN, gateway.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n".to_string()),
        Ok(Err(error)) => {
            life.asked_in_vain(&error);
            unready("the store does not answer")
        }
        Err(_) => {
            life.in_vain(&format!("it did not answer within {} s", ANSWERS_WITHIN.as_secs()));
            unready("the store does not answer")
        }
    }
}

async fn count_claims(gateway: &Gateway) {
    match gateway.store.count_claims_by_status().await {
        Ok(counts) => {
            for (status, claims, _) in counts.by_status {
                metrics::gauge!("claimgate_claims", "status" => status.as_str()).set(claims as f64);
            }
        }
        Err(error) => tracing::warn!(error = error_chain(&error), "claims cannot be counted for the metrics"),
    }
}
