//! Accounts: who may sign in, by which logins and password, and what they chose for themselves.

mod change;
mod create;
mod login;
mod password;
mod read;
#[cfg(test)]
mod tests;

pub use self::{
    change::{
        NewPassword, ProfileChange, change, remove_login, set_active, set_password, set_role,
    },
    create::{NewAccount, create},
    login::Login,
    password::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, Password, hash_password, verify_password},
    read::{actor, by_login, count, first_login, get, list, require_standing},
};
pub(crate) use self::{
    password::verify_nothing,
    read::{STANDING_COLUMNS, Standing},
};
use crate::{AccountId, NodeId, Role};

/// The longest name of an account, in bytes (Cloudike reference, method 157).
pub const ACCOUNT_NAME_BYTES_MAX: usize = 256;

/// An account as its owner and administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, not a state")]
pub struct Account {
    /// The number others know it by.
    pub id: AccountId,
    /// The root of its tree.
    pub root: NodeId,
    /// The name shown to people.
    pub name: String,
    /// What it may do beyond its own files.
    pub role: Role,
    /// What it may sign in with, oldest first.
    pub logins: Vec<Login>,
    /// Whether its owner is asked to choose a new password.
    pub need_password_change: bool,
    /// The language of messages.
    pub lang: String,
    /// Name of the time zone.
    pub timezone: String,
    /// Whatever clients keep with the account.
    pub extra_info: serde_json::Map<String, serde_json::Value>,
    /// Where phones put their pictures.
    pub upload_photo_directory: String,
    /// Where messages go instead of the login's address.
    pub alert_email: String,
    /// Whether only security messages are wanted.
    pub disable_alert: bool,
    /// When it was made, in milliseconds since 1970 UTC.
    pub registered_ms: i64,
    /// When it last signed in, 0 for never.
    pub last_login_ms: i64,
    /// Whether the registration has been confirmed.
    pub is_approved: bool,
    /// Whether it is not blocked.
    pub is_active: bool,
    /// When it was blocked, 0 when it is not.
    pub block_date_ms: i64,
    /// Why it was blocked.
    pub block_reason: String,
    /// When it ends, 0 for never.
    pub expires_ms: i64,
    /// Bytes that may be exceeded; -1 is no limit, 0 not set.
    pub quota_soft: i64,
    /// Bytes that are never exceeded; -1 is no limit, 0 not set.
    pub quota_hard: i64,
}
