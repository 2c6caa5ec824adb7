//! A file on its way to the server: its bytes to an upload address, then its name.
//!
//! A tiny file needs no upload, because its hash holds its content. A small one is read at once, a
//! larger one streams; either is hashed as it goes, and the hash the server answers must be the
//! same. With [`Upload::hash_first`] the hash is offered before the bytes: the server may have them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use hayloft_wire::cloudmail::Conflict;
use reqwest::Body;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::request::accept;
use super::session::{Renewals, Token};
use super::sum::CloudSum;
use super::{CloudMail, Error, Refusal, SMALL_MAX, cloud_hash, file_cloud_hash};
use crate::http::CALL_TIMEOUT;
use crate::retry::{Patience, Repeat};
use crate::transfer::{self, Gauge, Range, Snapshot, Sum as _, Target};

/// Up to this size a file is read at once: one system call more would cost more than the memory.
const WHOLE_MAX: u64 = 1024 * 1024;

/// One upload, to be adjusted and then run.
#[derive(Debug)]
pub struct Upload<'a> {
    client: &'a CloudMail,
    source: &'a Path,
    target: &'a str,
    /// What to do when the name is taken.
    pub conflict: Conflict,
    /// Offer the hash before the bytes, for which the file is read once more.
    pub hash_first: bool,
    /// Counts the bytes sent, for any number of uploads.
    pub sent: Arc<AtomicU64>,
}

/// The outcome of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The path the file has.
    pub path: String,
    /// Its hash.
    pub hash: String,
    /// Its bytes.
    pub size: u64,
    /// The server had the content, nothing was sent.
    pub deduplicated: bool,
}

impl CloudMail {
    /// An upload of the file `source` to the path `target`, where a file is replaced.
    pub fn upload<'a>(&'a self, source: &'a Path, target: &'a str) -> Upload<'a> {
        Upload {
            client: self,
            source,
            target,
            conflict: Conflict::Rewrite,
            hash_first: true,
            sent: Arc::default(),
        }
    }

    /// Makes a file of a local one (`file/add`, after an upload if the server lacks the content).
    /// A path that ends in a slash gets the local name.
    pub async fn file_add(
        &self,
        local_path: &Path,
        cloud_path: &str,
        conflict: Conflict,
    ) -> Result<Uploaded, Error> {
        let name = local_path.file_name().unwrap_or_default().to_string_lossy();
        let named = if cloud_path.ends_with('/') {
            format!("{cloud_path}{name}")
        } else {
            cloud_path.into()
        };
        Upload { conflict, ..self.upload(local_path, &named) }.run().await
    }

    /// Sends a local file's bytes and gives hash and size, to be
    /// [registered](Self::file_register). Nothing is visible before that.
    pub async fn file_upload(&self, local_path: &Path) -> Result<(String, u64), Error> {
        let before = Snapshot::take(local_path).await?;
        let upload = self.upload(local_path, "");
        let gauge = Arc::new(Gauge::new(Arc::clone(&upload.sent)));
        let hash = upload.stream(before, &gauge).await?;
        Ok((hash, before.size))
    }

    /// Content in memory to the upload address, with the session renewed as that may help.
    async fn put_proven(&self, body: impl Fn() -> Body, size: u64) -> Result<String, Error> {
        let mut renewals = Renewals::default();
        loop {
            let token = self.token().await?;
            match (UploadShard { client: self, token: &token }).put(body(), size).await {
                Ok(hash) => return Ok(hash),
                Err(err) => self.renew(&mut renewals, &token, err).await?,
            }
        }
    }

    /// One request with content. It has no time limit: the system notices a dead peer.
    async fn put(&self, body: Body, size: u64, token: &Token) -> Result<String, Error> {
        let mut url = self.shards().await?.upload;
        if let Token::Access(_) = token {
            self.prove_at(&mut url, token);
        } else {
            url.query_pairs_mut()
                .append_pair("cloud_domain", "2")
                .append_pair("x-email", self.login());
        }
        let mut request = self.inner.http.put(url.clone());
        if size <= WHOLE_MAX {
            request = request.timeout(CALL_TIMEOUT);
        }
        let request = request
            .header(CONTENT_LENGTH, size)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(body);
        let response = accept(self.send(&url, request).await?).await?;
        let text = response.text().await?;
        let hash = text.trim();
        if hash.len() == 40 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(hash.to_ascii_uppercase());
        }
        Err(Error::Reply("the upload was answered without a hash".to_owned()))
    }
}

/// Where bytes go, as one who holds this token.
struct UploadShard<'a> {
    client: &'a CloudMail,
    token: &'a Token,
}

impl Target<Refusal> for UploadShard<'_> {
    /// The hash of what arrived.
    type Answer = String;

    async fn put(&self, body: Body, size: u64) -> Result<String, Error> {
        let sent = self.client.put(body, size, self.token).await;
        if sent.is_err() {
            self.client.forget_shards(); // The next one asked may be another that works.
        }
        sent
    }
}

impl Upload<'_> {
    /// Sends the file and registers it; what the server then has is compared by the hash.
    pub async fn run(&self) -> Result<Uploaded, Error> {
        let before = Snapshot::take(self.source).await?;
        let gauge = Arc::new(Gauge::new(Arc::clone(&self.sent)));
        if before.size <= WHOLE_MAX {
            return self.whole(before, &gauge).await;
        }
        if self.hash_first {
            let hash = file_cloud_hash(self.source.to_owned()).await?;
            before.check(self.source).await?;
            if let Some(known) = self.register_known(&hash, before.size, &gauge).await? {
                return Ok(known);
            }
        }
        let hash = self.stream(before, &gauge).await?;
        self.register(hash, before.size).await
    }

    async fn whole(&self, before: Snapshot, gauge: &Gauge) -> Result<Uploaded, Error> {
        let content = tokio::fs::read(self.source).await;
        let content = Bytes::from(content.map_err(Error::file("read", self.source))?);
        let size = content.len() as u64;
        if size != before.size {
            return Err(Error::Changed(self.source.to_owned()));
        }
        let hash = cloud_hash(&content);
        if size <= SMALL_MAX {
            gauge.add(size);
            return self.register(hash, size).await;
        }
        if self.hash_first
            && let Some(known) = self.register_known(&hash, size, gauge).await?
        {
            return Ok(known);
        }
        let mut patience = Patience::new(self.client.inner.retry);
        let told = loop {
            match self.client.put_proven(|| Body::from(content.clone()), size).await {
                Ok(told) => break told,
                Err(err) => patience.wait(err, Repeat::Safe).await?,
            }
        };
        compare(&hash, told)?;
        gauge.add(size);
        self.register(hash, size).await
    }

    /// Streams the file and returns its hash, which is that the server tells.
    async fn stream(&self, before: Snapshot, gauge: &Arc<Gauge>) -> Result<String, Error> {
        let range = Range { file: self.source, bytes: 0..before.size };
        let mut renewals = Renewals::default();
        let (hash, told) = loop {
            let token = self.client.token().await?;
            let target = UploadShard { client: self.client, token: &token };
            let retry = self.client.inner.retry;
            match transfer::send::<CloudSum, _, _>(&range, gauge, retry, &target).await {
                Ok(sent) => break sent,
                Err(err) => self.client.renew(&mut renewals, &token, err).await?,
            }
        };
        before.check(self.source).await?;
        compare(&hash, told)?;
        Ok(hash)
    }

    async fn register(&self, hash: String, size: u64) -> Result<Uploaded, Error> {
        let mut patience = Patience::new(self.client.inner.retry);
        let path = loop {
            let made = self.client.file_register(self.target, &hash, size, self.conflict).await;
            match made {
                Ok(envelope) => break envelope.body,
                Err(err) if self.conflict == Conflict::Strict => {
                    patience.wait(err, Repeat::Safe).await?;
                    // The answer was lost, but perhaps not the call.
                    if self.is_there(&hash, size).await? {
                        break self.target.to_owned();
                    }
                }
                Err(err) => return Err(err),
            }
        };
        Ok(Uploaded { path, hash, size, deduplicated: false })
    }

    /// Whether the target is a file with this content.
    async fn is_there(&self, hash: &str, size: u64) -> Result<bool, Error> {
        match self.client.file(self.target).await {
            Ok(item) => Ok(item.body.hash.as_deref() == Some(hash) && item.body.size == Some(size)),
            Err(err) if err.is_not_found() => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// Registers content that the server may have; nothing if it has not.
    async fn register_known(
        &self,
        hash: &str,
        size: u64,
        gauge: &Gauge,
    ) -> Result<Option<Uploaded>, Error> {
        match self.register(hash.to_owned(), size).await {
            Ok(uploaded) => {
                gauge.add(size);
                Ok(Some(Uploaded { deduplicated: true, ..uploaded }))
            }
            // Which name the service gives this is not known; what is wrong with the path is told
            // about `home`.
            Err(err) if matches!(err.status(), Some(400 | 404)) && !err.is_about("home") => {
                Ok(None)
            }
            Err(err) => Err(err),
        }
    }
}

/// What the server has must be what was sent.
fn compare(sent: &str, told: String) -> Result<(), Error> {
    if sent == told {
        return Ok(());
    }
    Err(Error::Damaged { sum: CloudSum::NAME, expected: sent.to_owned(), got: told })
}
