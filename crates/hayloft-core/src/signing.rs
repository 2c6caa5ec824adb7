//! Signed text: what the server hands out and wants back unchanged, such as upload tickets; and
//! what else hangs on the key of the installation.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hayloft_store::{Db, DbError, Tx, params, random};

use crate::{Error, Result, Subject};

const KEY_BYTES: usize = 32;
const EXPIRY_BYTES: usize = 8;
/// 128 bits: as hard to guess as the ids it protects, and half as long in a URL.
const MAC_BYTES: usize = 16;
/// The longest signed text accepted, before any work is done on it.
const TEXT_BYTES_MAX: usize = 8192;

/// The key of an installation. Every server of it signs and accepts the same.
#[derive(Clone)]
pub struct Keys(Arc<[u8; KEY_BYTES]>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads the key of the installation, and makes it the first time.
    pub(crate) async fn load(db: &Db) -> Result<Self> {
        let fresh: [u8; KEY_BYTES] = random::bytes();
        let key = db
            .write(move |tx| {
                tx.execute(
                    "INSERT INTO setting (name, value) VALUES ('signing_key', ?1)
                     ON CONFLICT (name) DO NOTHING",
                    params![&fresh],
                )?;
                read(tx)
            })
            .await
            .map_err(|err: DbError| Error::from(err))?;
        Ok(Self(Arc::new(key)))
    }

    /// The same key, read within a transaction: for operations that are handed nothing else.
    pub(crate) fn of(tx: &mut Tx<'_>) -> Result<Self> {
        Ok(Self(Arc::new(read(tx)?)))
    }

    /// 32 bytes that only who has the key can compute from `data`, another for each purpose.
    pub fn derive(&self, purpose: Purpose, data: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // No purpose is 0, so what is derived is never the signature of a text.
        hasher.update(&[0, purpose as u8]);
        hasher.update(data);
        hasher.finalize().into()
    }

    /// Signs `payload` for one purpose until a time; url-safe text. The payload is readable.
    pub fn sign(&self, purpose: Purpose, payload: &[u8], expires_ms: i64) -> String {
        let mut text = Vec::with_capacity(EXPIRY_BYTES + payload.len() + MAC_BYTES);
        text.extend_from_slice(&expires_ms.to_be_bytes());
        text.extend_from_slice(payload);
        let mac = self.mac(purpose, &text);
        text.extend_from_slice(&mac.as_bytes()[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(text)
    }

    /// The payload of a text that [`Keys::sign`] made for the same purpose and that still holds.
    pub fn verify(&self, purpose: Purpose, text: &str, now_ms: i64) -> Result<Vec<u8>> {
        let refused = || Error::NotFound(Subject::Ticket);
        if text.len() > TEXT_BYTES_MAX {
            return Err(refused());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        let (signed, mac) = bytes.split_last_chunk::<MAC_BYTES>().ok_or_else(refused)?;
        let expected = self.mac(purpose, signed);
        let equal = subtle::ConstantTimeEq::ct_eq(&expected.as_bytes()[..MAC_BYTES], &mac[..]);
        let (expiry, payload) = signed.split_first_chunk::<EXPIRY_BYTES>().ok_or_else(refused)?;
        if bool::from(equal) && i64::from_be_bytes(*expiry) > now_ms {
            Ok(payload.to_vec())
        } else {
            Err(refused())
        }
    }

    fn mac(&self, purpose: Purpose, signed: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&[purpose as u8]);
        hasher.update(signed);
        hasher.finalize()
    }
}

fn read(tx: &mut Tx<'_>) -> Result<[u8; KEY_BYTES], DbError> {
    tx.query_one("SELECT value FROM setting WHERE name = 'signing_key'", params![], |row| {
        row.get(0)
    })
}

/// What a signed text or a derived secret is good for; one made for another purpose is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Sending the bytes of an upload.
    Upload = 1,
    /// Adding parts to an upload.
    Multipart = 2,
    /// Reading one content.
    Download = 3,
    /// Reading a document made by a job, such as a full listing.
    Document = 4,
    /// Proving that a form or a call was made by a page of ours.
    Csrf = 5,
    /// Carrying a web session from one host name to another.
    Sdc = 6,
    /// The form in which somebody lets an OAuth app in.
    Consent = 7,
    /// What an account is numbered by where its own number must not be seen.
    AccountId = 8,
    /// Showing a code of the second factor, after the password.
    SecondFactor = 9,
    /// The key that seals secrets of second factors.
    SecondFactorSecret = 10,
    /// What is kept of an app password.
    AppPassword = 11,
    /// What one OAuth app knows one account by.
    OAuthUser = 12,
    /// What makes the id of a tag on a photo unguessable.
    TagId = 40,
    /// Reading one content by SkyDrive's pre-authenticated addresses.
    ContentLink = 41,
    /// Looking at a picture by such an address.
    PictureLink = 42,
    /// Naming a user to an app, in a signed text.
    IdentityToken = 43,
    /// Watching a film piece by piece.
    FilmLink = 50,
    /// Showing again that one knows the password of a public link.
    LinkProof = 51,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys(Arc::new([byte; KEY_BYTES]))
    }

    proptest! {
        #[test]
        fn what_was_signed_comes_back(payload: Vec<u8>) {
            let text = keys(1).sign(Purpose::Upload, &payload, 100);
            prop_assert_eq!(keys(1).verify(Purpose::Upload, &text, 99).unwrap(), payload);
        }

        #[test]
        fn nothing_else_is_accepted(text in "\\PC{0,80}") {
            prop_assert!(keys(1).verify(Purpose::Upload, &text, 0).is_err());
        }
    }

    #[test]
    fn what_is_derived_depends_on_all_and_signs_nothing() {
        let derived = keys(1).derive(Purpose::Csrf, b"x");
        assert_eq!(derived, keys(1).derive(Purpose::Csrf, b"x"));
        let others = [
            keys(2).derive(Purpose::Csrf, b"x"),
            keys(1).derive(Purpose::Sdc, b"x"),
            keys(1).derive(Purpose::Csrf, b"y"),
        ];
        assert!(!others.contains(&derived));
        let text = 100_i64.to_be_bytes();
        let forged = [&text[..], &keys(1).derive(Purpose::Upload, &text)[..MAC_BYTES]].concat();
        let forged = URL_SAFE_NO_PAD.encode(forged);
        assert!(keys(1).verify(Purpose::Upload, &forged, 0).is_err());
    }

    #[test]
    fn another_purpose_time_key_or_byte_is_refused() {
        let text = keys(1).sign(Purpose::Upload, b"x", 100);
        assert!(keys(1).verify(Purpose::Download, &text, 0).is_err());
        assert!(keys(1).verify(Purpose::Upload, &text, 100).is_err());
        assert!(keys(2).verify(Purpose::Upload, &text, 0).is_err());
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(keys(1).verify(Purpose::Upload, &changed, 0).is_err() || changed == text);
        }
    }
}
