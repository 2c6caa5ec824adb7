//! Lists of any length: the entries are known by their numbers alone, and are read and written
//! down piece by piece while the client takes the reply.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::stream;
use hayloft_core::{
    Error, NodeId, access,
    tree::{self, View},
};
use hayloft_store::Tx;
use hayloft_wire::skydrive::{List, Object, Paging};
use http::header::CONTENT_TYPE;

use super::{
    call::{Call, Caller},
    error::Failure,
    items::{self, Item, Painter},
    render::{self, JSON, Reply},
};
use crate::App;

/// How many entries of a list are held at once. With all that may be written about a node that is a
/// few megabytes, and commonly some hundred kilobytes.
pub(super) const PIECE: usize = 250;

/// Where the entries of a list are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// In a folder.
    Folder(NodeId),
    /// They are shares of others, wherever the caller has put them.
    Shares,
}

impl Source {
    /// The views of some entries, in their order; what is gone meanwhile is left out.
    pub(super) fn views(
        self,
        tx: &mut Tx<'_>,
        caller: &Caller,
        ids: &[NodeId],
    ) -> Result<Vec<View>, Failure> {
        let actor = &caller.actor;
        match self {
            Self::Folder(folder) => {
                let folder = access::view(tx, actor, folder)?;
                Ok(tree::entries_of(tx, actor, &folder, ids)?)
            }
            Self::Shares => {
                let mut views = Vec::with_capacity(ids.len());
                for id in ids {
                    match access::view(tx, actor, *id) {
                        Err(Error::NotFound(_)) => {}
                        view => views.push(view?),
                    }
                }
                Ok(views)
            }
        }
    }
}

/// The reply of a list that is too long to be held.
pub(super) fn list(
    call: &Call,
    caller: Caller,
    source: Source,
    ids: Vec<NodeId>,
    paging: Option<Paging>,
) -> Reply {
    let writer = Writer {
        app: call.app.clone(),
        painter: Painter::new(call, caller.actor.account),
        frame: Frame::new(render::is_compact(call), paging)?,
        caller,
        source,
        ids,
        written: 0,
    };
    let chunks = stream::unfold(Some(writer), |writer| async {
        let mut writer = writer?;
        match writer.next_chunk().await {
            Ok((chunk, is_last)) => Some((Ok(chunk), (!is_last).then_some(writer))),
            // The client sees that the reply broke off.
            Err(failure) => Some((Err(failure.into_broken()), None)),
        }
    });
    let mut response = Response::new(Body::from_stream(chunks));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    Ok(response)
}

struct Writer {
    app: App,
    painter: Painter,
    frame: Frame,
    caller: Caller,
    source: Source,
    ids: Vec<NodeId>,
    /// How many of them are written.
    written: usize,
}

impl Writer {
    /// The next part of the reply, and whether it is the last.
    async fn next_chunk(&mut self) -> Result<(Bytes, bool), Failure> {
        loop {
            let rest = &self.ids[self.written..];
            let piece = rest[..rest.len().min(PIECE)].to_vec();
            if piece.is_empty() {
                return Ok((self.frame.end().into(), true));
            }
            self.written += piece.len();
            let items = self.gather(piece).await?;
            let objects: Vec<_> = items.iter().map(|item| self.painter.object(item)).collect();
            // All of a piece may be gone, and an empty chunk would end the reply.
            if !objects.is_empty() {
                return Ok((self.frame.piece(objects)?.into(), false));
            }
        }
    }

    async fn gather(&self, ids: Vec<NodeId>) -> Result<Vec<Item>, Failure> {
        let (caller, source) = (self.caller.clone(), self.source);
        let read = self.app.core.db.read(move |tx| {
            let views = source.views(tx, &caller, &ids)?;
            items::gather(tx, &caller, views)
        });
        read.await
    }
}

/// What stands around the objects of a list: cut out of lists that are written whole, so that a
/// long one reads as a short one does.
#[derive(Debug)]
struct Frame {
    compact: bool,
    /// What stands before the first object.
    head: String,
    /// What stands behind the last.
    tail: String,
    /// What stands behind an empty list.
    end: String,
    any: bool,
}

impl Frame {
    fn new(compact: bool, paging: Option<Paging>) -> Result<Self, Failure> {
        let (head, tail) =
            if compact { ("{\"data\":[", "]}") } else { ("{\n   \"data\": [", "\n   ]\n}") };
        let nothing = List { data: Vec::new(), paging };
        let end = text(&nothing, compact)?;
        let end = end.strip_prefix(head).ok_or_else(odd)?.to_owned();
        Ok(Self { compact, head: head.to_owned(), tail: tail.to_owned(), end, any: false })
    }

    /// Some objects, with what stands before them.
    fn piece(&mut self, data: Vec<Object<'static>>) -> Result<Vec<u8>, Failure> {
        let text = text(&List { data, paging: None }, self.compact)?;
        let inner = text.strip_prefix(self.head.as_str());
        let inner = inner.and_then(|inner| inner.strip_suffix(self.tail.as_str()));
        let before = if self.any { "," } else { &self.head };
        self.any = true;
        Ok([before, inner.ok_or_else(odd)?].concat().into_bytes())
    }

    /// What stands behind all.
    fn end(&self) -> Vec<u8> {
        let before = match (self.any, self.compact) {
            (false, _) => self.head.as_str(),
            (true, true) => "",
            (true, false) => "\n   ",
        };
        [before, &self.end].concat().into_bytes()
    }
}

fn text(list: &List<Object<'static>>, compact: bool) -> Result<String, Failure> {
    String::from_utf8(render::text(list, compact)?).map_err(|_| odd())
}

fn odd() -> Failure {
    Error::Internal("a list does not look like one".to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &'static str) -> Object<'static> {
        Object { name: name.into(), ..Object::default() }
    }

    #[test]
    fn pieces_read_as_the_whole() {
        let paging = || Paging { previous: None, next: Some("x?offset=3&limit=3".to_owned()) };
        for compact in [false, true] {
            for paging in [None, Some(Paging::default()), Some(paging())] {
                for pieces in [&[][..], &[&["a"][..]], &[&["a", "b"], &["c"]]] {
                    let mut frame = Frame::new(compact, paging.clone()).unwrap();
                    let mut written = Vec::new();
                    for piece in pieces {
                        let objects = piece.iter().map(|name| object(name)).collect();
                        written.extend(frame.piece(objects).unwrap());
                    }
                    written.extend(frame.end());
                    let data = pieces.concat().into_iter().map(object).collect();
                    let whole = text(&List { data, paging: paging.clone() }, compact).unwrap();
                    assert_eq!(String::from_utf8(written).unwrap(), whole);
                }
            }
        }
    }
}
