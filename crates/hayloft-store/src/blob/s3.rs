//! Blobs as objects of an S3-compatible service.

use std::{fmt, ops::Range, path::PathBuf, sync::Once, time::Duration, time::SystemTime};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutPayloadMut, RetryConfig, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
};
use url::Url;

use super::{BlobError, BlobKey, BlobList, BlobStore, ByteStream};

/// The size of the parts of a large blob. S3 takes at least 5 MiB and at most 10,000 parts, so a
/// blob may have 78 GiB; an upload holds a few parts in memory.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Parts of one upload on their way at a time.
const PARTS_AHEAD: usize = 2;

/// How long the service may take to answer a connection, and to say anything at all in an answer.
/// There is no limit to a whole answer: a slow client may take hours over a large blob.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a failing request is repeated before its caller hears of it.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const RETRIES_MAX: usize = 5;

/// Blobs as objects of one bucket, below a prefix.
pub(super) struct S3Blobs {
    store: AmazonS3,
    prefix: Path,
}

impl S3Blobs {
    /// Opens `s3://bucket[/prefix][?option=value…]`. Options are those of `object_store`, such as
    /// `endpoint`, `region`, `access_key_id`, `secret_access_key` and `allow_http`; what is not
    /// given is taken from the environment (`AWS_ACCESS_KEY_ID`, …).
    pub(super) fn open(url: &str) -> Result<Self, BlobError> {
        use_ring();
        let url = Url::parse(url).map_err(|err| BlobError::Address(err.to_string()))?;
        let bucket = url.host_str().ok_or_else(|| BlobError::Address("it has no bucket".into()))?;
        let options = ClientOptions::new()
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_read_timeout(READ_TIMEOUT);
        let mut builder = AmazonS3Builder::from_env()
            .with_client_options(options)
            .with_bucket_name(bucket)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: RETRIES_MAX,
                retry_timeout: RETRY_TIMEOUT,
            });
        for (name, value) in url.query_pairs() {
            let option: AmazonS3ConfigKey = name
                .parse()
                .map_err(|_| BlobError::Address(format!("it has no option `{name}`")))?;
            builder = builder.with_config(option, value);
        }
        let store = builder.build().map_err(|err| BlobError::Address(err.to_string()))?;
        let prefix =
            Path::from_url_path(url.path()).map_err(|err| BlobError::Address(err.to_string()))?;
        Ok(Self { store, prefix })
    }

    fn path(&self, key: &BlobKey) -> Path {
        self.prefix.clone().join(key.as_str())
    }

    /// Stores a body that turned out longer than one part.
    async fn put_parts(
        &self,
        path: &Path,
        first: PutPayloadMut,
        mut body: ByteStream,
    ) -> Result<u64, BlobError> {
        let upload = self.store.put_multipart(path).await.map_err(unavailable)?;
        let mut upload = Unfinished(Some(WriteMultipart::new_with_chunk_size(upload, PART_BYTES)));
        let mut size = 0;
        for chunk in first.freeze() {
            size += chunk.len() as u64;
            upload.writer().put(chunk);
        }
        while let Some(chunk) = body.try_next().await.map_err(BlobError::Body)? {
            upload.writer().wait_for_capacity(PARTS_AHEAD).await.map_err(unavailable)?;
            size += chunk.len() as u64;
            upload.writer().write(&chunk);
        }
        upload.finish().await?;
        Ok(size)
    }
}

#[async_trait]
impl BlobStore for S3Blobs {
    async fn put(&self, key: &BlobKey, mut body: ByteStream) -> Result<u64, BlobError> {
        let path = self.path(key);
        let mut whole = PutPayloadMut::new();
        while let Some(chunk) = body.try_next().await.map_err(BlobError::Body)? {
            whole.extend_from_slice(&chunk);
            if whole.content_length() >= PART_BYTES {
                return self.put_parts(&path, whole, body).await;
            }
        }
        let size = whole.content_length() as u64;
        self.store.put(&path, whole.freeze()).await.map_err(unavailable)?;
        Ok(size)
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let path = self.path(key);
        let failed = |error| match error {
            object_store::Error::NotFound { .. } => BlobError::NotFound(key.clone()),
            error => unavailable(error),
        };
        // S3 has no empty ranges and cuts off those that reach too far.
        if let Some(range) = range.as_ref().filter(|range| range.start >= range.end) {
            let size = self.store.head(&path).await.map_err(failed)?.size;
            if range.start > range.end || range.end > size {
                return Err(BlobError::Range(key.clone()));
            }
            return Ok(stream::empty().boxed());
        }
        let options =
            GetOptions { range: range.clone().map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&path, options).await.map_err(failed)?;
        if range.is_some_and(|range| range.end > found.meta.size) {
            return Err(BlobError::Range(key.clone()));
        }
        Ok(found.into_stream().map_err(std::io::Error::other).boxed())
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match self.store.delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn list(&self, older_than: SystemTime) -> Result<BlobList, BlobError> {
        let found = self.store.list(Some(&self.prefix)).map_err(unavailable);
        let blobs =
            found.try_filter_map(move |object| async move { Ok(blob(&object, older_than)) });
        Ok(blobs.boxed())
    }

    fn local_path(&self, _key: &BlobKey) -> Option<PathBuf> {
        None
    }
}

/// The object as a blob; objects that we did not put there are left alone.
fn blob(object: &ObjectMeta, older_than: SystemTime) -> Option<(BlobKey, u64)> {
    let key = BlobKey::parse(object.location.filename()?)?;
    (SystemTime::from(object.last_modified) < older_than).then_some((key, object.size))
}

impl fmt::Debug for S3Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store's own form would show its keys.
        f.debug_struct("S3Blobs").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// An upload whose parts are thrown away at the service unless it is finished.
struct Unfinished(Option<WriteMultipart>);

impl Unfinished {
    fn writer(&mut self) -> &mut WriteMultipart {
        self.0.as_mut().expect("an upload is there until it is finished")
    }

    async fn finish(mut self) -> Result<(), BlobError> {
        match self.0.take() {
            // A failure throws the parts away itself.
            Some(writer) => writer.finish().await.map(drop).map_err(unavailable),
            None => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let (Some(writer), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(async {
                if let Err(error) = writer.abort().await {
                    tracing::warn!(%error, "parts of a broken upload stay at the service");
                }
            });
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unavailable(error: object_store::Error) -> BlobError {
    BlobError::Unavailable(crate::db::chain(&error))
}

/// Names ring as the process's TLS, unless the program has chosen already: reqwest, which carries
/// the requests, is built without a choice of its own.
fn use_ring() {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| {
        // An error only says that it was chosen before.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
