//! The one integration-test crate; it starts the real server.
