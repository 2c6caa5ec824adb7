//! Accounts and tokens: methods 148, 149, 151, 152, 157 to 161, 197.

use hayloft_wire::cloudike::{
    CreatedAccount, Empty, ErrorCode, LoggedOut, ProfileChanged, TokenEntry, TokenInfo, User,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Client, Error};
use crate::retry::Repeat;

/// Who signs in, and for what.
#[derive(Clone, Default, Serialize)]
pub struct SignIn<'a> {
    /// Login, with or without its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<&'a str>,
    /// Password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'a str>,
    /// One-time key in place of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    /// Ask for a token that never ends.
    pub permanent_auth: bool,
    /// The device the token is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_description: Option<&'a str>,
}

/// A registration.
#[derive(Clone, Default, Serialize)]
pub struct Registration<'a> {
    /// Address that becomes the login.
    pub email: &'a str,
    /// Password.
    pub password: &'a str,
    /// Display name.
    pub name: &'a str,
    /// Hash of an invitation, which approves the account at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_hash: Option<&'a str>,
    /// Language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<&'a str>,
}

/// Changes of the own profile; at least one field.
#[derive(Clone, Default, Serialize)]
pub struct ProfileChange<'a> {
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// New password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<&'a str>,
    /// Present password, checked if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_password: Option<&'a str>,
    /// Language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<&'a str>,
    /// Name of the time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<&'a str>,
    /// Free data of clients, merged key by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_info: Option<&'a Map<String, Value>>,
}

impl Client {
    /// Signs in (#148). Each call makes a token, so it is not repeated blindly.
    pub async fn login(&self, who: &SignIn<'_>) -> Result<TokenInfo, Error> {
        self.post(Repeat::Once, "1/accounts/login/", who).await
    }

    /// Removes the token of this client (#149).
    pub async fn logout(&self) -> Result<LoggedOut, Error> {
        self.post(Repeat::Once, "1/accounts/logout/", &Empty {}).await
    }

    /// The own account (#151), with bytes by kind of file if `storage_stat`.
    pub async fn account(&self, storage_stat: bool) -> Result<User, Error> {
        self.get("1/accounts/get/", &[("storage_stat", storage_stat)]).await
    }

    /// Whether a login exists (#152).
    pub async fn login_exists(&self, login: &str) -> Result<bool, Error> {
        match self.get::<Value>("1/accounts/check/", &[("login", login)]).await {
            Ok(_) => Ok(true),
            Err(err) if err.is(&ErrorCode::UserNotFound) => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// Changes the own profile (#157). False if the new password is the present one.
    pub async fn change_profile(&self, change: &ProfileChange<'_>) -> Result<bool, Error> {
        let reply: ProfileChanged =
            self.post(Repeat::Safe, "1/accounts/change_profile/", change).await?;
        Ok(reply.code.is_none())
    }

    /// The own tokens (#158), those that end too if `all`.
    pub async fn tokens(&self, all: bool) -> Result<Vec<TokenEntry>, Error> {
        self.get("1/accounts/permanent_tokens/", &[("include_not_permanent", all)]).await
    }

    /// Removes one of the own tokens by its id (#159).
    pub async fn remove_token(&self, id: &str) -> Result<(), Error> {
        let body = json!({ "token_id": id });
        let Empty {} = self.post(Repeat::Once, "1/accounts/remove_permanent_token/", &body).await?;
        Ok(())
    }

    /// Clears the wipe flag of one of the own tokens (#160).
    pub async fn cancel_token_wipe(&self, id: &str) -> Result<(), Error> {
        let body = json!({ "token_id": id });
        let Empty {} =
            self.post(Repeat::Once, "1/accounts/cancel_token_remote_wipe", &body).await?;
        Ok(())
    }

    /// Tells the server that this device has erased its copies (#161).
    pub async fn token_wiped(&self) -> Result<(), Error> {
        let Empty {} = self.post(Repeat::Once, "1/accounts/token_wiped", &Empty {}).await?;
        Ok(())
    }

    /// Registers an account (#197).
    pub async fn register(&self, who: &Registration<'_>) -> Result<CreatedAccount, Error> {
        self.post(Repeat::Once, "0/accounts/create/", who).await
    }
}
