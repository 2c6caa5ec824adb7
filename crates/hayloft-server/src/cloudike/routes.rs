//! The one table of methods.

use std::fmt;

use futures::future::BoxFuture;
use http::Method;
use percent_encoding::percent_decode_str;

use super::{
    accounts, archives, call::Call, doc::Doc, error::Failure, events, favourites, fileops,
    listings, metadata, multi, render::Reply, search, tasks, tokens, trash, uploads, versions,
};

/// What runs a method.
pub(super) type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Reply>;

/// Who may call a method, at least (foundations section 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Anybody.
    Anonymous,
    /// Any active account.
    User,
}

/// A method.
pub(super) struct Route {
    /// Its number in the reference.
    pub(super) number: u16,
    /// Its handler's name, which is its operation id.
    pub(super) name: &'static str,
    /// The versions it is documented under; both serve it.
    pub(super) versions: &'static [u8],
    /// The verbs it is documented with.
    pub(super) verbs: &'static [Method],
    /// Further verbs that public clients use.
    pub(super) tolerated: &'static [Method],
    /// Its path, with `<name>` for a segment and `<path>` at the end for the rest.
    pub(super) path: &'static str,
    /// Further paths it answers at.
    pub(super) synonyms: &'static [&'static str],
    /// Who may call it.
    pub(super) role: Role,
    /// Whether a token may come in the query.
    pub(super) query_token: bool,
    /// Whether its GET starts something: then there is no HEAD.
    pub(super) starts: bool,
    /// Whether it answers 304.
    pub(super) conditional: bool,
    /// Its description.
    pub(super) doc: &'static Doc,
    /// What runs it.
    pub(super) handler: Handler,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({} {})", self.number, self.path)
    }
}

impl Route {
    /// Whether it takes a verb: by its documentation alone, or also by tolerance.
    pub(super) fn takes(&self, verb: &Method, documented: bool) -> bool {
        // HEAD works wherever GET only reads.
        let is_head = *verb == Method::HEAD;
        if is_head && self.starts {
            return false;
        }
        let verb = if is_head { &Method::GET } else { verb };
        self.verbs.contains(verb) || (!documented && self.tolerated.contains(verb))
    }

    /// The version that the description writes.
    pub(super) fn newest_version(&self) -> u8 {
        self.versions.iter().copied().max().unwrap_or(1)
    }
}

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const BOTH: &[Method] = &[Method::GET, Method::POST];
const NONE: &[Method] = &[];

/// A row of the table: number, versions, verbs, path, role, handler with its description.
macro_rules! route {
    (
        $number:literal, $versions:expr, $verbs:ident, $path:literal, $role:ident,
        $area:ident::$name:ident, $doc:ident $(, $field:ident: $value:expr)*
    ) => {
        Route {
            number: $number,
            versions: &$versions,
            verbs: $verbs,
            path: $path,
            role: Role::$role,
            name: stringify!($name),
            doc: &$area::$doc,
            handler: |call| Box::pin($area::$name(call)),
            $($field: $value,)*
            ..DEFAULT
        }
    };
}

/// What most methods have in common.
const DEFAULT: Route = Route {
    number: 0,
    name: "",
    versions: &[],
    verbs: NONE,
    tolerated: NONE,
    path: "",
    synonyms: &[],
    role: Role::User,
    query_token: false,
    starts: false,
    conditional: false,
    doc: &Doc::NONE,
    handler: |_| Box::pin(async { Err(Failure::invalid("no handler")) }),
};

/// Every method this server has, in the order of the reference.
pub(super) static ROUTES: &[Route] = &[
    route!(33, [1], GET, "task/<taskid>/", Anonymous, tasks::get_task, GET_TASK, tolerated: POST),
    route!(37, [0], GET, "events/", User, events::list_events, LIST_EVENTS, tolerated: POST),
    route!(38, [0], BOTH, "check_ws/", Anonymous, events::check_socket, CHECK_SOCKET),
    route!(72, [1], POST, "fileops/folder_create", User, fileops::create_folder, CREATE_FOLDER),
    route!(73, [1], GET, "fileops/folder_info/", User, fileops::get_folder_info, GET_FOLDER_INFO,
        tolerated: POST),
    route!(74, [1], GET, "fileops/precheck/", User, fileops::precheck, PRECHECK, tolerated: POST),
    route!(75, [1], POST, "fileops/move/", User, fileops::move_node, MOVE_NODE),
    route!(76, [1], POST, "fileops/copy/", User, fileops::copy_node, COPY_NODE),
    route!(77, [1], GET, "metadata/<path>", User, metadata::get_metadata, GET_METADATA,
        tolerated: POST, conditional: true),
    route!(78, [1], GET, "metadata_full_listing/", User, listings::list_all, LIST_ALL,
        tolerated: POST, starts: true),
    route!(79, [0, 1], GET, "files/download_as_archive/", User, archives::make_archive,
        MAKE_ARCHIVE, tolerated: POST, starts: true),
    route!(80, [0, 1], POST, "files/download_as_archive_stream/", User,
        archives::create_archive_link, CREATE_ARCHIVE_LINK,
        synonyms: &["files/create_link_of_archive/"]),
    route!(81, [0, 1], GET, "files/progress_download_streams/<private_hash>", User,
        archives::get_stream_progress, GET_STREAM_PROGRESS, tolerated: POST,
        synonyms: &["files/progress_download_streams/"]),
    // Who may call it depends on how: a private hash needs no sign-in.
    route!(82, [0, 1], GET, "files/download_as_archive_stream/", Anonymous,
        archives::stream_archive, STREAM_ARCHIVE, query_token: true,
        synonyms: &["files/download_as_archive_stream/<private_hash>/"]),
    route!(86, [1], POST, "files/create/", User, uploads::create_file, CREATE_FILE),
    route!(87, [0, 1], POST, "files/create_part/", User, uploads::create_part, CREATE_PART),
    route!(88, [1], POST, "files/confirm/<path>", User, uploads::confirm_file, CONFIRM_FILE),
    route!(89, [1], POST, "files/multi_confirm/", User, uploads::confirm_files, CONFIRM_FILES),
    route!(90, [1], GET, "files/get/<path>", User, versions::get_file, GET_FILE, tolerated: POST),
    route!(91, [1], GET, "files/favorites/", User, favourites::list_favourites, LIST_FAVOURITES,
        tolerated: POST),
    route!(92, [1], POST, "fileops/set_favorite/", User, favourites::set_favourite, SET_FAVOURITE),
    route!(93, [1], POST, "fileops/purge/", User, trash::purge, PURGE),
    route!(94, [0, 1], POST, "fileops/purgestatus/", User, trash::get_purge_status,
        GET_PURGE_STATUS, tolerated: GET),
    route!(95, [1], GET, "files/versions/<path>", User, versions::list_versions, LIST_VERSIONS,
        tolerated: POST),
    route!(96, [0, 1], GET, "files/versions_to_update/", User, versions::list_newer_versions,
        LIST_NEWER_VERSIONS, tolerated: POST),
    route!(97, [1], POST, "files/restore/", User, versions::restore_version, RESTORE_VERSION),
    route!(98, [1], POST, "fileops/delete/", User, fileops::delete_node, DELETE_NODE),
    route!(99, [1], POST, "fileops/multi/delete/", User, multi::delete_nodes, DELETE_NODES),
    route!(100, [1], POST, "fileops/undelete/", User, fileops::undelete_node, UNDELETE_NODE),
    route!(101, [1], POST, "fileops/multi/undelete/", User, multi::undelete_nodes, UNDELETE_NODES),
    route!(102, [1], POST, "fileops/rename/", User, fileops::rename_node, RENAME_NODE),
    route!(128, [1], GET, "trash/", User, trash::list_trash, LIST_TRASH, tolerated: POST,
        conditional: true),
    route!(129, [1], POST, "trash/restore/<name>", User, trash::restore_trash, RESTORE_TRASH,
        synonyms: &["trash/restore/"]),
    route!(130, [1], POST, "trash/clear/", User, trash::clear_trash, CLEAR_TRASH),
    route!(143, [1], POST, "files/search/", User, search::search_files, SEARCH_FILES,
        tolerated: GET),
    route!(144, [1], GET, "dir_size_calculate/", User, listings::measure_folder, MEASURE_FOLDER,
        tolerated: POST, starts: true),
    route!(148, [1], POST, "accounts/login/", Anonymous, accounts::sign_in, SIGN_IN),
    route!(149, [0, 1], POST, "accounts/logout/", User, accounts::sign_out, SIGN_OUT),
    route!(151, [1], GET, "accounts/get/", User, accounts::get_account, GET_ACCOUNT,
        tolerated: POST),
    route!(152, [1], GET, "accounts/check/", Anonymous, accounts::check_login, CHECK_LOGIN,
        tolerated: POST),
    route!(
        157,
        [0, 1],
        POST,
        "accounts/change_profile/",
        User,
        accounts::change_profile,
        CHANGE_PROFILE
    ),
    route!(158, [0, 1], GET, "accounts/permanent_tokens/", User, tokens::list_tokens, LIST_TOKENS,
        tolerated: POST, synonyms: &["accounts/tokens/"]),
    route!(159, [0, 1], POST, "accounts/remove_permanent_token/", User, tokens::remove_token,
        REMOVE_TOKEN, synonyms: &["accounts/remove_token/"]),
    route!(
        160,
        [1],
        POST,
        "accounts/cancel_token_remote_wipe",
        User,
        tokens::cancel_token_wipe,
        CANCEL_TOKEN_WIPE
    ),
    route!(161, [1], POST, "accounts/token_wiped", User, tokens::token_wiped, TOKEN_WIPED),
    route!(197, [0], POST, "accounts/create/", Anonymous, accounts::create_account, CREATE_ACCOUNT),
];

/// The placeholders of `template` in the path of a request, each segment decoded once. An empty
/// one is left out, so that its name may come as a parameter.
pub(super) fn placeholders(
    template: &'static str,
    path: &str,
) -> Result<Vec<(&'static str, String)>, Failure> {
    if !template.contains('<') {
        return Ok(Vec::new());
    }
    // Behind `/api/1/`.
    let mut rest = path.splitn(4, '/').nth(3).unwrap_or_default();
    let mut found = Vec::new();
    for segment in template.trim_end_matches('/').split('/') {
        let name = segment.strip_prefix('<').and_then(|segment| segment.strip_suffix('>'));
        if name == Some("path") {
            found.push(("path", decoded_path(rest)?));
            break;
        }
        let (own, after) = rest.split_once('/').unwrap_or((rest, ""));
        rest = after;
        if let Some(name) = name {
            found.push((name, decoded(own)?));
        }
    }
    found.retain(|(_, text)| !text.is_empty());
    Ok(found)
}

fn decoded_path(path: &str) -> Result<String, Failure> {
    if !path.contains('%') {
        return Ok(path.to_owned());
    }
    let segments: Result<Vec<String>, Failure> = path.split('/').map(decoded).collect();
    let segments = segments?;
    // An encoded slash would make two names of one.
    if segments.iter().any(|segment| segment.contains('/')) {
        return Err(Failure::invalid("path: a name cannot hold a slash"));
    }
    Ok(segments.join("/"))
}

fn decoded(segment: &str) -> Result<String, Failure> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map(String::from).map_err(|_| Failure::invalid("path: not UTF-8"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn found(template: &'static str, path: &str) -> String {
        match placeholders(template, path) {
            Ok(found) => format!("{found:?}"),
            Err(failure) => failure.body.description.clone(),
        }
    }

    #[test]
    fn tails_are_decoded_segment_by_segment() {
        assert_eq!(found("metadata/<path>", "/api/1/metadata/a/b%20c/"), r#"[("path", "a/b c/")]"#);
        assert_eq!(found("metadata/<path>", "/api/1/metadata/"), "[]");
        assert_eq!(found("metadata/<path>", "/api/1/metadata"), "[]");
        assert_eq!(found("metadata/<path>", "/api/1/metadata/a%252Fb"), r#"[("path", "a%2Fb")]"#);
        assert_eq!(
            found("metadata/<path>", "/api/1/metadata/a%2Fb"),
            "path: a name cannot hold a slash"
        );
        assert_eq!(found("metadata/<path>", "/api/1/metadata/%FF"), "path: not UTF-8");
        assert_eq!(
            found("trash/restore/<name>", "/api/0/trash/restore/a%2Fb/"),
            r#"[("name", "a/b")]"#
        );
    }

    #[test]
    fn no_two_methods_share_a_verb_of_a_path() {
        let mut seen = HashSet::new();
        for route in ROUTES {
            for verb in route.verbs {
                for path in std::iter::once(&route.path).chain(route.synonyms) {
                    assert!(seen.insert((path.trim_end_matches('/'), verb)), "{verb} {path}");
                }
            }
        }
    }
}
