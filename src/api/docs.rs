//! The API's description, made from the handlers, and a page that shows it. The page is made here: no
//! script, nothing fetched from elsewhere.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};

use super::description::completed;
use crate::pipeline::Gateway;

/// What stands above all calls.
pub(super) fn head() -> OpenApi {
    let scheme = |scheme| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).build());
    let info = InfoBuilder::new()
        .title("claimgate")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Hand in claims, see where each is, fetch what payers answer. Partners send their key as \
             `Authorization: Bearer KEY` and see their own data only; people of the house log in with Basic. \
             Money is a decimal string, times are RFC 3339 in UTC, dates YYYY-MM-DD. Lists come as \
             {\"items\": [...], \"next\": CURSOR or null}. A parameter that is empty counts as left out. Errors are RFC \
             9457 problem details.",
        ))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme("partner_key", scheme(HttpAuthScheme::Bearer))
        .security_scheme("staff", scheme(HttpAuthScheme::Basic))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

pub(super) fn router(description: OpenApi) -> Router<Arc<Gateway>> {
    let description = completed(serde_json::to_value(description).expect("the description is plain data"));
    let page: Arc<str> = page(&description).into();
    Router::new()
        .route("/openapi.json", get(move || async move { Json(description) }))
        .route("/docs", get(move || async move { Html(page.to_string()) }))
}

/// The reference page: each call with its parameters, body and answers.
fn page(description: &Value) -> String {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>claimgate API</title><style>\
         body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}\
         section{border-top:1px solid #d9e0e6;padding:.6rem 0}code{background:#eef1f4;padding:0 .3rem}\
         b.get{color:#0b5c8a}b.post{color:#1b7340}td{padding:.1rem .8rem .1rem 0;vertical-align:top}</style>",
    );
    let text = |value: &Value| escape(value.as_str().unwrap_or_default());
    let _ = write!(
        html,
        "<h1>claimgate API</h1><p>{}</p><p>The same for programs: <a href=\"/openapi.json\">openapi.json</a></p>",
        text(&description["info"]["description"])
    );
    for (path, calls) in description["paths"].as_object().into_iter().flatten() {
        for (method, call) in calls.as_object().into_iter().flatten() {
            let _ = write!(
                html,
                "<section><h3><b class=\"{method}\">{}</b> <code>{}</code></h3><p>{}</p><table>",
                method.to_uppercase(),
                escape(path),
                text(&call["summary"])
            );
            for parameter in call["parameters"].as_array().into_iter().flatten() {
                let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
                let _ = write!(html, "<tr><td><code>{name}</code><td>{place}<td>{}", text(&parameter["description"]));
            }
            if let Some(body) = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str() {
                add_fields(&mut html, description, body);
            }
            let answers: Vec<_> =
                call["responses"].as_object().into_iter().flatten().map(|(code, _)| code.as_str()).collect();
            let _ = write!(html, "</table><p>Answers: {}</p></section>", answers.join(", "));
        }
    }
    html
}

fn add_fields(html: &mut String, description: &Value, reference: &str) {
    let name = reference.rsplit('/').next().unwrap_or_default();
    for (field, schema) in description["components"]["schemas"][name]["properties"].as_object().into_iter().flatten() {
        let about = escape(schema["description"].as_str().unwrap_or_default());
        let _ = write!(html, "<tr><td><code>{}</code><td>body<td>{about}", escape(field));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
