//! The page of a public link: what it leads to, buttons to fetch it, and the form for its password.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Error,
    tree::{self, ListOptions, View},
};
use hayloft_store::random;
use hayloft_wire::cloudmail::{ErrorBody, ErrorName, Space};
use http::{
    HeaderName, HeaderValue, Method, StatusCode,
    header::{ALLOW, LOCATION},
};

use super::{
    dispatch::Visit,
    download::tail,
    error::Failure,
    linked::{self, Opening},
    links::below,
    pages::{Told, configuration, escape, page},
    params::Params,
    proof,
    public::{escaped_path, readable_size},
    reply::{self, SET_COOKIE},
    zip,
};

/// Where pages of links are.
pub(super) const PATHS: [&str; 2] = ["/public/", "/public/{*link}"];
/// How many entries of a folder one page shows.
const ENTRIES_MAX: u32 = 500;
/// What the cookie is called that holds the key of a link, before the link's hash.
const COOKIE: &str = "weblink_";

/// `/public/<4>/<12>[/<path>]`, also with all 16 characters together.
pub(super) async fn show(visit: Visit, body: Body) -> Response {
    let answer = match visit.parts.method {
        Method::GET | Method::HEAD => get(&visit).await,
        Method::POST => post(&visit, body).await,
        _ => {
            let mut response = message(StatusCode::METHOD_NOT_ALLOWED, "Only to be looked at");
            let verbs = HeaderValue::from_static("GET, HEAD, POST");
            response.headers_mut().insert(ALLOW, verbs);
            return response;
        }
    };
    let mut response = answer.unwrap_or_else(|failure| refusal(&failure));
    // The address of the page is the key to what it shows.
    let policy = HeaderName::from_static("referrer-policy");
    response.headers_mut().insert(policy, HeaderValue::from_static("no-referrer"));
    response
}

/// The link as the address spells it, behind `/public/`.
fn asked(visit: &Visit) -> Result<String, Failure> {
    Ok(tail(visit, 1)?.spelling)
}

async fn get(visit: &Visit) -> Result<Response, Failure> {
    let text = asked(visit)?;
    let params = Params::of_query(visit.parts.uri.query());
    let offset = params.number("offset")?.unwrap_or(0);
    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
    match open(visit, &text).await {
        Ok(opening) => render(visit, &opening, offset).await,
        Err(failure) if wants_password(&failure) => Ok(password_form(false)),
        Err(failure) => Err(failure),
    }
}

/// Opens a link with the key that a cookie holds since its password was given.
async fn open(visit: &Visit, text: &str) -> Result<Opening, Failure> {
    let hash = linked::split(text).map(|(hash, _)| hash).unwrap_or_default();
    let key = proof::cookie(visit.headers(), &format!("{COOKIE}{hash}")).unwrap_or_default();
    let mut params = Params::default();
    params.add("key", key);
    Opening::new(&visit.app.core, text, &params, visit.peer.ip).await
}

fn wants_password(failure: &Failure) -> bool {
    failure.status == StatusCode::FORBIDDEN
        && matches!(&failure.body, Some(ErrorBody::Parameter { name: ErrorName::AccessDenied, .. }))
}

/// What the buttons of the page send: the password, or the wish for an archive.
async fn post(visit: &Visit, body: Body) -> Result<Response, Failure> {
    let text = asked(visit)?;
    let params = Params::read(None, visit.headers(), body).await?;
    if params.get("action") == Some("zip") {
        let opening = open(visit, &text).await?;
        let address = zip::of_link(&visit.app.core, &opening, None).await?;
        return Ok(to(&format!("{}{address}", visit.origins().cloud)));
    }
    let mut given = Params::default();
    given.add("password", params.get("password").unwrap_or_default());
    let opening = match Opening::new(&visit.app.core, &text, &given, visit.peer.ip).await {
        Ok(opening) => opening,
        Err(failure) if wants_password(&failure) => return Ok(password_form(true)),
        Err(failure) => return Err(failure),
    };
    let address = below(&opening.hash, &opening.path);
    let mut response = to(&format!("/public/{}", escaped_path(&address)));
    if let Some(key) = opening.key(&visit.app.core) {
        let secure = if visit.origins().is_secure { "; Secure" } else { "" };
        let cookie = format!(
            "{COOKIE}{}={key}; Path=/public/; HttpOnly; SameSite=Lax{secure}",
            opening.hash
        );
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// What is seen next is got by GET, whatever led there. The address is one that we made.
fn to(address: &str) -> Response {
    let mut response = reply::text(StatusCode::SEE_OTHER, "");
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, address);
    }
    response
}

/// What the link shows, and a part of what is in it.
struct Seen {
    view: View,
    entries: Vec<View>,
    is_last_page: bool,
}

async fn render(visit: &Visit, opening: &Opening, offset: u32) -> Result<Response, Failure> {
    let core = &visit.app.core;
    let asked = opening.clone();
    let seen = core.db.read(move |tx| {
        let (_, actor) = asked.open(tx, None)?;
        let view = tree::resolve_any_case(tx, &actor, &asked.path)?;
        if !view.node.is_folder() {
            return Ok(Seen { view, entries: Vec::new(), is_last_page: true });
        }
        let options = ListOptions { offset, limit: Some(ENTRIES_MAX), ..ListOptions::default() };
        let listing = tree::list(tx, &actor, &view, &options)?;
        let is_last_page = listing.is_last_page;
        Ok::<_, Error>(Seen { view, entries: listing.entries, is_last_page })
    });
    let seen = seen.await.map_err(|err| opening.refused(err))?;
    let origins = visit.origins();
    let key = opening.key(core);
    let told = Told {
        csrf: String::new(),
        space: Space { overquota: false, bytes_used: 0, bytes_total: 0 },
        download: key.clone().unwrap_or_else(|| random::hex(20)),
    };
    let addresses = Addresses { hash: &opening.hash, shard: &origins.shard, key: key.as_deref() };
    let shown = if seen.view.node.is_folder() {
        folder(&seen, &addresses, offset)
    } else {
        file(&seen.view, &addresses)
    };
    let configuration = configuration(core, &origins, &told);
    let title = seen.view.name();
    Ok(page(StatusCode::OK, title, &format!("{shown}\n{configuration}")))
}

/// Addresses of what is at a link or below.
struct Addresses<'a> {
    hash: &'a str,
    shard: &'a str,
    key: Option<&'a str>,
}

impl Addresses<'_> {
    fn content(&self, view: &View) -> String {
        let path = escaped_path(&below(self.hash, &view.path));
        let key = self.key.map(|key| format!("?key={key}")).unwrap_or_default();
        format!("{}/weblink/get/{path}{key}", self.shard)
    }

    fn page(&self, view: &View) -> String {
        format!("/public/{}", escaped_path(&below(self.hash, &view.path)))
    }
}

fn file(view: &View, addresses: &Addresses<'_>) -> String {
    let address = escape(&addresses.content(view));
    let size = readable_size(view.node.size());
    format!("<p>{size}</p>\n<p><a href=\"{address}\" download>Download</a></p>")
}

fn folder(seen: &Seen, addresses: &Addresses<'_>, offset: u32) -> String {
    let rows = seen.entries.iter().map(|view| row(view, addresses)).collect::<String>();
    let own = escape(&addresses.page(&seen.view));
    let above = match seen.view.path.parent() {
        Some(above) => {
            let path = escape(&escaped_path(&below(addresses.hash, &above)));
            format!("<p><a href=\"/public/{path}\">Folder above</a></p>\n")
        }
        None => String::new(),
    };
    let next = offset.saturating_add(ENTRIES_MAX);
    let more = if seen.is_last_page {
        String::new()
    } else {
        format!("<p><a href=\"{own}?offset={next}\">More</a></p>\n")
    };
    format!(
        "{above}<table>\n{rows}</table>\n{more}<form method=\"post\" action=\"{own}\">\
         <input type=\"hidden\" name=\"action\" value=\"zip\">\
         <button>Download all</button></form>"
    )
}

fn row(view: &View, addresses: &Addresses<'_>) -> String {
    let name = escape(view.name());
    if view.node.is_folder() {
        let address = escape(&addresses.page(view));
        return format!("<tr><td><a href=\"{address}\">{name}/</a></td><td></td></tr>\n");
    }
    let address = escape(&addresses.content(view));
    let size = readable_size(view.node.size());
    format!("<tr><td><a href=\"{address}\" download>{name}</a></td><td>{size}</td></tr>\n")
}

fn password_form(was_wrong: bool) -> Response {
    let told = if was_wrong { "<p>This is not the password.</p>" } else { "" };
    let text = format!(
        "{told}<form method=\"post\"><label>Password <input name=\"password\" type=\"password\" \
         autocomplete=\"off\" required></label><button>Open</button></form>"
    );
    page(StatusCode::FORBIDDEN, "This link has a password", &text)
}

fn message(status: StatusCode, text: &str) -> Response {
    page(status, text, "")
}

fn refusal(failure: &Failure) -> Response {
    let text = match failure.status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => "This is not for you to see",
        StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => "This was closed after a complaint",
        StatusCode::UNPROCESSABLE_ENTITY => "This is too large for an archive",
        StatusCode::SERVICE_UNAVAILABLE => "Please come again in a moment",
        _ => "Something went wrong here",
    };
    message(failure.status, text)
}
