//! The user, what a token allows, and the quota.

use axum::body::Body;
use hayloft_core::{
    account::{self, Account, Login},
    oauth::Scope,
    usage,
};
use hayloft_wire::skydrive::{Addresses, Emails, Phones, Quota, Time, User as WireUser};
use http::HeaderValue;
use serde_json::{Map, Value, json};

use super::{
    call::Call,
    ids,
    objects::require_own,
    place::User,
    render::{self, Reply},
};

/// The largest number that every reader of JSON keeps exactly, for storage without a limit.
const UNLIMITED_BYTES: u64 = (1 << 53) - 1;

/// Whose storage the address of a call names.
fn user_of(call: &Call) -> User {
    call.place.user.clone().unwrap_or(User::Me)
}

/// `GET <user>`
pub(super) async fn get_user(call: &Call, _: Body) -> Reply {
    let (whose, keys) = (user_of(call), call.core().keys.clone());
    let (account, scope) = call
        .read(move |tx, caller| {
            require_own(&keys, caller, &whose)?;
            Ok((account::get(tx, caller.actor.account)?, caller.scope.clone()))
        })
        .await?;
    render::json(call, &painted(call, &account, &scope))
}

fn painted(call: &Call, account: &Account, scope: &Scope) -> WireUser<'static> {
    let id = ids::cid(&call.core().keys, account.id);
    let (first, last) = account.name.split_once(' ').unwrap_or((&account.name, ""));
    let with = |word: &str| scope.contains(word);
    let unknown = with("wl.birthday");
    WireUser {
        name: account.name.clone().into(),
        first_name: first.to_owned().into(),
        last_name: last.trim().to_owned().into(),
        link: format!("{}/?cid={id}", call.base_url()).into(),
        birth_day: unknown.then_some(None),
        birth_month: unknown.then_some(None),
        birth_year: unknown.then_some(None),
        work: with("wl.work_profile").then(Vec::new),
        gender: None,
        emails: with("wl.emails").then(|| emails(account)),
        addresses: with("wl.postal_addresses").then(Addresses::default),
        phones: with("wl.phone_numbers").then(|| phones(account)),
        locale: locale(&account.lang).into(),
        updated_time: Some(Time::from_millis(account.registered_ms)),
        id: id.into(),
    }
}

fn emails(account: &Account) -> Emails<'static> {
    let mut own = account.logins.iter().filter_map(|login| value(login, "email:"));
    let first = own.next();
    Emails {
        preferred: first.clone().map(Into::into),
        account: first.map(Into::into),
        other: own.next().map(Into::into),
        ..Emails::default()
    }
}

fn phones(account: &Account) -> Phones<'static> {
    let mobile = account.logins.iter().find_map(|login| value(login, "msisdn:"));
    Phones { mobile: mobile.map(Into::into), ..Phones::default() }
}

fn value(login: &Login, kind: &str) -> Option<String> {
    login.to_string().strip_prefix(kind).map(str::to_owned)
}

/// A language as a locale; a language alone is taken for that of its own country.
fn locale(lang: &str) -> String {
    match lang {
        "en" => "en_US".to_owned(),
        lang if lang.len() == 2 => format!("{lang}_{}", lang.to_uppercase()),
        lang => lang.replace('-', "_"),
    }
}

/// `GET <user>/permissions`
pub(super) async fn list_permissions(call: &Call, _: Body) -> Reply {
    let (whose, keys) = (user_of(call), call.core().keys.clone());
    let scope = call
        .read(move |_, caller| {
            require_own(&keys, caller, &whose)?;
            Ok(caller.scope.clone())
        })
        .await?;
    let granted: Map<String, Value> =
        scope.words().map(|word| (word.to_owned(), json!(1))).collect();
    render::json(call, &json!({ "data": [granted] }))
}

/// `GET <user>/contacts`, `friends`, `calendars` and `events`: a server of files has none.
pub(super) async fn list_none(call: &Call, _: Body) -> Reply {
    let (whose, keys) = (user_of(call), call.core().keys.clone());
    call.read(move |_, caller| require_own(&keys, caller, &whose)).await?;
    render::json(call, &json!({ "data": [] }))
}

/// `GET <drive>/quota`
pub(super) async fn get_quota(call: &Call, _: Body) -> Reply {
    let (whose, keys) = (user_of(call), call.core().keys.clone());
    let settings = call.core().settings.clone();
    let (quota, used) = call
        .read(move |tx, caller| {
            require_own(&keys, caller, &whose)?;
            let quota = usage::quota(tx, &settings, caller.actor.account)?;
            Ok((quota, usage::get(tx, caller.actor.account)?.storage_bytes))
        })
        .await?;
    // Less than nothing is no limit.
    let quota = u64::try_from(quota.hard_bytes).unwrap_or(UNLIMITED_BYTES);
    let used = u64::try_from(used).unwrap_or_default();
    render::json(call, &Quota { quota, available: quota.saturating_sub(used) })
}

/// The picture of somebody who has none.
const PICTURE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"96\" height=\"96\" \
    viewBox=\"0 0 96 96\"><rect width=\"96\" height=\"96\" fill=\"#dde\"/><circle cx=\"48\" \
    cy=\"38\" r=\"17\" fill=\"#889\"/><path d=\"M14 90a34 34 0 0 1 68 0z\" fill=\"#889\"/></svg>";

/// `GET <user>/picture`
pub(super) async fn get_user_picture(call: &Call, _: Body) -> Reply {
    let (whose, keys) = (user_of(call), call.core().keys.clone());
    call.read(move |_, caller| require_own(&keys, caller, &whose)).await?;
    render::redirect(&format!("{}/y1p/people/picture.svg", call.base_url()))
}

/// `GET /y1p/people/picture.svg`: the same for everybody, so there is nothing to protect.
#[expect(clippy::unused_async, reason = "handlers are asynchronous")]
pub(super) async fn send_user_picture(_: &Call, _: Body) -> Reply {
    let mut response = axum::response::Response::new(Body::from(PICTURE));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    headers.insert(
        http::HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::locale;

    #[test]
    fn a_language_is_told_as_a_locale() {
        assert_eq!(locale("en"), "en_US");
        assert_eq!(locale("ru"), "ru_RU");
        assert_eq!(locale("pt-BR"), "pt_BR");
    }
}
