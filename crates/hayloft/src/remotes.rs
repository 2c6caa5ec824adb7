//! The remotes this person has added, with what proves who he is to each.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use hayloft_client::{cloudike, cloudmail};
use hayloft_wire::cloudmail::Endpoints;
use serde::{Deserialize, Serialize};

use crate::cli::Connection;
use crate::client::{self, CloudikeRemote, CloudmailRemote};
use crate::failure::Failure;

/// What a remote speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    /// Cloudike Enterprise REST API
    #[default]
    Cloudike,
    /// The API of cloud.mail.ru
    Cloudmail,
}

/// A server and who one is there.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Remote {
    Cloudike(Cloudike),
    Cloudmail(Box<Cloudmail>),
}

/// A server by the Cloudike API.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cloudike {
    pub(crate) url: String,
    pub(crate) login: String,
    /// A permanent token. The password is never stored.
    pub(crate) token: String,
}

/// The cloud.mail.ru service, or a server that speaks its API.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cloudmail {
    /// Its one address; none for the real service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    pub(crate) login: String,
    /// Where its parts are, as it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoints: Option<Endpoints>,
    /// What proves calls by OAuth. The password is never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<cloudmail::Tokens>,
    /// What proves calls as a browser's are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) cookies: BTreeMap<String, String>,
}

/// All remotes by name.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remotes {
    #[serde(default)]
    pub(crate) remotes: BTreeMap<String, Remote>,
}

impl Remotes {
    /// Reads the file; none is as good as an empty one.
    pub(crate) fn load() -> Result<Self, Failure> {
        Self::load_from(&file()?)
    }

    /// Changes the file, which meanwhile no other process changes.
    pub(crate) fn update<T>(
        change: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        Self::update_at(&file()?, change)
    }

    fn load_from(file: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(err) => return Err(Failure::io("read", file, &err)),
        };
        // The message would show the line, which may hold a token.
        toml::from_str(&text).map_err(|err: toml::de::Error| {
            Failure::failed(format!("{}: {}", file.display(), err.message()))
        })
    }

    fn update_at<T>(
        file: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let fail = |err: io::Error| Failure::io("write", file, &err);
        let folder = file.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder).map_err(fail)?;
        let lock = lock(&file.with_extension("lock")).map_err(fail)?;
        let mut remotes = Self::load_from(file)?;
        let changed = change(&mut remotes)?;
        let text = toml::to_string(&remotes)
            .map_err(|err| Failure::failed(format!("cannot write {}: {err}", file.display())))?;
        replace(file, folder, &text).map_err(fail)?;
        drop(lock);
        Ok(changed)
    }

    /// The remote of this name.
    pub(crate) fn find(&self, name: &str) -> Result<&Remote, Failure> {
        self.remotes.get(name).ok_or_else(|| {
            Failure::refused(format!(
                "there is no remote `{name}`; `hayloft remote list` shows those there are"
            ))
        })
    }
}

impl Remote {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Cloudike(_) => Dialect::Cloudike,
            Self::Cloudmail(_) => Dialect::Cloudmail,
        }
    }

    /// The address of the server.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Cloudike(remote) => &remote.url,
            Self::Cloudmail(remote) => remote.url.as_deref().unwrap_or(Cloudmail::REAL),
        }
    }

    pub(crate) fn login(&self) -> &str {
        match self {
            Self::Cloudike(remote) => &remote.login,
            Self::Cloudmail(remote) => &remote.login,
        }
    }

    /// A client of the remote of this name with what is stored.
    fn client(
        &self,
        name: &str,
        connection: &Connection,
    ) -> Result<Arc<dyn client::Remote>, Failure> {
        Ok(match self {
            Self::Cloudike(remote) => Arc::new(CloudikeRemote(remote.client(connection)?)),
            Self::Cloudmail(remote) => Arc::new(CloudmailRemote(remote.client(name, connection)?)),
        })
    }
}

impl Cloudike {
    /// A client with the stored token.
    pub(crate) fn client(&self, connection: &Connection) -> Result<cloudike::Client, Failure> {
        let auth = cloudike::Auth::Token(self.token.clone());
        Ok(cloudike::Client::new(&self.url, auth)?.with_retry(connection.retry()))
    }
}

impl Cloudmail {
    /// The real service, for people.
    const REAL: &str = "https://cloud.mail.ru";

    /// Where it is.
    pub(crate) fn hosts(&self) -> Result<cloudmail::Hosts, Failure> {
        Ok(match &self.url {
            None => cloudmail::Hosts::default(),
            Some(url) => cloudmail::Hosts::told(
                url,
                self.endpoints.as_ref().unwrap_or(&Endpoints::default()),
            )?,
        })
    }

    /// A client with the stored tokens or cookies; fresh tokens are stored under this name.
    fn client(&self, name: &str, connection: &Connection) -> Result<cloudmail::CloudMail, Failure> {
        let builder = cloudmail::CloudMail::builder(&self.login)
            .hosts(self.hosts()?)
            .retry(connection.retry());
        let Some(tokens) = &self.tokens else {
            let client = builder.build()?;
            client.update_cookies_from_dict(&self.cookies);
            return Ok(client);
        };
        let name = name.to_owned();
        let store = move |tokens: &cloudmail::Tokens| {
            if let Err(failure) = store_tokens(&name, tokens) {
                eprintln!("hayloft: the new token of `{name}` is not stored: {}", failure.text());
            }
        };
        let builder = builder.oauth(cloudmail::CloudMail::CLIENT_ID);
        Ok(builder.tokens(tokens.clone()).on_tokens(store).build()?)
    }
}

/// Keeps fresh tokens of a remote, unless it has been removed meanwhile.
fn store_tokens(name: &str, fresh: &cloudmail::Tokens) -> Result<(), Failure> {
    Remotes::update(|all| {
        if let Some(Remote::Cloudmail(remote)) = all.remotes.get_mut(name) {
            remote.tokens = Some(fresh.clone());
        }
        Ok(())
    })
}

/// A client of the remote of this name.
pub(crate) fn connect(
    name: &str,
    connection: &Connection,
) -> Result<Arc<dyn client::Remote>, Failure> {
    Remotes::load()?.find(name)?.client(name, connection)
}

/// Where programs of this person keep `what`, such as their configuration.
fn folder(variable: &str, below_home: &str) -> Result<PathBuf, Failure> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)));
    base.map(|base| base.join("hayloft")).ok_or_else(|| {
        Failure::failed(format!("neither {variable} nor HOME says where to keep things"))
    })
}

fn file() -> Result<PathBuf, Failure> {
    Ok(folder("XDG_CONFIG_HOME", ".config")?.join("remotes.toml"))
}

/// Where it is written down how far broken uploads are.
pub(crate) fn journals() -> Result<PathBuf, Failure> {
    Ok(folder("XDG_STATE_HOME", ".local/state")?.join("uploads"))
}

/// Waits until this process alone may change the file.
fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

/// Writes the file whole or not at all; a temporary file is for the owner's eyes only (0600).
fn replace(file: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    fresh.write_all(text.as_bytes())?;
    fresh.as_file().sync_all()?;
    fresh.persist(file)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use std::os::unix::fs::PermissionsExt as _;

    fn remote() -> Remote {
        let (url, login, token) = ("http://h".into(), "ann".into(), "t".into());
        Remote::Cloudike(Cloudike { url, login, token })
    }

    fn cloudmail(tokens: Option<cloudmail::Tokens>) -> Remote {
        let cookies = match tokens {
            Some(_) => BTreeMap::new(),
            None => BTreeMap::from([("Mpop".to_owned(), "1:a:ann:".to_owned())]),
        };
        let url = tokens.is_some().then(|| "http://h".to_owned());
        let login = "ann".into();
        Remote::Cloudmail(Box::new(Cloudmail { url, login, endpoints: None, tokens, cookies }))
    }

    #[test]
    fn the_file_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new").join("remotes.toml");
        Remotes::update_at(&file, |all| Ok(all.remotes.insert("nas".into(), remote()))).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_snapshot!(fs::read_to_string(&file).unwrap(), @r#"
        [remotes.nas]
        type = "cloudike"
        url = "http://h"
        login = "ann"
        token = "t"
        "#);
        let refused = Remotes::update_at(&file, |all| {
            all.remotes.clear();
            Err::<(), _>(Failure::refused("no"))
        });
        assert!(refused.is_err());
        assert!(Remotes::load_from(&file).unwrap().find("nas").is_ok());
    }

    #[test]
    fn a_remote_by_the_cloudmail_api_keeps_tokens_or_cookies() {
        let tokens = cloudmail::Tokens {
            access_token: "a".into(),
            refresh_token: "r".into(),
            expires_ms: 7,
        };
        let remotes = [("mail", cloudmail(None)), ("ours", cloudmail(Some(tokens)))];
        let remotes = remotes.map(|(name, remote)| (name.to_owned(), remote));
        let text = toml::to_string(&Remotes { remotes: BTreeMap::from(remotes) }).unwrap();
        assert_snapshot!(text, @r#"
        [remotes.mail]
        type = "cloudmail"
        login = "ann"

        [remotes.mail.cookies]
        Mpop = "1:a:ann:"

        [remotes.ours]
        type = "cloudmail"
        url = "http://h"
        login = "ann"

        [remotes.ours.tokens]
        access_token = "a"
        refresh_token = "r"
        expires_ms = 7
        "#);
        let read: Remotes = toml::from_str(&text).unwrap();
        assert_eq!(toml::to_string(&read).unwrap(), text);
        assert_eq!(read.find("mail").unwrap().url(), "https://cloud.mail.ru");
    }

    #[test]
    fn unknown_keys_are_refused_without_showing_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("remotes.toml");
        fs::write(
            &file,
            "[remotes.a]\ntype=\"cloudike\"\nurl=\"u\"\nlogin=\"l\"\ntoken=\"s3cret\"\nmore=1\n",
        )
        .unwrap();
        let err = Remotes::load_from(&file).err().unwrap();
        assert!(err.text().contains("unknown field `more`"), "{}", err.text());
        assert!(!err.text().contains("s3cret"));
    }
}
