//! Archives.

use std::io::{Cursor, Read as _};

use serde_json::json;

use super::{
    common::{Mail, body, refusal},
    links::{publish, stranger},
};
use crate::{
    client::{Reply, send},
    server::on_each,
};

/// The entries of an archive with their contents, as an independent reader sees them.
fn entries(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut lines = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).expect("an entry");
        let mut content = String::new();
        entry.read_to_string(&mut content).expect("text");
        lines.push(format!("{}={content}", entry.name().expect("a name")));
    }
    lines.join(" ")
}

async fn get(mail: &Mail, path: &str) -> Reply {
    send(mail.http.get(mail.url(path))).await
}

#[tokio::test]
async fn own_files_as_one() {
    on_each(async |server| {
        let (ann, bob) = (Mail::new(&server, "ann").await, Mail::new(&server, "bob").await);
        ann.put("/docs/sub/b.txt", b"below").await;
        ann.put("/docs/a.txt", b"from ann").await;
        ann.put("/it's.txt", b"own").await;
        let list = json!(["/docs", "it's.txt"]).to_string();
        let made = ann.post("zip", &[("home_list", &list), ("name", "my pack.zip")]).await;
        let path = body(&made).as_str().expect("a path").to_owned();
        assert!(path.starts_with("/zip/") && path.ends_with("/my%20pack.zip"), "{path}");
        let got = get(&ann, &path).await;
        assert_eq!(
            (got.header("content-type"), got.header("accept-ranges")),
            ("application/zip", "bytes")
        );
        assert!(got.header("content-disposition").contains("my pack.zip"));
        assert_eq!(
            entries(&got.bytes),
            "docs/= docs/sub/= docs/sub/b.txt=below docs/a.txt=from ann it's.txt=own"
        );
        let part = ann.http.get(ann.url(&path)).header("range", "bytes=0-1");
        assert_eq!(send(part).await.bytes, b"PK");
        let renamed = get(&ann, &path.replace("my%20pack.zip", "bill.exe")).await;
        assert!(renamed.header("content-disposition").contains("bill.exe.zip"));
        for (list, told) in [
            (json!(["/none"]), "404 home_list not_exists"),
            (json!(["/../x"]), "400 home invalid"),
            (json!("/docs"), "400 home_list invalid"),
            (json!([]), "404 home_list not_exists"),
            (json!(vec!["/docs"; 1001]), "400 home_list invalid"),
        ] {
            let refused = ann.post("zip", &[("home_list", &list.to_string())]).await;
            assert_eq!(refusal(&refused), told);
        }
        let name = ann.post("zip", &[("home_list", &list), ("name", "a/b.zip")]).await;
        assert_eq!(refusal(&name), "400 name invalid");
        assert_eq!(refusal(&ann.post("zip", &[]).await), "400 home_list required");
        let foreign = bob.post("zip", &[("home_list", r#"["/docs"]"#)]).await;
        assert_eq!(refusal(&foreign), "404 home_list not_exists");
        for path in ["/zip/0123456789abcdef0123456789abcdef/a.zip", "/zip/..%2f/a.zip"] {
            assert_eq!(get(&ann, path).await.status, 404, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_for_old_programs() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/Привет.txt", b"x").await;
        ann.put("/日本.txt", b"y").await;
        let list = json!(["/Привет.txt", "/日本.txt"]).to_string();
        let form = [("home_list", list.as_str()), ("cp866", "true"), ("name", "p.zip")];
        let path = body(&ann.post("zip", &form).await).as_str().expect("a path").to_owned();
        let bytes = get(&ann, &path).await.bytes;
        let name = b"\x8f\xe0\xa8\xa2\xa5\xe2.txt";
        assert!(bytes.windows(name.len()).any(|window| window == name), "the name in CP866");
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).expect("an archive");
        assert_eq!(archive.by_index(0).expect("an entry").name_raw(), name);
        let kept = archive.by_index(1).expect("an entry").name().expect("a name").into_owned();
        assert_eq!(kept, "日本.txt", "no old program could show it");
        let path = body(&ann.post("zip", &[("home_list", &list)]).await);
        let bytes = get(&ann, path.as_str().expect("a path")).await.bytes;
        assert_eq!(entries(&bytes), "Привет.txt=x 日本.txt=y");
    })
    .await;
}

#[tokio::test]
async fn what_links_show_as_one() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/docs/sub/b.txt", b"below").await;
        ann.put("/docs/a.txt", b"from ann").await;
        ann.put("/c.txt", b"other").await;
        let (link, other) = (publish(&ann, "/docs").await, publish(&ann, "/c.txt").await);
        let nobody = stranger(&server);
        let zip = async |links: &[String]| {
            let list = json!(links).to_string();
            let form = [("weblink_list", list.as_str()), ("name", "p.zip")];
            send(nobody.http.post(nobody.url("zip")).form(&form)).await
        };
        let made = zip(&[format!("{link}/a.txt"), format!("{link}/SUB")]).await;
        let path = body(&made).as_str().expect("a path").to_owned();
        assert_eq!(
            entries(&get(&nobody, &path).await.bytes),
            "a.txt=from ann sub/= sub/b.txt=below"
        );
        let asked = json!({"x-email": "anonym", "weblink_list": [other], "name": "p.zip"});
        let made = send(nobody.http.post(nobody.url("/api/v3/zip/weblink")).json(&asked)).await;
        let key = made.json()["key"].as_str().expect("an address").to_owned();
        assert_eq!(entries(&send(nobody.http.get(&key)).await.bytes), "c.txt=other");
        assert_eq!(refusal(&zip(&[link.clone(), other]).await), "400 weblink_list invalid");
        let none = zip(&["aaaa/bbbbbbbbbbbb".to_owned()]).await;
        assert_eq!(refusal(&none), "404 weblink not_exists");
        let outside = zip(&[format!("{link}/../c.txt")]).await;
        assert_eq!(refusal(&outside), "400 weblink invalid");
        let own = send(nobody.http.post(nobody.url("zip")).form(&[("home_list", "[\"/\"]")])).await;
        assert_eq!(refusal(&own), "403 user");
        let thousand = vec![link.clone(); 1000];
        let whole = body(&zip(&thousand).await).as_str().expect("a path").to_owned();
        let got = get(&nobody, &whole).await;
        assert_eq!(
            entries(&got.bytes),
            "docs/= docs/sub/= docs/sub/b.txt=below docs/a.txt=from ann"
        );
        let nested = body(&zip(&[format!("{link}/sub/b.txt"), link.clone()]).await);
        assert_eq!(nested, whole.as_str(), "who asks for the same is given the same");
        ann.post("folder/unpublish", &[("weblink", &link)]).await;
        assert_eq!(get(&nobody, &path).await.status, 404, "the archive ends with the link");
        publish(&ann, "/docs").await;
        assert_eq!(get(&nobody, &path).await.status, 404, "another link is none of its business");
    })
    .await;
}

#[tokio::test]
async fn more_than_four_gigabytes_are_refused() {
    on_each(async |server| {
        let ann = Mail::new(&server, "ann").await;
        ann.put("/docs/a.txt", b"from ann").await;
        server
            .core
            .db
            .write(|tx| {
                let size = (4_i64 << 30) + 1;
                tx.execute(
                    "UPDATE node SET size = ?1 WHERE kind = 1",
                    hayloft_store::params![size],
                )?;
                Ok::<_, hayloft_store::DbError>(())
            })
            .await
            .expect("a large file");
        let made = ann.post("zip", &[("home_list", r#"["/docs"]"#)]).await;
        assert_eq!(refusal(&made), "422 home_list invalid");
    })
    .await;
}
