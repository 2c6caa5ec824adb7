//! The Cloudike API, area by area.

mod accounts;
mod archives;
mod breaks;
mod common;
mod events;
mod fileops;
mod limits;
mod listings;
mod metadata;
mod storage;
mod tokens;
mod trash;
mod uploads;
mod versions;
