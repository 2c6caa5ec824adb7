//! What every command has: the service, how arguments are meant, and where results go.

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use hayloft_client::skydrive::{
    Api, Conf, Endpoints, Object, Overrides, PersistentApi, ROOT, ResolveOptions, Retry,
    looks_like_id,
};

use super::cli::Global;
use super::encoding::Texts;
use super::failure::Failure;
use super::item::Item;
use super::print;
use super::template::Template;

/// How object arguments are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    /// As ids if they look like one, else as paths.
    Either,
    Path,
    Id,
}

/// Long enough for a server to be started anew, and for whoever types to wait.
const RETRY_FOR: Duration = Duration::from_secs(20);

/// One run of the tool.
pub(super) struct Session {
    pub(super) program: &'static str,
    global: Global,
    meant: Meant,
    texts: Texts,
    template: Option<Template>,
}

impl Session {
    pub(super) fn new(global: Global, program: &'static str) -> Result<Self, Failure> {
        let texts = global.encoding.as_deref().map_or(Texts::parse("utf-8"), Texts::parse);
        let texts = texts.map_err(Failure::value)?;
        let meant = match (global.path, global.id) {
            (true, _) => Meant::Path,
            (_, true) => Meant::Id,
            _ => Meant::Either,
        };
        let spec = global.object_key.as_deref().map(|spec| texts.read(spec)).transpose();
        let spec = spec.map_err(Failure::value)?;
        let template = spec.as_deref().map(Template::parse).transpose().map_err(Failure::value)?;
        Ok(Self { program, global, meant, texts, template })
    }

    /// The service as the state file and the options say.
    pub(super) fn api(&self) -> Result<PersistentApi, Failure> {
        let path: PathBuf = self.global.config.clone().unwrap_or_else(Conf::default_path);
        let (api, login, bits) = (&self.global.api, &self.global.login, &self.global.bits_url);
        let endpoints = if api.is_some() {
            Some(Endpoints::new(api.as_deref(), login.as_deref(), bits.as_deref())?)
        } else if login.is_some() || bits.is_some() {
            let mut endpoints =
                Conf::load(&path).map_err(hayloft_client::skydrive::Error::from)?.endpoints()?;
            let given =
                Endpoints::new(Some(endpoints.api.as_str()), login.as_deref(), bits.as_deref())?;
            endpoints.login = login.as_ref().map_or(endpoints.login, |_| given.login);
            endpoints.bits = bits.as_ref().map_or(endpoints.bits, |_| given.bits);
            Some(endpoints)
        } else {
            None
        };
        let total = self.global.retry_for.map_or(RETRY_FOR, Duration::from_secs);
        let retry = Some(Retry { total, ..Retry::default() });
        let overrides = Overrides { endpoints, retry, ..Overrides::default() };
        Ok(PersistentApi::from_conf(Some(&path), overrides)?)
    }

    /// An argument as text.
    pub(super) fn text(&self, argument: &OsStr) -> Result<String, Failure> {
        self.texts.read(argument).map_err(Failure::value)
    }

    /// Whether an argument is an id.
    pub(super) fn is_id(&self, argument: &str) -> bool {
        match self.meant {
            Meant::Id => true,
            Meant::Path => false,
            Meant::Either => looks_like_id(argument),
        }
    }

    /// The id of the object that an argument names; the root without one.
    pub(super) async fn resolve(
        &self,
        api: &Api,
        argument: Option<&OsStr>,
    ) -> Result<String, Failure> {
        let Some(argument) = argument else { return Ok(ROOT.to_owned()) };
        let text = self.text(argument)?;
        if self.is_id(&text) {
            return Ok(text);
        }
        Ok(api.resolve_path(&text, &ResolveOptions::default()).await?)
    }

    /// The object that an argument names; the root without one.
    pub(super) async fn object(
        &self,
        api: &Api,
        argument: Option<&OsStr>,
    ) -> Result<Object, Failure> {
        let Some(argument) = argument else { return Ok(api.info(ROOT).await?) };
        let text = self.text(argument)?;
        if self.is_id(&text) {
            return Ok(api.info(&text).await?);
        }
        Ok(api.resolve_path_object(&text, &ResolveOptions::default()).await?)
    }

    /// Whether results are printed as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.global.json
    }

    /// Prints a result.
    pub(super) fn print(&self, item: &Item) -> Result<(), Failure> {
        let text = if self.global.json {
            let text = serde_json::to_string_pretty(&item.to_json());
            text.map_err(|err| Failure::value(err.to_string()))? + "\n"
        } else {
            print::draw(item, self.template.as_ref())
        };
        self.write(&text)
    }

    /// Prints a text.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        // A name may try to play tricks on a terminal; a pipe gets it as it is.
        let bytes =
            if out.is_terminal() { self.texts.write(&shown(text)) } else { self.texts.write(text) };
        out.write_all(&bytes).and_then(|()| out.flush()).map_err(|err| Failure::output(&err))
    }
}

fn shown(text: &str) -> String {
    let tame = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.contains(tame) {
        text.chars()
            .map(|c| if tame(c) { c.escape_default().to_string() } else { c.to_string() })
            .collect()
    } else {
        text.to_owned()
    }
}
