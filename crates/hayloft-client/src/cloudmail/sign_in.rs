//! The sign-in of browsers: password, second factor, and a cookie for the cloud.

use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode, Url};

use super::{CloudMail, CodeWanted, Error, Reason};
use crate::error::retry_after;
use crate::http::CALL_TIMEOUT;

/// The cookie that is the session.
const SESSION_COOKIE: &str = "Mpop";
/// The cookie that the cloud wants besides.
const CLOUD_COOKIE: &str = "sdcs";
/// Redirects of one sign-in; the service's longest chain has six.
const REDIRECTS_MAX: usize = 12;
/// Longest page that is looked through for a form.
const PAGE_MAX: usize = 1 << 20;

impl CloudMail {
    /// Signs in with the password and gets the cookie for the cloud. For the holder of the lock.
    pub(super) async fn sign_in(&self) -> Result<(), Error> {
        let Some(password) = &self.inner.password else {
            return Err(Error::refused(403, Reason::SignedOut));
        };
        {
            let mut state = self.state();
            state.csrf = None;
            state.cookies.clear();
        }
        let url = self.below_auth("cgi-bin/auth")?;
        let form = [
            ("Login", self.inner.login.as_str()),
            ("Password", password),
            ("new_auth_form", "1"),
            ("saveauth", "1"),
        ];
        let (end, response) = self.submit(&url, &form).await?;
        if is_failure(&end) {
            return Err(Error::refused(403, Reason::WrongPassword));
        }
        if end.path() == self.below_auth("cgi-bin/secstep")?.path() {
            self.second_factor(&end, response).await?;
        } else {
            self.expect_session(response.status(), Reason::WrongPassword)?;
        }
        self.get_sdc().await
    }

    /// Gets the cookie for the cloud by that of the session (`sdc`).
    pub async fn sdc(&self) -> Result<(), Error> {
        let _signing = self.inner.signing.lock().await;
        self.get_sdc().await
    }

    /// The same for the holder of the lock.
    pub(super) async fn get_sdc(&self) -> Result<(), Error> {
        let hosts = &self.inner.hosts;
        let mut url = self.below_auth("sdc")?;
        url.query_pairs_mut().append_pair("from", &format!("{}home", hosts.cloud));
        let (_, response) = self.follow(url).await?;
        if response.status().is_server_error() {
            return Err(super::request::accept(response).await.err().unwrap_or(Error::Cut));
        }
        let has_cookie = self.state().cookies.has(&hosts.api, CLOUD_COOKIE);
        if response.status().is_success() && has_cookie {
            return Ok(());
        }
        Err(Error::refused(403, Reason::NoCloudCookie))
    }

    /// Answers the page that asks for a code.
    async fn second_factor(&self, at: &Url, page: Response) -> Result<(), Error> {
        let text = page_text(page).await?;
        let csrf = between(&text, "\"csrf\":\"", "\"")
            .ok_or_else(|| Error::Reply("the page for the second factor has no csrf".to_owned()))?;
        let phone = between(&text, "\"secstep_phone\":\"", "\"").filter(|phone| !phone.is_empty());
        let wanted = CodeWanted { phone: phone.map(str::to_owned), digits: None };
        let code = self.ask_code(wanted).await?;
        let form = [
            ("csrf", csrf),
            ("Login", self.inner.login.as_str()),
            ("AuthCode", &code),
            ("Permanent", "1"),
        ];
        let (_, response) = self.submit(at, &form).await?;
        self.expect_session(response.status(), Reason::WrongCode)
    }

    /// Asks for the code of the second factor.
    pub(super) async fn ask_code(&self, wanted: CodeWanted) -> Result<String, Error> {
        let asked = match &self.inner.ask_code {
            Some(ask) => ask(wanted).await,
            None => None,
        };
        let code = asked.map(|code| code.trim().to_owned()).filter(|code| !code.is_empty());
        code.ok_or_else(|| Error::refused(403, Reason::CodeWanted))
    }

    fn expect_session(&self, status: StatusCode, otherwise: Reason) -> Result<(), Error> {
        if self.state().cookies.has(&self.inner.hosts.auth, SESSION_COOKIE) {
            return Ok(());
        }
        Err(Error::refused(if status.is_success() { 403 } else { status.as_u16() }, otherwise))
    }

    fn below_auth(&self, path: &str) -> Result<Url, Error> {
        let auth = &self.inner.hosts.auth;
        auth.join(path).map_err(|_| Error::Address(auth.to_string()))
    }

    /// Sends a form and goes where the replies lead.
    async fn submit(&self, url: &Url, form: &[(&str, &str)]) -> Result<(Url, Response), Error> {
        let request = self.inner.http.post(url.clone()).timeout(CALL_TIMEOUT).form(form);
        let response = self.send(url, request).await?;
        self.follow_on(url.clone(), response).await
    }

    async fn follow(&self, url: Url) -> Result<(Url, Response), Error> {
        let request = self.inner.http.get(url.clone()).timeout(CALL_TIMEOUT);
        let response = self.send(&url, request).await?;
        self.follow_on(url, response).await
    }

    /// Follows redirects, with at each address the cookies for it.
    async fn follow_on(
        &self,
        mut at: Url,
        mut response: Response,
    ) -> Result<(Url, Response), Error> {
        for _ in 0..REDIRECTS_MAX {
            if !response.status().is_redirection() {
                return refuse_busy(at, response);
            }
            let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let to = location.and_then(|to| at.join(to).ok());
            let Some(to) = to.filter(|to| matches!(to.scheme(), "http" | "https")) else {
                return Err(Error::Reply("a redirect leads nowhere".to_owned()));
            };
            if !self.inner.hosts.is_as_safe(&to) {
                let host = to.host_str().unwrap_or_default();
                return Err(Error::Reply(format!("the sign-in leads to {host}, in the open")));
            }
            let request = self.inner.http.get(to.clone()).timeout(CALL_TIMEOUT);
            response = self.send(&to, request).await?;
            at = to;
        }
        Err(Error::Reply("the sign-in leads round in a circle".to_owned()))
    }
}

/// A server that has too much to do, or too many tries at this login, has not looked at anything.
fn refuse_busy(at: Url, response: Response) -> Result<(Url, Response), Error> {
    let status = response.status().as_u16();
    if !matches!(status, 429 | 503) {
        return Ok((at, response));
    }
    let refusal = super::Refusal {
        status,
        reason: Reason::Page(String::new()),
        retry_after: retry_after(response.headers()),
    };
    Err(Box::new(refusal).into())
}

/// Whether an address is where wrong passwords lead.
fn is_failure(url: &Url) -> bool {
    url.as_str().contains("/login") && url.as_str().contains("fail=1")
}

/// The text of a page.
async fn page_text(mut page: Response) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = page.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > PAGE_MAX {
            return Err(Error::Reply("a page of the sign-in is endless".to_owned()));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}
