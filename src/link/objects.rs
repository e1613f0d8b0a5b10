//! S3-compatible object storage. Calls block, from any thread: the requests run on threads of their own, so that files
//! are sealed, sent and read in order by code that waits for nothing else.
//!
//! Where the bucket is and with which keys comes from the environment, by the names that other tools use:
//! `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`; without keys
//! there, the machine's or container's own role.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode,
    PutOptions, PutPayload, RetryConfig,
};
use tokio::runtime::Runtime;

/// Objects in one page of a list.
const PAGE: usize = 1000;
/// Parts of one object on their way at one time.
const PARTS_AHEAD: usize = 4;
const CONNECT: Duration = Duration::from_secs(10);
/// One request, with all of a part's bytes.
const REQUEST: Duration = Duration::from_secs(60);
/// Requests that fail for a reason that may pass are repeated for so long, so many times.
const REPEAT: Duration = Duration::from_secs(30);
const REPEATS_MAX: usize = 6;

#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("the bucket {bucket} cannot be used: check payloads.url, and AWS_REGION and AWS_ENDPOINT_URL")]
    Settings { bucket: String, source: object_store::Error },
    #[error("the threads that speak to the bucket could not be started")]
    Threads { source: io::Error },
}

/// The part of a bucket that stands under a prefix.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Arc<AmazonS3>,
    bucket: String,
    prefix: String,
    runtime: &'static Runtime,
}

impl Bucket {
    pub fn from_environment(bucket: &str, prefix: &str) -> Result<Bucket, BucketError> {
        let endpoint = std::env::var("AWS_ENDPOINT_URL_S3").or_else(|_| std::env::var("AWS_ENDPOINT_URL"));
        // What is sent is sealed and requests are signed: an operator's own plain endpoint is theirs to choose.
        let plain = endpoint.is_ok_and(|endpoint| endpoint.starts_with("http://"));
        let client = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_client_options(
                ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST).with_allow_http(plain),
            )
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: REPEATS_MAX,
                retry_timeout: REPEAT,
            })
            .build()
            .map_err(|source| BucketError::Settings { bucket: bucket.to_string(), source })?;
        let runtime = runtime().map_err(|source| BucketError::Threads { source })?;
        let (bucket, prefix) = (bucket.to_string(), prefix.trim_matches('/').to_string());
        Ok(Bucket { client: Arc::new(client), bucket, prefix, runtime })
    }

    /// Where an object is, for a person.
    pub fn place(&self, key: &str) -> String {
        format!("s3://{}/{}", self.bucket, self.path(key))
    }

    /// Puts an object whole; one that is there already stays as it is, and is [`io::ErrorKind::AlreadyExists`].
    pub fn put_new(&self, key: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.put_as(key, bytes, PutMode::Create)
    }

    /// Puts an object whole, in the place of one that may be there.
    pub fn put(&self, key: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.put_as(key, bytes, PutMode::Overwrite)
    }

    fn put_as(&self, key: &str, bytes: Vec<u8>, mode: PutMode) -> io::Result<()> {
        let (client, path) = (self.client.clone(), self.path(key));
        self.wait(
            async move { client.put_opts(&path, PutPayload::from(bytes), PutOptions::from(mode)).await.map(|_| ()) },
        )
    }

    /// Begins a large object, to be sent in parts of at least 5 MiB but the last.
    pub fn begin(&self, key: &str) -> io::Result<Upload> {
        let (client, path) = (self.client.clone(), self.path(key));
        // Completing an upload has no condition in this protocol: the look comes first.
        let begun = async move {
            match client.head(&path).await {
                Ok(_) => Err(object_store::Error::AlreadyExists {
                    path: path.to_string(),
                    source: "an object is never written over".into(),
                }),
                Err(object_store::Error::NotFound { .. }) => client.put_multipart(&path).await,
                Err(error) => Err(error),
            }
        };
        Ok(Upload { upload: Some(self.wait(begun)?), under_way: VecDeque::new(), runtime: self.runtime })
    }

    /// Bytes `from..to`, cut at the object's end, and the size of the object.
    pub fn read(&self, key: &str, from: u64, to: u64) -> io::Result<(Vec<u8>, u64)> {
        let (client, path) = (self.client.clone(), self.path(key));
        let options = GetOptions { range: Some(GetRange::Bounded(from..to)), ..GetOptions::default() };
        self.wait(async move {
            let got = client.get_opts(&path, options).await?;
            let size = got.meta.size;
            Ok((got.bytes().await?.to_vec(), size))
        })
    }

    /// Removing what is not there is no error.
    pub fn remove(&self, key: &str) -> io::Result<()> {
        let (client, path) = (self.client.clone(), self.path(key));
        self.wait(async move {
            match client.delete(&path).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                done => done,
            }
        })
    }

    /// A page of keys after the given one, in their order, with the time each was put.
    pub fn list(&self, after: Option<&str>) -> io::Result<Vec<(String, SystemTime)>> {
        let (client, prefix) = (self.client.clone(), Path::from(self.prefix.as_str()));
        let after = after.map(|key| self.path(key));
        let page = self.wait(async move {
            let listed = match &after {
                Some(after) => client.list_with_offset(Some(&prefix), after),
                None => client.list(Some(&prefix)),
            };
            listed.take(PAGE).collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<_>, _>>()
        })?;
        let within = self.path("").to_string().len();
        let key = |path: &str| path.get(within..).unwrap_or("").trim_start_matches('/').to_string();
        Ok(page.into_iter().map(|about| (key(about.location.as_ref()), about.last_modified.into())).collect())
    }

    fn path(&self, key: &str) -> Path {
        Path::from(format!("{}/{key}", self.prefix))
    }

    fn wait<T: Send + 'static>(
        &self,
        request: impl Future<Output = Result<T, object_store::Error>> + Send + 'static,
    ) -> io::Result<T> {
        wait(&begin(self.runtime, request))
    }
}

/// A large object under way. Dropped before it is complete, what was sent of it is removed.
pub struct Upload {
    /// `None` once complete.
    upload: Option<Box<dyn MultipartUpload>>,
    under_way: VecDeque<Receiver<Result<(), object_store::Error>>>,
    runtime: &'static Runtime,
}

impl Upload {
    /// Begins to send a part, and waits where as many as may be are under way.
    pub fn part(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let upload = self.upload.as_mut().expect("it is there until complete");
        self.under_way.push_back(begin(self.runtime, upload.put_part(PutPayload::from(bytes))));
        while self.under_way.len() > PARTS_AHEAD {
            self.under_way.pop_front().map_or(Ok(()), |part| wait(&part))?;
        }
        Ok(())
    }

    /// The object is durable under its name when this returns.
    pub fn complete(mut self) -> io::Result<()> {
        while let Some(part) = self.under_way.pop_front() {
            wait(&part)?;
        }
        let mut upload = self.upload.take().expect("it is there until complete");
        let completed = begin(self.runtime, async move {
            match upload.complete().await {
                Ok(_) => Ok(()),
                Err(error) => {
                    // It may be complete all the same; then this finds nothing to remove.
                    let _ = upload.abort().await;
                    Err(error)
                }
            }
        });
        wait(&completed)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            let under_way = std::mem::take(&mut self.under_way);
            // Parts that arrive after it would stay.
            under_way.iter().for_each(|part| drop(part.recv()));
            self.runtime.spawn(async move { upload.abort().await });
        }
    }
}

/// Begins a request on the threads that speak to buckets.
fn begin<T: Send + 'static>(
    runtime: &'static Runtime,
    request: impl Future<Output = Result<T, object_store::Error>> + Send + 'static,
) -> Receiver<Result<T, object_store::Error>> {
    let (answer, answered) = sync_channel(1);
    runtime.spawn(async move {
        // Whoever asked may have given up.
        let _ = answer.send(request.await);
    });
    answered
}

fn wait<T>(answered: &Receiver<Result<T, object_store::Error>>) -> io::Result<T> {
    match answered.recv() {
        Ok(answer) => answer.map_err(kind_of),
        Err(_) => Err(io::Error::other("the request to the bucket ended without an answer")),
    }
}

fn kind_of(error: object_store::Error) -> io::Error {
    let kind = match &error {
        object_store::Error::NotFound { .. } => io::ErrorKind::NotFound,
        object_store::Error::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// Never ended: a runtime must not be dropped on another's thread.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("bucket").enable_all().build()?;
    Ok(RUNTIME.get_or_init(|| made))
}
