//! What an operator may set of the product's rules. Defaults are those of the reference.

/// Whose content an upload by checksum may match (Cloudike reference, behaviour section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DedupeScope {
    /// Only what the account itself owns.
    User,
    /// What the account's company owns.
    Company,
    /// Whatever the server holds. Knowing a checksum then gives content: for closed groups only.
    All,
}

/// Which passwords a program may sign in with that asks for tokens by login and password (OAuth's
/// password grant).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AppPasswords {
    /// The account's own, or one made for the program.
    Optional,
    /// Only one made for the program.
    Required,
}

/// The product's rules, fixed while the server runs.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Hard quota of an account that has none of its own, in bytes; -1 is no limit.
    pub default_quota_bytes: i64,
    /// Days until an item of the trash is destroyed; 0 keeps it for ever.
    pub trash_days: u32,
    /// Versions kept of one file, the current one included.
    pub versions_max: u32,
    /// Whose content an upload by checksum may match.
    pub dedupe_scope: DedupeScope,
    /// Whether anybody may register an account.
    pub open_registration: bool,
    /// Largest file, in bytes.
    pub file_bytes_max: u64,
    /// Which passwords OAuth's password grant takes.
    pub app_passwords: AppPasswords,
    /// Whether a refresh token is good once. If not, it works until its successor is used, so
    /// that a reply lost on the way, or a client that keeps the first one, locks nobody out.
    pub refresh_tokens_single_use: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_quota_bytes: 2 * 1024 * 1024 * 1024,
            trash_days: 30,
            versions_max: 100,
            dedupe_scope: DedupeScope::Company,
            open_registration: true,
            file_bytes_max: 1024 * 1024 * 1024 * 1024,
            app_passwords: AppPasswords::Optional,
            refresh_tokens_single_use: false,
        }
    }
}
