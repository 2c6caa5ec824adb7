//! cloud.mail.ru's API, called over HTTP and by programs that know nothing of us.

mod client;
mod common;
mod cross;
mod files;
mod links;
mod media;
mod meta;
mod more;
mod public;
mod rclone;
mod shares;
mod sign_in;
mod transfer;
mod zip;
