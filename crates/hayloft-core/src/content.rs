//! Reading content: where it lies, and a stream of any part of it.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hayloft_store::{
    Tx,
    blob::{BlobKey, BlobStore, ByteStream},
    params,
};

use crate::{BlobId, Error, Result, Subject};

/// A content and where it lies. Found in a transaction, read outside of it.
#[derive(Clone, Debug)]
pub struct Located {
    /// Size in bytes.
    pub size: u64,
    /// MD5 of the bytes.
    pub md5: [u8; 16],
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Inline(Bytes),
    /// Keys with their sizes, in order.
    Segments(Vec<(BlobKey, u64)>),
}

/// Finds a content.
pub fn locate(tx: &mut Tx<'_>, blob: BlobId) -> Result<Located> {
    let (size, md5, data) = tx
        .query_opt("SELECT size, md5, data FROM blob WHERE id = ?1", params![blob], |row| {
            Ok((row.get::<u64>(0)?, row.get(1)?, row.get::<Option<Vec<u8>>>(2)?))
        })?
        .ok_or(Error::NotFound(Subject::Content))?;
    let place = match data {
        Some(data) if data.len() as u64 != size => {
            return Err(Error::Internal(format!("content {blob} is damaged: not of its size")));
        }
        Some(data) => Place::Inline(data.into()),
        None => Place::Segments(segments(tx, blob)?),
    };
    Ok(Located { size, md5, place })
}

fn segments(tx: &mut Tx<'_>, blob: BlobId) -> Result<Vec<(BlobKey, u64)>> {
    let rows = tx.query(
        "SELECT key, size FROM segment WHERE blob_id = ?1 ORDER BY position",
        params![blob],
        |row| Ok((row.get::<String>(0)?, row.get::<u64>(1)?)),
    )?;
    rows.into_iter().map(|(key, size)| Ok((stored_key(&key)?, size))).collect()
}

/// A key as the database names it.
pub(crate) fn stored_key(text: &str) -> Result<BlobKey> {
    BlobKey::parse(text).ok_or_else(|| Error::Internal("a row names a key that is none".to_owned()))
}

impl Located {
    /// Streams the bytes of `range`, which must lie within the content.
    pub async fn stream(
        &self,
        blobs: &Arc<dyn BlobStore>,
        range: Range<u64>,
    ) -> Result<ByteStream> {
        assert!(range.start <= range.end && range.end <= self.size);
        match &self.place {
            Place::Inline(data) => {
                let within = |at: u64| usize::try_from(at).expect("inline content is in memory");
                let range = within(range.start)..within(range.end);
                // The row comes from a disk, which may have damaged it.
                if range.end > data.len() {
                    return Err(Error::Internal(
                        "a stored content is shorter than recorded".into(),
                    ));
                }
                Ok(stream::iter([Ok(data.slice(range))]).boxed())
            }
            Place::Segments(segments) => {
                let mut wanted = pieces(segments, &range).into_iter();
                let Some((key, piece)) = wanted.next() else {
                    return Ok(stream::empty().boxed());
                };
                // The first is opened at once, so that what is missing is told, not cut off.
                let first = blobs.get(&key, Some(piece)).await?;
                let blobs = Arc::clone(blobs);
                let rest = stream::iter(wanted)
                    .then(move |(key, piece)| {
                        let blobs = Arc::clone(&blobs);
                        async move {
                            let opened = blobs.get(&key, Some(piece)).await;
                            opened.map_err(std::io::Error::other)
                        }
                    })
                    .try_flatten();
                Ok(first.chain(rest).boxed())
            }
        }
    }
}

/// The part of each segment that lies in `range`.
fn pieces(segments: &[(BlobKey, u64)], range: &Range<u64>) -> Vec<(BlobKey, Range<u64>)> {
    let mut start = 0;
    let mut pieces = Vec::new();
    for (key, size) in segments {
        let end = start + size;
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            pieces.push((key.clone(), from - start..to - start));
        }
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_takes_its_part_of_each_segment() {
        let keys: Vec<_> = (0..3).map(|_| BlobKey::random()).collect();
        let segments: Vec<_> = keys.iter().map(|key| (key.clone(), 10)).collect();
        let taken = |range: Range<u64>| {
            let pieces = pieces(&segments, &range);
            let at = |key| keys.iter().position(|known| known == key).unwrap();
            pieces.iter().map(|(key, piece)| (at(key), piece.clone())).collect::<Vec<_>>()
        };
        assert_eq!(taken(0..30), [(0, 0..10), (1, 0..10), (2, 0..10)]);
        assert_eq!(taken(9..11), [(0, 9..10), (1, 0..1)]);
        assert_eq!(taken(10..20), [(1, 0..10)]);
        assert!(taken(5..5).is_empty());
    }
}
