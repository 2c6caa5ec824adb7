//! The one table of methods, below `/api/v2/` and `/api/m1/` alike.

use std::{fmt, future::ready};

use futures::future::BoxFuture;

use super::{
    account, batch, call::Call, dispatchers, files, folders, history, links, more, proof::Needs,
    public, reply::Reply, shares, subscriptions, trash, zip,
};

/// What runs a method.
pub(super) type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Reply>;

/// A method.
pub(super) struct Route {
    /// Its path below the API's.
    pub(super) path: &'static str,
    /// What it is counted as.
    pub(super) label: &'static str,
    /// Whether `/api/v3/` and `/api/v4/` have it, and no other: their paths are written whole.
    pub(super) is_whole: bool,
    /// What it wants to be shown of its caller.
    pub(super) needs: Needs,
    /// What runs it.
    pub(super) handler: Handler,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({})", self.label)
    }
}

/// A row of the table: path, what it needs, handler; `now` where that waits for nothing.
macro_rules! route {
    ($path:literal, $needs:ident, $area:ident::$name:ident) => {
        Route {
            path: $path,
            label: concat!("/api/v2/", $path),
            is_whole: false,
            needs: Needs::$needs,
            handler: |call| Box::pin($area::$name(call)),
        }
    };
    (now $path:literal, $needs:ident, $area:ident::$name:ident) => {
        Route {
            path: $path,
            label: concat!("/api/v2/", $path),
            is_whole: false,
            needs: Needs::$needs,
            handler: |call| Box::pin(ready($area::$name(call))),
        }
    };
    (whole now $path:literal, $needs:ident, $area:ident::$name:ident) => {
        Route {
            path: $path,
            label: $path,
            is_whole: true,
            needs: Needs::$needs,
            handler: |call| Box::pin(ready($area::$name(call))),
        }
    };
    (whole $path:literal, $needs:ident, $area:ident::$name:ident) => {
        Route {
            path: $path,
            label: $path,
            is_whole: true,
            needs: Needs::$needs,
            handler: |call| Box::pin($area::$name(call)),
        }
    };
}

/// Every method this server has, in the order of the reference.
pub(super) static ROUTES: &[Route] = &[
    route!("batch", Session, batch::run_batch),
    route!("billing/rates", Session, account::list_rates),
    route!("billing/change", Session, more::change_rate),
    route!("billing/prolong", Session, more::change_rate),
    route!("billing/cancel", Session, more::change_rate),
    route!("billing/history", Session, more::list_payments),
    route!("clone", Session, links::clone_link),
    route!(now "dispatcher", Nothing, dispatchers::get_dispatcher),
    route!("docs/token", Session, more::get_document_token),
    route!("domain/folders", Session, more::list_domain_folders),
    route!("file", SessionOrLink, files::get_item),
    route!("file/add", Session, files::add_file),
    route!("file/copy", Session, files::copy_item),
    route!("folder/copy", Session, files::copy_item),
    route!("file/history", Session, history::list_versions),
    route!("file/move", Session, files::move_item),
    route!("folder/move", Session, files::move_item),
    route!("file/publish", Session, links::publish_item),
    route!("folder/publish", Session, links::publish_item),
    route!("file/remove", Session, files::remove_item),
    route!("folder/remove", Session, files::remove_item),
    route!("file/rename", Session, files::rename_item),
    route!("folder/rename", Session, files::rename_item),
    route!("file/unpublish", Session, links::unpublish_item),
    route!("folder/unpublish", Session, links::unpublish_item),
    route!("folder", SessionOrLink, folders::list_folder),
    route!("folder/add", Session, folders::add_folder),
    route!("folder/find", Session, folders::find_items),
    route!("folder/tree", Session, folders::get_tree),
    route!(now "folder/viruscan", Session, history::scan_contents),
    route!("folder/invites", Session, shares::list_invites),
    route!("folder/invites/info", Session, shares::get_invite),
    route!("folder/invites/reject", Session, shares::reject_invite),
    route!("folder/mount", Session, shares::mount_folder),
    route!("folder/unmount", Session, shares::unmount_folder),
    route!("folder/share", Session, shares::share_folder),
    route!("folder/unshare", Session, shares::unshare_folder),
    route!("folder/shared", Session, shares::list_shared),
    route!("folder/shared/info", Session, shares::list_members),
    route!("folder/shared/incoming", Session, shares::list_incoming),
    route!("folder/shared/links", Session, links::list_links),
    route!("mail/ab/contacts", Session, more::list_contacts),
    route!("mail/ab/contacts/add", Session, more::add_contact),
    route!("notify/applink", Session, more::send_app_link),
    route!("promo/validate", Session, more::validate_promotion),
    route!("status", Session, more::get_status),
    route!("stock/save", Session, more::save_stock),
    route!("tokens", Session, more::get_token),
    route!(now "tokens/csrf", Cookies, account::get_csrf_token),
    route!(now "tokens/download", Session, account::get_download_token),
    route!("trashbin", Session, trash::list_trash),
    route!("trashbin/empty", Session, trash::empty_trash),
    route!("trashbin/restore", Session, trash::restore_item),
    route!("user", Session, account::get_user),
    route!("user/agree-la", Session, more::agree),
    route!("user/edit", Session, more::edit_user),
    route!("user/promo/active", Session, more::list_promotions),
    route!("user/promo/ignore", Session, more::answer_promotion),
    route!("user/promo/invite", Session, more::answer_promotion),
    route!("user/promo/join", Session, more::answer_promotion),
    route!("user/space", Session, account::get_space),
    route!("user/unfreeze", Session, more::unfreeze),
    route!("weblinks", Session, links::get_weblinks),
    route!("weblinks/readonly", Session, links::make_readonly),
    route!("weblinks/writable", Session, links::make_writable),
    route!("weblinks/file/add", Session, links::add_file),
    route!("weblinks/subscribe", Session, subscriptions::subscribe),
    route!("zip", SessionOrLink, zip::make_archive),
    route!(whole now "/api/v3/dispatcher", Nothing, dispatchers::get_dispatcher),
    route!(whole "/api/v3/zip/weblink", Nothing, zip::make_archive_of_links),
    route!(whole "/api/v4/public/list", Nothing, public::list_bare),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ROUTES;

    #[test]
    fn no_method_stands_twice() {
        let mut seen = HashSet::new();
        for route in ROUTES {
            assert!(seen.insert(route.path), "{}", route.path);
            assert!(!route.path.ends_with('/'), "{}", route.path);
        }
    }
}
