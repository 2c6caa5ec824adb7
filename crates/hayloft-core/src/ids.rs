//! Identifiers: numbers of the database, one type a thing, so that none is taken for another.

use std::fmt;

use hayloft_store::{DbError, FromColumn, Row, Value};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for Value<'_> {
            fn from(id: $name) -> Self {
                Value::Int(id.0)
            }
        }

        impl FromColumn for $name {
            fn from_column(row: &Row<'_>, index: usize) -> Result<Self, DbError> {
                row.get::<i64>(index).map(Self)
            }
        }
    )*};
}

ids! {
    /// A person's account, from 1; account 1 is the first administrator.
    AccountId,
    /// A file or folder; stays the same when the node moves or is renamed.
    NodeId,
    /// Content, written once; many nodes and versions may name it.
    BlobId,
    /// A signed-in device or session.
    TokenId,
    /// Somebody signed in at a web page.
    SessionId,
    /// A piece of work outside a request.
    JobId,
    /// A comment on a file or folder.
    CommentId,
    /// A person marked on a photo or in a video.
    TagId,
}
