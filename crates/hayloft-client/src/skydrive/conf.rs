//! The state file `~/.lcrc`: application, tokens, and how connections are made.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::auth::{Hold, Keep, Secret, Tokens, expiry};
use super::transport::HttpSettings;
use super::wrapper::Endpoints;
use super::yaml::{self, Change, Damage, Node};
use super::{AuthSettings, Error};

/// A state file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfError {
    /// It cannot be read or written.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no YAML.
    #[error("{path}, line {line}: {text}; the file was left as it is")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it breaks, from 1.
        line: usize,
        /// What is wrong.
        text: String,
    },
    /// A value has the wrong form.
    #[error("{path}: `{key}` in section `{section}` should be {expected}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The section.
        section: String,
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Tokens could not be saved where they belong.
    #[error("{cause}; the new tokens are in {rescue}")]
    Rescued {
        /// Why.
        cause: Box<ConfError>,
        /// Where they are instead.
        rescue: PathBuf,
    },
}

impl ConfError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    fn damaged(path: &Path) -> impl FnOnce(Damage) -> Self + use<> {
        let path = path.to_owned();
        move |Damage { line, text }| Self::Damaged { path, line, text }
    }
}

/// No state file is bigger; what is, is another file.
const SIZE_MAX: u64 = 1024 * 1024;
/// Others may rewrite the file just before us, but not so often.
const TRIES_MAX: usize = 20;

/// A state file as it was read.
#[derive(Debug, Clone)]
pub struct Conf {
    path: PathBuf,
    tree: Node,
}

impl Conf {
    /// Where the file is if nobody says otherwise: `~/.lcrc`.
    pub fn default_path() -> PathBuf {
        std::env::home_dir().unwrap_or_default().join(".lcrc")
    }

    /// Reads the file; that it is missing is an error.
    pub fn load(path: &Path) -> Result<Self, ConfError> {
        let file = File::open(path).map_err(ConfError::io("read", path))?;
        let text = read(&file, path)?;
        let tree = yaml::parse(&text).map_err(ConfError::damaged(path))?;
        let conf = Self { path: path.to_owned(), tree };
        conf.check()?;
        Ok(conf)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text of a key, exactly as it stands there; an unquoted number keeps its zeros.
    pub fn text(&self, section: &str, key: &str) -> Option<&str> {
        self.tree.get(section)?.get(key)?.text()
    }

    /// Where tokens are saved: the file itself, another one, or nowhere.
    pub fn save_path(&self) -> Option<PathBuf> {
        match self.tree.get("conf_save") {
            Some(node) if node.truth() == Some(false) => None,
            Some(node) if node.truth() == Some(true) => Some(self.path.clone()),
            Some(node) => Some(node.text().map_or_else(|| self.path.clone(), expand_home)),
            None => Some(self.path.clone()),
        }
    }

    /// The application's credentials and, where the file names other endpoints, their URLs.
    pub fn auth_settings(&self, endpoints: &Endpoints) -> AuthSettings {
        let text = |section, key| self.text(section, key).map(str::to_owned);
        AuthSettings {
            client_id: text("client", "id"),
            client_secret: text("client", "secret").map(Secret::new),
            ..AuthSettings::at(&endpoints.login)
        }
    }

    /// The tokens of the last run.
    pub fn tokens(&self) -> Tokens {
        let secret = |key| self.text("auth", key).map(|text| Secret::new(text.to_owned()));
        Tokens {
            code: secret("code"),
            refresh_token: secret("refresh_token"),
            access_token: secret("access_token"),
            access_expires: self.text("auth", "access_expires").and_then(expiry::read),
        }
    }

    /// The section `endpoints`; what it leaves out follows `api`, or is the original service.
    pub fn endpoints(&self) -> Result<Endpoints, Error> {
        let text = |key| self.text("endpoints", key);
        Endpoints::new(text("api"), text("login"), text("bits"))
    }

    /// `request.extra_keywords` and `request.adapter_settings`.
    pub fn http_settings(&self) -> Result<HttpSettings, ConfError> {
        let mut settings = HttpSettings::default();
        let wrong = |key: &str, expected| ConfError::Value {
            path: self.path.clone(),
            section: "request".to_owned(),
            key: key.to_owned(),
            expected,
        };
        let request = |key| self.tree.get("request").and_then(|request| request.get(key));
        if let Some(keywords) = request("extra_keywords") {
            if let Some(timeout) = keywords.get("timeout").filter(|node| !node.is_null()) {
                let expected = "seconds, or [connect, read] in seconds";
                (settings.connect_timeout, settings.read_timeout) =
                    timeouts(timeout).ok_or_else(|| wrong("timeout", expected))?;
            }
            if let Some(proxies) = keywords.get("proxies") {
                let proxy = |key| proxies.get(key).and_then(Node::text).map(str::to_owned);
                (settings.http_proxy, settings.https_proxy) = (proxy("http"), proxy("https"));
            }
            match keywords.get("verify") {
                Some(verify) if verify.truth() == Some(false) => {
                    settings.accept_any_certificate = true;
                }
                Some(verify) if verify.truth().is_none() => {
                    settings.ca_file = verify.text().map(expand_home);
                }
                _ => {}
            }
            settings.identity_files = match keywords.get("cert").map(|node| &node.value) {
                Some(yaml::Value::Sequence(files)) => {
                    files.iter().filter_map(Node::text).map(expand_home).collect()
                }
                Some(_) => {
                    keywords.get("cert").and_then(Node::text).map(expand_home).into_iter().collect()
                }
                None => Vec::new(),
            };
        }
        if settings.ca_file.is_none() {
            settings.ca_file = std::env::var_os("REQUESTS_CA_BUNDLE").map(PathBuf::from);
        }
        if let Some(adapter) = request("adapter_settings")
            && let Some(size) = adapter.get("pool_maxsize").and_then(Node::text)
        {
            let size = size.parse().map_err(|_| wrong("pool_maxsize", "a number"))?;
            settings.pool_max_idle = Some(size);
        }
        Ok(settings)
    }

    /// `request.base_headers`.
    pub fn base_headers(&self) -> Result<HeaderMap, ConfError> {
        let mut headers = HeaderMap::new();
        let section = self.tree.get("request").and_then(|request| request.get("base_headers"));
        for (name, value) in section.and_then(Node::entries).unwrap_or_default() {
            let name = name.text().unwrap_or_default();
            let header = HeaderName::try_from(name)
                .ok()
                .zip(value.text().and_then(|value| HeaderValue::try_from(value).ok()));
            let (header, value) = header.ok_or_else(|| ConfError::Value {
                path: self.path.clone(),
                section: "request.base_headers".to_owned(),
                key: name.to_owned(),
                expected: "an HTTP header",
            })?;
            headers.insert(header, value);
        }
        Ok(headers)
    }

    /// Sections have to be mappings.
    fn check(&self) -> Result<(), ConfError> {
        let wrong = |section: &str, key: &str, expected| ConfError::Value {
            path: self.path.clone(),
            section: section.to_owned(),
            key: key.to_owned(),
            expected,
        };
        let sections = self.tree.entries().ok_or_else(|| wrong("", "", "a mapping of sections"))?;
        for name in ["client", "auth", "request", "endpoints"] {
            let Some(section) = self.tree.get(name) else { continue };
            if section.entries().is_none() {
                let expected = "a mapping, one indented line a key";
                let first = if name == "client" { "id" } else { "code" };
                return Err(wrong(name, first, expected));
            }
            if section.is_null()
                && name == "client"
                && sections.iter().any(|(key, _)| key.text() == Some("id"))
            {
                return Err(wrong(name, "id", "indented with spaces below it"));
            }
        }
        Ok(())
    }
}

fn timeouts(node: &Node) -> Option<(Option<Duration>, Option<Duration>)> {
    let seconds = |node: &Node| {
        if node.is_null() {
            return Some(None);
        }
        let seconds: f64 = node.text()?.parse().ok()?;
        Some(Some(Duration::try_from_secs_f64(seconds).ok()?))
    };
    match &node.value {
        yaml::Value::Sequence(both) => match both.as_slice() {
            [connect, read] => Some((seconds(connect)?, seconds(read)?)),
            _ => None,
        },
        _ => seconds(node).map(|both| (both, both)),
    }
}

fn expand_home(path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        None => PathBuf::from(path),
    }
}

fn read(mut file: &File, path: &Path) -> Result<String, ConfError> {
    let mut text = String::new();
    let limit = (&mut file).take(SIZE_MAX + 1).read_to_string(&mut text);
    limit.map_err(ConfError::io("read", path))?;
    if text.len() as u64 > SIZE_MAX {
        let damage = Damage { line: 1, text: "it is too big for a state file".to_owned() };
        return Err(ConfError::damaged(path)(damage));
    }
    Ok(text)
}

/// Keeps tokens in a state file.
#[derive(Debug, Clone)]
pub struct ConfKeeper {
    path: Option<PathBuf>,
}

impl ConfKeeper {
    /// Keeps them where the file says.
    pub fn new(conf: &Conf) -> Self {
        Self { path: conf.save_path() }
    }
}

impl Keep for ConfKeeper {
    fn hold(&self) -> Result<Hold, ConfError> {
        self.path.as_deref().map_or(Ok(Hold::default()), lock)
    }

    fn keep(&self, _: &Hold, tokens: &Tokens) -> Result<(), ConfError> {
        let Some(path) = &self.path else { return Ok(()) };
        let text =
            |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let changes: Vec<Change> = [
            ("code", text(&tokens.code)),
            ("access_token", text(&tokens.access_token)),
            ("refresh_token", text(&tokens.refresh_token)),
            ("access_expires", tokens.access_expires.map(expiry::write)),
        ]
        .into_iter()
        .map(|(key, text)| Change { section: "auth", key, text })
        .collect();
        save(path, &changes).map_err(|cause| rescue(path, &changes, cause))
    }

    fn kept(&self, _: &Hold) -> Result<Option<Tokens>, ConfError> {
        self.path.as_deref().map(|path| Ok(Conf::load(path)?.tokens())).transpose()
    }
}

/// The file itself: a link to it stays a link.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Locks the file, which is made if it is missing. Whoever rewrites it exchanges it for another
/// one, so that a lock may turn out to be on a file that has gone.
fn lock(path: &Path) -> Result<Hold, ConfError> {
    let target = real(path);
    for _ in 0..TRIES_MAX {
        let file = File::options().append(true).create(true).open(&target);
        let file = file.map_err(ConfError::io("open", &target))?;
        file.lock().map_err(ConfError::io("lock", &target))?;
        if is_current(&file, &target) {
            return Ok(Hold::by(file));
        }
    }
    let busy = io::Error::other("other programs keep rewriting it");
    Err(ConfError::io("lock", &target)(busy))
}

/// Merges the changes into the file as it is now.
///
/// The new file is whole before it takes the old one's name, so whatever happens one of the two is
/// there.
fn save(path: &Path, changes: &[Change]) -> Result<(), ConfError> {
    let target = real(path);
    let file = File::open(&target).map_err(ConfError::io("read", &target))?;
    let old = read(&file, &target)?;
    let new = yaml::edit(&old, changes).map_err(ConfError::damaged(&target))?;
    let private = file.metadata().is_ok_and(|data| data.permissions().mode() & 0o777 == 0o600);
    if new == old && private {
        return Ok(());
    }
    write(&target, &new)
}

/// Whether the file we locked still has its name.
fn is_current(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}

fn write(target: &Path, text: &str) -> Result<(), ConfError> {
    let doing = "rewrite";
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // Readable by nobody else, whatever the old one was: there are tokens in it.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(ConfError::io(doing, target))?;
    file.write_all(text.as_bytes()).map_err(ConfError::io(doing, target))?;
    file.as_file().sync_all().map_err(ConfError::io(doing, target))?;
    file.persist(target).map_err(|err| ConfError::io(doing, target)(err.error))?;
    Ok(())
}

/// Tokens that cannot be saved where they belong are saved beside it, or at least somewhere: the
/// service may not give them again.
fn rescue(path: &Path, changes: &[Change], cause: ConfError) -> ConfError {
    let name =
        path.file_name().map_or_else(|| "lcrc".into(), |name| name.to_string_lossy().into_owned());
    let beside = path.parent().map(Path::to_owned).unwrap_or_default();
    for folder in [beside, std::env::temp_dir()] {
        let rescue = folder.join(format!("{name}.rescued-{:08x}", rand::random::<u32>()));
        let text = yaml::edit("", changes).unwrap_or_default();
        if write(&rescue, &text).is_ok() {
            return ConfError::Rescued { cause: Box::new(cause), rescue };
        }
    }
    cause
}

#[cfg(test)]
mod tests;
