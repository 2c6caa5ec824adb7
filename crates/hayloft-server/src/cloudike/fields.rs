//! Parameters that several methods share, and the forms that several methods read.

use hayloft_core::tree::{ClientData, ListOptions, Order, OrderBy};
use hayloft_wire::cloudike::ErrorCode;
use http::{HeaderValue, StatusCode, header::IF_NONE_MATCH};

use super::{
    call::Call,
    error::Failure,
    params::{BadParameter, Kind, Param, Params},
};
use crate::content::matches_etag;

/// The node meant.
pub(super) const PATH: Param = Param::new(&["path"], Kind::Path, "The file or folder.").required();
/// The node meant, by the end of the address; the root if there is none.
pub(super) const TAIL: Param = Param::new(&["path"], Kind::Path, "The file or folder.");
/// Several nodes.
pub(super) const PATHS: Param =
    Param::new(&["path", "paths"], Kind::Paths, "The files and folders.").required();
/// What is moved or copied.
pub(super) const FROM_PATH: Param =
    Param::new(&["from_path"], Kind::Path, "The file or folder.").required();
/// Where it goes.
pub(super) const TO_PATH: Param =
    Param::new(&["to_path"], Kind::Path, "The folder to put it into.").required();
/// Client time.
pub(super) const CREATED: Param =
    Param::new(&["created"], Kind::Millis, "When it was made, by the client's clock.");
/// Client time.
pub(super) const MODIFIED: Param =
    Param::new(&["modified"], Kind::Millis, "When it was last changed, by the client's clock.");
/// The device.
pub(super) const DEVICE_ID: Param =
    Param::new(&["device_id"], Kind::Text, "The device it comes from.");
/// The device's name for it.
pub(super) const DEVICE_REFERENCE: Param =
    Param::new(&["device_reference"], Kind::Text, "What the device calls it.");
/// Whether missing folders are made.
pub(super) const CREATE_DIRS: Param =
    Param::new(&["create_dirs"], Kind::Bool, "Make missing folders above it; true by default.");
/// The version a client means.
pub(super) const VERSION: Param = Param::new(&["version"], Kind::Int, "The version of the file.");
/// Whether previews and tags are shown.
pub(super) const EXTRA: Param =
    Param::new(&["extra"], Kind::Bool, "Show previews and tags; true by default.");
/// Paging.
pub(super) const OFFSET: Param = Param::new(&["offset"], Kind::Int, "Entries to pass over.");
/// Paging.
pub(super) const LIMIT: Param =
    Param::new(&["limit"], Kind::Int, "Entries at most; 0 for no limit.");
/// Order.
pub(super) const ORDER_BY: Param = Param::new(
    &["order_by"],
    Kind::Text,
    "`name`, `modified_time`, `size` or `created`; with `-` in front, the other way round.",
);
/// Order in its other spelling.
pub(super) const ORDER_FIELD: Param = Param::new(&["order_field"], Kind::Text, "As `order_by`.");
/// Order in its other spelling.
pub(super) const ORDER_DIRECTION: Param =
    Param::new(&["order_direction"], Kind::Text, "`ascending` or `descending`, for `order_field`.");
/// Only folders.
pub(super) const DIRS_ONLY: Param = Param::new(&["dirs_only"], Kind::Bool, "Only folders.");
/// A hash the client knows.
pub(super) const HASH: Param = Param::new(
    &["hash"],
    Kind::Text,
    "The hash of the listing that the client has: 304 if it holds.",
);

/// The most bytes of what a client says of itself.
const DEVICE_BYTES_MAX: usize = 256;

/// What the client says of a file.
pub(super) fn client_data(params: &Params) -> Result<ClientData, Failure> {
    let device = |param: &Param| match params.text(param)? {
        Some(text) if text.len() > DEVICE_BYTES_MAX => {
            Err(Failure::invalid(format!("{}: longer than 256 bytes", param.name())))
        }
        Some(text) if text.is_empty() => Ok(None),
        text => Ok(text.map(std::borrow::Cow::into_owned)),
    };
    Ok(ClientData {
        created_ms: params.millis(&CREATED)?,
        modified_ms: params.millis(&MODIFIED)?,
        device_id: device(&DEVICE_ID)?,
        device_reference: device(&DEVICE_REFERENCE)?,
    })
}

/// The version a client names: a positive number, else `InvalidVersion`.
pub(super) fn version(params: &Params) -> Result<Option<u32>, Failure> {
    let invalid = || {
        let text = "version: not a positive number";
        let failure = Failure::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidVersion, text);
        Failure { before_sign_in: true, ..failure }
    };
    let Some(number) = params.int(&VERSION).map_err(|_| invalid())? else { return Ok(None) };
    u32::try_from(number).ok().filter(|number| *number > 0).map(Some).ok_or_else(invalid)
}

/// The page and order of a listing.
pub(super) fn list_options(params: &Params) -> Result<ListOptions, Failure> {
    let number = |param: &Param| -> Result<u32, BadParameter> {
        // What is over any maximum is clamped, not refused.
        Ok(params.count(param)?.map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX)))
    };
    Ok(ListOptions {
        dirs_only: params.flag(&DIRS_ONLY)?.unwrap_or(false),
        deleted: false,
        offset: number(&OFFSET)?,
        limit: Some(number(&LIMIT)?).filter(|limit| *limit > 0),
        order: order(params)?,
    })
}

fn order(params: &Params) -> Result<Order, Failure> {
    let (text, descending) = match params.text(&ORDER_BY)? {
        Some(text) => (Some(text), false),
        None => (params.text(&ORDER_FIELD)?, direction(params)?),
    };
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Order::default()) };
    let (field, reversed) = match text.strip_prefix('-') {
        Some(field) => (field, true),
        None => (text.as_ref(), false),
    };
    let by = match field {
        "name" => OrderBy::Name,
        "modified_time" | "modified" => OrderBy::Modified,
        "size" => OrderBy::Size,
        "created" => OrderBy::Created,
        _ => return Err(Failure::invalid("order_by: not an order")),
    };
    Ok(Order { by, descending: reversed != descending })
}

fn direction(params: &Params) -> Result<bool, Failure> {
    let Some(text) = params.text(&ORDER_DIRECTION)? else { return Ok(false) };
    match text.to_ascii_lowercase().as_str() {
        "ascending" | "asc" | "" => Ok(false),
        "descending" | "desc" => Ok(true),
        _ => Err(Failure::invalid("order_direction: neither ascending nor descending")),
    }
}

/// The filters of a listing, as they go into its hash.
pub(super) fn filters(options: &ListOptions, extra: bool) -> String {
    format!("{options:?} {extra}")
}

/// What a client says it has: `If-None-Match`, and the parameter `hash`.
#[derive(Debug)]
pub(super) struct Known {
    tags: Vec<HeaderValue>,
    hash: Option<String>,
}

impl Known {
    /// Reads both.
    pub(super) fn read(call: &Call) -> Result<Self, Failure> {
        let hash = call.params.text(&HASH)?.map(|hash| hash.trim_matches('"').to_owned());
        let tags = call.headers.get_all(IF_NONE_MATCH).iter().cloned().collect();
        Ok(Self { tags, hash })
    }

    /// Whether it has what has this tag; the parameter counts only for listings.
    pub(super) fn has(&self, etag: &str, is_listing: bool) -> bool {
        self.tags.iter().any(|tag| matches_etag(tag, etag))
            || (is_listing && self.hash.as_deref() == Some(etag))
    }
}

/// An MD5 in hexadecimal.
pub(super) fn md5(param: &Param, text: &str) -> Result<[u8; 16], Failure> {
    let refused = || Failure::invalid(format!("{}: not an MD5 in hexadecimal", param.name()));
    let text = text.trim();
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refused());
    }
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| refused())
}
