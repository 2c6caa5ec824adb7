//! cloud.mail.ru's API: `/api/v2`, `/api/m1`, and beside them the sign-in, the dispatchers and the
//! addresses where bytes travel.
//!
//! `routes::ROUTES` is the one table of methods, and `addresses` that of the rest. A handler reads
//! its parameters, makes one call of the core and renders what comes back.

mod account;
mod addresses;
mod batch;
pub mod binary;
mod call;
mod dispatch;
mod dispatchers;
mod download;
mod error;
mod files;
mod folders;
mod history;
mod items;
mod linked;
mod links;
mod meta;
mod more;
mod pages;
mod params;
mod place;
mod proof;
mod public;
mod public_page;
mod reply;
mod routes;
mod shares;
mod sign_in;
mod subscriptions;
mod thumb;
mod token;
mod trash;
mod upload;
mod video;
mod zip;

pub(crate) use self::addresses::router;
