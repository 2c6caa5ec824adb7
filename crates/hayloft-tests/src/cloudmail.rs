//! cloud.mail.ru's API, called over HTTP and by programs that know nothing of us.

mod client;
mod common;
mod cross;
mod files;
mod media;
mod meta;
mod rclone;
mod sign_in;
mod transfer;
