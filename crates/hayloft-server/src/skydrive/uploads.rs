//! Uploads in one request: the body of a PUT, or the one file of a form.

use axum::body::Body;
use futures::{StreamExt as _, TryStreamExt as _};
use hayloft_core::{
    Actor, Error, Name, NodePath, Result as CoreResult, Subject, access, oauth,
    tree::{self, ClientData, PutFile, View},
    upload::{self, ConfirmUpload, Ticket, UploadId},
};
use hayloft_store::{Tx, blob::ByteStream};
use hayloft_wire::skydrive::Uploaded;
use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    call::{Call, Caller},
    error::Failure,
    ids,
    items::{Painter, is_notebook},
    objects::{checked_name, find, find_folder, not_of, object_of},
    render::{self, Reply},
};
use crate::form;

/// How many numbers are tried for a name before it is refused.
const NUMBERS_MAX: u32 = 10_000;

/// What happens where a name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overwrite {
    /// What is there is replaced.
    Replace,
    /// The call is refused.
    Refuse,
    /// Another name is found.
    ChooseNewName,
}

impl Overwrite {
    /// Reads the parameter, else the header. Clients write the words in every case.
    pub(super) fn read(call: &Call, default: Self) -> Result<Self, Failure> {
        let header = call.headers.get("overwrite").and_then(|value| value.to_str().ok());
        let Some(word) = call.query.word("overwrite").or(header) else { return Ok(default) };
        match word.to_ascii_lowercase().as_str() {
            "true" | "t" => Ok(Self::Replace),
            "false" | "f" => Ok(Self::Refuse),
            "choosenewname" => Ok(Self::ChooseNewName),
            _ => {
                let text = "the parameter 'overwrite' must be true, false or ChooseNewName";
                Err(Failure::parameter(text))
            }
        }
    }
}

/// The path itself, or the first free `name N`: `report.txt`, `report 1.txt`, `report 2.txt`.
pub(super) fn derived(
    tx: &mut Tx<'_>,
    actor: &Actor,
    path: &NodePath,
    is_file: bool,
) -> Result<NodePath, Failure> {
    let mut tried = path.clone();
    let (Some(above), Some(name)) = (path.parent(), path.name()) else {
        return Err(Error::RootIsFixed.into());
    };
    for number in 1..=NUMBERS_MAX {
        match tree::resolve(tx, actor, &tried) {
            Err(Error::NotFound(_)) => return Ok(tried),
            Err(other) => return Err(other.into()),
            Ok(_) => tried = above.join(numbered(name.as_str(), number, is_file)?.as_str()),
        }
    }
    Err(Error::TooMany("too many files of that name").into())
}

fn numbered(name: &str, number: u32, is_file: bool) -> CoreResult<Name> {
    let dot = name.rfind('.').filter(|&at| is_file && at > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    Name::parse(&format!("{stem} {number}{extension}"))
}

/// Where an upload goes.
#[derive(Clone, Debug)]
enum Target {
    /// A name in a folder.
    Named(hayloft_core::NodeId, Name, Overwrite),
    /// A file that is there.
    Content(hayloft_core::NodeId),
}

impl Target {
    /// Where it goes now, and whether what is there is replaced.
    fn place(&self, tx: &mut Tx<'_>, actor: &Actor) -> Result<(NodePath, bool), Failure> {
        match self {
            Self::Content(file) => Ok((access::view(tx, actor, *file)?.path, true)),
            Self::Named(folder, name, overwrite) => {
                let path = access::view(tx, actor, *folder)?.path.join(name.as_str());
                match overwrite {
                    Overwrite::Replace => Ok((path, true)),
                    Overwrite::Refuse => Ok((path, false)),
                    Overwrite::ChooseNewName => Ok((derived(tx, actor, &path, true)?, false)),
                }
            }
        }
    }
}

/// `PUT <object>/files/<name>`
pub(super) async fn put_file(call: &Call, body: Body) -> Reply {
    let name = call.place.names.first().map(String::as_str).unwrap_or_default();
    let name = Name::parse(&checked_name(name)?)?;
    let overwrite = Overwrite::read(call, Overwrite::Replace)?;
    let begun = begin_named(call, &name, overwrite, announced(call)?).await?;
    let view = take(call, &begun, stream(body)).await?;
    uploaded(call, &begun.caller, &view)
}

/// `PUT <object>/content`
pub(super) async fn put_content(call: &Call, body: Body) -> Reply {
    let (at, keys) = (object_of(call)?, call.core().keys.clone());
    let size = announced(call)?;
    let begun = begin(call, size, move |tx, caller| {
        let view = find(tx, &keys, caller, &at)?;
        if view.node.is_folder() || is_notebook(&view.node.name) {
            return Err(Failure::url(not_of(&view, "content")));
        }
        Ok(Target::Content(view.node.id))
    });
    let begun = begun.await?;
    let view = take(call, &begun, stream(body)).await?;
    uploaded(call, &begun.caller, &view)
}

/// `POST <object>/files`: a form of exactly one part, the field `file`.
pub(super) async fn post_file(call: &Call, body: Body) -> Reply {
    let overwrite = Overwrite::read(call, Overwrite::Replace)?;
    let caller = call.caller().await?;
    if let Some(uri) = call.query.word("redirect_uri") {
        require_own_page(call, &caller, uri).await?;
    }
    let mime = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(mime.unwrap_or_default())
        .map_err(|_| Failure::body("the body must be multipart/form-data with a boundary"))?;
    let refused = |err: multer::Error| Failure::body(format!("the form cannot be read: {err}"));
    require_form_fits(call)?;
    let (heads, body) = form::guarded(body);
    let mut form = multer::Multipart::new(body, boundary);
    let field = form.next_field().await.map_err(refused)?;
    let field = field.ok_or_else(|| Failure::body(ONE_PART))?;
    heads.passed();
    let name = file_name(field.name(), field.headers())?;
    let begun = begin_named(call, &Name::parse(&checked_name(&name)?)?, overwrite, None).await?;
    receive(call, &begun, field.map_err(std::io::Error::other).boxed()).await?;
    heads.awaited();
    let view = match form.next_field().await.map_err(refused) {
        Ok(None) => finish(call, &begun).await,
        Ok(Some(_)) => Err(Failure::body(ONE_PART)),
        Err(failure) => Err(failure),
    };
    let view = kept(call, &begun, view).await?;
    match call.query.word("redirect_uri") {
        Some(uri) => send_on(call, &begun.caller, uri, &view),
        None => uploaded(call, &begun.caller, &view),
    }
}

const ONE_PART: &str = "the form must have exactly one part, with the header \
                        Content-Disposition: form-data; name=\"file\"; filename=\"<name>\"";

/// The name of the file in a part of a form, in UTF-8 whichever way it is written.
fn file_name(field: Option<&str>, headers: &HeaderMap) -> Result<String, Failure> {
    let header = headers.get(CONTENT_DISPOSITION).map(http::HeaderValue::as_bytes);
    let header = header.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let extended = parameter(header, "filename*").and_then(|value| {
        let encoded =
            value.split_once("''").filter(|(charset, _)| charset.eq_ignore_ascii_case("utf-8"));
        percent_decode_str(encoded?.1).decode_utf8().ok().map(String::from)
    });
    let name = extended.or_else(|| parameter(header, "filename"));
    match name.filter(|name| !name.is_empty()) {
        Some(name) if field == Some("file") => Ok(name),
        _ => Err(Failure::body(ONE_PART)),
    }
}

/// A parameter of a `Content-Disposition`: quoted, with escapes of quotes and backslashes only,
/// or bare. Browsers escape quotes in a name as `%22`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let (value, after) = after.split_once(';').unwrap_or((after, ""));
            (value.trim().to_owned(), after)
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after.trim_start().trim_start_matches(';');
    }
}

fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value.replace("%22", "\""), &text[at + 1..])),
            '\\' if text[at + 1..].starts_with(['"', '\\']) => {
                value.extend(chars.next().map(|(_, escaped)| escaped));
            }
            c => value.push(c),
        }
    }
    None
}

/// What was said of a body's length.
fn announced(call: &Call) -> Result<Option<u64>, Failure> {
    let size = call.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let size = size.and_then(|text| text.parse::<u64>().ok());
    let most = call.app.config.skydrive.upload_bytes_max;
    if size.is_some_and(|size| size > most) { Err(too_large(most)) } else { Ok(size) }
}

fn too_large(most: u64) -> Failure {
    let text = format!("an upload in one request has at most {most} bytes; send more by BITS");
    Failure::too_large(text)
}

/// What a form has around its file, at most.
const FORM_BYTES_MAX: u64 = 1024 * 1024;

/// Refuses a form that says of itself that its file cannot fit.
fn require_form_fits(call: &Call) -> Result<(), Failure> {
    let size = call.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let size = size.and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    let most = call.app.config.skydrive.upload_bytes_max;
    if size > most.saturating_add(FORM_BYTES_MAX) { Err(too_large(most)) } else { Ok(()) }
}

fn stream(body: Body) -> ByteStream {
    body.into_data_stream().map_err(std::io::Error::other).boxed()
}

/// An upload that may begin: all that would refuse it afterwards has been checked.
struct Begun {
    caller: Caller,
    target: Target,
    ticket: Ticket,
}

async fn begin_named(
    call: &Call,
    name: &Name,
    overwrite: Overwrite,
    size: Option<u64>,
) -> Result<Begun, Failure> {
    let (at, keys, name) = (object_of(call)?, call.core().keys.clone(), name.clone());
    begin(call, size, move |tx, caller| {
        let folder = find_folder(tx, &keys, caller, &at)?;
        Ok(Target::Named(folder.node.id, name.clone(), overwrite))
    })
    .await
}

async fn begin<F>(call: &Call, size: Option<u64>, find: F) -> Result<Begun, Failure>
where
    F: Fn(&mut Tx<'_>, &Caller) -> Result<Target, Failure> + Send + 'static,
{
    let settings = call.core().settings.clone();
    let (caller, target, room) = call
        .read(move |tx, caller| {
            let target = find(tx, caller)?;
            let (path, overwrite) = target.place(tx, &caller.actor)?;
            let put = PutFile {
                path,
                overwrite,
                expected_version: None,
                make_parents: false,
                client: ClientData::default(),
            };
            let room = upload::check(tx, &caller.actor, &settings, &put, size)?;
            Ok((caller.clone(), target, room))
        })
        .await?;
    let most = call.app.config.skydrive.upload_bytes_max;
    let ticket = Ticket {
        upload: UploadId::new(call.now_ms()),
        account: caller.actor.account,
        size: Some(size.unwrap_or(most)),
        room,
        part: None,
    };
    Ok(Begun { caller, target, ticket })
}

async fn take(call: &Call, begun: &Begun, body: ByteStream) -> Result<View, Failure> {
    receive(call, begun, body).await?;
    let view = finish(call, begun).await;
    kept(call, begun, view).await
}

/// What was received and then refused goes at once: the client was told no name by which to go on
/// with it or to give it up, and it would hold quota for a day.
async fn kept<T>(call: &Call, begun: &Begun, outcome: Result<T, Failure>) -> Result<T, Failure> {
    if outcome.is_err() {
        let (account, id) = (begun.ticket.account, begun.ticket.upload.clone());
        let dropped = call.core().db.write(move |tx| upload::give_up(tx, account, &id));
        if let Err(err) = dropped.await {
            tracing::warn!(error = ?err, "an upload that was refused is left to the sweep");
        }
    }
    outcome
}

async fn receive(call: &Call, begun: &Begun, body: ByteStream) -> Result<(), Failure> {
    match upload::receive(call.core(), &begun.ticket, body).await {
        Err(Error::TooLong) => Err(too_large(call.app.config.skydrive.upload_bytes_max)),
        received => Ok(received?),
    }
}

/// Makes the file. Its folder is where it is by now, under the name that is free by now.
async fn finish(call: &Call, begun: &Begun) -> Result<View, Failure> {
    let (actor, target) = (begun.caller.actor.clone(), begun.target.clone());
    let (id, settings) = (begun.ticket.upload.clone(), call.core().settings.clone());
    call.core()
        .db
        .write(move |tx| {
            let (path, overwrite) = target.place(tx, &actor)?;
            let confirm = ConfirmUpload {
                id: id.clone(),
                path,
                overwrite,
                expected_version: None,
                make_parents: false,
                size: None,
                md5: None,
                client: ClientData::default(),
            };
            let made = upload::finish(tx, &actor, &settings, &confirm)?;
            Ok(made.ok_or(Error::NotFound(Subject::Upload))?)
        })
        .await
}

/// 201 for a new file, 200 for one that got new content.
fn uploaded(call: &Call, caller: &Caller, view: &View) -> Reply {
    let is_new = view.node.content.as_ref().is_some_and(|content| content.version == 1);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    render::json_status(call, status, &told(call, caller, view))
}

fn told(call: &Call, caller: &Caller, view: &View) -> Uploaded<'static> {
    let painter = Painter::new(call, caller.actor.account);
    let has_source = !is_notebook(&view.node.name);
    Uploaded {
        id: ids::object(&call.core().keys, view).into(),
        name: view.name().to_owned().into(),
        source: painter.source(view).filter(|_| has_source).map(Into::into),
    }
}

/// Refuses an address that is none of the app's own pages.
async fn require_own_page(call: &Call, caller: &Caller, uri: &str) -> Result<(), Failure> {
    let client_id = caller.client_id.clone();
    let app = match call.core().db.read(move |tx| oauth::app(tx, &client_id)).await {
        Err(Error::NotFound(_)) => None,
        found => Some(found?),
    };
    if app.is_some_and(|app| app.redirect_uris.iter().any(|own| own == uri)) {
        return Ok(());
    }
    Err(Failure::parameter("the parameter 'redirect_uri' is no address of this app"))
}

/// Sends the browser that posted a form on to the app's own page, with the result behind `#`.
fn send_on(call: &Call, caller: &Caller, uri: &str, view: &View) -> Reply {
    let result = serde_json::to_string(&told(call, caller, view)).unwrap_or_default();
    let mut target = format!("{uri}#result={}", utf8_percent_encode(&result, NON_ALPHANUMERIC));
    if let Some(state) = call.query.get("state") {
        target.push_str("&state=");
        target.extend(utf8_percent_encode(state, NON_ALPHANUMERIC));
    }
    render::redirect(&target)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn name(disposition: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(disposition.as_bytes()).unwrap();
        headers.insert(CONTENT_DISPOSITION, value);
        file_name(parameter(disposition, "name").as_deref(), &headers).ok()
    }

    #[test]
    fn a_file_has_its_name_in_every_form() {
        let named = |rest: &str| name(&format!("form-data; name=\"file\"; {rest}"));
        assert_eq!(named("filename=\"a b.txt\"").as_deref(), Some("a b.txt"));
        assert_eq!(named("filename=\"ё;\\\"=.txt\"").as_deref(), Some("ё;\"=.txt"));
        assert_eq!(named("filename=\"a%22b\"").as_deref(), Some("a\"b"));
        assert_eq!(named("filename=bare.txt; x=y").as_deref(), Some("bare.txt"));
        let both = "filename=\"_.txt\"; filename*=utf-8''%D1%91.txt";
        assert_eq!(named(both).as_deref(), Some("ё.txt"));
        assert_eq!(named("filename*=latin1''a"), None);
        assert_eq!(named("filename=\"\""), None);
        assert_eq!(named("filename=\"open"), None);
        assert_eq!(name("form-data; name=\"other\"; filename=\"a\""), None);
        assert_eq!(name("form-data"), None);
    }

    #[test]
    fn numbers_stand_before_the_extension() {
        let at = |name: &str, is_file| numbered(name, 2, is_file).unwrap().to_string();
        assert_eq!(at("report.txt", true), "report 2.txt");
        assert_eq!(at("report.txt", false), "report.txt 2");
        assert_eq!(at(".profile", true), ".profile 2");
    }
}
