//! Client library for servers that speak one of Hayloft's dialects, one module a dialect.
//!
//! What all dialects need stands once: connections, patience with a server that is away, and
//! transfers of files, which are hashed as they go by and resumed where they broke off.

pub mod cloudike;
pub mod cloudmail;
pub mod skydrive;

mod error;
mod http;
mod retry;
mod transfer;

pub use reqwest::Url;

pub use error::{Error, ServerRefusal};
pub use http::ByteStream;
pub use retry::Retry;
pub use transfer::{Content, PART_SUFFIX, modified_ms, part_path};
