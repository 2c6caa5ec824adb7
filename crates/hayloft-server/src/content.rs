//! Content over HTTP: byte ranges, names of downloads, conditional requests.

pub mod disposition;
mod picture;
pub mod range;
mod reply;

pub(crate) use picture::picture;
pub use reply::{Download, matches_etag, reply};
