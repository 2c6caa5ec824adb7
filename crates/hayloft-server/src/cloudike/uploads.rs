//! Uploads: a ticket, then the bytes to `/storage`, then the confirmation (behaviour section 1).

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use hayloft_core::{
    AccountId, Error, Subject,
    job::{self, Work},
    signing::Purpose,
    tree::{PutFile, View},
    upload::{self, ConfirmUpload, Ticket, UploadId},
};
use hayloft_wire::cloudike::{ErrorCode, Metadata, PartTicket, TaskAccepted, UploadTicket};
use http::{StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    fields::{
        CREATE_DIRS, CREATED, DEVICE_ID, DEVICE_REFERENCE, MODIFIED, PATH, TAIL, VERSION,
        client_data, md5, version,
    },
    params::{BodyParams, Kind, Param, Params},
    render::{self, Reply},
    routes,
};

/// The most uploads confirmed by one task.
const CONFIRMS_MAX: usize = 1000;
/// The path that confirms, as the table of routes has it.
const CONFIRM_PATH: &str = "files/confirm/<path>";

const OVERWRITE: Param = Param::new(
    &["overwrite"],
    Kind::Bool,
    "Whether a file that is there gets a new version; false by default.",
);
const SIZE: Param = Param::new(&["size"], Kind::Int, "Size of the content in bytes.");
const CHECKSUM: Param = Param::new(&["checksum"], Kind::Text, "MD5 of the content in hexadecimal.");
const MULTIPART: Param = Param::new(&["multipart"], Kind::Bool, "Send it in parts.");
const UPLOAD_METHOD: Param =
    Param::new(&["upload_method"], Kind::Text, "How to send it: `PUT`, the default, or `POST`.");

/// What an upload is to become, as creating and confirming it both say.
#[derive(Debug)]
struct Asked {
    put: PutFile,
    size: Option<u64>,
    md5: Option<[u8; 16]>,
}

impl Asked {
    fn read(params: &Params, path: &Param) -> Result<Self, Failure> {
        Ok(Self {
            put: PutFile {
                path: params.required_path(path)?,
                overwrite: params.flag(&OVERWRITE)?.unwrap_or(false),
                expected_version: version(params)?,
                make_parents: params.flag(&CREATE_DIRS)?.unwrap_or(true),
                client: client_data(params)?,
            },
            size: params.count(&SIZE)?,
            md5: match params.text(&CHECKSUM)? {
                Some(text) if !text.is_empty() => Some(md5(&CHECKSUM, &text)?),
                _ => None,
            },
        })
    }
}

/// Describes method 86.
pub(super) const CREATE_FILE: Doc = Doc {
    summary: "Starts an upload: 200 with where to send the bytes, or 201 with the file if the \
              server holds them already.",
    params: &[
        PATH,
        OVERWRITE,
        VERSION,
        CREATE_DIRS,
        CREATED,
        MODIFIED,
        DEVICE_ID,
        DEVICE_REFERENCE,
        SIZE,
        CHECKSUM,
        MULTIPART,
        UPLOAD_METHOD,
    ],
    reply: ReplyDoc::Json(object::<UploadTicket>),
};

/// Method 86: `files/create/`.
pub(super) async fn create_file(call: &Call) -> Reply {
    let asked = Asked::read(&call.params, &PATH)?;
    let multipart = call.params.flag(&MULTIPART)?.unwrap_or(false);
    let method = upload_method(call)?;
    if let Some(view) = known_content(call, &asked).await? {
        return render::json_status(StatusCode::CREATED, &render::metadata(&view, true));
    }
    let now = call.core().db.clock().now_ms();
    let upload = UploadId::new(now);
    let (account, room) = begin(call, &asked, multipart.then(|| upload.clone())).await?;
    let expires = now + upload::KEPT_MS;
    let keys = &call.core().keys;
    let ticket = Ticket { upload, account, size: asked.size, room, part: multipart.then_some(1) };
    let reply = UploadTicket {
        url: upload_url(call, &ticket.sign(keys, Purpose::Upload, expires)),
        method: if multipart { "PUT" } else { method }.to_owned(),
        parameters: BTreeMap::new(),
        headers: BTreeMap::new(),
        confirm_url: confirm_url(call, &asked, &ticket),
        temp_path: multipart.then(|| {
            let all = Ticket { part: None, ..ticket.clone() };
            all.sign(keys, Purpose::Multipart, expires)
        }),
        temp_name: Some(ticket.upload.to_string()),
        expires: Some(expires),
    };
    render::json(&reply)
}

fn upload_method(call: &Call) -> Result<&'static str, Failure> {
    match call.params.word(&UPLOAD_METHOD)? {
        None => Ok("PUT"),
        Some(text) if text.eq_ignore_ascii_case("put") => Ok("PUT"),
        Some(text) if text.eq_ignore_ascii_case("post") => Ok("POST"),
        Some(_) => Err(Failure::invalid("upload_method: neither PUT nor POST")),
    }
}

/// The file, made at once, if its content is here and the caller may read it.
async fn known_content(call: &Call, asked: &Asked) -> Result<Option<View>, Failure> {
    let (Some(size), Some(md5)) = (asked.size, asked.md5) else { return Ok(None) };
    let settings = call.core().settings.clone();
    // Most contents are new: only one that may be here is worth a write transaction.
    let may_be_here =
        call.read(move |tx, actor| upload::may_deduplicate(tx, actor, &settings, size, &md5));
    if !may_be_here.await? {
        return Ok(None);
    }
    let (settings, put) = (call.core().settings.clone(), asked.put.clone());
    let made = call.write_refusable(move |tx, actor| {
        upload::deduplicate(tx, actor, &settings, &put, size, &md5)
    });
    made.await?.map_err(upload_failure)
}

/// Checks what can be checked before bytes are sent, and opens an upload in parts. Whose it is,
/// and how many bytes there is room for.
async fn begin(
    call: &Call,
    asked: &Asked,
    in_parts: Option<UploadId>,
) -> Result<(AccountId, u64), Failure> {
    let (settings, put, size) = (call.core().settings.clone(), asked.put.clone(), asked.size);
    let checked = match in_parts {
        None => {
            call.read_refusable(move |tx, actor| {
                Ok((actor.account, upload::check(tx, actor, &settings, &put, size)?))
            })
            .await?
        }
        Some(upload) => {
            call.write_refusable(move |tx, actor| {
                let room = upload::check(tx, actor, &settings, &put, size)?;
                upload::start_multipart(tx, actor.account, &upload)?;
                Ok((actor.account, room))
            })
            .await?
        }
    };
    checked.map_err(upload_failure)
}

/// A name that is taken, and a file larger than any may be, have answers of their own here.
pub(super) fn upload_failure(err: Error) -> Failure {
    match err {
        Error::NameTaken(_) | Error::FolderExists(_) => {
            Failure::new(StatusCode::CONFLICT, ErrorCode::FileAlreadyExists, err.to_string())
        }
        other => other.into(),
    }
}

const TEMP_PATH: Param =
    Param::new(&["temp_path"], Kind::Text, "The `temp_path` of the upload.").required();
const PART_NUM: Param =
    Param::new(&["part_num"], Kind::Int, "Number of the part, 1 to 10000.").required();

/// Describes method 87.
pub(super) const CREATE_PART: Doc = Doc {
    summary: "Says where to send one part of an upload in parts.",
    params: &[TEMP_PATH, PART_NUM],
    reply: ReplyDoc::Json(object::<PartTicket>),
};

/// Method 87: `files/create_part/`.
pub(super) async fn create_part(call: &Call) -> Reply {
    let temp_path = call.params.required_text(&TEMP_PATH)?;
    let number = call.params.count(&PART_NUM)?.and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (1..=upload::PARTS_MAX).contains(number));
    let number = number.ok_or_else(|| Failure::invalid("part_num: not from 1 to 10000"))?;
    let keys = &call.core().keys;
    let now = call.core().db.clock().now_ms();
    let ticket = Ticket::verify(keys, Purpose::Multipart, &temp_path, now);
    let known = ticket.as_ref().ok().cloned();
    call.read(move |tx, actor| {
        let ticket = known.as_ref().filter(|ticket| ticket.account == actor.account);
        let ticket = ticket.ok_or(Error::NotFound(Subject::Upload))?;
        upload::require_open(tx, actor.account, &ticket.upload)
    })
    .await?;
    let part = Ticket { part: Some(number), ..ticket? };
    let expires = now + upload::KEPT_MS;
    render::json(&PartTicket {
        url: upload_url(call, &part.sign(keys, Purpose::Upload, expires)),
        method: "PUT".to_owned(),
        parameters: BTreeMap::new(),
        headers: BTreeMap::new(),
    })
}

const USER_ID: Param = Param::new(&["user_id"], Kind::Int, "Whose upload it is.").required();
const TEMP_NAME: Param = Param::new(&["temp_name"], Kind::Text, "Name of the upload.").required();

/// Describes method 88.
pub(super) const CONFIRM_FILE: Doc = Doc {
    summary: "Confirms an upload: its bytes become the file.",
    params: &[
        TAIL,
        USER_ID,
        TEMP_NAME,
        OVERWRITE,
        VERSION,
        SIZE,
        CHECKSUM,
        CREATE_DIRS,
        CREATED,
        MODIFIED,
        DEVICE_ID,
        DEVICE_REFERENCE,
    ],
    reply: ReplyDoc::Json(object::<Metadata<'static>>),
};

/// Method 88: `files/confirm/<path>`.
pub(super) async fn confirm_file(call: &Call) -> Reply {
    let (account, confirm) = confirmation(&call.params)?;
    let (settings, whole) = (call.core().settings.clone(), confirm.clone());
    let finished = call.write_refusable(move |tx, actor| {
        if actor.account != account {
            return Err(Error::Forbidden);
        }
        upload::finish(tx, actor, &settings, &whole)
    });
    let view = if let Some(view) = finished.await?.map_err(upload_failure)? {
        view
    } else {
        // It came in parts, which are joined first: more than one transaction's work.
        let actor = call.session().await?.actor;
        upload::confirm(call.core(), &actor, &confirm).await.map_err(upload_failure)?
    };
    render::one(&view)
}

fn confirmation(params: &Params) -> Result<(AccountId, ConfirmUpload), Failure> {
    let asked = Asked::read(params, &Param { required: true, ..TAIL })?;
    let account = AccountId(params.int(&USER_ID)?.unwrap_or_default());
    let id = UploadId::parse(&params.required_text(&TEMP_NAME)?)?;
    let Asked { put, size, md5 } = asked;
    let confirm = ConfirmUpload {
        id,
        path: put.path,
        overwrite: put.overwrite,
        expected_version: put.expected_version,
        make_parents: put.make_parents,
        size,
        md5,
        client: put.client,
    };
    Ok((account, confirm))
}

const CONFIRM_URLS: Param =
    Param::new(&["confirm_urls"], Kind::List, "The `confirm_url` values as received.").required();

/// Describes method 89.
pub(super) const CONFIRM_FILES: Doc = Doc {
    summary: "Confirms many uploads in the background.",
    params: &[CONFIRM_URLS],
    reply: ReplyDoc::Json(object::<TaskAccepted>),
};

/// Method 89: `files/multi_confirm/`.
pub(super) async fn confirm_files(call: &Call) -> Reply {
    let urls = call.params.list(&CONFIRM_URLS)?;
    if urls.is_empty() || urls.len() > CONFIRMS_MAX {
        return Err(Failure::invalid("confirm_urls: not from 1 to 1000"));
    }
    let mut uploads = Vec::with_capacity(urls.len());
    let mut accounts = Vec::with_capacity(urls.len());
    for url in &urls {
        let (account, confirm) = confirmation_of_url(url)?;
        accounts.push(account);
        uploads.push(confirm);
    }
    let ticket = call.write(move |tx, actor| {
        if accounts.iter().any(|account| *account != actor.account) {
            return Err(Error::Forbidden);
        }
        job::enqueue(tx, actor.account, &Work::ConfirmUploads { uploads: uploads.clone() })
    });
    render::json(&TaskAccepted { taskid: ticket.await? })
}

/// Reads what a `confirm_url` says, as if it were called.
fn confirmation_of_url(url: &str) -> Result<(AccountId, ConfirmUpload), Failure> {
    let refused = || Failure::invalid("confirm_urls: not a confirm_url of this server");
    let uri: Uri = url.parse().map_err(|_| refused())?;
    let mut segments = uri.path().split('/').skip(1);
    let fixed = [segments.next(), segments.nth(1), segments.next()];
    if fixed != [Some("api"), Some("files"), Some("confirm")] {
        return Err(refused());
    }
    let placeholders = routes::placeholders(CONFIRM_PATH, uri.path())?;
    let params = Params::new(placeholders, BodyParams::None, uri.query());
    confirmation(&params).map_err(|failure| Failure { before_sign_in: true, ..failure })
}

fn upload_url(call: &Call, ticket: &str) -> String {
    format!("{}/storage/upload/{ticket}", call.base_url())
}

/// What stands unescaped in a segment of a path (RFC 3986 section 3.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Says in its query all that the confirmation needs, so a client posts it as it is.
fn confirm_url(call: &Call, asked: &Asked, ticket: &Ticket) -> String {
    let put = &asked.put;
    let mut url = call.api_url("files/confirm");
    for name in put.path.names() {
        // Writing into a String never fails.
        let _ = write!(url, "/{}", utf8_percent_encode(name, SEGMENT));
    }
    let _ = write!(url, "?user_id={}&temp_name={}", ticket.account, ticket.upload);
    let _ = write!(url, "&overwrite={}", put.overwrite);
    let number = |number: Option<i64>| number.map(|number| Cow::Owned(number.to_string()));
    let client = &put.client;
    let pairs = [
        ("version", number(put.expected_version.map(i64::from))),
        ("size", asked.size.map(|size| Cow::Owned(size.to_string()))),
        ("checksum", asked.md5.map(|md5| Cow::Owned(render::hex(&md5)))),
        ("create_dirs", (!put.make_parents).then_some(Cow::Borrowed("false"))),
        ("created", number(client.created_ms)),
        ("modified", number(client.modified_ms)),
        ("device_id", client.device_id.as_deref().map(Cow::Borrowed)),
        ("device_reference", client.device_reference.as_deref().map(Cow::Borrowed)),
    ];
    for (name, value) in pairs {
        if let Some(value) = value {
            let _ = write!(url, "&{name}={}", utf8_percent_encode(&value, SEGMENT));
        }
    }
    url
}
