//! The one integration-test crate; it starts the real server.

#[cfg(test)]
mod client;
#[cfg(test)]
#[expect(clippy::too_many_lines, reason = "a whole reply in a snapshot is long")]
mod cloudike;
#[cfg(test)]
#[expect(clippy::too_many_lines, reason = "a whole reply in a snapshot is long")]
mod cloudmail;
#[cfg(test)]
mod jpeg;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod server;
#[cfg(test)]
mod skydrive;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod totp;
