//! Files and folders.

use hayloft_core::{Error, NodePath, Role, Settings, account, tree};
use insta::{allow_duplicates, assert_snapshot};
use serde_json::json;

use super::{Sky, names, refusal, shape};
use crate::{
    client::{send, text},
    server::{on_each, on_each_with},
};

// skydrive: object.get, object.create_folder
#[tokio::test]
async fn the_root_and_a_folder_look_as_they_did() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let pics = ann.folder("me/skydrive", "Pics").await;
        ann.file(&pics, "a.txt", "12345").await;
        let root = ann.get("me/skydrive").await;
        allow_duplicates! { assert_snapshot!(shape(&root), @r#"
        {
           "id": "folder.[cid]",
           "from": {
              "name": null,
              "id": null
           },
           "name": "SkyDrive",
           "description": "",
           "parent_id": null,
           "size": 5,
           "upload_location": "[base]/v5.0/folder.[cid]/files/",
           "comments_count": 0,
           "comments_enabled": false,
           "is_embeddable": false,
           "count": 1,
           "link": "[base]/?cid=[cid]",
           "type": "folder",
           "shared_with": {
              "access": "Just me"
           },
           "created_time": null,
           "updated_time": "[time]",
           "client_updated_time": "[time]"
        }
        "#); }
        let folder = ann.get(&pics).await;
        allow_duplicates! { assert_snapshot!(shape(&folder), @r#"
        {
           "id": "folder.[cid].[CID]!n",
           "from": {
              "name": "ann",
              "id": "[cid]"
           },
           "name": "Pics",
           "description": null,
           "parent_id": "folder.[cid]",
           "size": 5,
           "upload_location": "[base]/v5.0/folder.[cid].[CID]!n/files/",
           "comments_count": 0,
           "comments_enabled": true,
           "is_embeddable": true,
           "count": 1,
           "link": "[base]/redir.aspx?cid=[cid]&page=view&resid=[CID]!n&parid=[CID]!n",
           "type": "folder",
           "shared_with": {
              "access": "Just me"
           },
           "created_time": "[time]",
           "updated_time": "[time]",
           "client_updated_time": "[time]"
        }
        "#); }
        let id = text(&root.json(), "id").to_owned();
        let by_id = ann.get(&id).await;
        assert_eq!(by_id.json()["name"], "SkyDrive");
        let user = id.trim_start_matches("folder.");
        assert_eq!(ann.get(&format!("{user}/skydrive")).await.json()["id"], id.as_str());
        let escaped = pics.replace('!', "%21");
        assert_eq!(ann.get(&escaped).await.json()["id"], pics.as_str());
    })
    .await;
}

// skydrive: object.get
#[tokio::test]
async fn a_file_tells_all_of_itself() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let file = ann.file("me/skydrive", "README.txt", "hello").await;
        let reply = ann.get(&file).await;
        allow_duplicates! { assert_snapshot!(shape(&reply), @r#"
        {
           "id": "file.[cid].[CID]!n",
           "from": {
              "name": "ann",
              "id": "[cid]"
           },
           "name": "README.txt",
           "description": null,
           "parent_id": "folder.[cid]",
           "size": 5,
           "upload_location": "[base]/v5.0/file.[cid].[CID]!n/content/",
           "comments_count": 0,
           "comments_enabled": true,
           "is_embeddable": true,
           "source": "[base]/y1p/[ticket]/README.txt",
           "link": "[base]/redir.aspx?cid=[cid]&page=view&resid=[CID]!n&parid=[CID]!n",
           "type": "file",
           "shared_with": {
              "access": "Just me"
           },
           "created_time": "[time]",
           "updated_time": "[time]",
           "client_updated_time": "[time]"
        }
        "#); }
        let kinds = [
            ("a.jpg", "photo"),
            ("a.mp4", "video"),
            ("a.mp3", "audio"),
            ("a.one", "notebook"),
            ("a.bin", "file"),
        ];
        for (name, kind) in kinds {
            let id = ann.file("me/skydrive", name, "x").await;
            let object = ann.get(&id).await.json();
            assert_eq!(object["type"], kind, "{name}");
            assert!(id.starts_with("file."), "{id}");
            assert_eq!(object["source"].is_string(), kind != "notebook", "{name}");
            assert_eq!(object["upload_location"].is_string(), kind != "notebook", "{name}");
        }
    })
    .await;
}

// skydrive: object.create_folder, object.change, object.delete
#[tokio::test]
async fn bodies_are_forms_or_json() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let by_form = ann.form("POST", "me/skydrive", &[("name", "a"), ("description", "x")]).await;
        assert_eq!(by_form.status, 201, "{by_form}");
        assert_eq!(by_form.json()["description"], "x");
        let body = json!({ "name": "b", "description": "y", "sort_by": "size" });
        let by_json = ann.json("POST", "me/skydrive", &body).await;
        assert_eq!(by_json.status, 201, "{by_json}");
        assert_eq!(by_json.json()["sort_by"], "size");
        let id = text(&by_json.json(), "id").to_owned();
        let renamed = ann.form("PUT", &id, &[("name", "c")]).await;
        assert_eq!((renamed.status.as_u16(), &renamed.json()["name"]), (200, &json!("c")));
        assert_eq!(renamed.json()["id"], id.as_str());
        let whole = ann.get(&id).await.json();
        assert_eq!(ann.json("PUT", &id, &whole).await.status, 200, "a whole object sent back");
        let unset = ann.json("PUT", &id, &json!({ "description": null })).await;
        assert_eq!(unset.json()["description"], json!(null));
        for (body, code) in [
            (json!({}), "400 request_parameter_missing"),
            (json!({ "size": 3 }), "400 request_parameter_missing"),
            (json!({ "name": 3 }), "400 request_parameter_invalid"),
            (json!({ "name": "a/b" }), "400 request_parameter_invalid"),
            (json!({ "name": "a\\b" }), "400 request_parameter_invalid"),
            (json!({ "sort_by": "colour" }), "400 request_parameter_invalid"),
            (json!({ "name": "a" }), "409 resource_already_exists"),
        ] {
            assert_eq!(refusal(&ann.json("PUT", &id, &body).await), code, "{body}");
        }
        let taken = ann.form("POST", "me/skydrive", &[("name", "a")]).await;
        assert_eq!(refusal(&taken), "409 resource_already_exists");
        let nameless = ann.form("POST", "me/skydrive", &[("description", "a")]).await;
        assert_eq!(refusal(&nameless), "400 request_parameter_missing");
        let broken = ann.request("POST", "me/skydrive").header("content-type", "application/json");
        assert_eq!(refusal(&send(broken.body("{")).await), "400 request_body_invalid");
        let gone = ann.delete(&id).await;
        assert_eq!((gone.status.as_u16(), gone.bytes.len()), (204, 0));
        assert_eq!(refusal(&ann.get(&id).await), "404 resource_not_found");
        assert_eq!(refusal(&ann.delete(&id).await), "404 resource_not_found");
        assert_eq!(ann.names("me/skydrive").await, "a");
    })
    .await;
}

// skydrive: object.change
#[tokio::test]
async fn audio_keeps_what_is_written_of_it() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let song = ann.file("me/skydrive", "tide.mp3", "x").await;
        let body = json!({ "title": "Tide", "artist": "A", "album": "Low", "album_artist": "B", "genre": "Folk" });
        let changed = ann.json("PUT", &song, &body).await.json();
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&changed[name], value, "{name}");
        }
        let file = ann.file("me/skydrive", "a.txt", "x").await;
        let refused = ann.json("PUT", &file, &json!({ "title": "x" })).await;
        assert_eq!(refusal(&refused), "400 request_parameter_missing");
    })
    .await;
}

// skydrive: object.move, object.copy
#[tokio::test]
async fn things_move_by_verb_and_by_parameter() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let (a, b) = (ann.folder("me/skydrive", "a").await, ann.folder("me/skydrive", "b").await);
        let file = ann.file(&a, "f.txt", "one").await;
        let to = |id: &str| json!({ "destination": id });
        let moved = ann.json("MOVE", &file, &to(&b)).await;
        assert_eq!((moved.status.as_u16(), &moved.json()["id"]), (201, &json!(file)));
        assert_eq!(moved.json()["parent_id"], b.as_str());
        let copied = ann.json("COPY", &file, &to(&a)).await;
        assert_eq!(copied.status, 201, "{copied}");
        assert_ne!(copied.json()["id"], file.as_str());
        let clash = ann.json("COPY", &file, &to(&a)).await;
        assert_eq!(refusal(&clash), "409 resource_already_exists");
        let path = format!("{file}?method=COPY&overwrite=ChooseNewName");
        let other = ann.json("POST", &path, &to(&a)).await;
        assert_eq!((other.status.as_u16(), &other.json()["name"]), (201, &json!("f 1.txt")));
        let by_header = ann.request("POST", &format!("{file}?overwrite=True"));
        let by_header = by_header.header("x-http-method-override", "move").json(&to(&a));
        assert_eq!(send(by_header).await.status, 201);
        assert_eq!(ann.names(&a).await, "f 1.txt f.txt");
        assert_eq!(ann.names(&b).await, "");
        let root = ann.json("MOVE", &file, &to("me/skydrive")).await;
        assert_eq!(root.status, 201, "{root}");
        let again = ann.json("MOVE", &file, &to("me/skydrive")).await;
        assert_eq!(again.status, 201, "it is there already");
        let friendly = ann.json("MOVE", &a, &to(&b)).await;
        assert_eq!(friendly.status, 201, "folders move too");
        for (verb, id, destination, code) in [
            ("MOVE", &b, a.as_str(), "400 request_parameter_invalid"),
            ("MOVE", &b, b.as_str(), "400 request_parameter_invalid"),
            ("COPY", &b, "me/skydrive", "400 request_parameter_invalid"),
            ("MOVE", &a, file.as_str(), "400 request_parameter_invalid"),
            ("MOVE", &a, "somewhere", "400 request_parameter_invalid"),
            ("MOVE", &a, "", "400 request_parameter_missing"),
            ("MOVE", &a, "folder.5d2f8a91c4e07b36", "404 resource_not_found"),
        ] {
            let refused = ann.json(verb, id, &to(destination)).await;
            assert_eq!(refusal(&refused), code, "{verb} {destination}");
        }
    })
    .await;
}

// skydrive: object.move, object.copy
#[tokio::test]
async fn overwriting_replaces_a_file_by_a_file() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let (a, b) = (ann.folder("me/skydrive", "a").await, ann.folder("me/skydrive", "b").await);
        let file = ann.file(&a, "t.txt", "new").await;
        let old = ann.file(&b, "t.txt", "old").await;
        let over = async |verb: &str, id: &str, to: &str| {
            let path = format!("{id}?overwrite=true");
            ann.json(verb, &path, &json!({ "destination": to })).await
        };
        let copied = over("COPY", &file, &b).await;
        assert_eq!((copied.status.as_u16(), &copied.json()["name"]), (201, &json!("t.txt")));
        assert_eq!(ann.names(&b).await, "t.txt", "no second one");
        let copy = text(&copied.json(), "id").to_owned();
        assert_eq!(ann.content(&copy, None).await.bytes, b"new");
        assert_eq!(refusal(&ann.get(&old).await), "404 resource_not_found");
        let onto_itself = over("COPY", &file, &a).await;
        assert_eq!(refusal(&onto_itself), "400 request_parameter_invalid");
        let plain = ann.folder("me/skydrive", "t.txt").await;
        ann.file(&plain, "precious", "x").await;
        for verb in ["MOVE", "COPY"] {
            let onto_folder = over(verb, &file, "me/skydrive").await;
            assert_eq!(refusal(&onto_folder), "409 resource_already_exists", "{verb}");
        }
        let onto_file = over("MOVE", &plain, &b).await;
        assert_eq!(refusal(&onto_file), "409 resource_already_exists");
        assert_eq!(ann.names(&plain).await, "precious");
        let moved = over("MOVE", &file, &b).await;
        assert_eq!((moved.status.as_u16(), &moved.json()["id"]), (201, &json!(file)));
        assert_eq!(ann.names(&b).await, "t.txt");
    })
    .await;
}

// skydrive: object.get, object.delete, object.move, object.change
#[tokio::test]
async fn the_root_stays_where_it_is() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let a = ann.folder("me/skydrive", "a").await;
        let forbidden = "403 request_token_unauthorized";
        assert_eq!(refusal(&ann.delete("me/skydrive").await), forbidden);
        let renamed = ann.json("PUT", "me/skydrive", &json!({ "name": "x" })).await;
        assert_eq!(refusal(&renamed), forbidden);
        let moved = ann.json("MOVE", "me/skydrive", &json!({ "destination": a })).await;
        assert_eq!(refusal(&moved), forbidden);
    })
    .await;
}

// skydrive: object.get, object.by_path, object.change
#[tokio::test]
async fn only_who_asks_for_a_folder_has_it_summed_up() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "a").await;
        ann.file(&folder, "f.txt", "12345").await;
        ann.file(&folder, "f.txt", "1234567").await;
        ann.file("me/skydrive", "g.txt", "123").await;
        assert_eq!(ann.get(&folder).await.json()["size"], 7);
        assert_eq!(ann.get("me/skydrive").await.json()["size"], 10, "no old versions");
        let by_path = ann.get("me/skydrive/by_path?path=a").await.json();
        assert!(by_path.get("size").is_none(), "{by_path}");
        let changed = ann.json("PUT", &folder, &json!({ "description": "x" })).await;
        assert_eq!(changed.status, 200);
        assert!(changed.json().get("size").is_none(), "{changed}");
    })
    .await;
}

// skydrive: object.get, object.change, links.read
#[tokio::test]
async fn what_lies_deep_tells_what_is_open_above() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let deep = "d/".repeat(1000);
        let (account, path) = (ann.account, NodePath::parse(&deep).unwrap());
        let made = server.core.db.write(move |tx| {
            let actor = account::actor(tx, account)?;
            tree::ensure_folder(tx, &actor, &path).map(drop)
        });
        made.await.map_err(|err: Error| err.to_string()).unwrap();
        let id = ann.id(&deep).await;
        assert_eq!(ann.get(&id).await.json()["shared_with"]["access"], "Just me");
        let top = ann.id("d").await;
        assert_eq!(ann.get(&format!("{top}/shared_read_link")).await.status, 200);
        let shown = ann.json("PUT", &id, &json!({ "description": "x" })).await.json();
        assert_eq!(shown["shared_with"]["access"], "People with a link");
        let found = ann.get("me/skydrive/search?q=d").await.json();
        assert_eq!(found["data"].as_array().unwrap().len(), 100);
        assert_eq!(found["data"][99]["shared_with"]["access"], "People with a link");
    })
    .await;
}

// skydrive: object.get, object.by_path
#[tokio::test]
async fn ids_are_of_no_use_to_others() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "a").await;
        let file = ann.file(&folder, "f.txt", "x").await;
        server.account("bob", Role::User).await;
        let eve = Sky::new(&server, "eve").await;
        let root = text(&ann.get("me/skydrive").await.json(), "id").to_owned();
        for id in [&folder, &file, &root] {
            assert_eq!(refusal(&eve.get(id).await), "404 resource_not_found", "{id}");
            assert_eq!(refusal(&eve.delete(id).await), "404 resource_not_found", "{id}");
            let files = eve.get(&format!("{id}/files")).await;
            assert_eq!(refusal(&files), "404 resource_not_found", "{id}");
        }
        let user = root.trim_start_matches("folder.");
        let drive = eve.get(&format!("{user}/skydrive")).await;
        assert_eq!(refusal(&drive), "404 resource_not_found");
        // Numbers guessed under an own name, and kinds that do not fit.
        let own = text(&eve.get("me/skydrive").await.json(), "id").replace("folder.", "");
        let number = file.rsplit('!').next().unwrap();
        let guessed = format!("file.{own}.{}!{number}", own.to_uppercase());
        assert_eq!(refusal(&eve.get(&guessed).await), "404 resource_not_found");
        let wrong_kind = file.replace("file.", "folder.");
        assert_eq!(refusal(&ann.get(&wrong_kind).await), "404 resource_not_found");
        for id in ["file.x", "folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!999999", "file.1.1!1"] {
            assert_eq!(refusal(&ann.get(id).await), "404 resource_not_found", "{id}");
        }
        assert_eq!(ann.id("a/f.txt").await, file);
        assert_eq!(ann.id("").await, root);
        let below = ann.get(&format!("{folder}/by_path?path=/f.txt")).await;
        assert_eq!(below.json()["id"], file.as_str());
        let none = ann.get("me/skydrive/by_path?path=a/none").await;
        assert_eq!(refusal(&none), "404 resource_not_found");
    })
    .await;
}

// skydrive: object.get, object.change, files.put
#[tokio::test]
async fn ids_last_over_moves_and_new_content() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let folder = ann.folder("me/skydrive", "a").await;
        let file = ann.file("me/skydrive", "f.txt", "x").await;
        ann.json("MOVE", &file, &json!({ "destination": folder })).await;
        ann.form("PUT", &file, &[("name", "g.txt")]).await;
        assert_eq!(ann.file(&folder, "g.txt", "new").await, file);
        assert_eq!(ann.content(&file, None).await.bytes, b"new");
    })
    .await;
}

// skydrive: object.get, files.list
#[tokio::test]
async fn friendly_names_are_folders_of_the_root() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let documents = ann.get("me/skydrive/my_documents").await.json();
        assert_eq!(
            (&documents["name"], &documents["type"]),
            (&json!("Documents"), &json!("folder"))
        );
        assert_eq!(ann.get("me/skydrive/my_documents").await.json()["id"], documents["id"]);
        ann.file("me/skydrive/camera_roll", "a.jpg", "x").await;
        assert_eq!(ann.names("me/skydrive/camera_roll").await, "a.jpg");
        assert_eq!(ann.names("me/skydrive/my_photos").await, "");
        assert_eq!(ann.get("me/skydrive/public_documents").await.json()["name"], "Public");
        assert_eq!(ann.names("me/skydrive").await, "Camera Roll Documents Pictures Public");
        let file = ann.file("me/skydrive", "f", "x").await;
        let to = json!({ "destination": "me/skydrive/my_documents" });
        assert_eq!(ann.json("MOVE", &file, &to).await.status, 201);
    })
    .await;
}

// skydrive: object.get, object.copy, object.move
#[tokio::test]
async fn friendly_folders_are_made_by_those_who_may_write() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        for (scope, status) in [("wl.photos", 404), ("wl.skydrive", 404), ("wl.basic", 403)] {
            let reader = ann.rescoped(&server, scope).await;
            let refused = reader.get("me/skydrive/my_documents").await;
            assert_eq!(refused.status.as_u16(), status, "{scope}");
        }
        assert_eq!(ann.names("me/skydrive").await, "");
        let file = ann.file("me/skydrive", "f", "x").await;
        for (verb, to) in [("COPY", "me/skydrive/my_documents"), ("MOVE", "me/skydrive/my_photos")]
        {
            let placed = ann.json(verb, &file, &json!({ "destination": to })).await;
            assert_eq!(placed.status, 201, "{placed}");
            assert_eq!(ann.names(to).await, "f");
        }
        assert_eq!(ann.names("me/skydrive").await, "Documents Pictures");
        let reader = ann.rescoped(&server, "wl.skydrive").await;
        assert_eq!(reader.names("me/skydrive/my_documents").await, "f", "there by now");
    })
    .await;
}

// skydrive: object.get
#[tokio::test]
async fn errors_and_flags_are_the_reference_s() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let file = ann.file("me/skydrive", "f.txt", "x").await;
        for (verb, path, code) in [
            ("GET", "nothing", "400 request_url_invalid"),
            ("GET", "/v5.0", "400 request_url_invalid"),
            ("GET", "/v5.0/", "400 request_url_invalid"),
            ("GET", "me/skydrive/nothing", "400 request_url_invalid"),
            ("GET", "me/skydrive/content", "400 request_url_invalid"),
            ("PATCH", "me/skydrive", "405 request_method_invalid"),
            ("PUT", "me", "405 request_method_invalid"),
            ("POST", file.as_str(), "405 request_method_invalid"),
            ("GET", "me/skydrive?method=DELETE", "405 request_method_invalid"),
            ("POST", "me/skydrive/files?method=%20x", "405 request_method_invalid"),
            ("GET", "%FF", "400 request_url_invalid"),
        ] {
            let refused = send(ann.request(verb, path)).await;
            let refused = if verb == "POST" && path == file {
                ann.form("POST", path, &[("name", "x")]).await
            } else {
                refused
            };
            assert_eq!(refusal(&refused), code, "{verb} {path}");
        }
        let quiet = ann.get("me/nothing?suppress_response_codes=true").await;
        assert_eq!(refusal(&quiet), "200 request_url_invalid");
        let indented = String::from_utf8(ann.get("me/skydrive/quota").await.bytes).unwrap();
        assert!(indented.starts_with("{\n   \"quota\": "), "{indented}");
        let compact = ann.get("me/skydrive/quota?pretty=false").await;
        assert!(compact.bytes.starts_with(b"{\"quota\":"), "{compact}");
        assert_eq!(compact.header("content-type"), "application/json; charset=UTF-8");
        let head = send(ann.request("HEAD", "me/skydrive")).await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0));
    })
    .await;
}

// skydrive: object.get, files.list
#[tokio::test]
async fn scopes_bound_what_a_token_does() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let album = ann.json("POST", "me/albums", &json!({ "name": "Trip" })).await.json();
        let album = text(&album, "id").to_owned();
        let photo = ann.file(&album, "a.jpg", "x").await;
        let file = ann.file("me/skydrive", "f.txt", "x").await;
        let forbidden = "403 request_token_unauthorized";
        let reader = ann.rescoped(&server, "wl.skydrive").await;
        assert_eq!(reader.get(&file).await.status, 200);
        assert_eq!(refusal(&reader.delete(&file).await), forbidden);
        assert_eq!(refusal(&reader.put("me/skydrive/files/x", b"x").await), forbidden);
        assert_eq!(refusal(&reader.form("POST", "me/skydrive", &[("name", "x")]).await), forbidden);
        assert_eq!(refusal(&reader.get(&format!("{file}/shared_edit_link")).await), forbidden);
        assert_eq!(refusal(&reader.get("me/skydrive/shared").await), forbidden);
        let refused = reader.delete(&file).await.json();
        let message = text(&refused["error"], "message").to_owned();
        assert!(message.contains("'wl.skydrive_update'"), "{message}");
        let writer = ann.rescoped(&server, "wl.skydrive_update").await;
        assert_eq!(writer.get(&file).await.status, 200, "who writes reads");
        let basic = ann.rescoped(&server, "wl.basic").await;
        assert_eq!(basic.get("me").await.status, 200);
        for path in ["me/skydrive", "me/skydrive/files", "me/skydrive/quota", "me/albums"] {
            assert_eq!(refusal(&basic.get(path).await), forbidden, "{path}");
        }
        let viewer = ann.rescoped(&server, "wl.photos").await;
        assert_eq!(viewer.get(&photo).await.status, 200);
        assert_eq!(viewer.content(&photo, None).await.bytes, b"x");
        assert_eq!(names(&viewer.get("me/albums").await), "Trip");
        assert_eq!(viewer.names(&album).await, "a.jpg");
        for path in [file.as_str(), "me/skydrive", "me/skydrive/files"] {
            assert_eq!(refusal(&viewer.get(path).await), forbidden, "{path}");
        }
        assert_eq!(refusal(&viewer.content(&file, None).await), forbidden);
        ann.file(&album, "secret.txt", "x").await;
        let below = ann.folder(&album, "below").await;
        assert_eq!(viewer.names(&album).await, "a.jpg", "no other file, and no folder");
        for (filter, expected) in
            [("photos", "a.jpg"), ("folders", ""), ("folders,photos", "a.jpg")]
        {
            let list = viewer.get(&format!("{album}/files?filter={filter}")).await;
            assert_eq!(names(&list), expected, "{filter}");
        }
        assert_eq!(refusal(&viewer.get(&format!("{below}/files")).await), forbidden);
    })
    .await;
}

// skydrive: object.get
#[tokio::test]
async fn tokens_come_in_the_header_or_the_query() {
    on_each(async |server| {
        let ann = Sky::new(&server, "ann").await;
        let in_query = ann.bare("GET", "me").query(&[("access_token", &ann.token)]);
        assert_eq!(send(in_query).await.status, 200);
        let lower = ann.bare("GET", "me").header("authorization", format!("bearer {}", ann.token));
        assert_eq!(send(lower).await.status, 200);
        let both = ann.request("GET", "me").query(&[("access_token", "wrong")]);
        assert_eq!(send(both).await.status, 200, "the header decides");
        let missing = send(ann.bare("GET", "me")).await;
        assert_eq!(refusal(&missing), "401 request_token_missing");
        assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"OneDriveAPI\"");
        for (verb, path) in [
            ("POST", "me/skydrive/comments"),
            ("GET", "me/skydrive/files?limit=x"),
            ("PUT", "me/skydrive"),
        ] {
            // Clients get a new token on 401 alone, so that comes before faults of the request.
            let strange = send(ann.bare(verb, path).bearer_auth("wrong")).await;
            assert_eq!(refusal(&strange), "401 request_token_invalid", "{verb} {path}");
        }
        let wrong = send(ann.bare("GET", "me").bearer_auth("wrong")).await;
        assert_eq!(refusal(&wrong), "401 request_token_invalid");
        assert!(wrong.header("www-authenticate").contains("error=\"invalid_token\""));
        server.advance(std::time::Duration::from_secs(3601));
        let expired = ann.get("me").await;
        assert_eq!(refusal(&expired), "401 request_token_expired");
        assert!(expired.header("www-authenticate").contains("error=\"expired_token\""));
    })
    .await;
}

// skydrive: object.get
#[tokio::test]
async fn what_is_not_encrypted_is_refused_where_that_is_asked() {
    let strict = |config: &mut hayloft_server::Config| config.require_https = true;
    on_each_with(Settings::default(), strict, async |server| {
        let ann = Sky::new(&server, "ann").await;
        for path in ["me", "/v5.0", "/oauth20_token.srf", "/y1p/a/b", "/embed"] {
            let refused = ann.get(path).await;
            assert_eq!(refusal(&refused), "403 request_token_unauthorized", "{path}");
        }
    })
    .await;
}
