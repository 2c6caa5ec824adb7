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

/// What an actor may do at all, whoever owns what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rights {
    /// All that the account may.
    #[default]
    Full,
    /// Only look and read.
    ReadOnly,
}

/// The person on whose behalf an operation runs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Whose rights, tree and quota count.
    pub account: AccountId,
    /// Who signed in; differs from `account` where an administrator acts for somebody, and for the
    /// visitor of a public link, where 0 is a visitor without an account.
    pub real_account: AccountId,
    /// What `/` stands for: the root folder of `account`; for the visitor of a public link what
    /// was published, which may be a file.
    pub root: NodeId,
    /// The name shown to others.
    pub name: Arc<str>,
    /// What the account may do beyond its own files.
    pub role: Role,
    /// The client's own id of the request, copied into the events it causes.
    pub request_id: Option<Arc<str>>,
    /// What the actor may do at all.
    pub rights: Rights,
    /// Whether it is the visitor of a public link, who sees nothing but what was published.
    pub visits: bool,
}

impl Actor {
    /// Who is noted as the author of what the actor makes; 0 is a visitor without an account.
    pub fn author(&self) -> AccountId {
        self.real_account
    }

    /// The visitor of what `owner` published: paths are relative to `root`, and what is read and
    /// written there is the owner's. `visitor` is who came, if signed in.
    #[must_use]
    pub fn visiting(owner: Self, root: NodeId, visitor: Option<&Self>, rights: Rights) -> Self {
        Self {
            real_account: visitor.map_or(AccountId(0), |visitor| visitor.real_account),
            request_id: visitor.and_then(|visitor| visitor.request_id.clone()),
            role: Role::User,
            root,
            rights,
            visits: true,
            ..owner
        }
    }
}
