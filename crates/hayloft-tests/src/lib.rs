//! The one integration-test crate; it starts the real server.

#[cfg(test)]
mod client;
#[cfg(test)]
mod cloudike;
#[cfg(test)]
mod server;
