//! What is read of a request: its address, its parameters, its body. What cannot be read is answered with a problem that
//! says what to change.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::limits::REQUEST_BYTES_MAX;

/// The ids in the address.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(read)) => Ok(Path(read)),
            Err(_) => Err(Problem::bad_request(
                "The address is not readable: ids in it are twelve characters 0-9 and A-Z, as the gateway gave them.",
            )),
        }
    }
}

/// The parameters behind the `?`. One that is empty counts as left out.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query<T>, Problem> {
        query_of(parts.uri.query().unwrap_or_default()).map(Query)
    }
}

fn query_of<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let is_filled = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let filled: Vec<&str> = text.split('&').filter(is_filled).collect();
    let uri: Uri =
        format!("/?{}", filled.join("&")).parse().map_err(|_| Problem::bad_request("The address is not readable."))?;
    match axum::extract::Query::try_from_uri(&uri) {
        Ok(axum::extract::Query(read)) => Ok(read),
        Err(rejection) => {
            let told = rejection.body_text();
            let told = told.split_once("query string: ").map_or(told.as_str(), |(_, what)| what);
            Err(Problem::bad_request(format!("A parameter of the address does not fit: {told}.")))
        }
    }
}

/// A body that is no file.
pub struct ShortBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for ShortBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<ShortBody, Problem> {
        let bytes = read_whole(request.into_body(), REQUEST_BYTES_MAX as u64, "The body of this request").await?;
        Ok(ShortBody(bytes.into()))
    }
}

/// All of a body, held in memory; `what` it is begins the sentence that says it is too large.
pub async fn read_whole(body: Body, bytes_max: u64, what: &str) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!("{what} may be {} at most. Split it and send the parts.", size(bytes_max));
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", detail)
    };
    if body.size_hint().lower() > bytes_max {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| broken())?;
        if (bytes.len() + part.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// The body ended before its end.
pub fn broken() -> Problem {
    Problem::bad_request("The connection broke before the whole file had come; nothing of it was kept. Send it again.")
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes.is_multiple_of(MIB) { format!("{} MiB", bytes / MIB) } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        kind: Option<String>,
        limit: Option<u32>,
    }

    async fn told(problem: Problem) -> (StatusCode, String) {
        let response = problem.into_response();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        (status, body["detail"].as_str().unwrap().to_string())
    }

    #[tokio::test]
    async fn a_parameter_that_does_not_fit_or_is_unknown_is_named_and_an_empty_one_is_left_out() {
        let read: Params = query_of("kind=&limit=7&after").unwrap();
        assert_eq!((read.kind, read.limit), (None, Some(7)));
        assert!(query_of::<Params>("").unwrap().limit.is_none());
        let named = [("limit=abc", "limit"), ("limit=-1", "limit"), ("after=1", "after"), ("limit=1&limit=2", "limit")];
        for (query, name) in named {
            let (status, detail) = told(query_of::<Params>(query).unwrap_err()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(detail.contains(name) && !detail.contains("abc"), "{detail}");
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_the_limit_is_told() {
        let body = |bytes: usize| Body::from(vec![b'x'; bytes]);
        let unsized_body = |bytes: usize| {
            let parts = (0..bytes).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x")));
            Body::from_stream(futures_util::stream::iter(parts.collect::<Vec<_>>()))
        };
        assert_eq!(read_whole(body(10), 10, "It").await.unwrap().len(), 10);
        for body in [body(11), unsized_body(11)] {
            let (status, detail) = told(read_whole(body, 10, "It").await.unwrap_err()).await;
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
            assert!(detail.starts_with("It may be 10 bytes at most"), "{detail}");
        }
        assert_eq!(size(8 * 1024 * 1024), "8 MiB");
    }
}
