//! Users, folders, metadata, links and comments.

use std::str::FromStr;

use hayloft_wire::skydrive::{List, Quota};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::super::{Error, Object};
use super::{ApiWrapper, encode_id};

/// What kind of link to an object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkType {
    /// Whoever has it can read.
    #[default]
    SharedRead,
    /// Whoever has it can write.
    SharedEdit,
    /// HTML for a page.
    Embed,
}

impl LinkType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SharedRead, Self::SharedEdit, Self::Embed];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SharedRead => "shared_read_link",
            Self::SharedEdit => "shared_edit_link",
            Self::Embed => "embed",
        }
    }
}

impl FromStr for LinkType {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::Usage(format!("`{text}` is no type of link")))
    }
}

impl ApiWrapper {
    /// The storage and what is left of it.
    pub async fn get_quota(&self) -> Result<Quota, Error> {
        self.get_json("me/skydrive/quota", &[]).await
    }

    /// The caller.
    pub async fn get_user_data(&self) -> Result<Object, Error> {
        self.get_json("me", &[]).await
    }

    /// The caller's account id, asked for once.
    pub async fn get_user_id(&self) -> Result<String, Error> {
        let ask = || async { Ok::<_, Error>(self.get_user_data().await?.id().to_owned()) };
        Ok(self.user_id.get_or_try_init(ask).await?.clone())
    }

    /// The objects in a folder: all of them, or one page.
    pub async fn listdir(
        &self,
        folder_id: &str,
        limit: Option<u64>,
        offset: Option<u64>,
    ) -> Result<List<Object>, Error> {
        let number = |number: Option<u64>| number.map(|number| number.to_string().into());
        let query = [("limit", number(limit)), ("offset", number(offset))];
        self.get_json(&format!("{}/files", encode_id(folder_id)?), &query).await
    }

    /// An object.
    pub async fn info(&self, obj_id: &str) -> Result<Object, Error> {
        self.get_json(&encode_id(obj_id)?, &[]).await
    }

    /// The object at a path below a folder, in one request.
    ///
    /// An extension of Hayloft: other services answer `request_url_invalid`.
    pub async fn by_path(&self, folder_id: &str, path: &str) -> Result<Object, Error> {
        let query = [("path", Some(path.into()))];
        self.get_json(&format!("{}/by_path", encode_id(folder_id)?), &query).await
    }

    /// What changed lately, newest first.
    pub async fn recent(&self) -> Result<List<Object>, Error> {
        self.get_json("me/skydrive/recent_docs", &[]).await
    }

    /// What others shared with the caller.
    pub async fn shared(&self) -> Result<List<Object>, Error> {
        self.get_json("me/skydrive/shared", &[]).await
    }

    /// Objects whose name has these words, anywhere in the storage.
    pub async fn search(
        &self,
        query: &str,
        limit: Option<u64>,
        offset: Option<u64>,
    ) -> Result<List<Object>, Error> {
        let number = |number: Option<u64>| number.map(|number| number.to_string().into());
        let query =
            [("q", Some(query.into())), ("limit", number(limit)), ("offset", number(offset))];
        self.get_json("me/skydrive/search", &query).await
    }

    /// Makes a folder. `metadata` has further fields, or the name itself.
    pub async fn mkdir(
        &self,
        name: Option<&str>,
        folder_id: &str,
        metadata: &Map<String, Value>,
    ) -> Result<Object, Error> {
        let mut body = metadata.clone();
        if let Some(name) = name {
            body.insert("name".to_owned(), name.into());
        }
        self.send_json("POST", &encode_id(folder_id)?, body.into()).await
    }

    /// Deletes an object, a folder with all below it; it goes to the trash.
    pub async fn delete(&self, obj_id: &str) -> Result<(), Error> {
        self.send(self.prepare(Method::DELETE, &encode_id(obj_id)?, &[])?).await?;
        Ok(())
    }

    /// Changes fields of an object; a new `name` renames it.
    pub async fn info_update(
        &self,
        obj_id: &str,
        data: &Map<String, Value>,
    ) -> Result<Object, Error> {
        self.send_json("PUT", &encode_id(obj_id)?, data.clone().into()).await
    }

    /// A link to an object, which is shared by that.
    pub async fn link(&self, obj_id: &str, link_type: LinkType) -> Result<Object, Error> {
        self.get_json(&format!("{}/{}", encode_id(obj_id)?, link_type.as_str()), &[]).await
    }

    /// Copies an object to a folder, or moves it there.
    pub async fn copy(&self, obj_id: &str, folder_id: &str, r#move: bool) -> Result<Object, Error> {
        let verb = if r#move { "MOVE" } else { "COPY" };
        self.send_json(verb, &encode_id(obj_id)?, json!({ "destination": folder_id })).await
    }

    /// Moves an object to a folder.
    pub async fn r#move(&self, obj_id: &str, folder_id: &str) -> Result<Object, Error> {
        self.copy(obj_id, folder_id, true).await
    }

    /// The comments on an object.
    pub async fn comments(&self, obj_id: &str) -> Result<List<Object>, Error> {
        self.get_json(&format!("{}/comments", encode_id(obj_id)?), &[]).await
    }

    /// The comments on an object that come after the first `offset`.
    pub async fn comments_from(&self, obj_id: &str, offset: u64) -> Result<List<Object>, Error> {
        let query = [("offset", Some(offset.to_string().into()))];
        self.get_json(&format!("{}/comments", encode_id(obj_id)?), &query).await
    }

    /// Comments on an object.
    pub async fn comment_add(&self, obj_id: &str, message: &str) -> Result<Object, Error> {
        let path = format!("{}/comments", encode_id(obj_id)?);
        self.send_json("POST", &path, json!({ "message": message })).await
    }

    /// Deletes a comment.
    pub async fn comment_delete(&self, comment_id: &str) -> Result<(), Error> {
        self.delete(comment_id).await
    }
}
