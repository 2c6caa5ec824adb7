//! BITS uploads: a session, fragments in order, and the end of it, all by headers (the BITS upload
//! protocol, with what the service did otherwise).

use axum::{body::Body, response::Response};
use futures::{StreamExt as _, TryStreamExt as _};
use hayloft_core::{
    Error, Name, NodePath, tree,
    upload::{self, Appended, Finished, Piece},
};
use hayloft_wire::skydrive::ErrorCode;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE},
};

use super::{
    call::Call,
    error::Failure,
    ids::{self, ObjectId},
    objects::{self, checked_name},
    place::{ObjectAt, User},
    render::Reply,
};

/// The one protocol there is.
const PROTOCOL: &str = "{7df0354d-249b-430f-820d-3d2a9bef4931}";

const PACKET_TYPE: HeaderName = HeaderName::from_static("bits-packet-type");
const SESSION_ID: HeaderName = HeaderName::from_static("bits-session-id");
const SUPPORTED: HeaderName = HeaderName::from_static("bits-supported-protocols");
const RECEIVED: HeaderName = HeaderName::from_static("bits-received-content-range");
const ERROR_CODE: HeaderName = HeaderName::from_static("bits-error-code");
const ERROR_CONTEXT: HeaderName = HeaderName::from_static("bits-error-context");
const CLIENT_ERROR: HeaderName = HeaderName::from_static("x-clienterrorcode");

/// `BITS_POST /items/<folder>/<name>`
pub(super) async fn upload_by_id(call: &Call, body: Body) -> Reply {
    let [folder, name] = call.place.names.as_slice() else {
        return Err(invalid("the address names no folder and file"));
    };
    let folder = match ObjectId::parse_short(folder) {
        Some(id) => ObjectAt::Id(id, folder.clone()),
        None => ObjectAt::Unknown(folder.clone()),
    };
    run(call, body, &Target { folder, below: Vec::new(), name: name.clone() }).await
}

/// `BITS_POST /users/0x<cid>/LiveFolders/<path>`
pub(super) async fn upload_by_path(call: &Call, body: Body) -> Reply {
    let Some((cid, [below @ .., name])) = call.place.names.split_first() else {
        return Err(invalid("the address names no file"));
    };
    let digits = cid.strip_prefix("0x").or_else(|| cid.strip_prefix("0X")).unwrap_or(cid);
    let folder = match ids::parse_cid(digits) {
        Some(cid) => ObjectAt::Root(User::Cid(cid)),
        None => ObjectAt::Unknown(cid.clone()),
    };
    run(call, body, &Target { folder, below: below.to_vec(), name: name.clone() }).await
}

/// Where an upload goes.
struct Target {
    folder: ObjectAt,
    below: Vec<String>,
    name: String,
}

async fn run(call: &Call, body: Body, target: &Target) -> Reply {
    let packet = header(call, &PACKET_TYPE).map(str::to_ascii_lowercase);
    let reply = match packet.as_deref() {
        Some("create-session") => create(call, target).await,
        Some("fragment") => fragment(call, body).await,
        Some("close-session") => close(call).await,
        Some("cancel-session") => cancel(call).await,
        Some("ping") => Ok(ack(StatusCode::OK)),
        Some(_) => Err(invalid("the header BITS-Packet-Type names no packet of the protocol")),
        None => Err(invalid("the header BITS-Packet-Type is missing")),
    };
    reply.map_err(as_packet)
}

fn header<'a>(call: &'a Call, name: &HeaderName) -> Option<&'a str> {
    call.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn ack(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(PACKET_TYPE, HeaderValue::from_static("Ack"));
    response
}

/// A refusal as a packet: the code that clients of the protocol look at, where it has one.
fn as_packet(failure: Failure) -> Failure {
    let code = match failure.status {
        StatusCode::BAD_REQUEST => Some("0x80070057"),
        StatusCode::FORBIDDEN => Some("0x80070005"),
        _ => None,
    };
    let failure = failure.with(PACKET_TYPE, HeaderValue::from_static("Ack"));
    match code {
        Some(code) => failure
            .with(ERROR_CODE, HeaderValue::from_static(code))
            .with(ERROR_CONTEXT, HeaderValue::from_static("0x5")),
        None => failure,
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, ErrorCode::ParameterInvalid, message)
}

/// Sessions that are unknown are told with 500: so the protocol has it, and so the clients know it.
fn no_session() -> Failure {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Failure::new(status, ErrorCode::NotFound, "there is no such upload session")
        .with(ERROR_CODE, HeaderValue::from_static("0x8020001F"))
        .with(ERROR_CONTEXT, HeaderValue::from_static("0x5"))
        .with(CLIENT_ERROR, HeaderValue::from_static("UploadSessionNotFound"))
}

/// The refusal of what does not follow: the client goes on from the offset it is told.
fn out_of_order(expected: u64) -> Failure {
    let text = format!("the upload goes on at offset {expected}");
    Failure::new(StatusCode::RANGE_NOT_SATISFIABLE, ErrorCode::ParameterInvalid, text)
        .with(RECEIVED, HeaderValue::from(expected))
}

fn refused(err: Error) -> Failure {
    match err {
        Error::NotFound(hayloft_core::Subject::Upload) => no_session(),
        // A fragment that is longer than it says.
        Error::TooLong | Error::UploadIncomplete => {
            invalid("the body has not the length that Content-Range tells")
        }
        other => other.into(),
    }
}

/// Create-Session
async fn create(call: &Call, target: &Target) -> Reply {
    let supported = header(call, &SUPPORTED).unwrap_or_default();
    if !supported.split([' ', ',']).any(|protocol| protocol.eq_ignore_ascii_case(PROTOCOL)) {
        return Err(invalid(
            "the header BITS-Supported-Protocols names no protocol of this server",
        ));
    }
    let (keys, settings) = (call.core().keys.clone(), call.core().settings.clone());
    let name = Name::parse(&checked_name(&target.name)?)?;
    let (at, below) = (target.folder.clone(), target.below.clone());
    let key = call
        .write(move |tx, caller| {
            let folder = objects::find(tx, &keys, caller, &at)?;
            let folder = if below.is_empty() {
                folder
            } else {
                let path = NodePath::parse(&below.join("/"))?;
                let path = path.names().fold(folder.path, |path, name| path.join(name));
                tree::resolve_folder(tx, &caller.actor, &path)?
            };
            if !folder.node.is_folder() {
                return Err(Failure::not_found(at.text()));
            }
            let actor = &caller.actor;
            Ok(upload::begin_sequence(tx, actor, &settings, folder.node.id, &name)?)
        })
        .await?;
    let mut response = ack(StatusCode::CREATED);
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("bits-protocol"), HeaderValue::from_static(PROTOCOL));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("Identity"));
    let id = HeaderValue::from_str(&format!("{{{key}}}"));
    headers.insert(SESSION_ID, id.map_err(|_| Error::Internal("a key is no header".into()))?);
    Ok(response)
}

/// The key of the session that a packet names. The braces are its dress, not part of it.
fn session(call: &Call) -> Result<String, Failure> {
    let id = header(call, &SESSION_ID)
        .ok_or_else(|| invalid("the header BITS-Session-Id is missing"))?;
    Ok(id.trim_start_matches('{').trim_end_matches('}').to_uppercase())
}

fn acknowledged(call: &Call, status: StatusCode) -> Response {
    let mut response = ack(status);
    if let Some(id) = call.headers.get(&SESSION_ID) {
        response.headers_mut().insert(SESSION_ID, id.clone());
    }
    response
}

/// Fragment: the session is the right to send it, a token is not looked at.
async fn fragment(call: &Call, body: Body) -> Reply {
    let key = session(call)?;
    let range = header(call, &CONTENT_RANGE).unwrap_or_default();
    let piece = piece(range).ok_or_else(|| {
        invalid("the header Content-Range must be `bytes <first>-<last>/<total>`")
    })?;
    if piece.bytes > call.app.config.skydrive.fragment_bytes_max {
        let most = call.app.config.skydrive.fragment_bytes_max;
        return Err(Failure::too_large(format!("a fragment has at most {most} bytes")));
    }
    let announced = header(call, &CONTENT_LENGTH);
    if announced.is_some_and(|length| length.parse() != Ok(piece.bytes)) {
        return Err(invalid("the body has not the length that Content-Range tells"));
    }
    let body = body.into_data_stream().map_err(std::io::Error::other).boxed();
    match upload::append(call.core(), &key, piece, body).await.map_err(refused)? {
        Appended::Next(offset) => {
            let mut response = acknowledged(call, StatusCode::OK);
            response.headers_mut().insert(RECEIVED, HeaderValue::from(offset));
            Ok(response)
        }
        Appended::OutOfOrder(expected) => Err(out_of_order(expected)),
    }
}

/// Reads `bytes <first>-<last>/<total>`.
fn piece(text: &str) -> Option<Piece> {
    let (unit, rest) = text.trim().split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (range, total) = rest.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let number = |digits: &str| {
        let digits = digits.trim();
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<u64>().ok())?
    };
    let (first, last, total) = (number(first)?, number(last)?, number(total)?);
    let bytes = last.checked_sub(first)?.checked_add(1)?;
    (last < total).then_some(Piece { first, bytes, total })
}

/// Close-Session
async fn close(call: &Call) -> Reply {
    let key = session(call)?;
    let caller = call.caller().await?;
    let finished = upload::finish_sequence(call.core(), &caller.actor, &key).await;
    match finished.map_err(refused)? {
        Finished::Incomplete(expected) => Err(out_of_order(expected)),
        Finished::File(view) => {
            let mut response = acknowledged(call, StatusCode::CREATED);
            let cid = ids::cid(&call.core().keys, view.node.owner);
            let short = HeaderValue::from_str(&ids::short(&cid, view.node.id));
            let short = short.map_err(|_| Error::Internal("an id is no header".to_owned()))?;
            response.headers_mut().insert(HeaderName::from_static("x-resource-id"), short);
            Ok(response)
        }
    }
}

/// Cancel-Session
async fn cancel(call: &Call) -> Reply {
    let key = session(call)?;
    let cancelled = call.core().db.write(move |tx| upload::cancel_sequence(tx, &key)).await;
    cancelled.map_err(refused)?;
    Ok(acknowledged(call, StatusCode::OK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_bad_ones_refused() {
        let of = |first, bytes, total| Some(Piece { first, bytes, total });
        assert_eq!(piece("bytes 0-9/10"), of(0, 10, 10));
        assert_eq!(piece("Bytes 5-5/10"), of(5, 1, 10));
        for text in [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 0-9/*",
            "bytes 9-0/10",
            "bytes 0-10/10",
            "bytes -1-2/10",
            "bytes +1-2/10",
            "items 0-9/10",
            "bytes 0-18446744073709551615/10",
            "bytes 0-99999999999999999999/999999999999999999999",
        ] {
            assert_eq!(piece(text), None, "{text}");
        }
    }
}
