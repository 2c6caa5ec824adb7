//! The log: lines for people or JSON, on standard error, never with a secret.
//!
//! What is logged of a request is its route's template, never its address: addresses hold signed
//! tickets, tokens and people's file names. See `router.rs`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// What libraries tell of photos and recordings is of no use to an operator: whoever uploads a
/// damaged one would write errors into the log. Who names them in the filter sees them.
const QUIET: &str = "lofty=off,nom_exif=off";

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
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.log)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match config.log_format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(LoggingError::Twice)
}

fn filter(text: &str) -> Result<EnvFilter, LoggingError> {
    EnvFilter::try_new(format!("{QUIET},{text}"))
        .map_err(|err| LoggingError::Filter(text.to_owned(), err))
}

#[cfg(test)]
mod tests {
    use tracing::{Level, enabled};

    use super::*;

    #[test]
    fn a_damaged_photo_is_no_error_of_the_server() {
        // The photos' library, ours at two levels, under each filter.
        for (text, expected) in [
            ("info", [false, true, false]),
            ("debug", [false, true, true]),
            ("warn,nom_exif=error", [true, false, false]),
        ] {
            let subscriber = tracing_subscriber::fmt().with_env_filter(filter(text).unwrap());
            let shown = tracing::subscriber::with_default(subscriber.finish(), || {
                [
                    enabled!(target: "nom_exif::parser", Level::ERROR),
                    enabled!(target: "hayloft_core", Level::INFO),
                    enabled!(target: "hayloft_core", Level::DEBUG),
                ]
            });
            assert_eq!(shown, expected, "{text}");
        }
        assert!(filter("hayloft=loud").is_err());
    }
}
