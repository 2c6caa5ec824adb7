//! People, their tokens and what signing in replies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
#[cfg(feature = "openapi")]
use utoipa::ToSchema;

/// An account. The fields that are no `Option` make up the public form; the full form has all.
#[expect(clippy::struct_excessive_bools, reason = "the dialect has these fields")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct User {
    /// Number of the account, from 1.
    pub userid: i64,
    /// Display name.
    pub name: String,
    /// `user`, `company_admin`, `moderator` or `admin`.
    pub role: String,
    /// May it be used?
    pub is_active: bool,
    /// Has it been deleted?
    pub is_deleted: bool,
    /// When it was deleted, in milliseconds; 0 if it was not.
    pub deleted_date: i64,
    /// When it was registered, in milliseconds.
    pub registration_date: i64,
    /// The last sign-in, in milliseconds.
    pub last_login: i64,
    /// Language, such as `en`.
    pub lang: String,
    /// Name of the time zone.
    pub timezone: String,
    /// Logins in the form `kind:value`.
    pub logins: Vec<String>,
    /// Logins not confirmed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unapproved_logins: Option<Vec<String>>,
    /// Bytes counted against the quota.
    pub storage_size: u64,
    /// Part of them held by old versions and the trash.
    pub overhead_size: u64,
    /// Soft quota in bytes; -1 unlimited, 0 not set.
    pub quota_size: i64,
    /// Hard quota in bytes; -1 unlimited, 0 not set.
    pub hard_quota_size: i64,
    /// Bytes in the trash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trash_size: Option<u64>,
    /// Bytes by kind of file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_usage: Option<StorageUsage>,
    /// Money, or `"n/a"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// Must the password be changed?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_password_change: Option<bool>,
    /// Free data of the clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub extra_info: Option<Map<String, Value>>,
    /// Features by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<BTreeMap<String, bool>>,
    /// The account's company, or `null`.
    pub company_id: Option<i64>,
    /// Position in the company.
    pub position: String,
    /// `common`, `invited`, `removing` or `removed`.
    pub status: String,
    /// `individual`, `employee` or `owner`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Has the registration been confirmed?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_approved: Option<bool>,
    /// Is it a trial?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_trial: Option<bool>,
    /// Should the client show its tutorial?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_tutorial: Option<bool>,
    /// Permission to print.
    pub can_print: bool,
    /// Permission to download.
    pub can_download: bool,
    /// Permission to upload.
    pub can_upload: bool,
    /// Permission to download with a desktop client.
    pub pc_can_download: bool,
    /// Are previews marked with the viewer's login?
    pub use_watermarks: bool,
    /// Are mobile clients barred?
    pub user_mobile_restriction: bool,
    /// Are other addresses than the allowed ones barred?
    pub ip_restriction: bool,
    /// Allowed addresses, comma separated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_ips: Option<String>,
    /// The seven flags after the rules of groups and company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<EffectiveFlags>,
    /// When the account ends, in milliseconds; 0 never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<i64>,
    /// Ids of the groups it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Region for the analytics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Address for alerts in place of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_email: Option<String>,
    /// No mail but about security.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_alert: Option<bool>,
    /// Where phones put their photographs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_photo_directory: Option<String>,
    /// When the account was blocked, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_date: Option<i64>,
    /// Why the account was blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_reason: Option<String>,
}

/// Bytes an account holds, by kind of file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct StorageUsage {
    /// Pictures.
    pub image: u64,
    /// Music and speech.
    pub audio: u64,
    /// Films.
    pub video: u64,
    /// All the rest.
    pub other: u64,
}

/// Permissions and restrictions as they work out.
#[expect(clippy::struct_excessive_bools, reason = "seven independent flags of the dialect")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct EffectiveFlags {
    /// Permission to print.
    pub can_print: bool,
    /// Permission to download.
    pub can_download: bool,
    /// Permission to upload.
    pub can_upload: bool,
    /// Permission to download with a desktop client.
    pub pc_can_download: bool,
    /// Are previews marked with the viewer's login?
    pub use_watermarks: bool,
    /// Are mobile clients barred?
    pub user_mobile_restriction: bool,
    /// Are other addresses than the allowed ones barred?
    pub ip_restriction: bool,
}

/// Money on the account, or `"n/a"` on a server without billing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(untagged)]
pub enum Balance {
    /// An amount.
    Amount(f64),
    /// A word in its place.
    Text(String),
}

impl Balance {
    /// What a server without billing says.
    pub fn not_available() -> Self {
        Self::Text("n/a".to_owned())
    }
}

/// A token and whom it stands for, as signing in replies it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct TokenInfo {
    /// The secret; only when it was issued just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Its public id, 24 hex characters.
    pub id: String,
    /// Who signed in.
    pub userid: i64,
    /// Whom the token acts as.
    pub user_eid: i64,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// When it ends, in milliseconds; 0 never.
    pub expires: i64,
    /// The device it was made for.
    pub device_description: String,
    /// The login that was used.
    pub login: String,
    /// Display name of the account.
    pub name: String,
    /// The account's company, or `null`.
    pub company_id: Option<i64>,
    /// The company's domain, or `null`.
    pub domain: Option<String>,
    /// Is the device to erase its copies?
    pub remote_wipe: bool,
    /// Where the service offer is read, while it waits to be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_url: Option<String>,
    /// Must an agreement be accepted?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need_agreement: Option<bool>,
}

/// A device in the list of one's tokens.
#[expect(clippy::struct_excessive_bools, reason = "the dialect has these fields")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct TokenEntry {
    /// The device.
    pub device_description: String,
    /// The token's public id.
    pub id: String,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// Is the device to erase its copies?
    pub remote_wipe: bool,
    /// Has the device synchronised?
    pub is_synced: bool,
    /// What it did last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_action: Option<LastAction>,
    /// Does it never end?
    pub permanent: bool,
    /// Is it the token of this very call?
    pub current: bool,
}

/// The last call made with a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct LastAction {
    /// When, in milliseconds.
    pub time: i64,
    /// From which address.
    pub ip: String,
    /// Which method.
    pub method: String,
}

/// Reply of a registration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct CreatedAccount {
    /// Display name.
    pub name: String,
    /// The address it was registered with.
    pub email: String,
    /// Bytes it holds: 0.
    pub storage_size: u64,
    /// Money, or `"n/a"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Balance>,
    /// May it be used?
    pub is_active: bool,
    /// Number of the account.
    pub userid: i64,
    /// The login in the form `kind:value`.
    pub login: String,
    /// The account's company, or `null`.
    pub company_id: Option<i64>,
    /// Name of the company, or `null`.
    pub company_name: Option<String>,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// When the token ends, in milliseconds; 0 never.
    pub expires: i64,
    /// Has the registration been confirmed?
    pub is_approved: bool,
    /// A token, when the account was approved at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Reply of signing out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct LoggedOut {
    /// The token is gone.
    pub logout: bool,
}

/// Whether a login exists; sent with 200 and with 404.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct LoginCheck {
    /// `ok` or `not found`.
    pub status: String,
    /// `UserNotFound` beside `not found`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Companies of the login; only for callers who are signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub companies: Option<Vec<i64>>,
}

/// Reply of a change of the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(ToSchema))]
#[serde(default)]
pub struct ProfileChanged {
    /// `PasswordNotModified` when the new password is the present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}
