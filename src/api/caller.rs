//! Who asks: a partner with its API key, or a person of the house with name and password. What each may
//! see is decided here and in the handlers' queries, never after the rows are read.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use super::problem::Problem;
use crate::partner::book::Partner;
use crate::pipeline::Gateway;
use crate::store::audit::AuditEntry;
use crate::store::submissions::Requester;
use crate::store::users::User;

#[derive(Clone, Debug)]
pub enum Caller {
    /// A billing company: sees what it handed in and what came back for it.
    Submitter { name: String, source: String },
    /// A payer: hands in responses, and sees of the claims only those sent to it.
    Payer { name: String, source: String },
    /// A person of the house: sees all.
    Staff { user: User, source: String },
}

/// Before the name of a person of the house, where it is written down who did something.
const STAFF: &str = "user:";

/// Whether a person of the house did what this actor did.
pub fn is_staff(actor: &str) -> bool {
    actor.starts_with(STAFF)
}

impl Caller {
    /// As the audit trail names it.
    pub fn actor(&self) -> String {
        match self {
            Caller::Submitter { name, .. } | Caller::Payer { name, .. } => format!("partner:{name}"),
            Caller::Staff { user, .. } => format!("{STAFF}{}", user.name),
        }
    }

    fn source(&self) -> &str {
        match self {
            Caller::Submitter { source, .. } | Caller::Payer { source, .. } | Caller::Staff { source, .. } => source,
        }
    }

    /// The submitter that a submitter's own calls are about.
    pub fn submitter(&self) -> Result<&str, Problem> {
        match self {
            Caller::Submitter { name, .. } => Ok(name),
            Caller::Payer { .. } => Err(Problem::forbidden("This call is for submitters; your key is a payer's.")),
            Caller::Staff { .. } => {
                Err(Problem::forbidden("This call is made with a submitter's key; you are logged in as a person."))
            }
        }
    }

    pub fn operator(&self) -> Result<&User, Problem> {
        match self {
            Caller::Staff { user, .. } if user.role.may_operate() => Ok(user),
            Caller::Staff { .. } => Err(Problem::forbidden("This needs the role operator or admin.")),
            Caller::Submitter { .. } | Caller::Payer { .. } => {
                Err(Problem::forbidden("This call is for the gateway's operators, with name and password."))
            }
        }
    }

    /// As it is noted beside what it asks for.
    pub fn requester(&self) -> Requester {
        Requester { actor: self.actor(), source: self.source().to_string() }
    }

    /// Writes down that this caller did something to an object.
    pub async fn audit(&self, gateway: &Gateway, action: &str, object: &str) -> Result<(), Problem> {
        let actor = self.actor();
        let entry = AuditEntry { actor: &actor, action, object, source: self.source(), result: "ok" };
        Ok(gateway.store.add_audit(&entry, gateway.clock.now_ms()).await?)
    }
}

impl FromRequestParts<Arc<Gateway>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Caller, Problem> {
        let source = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(address)| address.ip().to_string())
            .unwrap_or_default();
        let header =
            parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(|| {
                Problem::unauthorized("Send your key with each request: `Authorization: Bearer KEY`.")
            })?;
        match header.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => by_key(gateway, key.trim(), source).await,
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => by_password(gateway, pair, source).await,
            Some(_) | None => Err(Problem::unauthorized(
                "The Authorization header is not understood: write `Bearer KEY`, or Basic with name and password.",
            )),
        }
    }
}

async fn by_key(gateway: &Gateway, key: &str, source: String) -> Result<Caller, Problem> {
    let Some((_, name)) = gateway.store.partner_of_key(key).await? else {
        return Err(Problem::unauthorized(
            "This key is unknown or was revoked. Ask the gateway's operator for a new one.",
        ));
    };
    match gateway.partners.current().partner(&name) {
        Some(partner) if !partner.active() => {
            Err(Problem::forbidden("Your account is switched off. Ask the gateway's operator."))
        }
        Some(Partner::Submitter(_)) => Ok(Caller::Submitter { name, source }),
        Some(Partner::Payer(_)) => Ok(Caller::Payer { name, source }),
        None => Err(Problem::forbidden("The partner of this key is no longer set up. Ask the gateway's operator.")),
    }
}

async fn by_password(gateway: &Gateway, pair: &str, source: String) -> Result<Caller, Problem> {
    let wrong = || Problem::unauthorized("Name or password is wrong.");
    let decoded = BASE64.decode(pair.trim()).map_err(|_| wrong())?;
    let decoded = String::from_utf8(decoded).map_err(|_| wrong())?;
    let (name, password) = decoded.split_once(':').ok_or_else(wrong)?;
    let user = gateway.store.user_with_password(name, password).await?.ok_or_else(wrong)?;
    Ok(Caller::Staff { user, source })
}
