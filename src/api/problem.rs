//! Errors of the API: RFC 9457 problem details, each saying what to change. None holds patient data.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::domain::error_chain;
use crate::pipeline::StageError;
use crate::store::{PayloadError, StoreError};

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    /// Members beyond the standard ones, as the first submission's id of a 409.
    more: Map<String, Value>,
    retry_after_seconds: Option<u64>,
    authenticate: Option<&'static str>,
}

impl Problem {
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            title,
            detail: detail.into(),
            more: Map::new(),
            retry_after_seconds: None,
            authenticate: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "The request is not understood", detail)
    }

    /// The same for what does not exist and for what is another's: neither is told apart.
    pub fn not_found(what: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "Not found", format!("There is no {what} with this id that you may see."))
    }

    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "Not allowed", detail)
    }

    pub fn unauthorized(detail: impl Into<String>) -> Problem {
        let mut problem = Problem::new(StatusCode::UNAUTHORIZED, "Who are you?", detail);
        problem.authenticate = Some("Bearer realm=\"claimgate\", Basic realm=\"claimgate\"");
        problem
    }

    /// One more sentence.
    pub fn and(mut self, sentence: &str) -> Problem {
        self.detail.push(' ');
        self.detail.push_str(sentence);
        self
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.more.insert(name.to_string(), value.into());
        self
    }

    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// It passes by itself: a database is restarted, or another server takes its place.
    fn database_away(error: &(dyn std::error::Error + 'static)) -> Problem {
        tracing::warn!(error = error_chain(error), "a request was put off: the database is not available");
        Problem::put_off("The gateway's database is away", 5)
    }

    /// It passes by itself, and sooner: too much is going on at once.
    fn database_busy(error: &(dyn std::error::Error + 'static)) -> Problem {
        tracing::warn!(error = error_chain(error), "a request was put off: the database is busy");
        Problem::put_off("The gateway's database is busy", 2)
    }

    fn put_off(title: &'static str, seconds: u64) -> Problem {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            title,
            "What was answered before is safe. Whether this request had its effect is not known: send it again. The \
             same file is taken once, and a decision that was made already is answered with 409.",
        )
        .retry_after(seconds)
    }

    /// Our own trouble: the partner hears that it is ours and that nothing is lost; the log has the chain.
    fn internal(error: &(dyn std::error::Error + 'static), full: bool) -> Problem {
        tracing::error!(error = error_chain(error), "a request failed");
        if full {
            return Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "The gateway's disk is full",
                "Nothing of this request was kept. The operator has been told; send it again later.",
            )
            .retry_after(300);
        }
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The gateway failed",
            "This is our trouble, not yours. What was answered before is safe; send this request again later.",
        )
        .retry_after(60)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        if error.is_busy() {
            return Problem::database_busy(&error);
        }
        if error.is_unavailable() {
            return Problem::database_away(&error);
        }
        Problem::internal(&error, error_chain(&error).contains("disk is full"))
    }
}

impl From<PayloadError> for Problem {
    fn from(error: PayloadError) -> Problem {
        let full = matches!(error, PayloadError::DiskFull { .. });
        Problem::internal(&error, full)
    }
}

impl From<StageError> for Problem {
    fn from(error: StageError) -> Problem {
        match error {
            StageError::Store(error) => error.into(),
            StageError::Payload(error) => error.into(),
            error @ (StageError::Io { .. }
            | StageError::Stopped { .. }
            | StageError::Panicked
            | StageError::LeaseLost) => Problem::internal(&error, false),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        body.as_object_mut().expect("made as an object above").extend(self.more);
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(scheme) = self.authenticate {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        response
    }
}
