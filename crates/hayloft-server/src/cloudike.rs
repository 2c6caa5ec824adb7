//! The Cloudike Enterprise REST API: `/api/0`, `/api/1`, and beside them `/storage` and
//! `/subscribe`.
//!
//! `routes::ROUTES` is the one table of methods: the router, the replies to wrong verbs and the
//! OpenAPI document all come from it. A handler reads its parameters, makes one call of the core
//! and renders what comes back.

mod accounts;
mod archives;
mod auth;
mod body;
mod call;
mod cors;
mod dispatch;
mod doc;
mod error;
mod events;
mod favourites;
mod fields;
mod fileops;
mod listings;
mod metadata;
mod multi;
pub mod params;
mod render;
mod routes;
mod search;
mod storage;
mod subscribe;
mod tasks;
mod tokens;
mod trash;
mod unchanged;
mod uploads;
mod versions;

pub(crate) use self::{
    call::request_id,
    dispatch::{https_required, router, unknown_address},
    doc::openapi,
    subscribe::Sockets,
    unchanged::{Unchanged, unchanged},
};
