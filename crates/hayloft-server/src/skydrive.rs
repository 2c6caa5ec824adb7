//! `SkyDrive`, the Live Connect REST API 5.0: `/v5.0`, and beside it the pages of `oauth20_*.srf`,
//! BITS uploads, and addresses of content and shared things.
//!
//! `routes::ROUTES` is the one table of addresses; the router, the replies to wrong verbs and the
//! document of the dialect come from it. A handler reads its parameters, makes one call of the core
//! and renders what comes back.

mod bits;
mod body;
mod call;
mod dispatch;
mod error;
mod html;
mod ids;
mod items;
mod links;
mod listings;
mod oauth;
mod objects;
mod options;
mod pictures;
mod pieces;
mod place;
mod query;
mod remarks;
mod render;
mod routes;
mod uploads;
mod users;
mod y1p;

pub(crate) use self::dispatch::{https_required, is_below, router};
pub use self::options::SkyDriveOptions;
