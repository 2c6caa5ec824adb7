//! Lists: pages, orders, filters, albums, recent and shared things, searches.

use hayloft_core::{
    Error, NodePath,
    account::{self, Login},
    share,
    tree::{self, ClientData},
};
use serde_json::json;

use super::{Sky, USUAL, names, refusal};
use crate::{client::text, server::on_each};

// skydrive: files.list
#[tokio::test]
async fn pages_lead_from_one_to_the_next() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        for number in 0..5 {
            ann.file("me/skydrive", &format!("f{number}"), "x").await;
        }
        let all = ann.get("me/skydrive/files").await.json();
        assert_eq!(all["data"].as_array().unwrap().len(), 5);
        assert!(all.get("paging").is_none(), "no limit, no pages");
        let root = text(&ann.get("me/skydrive").await.json(), "id").to_owned();
        let mut path = "me/skydrive/files?limit=2".to_owned();
        let mut seen = Vec::new();
        loop {
            let page = ann.get(&path).await;
            seen.push(names(&page));
            let paging = page.json()["paging"].clone();
            let Some(next) = paging["next"].as_str() else { break };
            assert_eq!(next.split('?').next(), Some(format!("{root}/files").as_str()));
            assert!(next.contains("?offset="), "{next}");
            path = next.to_owned();
        }
        assert_eq!(seen, ["f0 f1", "f2 f3", "f4"]);
        let last = ann.get(&path).await.json();
        assert_eq!(last["paging"]["previous"], format!("{root}/files?offset=2&limit=2"));
        let whole = ann.get("me/skydrive/files?limit=5").await.json();
        assert_eq!(whole["paging"], json!({}), "there, and empty");
        assert_eq!(ann.get("me/skydrive/files?limit=0").await.json()["data"], json!([]));
        assert_eq!(names(&ann.get("me/skydrive/files?offset=3").await), "f3 f4");
        let twice = ann.get("me/skydrive/files?offset=4&limit=2&limit=9").await;
        assert_eq!(names(&twice), "f4");
        for query in ["limit=-1", "limit=x", "offset=-1", "limit=1.5"] {
            let refused = ann.get(&format!("me/skydrive/files?{query}")).await;
            assert_eq!(refusal(&refused), "400 request_parameter_invalid", "{query}");
        }
        let of_file = ann.get(&format!("{}/files", ann.id("f0").await)).await;
        assert_eq!(refusal(&of_file), "400 request_url_invalid");
    })
    .await;
}

// skydrive: files.list, files.photos, files.videos, files.audio
#[tokio::test]
async fn lists_are_sorted_and_filtered() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        ann.folder("me/skydrive", "sub").await;
        ann.json("POST", "me/albums", &json!({ "name": "album" })).await;
        for (name, content) in
            [("b.jpg", "333"), ("a.mp4", "1"), ("c.mp3", "22"), ("d.txt", "4444")]
        {
            ann.file("me/skydrive", name, content).await;
            server.advance(std::time::Duration::from_secs(2));
        }
        for (query, expected) in [
            ("", "album sub a.mp4 b.jpg c.mp3 d.txt"),
            ("sort_by=default", "album sub a.mp4 b.jpg c.mp3 d.txt"),
            ("sort_by=size", "album sub a.mp4 c.mp3 b.jpg d.txt"),
            ("sort_by=size&sort_order=descending", "album sub d.txt b.jpg c.mp3 a.mp4"),
            ("sort_by=name&sort_order=descending", "sub album d.txt c.mp3 b.jpg a.mp4"),
            ("filter=folders", "album sub"),
            ("filter=albums", "album"),
            ("filter=photos", "b.jpg"),
            ("filter=videos,audio", "a.mp4 c.mp3"),
            ("filter=photos,videos,audio&limit=2&offset=1", "b.jpg c.mp3"),
        ] {
            let list = ann.get(&format!("me/skydrive/files?{query}")).await;
            assert_eq!(names(&list), expected, "{query}");
        }
        let updated = ann.get("me/skydrive/files?sort_by=updated").await;
        assert!(names(&updated).ends_with("b.jpg a.mp4 c.mp3 d.txt"), "{updated}");
        assert_eq!(names(&ann.get("me/skydrive/photos").await), "b.jpg");
        assert_eq!(names(&ann.get("me/skydrive/videos").await), "a.mp4");
        assert_eq!(names(&ann.get("me/skydrive/audio").await), "c.mp3");
        for query in ["sort_by=colour", "sort_order=up", "filter=books"] {
            let refused = ann.get(&format!("me/skydrive/files?{query}")).await;
            assert_eq!(refusal(&refused), "400 request_parameter_invalid", "{query}");
        }
        let folder = ann.id("sub").await;
        for (name, content) in [("x", "22"), ("y", "1")] {
            ann.file(&folder, name, content).await;
        }
        ann.form("PUT", &folder, &[("sort_by", "size")]).await;
        assert_eq!(ann.names(&folder).await, "y x", "its own order");
    })
    .await;
}

// skydrive: files.list
#[tokio::test]
async fn a_long_list_is_written_piece_by_piece() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let account = ann.account;
        let made = server.core.db.write(move |tx| {
            let actor = account::actor(tx, account)?;
            for number in 0..601 {
                let path = NodePath::parse(&format!("f{number:03}"))?;
                tree::create_folder(tx, &actor, &path, &ClientData::default(), false)?;
            }
            Ok::<_, Error>(())
        });
        made.await.unwrap();
        ann.file("me/skydrive", "a.jpg", "x").await;
        let expected = (0..601).map(|number| format!("f{number:03}")).collect::<Vec<_>>();
        let all = format!("{} a.jpg", expected.join(" "));
        assert_eq!(ann.names("me/skydrive").await, all);
        let compact = ann.get("me/skydrive/files?pretty=false").await;
        assert_eq!(names(&compact), all);
        assert!(!compact.to_string().contains('\n'), "compact");
        assert!(compact.json().get("paging").is_none(), "no limit, no pages");
        let backwards = ann.get("me/skydrive/files?sort_by=name&sort_order=descending").await;
        let mut reversed = expected.clone();
        reversed.reverse();
        assert_eq!(names(&backwards), format!("{} a.jpg", reversed.join(" ")));
        let page = ann.get("me/skydrive/files?offset=1&limit=300").await;
        assert_eq!(names(&page), expected[1..301].join(" "));
        let next = text(&page.json()["paging"], "next").to_owned();
        assert!(next.ends_with("files?offset=301&limit=300"), "{next}");
        assert_eq!(names(&ann.get(&next).await), expected[301..].join(" "));
        let folders = ann.get("me/skydrive/files?filter=folders&limit=600").await;
        assert_eq!(names(&folders), expected[..600].join(" "));
        assert!(folders.json()["paging"]["next"].is_string());
        assert_eq!(names(&ann.get("me/skydrive/files?filter=photos").await), "a.jpg");
    })
    .await;
}

// skydrive: albums.list, albums.create
#[tokio::test]
async fn albums_are_folders_of_a_kind() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        ann.folder("me/skydrive", "plain").await;
        let made = ann.form("POST", "me/albums", &[("name", "Trip"), ("description", "x")]).await;
        assert_eq!(made.status, 201, "{made}");
        let made = made.json();
        assert_eq!((&made["type"], &made["description"]), (&json!("album"), &json!("x")));
        let id = text(&made, "id");
        assert!(id.starts_with("folder."), "{id}");
        assert_eq!(names(&ann.get("me/albums").await), "Trip");
        assert_eq!(ann.get(id).await.json()["type"], "album");
        ann.file(id, "a.jpg", "x").await;
        assert_eq!(names(&ann.get(&format!("{id}/photos")).await), "a.jpg");
        let taken = ann.form("POST", "me/albums", &[("name", "Trip")]).await;
        assert_eq!(refusal(&taken), "409 resource_already_exists");
    })
    .await;
}

// skydrive: drive.recent_docs, drive.recent
#[tokio::test]
async fn recent_files_come_newest_first() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "sub").await;
        for name in ["a", "b", "c"] {
            ann.file(&folder, name, name).await;
        }
        ann.file(&folder, "a", "again").await;
        assert_eq!(names(&ann.get("me/skydrive/recent_docs").await), "a c b");
        assert_eq!(names(&ann.get("me/skydrive/recent").await), "a c b");
        let page = ann.get("me/skydrive/recent_docs?limit=1&offset=1").await;
        assert_eq!(names(&page), "c");
        assert_eq!(page.json()["paging"]["next"], "me/skydrive/recent_docs?offset=2&limit=1");
    })
    .await;
}

// skydrive: drive.search
#[tokio::test]
async fn searches_find_names() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "reports").await;
        for number in 0..3 {
            ann.file(&folder, &format!("report%20{number}.txt"), "x").await;
        }
        let found = ann.get("me/skydrive/search?q=REPORT").await;
        assert_eq!(names(&found), "reports report 0.txt report 1.txt report 2.txt");
        let hit = &found.json()["data"][1];
        assert_eq!(hit["parent_id"], folder.as_str(), "clients walk up from a hit");
        let page = ann.get("me/skydrive/search?q=report&limit=2").await;
        let next = text(&page.json()["paging"], "next").to_owned();
        assert_eq!(next, "me/skydrive/search?offset=2&limit=2&q=report");
        assert_eq!(names(&ann.get(&next).await), "report 1.txt report 2.txt");
        for path in ["me/skydrive/search", "me/skydrive/search?q=", "me/skydrive/search?q=%20"] {
            let refused = ann.get(path).await;
            assert_eq!(refusal(&refused), "400 request_parameter_missing", "{path}");
        }
    })
    .await;
}

// skydrive: drive.shared, drive.shared_kind
#[tokio::test]
async fn what_others_share_is_listed_and_reached() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let bob = Sky::scoped(&server, "bob", &format!("{USUAL} wl.contacts_skydrive")).await;
        let folder = ann.folder("me/skydrive", "ours").await;
        let file = ann.file(&folder, "f.txt", "x").await;
        let (owner, guest) = (ann.account, bob.account);
        let shared = server.core.db.write(move |tx| {
            let owner = hayloft_core::account::actor(tx, owner)?;
            let guest = hayloft_core::account::actor(tx, guest)?;
            let path = NodePath::parse("/ours")?;
            let login = Login::parse("bob@example.com")?;
            let member = share::invite(tx, &owner, &path, &login, false, "")?;
            share::accept(tx, &guest, &member.hash, None)?;
            Ok::<_, Error>(())
        });
        shared.await.unwrap();
        for path in ["me/skydrive/shared", "me/skydrive/shared/files"] {
            assert_eq!(names(&bob.get(path).await), "ours", "{path}");
        }
        for path in ["me/skydrive/shared/photos", "me/skydrive/shared/albums"] {
            assert_eq!(names(&bob.get(path).await), "", "{path}");
        }
        let seen = bob.get("me/skydrive/shared").await.json()["data"][0].clone();
        assert_eq!(seen["id"], folder.as_str(), "the owner's id");
        assert_eq!(seen["from"]["name"], "ann");
        assert_eq!(seen["shared_with"]["access"], "People I selected");
        assert_eq!(bob.names(&folder).await, "f.txt");
        assert_eq!(bob.content(&file, None).await.bytes, b"x");
        assert_eq!(refusal(&bob.delete(&file).await), "403 request_token_unauthorized");
        let of_owner = ann.get(&folder).await.json();
        assert_eq!(of_owner["shared_with"]["access"], "People I selected");
        let below = ann.get(&file).await.json();
        assert_eq!(below["shared_with"]["access"], "People I selected", "inherited");
        let forbidden = "403 request_token_unauthorized";
        let own = bob.file("me/skydrive", "own.jpg", "x").await;
        let photo = ann.file(&folder, "p.jpg", "x").await;
        let guest = bob.rescoped(&server, "wl.contacts_skydrive").await;
        let listed = guest.get("me/skydrive/shared").await.json()["data"][0]["id"].clone();
        assert_eq!(
            names(&guest.get(&format!("{}/files", listed.as_str().unwrap())).await),
            "f.txt p.jpg"
        );
        assert_eq!(guest.get(&file).await.status, 200);
        assert_eq!(guest.content(&file, None).await.bytes, b"x");
        assert_eq!(guest.get(&format!("{photo}/comments")).await.status, 200);
        for path in ["me/skydrive", "me/skydrive/files", "me/skydrive/photos", "me/albums", &own] {
            assert_eq!(refusal(&guest.get(path).await), forbidden, "{path}");
        }
        assert_eq!(refusal(&guest.content(&own, None).await), forbidden);
        let viewer = bob.rescoped(&server, "wl.contacts_photos").await;
        assert_eq!(names(&viewer.get("me/skydrive/shared").await), "", "no album");
        assert_eq!(names(&viewer.get(&format!("{folder}/photos")).await), "p.jpg");
        assert_eq!(viewer.content(&photo, None).await.bytes, b"x");
        for path in [&folder, &file, &format!("{folder}/files"), &own] {
            assert_eq!(refusal(&viewer.get(path).await), forbidden, "{path}");
        }
        let unknown = bob.get("me/skydrive/shared/books").await;
        assert_eq!(refusal(&unknown), "400 request_url_invalid");
    })
    .await;
}
