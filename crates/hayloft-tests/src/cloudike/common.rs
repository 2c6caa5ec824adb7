//! What all methods have in common: parameters, versions, verbs, sign-in, limits.

use hayloft_core::Settings;
use insta::{allow_duplicates, assert_snapshot};
use reqwest::{Method, multipart::Form};
use serde_json::json;

use crate::{
    client::{Client, send},
    server::{PASSWORD, on_each, on_each_with},
};

// methods: 72
#[tokio::test]
async fn parameters_come_in_every_form() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let make = |ann: &Client| ann.request(Method::POST, "fileops/folder_create");
        let path_of =
            async |request: reqwest::RequestBuilder| send(request).await.json()["path"].clone();
        assert_eq!(path_of(make(&ann).query(&[("path", "/query")])).await, "/query");
        assert_eq!(path_of(make(&ann).form(&[("path", "/form")])).await, "/form");
        assert_eq!(path_of(make(&ann).json(&json!({"path": "/json", "x": [1]}))).await, "/json");
        assert_eq!(
            path_of(make(&ann).multipart(Form::new().text("path", "/multi"))).await,
            "/multi"
        );
        let untyped = make(&ann).body("{\"path\": \"/untyped\"}");
        assert_eq!(path_of(untyped).await, "/untyped");
        let both = make(&ann).query(&[("path", "/loses")]).form(&[("path", "/wins")]);
        assert_eq!(path_of(both).await, "/wins");
        let body_of_get =
            ann.request(Method::GET, "fileops/folder_info/").json(&json!({"path": "/json"}));
        assert_eq!(send(body_of_get).await.json()["path"], "/json");
        for body in ["[]", "{\"path\":"] {
            let bad = make(&ann).header("content-type", "application/json").body(body);
            assert_eq!(send(bad).await.refusal(), "400 InvalidParameters", "{body}");
        }
        let bad = make(&ann).header("content-type", "multipart/form-data; boundary=x").body("--x");
        assert_eq!(send(bad).await.refusal(), "400 InvalidParameters");
        let large = make(&ann).form(&[("path", "x".repeat(1024 * 1024))]);
        assert_eq!(send(large).await.refusal(), "413 RequestTooLarge");
        let pieces = (0..2000).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1000]));
        let unannounced =
            make(&ann).body(reqwest::Body::wrap_stream(futures::stream::iter(pieces)));
        assert_eq!(send(unannounced).await.refusal(), "413 RequestTooLarge");
    })
    .await;
}

// methods: 72, 77, 128
#[tokio::test]
async fn both_versions_and_both_slashes_are_one() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        ann.mkdir("/a").await;
        let shapes = ["/api/0/metadata/a", "/api/1/metadata/a/", "/api/1/metadata//a"];
        let first = ann.get(shapes[0], &[]).await;
        for path in &shapes[1..] {
            assert_eq!(ann.get(path, &[]).await.bytes, first.bytes, "{path}");
        }
        for path in ["/api/0/trash", "/api/1/trash/", "/api/1/metadata", "/api/0/metadata/"] {
            assert_eq!(ann.get(path, &[]).await.status, 200, "{path}");
        }
        for (path, refusal) in [
            ("/api/2/trash/", "404 UnknownApiVersion"),
            ("/api/01/trash/", "404 UnknownApiVersion"),
            ("/api/1/nothing/", "404 MethodNotFound"),
            ("/api/one/trash/", "404 MethodNotFound"),
            ("/api/1/", "404 MethodNotFound"),
            ("/api", "404 MethodNotFound"),
            ("/api/1/metadata/a%2Fb", "400 InvalidParameters"),
            ("/api/1/metadata/%FF", "400 InvalidParameters"),
            ("/api/1/metadata/a%00", "400 InvalidParameters"),
        ] {
            assert_eq!(ann.get(path, &[]).await.refusal(), refusal, "{path}");
        }
    })
    .await;
}

// methods: 37, 77
#[tokio::test]
async fn strict_versions_hold_methods_to_their_documentation() {
    on_each_with(
        Settings::default(),
        |config| config.strict_versions = true,
        async |server| {
            let ann = server.user("ann").await;
            assert_eq!(ann.get("/api/1/metadata/", &[]).await.status, 200);
            assert_eq!(ann.get("/api/0/metadata/", &[]).await.refusal(), "404 MethodNotFound");
            assert_eq!(ann.get("/api/0/events/", &[]).await.status, 200);
            assert_eq!(ann.post("/api/0/events/", &[]).await.refusal(), "405 MethodNotAllowed");
            assert_eq!(
                ann.get("/api/1/accounts/tokens/", &[]).await.refusal(),
                "404 MethodNotFound"
            );
        },
    )
    .await;
}

// methods: 72, 77
#[tokio::test]
async fn verbs_are_answered_as_documented() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let wrong = send(ann.request(Method::PUT, "fileops/folder_create")).await;
        allow_duplicates! { assert_snapshot!(wrong.shape(), @r#"
        405 {
          "code": "MethodNotAllowed",
          "description": "PUT is not a verb of this method"
        }
        "#); }
        assert_eq!(wrong.header("allow"), "POST, OPTIONS");
        assert_eq!(ann.get("fileops/move/", &[]).await.refusal(), "405 MethodNotAllowed");
        assert_eq!(ann.post("metadata/", &[("listing", "0")]).await.status, 200, "tolerated");
        let get = ann.get("metadata/", &[]).await;
        let head = send(ann.request(Method::HEAD, "metadata/")).await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
        assert_eq!(head.header("etag"), get.header("etag"));
        assert_eq!(head.header("content-length"), get.header("content-length"));
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn browsers_of_other_sites_may_call() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let preflight = send(ann.request(Method::OPTIONS, "metadata/")).await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-methods"), "GET,POST,OPTIONS");
        assert_eq!(preflight.header("access-control-max-age"), "1728000");
        assert!(preflight.header("access-control-allow-headers").contains("Mountbit-Auth"));
        assert_eq!(send(ann.request(Method::OPTIONS, "no/such")).await.status, 204);
        let called = ann.request(Method::GET, "metadata/").header("origin", "https://x.example");
        let called = send(called.header("mountbit-request-id", "abc")).await;
        assert_eq!(called.header("access-control-allow-origin"), "*");
        assert!(called.header("access-control-expose-headers").contains("ETag"));
        assert_eq!(called.header("mountbit-request-id"), "abc");
        let refused =
            ann.request(Method::GET, "metadata/none").header("mountbit-request-id", "abc");
        assert_eq!(send(refused).await.header("mountbit-request-id"), "abc");
    })
    .await;
}

// methods: 72, 77
#[tokio::test]
async fn strangers_hear_first_that_they_are_strangers() {
    on_each(async |server| {
        let ann = server.user("ann").await;
        let nobody = server.stranger();
        let refused = nobody.get("metadata/", &[("limit", "bad")]).await;
        allow_duplicates! { assert_snapshot!(refused.shape(), @r#"
        401 {
          "code": "Unauthorized",
          "description": "wrong login or password, or not signed in"
        }
        "#); }
        assert_eq!(refused.header("www-authenticate"), "Basic realm=\"cloudike\"");
        let bad_body = nobody.request(Method::POST, "fileops/folder_create");
        let bad_body = bad_body.header("content-type", "application/json").body("[");
        assert_eq!(send(bad_body).await.refusal(), "401 Unauthorized");
        for token in ["", "short", &"0".repeat(32)] {
            let wrong = nobody.clone().with_token(token);
            assert_eq!(wrong.get("metadata/", &[]).await.refusal(), "401 Unauthorized", "{token}");
        }
        let basic = |login: &str, password: &str| {
            nobody.request(Method::GET, "metadata/").basic_auth(login, Some(password))
        };
        for login in ["ann@example.com", "email:ann@example.com"] {
            assert_eq!(send(basic(login, PASSWORD)).await.status, 200, "{login}");
        }
        assert_eq!(send(basic("ann@example.com", "wrong one")).await.refusal(), "401 Unauthorized");
        let both = basic("ann@example.com", PASSWORD).header("mountbit-auth", "wrong");
        assert_eq!(send(both).await.refusal(), "401 Unauthorized", "the first present decides");
        let token = ann.token.clone().expect("a token");
        let in_query = nobody.get("metadata/", &[("token", &token)]).await;
        assert_eq!(in_query.refusal(), "401 Unauthorized", "not for this method");
    })
    .await;
}

// methods: 77
#[tokio::test]
async fn what_is_not_encrypted_is_refused_where_that_is_asked() {
    let strict = |config: &mut hayloft_server::Config| {
        config.behind_proxy = true;
        config.require_https = true;
    };
    on_each_with(Settings::default(), strict, async |server| {
        let nobody = server.stranger();
        assert_eq!(nobody.get("metadata/", &[]).await.refusal(), "403 HttpsRequired");
        assert_eq!(nobody.get("no/such", &[]).await.refusal(), "403 HttpsRequired");
        let proxied = nobody.request(Method::GET, "check_ws/").header("x-forwarded-proto", "https");
        let proxied = send(proxied).await;
        assert!(proxied.json()["url"].as_str().unwrap().starts_with("wss://"), "{proxied}");
    })
    .await;
}

#[tokio::test]
async fn operators_see_how_the_server_is() {
    on_each(async |server| {
        let nobody = server.stranger();
        for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let reply = nobody.get(path, &[]).await;
            assert_eq!((reply.status.as_u16(), &reply.bytes[..]), (200, text.as_bytes()));
        }
        nobody.get("metadata/", &[]).await;
        let metrics = nobody.get("/metrics", &[]).await;
        let metrics = String::from_utf8(metrics.bytes).expect("text");
        let line = "hayloft_http_requests_total{route=\"metadata/<path>\",status=\"4xx\"} 1";
        assert!(metrics.contains(line), "{metrics}");
        assert_eq!(nobody.get("/nowhere", &[]).await.status, 404);
        server.stop().await;
    })
    .await;
}
