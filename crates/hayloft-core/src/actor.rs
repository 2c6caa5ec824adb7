//! Who acts: what an operation needs to know of the person behind a request.

use std::sync::Arc;

use crate::{AccountId, NodeId};

/// What an account may do beyond its own files (Cloudike reference, foundations section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// An ordinary account.
    User,
    /// Administers one company.
    CompanyAdmin,
    /// Helps the system's administrators; sees no file of others.
    Moderator,
    /// Runs the service.
    Admin,
}

impl Role {
    /// The number kept in the database.
    pub fn number(self) -> i64 {
        match self {
            Self::User => 0,
            Self::CompanyAdmin => 1,
            Self::Moderator => 2,
            Self::Admin => 3,
        }
    }

    /// The role of a number; an unknown one is the least.
    pub fn from_number(number: i64) -> Self {
        match number {
            1 => Self::CompanyAdmin,
            2 => Self::Moderator,
            3 => Self::Admin,
            _ => Self::User,
        }
    }
}

/// The person on whose behalf an operation runs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Whose rights, tree and quota count.
    pub account: AccountId,
    /// Who signed in; differs from `account` only where an administrator acts for somebody.
    pub real_account: AccountId,
    /// The root folder of `account`.
    pub root: NodeId,
    /// The name shown to others.
    pub name: Arc<str>,
    /// What the account may do beyond its own files.
    pub role: Role,
    /// The client's own id of the request, copied into the events it causes.
    pub request_id: Option<Arc<str>>,
}
