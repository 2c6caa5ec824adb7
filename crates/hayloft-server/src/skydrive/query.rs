//! Parameters of the query.

use http::Uri;

use super::error::Failure;

/// The parameters of a query, in order, decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of an address. Bytes that are no UTF-8 become replacement characters, as
    /// in every form.
    pub(super) fn of(uri: &Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default())
    }

    /// Reads a form.
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a name. Clients append parameters of their own to addresses that have
    /// them already, so the same one twice is no fault.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The same, where an empty one is none.
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether a flag is set.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// A whole number from 0.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, Failure> {
        let Some(text) = self.word(name) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            let message = format!("the parameter '{name}' must be a whole number from 0");
            return Err(Failure::parameter(message));
        }
        // One too big to be held is as good as the biggest.
        Ok(Some(text.parse().unwrap_or(u32::MAX)))
    }
}
