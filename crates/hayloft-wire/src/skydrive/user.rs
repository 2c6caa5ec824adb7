//! The person whose storage it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Time;

/// A user. What needs more scopes than the basic ones is left out without them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User<'a> {
    /// Account id: 16 hexadecimal digits.
    pub id: Cow<'a, str>,
    /// Full name.
    pub name: Cow<'a, str>,
    /// First name.
    pub first_name: Cow<'a, str>,
    /// Last name.
    pub last_name: Cow<'a, str>,
    /// Page of the profile.
    pub link: Cow<'a, str>,
    /// With `wl.birthday`: outer `None` leaves the field out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_day: Option<Option<u8>>,
    /// With `wl.birthday`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_month: Option<Option<u8>>,
    /// With `wl.birthday`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<Option<u16>>,
    /// With `wl.work_profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<Vec<Work<'a>>>,
    /// Gender, if told.
    pub gender: Option<Cow<'a, str>>,
    /// With `wl.emails`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emails: Option<Emails<'a>>,
    /// With `wl.postal_addresses`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Addresses<'a>>,
    /// With `wl.phone_numbers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phones: Option<Phones<'a>>,
    /// Such as `en_US`.
    pub locale: Cow<'a, str>,
    /// When the profile last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_time: Option<Time>,
}

/// A job of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Work<'a> {
    /// Where.
    pub employer: Employer<'a>,
    /// As what.
    pub position: Employer<'a>,
}

/// Something with a name: an employer or a position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Employer<'a> {
    /// Its name.
    pub name: Option<Cow<'a, str>>,
}

/// Mail addresses of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Emails<'a> {
    /// The one to use.
    pub preferred: Option<Cow<'a, str>>,
    /// The one he signs in with.
    pub account: Option<Cow<'a, str>>,
    /// At home.
    pub personal: Option<Cow<'a, str>>,
    /// At work.
    pub business: Option<Cow<'a, str>>,
    /// Another one.
    pub other: Option<Cow<'a, str>>,
}

/// Postal addresses of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Addresses<'a> {
    /// At home.
    pub personal: PostalAddress<'a>,
    /// At work.
    pub business: PostalAddress<'a>,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct PostalAddress<'a> {
    pub street: Option<Cow<'a, str>>,
    pub street_2: Option<Cow<'a, str>>,
    pub city: Option<Cow<'a, str>>,
    pub state: Option<Cow<'a, str>>,
    pub postal_code: Option<Cow<'a, str>>,
    pub region: Option<Cow<'a, str>>,
}

/// Telephone numbers of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Phones<'a> {
    /// At home.
    pub personal: Option<Cow<'a, str>>,
    /// At work.
    pub business: Option<Cow<'a, str>>,
    /// Carried along.
    pub mobile: Option<Cow<'a, str>>,
}
