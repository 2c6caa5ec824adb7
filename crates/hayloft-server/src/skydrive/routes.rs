//! The one table of addresses.

use std::fmt;

use axum::body::Body;
use futures::future::BoxFuture;

use super::{
    bits,
    call::{Call, Need},
    links, listings, oauth, objects, pictures, remarks,
    render::Reply,
    uploads, users, y1p,
};

/// What answers a call.
pub(super) type Handler = for<'a> fn(&'a Call, Body) -> BoxFuture<'a, Reply>;

/// An address and a verb.
pub(super) struct Route {
    /// What documents and tests name it by.
    pub(super) id: &'static str,
    /// The verb.
    pub(super) verb: &'static str,
    /// The path, in which `<object>` and the like stand for one or more segments.
    pub(super) path: &'static str,
    /// What a token must allow.
    pub(super) need: Need,
    /// What answers.
    pub(super) handler: Handler,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({} {} {})", self.id, self.verb, self.path)
    }
}

macro_rules! route {
    ($id:literal, $verb:ident, $path:literal, $need:ident, $area:ident::$name:ident) => {
        Route {
            id: $id,
            verb: stringify!($verb),
            path: $path,
            need: Need::$need,
            handler: |call, body| Box::pin($area::$name(call, body)),
        }
    };
}

/// Every address of the dialect.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    route!("oauth.show", GET, "/oauth20_authorize.srf", Nothing, oauth::show_authorize),
    route!("oauth.answer", POST, "/oauth20_authorize.srf", Nothing, oauth::answer_authorize),
    route!("oauth.desktop", GET, "/oauth20_desktop.srf", Nothing, oauth::show_desktop),
    route!("oauth.token", POST, "/oauth20_token.srf", Nothing, oauth::issue_token),
    route!("oauth.logout", GET, "/oauth20_logout.srf", Nothing, oauth::sign_out),
    route!("user.get", GET, "/v5.0/<user>", Token, users::get_user),
    route!("user.picture", GET, "/v5.0/<user>/picture", Token, users::get_user_picture),
    route!("user.permissions", GET, "/v5.0/<user>/permissions", Token, users::list_permissions),
    route!("user.contacts", GET, "/v5.0/<user>/contacts", Token, users::list_none),
    route!("user.friends", GET, "/v5.0/<user>/friends", Token, users::list_none),
    route!("user.calendars", GET, "/v5.0/<user>/calendars", Token, users::list_none),
    route!("user.events", GET, "/v5.0/<user>/events", Token, users::list_none),
    route!("albums.list", GET, "/v5.0/<user>/albums", Media, listings::list_albums),
    route!("albums.create", POST, "/v5.0/<user>/albums", Write, objects::create_album),
    route!("drive.quota", GET, "/v5.0/<drive>/quota", Read, users::get_quota),
    route!("drive.recent_docs", GET, "/v5.0/<drive>/recent_docs", Read, listings::list_recent),
    route!("drive.recent", GET, "/v5.0/<drive>/recent", Read, listings::list_recent),
    route!("drive.shared", GET, "/v5.0/<drive>/shared", Shared, listings::list_shared),
    route!("drive.shared_kind", GET, "/v5.0/<drive>/shared/<kind>", Shared, listings::list_shared),
    route!("drive.search", GET, "/v5.0/<drive>/search", Read, listings::search_objects),
    route!("object.get", GET, "/v5.0/<object>", Object, objects::get_object),
    route!("object.create_folder", POST, "/v5.0/<object>", Write, objects::create_folder),
    route!("object.change", PUT, "/v5.0/<object>", Write, objects::change_object),
    route!("object.delete", DELETE, "/v5.0/<object>", Write, objects::delete_object),
    route!("object.move", MOVE, "/v5.0/<object>", Write, objects::move_object),
    route!("object.copy", COPY, "/v5.0/<object>", Write, objects::copy_object),
    route!("object.by_path", GET, "/v5.0/<object>/by_path", Read, objects::find_by_path),
    route!("files.list", GET, "/v5.0/<object>/files", Object, listings::list_files),
    route!("files.photos", GET, "/v5.0/<object>/photos", Object, listings::list_photos),
    route!("files.videos", GET, "/v5.0/<object>/videos", Object, listings::list_videos),
    route!("files.audio", GET, "/v5.0/<object>/audio", Object, listings::list_audio),
    route!("files.put", PUT, "/v5.0/<object>/files/<name>", Write, uploads::put_file),
    route!("files.post", POST, "/v5.0/<object>/files", Write, uploads::post_file),
    route!("content.get", GET, "/v5.0/<object>/content", Object, y1p::get_content),
    route!("picture.get", GET, "/v5.0/<object>/picture", Object, pictures::get_picture),
    route!("picture.shared", GET, "/v5.0/skydrive/get_item_preview", Nothing, pictures::preview_shared),
    route!("content.put", PUT, "/v5.0/<object>/content", Write, uploads::put_content),
    route!("links.read", GET, "/v5.0/<object>/shared_read_link", Read, links::share_to_read),
    route!("links.edit", GET, "/v5.0/<object>/shared_edit_link", Write, links::share_to_edit),
    route!("links.embed", GET, "/v5.0/<object>/embed", Read, links::embed),
    route!("comments.list", GET, "/v5.0/<object>/comments", Object, remarks::list_comments),
    route!("comments.add", POST, "/v5.0/<object>/comments", Write, remarks::add_comment),
    route!("comment.get", GET, "/v5.0/<comment>", Read, remarks::get_comment),
    route!("comment.delete", DELETE, "/v5.0/<comment>", Write, remarks::delete_comment),
    route!("tags.list", GET, "/v5.0/<object>/tags", Object, remarks::list_tags),
    route!("tags.add", POST, "/v5.0/<object>/tags", Write, remarks::add_tag),
    route!("tag.get", GET, "/v5.0/<tag>", Read, remarks::get_tag),
    route!("tag.delete", DELETE, "/v5.0/<tag>", Write, remarks::delete_tag),
    route!("links.open", GET, "/redir.aspx", Nothing, links::open_shared),
    route!("links.embedded", GET, "/embed", Nothing, links::show_embedded),
    route!("bits.by_id", BITS_POST, "/items/<folder>/<name>", Bits, bits::upload_by_id),
    route!("bits.by_path", BITS_POST, "/users/<cid>/LiveFolders/<path>", Bits, bits::upload_by_path),
    route!("y1p.people", GET, "/y1p/people/picture.svg", Nothing, users::send_user_picture),
    route!("y1p.picture", GET, "/y1p/pictures/<ticket>/<name>", Nothing, pictures::send_picture),
    route!("y1p.get", GET, "/y1p/<ticket>/<name>", Nothing, y1p::send_content),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_and_a_place_of_its_own() {
        let mut ids = HashSet::new();
        let mut places = HashSet::new();
        for route in ROUTES {
            assert!(ids.insert(route.id), "{route:?}");
            assert!(places.insert((route.verb, route.path)), "{route:?}");
        }
    }
}
