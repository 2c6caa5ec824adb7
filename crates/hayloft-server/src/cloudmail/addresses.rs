//! What lies beside the API: the sign-in, the dispatchers and the addresses where bytes travel.

use axum::Router;

use super::{
    dispatch::{self, serve},
    dispatchers, download, meta, pages, public, public_page, sign_in, thumb, token, upload, video,
    zip,
};
use crate::App;

/// All that this dialect answers at.
pub(crate) fn router(app: &App) -> Router<App> {
    let router = dispatch::router(app);
    let router = serve(router, app, "/ (addresses)", &["/"], dispatchers::base);
    let letters = ["/m", "/d", "/u", "/o", "/w", "/G"];
    let router = serve(router, app, "/m (plain dispatcher)", &letters, dispatchers::plain);
    let router = serve(router, app, "/token", &["/token", "/token/"], token::grant);
    let router = serve(router, app, "/meta", &["/meta", "/meta/"], meta::serve);
    let router = serve(router, app, "/get/<path>", &["/get/", "/get/{*path}"], download::get);
    let shown = ["/view/", "/view/{*path}", "/docdl/", "/docdl/{*path}"];
    let router = serve(router, app, "/view/<path>", &shown, download::view);
    let router = serve(router, app, "/thumb/<preset>/<path>", &[thumb::OWN], thumb::own);
    let label = "/weblink/thumb/<preset>/<weblink>";
    let router = serve(router, app, label, &[thumb::LINKED], thumb::of_link);
    let router = serve(router, app, "/video/<quality>/<path>", &[video::OWN], video::own);
    let label = "/videowl/<quality>/<weblink>";
    let router = serve(router, app, label, &[video::LINKED], video::of_link);
    let label = "/weblink/get/<weblink>";
    let router = serve(router, app, label, &["/weblink/get/{*weblink}"], public::get);
    let label = "/weblink/view/<weblink>";
    let router = serve(router, app, label, &["/weblink/view/{*weblink}"], public::view);
    let router = serve(router, app, "/public/<weblink>", &public_page::PATHS, public_page::show);
    let router = serve(router, app, "/zip/<token>/<name>", &[zip::PATH], zip::stream);
    let uploads = [
        "/upload",
        "/upload/",
        "/upload/{*path}",
        "/upload-web",
        "/upload-web/",
        "/upload-web/{*path}",
        "/public-upload",
        "/public-upload/",
        "/public-upload/{*path}",
    ];
    let router = serve(router, app, "/upload", &uploads, upload::upload);
    let router = serve(router, app, "/cgi-bin/auth", &["/cgi-bin/auth"], sign_in::auth);
    let router = serve(router, app, "/jsapi/auth", &["/jsapi/auth"], sign_in::auth_by_script);
    let router =
        serve(router, app, "/cgi-bin/secstep", &["/cgi-bin/secstep"], sign_in::second_step);
    let router = serve(router, app, "/sdc", &["/sdc"], sign_in::carry_over);
    let router = serve(router, app, "/login", &["/login"], pages::login);
    let router = serve(router, app, "/messages/inbox", &["/messages/inbox"], pages::inbox);
    serve(router, app, "/home", &["/home", "/home/{*path}"], pages::home)
}
