//! HTTP: sign-in, limits, content and one folder a dialect.

pub mod admin;
mod app;
pub mod cloudike;
pub mod cloudmail;
pub mod config;
pub mod content;
mod form;
mod health;
mod hosts;
pub mod logging;
mod metrics;
mod openapi;
mod patience;
mod peer;
mod router;
mod server;
pub mod skydrive;
mod tls;

pub use crate::{
    app::App,
    config::{Config, ConfigError, Options, TlsFiles},
    hosts::Hosts,
    openapi::openapi,
    server::{Running, StartError, open, start},
};

pub use hayloft_core::{Core, Error};
