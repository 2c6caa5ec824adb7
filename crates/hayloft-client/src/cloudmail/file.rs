//! Files, and what is done alike to folders: the verbs of `file/*` and `folder/*`.

use hayloft_wire::cloudmail::{Conflict, Envelope, Item, Version};

use super::request::Call;
use super::{CloudMail, Error};
use crate::retry::Repeat;

/// The same verb below `file/` and `folder/`; the service runs the same code for both.
macro_rules! verbs {
    ($($(#[$doc:meta])* $file:ident, $folder:ident = $verb:literal, $call:ident($($arg:ident: $type:ty),*);)*) => {
        impl CloudMail {
            $(
                $(#[$doc])*
                pub async fn $file(&self, $($arg: $type),*) -> Result<Envelope<String>, Error> {
                    self.call($call(concat!("file/", $verb), $($arg),*)).await
                }

                #[doc = concat!("The same of a folder (`folder/", $verb, "`).")]
                pub async fn $folder(&self, $($arg: $type),*) -> Result<Envelope<String>, Error> {
                    self.call($call(concat!("folder/", $verb), $($arg),*)).await
                }
            )*
        }
    };
}

verbs! {
    /// Puts a file into the trash (`file/remove`). The service says yes even if nothing is there.
    file_remove, folder_remove = "remove", home_call(cloud_path: &str);
    /// Moves a file into a folder (`file/move`) and gives its new path.
    file_move, folder_move = "move", move_call(cloud_path: &str, to_folder_path: &str);
    /// Copies a file into a folder (`file/copy`) and gives the copy's path.
    file_copy, folder_copy = "copy", copy_call(cloud_path: &str, to_folder_path: &str, conflict: Conflict);
    /// Gives a file another name (`file/rename`) and tells its new path.
    file_rename, folder_rename = "rename", rename_call(cloud_path: &str, new_name: &str, conflict: Conflict);
    /// Publishes a file (`file/publish`) and gives its link, the same each time.
    file_publish, folder_publish = "publish", home_call(cloud_path: &str);
    /// Ends a public link (`file/unpublish`) and gives the path of what it was of. The link may be
    /// bare or the whole address of its page.
    file_unpublish, folder_unpublish = "unpublish", weblink_call(weblink: &str);
}

/// To remove or publish twice is as good as once.
fn home_call<'a>(path: &'a str, home: &'a str) -> Call<'a> {
    Call::post(path, Repeat::Safe).with("home", home)
}

fn move_call<'a>(path: &'a str, home: &'a str, folder: &'a str) -> Call<'a> {
    Call::post(path, Repeat::Once).with("home", home).with("folder", folder)
}

fn copy_call<'a>(path: &'a str, home: &'a str, folder: &'a str, conflict: Conflict) -> Call<'a> {
    move_call(path, home, folder).with("conflict", conflict.as_str())
}

fn rename_call<'a>(path: &'a str, home: &'a str, name: &'a str, conflict: Conflict) -> Call<'a> {
    let call = Call::post(path, Repeat::Once).with("home", home).with("name", name);
    call.with("conflict", conflict.as_str())
}

fn weblink_call<'a>(path: &'a str, weblink: &'a str) -> Call<'a> {
    Call::post(path, Repeat::Safe).with("weblink", bare_weblink(weblink))
}

/// A public link without the address of its page and without slashes around it.
pub(super) fn bare_weblink(link: &str) -> &str {
    let bare = link.split_once("/public/").map_or(link, |(_, bare)| bare);
    bare.trim_matches('/')
}

impl CloudMail {
    /// A file or folder without what is in it (`file`).
    pub async fn file(&self, cloud_path: &str) -> Result<Envelope<Item>, Error> {
        self.call(Call::get("file").with("home", cloud_path)).await
    }

    /// A published file or folder by its link (`file` too); nobody need be signed in.
    pub async fn public_file(&self, weblink: &str) -> Result<Envelope<Item>, Error> {
        self.call(Call::get("file").with("weblink", bare_weblink(weblink))).await
    }

    /// Makes a file of content that the server has (`file/add`) and gives its path: content that
    /// was [just sent](Self::file_upload), an old version, or content of up to
    /// [`SMALL_MAX`](super::SMALL_MAX) bytes, which is its own hash.
    pub async fn file_register(
        &self,
        cloud_path: &str,
        hash: &str,
        size: u64,
        conflict: Conflict,
    ) -> Result<Envelope<String>, Error> {
        // To replace a file twice by the same content is as good as once.
        let repeat = if conflict == Conflict::Rewrite { Repeat::Safe } else { Repeat::Once };
        let call = Call::post("file/add", repeat)
            .with("home", cloud_path)
            .with("hash", hash)
            .with("size", size.to_string())
            .with("conflict", conflict.as_str());
        self.call(call).await
    }

    /// The versions of a file, newest first (`file/history`).
    pub async fn file_history(&self, cloud_path: &str) -> Result<Envelope<Vec<Version>>, Error> {
        self.call(Call::get("file/history").with("home", cloud_path)).await
    }

    /// Makes an old version the current one, by registering its content again.
    ///
    /// # Errors
    /// [`Error::Reply`] if the server does not tell the version's hash; the real service tells it
    /// to paying accounts only.
    pub async fn file_restore_version(&self, version: &Version) -> Result<Envelope<String>, Error> {
        let Some(hash) = &version.hash else {
            let text = "the server keeps the hash of old versions to itself".to_owned();
            return Err(Error::Reply(text));
        };
        self.file_register(&version.path, hash, version.size, Conflict::Rewrite).await
    }
}
