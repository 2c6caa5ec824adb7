//! SkyDrive's Live Connect API, version 5.0: the objects of its replies and their errors.
//!
//! Fields are written in the order of the reference's samples. Reading is lenient: unknown fields
//! are ignored and missing ones take a default, because the service's own replies differed from
//! year to year.

mod error;
mod object;
mod remark;
mod small;
mod time;
mod token;
mod user;

#[cfg(test)]
mod tests;

pub use error::{ErrorBody, ErrorCode, ErrorReply};
pub use object::{Image, Kind, Location, Object, Person, SharedWith};
pub use remark::{Comment, NewComment, NewTag, Tag, TagUser};
pub use small::{
    Destination, Embed, List, NewFolder, Paging, Quota, Redirect, SharedLink, Uploaded,
};
pub use time::{BadTime, Time};
pub use token::{OAuthError, Token};
pub use user::{Addresses, Emails, Employer, Phones, PostalAddress, User, Work};
