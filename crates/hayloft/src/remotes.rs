//! The remotes this person has added, with a token for each.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use hayloft_client::cloudike::{Auth, Client};
use serde::{Deserialize, Serialize};

use crate::cli::Connection;
use crate::failure::Failure;

/// What a remote speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    /// Cloudike Enterprise REST API.
    #[default]
    Cloudike,
}

/// A server and who one is there.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remote {
    #[serde(rename = "type")]
    pub(crate) dialect: Dialect,
    pub(crate) url: String,
    pub(crate) login: String,
    /// A permanent token. The password is never stored.
    pub(crate) token: String,
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
    /// A client of the remote with the stored token.
    pub(crate) fn client(&self, connection: &Connection) -> Result<Client, Failure> {
        let client = Client::new(&self.url, Auth::Token(self.token.clone()))?;
        Ok(client.with_retry(connection.retry()))
    }
}

/// A client of the remote of this name.
pub(crate) fn connect(name: &str, connection: &Connection) -> Result<Client, Failure> {
    Remotes::load()?.find(name)?.client(connection)
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
        Remote {
            dialect: Dialect::Cloudike,
            url: "http://h".into(),
            login: "ann".into(),
            token: "t".into(),
        }
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
