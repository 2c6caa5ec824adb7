//! The server's settings: by option, by environment variable, by file, in that order.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};
use hayloft_core::Settings;
use serde::Deserialize;

use crate::{hosts::Hosts, skydrive::SkyDriveOptions};

/// Connections held at once unless another number is set: some 300 MiB of idle ones.
const CONNECTIONS_MAX: usize = 10_000;

/// The settings as they are given; each may be absent. In a file they have the same names, with
/// `_` for `-`, and unknown names are refused.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Directory that holds the database and the files; made if missing
    #[arg(long, env = "HAYLOFT_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "HAYLOFT_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,

    /// File of settings, in TOML
    #[arg(long, env = "HAYLOFT_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Database: `sqlite:<file>` or `postgres://…` [default: hayloft.db in the data directory]
    #[arg(long, env = "HAYLOFT_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// Store of file content: `file:<dir>` or `s3://bucket?endpoint=…` [default: blobs in the data
    /// directory]
    #[arg(long, env = "HAYLOFT_BLOBS", value_name = "URL", hide_env_values = true)]
    pub blobs: Option<String>,

    /// URL under which people reach this server [default: as each request asked]
    #[arg(long, env = "HAYLOFT_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Certificate chain in PEM, to serve HTTPS
    #[arg(long, env = "HAYLOFT_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,

    /// Private key of the certificate in PEM
    #[arg(long, env = "HAYLOFT_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

    /// Trust X-Forwarded-For and X-Forwarded-Proto: a proxy that ends TLS stands in front
    #[arg(long, env = "HAYLOFT_BEHIND_PROXY", num_args = 0..=1, default_missing_value = "true")]
    pub behind_proxy: Option<bool>,

    /// Refuse requests that did not come by HTTPS [default: only behind a proxy]
    #[arg(long, env = "HAYLOFT_REQUIRE_HTTPS", num_args = 0..=1, default_missing_value = "true")]
    pub require_https: Option<bool>,

    /// Refuse Cloudike methods under a version their documentation does not name
    #[arg(long, env = "HAYLOFT_STRICT_VERSIONS", num_args = 0..=1, default_missing_value = "true")]
    pub strict_versions: Option<bool>,

    /// What is logged, such as `info` or `warn,hayloft_server=debug` [default: info]
    #[arg(long, env = "HAYLOFT_LOG", value_name = "FILTER")]
    pub log: Option<String>,

    /// Form of the log
    #[arg(long, env = "HAYLOFT_LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,

    /// Connections held at once; more are closed as they come [default: 10000]
    #[arg(long, env = "HAYLOFT_CONNECTIONS_MAX", value_name = "NUMBER")]
    pub connections_max: Option<usize>,

    /// Seconds that requests in flight are given when the server stops [default: 30]
    #[arg(long, env = "HAYLOFT_SHUTDOWN_SECONDS", value_name = "SECONDS")]
    pub shutdown_seconds: Option<u64>,

    /// The product's rules: quotas, versions, retention. Only in the file, as `[rules]`.
    #[arg(skip)]
    pub rules: Option<Settings>,

    /// Host names that clients of cloud.mail.ru have built in. Only in the file, as `[hosts]`.
    #[arg(skip)]
    pub hosts: Option<Hosts>,

    /// What is particular to SkyDrive's API. Only in the file, as `[skydrive]`.
    #[arg(skip)]
    pub skydrive: Option<SkyDriveOptions>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The settings as they are used.
#[derive(Debug, Clone)]
pub struct Config {
    /// Directory of the data.
    pub data: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Database.
    pub database: String,
    /// Store of file content.
    pub blobs: String,
    /// URL under which people reach this server, without a final slash.
    pub public_url: Option<String>,
    /// Certificate chain and key.
    pub tls: Option<TlsFiles>,
    /// Whether a proxy's headers are trusted.
    pub behind_proxy: bool,
    /// Whether plain requests are refused.
    pub require_https: bool,
    /// Whether Cloudike methods answer only under their documented versions.
    pub strict_versions: bool,
    /// What is logged.
    pub log: String,
    /// Form of the log.
    pub log_format: LogFormat,
    /// How many connections are held at once.
    pub connections_max: usize,
    /// How long requests in flight are waited for.
    pub shutdown: Duration,
    /// The product's rules.
    pub rules: Settings,
    /// Host names that clients of cloud.mail.ru have built in.
    pub hosts: Hosts,
    /// What is particular to SkyDrive's API.
    pub skydrive: SkyDriveOptions,
}

/// Files for HTTPS.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificate chain in PEM.
    pub certificate: PathBuf,
    /// Private key in PEM.
    pub key: PathBuf,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] io::Error),
    /// The file is not TOML, or names a setting that does not exist.
    #[error("{0}: {1}")]
    Parse(PathBuf, Box<toml::de::Error>),
    /// Passwords would travel in the clear.
    #[error(
        "{0} can be reached from other machines, and without HTTPS passwords and files would \
         travel in the clear. Give --tls-certificate and --tls-key, or say --behind-proxy if a \
         proxy that ends HTTPS stands in front; or listen on 127.0.0.1"
    )]
    PlainBeyondLoopback(SocketAddr),
    /// Only one of the two files for HTTPS was given.
    #[error("tls_certificate and tls_key belong together")]
    HalfTls,
    /// Not an address of the web.
    #[error("public_url `{0}` must begin with http:// or https://")]
    BadPublicUrl(String),
}

impl Config {
    /// Completes the options with the file they name and with the defaults.
    pub fn resolve(mut options: Options) -> Result<Self, ConfigError> {
        if let Some(file) = options.config.clone() {
            options = options.or(read(&file)?);
        }
        let data = options.data.unwrap_or_else(|| PathBuf::from("data"));
        let listen = options.listen.unwrap_or((Ipv4Addr::LOCALHOST, 8080).into());
        let tls = match (options.tls_certificate, options.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(ConfigError::HalfTls),
        };
        let behind_proxy = options.behind_proxy.unwrap_or(false);
        if !listen.ip().is_loopback() && tls.is_none() && !behind_proxy {
            return Err(ConfigError::PlainBeyondLoopback(listen));
        }
        let in_data = |name: &str| data.join(name).display().to_string();
        Ok(Self {
            database: options
                .database
                .unwrap_or_else(|| format!("sqlite:{}", in_data("hayloft.db"))),
            blobs: options.blobs.unwrap_or_else(|| format!("file:{}", in_data("blobs"))),
            public_url: options.public_url.map(public_url).transpose()?,
            require_https: options.require_https.unwrap_or(behind_proxy),
            strict_versions: options.strict_versions.unwrap_or(false),
            log: options.log.unwrap_or_else(|| "info".to_owned()),
            log_format: options.log_format.unwrap_or_default(),
            connections_max: options.connections_max.unwrap_or(CONNECTIONS_MAX),
            shutdown: Duration::from_secs(options.shutdown_seconds.unwrap_or(30)),
            rules: options.rules.unwrap_or_default(),
            hosts: options.hosts.unwrap_or_default(),
            skydrive: options.skydrive.unwrap_or_default(),
            data,
            listen,
            tls,
            behind_proxy,
        })
    }
}

impl Options {
    /// These, and where one is absent, that of `file`.
    fn or(self, file: Self) -> Self {
        Self {
            data: self.data.or(file.data),
            listen: self.listen.or(file.listen),
            config: self.config,
            database: self.database.or(file.database),
            blobs: self.blobs.or(file.blobs),
            public_url: self.public_url.or(file.public_url),
            tls_certificate: self.tls_certificate.or(file.tls_certificate),
            tls_key: self.tls_key.or(file.tls_key),
            behind_proxy: self.behind_proxy.or(file.behind_proxy),
            require_https: self.require_https.or(file.require_https),
            strict_versions: self.strict_versions.or(file.strict_versions),
            log: self.log.or(file.log),
            log_format: self.log_format.or(file.log_format),
            connections_max: self.connections_max.or(file.connections_max),
            shutdown_seconds: self.shutdown_seconds.or(file.shutdown_seconds),
            rules: self.rules.or(file.rules),
            hosts: self.hosts.or(file.hosts),
            skydrive: self.skydrive.or(file.skydrive),
        }
    }
}

fn read(file: &Path) -> Result<Options, ConfigError> {
    let text = fs::read_to_string(file).map_err(|err| ConfigError::Read(file.to_owned(), err))?;
    toml::from_str(&text).map_err(|err| ConfigError::Parse(file.to_owned(), Box::new(err)))
}

fn public_url(url: String) -> Result<String, ConfigError> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    Err(ConfigError::BadPublicUrl(url))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn from_toml(text: &str) -> Result<Config, String> {
        let options: Options = toml::from_str(text).map_err(|err| err.message().to_owned())?;
        Config::resolve(options).map_err(|err| err.to_string())
    }

    #[test]
    fn nothing_at_all_works() {
        let config = from_toml("").unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.database, "sqlite:data/hayloft.db");
        assert_eq!(config.blobs, "file:data/blobs");
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let refusal = from_toml("lisen = \"127.0.0.1:1\"").unwrap_err();
        assert!(refusal.starts_with("unknown field `lisen`"), "{refusal}");
        let refusal = from_toml("[rules]\ntrash_dais = 1").unwrap_err();
        assert!(refusal.starts_with("unknown field `trash_dais`"), "{refusal}");
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        assert_snapshot!(from_toml("listen = \"0.0.0.0:80\"").unwrap_err(), @"0.0.0.0:80 can be reached from other machines, and without HTTPS passwords and files would travel in the clear. Give --tls-certificate and --tls-key, or say --behind-proxy if a proxy that ends HTTPS stands in front; or listen on 127.0.0.1");
        assert!(from_toml("listen = \"0.0.0.0:80\"\nbehind_proxy = true").unwrap().require_https);
        assert!(from_toml("listen = \"[::1]:80\"").is_ok());
        assert!(from_toml("tls_key = \"key.pem\"").is_err());
    }

    #[test]
    fn options_win_over_the_file() {
        let file =
            Options { data: Some("file".into()), log: Some("warn".into()), ..Options::default() };
        let options = Options { data: Some("option".into()), ..Options::default() };
        let config = Config::resolve(options.or(file)).unwrap();
        assert_eq!((config.data, config.log), (PathBuf::from("option"), "warn".to_owned()));
    }
}
