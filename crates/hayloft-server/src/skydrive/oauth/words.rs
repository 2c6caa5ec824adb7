//! What the pages say.

use hayloft_core::{Error, oauth::Scope};

/// What a scope lets an app do, in words. Scopes that open nothing on this server share a line.
pub(super) fn scopes(scope: &Scope) -> Vec<&'static str> {
    let mut lines: Vec<&'static str> = Vec::new();
    for word in scope.words() {
        let line = match word {
            "wl.skydrive" => "see your files and folders",
            "wl.skydrive_update" => "see, change and delete your files and folders",
            "wl.contacts_skydrive" | "wl.contacts_photos" => "see what others share with you",
            "wl.photos" => "see your photos, videos and music",
            "wl.offline_access" => "do so at any time, also when you are away",
            "wl.basic" => "see your name",
            "wl.signin" => "know who you are when you sign in",
            "wl.emails" => "see your e-mail addresses",
            "wl.phone_numbers" => "see your telephone numbers",
            "wl.birthday" | "wl.postal_addresses" | "wl.work_profile" => "see your profile",
            _ => "use contacts, calendars and other things that this server does not have",
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Why somebody could not be signed in, as the page tells it.
pub(super) fn sign_in_refusal(err: &Error) -> Option<String> {
    Some(match err {
        Error::Unauthorized => "The login, the password or the code is wrong.".to_owned(),
        Error::LastAttempt => {
            "The password is wrong. One more wrong one locks the login for a while.".to_owned()
        }
        Error::Locked { .. } => {
            "This login is locked for a while after too many wrong passwords.".to_owned()
        }
        Error::Disabled { reason } if reason.is_empty() => "This account is disabled.".to_owned(),
        Error::Disabled { reason } => format!("This account is disabled: {reason}"),
        Error::AccountExpired => "This account has expired.".to_owned(),
        Error::NotApproved => "This account has not been approved yet.".to_owned(),
        Error::TokenExpired | Error::NotFound(_) => "It took too long; begin again.".to_owned(),
        _ => return None,
    })
}
