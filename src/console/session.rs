//! Logging in and out of the console. A session is a random token in a cookie that scripts cannot read
//! and other sites cannot send.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::pages::Trouble;
use crate::pipeline::Gateway;
use crate::store::audit::AuditEntry;
use crate::store::keys::new_key_text;
use crate::store::users::User;

const COOKIE: &str = "claimgate_session";

/// The person whose session the request belongs to; without one the answer is the login page.
pub(super) struct Staff(pub User);

impl FromRequestParts<Arc<Gateway>> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Staff, Response> {
        let to_login = || Redirect::to("/console/login").into_response();
        let token = token_of(&parts.headers).ok_or_else(to_login)?;
        match gateway.store.user_of_session(token, gateway.clock.now_ms()).await {
            Ok(Some(user)) => Ok(Staff(user)),
            Ok(None) => Err(to_login()),
            Err(error) => Err(Trouble::from(error).into_response()),
        }
    }
}

fn token_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE).map(|(_, v)| v)
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    wrong: bool,
}

pub(super) async fn login_page() -> Result<Html<String>, Trouble> {
    Ok(Html(LoginPage { wrong: false }.render()?))
}

#[derive(Deserialize)]
pub(super) struct Login {
    name: String,
    password: String,
}

pub(super) async fn login(State(gateway): State<Arc<Gateway>>, Form(login): Form<Login>) -> Result<Response, Trouble> {
    let now = gateway.clock.now_ms();
    let user = gateway.store.user_with_password(&login.name, &login.password).await?;
    let actor = format!("user:{}", login.name.chars().take(40).collect::<String>());
    let result = if user.is_some() { "ok" } else { "refused" };
    let entry = AuditEntry { actor: &actor, action: "console.login", object: "", source: "console", result };
    gateway.store.add_audit(&entry, now).await?;
    let Some(user) = user else {
        return Ok((StatusCode::UNAUTHORIZED, Html(LoginPage { wrong: true }.render()?)).into_response());
    };
    let token = new_key_text();
    gateway.store.open_session(&token, &user, now).await?;
    Ok(([(header::SET_COOKIE, cookie(&token))], Redirect::to("/console")).into_response())
}

pub(super) async fn logout(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Result<Response, Trouble> {
    if let Some(token) = token_of(&headers) {
        gateway.store.close_session(token).await?;
    }
    let ended = format!("{}; Max-Age=0", cookie(""));
    Ok(([(header::SET_COOKIE, ended)], Redirect::to("/console/login")).into_response())
}

fn cookie(token: &str) -> String {
    format!("{COOKIE}={token}; Path=/console; Secure; HttpOnly; SameSite=Strict")
}
