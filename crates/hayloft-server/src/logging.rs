//! The log: lines for people or JSON, on standard error, never with a secret.
//!
//! What is logged of a request is its route's template, never its address: addresses hold signed
//! tickets, tokens and people's file names. See `router.rs`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter cannot be read.
    #[error("log filter `{0}`")]
    Filter(String, #[source] tracing_subscriber::filter::ParseError),
    /// Something else of the process logs already.
    #[error("logging was started before")]
    Twice(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Starts logging for the whole process.
pub fn start(config: &Config) -> Result<(), LoggingError> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|err| LoggingError::Filter(config.log.clone(), err))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match config.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(LoggingError::Twice)
}
