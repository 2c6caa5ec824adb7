//! SkyDrive's Live Connect API 5.0: the Python library `skydrive` in Rust, in its four layers.
//!
//! Each layer stands on the one before, does only its own, and can be used alone:
//!
//! 1. [`HttpClient`] makes HTTP calls: proxies, timeouts, repetition, over a [`Transport`] that a
//!    program may replace.
//! 2. [`Auth`] proves who calls: the page's address, the code from a pasted redirect, tokens and
//!    their renewal.
//! 3. [`ApiWrapper`] has one method a call of the service, without opinions.
//! 4. [`Api`] is what a program wants: paths, plain lists, whole files and trees.
//!
//! [`PersistentApi`] is the fourth with a state file, `~/.lcrc`, behind it.
//!
//! # From Python to Rust
//!
//! | Python | Rust |
//! | --- | --- |
//! | `SkyDriveInteractionError` | [`Error`] |
//! | `ProtocolError(code, message)` | [`Error::Protocol`], [`ProtocolError`] |
//! | `AuthenticationError`, `AuthMissingError`, `APIAuthError` | [`Error::Authentication`] with [`AuthError`] |
//! | `NoAPISupportError` | [`Error::NoApiSupport`] |
//! | `DoesNotExists(last_id, remaining_names)` | [`Error::DoesNotExist`] |
//! | `SkyDriveHTTPClient.request` | [`HttpClient::request`], [`HttpClient::json`] |
//! | `request_extra_keywords`, `request_adapter_settings` | [`HttpSettings`] |
//! | `request_base_headers` | [`HttpClient::base_headers`] |
//! | overriding `request` | implementing [`Transport`] |
//! | `client_id`, `client_secret`, `auth_url_user`, `auth_url_token`, `auth_scope`, `auth_redirect_uri`, `auth_redirect_uri_mobile` | fields of [`AuthSettings`] |
//! | `auth_code`, `auth_refresh_token`, `auth_access_token`, `auth_access_expires` | fields of [`Tokens`], by [`Auth::tokens`] |
//! | `auth_access_data_raw` | [`Auth::auth_access_data_raw`] |
//! | `auth_user_get_url`, `auth_user_process_url`, `auth_get_token` | methods of [`Auth`] |
//! | `api_url_base`, `api_bits_url_by_id`, `api_bits_url_by_path` | [`Endpoints`] |
//! | `api_put_max_bytes`, `api_bits_default_frag_bytes`, `api_bits_auth_refresh_before_commit_hack` | fields of [`ApiWrapper`] |
//! | `api_bits_protocol_id` | [`API_BITS_PROTOCOL_ID`] |
//! | `__call__(url, query, …)` | [`ApiWrapper::prepare`] and [`ApiWrapper::call`] or [`ApiWrapper::send`] |
//! | `get_quota`, `get_user_data`, `get_user_id`, `listdir`, `info`, `get`, `put`, `put_bits`, `mkdir`, `delete`, `info_update`, `link`, `copy`, `move`, `comments`, `comment_add`, `comment_delete` | methods of [`ApiWrapper`]; `move` is spelled `r#move` |
//! | `put(path_or_tuple, …)` | [`Source`] and [`PutOptions`] |
//! | `chunk_callback` | [`BitsOptions::chunk_callback`] |
//! | `resolve_path(path, root_id, listdir_limit)` | [`Api::resolve_path`] with [`ResolveOptions`] |
//! | `resolve_path(…, objects=True)` | [`Api::resolve_path_object`] |
//! | `resolve_path` of a sequence | [`Api::resolve_names`] |
//! | `get_quota`, `listdir(type_filter)`, `copy`, `move`, `comments` of `SkyDriveAPI` | methods of [`Api`] |
//! | `PersistentSkyDriveAPI.from_conf`, `sync` | [`PersistentApi::from_conf`], [`PersistentApi::sync`] |
//!
//! # What is not as in Python, on purpose
//!
//! - A new code makes earlier tokens forgotten, so switching accounts works.
//! - OAuth's errors, whose `error` is a text, are [`AuthError::Api`].
//! - An unquoted number in the state file keeps its raw text: `client.id: 000123` stays that.
//! - Texts are UTF-8 everywhere.
//! - Metadata is sent as JSON, so nested values and null can be set.
//! - Content is streamed; [`ApiWrapper::get`] is there for who wants it in memory.
//! - A path through a file is [`Error::DoesNotExist`].
//! - A token that is refused again after its renewal is [`Error::Authentication`].
//! - Tokens go into a header in every call, never into the address: `auth_header` is gone.

mod api;
mod auth;
mod conf;
mod error;
mod http;
mod object;
mod persistent;
mod transport;
mod wrapper;
mod yaml;

pub use hayloft_wire::skydrive as wire;
pub use reqwest::{Method, Url};

pub use api::{Api, GetOptions, ResolveOptions, Tree, TreeNode, looks_like_id, split_path};
pub use auth::{Auth, AuthSettings, Hold, Keep, Secret, Tokens};
pub use conf::{Conf, ConfError, ConfKeeper};
pub use error::{AuthError, Error, ProtocolError};
pub use http::{Call, HttpClient, Payload, Retry, StreamOnce};
pub use object::Object;
pub use persistent::{Overrides, PersistentApi};
pub use transport::{
    Body, ByteStream, HttpSettings, Request, Reqwest, Response, Transport, TransportError,
};
pub use wrapper::{
    API_BITS_DEFAULT_FRAG_BYTES, API_BITS_PROTOCOL_ID, API_PUT_MAX_BYTES, ApiWrapper, BitsFallback,
    BitsOptions, BitsProgress, BitsSession, BitsTarget, Endpoints, LinkType, Overwrite, PutOptions,
    Query, ROOT, Source,
};
