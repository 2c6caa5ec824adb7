//! The Cloudike API, area by area.

mod fileops;
mod uploads;
