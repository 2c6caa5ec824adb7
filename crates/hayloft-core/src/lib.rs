//! The product: accounts, the tree of files, versions, trash, quotas, events, jobs.
//!
//! Operations are synchronous functions over a transaction of `hayloft_store`; only what moves
//! bytes ([`upload`], [`content`], [`archive`]) or hashes passwords is asynchronous. No operation
//! knows HTTP or a dialect.

pub mod access;
pub mod account;
mod actor;
pub mod app_password;
pub mod archive;
pub mod attributes;
pub mod check;
pub mod comment;
pub mod content;
mod core;
mod error;
pub mod event;
pub mod favourite;
mod ids;
pub mod job;
pub mod link;
mod many;
mod media;
pub mod media_info;
mod name;
pub mod oauth;
pub mod phototag;
pub mod preview;
pub mod retention;
pub mod search;
pub mod second_factor;
pub mod session;
mod settings;
pub mod share;
pub mod signing;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod token;
pub mod trash;
pub mod tree;
pub mod upload;
pub mod usage;
pub mod version;

pub use crate::{
    actor::{Actor, Rights, Role},
    core::Core,
    error::{Error, Result, Subject},
    ids::{AccountId, BlobId, CommentId, JobId, NodeId, SessionId, TagId, TokenId},
    media::{Media, ffmpeg, mime_type},
    name::{DEPTH_MAX, NAME_BYTES_MAX, Name, NodePath, PATH_BYTES_MAX, fold},
    settings::{AppPasswords, DedupeScope, Settings},
};
