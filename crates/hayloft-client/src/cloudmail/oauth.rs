//! The sign-in of programs: tokens for a password, with a second factor where there is one.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hayloft_wire::cloudmail::TokenReply;
use serde::{Deserialize, Serialize};

use super::{CloudMail, CodeWanted, Error, Reason, Refusal};
use crate::error::retry_after;
use crate::http::CALL_TIMEOUT;
use crate::retry::{Patience, Repeat};

/// An access token that ends so soon is got anew before it is used.
const SPARE: Duration = Duration::from_secs(30);
/// Longest life of an access token that is believed.
const LIFE_MAX_S: u64 = 30 * 24 * 3600;

/// What proves calls by OAuth, to be kept for another run.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// What calls are proven by.
    pub access_token: String,
    /// What another one is got by.
    pub refresh_token: String,
    /// When it ends, in milliseconds.
    pub expires_ms: u64,
}

impl fmt::Debug for Tokens {
    /// Shows no secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tokens(until {})", self.expires_ms)
    }
}

impl Tokens {
    pub(super) fn is_old(&self) -> bool {
        self.access_token.is_empty() || self.expires_ms <= now_ms(SPARE)
    }
}

/// The time after some more in milliseconds.
fn now_ms(more: Duration) -> u64 {
    let since = (SystemTime::now() + more).duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl CloudMail {
    /// A new access token: by the refresh token, or if that does not serve by the password. For the
    /// holder of the lock.
    pub(super) async fn fresh_access(&self, client_id: &str) -> Result<String, Error> {
        let refresh_token = self.state().tokens.as_ref().map(|old| old.refresh_token.clone());
        if let Some(refresh_token) = refresh_token.filter(|token| !token.is_empty()) {
            match self.refresh_grant(client_id, &refresh_token).await {
                Err(Error::Refused(refusal)) if self.inner.password.is_some() => {
                    tracing::debug!(error = %refusal, "the refresh token does not serve");
                }
                done => return done,
            }
        }
        self.password_grant(client_id).await
    }

    async fn refresh_grant(&self, client_id: &str, refresh_token: &str) -> Result<String, Error> {
        let form = [
            ("client_id", client_id),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        let reply = self.ask_token(&form, Repeat::Safe).await?;
        self.keep_tokens(reply, Some(refresh_token))
    }

    /// New tokens for the password. For the holder of the lock.
    pub(super) async fn password_grant(&self, client_id: &str) -> Result<String, Error> {
        let Some(password) = &self.inner.password else {
            return Err(Error::refused(403, Reason::SignedOut));
        };
        let who = [
            ("client_id", client_id),
            ("grant_type", "password"),
            ("username", self.inner.login.as_str()),
        ];
        let first = [&who[..], &[("password", password.as_str())]].concat();
        let reply = self.ask_token(&first, Repeat::Once).await;
        let reply = match reply {
            Ok(TokenReply { tsa_token: Some(pending), length, .. }) => {
                let wanted = CodeWanted { phone: None, digits: length };
                let code = self.ask_code(wanted).await?;
                let second = [&who[..], &[("tsa_token", &pending), ("auth_code", &code)]].concat();
                self.ask_token(&second, Repeat::Once).await?
            }
            other => other?,
        };
        self.keep_tokens(reply, None)
    }

    /// Sends a form to the OAuth server. A refusal may come with any status.
    async fn ask_token(&self, form: &[(&str, &str)], repeat: Repeat) -> Result<TokenReply, Error> {
        let mut patience = Patience::new(self.inner.retry);
        let reply: TokenReply = loop {
            match self.token_reply(form).await {
                Ok(reply) => break reply,
                Err(err) => patience.wait(err, repeat).await?,
            }
        };
        let refused = reply.error_code.is_none_or(|code| code != 0);
        match reply.error {
            Some(error) if refused && reply.tsa_token.is_none() => {
                let description = reply.error_description.unwrap_or_default();
                let code = reply.error_code;
                Err(Error::refused(400, Reason::OAuth { error, code, description }))
            }
            _ => Ok(reply),
        }
    }

    /// One try. A question for the second factor is no refusal, whatever its status.
    async fn token_reply(&self, form: &[(&str, &str)]) -> Result<TokenReply, Error> {
        let url = &self.inner.hosts.oauth;
        let request = self.inner.http.post(url.clone()).timeout(CALL_TIMEOUT).form(form);
        let response = self.send(url, request).await?;
        let (status, wait) = (response.status(), retry_after(response.headers()));
        let body = response.bytes().await?;
        match serde_json::from_slice::<TokenReply>(&body) {
            Ok(reply) if status.is_success() || reply.tsa_token.is_some() => Ok(reply),
            Err(err) if status.is_success() => Err(Error::Reply(err.to_string())),
            _ => {
                let refusal = Refusal::read(status.as_u16(), &body);
                Err(Box::new(Refusal { retry_after: wait, ..refusal }).into())
            }
        }
    }

    fn keep_tokens(&self, reply: TokenReply, old_refresh: Option<&str>) -> Result<String, Error> {
        let Some(access_token) = reply.access_token.filter(|token| !token.is_empty()) else {
            return Err(Error::Reply("the OAuth server signed in but gave no token".to_owned()));
        };
        let refresh_token = reply.refresh_token.filter(|token| !token.is_empty());
        let life_s = reply.expires_in.unwrap_or(3600).min(LIFE_MAX_S);
        let tokens = Tokens {
            access_token: access_token.clone(),
            refresh_token: refresh_token
                .or_else(|| old_refresh.map(str::to_owned))
                .unwrap_or_default(),
            expires_ms: now_ms(Duration::from_secs(life_s)),
        };
        self.state().tokens = Some(tokens.clone());
        if let Some(tell) = &self.inner.tokens_changed {
            tell(&tokens);
        }
        Ok(access_token)
    }

    /// The tokens, to be kept for another run; nothing if the client works by cookies.
    pub fn tokens(&self) -> Option<Tokens> {
        self.state().tokens.clone()
    }
}
