//! Content over HTTP: byte ranges, names of downloads, conditional requests.

pub mod disposition;
pub mod range;
mod reply;

pub use reply::{Download, matches_etag, reply};
