//! Apps: the clients that somebody registered, each with a secret and its redirect addresses.

use hayloft_store::{DbError, Row, Tx, params, random};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::Refusal;
use crate::{Error, Result, Subject, token::secret_hash};

/// The most apps of an installation: a list that an administrator can still read.
const APPS_MAX: i64 = 1000;
/// The longest id of a client.
const ID_BYTES_MAX: usize = 64;
/// The longest name of an app, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// The most redirect addresses of one app.
const REDIRECTS_MAX: usize = 20;
/// The longest redirect address.
const REDIRECT_BYTES_MAX: usize = 2000;
/// Random bytes of an id made up: 16 hex digits, as the apps of Live Connect have.
const ID_BYTES: usize = 8;
/// Random bytes of a secret.
const SECRET_BYTES: usize = 24;

/// A client that somebody registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// What it names itself by.
    pub id: String,
    /// The name shown to people who are asked to let it in.
    pub name: String,
    /// Where codes and tokens may be sent; one of them, exactly.
    pub redirect_uris: Vec<String>,
    /// Whether it runs where it can keep no secret, and so needs none.
    pub mobile: bool,
    /// When it was registered, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

/// An app to be registered.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// What it is to name itself by; made up if absent.
    pub id: Option<String>,
    /// The name shown to people.
    pub name: String,
    /// Where codes and tokens may be sent.
    pub redirect_uris: Vec<String>,
    /// Whether it can keep no secret.
    pub mobile: bool,
}

/// Registers an app; and its secret, shown this once.
///
/// # Errors
/// `Invalid` for a bad or taken id, a bad name or a bad redirect address; `TooMany`.
pub fn register(tx: &mut Tx<'_>, new: &NewApp) -> Result<(App, String)> {
    let id = new.id.clone().unwrap_or_else(|| random::hex(ID_BYTES).to_uppercase());
    if !is_client_id(&id) {
        return Err(invalid("id: 1 to 64 letters, digits, dots, dashes and underscores"));
    }
    check_name(&new.name)?;
    check_redirects(&new.redirect_uris)?;
    let count: i64 = tx.query_one("SELECT count(*) FROM oauth_app", params![], |row| row.get(0))?;
    if count >= APPS_MAX {
        return Err(Error::TooMany("there are too many apps"));
    }
    let (secret, now) = (random::hex(SECRET_BYTES), tx.now_ms());
    let uris = serde_json::Value::from(new.redirect_uris.clone()).to_string();
    let made = tx.execute(
        "INSERT INTO oauth_app (id, name, secret_hash, redirect_uris, mobile, created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
        params![id.as_str(), new.name.as_str(), &secret_hash(&secret), uris, new.mobile, now],
    )?;
    if made == 0 {
        return Err(invalid("id: taken by another app"));
    }
    Ok((app(tx, &id)?, secret))
}

/// All apps, oldest first.
pub fn apps(tx: &mut Tx<'_>) -> Result<Vec<App>> {
    let sql = format!("SELECT {COLUMNS} FROM oauth_app ORDER BY created, id");
    Ok(tx.query(&sql, params![], read)?)
}

/// One app.
pub fn app(tx: &mut Tx<'_>, id: &str) -> Result<App> {
    find(tx, id)?.map(|(app, _)| app).ok_or(Error::NotFound(Subject::App))
}

/// Removes an app and ends all that people let it do.
pub fn remove_app(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    if tx.execute("DELETE FROM oauth_app WHERE id = ?1", params![id])? == 0 {
        return Err(Error::NotFound(Subject::App));
    }
    super::grant::end_of_client(tx, id)
}

/// The app of this id, if the secret that goes with it is right; none if nobody registered it.
///
/// # Errors
/// `InvalidClient` for a wrong secret, and for none where one is needed.
pub(super) fn authenticated(
    tx: &mut Tx<'_>,
    id: &str,
    secret: Option<&str>,
) -> Result<Result<Option<App>, Refusal>> {
    let Some((app, expected)) = find(tx, id)? else { return Ok(Ok(None)) };
    let is_right = match secret {
        Some(secret) => bool::from(secret_hash(secret).ct_eq(&expected)),
        None => app.mobile,
    };
    Ok(if is_right { Ok(Some(app)) } else { Err(Refusal::InvalidClient) })
}

/// Whether a client may call itself so, registered or not.
pub(super) fn is_client_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(fits)
}

const COLUMNS: &str = "id, name, redirect_uris, mobile, created, secret_hash";

fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<(App, [u8; 32])>> {
    let sql = format!("SELECT {COLUMNS} FROM oauth_app WHERE id = ?1");
    Ok(tx.query_opt(&sql, params![id], |row| Ok((read(row)?, row.get(5)?)))?)
}

fn read(row: &Row<'_>) -> Result<App, DbError> {
    let redirect_uris = serde_json::from_str(row.get_str(2)?)
        .map_err(|err| DbError::Damaged(format!("oauth_app.redirect_uris: {err}")))?;
    Ok(App {
        id: row.get(0)?,
        name: row.get(1)?,
        redirect_uris,
        mobile: row.get(3)?,
        created_ms: row.get(4)?,
    })
}

fn check_name(name: &str) -> Result<()> {
    let is_shown = !name.trim().is_empty() && !name.chars().any(char::is_control);
    if is_shown && name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    Err(invalid("name: 1 to 256 bytes without control characters"))
}

fn check_redirects(uris: &[String]) -> Result<()> {
    if uris.len() > REDIRECTS_MAX {
        return Err(invalid("redirect_uri: at most 20"));
    }
    for uri in uris {
        if !is_redirect(uri) {
            let text = format!("redirect_uri: `{uri}` is no absolute address without fragment");
            return Err(Error::Invalid(text));
        }
    }
    Ok(())
}

/// An absolute address without a fragment, which the answer may need for itself (RFC 6749 section
/// 3.1.2), and none that a browser runs as a program.
fn is_redirect(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let runs = ["javascript", "data", "vbscript", "about", "blob"].contains(&url.scheme());
    let is_plain = uri.bytes().all(|byte| byte.is_ascii_graphic());
    uri.len() <= REDIRECT_BYTES_MAX && is_plain && url.fragment().is_none() && !runs
}

fn invalid(text: &str) -> Error {
    Error::Invalid(text.to_owned())
}
