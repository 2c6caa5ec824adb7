//! What lies behind a link beside the API: bytes and the page.

use std::time::Duration;

use hayloft_core::{
    NodePath, account,
    account::{Login, Password},
    link::{self, LinkKind, LinkOptions},
};
use reqwest::Method;
use serde_json::Value;

use super::{
    common::{Mail, body, refusal},
    links::{open, publish, stranger},
};
use crate::{
    client::{Reply, send},
    server::{TestServer, on_each},
};

async fn get(mail: &Mail, path: &str) -> Reply {
    send(mail.http.get(mail.url(path))).await
}

fn html(reply: &Reply) -> String {
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    String::from_utf8(reply.bytes.clone()).expect("a page")
}

/// Gives a link of somebody's options.
async fn with_options(server: &TestServer, mail: &Mail, home: &str, options: LinkOptions) {
    let login = Login::parse(&mail.login).expect("a login");
    let path = NodePath::parse(home).expect("a path");
    let changed = server.core.db.write(move |tx| {
        let id = account::by_login(tx, &login)?.expect("an account");
        let actor = account::actor(tx, id)?;
        link::create(tx, &actor, &path, LinkKind::Read, &options)
    });
    changed.await.expect("a link");
}

#[tokio::test]
async fn bytes_behind_a_link() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/docs/a b.html", b"<script>alert(1)</script>").await;
        let folder = publish(&ann, "/docs").await;
        let file = publish(&ann, "/docs/a b.html").await;
        let nobody = stranger(&server);
        let base = body(&get(&nobody, "dispatcher").await)["weblink_get"][0]["url"].clone();
        let base = base.as_str().expect("an address");
        for address in [
            format!("{base}/{file}"),
            format!("{base}//{file}/?key=0123456789abcdef"),
            format!("{base}/{folder}/a%20b.html"),
            format!("{base}/{}%2Fa%20b.html", folder.replace('/', "%2F")),
        ] {
            let got = send(nobody.http.get(&address)).await;
            assert_eq!(
                (got.status.as_u16(), &got.bytes[..]),
                (200, &b"<script>alert(1)</script>"[..])
            );
            assert_eq!(got.header("accept-ranges"), "bytes");
            assert!(got.header("content-disposition").starts_with("attachment"), "{address}");
        }
        let part = nobody.http.get(format!("{base}/{file}")).header("range", "bytes=1-6");
        let part = send(part).await;
        assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &b"script"[..]));
        let shown = get(&nobody, &format!("/weblink/view/{file}")).await;
        assert_eq!(shown.header("content-security-policy"), "sandbox", "no script runs");
        let head = send(nobody.http.head(format!("{base}/{file}"))).await;
        assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "25"));
        for path in [
            format!("/weblink/get/{folder}"),
            format!("/weblink/get/{folder}/none"),
            "/weblink/get/aaaa/bbbbbbbbbbbb".to_owned(),
            format!("/get/{folder}/a%20b.html?token="),
        ] {
            let reply = get(&nobody, &path).await;
            assert!([403, 404].contains(&reply.status.as_u16()), "{path}: {reply}");
        }
        let counted = body(&get(&nobody, "dispatcher").await);
        assert!(counted["weblink_get"][0]["count"].is_number());
    })
    .await;
}

#[tokio::test]
async fn a_link_gives_no_more_downloads_than_it_has() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/a.txt", b"from ann").await;
        let link = publish(&ann, "/a.txt").await;
        let options = LinkOptions { download_max: Some(2), ..LinkOptions::default() };
        with_options(&server, &ann, "/a.txt", options).await;
        let nobody = stranger(&server);
        let address = format!("/weblink/get/{link}");
        let part = nobody.http.get(nobody.url(&address)).header("range", "bytes=4-");
        assert_eq!(send(part).await.status, 206);
        assert_eq!(get(&nobody, &address).await.status, 200);
        assert_eq!(get(&nobody, &address).await.status, 400);
        let part = nobody.http.get(nobody.url(&address)).header("range", "bytes=4-");
        assert_eq!(send(part).await.status, 400, "nor in parts");
        let expires_ms = Some(server.core.db.clock().now_ms() + 1000);
        let options = LinkOptions { expires_ms, ..LinkOptions::default() };
        with_options(&server, &ann, "/a.txt", options).await;
        server.advance(Duration::from_secs(2));
        assert_eq!(get(&nobody, &address).await.status, 404, "its time is over");
    })
    .await;
}

/// The object that clients cut values out of.
fn configuration(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"configuration\">").expect("an element");
    let (json, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(json).expect("JSON")
}

#[tokio::test]
async fn the_page_of_a_folder() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        let name = "<img src=x onerror=alert(1)>'\".html";
        let cloudike = server.stranger().signed_in(&ann.login, crate::server::PASSWORD).await;
        ann.post("folder/add", &[("home", "/docs/sub & more")]).await;
        let put = cloudike.upload(&format!("/docs/{name}"), b"x").await;
        assert_eq!(put.status, 200, "{put}");
        let link = publish(&ann, "/docs").await;
        let nobody = stranger(&server);
        let reply = get(&nobody, &format!("/public/{link}")).await;
        assert_eq!(reply.status, 200, "{reply}");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script"), "{policy}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "the address is the key");
        let page = html(&reply);
        assert!(!page.contains("<img"), "{page}");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&#39;&quot;.html</a>"), "{page}");
        assert!(page.contains(&format!("/weblink/get/{link}/%3Cimg%20src%3Dx")), "{page}");
        assert!(page.contains(&format!("\"/public/{link}/sub%20%26%20more\"")), "{page}");
        let told = configuration(&page);
        assert_eq!(told["weblink_get"]["url"], format!("{}/weblink/get", server.base));
        assert_eq!(told["csrf"], "", "a stranger acts for nobody");
        let whole = format!("/public/{}/", link.replace('/', ""));
        assert_eq!(get(&nobody, &whole).await.status, 200, "all 16 characters together");
        let below = html(&get(&nobody, &format!("/public/{link}/sub%20%26%20more")).await);
        assert!(below.contains("<h1>sub &amp; more</h1>"), "{below}");
        assert!(below.contains(&format!("\"/public/{link}\">Folder above")), "{below}");
        for path in [
            "/public/",
            "/public/x",
            "/public/aaaa/bbbbbbbbbbbb",
            "/public//evil.example/x",
            "/public/%2F%2Fevil.example",
            "/public/<script>",
            "/public/..%2f..%2fetc",
        ] {
            let reply = get(&nobody, path).await;
            assert!([400, 404].contains(&reply.status.as_u16()), "{path}: {reply}");
            assert!(
                !html(&reply).contains("evil") && reply.headers.get("location").is_none(),
                "{path}"
            );
        }
        let form = [("action", "zip"), ("to", "https://evil.example/")];
        let made = send(nobody.http.post(nobody.url(&format!("/public/{link}"))).form(&form)).await;
        assert_eq!(made.status, 303, "{made}");
        let to = made.header("location").to_owned();
        assert!(to.starts_with(&format!("{}/zip/", server.base)), "{to}");
        assert_eq!(&get(&nobody, &to[server.base.len()..]).await.bytes[..2], b"PK");
        let put =
            send(nobody.http.request(Method::PUT, nobody.url(&format!("/public/{link}")))).await;
        assert_eq!((put.status.as_u16(), put.header("allow")), (405, "GET, HEAD, POST"));
    })
    .await;
}

#[tokio::test]
async fn a_link_with_a_password() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/docs/a.txt", b"from ann").await;
        let link = publish(&ann, "/docs").await;
        let password = Password::parse("open sesame").expect("a password");
        let hash = account::hash_password(&password).await.expect("a hash");
        let options = LinkOptions { password_hash: Some(hash), ..LinkOptions::default() };
        with_options(&server, &ann, "/docs", options).await;
        let nobody = stranger(&server);
        let address = format!("/public/{link}");
        let form = get(&nobody, &address).await;
        assert_eq!(form.status, 403);
        let page = html(&form);
        assert!(page.contains("type=\"password\"") && !page.contains("a.txt"), "{page}");
        assert_eq!(refusal(&open(&nobody, "folder", &link).await), "403 weblink access_denied");
        assert_eq!(get(&nobody, &format!("/weblink/get/{link}/a.txt")).await.status, 403);
        let given = |password: &'static str| {
            nobody.http.post(nobody.url(&address)).form(&[("password", password)])
        };
        let wrong = send(given("sesame")).await;
        assert!(wrong.status == 403 && html(&wrong).contains("not the password"), "{wrong}");
        assert!(wrong.headers.get("set-cookie").is_none());
        let right = send(given("open sesame")).await;
        assert_eq!((right.status.as_u16(), right.header("location")), (303, address.as_str()));
        let cookie = right.header("set-cookie").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("Path=/public/"), "{cookie}");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let page = send(nobody.http.get(nobody.url(&address)).header("cookie", &cookie)).await;
        let page = html(&page);
        let (_, rest) = page.split_once("/weblink/get/").expect("an address");
        let (rest, _) = rest.split_once('"').expect("its end");
        assert_eq!(get(&nobody, &format!("/weblink/get/{rest}")).await.bytes, b"from ann");
        let key = configuration(&page)["tokens"]["download"].as_str().expect("a key").to_owned();
        let other = format!("/weblink/get/{link}/a.txt?key={}", key.replace(&key[..1], "x"));
        assert_eq!(get(&nobody, &other).await.status, 403);
        let query = [("weblink", link.as_str()), ("password", "open sesame")];
        let listed = send(nobody.http.get(nobody.url("folder")).query(&query)).await;
        assert_eq!(body(&listed)["list"][0]["name"], "a.txt");

        let options = LinkOptions { password_hash: Some(String::new()), ..LinkOptions::default() };
        with_options(&server, &ann, "/docs", options).await;
        assert_eq!(get(&nobody, &address).await.status, 200, "the password is taken away");
        let password = Password::parse("another one").expect("a password");
        let hash = account::hash_password(&password).await.expect("a hash");
        let options = LinkOptions { password_hash: Some(hash), ..LinkOptions::default() };
        with_options(&server, &ann, "/docs", options).await;
        let late = send(nobody.http.get(nobody.url(&address)).header("cookie", &cookie)).await;
        assert_eq!(late.status, 403, "the key was of another password");
    })
    .await;
}
