//! What proves calls, and getting it anew when it is too old.

use std::collections::BTreeMap;
use std::path::Path;

use hayloft_wire::cloudmail::{Envelope, ErrorBody, NotAuthorized, TokenBody};
use reqwest::Method;
use tokio::time::Instant;

use super::cookies::{self, Cookies};
use super::request::Call;
use super::shard::Shards;
use super::{CloudMail, Error, Proof, Reason, Tokens};
use crate::retry::Repeat;

/// One call may find csrf token, cookie of the cloud and session too old, one after the other.
const RENEWALS_MAX: u32 = 3;

/// What a session consists of.
#[derive(Default)]
pub(super) struct State {
    pub(super) cookies: Cookies,
    pub(super) csrf: Option<String>,
    pub(super) tokens: Option<Tokens>,
    pub(super) shards: Option<(Instant, Shards)>,
}

/// What goes along with one call.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Token {
    Csrf(String),
    Access(String),
    Nothing,
}

/// The renewals of one call so far.
#[derive(Debug, Default)]
pub(super) struct Renewals(u32);

impl Renewals {
    /// Whether there have been none.
    pub(super) fn is_first(&self) -> bool {
        self.0 == 0
    }
}

impl CloudMail {
    /// What is to go along with the next call, got anew if it is not there.
    pub(super) async fn token(&self) -> Result<Token, Error> {
        if let Some(token) = self.present_token() {
            return Ok(token);
        }
        let _signing = self.inner.signing.lock().await;
        // Somebody else may have got it while we waited.
        match self.present_token() {
            Some(token) => Ok(token),
            None => self.fresh_token().await,
        }
    }

    fn present_token(&self) -> Option<Token> {
        let state = self.state();
        match &self.inner.proof {
            Proof::Cookies => state.csrf.clone().map(Token::Csrf),
            Proof::OAuth { .. } => {
                let tokens = state.tokens.as_ref().filter(|tokens| !tokens.is_old())?;
                Some(Token::Access(tokens.access_token.clone()))
            }
            Proof::Anonymous => Some(Token::Nothing),
        }
    }

    /// For the holder of the lock.
    async fn fresh_token(&self) -> Result<Token, Error> {
        match &self.inner.proof {
            Proof::Cookies => self.fresh_csrf().await.map(Token::Csrf),
            Proof::OAuth { client_id } => self.fresh_access(client_id).await.map(Token::Access),
            Proof::Anonymous => Ok(Token::Nothing),
        }
    }

    /// Gets another token in place of one that a call was refused with, or gives the error back if
    /// it is about something else.
    pub(super) async fn renew(
        &self,
        renewals: &mut Renewals,
        used: &Token,
        err: Error,
    ) -> Result<(), Error> {
        if renewals.0 >= RENEWALS_MAX || !self.is_session_over(&err) {
            return Err(err);
        }
        renewals.0 += 1;
        tracing::debug!(error = %err, "renewing the session");
        let _signing = self.inner.signing.lock().await;
        if self.present_token().is_some_and(|token| token != *used) {
            return Ok(()); // Somebody else has renewed it meanwhile.
        }
        {
            let mut state = self.state();
            state.csrf = None;
            if let Some(tokens) = &mut state.tokens {
                tokens.expires_ms = 0;
            }
        }
        self.fresh_token().await.map(drop)
    }

    /// Whether a refusal is about the session rather than about what was asked.
    pub(super) fn is_session_over(&self, err: &Error) -> bool {
        let Error::Refused(refusal) = err else {
            return false;
        };
        match &self.inner.proof {
            Proof::Anonymous => false,
            Proof::OAuth { .. } => match &refusal.reason {
                Reason::OAuth { error, .. } => error == NotAuthorized::ERROR,
                Reason::Word(_) | Reason::Page(_) => matches!(refusal.status, 401 | 403),
                _ => false,
            },
            Proof::Cookies => match &refusal.reason {
                Reason::Word(word) => {
                    [ErrorBody::TOKEN, ErrorBody::NO_SDC, ErrorBody::USER].contains(&word.as_str())
                }
                // A shard has no envelope.
                Reason::Page(_) => refusal.status == 403,
                _ => false,
            },
        }
    }

    /// A new csrf token, with the cloud's cookie and the session themselves got anew as needed.
    /// For the holder of the lock.
    async fn fresh_csrf(&self) -> Result<String, Error> {
        let (mut has_sdc, mut has_session) = (false, false);
        loop {
            let err = match self.ask_csrf().await {
                Ok(envelope) => {
                    let token = envelope.body.token;
                    self.state().csrf = Some(token.clone());
                    return Ok(token);
                }
                Err(err) => err,
            };
            if err.is_word(ErrorBody::NO_SDC) && !has_sdc {
                has_sdc = true;
                self.get_sdc().await?;
            } else if err.is_word(ErrorBody::USER) && !has_session {
                has_session = true;
                self.sign_in().await?;
            } else {
                return Err(err);
            }
        }
    }

    /// Asks for a csrf token once.
    async fn ask_csrf(&self) -> Result<Envelope<TokenBody>, Error> {
        let call = Call::new(Method::POST, "tokens/csrf", Repeat::Safe);
        self.call_with(&call, &Token::Nothing).await
    }

    /// Signs in: by cookies or by OAuth, as the [`Builder`](super::Builder) was told. Calls do this
    /// by themselves when they need it.
    ///
    /// # Errors
    /// [`Reason::WrongPassword`], [`Reason::CodeWanted`], [`Reason::WrongCode`] and
    /// [`Reason::OAuth`] of [`Error::Refused`] say what the sign-in lacks.
    pub async fn auth(&self) -> Result<(), Error> {
        let _signing = self.inner.signing.lock().await;
        match &self.inner.proof {
            Proof::Cookies => {
                self.sign_in().await?;
                self.fresh_csrf().await.map(drop)
            }
            Proof::OAuth { client_id } => self.password_grant(client_id).await.map(drop),
            Proof::Anonymous => Ok(()),
        }
    }

    /// Whether the cookies still stand for a session.
    pub async fn is_cookies_valid(&self) -> Result<bool, Error> {
        match self.tokens_csrf(true).await {
            Ok(_) => Ok(true),
            Err(err) if err.is_word(ErrorBody::USER) => Ok(false),
            Err(Error::Refused(refusal)) if refusal.reason == Reason::SignedOut => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// A new csrf token (`tokens/csrf`); a cookie of the cloud that is lacking is got if
    /// `resolve_nosdc`.
    pub async fn tokens_csrf(&self, resolve_nosdc: bool) -> Result<Envelope<TokenBody>, Error> {
        match self.ask_csrf().await {
            Err(err) if resolve_nosdc && err.is_word(ErrorBody::NO_SDC) => {
                self.sdc().await?;
                self.ask_csrf().await
            }
            done => done,
        }
    }

    /// Gets a csrf token for the calls to come.
    pub async fn load_csrf(&self) -> Result<(), Error> {
        self.token().await.map(drop)
    }

    /// The csrf token that calls are made with.
    ///
    /// # Errors
    /// [`Reason::SignedOut`] if the client does not work by cookies.
    pub async fn csrf_token(&self) -> Result<String, Error> {
        match self.token().await? {
            Token::Csrf(token) => Ok(token),
            Token::Access(_) | Token::Nothing => Err(Error::refused(403, Reason::SignedOut)),
        }
    }

    /// Writes the cookies down for another run: a flat JSON object of names and values, which only
    /// its owner may read.
    pub async fn save_cookies_to_file(&self, path: &Path) -> Result<(), Error> {
        let flat = self.state().cookies.flat(&self.inner.hosts);
        let file = path.to_owned();
        let written = tokio::task::spawn_blocking(move || cookies::write(&file, &flat)).await;
        written
            .unwrap_or_else(|lost| Err(std::io::Error::other(lost)))
            .map_err(Error::file("write", path))
    }

    /// Takes the cookies of an earlier run.
    pub async fn load_cookies_from_file(&self, path: &Path) -> Result<(), Error> {
        let file = path.to_owned();
        let read = tokio::task::spawn_blocking(move || cookies::read(&file)).await;
        let flat = read
            .unwrap_or_else(|lost| Err(std::io::Error::other(lost)))
            .map_err(Error::file("read", path))?;
        self.update_cookies_from_dict(&flat);
        Ok(())
    }

    /// Takes cookies by name and value, for all hosts of the service.
    pub fn update_cookies_from_dict(&self, cookies: &BTreeMap<String, String>) {
        let mut state = self.state();
        state.csrf = None;
        state.cookies.add_flat(&self.inner.hosts, cookies);
    }

    /// The cookies by name and value, as [`save_cookies_to_file`](Self::save_cookies_to_file)
    /// writes them.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.state().cookies.flat(&self.inner.hosts)
    }
}
