//! The cloud.mail.ru "CloudAPI": its envelope, the bodies inside, and their errors.
//!
//! Writing gives the service's own form: absent means "not applicable", so such fields are left
//! out. Reading is lenient, because clients and servers of different years differ: unknown fields
//! are ignored, nearly every field may be missing, and a number may come as a string.

mod account;
mod batch;
mod dispatcher;
mod envelope;
mod error;
mod item;
mod lenient;
mod link;
mod oauth;
mod share;
mod trash;

#[cfg(test)]
mod tests;

pub use account::{
    Beta, Billing, Bonuses, CloudAccount, CloudFlags, Cost, Enabled, Rate, Rates, Space, Ui, User,
};
pub use batch::{BatchCall, BatchOutcome};
pub use dispatcher::{Dispatcher, Endpoints, Shard, ShardCount};
pub use envelope::{ANONYMOUS, Envelope, Status};
pub use error::{ErrorBody, ErrorName, NotAuthorized};
pub use item::{Conflict, Count, Item, ItemType, Kind, Order, Sort, SortKey, Version, VirusScan};
pub use link::{LinkRights, SharedLinks, TokenBody, Weblinks, ZipKey};
pub use oauth::TokenReply;
pub use share::{Access, Incoming, Invitation, InviteRequest, Invited, Person, SharedInfo};
pub use trash::{Restored, RestoredRev, Trash, TrashItem};
