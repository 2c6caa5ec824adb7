//! What a token is good for: words, in the order they were asked for.

use std::fmt;

use super::Refusal;

/// The most bytes of a scope; the longest that any app asks for has a few hundred.
const SCOPE_BYTES_MAX: usize = 2000;

/// The words that ask for a refresh token: `OpenID` Connect's, and Live Connect's before it.
const OFFLINE: [&str; 2] = ["offline_access", "wl.offline_access"];

/// A set of words that remembers their order: some clients compare what they get with what they
/// asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    /// Splits on spaces and commas, since clients send both; a repeated word counts once.
    pub fn parse(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        Self(words)
    }

    /// Whether the word is among them.
    pub fn contains(&self, word: &str) -> bool {
        self.0.iter().any(|known| known == word)
    }

    /// Whether there is no word at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words, in the order given.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether all its words are in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.words().all(|word| other.contains(word))
    }

    /// Whether it asks to act while the person is away, which takes a refresh token.
    pub fn asks_to_stay(&self) -> bool {
        OFFLINE.iter().any(|word| self.contains(word))
    }

    /// The scope as text, if it may be kept: bounded, and of the characters of RFC 6749 appendix A.4.
    pub(super) fn checked(&self) -> Result<String, Refusal> {
        let text = self.to_string();
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if text.len() > SCOPE_BYTES_MAX || !text.bytes().all(|byte| byte == b' ' || fits(byte)) {
            return Err(Refusal::InvalidScope);
        }
        Ok(text)
    }
}

/// The words with a space between.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
