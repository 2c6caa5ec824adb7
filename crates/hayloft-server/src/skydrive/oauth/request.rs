//! What an app asks for on the authorize page, and the address its answer goes to.

use hayloft_core::{
    Error,
    oauth::{self, App, Scope},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{DESKTOP, DESKTOP_PATH};
use crate::skydrive::{call::Call, error::Failure};

/// All scopes there are. What an app asks for is given back word for word, so a word that means
/// nothing is refused rather than dropped.
const SCOPES: &[&str] = &[
    "wl.basic",
    "wl.offline_access",
    "wl.signin",
    "wl.skydrive",
    "wl.skydrive_update",
    "wl.contacts_skydrive",
    "wl.photos",
    "wl.contacts_photos",
    "wl.emails",
    "wl.phone_numbers",
    "wl.postal_addresses",
    "wl.birthday",
    "wl.work_profile",
    "wl.calendars",
    "wl.calendars_update",
    "wl.contacts_calendars",
    "wl.events_create",
    "wl.contacts_create",
    "wl.contacts_update",
    "wl.contacts_birthday",
    "wl.share",
    "wl.applications",
    "wl.applications_create",
    "office.onenote_create",
];

/// A request that may be put to the user.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The app, with all addresses that it may be answered at.
    pub(super) app: App,
    /// Where the answer goes.
    pub(super) redirect_uri: String,
    /// What is asked for.
    pub(super) scope: Scope,
    /// Whether the answer is a token, behind `#`, rather than a code.
    pub(super) implicit: bool,
    state: Option<String>,
}

/// Why a request cannot be put to the user.
#[derive(Debug)]
pub(super) enum Refused {
    /// The app learns it, at this address.
    Back(String),
    /// Only the user learns it: nobody can say that the address is the app's.
    Here(&'static str),
    /// Something failed.
    Failed(Failure),
}

/// An app with the desktop page among its addresses, if it is one that may use it.
pub(super) fn with_desktop(mut app: App, base: &str) -> App {
    if app.mobile {
        app.redirect_uris.extend([DESKTOP.to_owned(), format!("{base}{DESKTOP_PATH}")]);
    }
    app
}

impl Request {
    /// Reads and checks the query.
    pub(super) async fn read(call: &Call) -> Result<Self, Refused> {
        let query = &call.query;
        let client_id = query.word("client_id");
        let client_id = client_id.ok_or(Refused::Here("The address names no app."))?.to_owned();
        let app = call.core().db.read(move |tx| oauth::app(tx, &client_id)).await;
        let app = match app {
            Err(Error::NotFound(_)) => {
                return Err(Refused::Here("There is no such app on this server."));
            }
            app => app.map_err(|err| Refused::Failed(err.into()))?,
        };
        let app = with_desktop(app, &call.base_url());
        let redirect_uri = match query.word("redirect_uri") {
            Some(uri) => app.redirect_uris.iter().find(|own| *own == uri),
            None => app.redirect_uris.first(),
        };
        let redirect_uri = redirect_uri.ok_or(Refused::Here(
            "The address that the app wants to be answered at is not one of its own.",
        ))?;
        let request = Self {
            redirect_uri: redirect_uri.clone(),
            scope: Scope::parse(query.get("scope").unwrap_or_default()),
            implicit: query.get("response_type") == Some("token"),
            state: query.get("state").map(str::to_owned),
            app,
        };
        request.check(query.get("response_type"))?;
        Ok(request)
    }

    fn check(&self, response_type: Option<&str>) -> Result<(), Refused> {
        match response_type {
            Some("code" | "token") => {}
            Some(_) => {
                let text = "response_type must be code or token";
                return Err(self.refused("unsupported_response_type", text));
            }
            None => return Err(self.refused("invalid_request", "response_type is missing")),
        }
        if self.scope.is_empty() {
            return Err(self.refused("invalid_scope", "scope is missing"));
        }
        match self.scope.words().find(|word| !SCOPES.contains(word)) {
            Some(_) => Err(self.refused("invalid_scope", "scope holds a word that is no scope")),
            None => Ok(()),
        }
    }

    fn refused(&self, error: &str, description: &str) -> Refused {
        Refused::Back(self.refusal(error, description))
    }

    /// The address that tells the app no.
    pub(super) fn refusal(&self, error: &str, description: &str) -> String {
        self.answer(&[("error", error), ("error_description", description)])
    }

    /// The address that answers the app: with these parameters and the state it sent along,
    /// behind `?`, or `#` where it asked for a token.
    pub(super) fn answer(&self, parameters: &[(&str, &str)]) -> String {
        let mut uri = self.redirect_uri.clone();
        let mut separator = match (self.implicit, uri.contains('?')) {
            (true, _) => '#',
            (false, true) => '&',
            (false, false) => '?',
        };
        let state = self.state.as_deref().map(|state| ("state", state));
        for (name, value) in parameters.iter().copied().chain(state) {
            uri.push(separator);
            uri.push_str(name);
            uri.push('=');
            uri.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
            separator = '&';
        }
        uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(redirect_uri: &str, implicit: bool) -> Request {
        Request {
            app: App {
                id: "1".to_owned(),
                name: "x".to_owned(),
                redirect_uris: Vec::new(),
                mobile: false,
                created_ms: 0,
            },
            redirect_uri: redirect_uri.to_owned(),
            scope: Scope::default(),
            implicit,
            state: Some("a&b=ё".to_owned()),
        }
    }

    #[test]
    fn answers_go_where_they_are_looked_for() {
        let code = [("code", "1-2")];
        assert_eq!(
            request("https://x.example/", false).answer(&code),
            "https://x.example/?code=1%2D2&state=a%26b%3D%D1%91"
        );
        assert_eq!(
            request("https://x.example/?y=z", false).answer(&code),
            "https://x.example/?y=z&code=1%2D2&state=a%26b%3D%D1%91"
        );
        assert_eq!(
            request("https://x.example/?y=z", true).answer(&[("error", "x")]),
            "https://x.example/?y=z#error=x&state=a%26b%3D%D1%91"
        );
    }
}
