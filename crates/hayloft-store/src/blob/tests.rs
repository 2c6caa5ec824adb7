//! Every engine under the contract, and what is particular to one.

use std::{io, path::Path, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use insta::assert_snapshot;
use tokio::net::TcpListener;

use super::{BlobError, BlobKey, BlobStore, ByteStream, FaultyBlobs, MemoryBlobs, contract, open};
use crate::{Call, Faults};

fn text(text: &'static str) -> ByteStream {
    stream::iter([Ok(Bytes::from_static(text.as_bytes()))]).boxed()
}

/// Serves a folder by the S3 protocol on a free port; where it is.
async fn s3_server(folder: &Path) -> String {
    let files = s3s_fs::FileSystem::new(folder).unwrap();
    let mut service = s3s::service::S3ServiceBuilder::new(files);
    service.set_auth(s3s::auth::SimpleAuth::from_single("key", "secret"));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // A client that hangs up is no failure of the test.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_holds_the_contract() {
    contract::holds(&MemoryBlobs::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_holds_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file:{}", folder.path().join("blobs").display());
    contract::holds(&*open(&url).unwrap()).await;
    // Opened again it is the same store.
    let key = BlobKey::random();
    open(&url).unwrap().put(&key, text("kept")).await.unwrap();
    assert!(open(&url).unwrap().get(&key, None).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_holds_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("bucket")).unwrap();
    let endpoint = s3_server(folder.path()).await;
    let url = format!(
        "s3://bucket/some/prefix?endpoint={endpoint}&allow_http=true&region=us-east-1\
         &access_key_id=key&secret_access_key=secret"
    );
    contract::holds(&*open(&url).unwrap()).await;
    let stranger = open(&url.replace("=secret", "=wrong")).unwrap();
    let refused = stranger.put(&BlobKey::random(), text("x")).await;
    assert!(matches!(refused, Err(BlobError::Unavailable(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapper_without_faults_holds_the_contract() {
    let memory = Arc::new(MemoryBlobs::default());
    contract::holds(&FaultyBlobs::new(memory, Faults::default())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_strike_once_and_leave_a_sound_store() {
    let faults = Faults::default();
    let store = FaultyBlobs::new(Arc::new(MemoryBlobs::default()), faults.clone());
    let key = BlobKey::random();
    faults.fail_nth(0);
    assert!(matches!(store.put(&key, text("a")).await, Err(BlobError::NoSpace)));
    assert!(matches!(store.get(&key, None).await, Err(BlobError::NotFound(_))));
    assert!(faults.heal());
    store.put(&key, text("a")).await.unwrap();
    faults.fail_nth_of(Call::BlobGet, 0);
    let broken: Result<Vec<_>, _> = store.get(&key, None).await.unwrap().try_collect().await;
    assert!(broken.is_err());
    faults.fail_nth_of(Call::BlobDelete, 0);
    assert!(store.delete(&key).await.is_err());
    assert!(store.get(&key, None).await.is_ok());
    assert_eq!(faults.count(Call::BlobPut), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_key_on_the_disk_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&format!("file:{}", folder.path().display())).unwrap();
    let key = BlobKey::random();
    store.put(&key, text("first")).await.unwrap();
    let second = store.put(&key, text("second")).await;
    let refused =
        matches!(&second, Err(BlobError::Io(err)) if err.kind() == io::ErrorKind::AlreadyExists);
    assert!(refused, "{second:?}");
    let kept: Vec<Bytes> = store.get(&key, None).await.unwrap().try_collect().await.unwrap();
    assert_eq!(kept.concat(), b"first");
}

#[test]
fn keys_are_thirty_two_lowercase_hexadecimal_characters() {
    let key = BlobKey::random();
    assert_eq!(BlobKey::parse(key.as_str()), Some(key.clone()));
    assert_ne!(key, BlobKey::random());
    for wrong in ["", "../../etc/passwd", &"A".repeat(32), &"a".repeat(31), &"a".repeat(33)] {
        assert_eq!(BlobKey::parse(wrong), None);
    }
}

#[test]
fn addresses_that_cannot_be_used_are_refused() {
    let said = ["ftp://x", "s3:", "s3://bucket?colour=red", "memory:x"]
        .map(|url| format!("{url}: {}", open(url).unwrap_err()));
    assert_snapshot!(said.join("\n"), @r"
    ftp://x: the address of the blob store is wrong: it is neither file:<dir> nor s3://… nor memory:
    s3:: the address of the blob store is wrong: it is neither file:<dir> nor s3://… nor memory:
    s3://bucket?colour=red: the address of the blob store is wrong: it has no option `colour`
    memory:x: the address of the blob store is wrong: it is neither file:<dir> nor s3://… nor memory:
    ");
}
