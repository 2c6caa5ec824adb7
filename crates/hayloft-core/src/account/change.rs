//! Changing an account: by its owner, and by an administrator.

use hayloft_store::{Tx, params};
use serde_json::{Map, Value};

use super::{Account, Login, Password, create::check_name, hash_password, read, verify_password};
use crate::{
    AccountId, Actor, Core, Error, Result, Role, Subject, TokenId,
    event::{self, EventKind},
    token::{self, lockout},
};

/// The languages there are messages in.
const LANGS: [&str; 3] = ["en", "ru", "de"];
/// The most bytes of what clients keep with an account, as JSON.
const EXTRA_INFO_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of the other free texts of a profile.
const TEXT_BYTES_MAX: usize = 4096;

/// What an owner changes of the own account; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The name shown to people.
    pub name: Option<String>,
    /// The language of messages.
    pub lang: Option<String>,
    /// Name of the time zone.
    pub timezone: Option<String>,
    /// Merged key by key into what is there; null removes a key.
    pub extra_info: Option<Map<String, Value>>,
    /// Where phones put their pictures.
    pub upload_photo_directory: Option<String>,
    /// Where messages go instead of the login's address.
    pub alert_email: Option<String>,
    /// Whether only security messages are wanted.
    pub disable_alert: Option<bool>,
}

/// Changes the actor's own profile.
pub(super) fn change_profile(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &ProfileChange,
) -> Result<Account> {
    check_profile(change)?;
    let before = read::get(tx, actor.account)?;
    if change.name.as_ref().is_some_and(|name| *name != before.name) {
        event::record_account(tx, actor.account, actor.real_account, EventKind::NameChanged, None)?;
    }
    let account = merged(before, change);
    let extra_info = Value::Object(account.extra_info.clone()).to_string();
    if extra_info.len() > EXTRA_INFO_BYTES_MAX {
        return Err(Error::Invalid("extra_info: more than 64 KiB".to_owned()));
    }
    tx.execute(
        "UPDATE account SET name = ?1, lang = ?2, timezone = ?3, extra_info = ?4,
             upload_photo_directory = ?5, alert_email = ?6, disable_alert = ?7
         WHERE id = ?8",
        params![
            account.name.as_str(),
            account.lang.as_str(),
            account.timezone.as_str(),
            extra_info,
            account.upload_photo_directory.as_str(),
            account.alert_email.as_str(),
            account.disable_alert,
            account.id
        ],
    )?;
    Ok(account)
}

/// A password that the owner of an account wants to have.
#[derive(Clone, Copy, Debug)]
pub struct NewPassword<'a> {
    /// The password.
    pub new: &'a Password,
    /// The present one; if given, it must be right.
    pub old: Option<&'a str>,
    /// The sign-in that stays; all others end.
    pub keep: Option<TokenId>,
    /// Where the wish comes from, of which the owner is told when a wrong present one locks.
    pub ip: std::net::IpAddr,
}

/// Changes the actor's own profile and password, both or neither, and says whether the password
/// is another one now.
///
/// # Errors
/// `Invalid` for a wrong old password, and `Locked` after as many as lock the login: whoever holds
/// a token must not find the password by trying.
pub async fn change(
    core: &Core,
    actor: &Actor,
    profile: Option<&ProfileChange>,
    password: Option<NewPassword<'_>>,
) -> Result<bool> {
    let id = actor.account;
    let hash = match &password {
        Some(password) => new_hash(core, id, password).await?,
        None => None,
    };
    let is_new = hash.is_some();
    let proven = password.is_some_and(|password| password.old.is_some());
    let keep = password.and_then(|password| password.keep);
    let (actor, profile) = (actor.clone(), profile.cloned());
    core.db
        .write(move |tx| {
            if proven {
                // Guesses that ran beside each other all meet the lock here, also the right one.
                let login = first_login(tx, id)?;
                lockout::check(tx, &login)?;
                lockout::forget(tx, &login)?;
            }
            if let Some(profile) = &profile {
                change_profile(tx, &actor, profile)?;
            }
            if let Some(hash) = &hash {
                event::record_account(
                    tx,
                    id,
                    actor.real_account,
                    EventKind::PasswordChanged,
                    None,
                )?;
                set_password(tx, id, hash, keep)?;
            }
            Ok(())
        })
        .await
        .map(|()| is_new)
}

/// The hash of a new password; none if it is the present one.
async fn new_hash(
    core: &Core,
    id: AccountId,
    password: &NewPassword<'_>,
) -> Result<Option<String>> {
    let proven = password.old.is_some();
    let present = core
        .db
        .read(move |tx| {
            if proven {
                let login = first_login(tx, id)?;
                lockout::check(tx, &login)?;
            }
            password_hash(tx, id)
        })
        .await?;
    if let Some(present) = &present {
        if let Some(old) = password.old
            && !verify_password(old, present).await?
        {
            return Err(wrong_password(core, id, password.ip).await?);
        }
        if verify_password(password.new.as_str(), present).await? {
            return Ok(None);
        }
    }
    hash_password(password.new).await.map(Some)
}

/// Counts a wrong old password like one at the door, and gives the answer to it.
async fn wrong_password(core: &Core, id: AccountId, ip: std::net::IpAddr) -> Result<Error> {
    let counted = core.db.write(move |tx| {
        let login = first_login(tx, id)?;
        lockout::count_failure(tx, &login, &ip.to_string())
    });
    Ok(match counted.await? {
        Error::Locked { until_ms } => Error::Locked { until_ms },
        _ => Error::Invalid("old_password: wrong".to_owned()),
    })
}

/// The login whose lock stands for the whole account.
fn first_login(tx: &mut Tx<'_>, id: AccountId) -> Result<String> {
    let account = read::get(tx, id)?;
    Ok(account.logins.first().unwrap_or(&Login::UserId(id)).to_string())
}

/// Sets a password that [`hash_password`] hashed, and ends all sign-ins but `keep`.
pub fn set_password(
    tx: &mut Tx<'_>,
    id: AccountId,
    hash: &str,
    keep: Option<TokenId>,
) -> Result<()> {
    let changed = tx.execute(
        "UPDATE account SET password_hash = ?1, need_password_change = 0 WHERE id = ?2",
        params![hash, id],
    )?;
    found(changed)?;
    token::revoke_all(tx, id, keep)
}

/// Opens or blocks an account. Blocking ends all its sign-ins; its files stay.
pub fn set_active(tx: &mut Tx<'_>, id: AccountId, active: bool, reason: &str) -> Result<()> {
    if active {
        let changed = tx.execute(
            "UPDATE account SET is_active = 1, block_date = 0, block_reason = '' WHERE id = ?1",
            params![id],
        )?;
        return found(changed);
    }
    keep_an_admin(tx, id)?;
    let now = tx.now_ms();
    let changed = tx.execute(
        "UPDATE account SET is_active = 0, block_date = ?1, block_reason = ?2 WHERE id = ?3",
        params![now, reason, id],
    )?;
    found(changed)?;
    token::revoke_all(tx, id, None)
}

/// Gives an account another role, and ends all its sign-ins: what was let in as one thing does not
/// go on as another.
pub fn set_role(tx: &mut Tx<'_>, id: AccountId, role: Role) -> Result<()> {
    if role != Role::Admin {
        keep_an_admin(tx, id)?;
    }
    found(tx.execute("UPDATE account SET role = ?1 WHERE id = ?2", params![role.number(), id])?)?;
    token::revoke_all(tx, id, None)
}

/// Takes one of the account's logins away, but never the last.
pub fn remove_login(tx: &mut Tx<'_>, id: AccountId, login: &Login) -> Result<()> {
    let account = read::get(tx, id)?;
    if !account.logins.contains(login) {
        return Err(Error::NotFound(Subject::Login));
    }
    if account.logins.len() == 1 {
        return Err(Error::Invalid("login: the last one cannot be removed".to_owned()));
    }
    tx.execute("DELETE FROM login WHERE value = ?1", params![login.to_string()])?;
    Ok(())
}

/// A language that there are messages in.
pub(super) fn check_lang(lang: &str) -> Result<()> {
    if LANGS.contains(&lang) {
        return Ok(());
    }
    Err(Error::Invalid(format!("lang: one of {}", LANGS.join(", "))))
}

fn check_profile(change: &ProfileChange) -> Result<()> {
    if let Some(name) = &change.name {
        check_name(name)?;
    }
    if let Some(lang) = &change.lang {
        check_lang(lang)?;
    }
    if let Some(zone) = &change.timezone {
        let fits = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        if zone.is_empty() || zone.len() > 64 || !zone.chars().all(fits) {
            return Err(Error::Invalid("timezone: not the name of a time zone".to_owned()));
        }
    }
    let texts = [&change.upload_photo_directory, &change.alert_email];
    if texts.into_iter().flatten().any(|text| text.len() > TEXT_BYTES_MAX) {
        return Err(Error::Invalid("profile: a text of more than 4096 bytes".to_owned()));
    }
    Ok(())
}

fn merged(mut account: Account, change: &ProfileChange) -> Account {
    let texts = [
        (&mut account.name, &change.name),
        (&mut account.lang, &change.lang),
        (&mut account.timezone, &change.timezone),
        (&mut account.upload_photo_directory, &change.upload_photo_directory),
        (&mut account.alert_email, &change.alert_email),
    ];
    for (present, new) in texts {
        if let Some(new) = new {
            present.clone_from(new);
        }
    }
    if let Some(disable) = change.disable_alert {
        account.disable_alert = disable;
    }
    for (key, value) in change.extra_info.iter().flatten() {
        if value.is_null() {
            account.extra_info.remove(key);
        } else {
            account.extra_info.insert(key.clone(), value.clone());
        }
    }
    account
}

fn password_hash(tx: &mut Tx<'_>, id: AccountId) -> Result<Option<String>> {
    let hash =
        tx.query_opt("SELECT password_hash FROM account WHERE id = ?1", params![id], |row| {
            row.get::<Option<String>>(0)
        })?;
    hash.ok_or(Error::NotFound(Subject::Account))
}

/// Refuses when the account is the last administrator who can sign in.
fn keep_an_admin(tx: &mut Tx<'_>, id: AccountId) -> Result<()> {
    let admins = tx.query(
        "SELECT id FROM account WHERE role = ?1 AND is_active = 1 LIMIT 2",
        params![Role::Admin.number()],
        |row| row.get::<AccountId>(0),
    )?;
    if admins == [id] { Err(Error::Forbidden) } else { Ok(()) }
}

fn found(changed: u64) -> Result<()> {
    if changed == 0 { Err(Error::NotFound(Subject::Account)) } else { Ok(()) }
}
