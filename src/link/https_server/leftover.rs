//! A request's body whose rest is read even when the answer was given without it, as when a key is wrong. A
//! client that is still sending would otherwise see its stream cut, and not the answer that says why.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// What is read of an unwanted body; the stream of one that is longer is cut after all.
const LEFTOVER_BYTES_MAX: u64 = 32 * 1024 * 1024;
const LEFTOVER_SECONDS_MAX: u64 = 20;

pub(super) struct WithLeftover(Option<Incoming>);

impl WithLeftover {
    pub(super) fn new(body: Incoming) -> WithLeftover {
        WithLeftover(Some(body))
    }
}

impl Body for WithLeftover {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for WithLeftover {
    fn drop(&mut self) {
        let left = self.0.take().filter(|body| !body.is_end_stream());
        // Without a runtime the server is ending, and nobody waits for an answer any more.
        if let (Some(body), Ok(runtime)) = (left, tokio::runtime::Handle::try_current()) {
            let time = Duration::from_secs(LEFTOVER_SECONDS_MAX);
            runtime.spawn(tokio::time::timeout(time, read_on(body)));
        }
    }
}

async fn read_on(mut body: Incoming) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > LEFTOVER_BYTES_MAX {
            return;
        }
    }
}
