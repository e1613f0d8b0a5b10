//! The web console for support staff: who has a claim, where it is, what was said about it. Pages are
//! made here, whole; they need no script. What is searched for travels in forms, never in addresses.

mod pages;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::pipeline::Gateway;

/// Everything under `/console`.
pub fn router() -> Router<Arc<Gateway>> {
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .route("/console", get(pages::home))
        .route("/console/search", post(pages::search).get(|| async { Redirect::to("/console") }))
        .route("/console/claims/{id}", get(pages::claim))
        .route("/console/edits/{id}", get(pages::edit))
        .route("/console/login", get(session::login_page).post(session::login))
        .route("/console/logout", post(session::logout))
        .route("/console/style.css", get(style))
        .layer(
            ServiceBuilder::new()
                .layer(header(header::CACHE_CONTROL, "no-store"))
                .layer(header(
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                ))
                .layer(header(header::REFERRER_POLICY, "no-referrer"))
                .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
        )
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("templates/style.css"))
}
