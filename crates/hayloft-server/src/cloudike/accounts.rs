//! Signing in and out, and the caller's own account.

use hayloft_core::{
    Error, Role,
    account::{self, Account, Login, NewAccount, NewPassword, Password, ProfileChange},
    token::{self, Device, Issued},
    usage::{self, Usage},
};
use hayloft_wire::cloudike::{
    Balance, CreatedAccount, EffectiveFlags, ErrorCode, LoggedOut, LoginCheck, ProfileChanged,
    StorageUsage, TokenInfo, User,
};
use http::StatusCode;
use serde_json::Value;

use super::{
    auth::Credentials,
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    params::{Kind, Param},
    render::{self, Reply},
};
use crate::admin::role_word;

const LOGIN: Param =
    Param::new(&["login", "email", "phone"], Kind::Text, "An e-mail address or telephone number.")
        .required();
const PASSWORD: Param = Param::new(&["password"], Kind::Text, "The password.").required();
const KEY: Param =
    Param::new(&["key"], Kind::Text, "A one-time key in place of login and password.");
const PERMANENT: Param =
    Param::new(&["permanent_auth"], Kind::Bool, "Whether the token is to have no end.");
const DESCRIPTION: Param =
    Param::new(&["device_description"], Kind::Text, "What the device calls itself.");

/// Describes method 148.
pub(super) const SIGN_IN: Doc = Doc {
    summary: "Signs in and gives a token.",
    params: &[LOGIN, PASSWORD, KEY, PERMANENT, DESCRIPTION],
    reply: ReplyDoc::Json(object::<TokenInfo>),
};

/// Method 148: `accounts/login/`.
pub(super) async fn sign_in(call: &Call) -> Reply {
    if call.params.text(&KEY)?.is_some_and(|key| !key.is_empty()) {
        // No method of this server gives such keys out, so none is right.
        return Err(Error::Unauthorized.into());
    }
    let login = login(call, &LOGIN)?;
    let password = call.params.required_text(&PASSWORD)?;
    let device = device(call)?;
    let (account, issued) = token::sign_in(call.core(), &login, &password, &device).await?;
    render::json(&token_info(&account, &login, issued))
}

fn login(call: &Call, param: &Param) -> Result<Login, Failure> {
    let text = call.params.required_text(param)?;
    Login::parse(&text).map_err(|err| Failure::invalid(format!("{}: {err}", param.name())))
}

fn device(call: &Call) -> Result<Device, Failure> {
    Ok(Device {
        description: call.params.text(&DESCRIPTION)?.map(std::borrow::Cow::into_owned),
        permanent: call.params.flag(&PERMANENT)?.unwrap_or(false),
        ip: call.peer.ip.to_string(),
        user_agent: call.user_agent().to_owned(),
    })
}

fn token_info(account: &Account, login: &Login, issued: Issued) -> TokenInfo {
    TokenInfo {
        token: Some(issued.token),
        id: issued.id,
        userid: account.id.0,
        user_eid: account.id.0,
        created: issued.created_ms,
        expires: issued.expires_ms,
        device_description: issued.description,
        login: login.to_string(),
        name: account.name.clone(),
        company_id: None,
        domain: None,
        remote_wipe: false,
        offer_url: None,
        need_agreement: None,
    }
}

/// Describes method 149.
pub(super) const SIGN_OUT: Doc = Doc {
    summary: "Ends the sign-in of the token that the call came with.",
    params: &[],
    reply: ReplyDoc::Json(object::<LoggedOut>),
};

/// Method 149: `accounts/logout/`.
pub(super) async fn sign_out(call: &Call) -> Reply {
    let cannot =
        |text: &str| Failure::new(StatusCode::BAD_REQUEST, ErrorCode::CannotRemoveToken, text);
    let session = match call.credentials() {
        Credentials::None => return Err(Error::Unauthorized.into()),
        Credentials::Token(_) => call.session_even_wiped().await.map_err(|failure| {
            let unknown = failure.body.code == ErrorCode::Unauthorized;
            if unknown { cannot("no such token") } else { failure }
        })?,
        Credentials::Basic { .. } | Credentials::Wrong => call.session().await?,
    };
    if session.token.is_none() {
        return Err(cannot("there is no token to end"));
    }
    call.core().db.write(move |tx| token::logout(tx, &session)).await?;
    render::json(&LoggedOut { logout: true })
}

const USER_ID: Param =
    Param::new(&["user_id"], Kind::Int, "Whose account, for administrators; else the own one.");
const STORAGE_STAT: Param =
    Param::new(&["storage_stat"], Kind::Bool, "Show bytes by kind of file.");

/// Describes method 151.
pub(super) const GET_ACCOUNT: Doc = Doc {
    summary: "Shows the caller's account.",
    params: &[USER_ID, STORAGE_STAT],
    reply: ReplyDoc::Json(object::<User>),
};

/// Method 151: `accounts/get/`.
pub(super) async fn get_account(call: &Call) -> Reply {
    let asked = call.params.int(&USER_ID)?.map(hayloft_core::AccountId);
    let stat = call.params.flag(&STORAGE_STAT)?.unwrap_or(false);
    let (account, usage, is_own) = call
        .read(move |tx, actor| {
            // Others always get their own account, whatever they ask.
            let id = asked.filter(|_| actor.role == Role::Admin).unwrap_or(actor.account);
            let account = account::get(tx, id)?;
            let usage = usage::get(tx, id)?;
            Ok((account, usage, id == actor.account))
        })
        .await?;
    render::json(&user(account, &usage, is_own || stat))
}

/// An account in its full form.
fn user(account: Account, usage: &Usage, with_kinds: bool) -> User {
    let bytes = |bytes: i64| u64::try_from(bytes).unwrap_or_default();
    User {
        userid: account.id.0,
        name: account.name,
        role: role_word(account.role).to_owned(),
        is_active: account.is_active,
        is_deleted: false,
        deleted_date: 0,
        registration_date: account.registered_ms,
        last_login: account.last_login_ms,
        lang: account.lang,
        timezone: account.timezone,
        logins: account.logins.iter().map(Login::to_string).collect(),
        unapproved_logins: Some(Vec::new()),
        storage_size: bytes(usage.storage_bytes),
        overhead_size: bytes(usage.overhead_bytes()),
        quota_size: account.quota_soft,
        hard_quota_size: account.quota_hard,
        trash_size: Some(bytes(usage.trash_bytes)),
        storage_usage: with_kinds.then(|| StorageUsage {
            image: bytes(usage.image_bytes),
            audio: bytes(usage.audio_bytes),
            video: bytes(usage.video_bytes),
            other: bytes(usage.other_bytes()),
        }),
        balance: Some(Balance::not_available()),
        need_password_change: Some(account.need_password_change),
        extra_info: Some(account.extra_info),
        features: Some(std::collections::BTreeMap::new()),
        company_id: None,
        position: String::new(),
        status: "common".to_owned(),
        kind: Some("individual".to_owned()),
        is_approved: Some(account.is_approved),
        is_trial: Some(false),
        need_tutorial: Some(false),
        can_print: true,
        can_download: true,
        can_upload: true,
        pc_can_download: true,
        use_watermarks: false,
        user_mobile_restriction: false,
        ip_restriction: false,
        allowed_ips: Some(String::new()),
        effective: Some(EffectiveFlags {
            can_print: true,
            can_download: true,
            can_upload: true,
            pc_can_download: true,
            use_watermarks: false,
            user_mobile_restriction: false,
            ip_restriction: false,
        }),
        expired: Some(account.expires_ms),
        groups: Some(Vec::new()),
        region: Some(String::new()),
        alert_email: Some(account.alert_email),
        disable_alert: Some(account.disable_alert),
        upload_photo_directory: Some(account.upload_photo_directory),
        block_date: Some(account.block_date_ms),
        block_reason: Some(account.block_reason),
    }
}

/// Describes method 152.
pub(super) const CHECK_LOGIN: Doc = Doc {
    summary: "Says whether a login exists.",
    params: &[LOGIN],
    reply: ReplyDoc::Json(object::<LoginCheck>),
};

/// Method 152: `accounts/check/`.
pub(super) async fn check_login(call: &Call) -> Reply {
    let login = login(call, &LOGIN)?;
    // Credentials are not needed, but wrong ones are refused.
    let is_signed_in = match call.credentials() {
        Credentials::None => false,
        _ => call.session().await.map(|_| true)?,
    };
    let found = call.core().db.read(move |tx| account::by_login(tx, &login)).await?;
    let companies = is_signed_in.then(Vec::new);
    if found.is_some() {
        return render::json(&LoginCheck { status: "ok".to_owned(), code: None, companies });
    }
    let code = Some(ErrorCode::UserNotFound.to_string());
    let check = LoginCheck { status: "not found".to_owned(), code, companies };
    render::json_status(StatusCode::NOT_FOUND, &check)
}

const NAME: Param = Param::new(&["name"], Kind::Text, "The name shown to people.");
const NEW_PASSWORD: Param =
    Param::new(&["password"], Kind::Text, "A new password; ends all other sign-ins.");
const OLD_PASSWORD: Param =
    Param::new(&["old_password"], Kind::Text, "The present password; checked if it is sent.");
const LANG: Param = Param::new(&["lang"], Kind::Text, "The language: `en`, `ru` or `de`.");
const TIMEZONE: Param = Param::new(&["timezone"], Kind::Text, "Name of the time zone.");
const EXTRA_INFO: Param =
    Param::new(&["extra_info"], Kind::Json, "An object, merged key by key; null removes a key.");
const PHOTO_DIRECTORY: Param =
    Param::new(&["upload_photo_directory"], Kind::Text, "Where phones put their photographs.");
const ALERT_EMAIL: Param =
    Param::new(&["alert_email"], Kind::Text, "Where messages go in place of the login.");
const DISABLE_ALERT: Param =
    Param::new(&["disable_alert"], Kind::Bool, "No messages but about security.");

/// Describes method 157.
pub(super) const CHANGE_PROFILE: Doc = Doc {
    summary: "Changes the caller's profile.",
    params: &[
        NAME,
        NEW_PASSWORD,
        OLD_PASSWORD,
        LANG,
        TIMEZONE,
        EXTRA_INFO,
        PHOTO_DIRECTORY,
        ALERT_EMAIL,
        DISABLE_ALERT,
    ],
    reply: ReplyDoc::Json(object::<ProfileChanged>),
};

/// Method 157: `accounts/change_profile/`.
pub(super) async fn change_profile(call: &Call) -> Reply {
    let change = profile_change(call)?;
    let password = call.params.text(&NEW_PASSWORD)?.filter(|password| !password.is_empty());
    let password = password.map(|text| Password::parse(&text)).transpose();
    // A password too weak is a refusal of its own, but strangers hear that they are strangers.
    let password = password.map_err(|err| Failure { before_sign_in: true, ..err.into() })?;
    if change.is_none() && password.is_none() {
        return Err(Failure::invalid("at least one field of the profile is required"));
    }
    let session = call.session().await?;
    let old = call.params.text(&OLD_PASSWORD)?;
    let (keep, ip) = (session.token, call.peer.ip);
    let wanted = password.as_ref().map(|new| NewPassword { new, old: old.as_deref(), keep, ip });
    let is_new = account::change(call.core(), &session.actor, change.as_ref(), wanted).await?;
    // 200, as the reference has it.
    let code = (password.is_some() && !is_new).then(|| "PasswordNotModified".to_owned());
    render::json(&ProfileChanged { code })
}

fn profile_change(call: &Call) -> Result<Option<ProfileChange>, Failure> {
    let params = &call.params;
    let text = |param: &Param| -> Result<Option<String>, Failure> {
        Ok(params.text(param)?.map(std::borrow::Cow::into_owned))
    };
    let extra_info = match params.json(&EXTRA_INFO)? {
        None => None,
        Some(Value::Object(map)) => Some(map),
        Some(_) => return Err(Failure::invalid("extra_info: not an object")),
    };
    let change = ProfileChange {
        name: text(&NAME)?,
        lang: text(&LANG)?,
        timezone: text(&TIMEZONE)?,
        extra_info,
        upload_photo_directory: text(&PHOTO_DIRECTORY)?,
        alert_email: text(&ALERT_EMAIL)?,
        disable_alert: params.flag(&DISABLE_ALERT)?,
    };
    let is_empty = change.name.is_none()
        && change.lang.is_none()
        && change.timezone.is_none()
        && change.extra_info.is_none()
        && change.upload_photo_directory.is_none()
        && change.alert_email.is_none()
        && change.disable_alert.is_none();
    Ok((!is_empty).then_some(change))
}

const NEW_LOGIN: Param = Param::new(
    &["email", "login", "phone"],
    Kind::Text,
    "An e-mail address or telephone number to sign in with.",
)
.required();
const NEW_NAME: Param = Param::new(&["name"], Kind::Text, "The name shown to people.").required();

const INVITE_HASH: Param = Param::new(&["invite_hash"], Kind::Text, "The invitation followed.");
const COMPANY: Param =
    Param::new(&["company_name", "company_domain"], Kind::Text, "A company to register.");

/// Describes method 197.
pub(super) const CREATE_ACCOUNT: Doc = Doc {
    summary: "Registers an account.",
    params: &[NEW_LOGIN, PASSWORD, NEW_NAME, LANG, INVITE_HASH, COMPANY],
    reply: ReplyDoc::Json(object::<CreatedAccount>),
};

/// Method 197: `accounts/create/`.
pub(super) async fn create_account(call: &Call) -> Reply {
    let (login, password, name, lang) = registration(call)?;
    refuse_company(call)?;
    let is_admin = match call.credentials() {
        Credentials::None => false,
        _ => call.session().await?.actor.role == Role::Admin,
    };
    if !is_admin && !call.core().settings.open_registration {
        return Err(Error::Forbidden.into());
    }
    let password_hash = Some(account::hash_password(&password).await?);
    let new = NewAccount {
        login: login.clone(),
        name,
        password_hash,
        role: Role::User,
        lang,
        approved: true,
        quota_soft: 0,
        quota_hard: 0,
    };
    let account = call.core().db.write(move |tx| account::create(tx, &new)).await?;
    // Whoever makes an account for somebody else must not be handed a token for it.
    let issued = if is_admin {
        None
    } else {
        let device = device(call)?;
        Some(token::sign_in(call.core(), &login, password.as_str(), &device).await?.1)
    };
    render::json(&created(account, &login, issued))
}

/// Refuses what a person would not get: an account is no company, and there are no invitations.
fn refuse_company(call: &Call) -> Result<(), Failure> {
    let is_given = |param: &Param| -> Result<bool, Failure> {
        Ok(call.params.text(param)?.is_some_and(|text| !text.is_empty()))
    };
    if is_given(&COMPANY)? {
        let text = "this server has no companies";
        return Err(Failure::new(StatusCode::NOT_IMPLEMENTED, ErrorCode::NotImplemented, text));
    }
    if is_given(&INVITE_HASH)? {
        let text = "no such invitation";
        return Err(Failure::new(StatusCode::NOT_FOUND, ErrorCode::InvitationNotFound, text));
    }
    Ok(())
}

fn registration(call: &Call) -> Result<(Login, Password, String, String), Failure> {
    let invalid = |status, code, text: String| Failure {
        before_sign_in: true,
        ..Failure::new(status, code, text)
    };
    let text = call.params.required_text(&NEW_LOGIN)?;
    let login = Login::parse(&text).map_err(|err| {
        invalid(StatusCode::BAD_REQUEST, ErrorCode::InvalidEmail, err.to_string())
    })?;
    let password = Password::parse(&call.params.required_text(&PASSWORD)?).map_err(|err| {
        invalid(StatusCode::BAD_REQUEST, ErrorCode::PasswordTooWeak, err.to_string())
    })?;
    let name = call.params.required_text(&NEW_NAME)?.into_owned();
    let lang =
        call.params.text(&LANG)?.map_or_else(|| "en".to_owned(), std::borrow::Cow::into_owned);
    Ok((login, password, name, lang))
}

fn created(account: Account, login: &Login, issued: Option<Issued>) -> CreatedAccount {
    let email = match login {
        Login::Email(address) => address.clone(),
        Login::Msisdn(_) | Login::UserId(_) => String::new(),
    };
    CreatedAccount {
        name: account.name,
        email,
        storage_size: 0,
        balance: Some(Balance::not_available()),
        is_active: account.is_active,
        userid: account.id.0,
        login: login.to_string(),
        company_id: None,
        company_name: None,
        created: account.registered_ms,
        expires: issued.as_ref().map_or(0, |issued| issued.expires_ms),
        is_approved: account.is_approved,
        token: issued.map(|issued| issued.token),
    }
}
