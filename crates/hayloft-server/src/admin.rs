//! Administration on the data itself, with or without a server running beside it.

mod sign_in;

use hayloft_core::{
    Core, Error, Result, Role, Subject,
    account::{self, Login, NewAccount, Password},
    check, usage,
};
use serde::Serialize;

pub use self::sign_in::{
    AppLine, AppPasswordLine, add_app, add_app_password, begin_second_factor,
    confirm_second_factor, disable_second_factor, list_app_passwords, list_apps, remove_app,
    remove_app_password,
};

/// The login of the first administrator, unless another is asked for.
pub const ADMIN_LOGIN: &str = "admin@localhost";
/// Random bytes of a password made for somebody: 96 bits, as 24 characters.
const PASSWORD_BYTES: usize = 12;
/// The most accounts of one page of the list.
const PAGE: u32 = 1000;

/// An account, as the list of accounts shows it.
#[derive(Debug, Clone, Serialize)]
pub struct UserLine {
    /// Its number.
    pub id: i64,
    /// What it signs in with.
    pub logins: Vec<String>,
    /// The name shown to people.
    pub name: String,
    /// `user`, `company_admin`, `moderator` or `admin`.
    pub role: &'static str,
    /// Whether it may be used.
    pub is_active: bool,
    /// Bytes it holds, old versions and trash included.
    pub storage_bytes: i64,
    /// When it last signed in, in milliseconds since 1970 UTC; 0 for never.
    pub last_login_ms: i64,
}

/// The first administrator, made just now.
#[derive(Debug)]
pub struct FirstAdmin {
    /// What to sign in with.
    pub login: String,
    /// The password, if it was made up; it cannot be shown again.
    pub password: Option<String>,
}

/// Makes the first administrator of an installation that has no account yet.
pub async fn first_admin(
    core: &Core,
    login: Option<&str>,
    password: Option<String>,
) -> Result<Option<FirstAdmin>> {
    if core.db.read(account::count).await? > 0 {
        return Ok(None);
    }
    let login = Login::parse(login.unwrap_or(ADMIN_LOGIN))?;
    let made_up = password.is_none();
    let password = password.unwrap_or_else(|| hayloft_store::random::hex(PASSWORD_BYTES));
    let hash = account::hash_password(&Password::parse(&password)?).await?;
    let new = new_account(login.clone(), "Administrator".to_owned(), hash, Role::Admin);
    let made = core.db.write(move |tx| {
        // Two servers may start on one database at once: one of them makes it.
        if account::count(tx)? > 0 {
            return Ok(false);
        }
        account::create(tx, &new).map(|_| true)
    });
    let made: Result<bool> = made.await;
    Ok(made?
        .then(|| FirstAdmin { login: login.to_string(), password: made_up.then_some(password) }))
}

fn new_account(login: Login, name: String, password_hash: String, role: Role) -> NewAccount {
    NewAccount {
        login,
        name,
        password_hash: Some(password_hash),
        role,
        lang: "en".to_owned(),
        approved: true,
        quota_soft: 0,
        quota_hard: 0,
    }
}

/// Makes an account; `name` stands for it, or its login does.
pub async fn add_user(
    core: &Core,
    login: &str,
    name: Option<String>,
    password: &str,
    is_admin: bool,
) -> Result<i64> {
    let parsed = Login::parse(login)?;
    let hash = account::hash_password(&Password::parse(password)?).await?;
    let role = if is_admin { Role::Admin } else { Role::User };
    let name = name.unwrap_or_else(|| login.to_owned());
    let new = new_account(parsed, name, hash, role);
    Ok(core.db.write(move |tx| account::create(tx, &new)).await?.id.0)
}

/// All accounts, oldest first.
pub async fn list_users(core: &Core) -> Result<Vec<UserLine>> {
    let mut lines = Vec::new();
    loop {
        let offset = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let page = core
            .db
            .read(move |tx| {
                let accounts = account::list(tx, offset, PAGE)?;
                let usages: Result<Vec<_>> =
                    accounts.iter().map(|account| usage::get(tx, account.id)).collect();
                Ok::<_, Error>(accounts.into_iter().zip(usages?).collect::<Vec<_>>())
            })
            .await?;
        let is_last = page.len() < PAGE as usize;
        lines.extend(page.into_iter().map(|(account, usage)| UserLine {
            id: account.id.0,
            logins: account.logins.iter().map(Login::to_string).collect(),
            name: account.name,
            role: role_word(account.role),
            is_active: account.is_active,
            storage_bytes: usage.storage_bytes,
            last_login_ms: account.last_login_ms,
        }));
        if is_last {
            return Ok(lines);
        }
    }
}

/// The word for a role, in lists and in the Cloudike API.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::CompanyAdmin => "company_admin",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
    }
}

/// Sets the password of an account and ends all its sign-ins.
pub async fn set_password(core: &Core, login: &str, password: &str) -> Result<()> {
    let login = Login::parse(login)?;
    let hash = account::hash_password(&Password::parse(password)?).await?;
    let set = core.db.write(move |tx| {
        let id = account::by_login(tx, &login)?.ok_or(Error::NotFound(Subject::Account))?;
        account::set_password(tx, id, &hash, None)
    });
    set.await
}

/// Opens or blocks an account.
pub async fn set_active(core: &Core, login: &str, active: bool, reason: String) -> Result<()> {
    let login = Login::parse(login)?;
    let set = core.db.write(move |tx| {
        let id = account::by_login(tx, &login)?.ok_or(Error::NotFound(Subject::Account))?;
        account::set_active(tx, id, active, &reason)
    });
    set.await
}

/// Checks that an installation is whole; `report` is told each finding as it is made.
pub async fn check(
    core: &Core,
    report: impl FnMut(check::Finding) + Send,
) -> Result<check::Summary> {
    check::run(core, report).await
}
