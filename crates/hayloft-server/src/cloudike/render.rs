//! From the core's values to the dialect's objects.

use std::borrow::Cow;

use axum::{body::Body, response::Response};
use hayloft_core::{
    Media,
    tree::{ClientData, Content, Listing, Node, View},
};
use hayloft_wire::{
    HumanSize, Nullable, TextOrFalse,
    cloudike::{self as wire, Empty, ErrorCode, Extradata, Metadata},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG},
};
use serde::Serialize;

use super::error::Failure;

/// The media type of every reply but content.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Room for one object of metadata; most are smaller.
const METADATA_BYTES: usize = 1024;

/// What a handler answers.
pub(super) type Reply = Result<Response, Failure>;

/// A reply of 200 with a value.
pub(super) fn json<T: Serialize>(value: &T) -> Reply {
    json_status(StatusCode::OK, value)
}

/// A reply with a value.
pub(super) fn json_status<T: Serialize>(status: StatusCode, value: &T) -> Reply {
    let mut body = Vec::with_capacity(METADATA_BYTES);
    write(&mut body, value)?;
    Ok(bytes(status, body))
}

/// A reply that says nothing: `{}`.
pub(super) fn empty() -> Reply {
    json(&Empty {})
}

/// A reply of one file or folder.
pub(super) fn one(view: &View) -> Reply {
    json(&metadata(view, true))
}

/// A reply of an array of files and folders.
pub(super) fn array(views: &[View]) -> Reply {
    let mut body = Vec::with_capacity(METADATA_BYTES * views.len() + 2);
    entries(&mut body, views.iter().map(|view| metadata(view, true)))?;
    Ok(bytes(StatusCode::OK, body))
}

/// A reply of a page: `head` is the folder, or for a search or the trash an object of its own;
/// the entries go into it as `content`. All is written straight into one buffer.
pub(super) fn page<'a, H, E>(head: &H, content: E, is_last_page: bool) -> Reply
where
    H: Serialize,
    E: ExactSizeIterator<Item = Metadata<'a>>,
{
    let mut body = Vec::with_capacity(METADATA_BYTES * (content.len() + 1));
    write(&mut body, head)?;
    // Reopens the object that was just closed.
    body.pop();
    body.extend_from_slice(if body.last() == Some(&b'{') {
        b"\"content\":"
    } else {
        b",\"content\":"
    });
    entries(&mut body, content)?;
    body.extend_from_slice(b",\"is_last_page\":");
    write(&mut body, &is_last_page)?;
    body.push(b'}');
    Ok(bytes(StatusCode::OK, body))
}

/// The entries of a listing as a viewer of a folder sees them.
pub(super) fn listed(
    listing: &Listing,
    extra: bool,
) -> impl ExactSizeIterator<Item = Metadata<'_>> {
    listing.entries.iter().map(move |view| metadata(view, extra))
}

/// The entries of the trash: a key and a former place stand for the path.
pub(super) fn trashed(
    listing: &Listing,
    extra: bool,
) -> impl ExactSizeIterator<Item = Metadata<'_>> {
    listing.entries.iter().map(move |view| Metadata {
        path: None,
        owner_path: None,
        restore_path: Some(Cow::Borrowed(view.path.as_str())),
        ..metadata(view, extra)
    })
}

/// Names the state of what is replied.
pub(super) fn with_etag(mut response: Response, etag: &str) -> Reply {
    response.headers_mut().insert(ETAG, etag_value(etag)?);
    Ok(response)
}

/// 304, with the tag it is about.
pub(super) fn not_modified(etag: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(ETAG, etag);
    response
}

/// A tag as a header: in quotes.
pub(super) fn etag_value(etag: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(&format!("\"{etag}\"")).map_err(|_| internal("a tag that is no header"))
}

/// A file or folder as its viewer sees it.
pub(super) fn metadata(view: &View, extra: bool) -> Metadata<'_> {
    let node = &view.node;
    let content = node.content.as_ref();
    let is_folder = node.is_folder();
    let is_deleted = view.is_deleted();
    let key = view.trash_name.as_deref().filter(|name| !name.is_empty());
    let mime = content.map(|_| node.mime_type());
    Metadata {
        path: Some(Cow::Borrowed(view.path.as_str())),
        name: key.map(Cow::Borrowed),
        restore_path: None,
        folder: is_folder,
        deleted: is_deleted,
        size: HumanSize::Bytes(node.size()),
        bytes: node.size(),
        version: content.map_or(0, |content| u64::from(content.version)),
        created: node.created_ms,
        modified: node.modified_ms,
        client_data: client_data(&node.client),
        checksum: content
            .map_or(Nullable::Absent, |content| Nullable::Value(checksum(content).into())),
        icon: Cow::Borrowed(mime.map_or("folder", icon)),
        mime_type: mime.map(Cow::Borrowed),
        thumbnail: TextOrFalse::False,
        extradata: (extra && !is_folder).then(Extradata::default),
        hash: None,
        owner: node.owner.0,
        owner_name: Cow::Borrowed(&view.owner_name),
        author: node.author.0,
        author_name: Cow::Borrowed(&view.author_name),
        author_lang: None,
        owner_path: view.is_owner.then_some(Cow::Borrowed(view.path.as_str())),
        role: Cow::Borrowed(if view.is_owner { "owner" } else { "collaborator" }),
        writer: (!view.is_owner).then_some(view.writer),
        shared: is_folder.then_some(view.shared),
        shared_hash: if is_folder { Nullable::Null } else { Nullable::Absent },
        public_hash: Cow::Borrowed(view.link.as_ref().map_or("", |link| &link.hash)),
        public_link: TextOrFalse::False,
        company_published: is_folder.then_some(false),
        parent_company_published: false,
        is_favorite: view.favourite,
        is_in_trash: key.is_some(),
        fs_type: fs_type(node, is_deleted),
        size_limit: None,
        content: None,
        is_last_page: None,
        error_code: Nullable::Absent,
        error_info: None,
    }
}

/// What the client said of a file.
pub(super) fn client_data(client: &ClientData) -> wire::ClientData<'_> {
    wire::ClientData {
        created: client.created_ms,
        modified: client.modified_ms,
        device_id: client.device_id.as_deref().map(Cow::Borrowed),
        device_reference: client.device_reference.as_deref().map(Cow::Borrowed),
    }
}

/// The MD5 of a content in hex.
pub(super) fn checksum(content: &Content) -> String {
    hex(&content.md5)
}

/// Bytes in lowercase hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn fs_type(node: &Node, is_deleted: bool) -> Option<Cow<'static, str>> {
    (node.parent.is_none() && !is_deleted).then_some(Cow::Borrowed("native"))
}

/// The icon class of a media type.
pub(super) fn icon(mime: &str) -> &'static str {
    match Media::of(mime) {
        Media::Image => "image",
        Media::Video => "video",
        Media::Audio => "audio",
        Media::Other => other_icon(mime),
    }
}

fn other_icon(mime: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| mime.contains(word));
    match mime {
        "application/pdf" | "application/epub+zip" => "ebook_adobe",
        _ if has(&["spreadsheet", "ms-excel", "text/csv"]) => "spreadsheet_office",
        _ if has(&["presentation", "ms-powerpoint"]) => "presentation_office",
        _ if has(&["wordprocessing", "msword", "opendocument.text", "application/rtf"]) => {
            "document_office"
        }
        _ if has(&["zip", "x-tar", "x-7z", "x-rar", "vnd.rar", "x-bzip", "x-xz", "zstd"]) => {
            "archive"
        }
        _ if mime.starts_with("text/") => "document_text",
        "application/json" | "application/xml" | "application/javascript" => "document_text",
        _ => "unknown",
    }
}

/// A failure of ours, logged where it is made.
pub(super) fn internal(what: &str) -> Failure {
    tracing::error!(error = what, "request failed");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalError, "internal error")
}

fn entries<'a>(
    body: &mut Vec<u8>,
    entries: impl Iterator<Item = Metadata<'a>>,
) -> Result<(), Failure> {
    body.push(b'[');
    for (at, entry) in entries.enumerate() {
        if at > 0 {
            body.push(b',');
        }
        write(body, &entry)?;
    }
    body.push(b']');
    Ok(())
}

fn write<T: Serialize>(body: &mut Vec<u8>, value: &T) -> Result<(), Failure> {
    serde_json::to_writer(body, value).map_err(|err| internal(&format!("rendering: {err}")))
}

fn bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

#[cfg(test)]
mod tests {
    use super::{hex, icon};

    #[test]
    fn every_class_of_icon() {
        for (mime, class) in [
            ("image/png", "image"),
            ("video/mp4", "video"),
            ("audio/flac", "audio"),
            ("application/zip", "archive"),
            ("application/x-tar", "archive"),
            ("text/plain", "document_text"),
            ("application/json", "document_text"),
            ("application/msword", "document_office"),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "document_office",
            ),
            ("application/vnd.oasis.opendocument.spreadsheet", "spreadsheet_office"),
            ("text/csv", "spreadsheet_office"),
            ("application/vnd.ms-powerpoint", "presentation_office"),
            ("application/pdf", "ebook_adobe"),
            ("application/octet-stream", "unknown"),
        ] {
            assert_eq!(icon(mime), class, "{mime}");
        }
    }

    #[test]
    fn hexadecimal_is_lowercase() {
        assert_eq!(hex(&[0, 171, 255]), "00abff");
    }
}
