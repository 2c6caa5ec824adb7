//! HTTP: sign-in, limits, content and one folder a dialect.

pub mod admin;
mod app;
pub mod cloudike;
pub mod config;
pub mod content;
mod health;
pub mod logging;
mod metrics;
mod openapi;
mod patience;
mod peer;
mod router;
mod server;
mod tls;

pub use crate::{
    app::App,
    config::{Config, ConfigError, Options, TlsFiles},
    openapi::openapi,
    server::{Running, StartError, open, start},
};

pub use hayloft_core::{Core, Error};
