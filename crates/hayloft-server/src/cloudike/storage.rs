//! `/storage/…`: signed addresses, where the bytes travel. The ticket in the address is the right
//! to use it; no sign-in is needed, and none of it is ever logged.

use std::time::Instant;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use futures::{StreamExt as _, TryStreamExt};
use hayloft_core::{
    AccountId, BlobId, Error, Result as CoreResult, Subject, account, content,
    signing::Purpose,
    tree::{Content, Node},
    upload::{self, Ticket},
};
use hayloft_store::blob::ByteStream;
use hayloft_wire::cloudike::ErrorCode;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE},
};

use super::{
    call::Call,
    cors,
    dispatch::{echo, peer},
    error::Failure,
    listings,
    render::{self, Reply},
};
use crate::{
    App,
    content::{Download, reply},
    form,
    router::log_request,
};

/// How long the address of an own file is good for, in milliseconds (behaviour section 2).
const OWN_FILE_MS: i64 = 60 * 60 * 1000;
/// The most bytes of the fields of an upload form that come before the file.
const FORM_FIELD_BYTES_MAX: u64 = 64 * 1024;

const UPLOAD: &str = "/storage/upload/<ticket>";
const GET: &str = "/storage/get/<ticket>";
const DOCUMENT: &str = "/storage/document/<ticket>";

/// The routes of signed addresses.
pub(super) fn router(app: &App) -> Router<App> {
    let mut router = Router::new();
    for (name, verbs) in [(UPLOAD, "PUT, POST, OPTIONS"), (GET, READ_VERBS), (DOCUMENT, READ_VERBS)]
    {
        let metrics = app.metrics.route(name);
        let handler = move |State(app): State<App>, request: Request| {
            let metrics = metrics.clone();
            async move {
                let since = Instant::now();
                let (parts, body) = request.into_parts();
                let (headers, verb) = (parts.headers.clone(), parts.method.clone());
                let from = peer(&parts);
                // A ticket is letters, digits, `-` and `_`: what is escaped is none.
                let ticket = parts.uri.path().rsplit('/').next().unwrap_or_default();
                let reply = serve(&app, name, verbs, ticket, &verb, &parts.headers, body).await;
                let mut response = reply.unwrap_or_else(Failure::into_response);
                echo(&headers, &mut response);
                let took = metrics.count(response.status(), since);
                log_request(&app, &headers, from, &verb, name, response.status(), took);
                response
            }
        };
        router = router.route(&name.replace('<', "{").replace('>', "}"), any(handler));
    }
    router
}

const READ_VERBS: &str = "GET, HEAD, OPTIONS";

async fn serve(
    app: &App,
    name: &'static str,
    verbs: &'static str,
    ticket: &str,
    verb: &Method,
    headers: &HeaderMap,
    body: Body,
) -> Reply {
    let is_head = *verb == Method::HEAD;
    match (name, verb.as_str()) {
        (_, "OPTIONS") => Ok(cors::preflight(cors::STORAGE_VERBS)),
        (UPLOAD, "PUT") => receive(app, ticket, headers, body.into_data_stream()).await,
        (UPLOAD, "POST") => receive_form(app, ticket, headers, body).await,
        (GET, "GET" | "HEAD") => send(app, ticket, headers, is_head).await,
        (DOCUMENT, "GET" | "HEAD") => {
            let now = app.core.db.clock().now_ms();
            let payload = app.core.keys.verify(Purpose::Document, ticket, now)?;
            listings::document(app.core.clone(), &payload).await
        }
        _ => {
            let text = format!("{verb} is not a verb of this address");
            let code = ErrorCode::MethodNotAllowed;
            let failure = Failure::new(StatusCode::METHOD_NOT_ALLOWED, code, text);
            let mut response = failure.into_response();
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(verbs));
            Ok(response)
        }
    }
}

/// Takes in a body as it is.
async fn receive(
    app: &App,
    ticket: &str,
    headers: &HeaderMap,
    body: axum::body::BodyDataStream,
) -> Reply {
    let ticket = upload_ticket(app, ticket)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<u64>().ok());
    if let Some(bytes) = announced {
        ticket.require_fits(&app.core.settings, bytes)?;
    }
    take(app, &ticket, TryStreamExt::map_err(body, std::io::Error::other).boxed()).await
}

/// Takes in the field `file` of a form; the fields before it are the ticket's own, sent back.
async fn receive_form(app: &App, ticket: &str, headers: &HeaderMap, body: Body) -> Reply {
    let ticket = upload_ticket(app, ticket)?;
    if ticket.part.is_some() {
        return Err(Failure::invalid("a part is sent with PUT"));
    }
    let mime = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(mime)
        .map_err(|_| Failure::invalid("Content-Type: not multipart/form-data"))?;
    let limits =
        multer::SizeLimit::new().for_field("file", u64::MAX).per_field(FORM_FIELD_BYTES_MAX);
    let constraints = multer::Constraints::new().size_limit(limits);
    let (heads, body) = form::guarded(body);
    let mut form = multer::Multipart::with_constraints(body, boundary, constraints);
    let refused = |err: multer::Error| Failure::invalid(format!("the form cannot be read: {err}"));
    while let Some(field) = form.next_field().await.map_err(refused)? {
        heads.passed();
        if field.name() == Some("file") {
            return take(app, &ticket, field.map_err(std::io::Error::other).boxed()).await;
        }
        field.bytes().await.map_err(refused)?;
        heads.awaited();
    }
    Err(Failure::invalid("file: is required"))
}

fn upload_ticket(app: &App, text: &str) -> Result<Ticket, Failure> {
    let now = app.core.db.clock().now_ms();
    Ticket::verify(&app.core.keys, Purpose::Upload, text, now)
        .map_err(|_| Error::NotFound(Subject::Upload).into())
}

async fn take(app: &App, ticket: &Ticket, body: ByteStream) -> Reply {
    match ticket.part {
        None => upload::receive(&app.core, ticket, body).await?,
        Some(_) => upload::receive_part(&app.core, ticket, body).await?,
    }
    Ok(Response::new(Body::empty()))
}

/// What a download ticket says; all that is needed to answer without asking the tree again.
#[derive(Debug)]
struct DownloadTicket {
    /// Who was given it: it ends with that account.
    account: AccountId,
    blob: BlobId,
    for_view: bool,
    modified_ms: i64,
    mime: String,
    name: String,
}

impl DownloadTicket {
    fn to_text(&self) -> String {
        let view = u8::from(self.for_view);
        // The name comes last, as it may hold anything but a line feed.
        let Self { account, blob, modified_ms, mime, name, .. } = self;
        format!("{account} {blob} {view} {modified_ms} {mime}\n{name}")
    }

    fn parse(text: &str) -> Option<Self> {
        let (fields, name) = text.split_once('\n')?;
        let mut fields = fields.splitn(5, ' ');
        Some(Self {
            account: AccountId(fields.next()?.parse().ok()?),
            blob: BlobId(fields.next()?.parse().ok()?),
            for_view: fields.next()? == "1",
            modified_ms: fields.next()?.parse().ok()?,
            mime: fields.next()?.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// Where the content of a file can be fetched for a while.
pub(super) fn download_url(
    call: &Call,
    account: AccountId,
    node: &Node,
    content: &Content,
    for_view: bool,
) -> String {
    let ticket = DownloadTicket {
        account,
        blob: content.blob,
        for_view,
        modified_ms: node.modified_ms,
        mime: node.mime_type().to_owned(),
        name: node.name.clone(),
    };
    let expires = call.core().db.clock().now_ms() + OWN_FILE_MS;
    let signed = call.core().keys.sign(Purpose::Download, ticket.to_text().as_bytes(), expires);
    format!("{}/storage/get/{signed}", call.base_url())
}

async fn send(app: &App, ticket: &str, headers: &HeaderMap, is_head: bool) -> Reply {
    let now = app.core.db.clock().now_ms();
    let payload = app.core.keys.verify(Purpose::Download, ticket, now)?;
    let ticket = String::from_utf8(payload).ok();
    let ticket = ticket.as_deref().and_then(DownloadTicket::parse);
    let ticket = ticket.ok_or(Error::NotFound(Subject::Ticket))?;
    let (account, blob) = (ticket.account, ticket.blob);
    let located = app
        .core
        .db
        .read(move |tx| {
            account::require_standing(tx, account)?;
            content::locate(tx, blob)
        })
        .await?;
    let download = Download {
        size: located.size,
        etag: render::hex(&located.md5),
        mime: ticket.mime,
        attachment: (!ticket.for_view).then_some(ticket.name),
        modified_ms: Some(ticket.modified_ms),
    };
    let blobs = app.core.blobs.clone();
    let open = move |range| {
        let (located, blobs) = (located.clone(), blobs.clone());
        async move { located.stream(&blobs, range).await }
    };
    let response: CoreResult<Response> = reply(headers, is_head, &download, open).await;
    let mut response = response?;
    // The address is a secret, and what it gives is somebody's own.
    let private = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(CACHE_CONTROL, private);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_ticket_is_read_as_it_was_written() {
        let ticket = DownloadTicket {
            account: AccountId(3),
            blob: BlobId(7),
            for_view: true,
            modified_ms: -5,
            mime: "text/plain; charset=x".to_owned(),
            name: "a b \u{2028}ё.txt".to_owned(),
        };
        let read = DownloadTicket::parse(&ticket.to_text()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{ticket:?}"));
        assert!(DownloadTicket::parse("3 7 1 5 text/plain").is_none());
    }
}
