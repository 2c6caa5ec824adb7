//! The second layer, `SkyDriveAuth`: who calls.

pub(super) mod expiry;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hayloft_wire::skydrive::{OAuthError, Token};
use reqwest::{Method, Url};

use super::conf::ConfError;
use super::http::{Call, HttpClient, Payload};
use super::{AuthError, Error};

/// A text that no log and no debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one who has to send or save it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
}

/// The application, and where it signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthSettings {
    /// Id of the application.
    pub client_id: Option<String>,
    /// Its secret; a mobile application needs none.
    pub client_secret: Option<Secret>,
    /// The page where people agree.
    pub auth_url_user: String,
    /// Where tokens are given.
    pub auth_url_token: String,
    /// What is asked for.
    pub auth_scope: Vec<String>,
    /// The redirect of mobile applications, whose tokens are refreshed without the secret.
    pub auth_redirect_uri_mobile: String,
    /// Where the page leads in the end.
    pub auth_redirect_uri: String,
}

/// The original service.
const LOGIN: &str = "https://login.live.com";

impl Default for AuthSettings {
    fn default() -> Self {
        Self::at(LOGIN)
    }
}

impl AuthSettings {
    /// The settings for a login service at this base URL.
    pub fn at(login: &str) -> Self {
        let login = login.trim_end_matches('/');
        let mobile = format!("{login}/oauth20_desktop.srf");
        Self {
            client_id: None,
            client_secret: None,
            auth_url_user: format!("{login}/oauth20_authorize.srf"),
            auth_url_token: format!("{login}/oauth20_token.srf"),
            auth_scope: ["wl.skydrive", "wl.skydrive_update", "wl.offline_access"]
                .map(str::to_owned)
                .to_vec(),
            auth_redirect_uri: mobile.clone(),
            auth_redirect_uri_mobile: mobile,
        }
    }

    fn is_mobile(&self) -> bool {
        self.auth_redirect_uri == self.auth_redirect_uri_mobile
    }
}

/// What proves who calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The last code of the page.
    pub code: Option<Secret>,
    /// Gets the next access token.
    pub refresh_token: Option<Secret>,
    /// Sent with each call.
    pub access_token: Option<Secret>,
    /// Until when.
    pub access_expires: Option<SystemTime>,
}

/// Somewhere tokens outlive the program.
pub trait Keep: fmt::Debug + Send + Sync {
    /// Waits until no other program renews the tokens, and keeps them from doing so.
    fn hold(&self) -> Result<Hold, ConfError>;

    /// Keeps the tokens; called after every change.
    fn keep(&self, hold: &Hold, tokens: &Tokens) -> Result<(), ConfError>;

    /// The tokens as they are kept now: another program may have renewed them meanwhile.
    fn kept(&self, hold: &Hold) -> Result<Option<Tokens>, ConfError>;
}

/// The right to renew the tokens, until it is dropped.
#[derive(Debug, Default)]
pub struct Hold {
    /// Whose lock it is, where several programs share the tokens.
    _locked: Option<std::fs::File>,
}

impl Hold {
    /// The right that a lock on a file stands for.
    pub fn by(locked: std::fs::File) -> Self {
        Self { _locked: Some(locked) }
    }
}

/// Who calls. One value serves any number of calls at once; only one of them refreshes.
#[derive(Debug)]
pub struct Auth {
    /// The layer below.
    pub http: HttpClient,
    /// The application.
    pub settings: AuthSettings,
    tokens: Mutex<Tokens>,
    raw: Mutex<Option<Token>>,
    refreshing: tokio::sync::Mutex<()>,
    /// There is a new code, and no token by it yet: what is kept is somebody else's.
    signing_in: AtomicBool,
    keeper: Option<Arc<dyn Keep>>,
}

/// A token with less life than this is not sent any more.
const LIFE_MIN: Duration = Duration::from_secs(30);

impl Auth {
    /// An application with the tokens it has so far.
    pub fn new(http: HttpClient, settings: AuthSettings, tokens: Tokens) -> Self {
        Self {
            http,
            settings,
            tokens: Mutex::new(tokens),
            raw: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
            signing_in: AtomicBool::new(false),
            keeper: None,
        }
    }

    /// With a place where tokens are kept.
    #[must_use]
    pub fn with_keeper(mut self, keeper: Arc<dyn Keep>) -> Self {
        self.keeper = Some(keeper);
        self
    }

    /// The tokens at this moment.
    pub fn tokens(&self) -> Tokens {
        self.lock().clone()
    }

    /// The last reply that gave tokens: `auth_access_data_raw`.
    pub fn auth_access_data_raw(&self) -> Option<Token> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address of the page where people agree to `scope`, or to what the settings ask for.
    pub fn auth_user_get_url(&self, scope: Option<&[&str]>) -> Result<Url, Error> {
        let client_id = self.settings.client_id.as_deref();
        let client_id = client_id.ok_or(AuthError::Missing(vec!["client_id"]))?;
        let scope =
            scope.map_or_else(|| self.settings.auth_scope.join(" "), |scope| scope.join(" "));
        let mut url = parse(&self.settings.auth_url_user)?;
        url.query_pairs_mut().extend_pairs([
            ("client_id", client_id),
            ("scope", &scope),
            ("response_type", "code"),
            ("redirect_uri", &self.settings.auth_redirect_uri),
        ]);
        Ok(url)
    }

    /// Takes the code from the address that the page led to in the end, and forgets the tokens of
    /// whoever was there before. Where tokens are kept, the old ones stay until
    /// [`Auth::auth_get_token`] has got new ones: the code may be good for nothing.
    pub fn auth_user_process_url(&self, url: &str) -> Result<String, Error> {
        let url = Url::parse(url.trim())
            .map_err(|err| AuthError::Other(format!("this is no address: {err}")))?;
        let both = [url.query(), url.fragment()].map(Option::unwrap_or_default).join("&");
        let found = |name: &str| {
            let mut pairs = form(&both);
            pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value)
        };
        if let Some(error) = found("error") {
            let error_description = found("error_description").unwrap_or_default();
            return Err(AuthError::api(&OAuthError { error, error_description }).into());
        }
        let code = found("code")
            .ok_or_else(|| AuthError::Other("there is no code in this address".to_owned()))?;
        *self.lock() = Tokens { code: Some(Secret::new(code.clone())), ..Tokens::default() };
        self.signing_in.store(true, Ordering::Relaxed);
        Ok(code)
    }

    /// Gets tokens: by the refresh token if there is one, else by the code. Gives the scopes.
    ///
    /// # Errors
    /// [`AuthError::Missing`] without the data for it, [`AuthError::Api`] if the service refuses,
    /// [`AuthError::Other`] if `check_scope` and other scopes come than were asked for.
    pub async fn auth_get_token(&self, check_scope: bool) -> Result<Vec<String>, Error> {
        let _one = self.refreshing.lock().await;
        let hold = self.hold().await?;
        self.adopt(&hold)?;
        self.fetch(check_scope, &hold).await
    }

    async fn fetch(&self, check_scope: bool, hold: &Hold) -> Result<Vec<String>, Error> {
        let call = self.token_call()?;
        let reply = match self.http.json(&call).await {
            Ok(reply) => reply,
            Err(Error::Protocol(err)) if err.status.is_some() && err.code.is_some() => {
                let error = err.code.as_ref().map(ToString::to_string).unwrap_or_default();
                let error_description = err.message.clone();
                return Err(AuthError::api(&OAuthError { error, error_description }).into());
            }
            Err(err) => return Err(err),
        };
        let token: Token = serde_json::from_value(reply)
            .map_err(|err| AuthError::Other(format!("the reply makes no sense: {err}")))?;
        if !token.token_type.eq_ignore_ascii_case("bearer") || token.access_token.is_empty() {
            return Err(AuthError::Other("the reply has no bearer token".to_owned()).into());
        }
        self.take(&token);
        self.signing_in.store(false, Ordering::Relaxed);
        self.keep(hold)?;
        let scope: Vec<String> = words(&token.scope).map(str::to_owned).collect();
        *self.raw.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        if check_scope {
            self.check_scope(&scope)?;
        }
        tracing::debug!(scope_granted = ?scope, "tokens");
        Ok(scope)
    }

    /// An access token with some life in it.
    pub(super) async fn access_token(&self) -> Result<Secret, Error> {
        let usable = |tokens: &Tokens| {
            let soon = SystemTime::now() + LIFE_MIN;
            let lives = tokens.access_expires.is_none_or(|expires| expires > soon);
            tokens.access_token.clone().filter(|_| lives)
        };
        self.usable_or_new(usable).await
    }

    /// Another access token than this one, which the service would not have.
    pub(super) async fn renew(&self, refused: &Secret) -> Result<Secret, Error> {
        self.usable_or_new(|tokens| tokens.access_token.clone().filter(|token| token != refused))
            .await
    }

    /// A token that is `usable`. It is asked for only if neither another task nor another program
    /// has just got one: a refresh token may be good only once.
    async fn usable_or_new(
        &self,
        usable: impl Fn(&Tokens) -> Option<Secret>,
    ) -> Result<Secret, Error> {
        if let Some(token) = usable(&self.lock()) {
            return Ok(token);
        }
        let _one = self.refreshing.lock().await;
        if let Some(token) = usable(&self.lock()) {
            return Ok(token);
        }
        let hold = self.hold().await?;
        self.adopt(&hold)?;
        if let Some(token) = usable(&self.lock()) {
            return Ok(token);
        }
        self.fetch(true, &hold).await?;
        self.current()
    }

    /// Another program may hold the tokens as long as a call of the service takes.
    async fn hold(&self) -> Result<Hold, Error> {
        let Some(keeper) = self.keeper.clone() else { return Ok(Hold::default()) };
        let held = tokio::task::spawn_blocking(move || keeper.hold()).await;
        let held =
            held.map_err(|err| AuthError::Other(format!("cannot wait for the tokens: {err}")))?;
        Ok(held?)
    }

    /// Takes the tokens that another program has got meanwhile; ours may be worth nothing by now.
    fn adopt(&self, hold: &Hold) -> Result<(), Error> {
        if self.signing_in.load(Ordering::Relaxed) {
            return Ok(());
        }
        let kept = self.keeper.as_ref().map_or(Ok(None), |keeper| keeper.kept(hold))?;
        if let Some(kept) = kept
            && kept.refresh_token.is_some()
        {
            *self.lock() = kept;
        }
        Ok(())
    }

    fn current(&self) -> Result<Secret, Error> {
        let token = self.lock().access_token.clone();
        token.ok_or_else(|| AuthError::Missing(vec!["auth_access_token"]).into())
    }

    fn token_call(&self) -> Result<Call, Error> {
        let tokens = self.tokens();
        let (grant, name, proof) = match (&tokens.refresh_token, &tokens.code) {
            (Some(token), _) => ("refresh_token", "refresh_token", Some(token)),
            (None, code) => ("authorization_code", "code", code.as_ref()),
        };
        let is_refresh = grant == "refresh_token";
        let settings = &self.settings;
        let needs_secret = !settings.is_mobile();
        let mut missing = Vec::new();
        if settings.client_id.is_none() {
            missing.push("client_id");
        }
        if needs_secret && settings.client_secret.is_none() {
            missing.push("client_secret");
        }
        if proof.is_none() {
            missing.extend(["auth_code", "auth_refresh_token"]);
        }
        let (Some(client_id), Some(proof), []) = (&settings.client_id, proof, missing.as_slice())
        else {
            return Err(AuthError::Missing(missing).into());
        };
        let mut form = vec![
            ("client_id".to_owned(), client_id.clone()),
            (name.to_owned(), proof.expose().to_owned()),
            ("redirect_uri".to_owned(), settings.auth_redirect_uri.clone()),
            ("grant_type".to_owned(), grant.to_owned()),
        ];
        // The twist of this service: a mobile application refreshes without its secret.
        if let Some(secret) =
            settings.client_secret.as_ref().filter(|_| needs_secret || !is_refresh)
        {
            form.push(("client_secret".to_owned(), secret.expose().to_owned()));
        }
        let mut call =
            Call::new(Method::POST, parse(&settings.auth_url_token)?).payload(Payload::Form(form));
        // A code is good once; a refresh token stays good until the new one is used.
        call.safe = is_refresh;
        Ok(call)
    }

    fn take(&self, token: &Token) {
        let mut tokens = self.lock();
        tokens.access_token = Some(Secret::new(token.access_token.clone()));
        tokens.access_expires =
            SystemTime::now().checked_add(Duration::from_secs(token.expires_in.min(EXPIRES_MAX_S)));
        if let Some(refresh) = &token.refresh_token {
            tokens.refresh_token = Some(Secret::new(refresh.clone()));
        }
    }

    fn check_scope(&self, granted: &[String]) -> Result<(), Error> {
        let sorted = |scope: &[String]| {
            let mut scope: Vec<_> = scope.to_vec();
            scope.sort();
            scope.dedup();
            scope
        };
        let (asked, granted) = (sorted(&self.settings.auth_scope), sorted(granted));
        if asked == granted {
            return Ok(());
        }
        let text = format!(
            "other scopes were granted than asked for: {} instead of {}",
            granted.join(" "),
            asked.join(" ")
        );
        Err(AuthError::Other(text).into())
    }

    fn keep(&self, hold: &Hold) -> Result<(), Error> {
        let tokens = self.tokens();
        Ok(self.keeper.as_ref().map_or(Ok(()), |keeper| keeper.keep(hold, &tokens))?)
    }

    fn lock(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No token lives longer than a year; a greater number is nonsense.
const EXPIRES_MAX_S: u64 = 366 * 86_400;

/// The words of a scope; commas are met too.
fn words(scope: &str) -> impl Iterator<Item = &str> {
    scope.split([' ', ',']).filter(|word| !word.is_empty())
}

/// The pairs of a query or a fragment.
fn form(text: &str) -> impl Iterator<Item = (String, String)> {
    // Parsing is infallible: the scheme is ours and the rest is query.
    let url = Url::parse(&format!("form:?{}", text.replace('#', "%23"))).ok();
    let pairs = url.map(|url| url.query_pairs().into_owned().collect::<Vec<_>>());
    pairs.unwrap_or_default().into_iter()
}

fn parse(url: &str) -> Result<Url, Error> {
    Url::parse(url).map_err(|err| Error::Usage(format!("`{url}` is no URL: {err}")))
}

#[cfg(test)]
mod tests;
