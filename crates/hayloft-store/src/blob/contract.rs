//! What every engine promises; an engine's test is one call of [`holds`].

use std::{
    io,
    ops::Range,
    time::{Duration, SystemTime},
};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};

use super::{BlobError, BlobKey, BlobStore, ByteStream};

/// Sizes around each engine's steps: chunks of a read, gathered writes, parts of an upload.
const SIZES: [usize; 7] = [0, 1, 4096, 512 * 1024, 1_000_003, 8 << 20, (20 << 20) + 1];

/// Asks everything of a store.
pub(super) async fn holds(store: &dyn BlobStore) {
    for size in SIZES {
        comes_back_whole_and_in_ranges(store, size).await;
    }
    refuses_what_is_not_there(store).await;
    leaves_nothing_of_a_body_that_broke_off(store).await;
    leaves_nothing_of_a_dropped_put(store).await;
    takes_many_at_once(store).await;
    lists_what_is_old(store).await;
}

/// Bytes that differ from place to place.
fn content(size: usize) -> Bytes {
    (0..size).map(|place| (place ^ (place >> 8) ^ (place >> 16)).to_le_bytes()[0]).collect()
}

/// The content in chunks as a network would bring it.
fn body(content: &Bytes) -> ByteStream {
    let chunks: Vec<_> = content.chunks(60_000).map(|it| Ok(content.slice_ref(it))).collect();
    stream::iter(chunks).boxed()
}

async fn read(store: &dyn BlobStore, key: &BlobKey, range: Option<Range<u64>>) -> Bytes {
    let chunks = store.get(key, range).await.expect("a blob that was stored");
    let whole = chunks.try_fold(BytesMut::new(), async |mut whole, chunk| {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    });
    whole.await.expect("all bytes of a blob").freeze()
}

async fn is_absent(store: &dyn BlobStore, key: &BlobKey) -> bool {
    matches!(store.get(key, None).await, Err(BlobError::NotFound(missing)) if missing == *key)
}

async fn comes_back_whole_and_in_ranges(store: &dyn BlobStore, size: usize) {
    let (key, sent) = (BlobKey::random(), content(size));
    assert_eq!(store.put(&key, body(&sent)).await.unwrap(), size as u64);
    assert!(read(store, &key, None).await == sent, "{size} bytes differ");
    let end = size as u64;
    for range in [0..end, 0..end.min(1), end / 3..end / 2, end.saturating_sub(7)..end, end..end] {
        let wanted = sent.slice(usize(range.start)..usize(range.end));
        let found = read(store, &key, Some(range.clone())).await;
        assert!(found == wanted, "{range:?} of {size} bytes differs");
    }
    for range in [0..end + 1, end..end + 1, end + 1..end + 1] {
        assert!(store.get(&key, Some(range)).await.is_err());
    }
    if let Some(path) = store.local_path(&key) {
        assert_eq!(path.metadata().unwrap().len(), end);
    }
    store.delete(&key).await.unwrap();
    assert!(is_absent(store, &key).await);
}

fn usize(place: u64) -> usize {
    usize::try_from(place).expect("a place in memory")
}

async fn refuses_what_is_not_there(store: &dyn BlobStore) {
    let key = BlobKey::random();
    assert!(is_absent(store, &key).await);
    assert!(store.get(&key, Some(0..1)).await.is_err());
    store.delete(&key).await.unwrap();
}

async fn leaves_nothing_of_a_body_that_broke_off(store: &dyn BlobStore) {
    for size in [0, 100, 18 << 20] {
        let key = BlobKey::random();
        let broken = stream::iter([Err(io::ErrorKind::ConnectionReset.into())]);
        let outcome = store.put(&key, body(&content(size)).chain(broken).boxed()).await;
        assert!(matches!(outcome, Err(BlobError::Body(_))), "{outcome:?}");
        assert!(is_absent(store, &key).await);
    }
}

async fn leaves_nothing_of_a_dropped_put(store: &dyn BlobStore) {
    let key = BlobKey::random();
    let endless = body(&content(9 << 20)).chain(stream::pending()).boxed();
    let dropped = tokio::time::timeout(Duration::from_millis(300), store.put(&key, endless)).await;
    assert!(dropped.is_err());
    // Cleaning up goes on behind the dropped future.
    for _ in 0..500 {
        if is_absent(store, &key).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a dropped put left something behind");
}

async fn takes_many_at_once(store: &dyn BlobStore) {
    let keys: Vec<_> = (0..32).map(|_| BlobKey::random()).collect();
    let puts = keys.iter().zip(100_000..).map(|(key, size)| store.put(key, body(&content(size))));
    for stored in futures::future::join_all(puts).await {
        stored.unwrap();
    }
    for (key, size) in keys.iter().zip(100_000..) {
        assert!(read(store, key, None).await == content(size));
        store.delete(key).await.unwrap();
    }
}

async fn lists_what_is_old(store: &dyn BlobStore) {
    let mut stored = Vec::new();
    for size in [10_u64, 20, 30] {
        let key = BlobKey::random();
        store.put(&key, body(&content(usize(size)))).await.unwrap();
        stored.push((key, size));
    }
    let hour = Duration::from_hours(1);
    assert_eq!(listed(store, SystemTime::now() - hour).await, []);
    stored.sort();
    assert_eq!(listed(store, SystemTime::now() + hour).await, stored);
    for (key, _) in stored {
        store.delete(&key).await.unwrap();
    }
    assert_eq!(listed(store, SystemTime::now() + hour).await, []);
}

async fn listed(store: &dyn BlobStore, older_than: SystemTime) -> Vec<(BlobKey, u64)> {
    let list = store.list(older_than).await.unwrap();
    let mut found: Vec<_> = list.try_collect().await.unwrap();
    found.sort();
    found
}
