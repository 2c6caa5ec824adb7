//! Folders given to other accounts, and those that others have given.

use hayloft_wire::cloudmail::{
    Access, Conflict, Envelope, Incoming, Invitation, InviteRequest, SharedInfo,
};
use serde_json::{Value, json};

use super::request::Call;
use super::{CloudMail, Error};
use crate::retry::Repeat;

impl CloudMail {
    /// Gives a folder to somebody, or changes what he may do in it (`folder/share`).
    pub async fn folder_share(
        &self,
        cloud_path: &str,
        email: &str,
        access: Access,
    ) -> Result<Envelope<Value>, Error> {
        let invite = InviteRequest { email: email.to_owned(), access: Some(access) };
        self.share_call("folder/share", cloud_path, &invite).await
    }

    /// Takes a folder away from somebody again (`folder/unshare`).
    pub async fn folder_unshare(
        &self,
        cloud_path: &str,
        email: &str,
    ) -> Result<Envelope<Value>, Error> {
        let invite = InviteRequest { email: email.to_owned(), access: None };
        self.share_call("folder/unshare", cloud_path, &invite).await
    }

    async fn share_call(
        &self,
        path: &str,
        cloud_path: &str,
        invite: &InviteRequest,
    ) -> Result<Envelope<Value>, Error> {
        let call = Call::post(path, Repeat::Safe).with("home", cloud_path);
        self.call(call.with("invite", json!(invite).to_string())).await
    }

    /// The own folders that are shared (`folder/shared`).
    pub async fn folder_shared(&self) -> Result<Envelope<Value>, Error> {
        self.call(Call::get("folder/shared")).await
    }

    /// Whom a folder is given to (`folder/shared/info`).
    pub async fn folder_shared_info(
        &self,
        cloud_path: &str,
    ) -> Result<Envelope<SharedInfo>, Error> {
        self.call(Call::get("folder/shared/info").with("home", cloud_path)).await
    }

    /// What others have given (`folder/shared/incoming`).
    pub async fn folder_shared_incoming(&self) -> Result<Envelope<Incoming>, Error> {
        self.call(Call::get("folder/shared/incoming")).await
    }

    /// What others have given and nobody has answered yet (`folder/invites`).
    pub async fn folder_invites(&self) -> Result<Envelope<Vec<Invitation>>, Error> {
        self.call(Call::get("folder/invites")).await
    }

    /// One invitation (`folder/invites/info`).
    pub async fn folder_invites_info(
        &self,
        invite_token: &str,
    ) -> Result<Envelope<Invitation>, Error> {
        self.call(Call::get("folder/invites/info").with("invite_token", invite_token)).await
    }

    /// Declines an invitation (`folder/invites/reject`).
    pub async fn folder_invites_reject(
        &self,
        invite_token: &str,
    ) -> Result<Envelope<Value>, Error> {
        let call = Call::post("folder/invites/reject", Repeat::Safe);
        self.call(call.with("invite_token", invite_token)).await
    }

    /// Accepts an invitation: the folder is mounted at this path, which is told as it became
    /// (`folder/mount`).
    pub async fn folder_mount(
        &self,
        cloud_path: &str,
        invite_token: &str,
        conflict: Conflict,
    ) -> Result<Envelope<String>, Error> {
        let call = Call::post("folder/mount", Repeat::Once)
            .with("home", cloud_path)
            .with("invite_token", invite_token)
            .with("conflict", conflict.as_str());
        self.call(call).await
    }

    /// Gives a mounted folder back, keeping a copy of it if so asked (`folder/unmount`).
    pub async fn folder_unmount(
        &self,
        cloud_path: &str,
        clone_copy: bool,
    ) -> Result<Envelope<Value>, Error> {
        let call = Call::post("folder/unmount", Repeat::Once).with("home", cloud_path);
        self.call(call.with("clone_copy", clone_copy.to_string())).await
    }
}
