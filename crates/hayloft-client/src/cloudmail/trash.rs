//! The trash.

use hayloft_wire::cloudmail::{Conflict, Envelope, Restored, Trash};
use serde_json::Value;

use super::request::Call;
use super::{CloudMail, Error};
use crate::retry::Repeat;

impl CloudMail {
    /// What lies in the trash (`trashbin`); `/` is all of it.
    pub async fn trashbin(
        &self,
        cloud_trashbin_path: &str,
        limit: u64,
    ) -> Result<Envelope<Trash>, Error> {
        let call = Call::get("trashbin").with("home", cloud_trashbin_path);
        self.call(call.with("limit", limit.to_string())).await
    }

    /// Brings an entry of the trash back (`trashbin/restore`); `restore_revision` is its `rev`, the
    /// path that which it is to have.
    pub async fn trashbin_restore(
        &self,
        restore_revision: u64,
        cloud_path: &str,
        conflict: Conflict,
    ) -> Result<Envelope<Restored>, Error> {
        let call = Call::post("trashbin/restore", Repeat::Once)
            .with("path", cloud_path)
            .with("restore_revision", restore_revision.to_string())
            .with("conflict", conflict.as_str());
        self.call(call).await
    }

    /// Destroys all that lies in the trash (`trashbin/empty`).
    pub async fn trashbin_empty(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::post("trashbin/empty", Repeat::Safe)).await
    }
}
