//! Login and password from a client's own form.

use std::net::IpAddr;

use super::{Refusal, app};
use crate::{
    AppPasswords, Core, Error, Result, Subject,
    account::Login,
    token::{self, Accepts, FirstFactor},
};

/// Who a login and a password given to a client are; then [`super::issue`] makes the tokens.
///
/// Only clients that nobody registered may ask in this way: an app sends people to the page, so
/// that it never sees their passwords. A password made for a program is always good; the account's
/// own where `app_passwords` allows it, and it leads to the second factor if there is one.
///
/// # Errors
/// `OAuth`: `UnauthorizedClient`, `InvalidClient`; `AppPasswordNeeded`; and those of
/// [`token::first_factor`].
pub async fn password_grant(
    core: &Core,
    client_id: &str,
    login: &Login,
    password: &str,
    ip: IpAddr,
) -> Result<FirstFactor> {
    if !app::is_client_id(client_id) {
        return Err(Refusal::InvalidClient.into());
    }
    let id = client_id.to_owned();
    let registered: Result<_> = core.db.read(move |tx| app::app(tx, &id)).await;
    match registered {
        Ok(_) => return Err(Refusal::UnauthorizedClient.into()),
        Err(Error::NotFound(Subject::App)) => {}
        Err(err) => return Err(err),
    }
    let accepts = match core.settings.app_passwords {
        AppPasswords::Optional => Accepts::Both,
        AppPasswords::Required => Accepts::Made,
    };
    token::identify(core, login, password, ip, accepts).await
}
