//! The one table of methods, below `/api/v2/` and `/api/m1/` alike.

use std::fmt;

use futures::future::BoxFuture;

use super::{
    account, call::Call, dispatchers, files, folders, history, proof::Needs, reply::Reply, trash,
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

/// A row of the table: path, what it needs, handler.
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
    route!("billing/rates", Session, account::list_rates),
    route!("dispatcher", Nothing, dispatchers::get_dispatcher),
    route!("file", Session, files::get_item),
    route!("file/add", Session, files::add_file),
    route!("file/copy", Session, files::copy_item),
    route!("folder/copy", Session, files::copy_item),
    route!("file/history", Session, history::list_versions),
    route!("file/move", Session, files::move_item),
    route!("folder/move", Session, files::move_item),
    route!("file/remove", Session, files::remove_item),
    route!("folder/remove", Session, files::remove_item),
    route!("file/rename", Session, files::rename_item),
    route!("folder/rename", Session, files::rename_item),
    route!("folder", Session, folders::list_folder),
    route!("folder/add", Session, folders::add_folder),
    route!("folder/find", Session, folders::find_items),
    route!("folder/tree", Session, folders::get_tree),
    route!("folder/viruscan", Session, history::scan_contents),
    route!("tokens/csrf", Cookies, account::get_csrf_token),
    route!("tokens/download", Session, account::get_download_token),
    route!("trashbin", Session, trash::list_trash),
    route!("trashbin/empty", Session, trash::empty_trash),
    route!("trashbin/restore", Session, trash::restore_item),
    route!("user", Session, account::get_user),
    route!("user/space", Session, account::get_space),
    route!(whole "/api/v3/dispatcher", Nothing, dispatchers::get_dispatcher),
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
