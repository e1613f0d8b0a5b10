//! Query parameters, where what is wrong with them is told as any other problem.

use axum::extract::{FromRequestParts, Query as Plain};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        match Plain::<T>::from_request_parts(parts, state).await {
            Ok(Plain(params)) => Ok(Query(params)),
            Err(rejection) => Err(Problem::bad_request(rejection.body_text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Request, StatusCode, header};
    use axum::response::IntoResponse;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Params {
        limit: Option<u32>,
    }

    #[tokio::test]
    async fn a_parameter_that_does_not_read_is_told_as_a_problem() {
        let read = async |url: &str| {
            let (mut parts, ()) = Request::get(url).body(()).unwrap().into_parts();
            Query::<Params>::from_request_parts(&mut parts, &()).await
        };
        assert_eq!(read("/v1/exceptions?limit=7").await.unwrap().0.limit, Some(7));
        let refused = read("/v1/exceptions?limit=x").await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
