//! The client library against the real server: every call of the API notes, and what they lack.

use std::{collections::BTreeMap, path::PathBuf};

use futures::TryStreamExt as _;
use hayloft_client::cloudmail::{
    Access, ApiRequest, CloudMail, Conflict, Error, ErrorName, Hosts, Listing, Method, Order,
    Reason, Sort, SortKey, ZipRequest, cloud_hash,
};
use hayloft_core::Role;
use tempfile::TempDir;

use super::sign_in::{code, second_factor_of};
use crate::server::{PASSWORD, TestServer, on_each};

/// How a client signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Cookies,
    OAuth,
}

/// A client of the account with this login.
async fn client(server: &TestServer, login: &str, way: Way) -> CloudMail {
    let hosts = Hosts::discover(&server.base).await.expect("the server tells where its API is");
    let builder = CloudMail::builder(login).password(PASSWORD).hosts(hosts);
    let builder = match way {
        Way::Cookies => builder,
        Way::OAuth => builder.oauth(CloudMail::CLIENT_ID),
    };
    builder.build().expect("a client")
}

/// A local file with this content.
fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    path
}

/// Content that no other test has, of this length.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * at % 251).expect("small")).collect()
}

async fn bytes_of(cm: &CloudMail, path: &str) -> Vec<u8> {
    let content = cm.content(path).await.expect("content");
    content.try_collect::<Vec<_>>().await.expect("all of it").concat()
}

/// The names in a folder, folders with a slash.
async fn names(cm: &CloudMail, path: &str) -> String {
    let list = cm.folder_all(path).await.expect("a folder").list.expect("a list");
    let names = list.iter().map(|item| {
        let slash = if item.is_folder() { "/" } else { "" };
        format!("{}{slash}", item.name)
    });
    names.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_call_of_the_notes_works() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        for way in [Way::Cookies, Way::OAuth] {
            let cm = client(&server, &login, way).await;
            cm.auth().await.expect("signed in");
            let root = format!("/{way:?}");
            calls_of_the_notes(&cm, &root).await;
        }
    })
    .await;
}

async fn calls_of_the_notes(cm: &CloudMail, root: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let local = file(&folder, "cookies.json", content(700));
    let at = |path: &str| format!("{root}/{path}");
    cm.folder_add(&at("TestDir"), Conflict::Strict).await.expect("made with those around it");

    let added = cm.file_add(&local, &at(""), Conflict::Rename).await.expect("added");
    assert_eq!(added.path, at("cookies.json"));
    let again = cm.file_add(&local, &at("cookies.json"), Conflict::Rename).await.expect("renamed");
    assert_eq!((again.path, again.deduplicated), (at("cookies (1).json"), true));
    let err = cm.file_add(&local, &at("cookies.json"), Conflict::Strict).await.unwrap_err();
    assert!(err.is(&ErrorName::Exists) && err.is_about("home"), "{err}");

    let item = cm.file(&at("cookies.json")).await.expect("an item").body;
    assert_eq!((item.size, item.hash), (Some(700), Some(cloud_hash(content(700)))));
    let (hash, size) = cm.file_upload(&local).await.expect("uploaded");
    assert_eq!((hash, size), (added.hash, 700));

    let moved = cm.file_move(&at("cookies.json"), &at("TestDir")).await.expect("moved").body;
    assert_eq!(moved, at("TestDir/cookies.json"));
    let renamed = cm.file_rename(&moved, "cookies_renamed.json", Conflict::Rename).await;
    let renamed = renamed.expect("renamed").body;
    assert_eq!(renamed, at("TestDir/cookies_renamed.json"));
    let copied = cm.file_copy(&renamed, root, Conflict::Rename).await.expect("copied").body;
    assert_eq!(copied, at("cookies_renamed.json"));
    let other = cm.folder_copy(&at("TestDir"), root, Conflict::Rename).await.expect("copied").body;
    assert_eq!(other, at("TestDir (1)"));

    let link = cm.file_publish(&renamed).await.expect("published").body;
    assert_eq!(cm.file_publish(&renamed).await.expect("published").body, link);
    assert_eq!(cm.file(&renamed).await.expect("an item").body.weblink.as_deref(), Some(&*link));
    let unpublished = cm.file_unpublish(&cm.hosts().public(&link)).await.expect("unpublished");
    assert_eq!(unpublished.body, renamed);
    assert_eq!(cm.file(&renamed).await.expect("an item").body.weblink, None);

    let newer = file(&folder, "newer", content(800));
    cm.file_add(&newer, &renamed, Conflict::Rewrite).await.expect("replaced");
    let history = cm.file_history(&renamed).await.expect("a history").body;
    assert_eq!(history.iter().map(|version| version.size).collect::<Vec<_>>(), [800, 700]);
    cm.file_restore_version(&history[1]).await.expect("rolled back");
    assert_eq!(bytes_of(cm, &renamed).await, content(700));

    assert_eq!(cm.file_remove(&copied).await.expect("removed").body, copied);
    let err = cm.file(&copied).await.unwrap_err();
    assert!(err.is_not_found() && err.is(&ErrorName::NotExists), "{err}");
    raw_calls(cm, root).await;
}

/// Both forms of the notes: below the API's address, and by a whole URL.
async fn raw_calls(cm: &CloudMail, root: &str) {
    let whole = |path: &str| cm.hosts().api.join(path).expect("a URL").to_string();
    let copy = ApiRequest::new().data([
        ("home", &*format!("{root}/TestDir")),
        ("folder", root),
        ("conflict", "rename"),
    ]);
    for (path, request) in
        [("file/copy".to_owned(), copy.clone()), (whole("file/copy"), copy.clone().full_path())]
    {
        let reply = cm.api(&path, Method::POST, &request).await.expect("a reply");
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    for (path, request) in [
        ("dispatcher".to_owned(), ApiRequest::new()),
        (whole("dispatcher"), ApiRequest::new().full_path()),
    ] {
        let reply = cm.api(&path, Method::GET, &request).await.expect("a reply");
        assert!(reply.json.expect("JSON")["body"]["upload"][0]["url"].is_string());
    }
    assert_eq!(
        names(cm, root).await,
        "TestDir/ TestDir (1)/ TestDir (2)/ TestDir (3)/ cookies (1).json"
    );
    let refused = ApiRequest::new().data([("home", "/none"), ("folder", "/")]);
    let reply = cm.api("file/copy", Method::POST, &refused).await.expect("a reply all the same");
    assert_eq!(reply.refusal().expect("a refusal").reason.name(), Some(&ErrorName::NotExists));
}

#[tokio::test]
async fn cookies_are_kept_for_another_run() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let folder = tempfile::tempdir().expect("a folder");
        let jar = folder.path().join("cookies.json");
        let cm = client(&server, &login, Way::Cookies).await;
        assert!(!cm.clone().is_cookies_valid().await.expect("an answer"));
        cm.auth().await.expect("signed in");
        cm.save_cookies_to_file(&jar).await.expect("saved");

        let hosts = Hosts::at(&server.base).expect("hosts");
        let other = CloudMail::builder(&login).hosts(hosts.clone()).build().expect("a client");
        other.load_cookies_from_file(&jar).await.expect("loaded");
        assert!(other.is_cookies_valid().await.expect("an answer"));
        other.folder_add("/made", Conflict::Strict).await.expect("made with stored cookies");

        let mut flat = other.cookies();
        flat.remove("sdcs");
        let without = CloudMail::builder(&login).hosts(hosts.clone()).build().expect("a client");
        without.update_cookies_from_dict(&flat);
        assert!(without.is_cookies_valid().await.expect("an answer"), "the cloud's cookie is got");

        let nobody = CloudMail::builder(&login).hosts(hosts).build().expect("a client");
        nobody.update_cookies_from_dict(&BTreeMap::from([("Mpop".into(), "1:ab:ann:".into())]));
        assert!(!nobody.is_cookies_valid().await.expect("an answer"));
        let err = nobody.user().await.unwrap_err();
        assert_eq!(err.to_string(), "the session is over");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_either_way() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        for oauth in [false, true] {
            let hosts = Hosts::at(&server.base).expect("hosts");
            let builder = CloudMail::builder(&login).password("wrong").hosts(hosts);
            let builder = if oauth { builder.oauth(CloudMail::CLIENT_ID) } else { builder };
            let err = builder.build().expect("a client").auth().await.unwrap_err();
            let Error::Refused(refusal) = err else { panic!("{err}") };
            match refusal.reason {
                Reason::WrongPassword => assert!(!oauth),
                Reason::OAuth { .. } => assert!(oauth),
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn files_of_every_size_go_up_and_down() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let folder = tempfile::tempdir().expect("a folder");
        for way in [Way::Cookies, Way::OAuth] {
            let cm = client(&server, &login, way).await;
            for size in [0, 1, 20, 21, 4096, 3 << 20] {
                // Other content each time, so that nothing is known.
                let mut sent = content(size);
                for byte in &mut sent {
                    *byte ^= way as u8 + 1;
                }
                let local = file(&folder, "sent", &sent);
                let path = format!("/a + b/{size} %2F \"é\".bin").replace('"', "'");
                let mut upload = cm.upload(&local, &path);
                upload.hash_first = size % 2 == 0;
                let uploaded = upload.run().await.expect("uploaded");
                assert_eq!((&*uploaded.path, uploaded.deduplicated), (&*path, false), "{size}");
                let got = folder.path().join("got");
                let content = cm.download(&path, &got).run().await.expect("downloaded");
                assert_eq!(content.size, sent.len() as u64);
                assert_eq!(std::fs::read(&got).expect("a file"), sent, "{way:?} {size}");
                let again = cm.upload(&local, &path).run().await.expect("registered");
                assert_eq!(again.deduplicated, size > 20, "the server has it");
            }
            let part = cm.content_range("/a + b/4096 %2F 'é'.bin", 10..13).await.expect("a part");
            let part = part.try_collect::<Vec<_>>().await.expect("all of it").concat();
            assert_eq!(part.len(), 3);
        }
    })
    .await;
}

#[tokio::test]
async fn folders_are_listed_sorted_and_searched() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let cm = client(&server, &login, Way::Cookies).await;
        let folder = tempfile::tempdir().expect("a folder");
        for (name, size) in [("b.txt", 3), ("a.txt", 9), ("Plan.pdf", 5)] {
            let local = file(&folder, name, content(size));
            cm.file_add(&local, "/docs/deep/", Conflict::Strict).await.expect("added");
        }
        cm.folder_add("/docs/deep/sub", Conflict::Strict).await.expect("made");
        let sort = Sort { key: SortKey::Size, order: Order::Desc };
        let listing = Listing { limit: 3, offset: 1, sort };
        let page = cm.folder("/docs/deep", &listing).await.expect("a page").body;
        let list = page.list.expect("a list");
        let sizes: Vec<_> = list.iter().map(|item| item.size.unwrap_or(0)).collect();
        assert_eq!((sizes, page.count.expect("a count").total()), (vec![9, 5, 3], 4));
        let found = cm.folder_find("plan", "/docs", 100).await.expect("found").body.list;
        let found = found.expect("a list");
        assert_eq!(found[0].home.as_deref(), Some("/docs/deep/Plan.pdf"));
        let tree = cm.folder_tree("/docs/deep", &Listing::default()).await.expect("a tree").body;
        assert_eq!(tree.iter().map(|item| &*item.name).collect::<Vec<_>>(), ["/", "docs", "deep"]);
        let around = cm.folder("/docs/deep/a.txt", &Listing::default()).await.expect("its folder");
        assert_eq!(around.body.home.as_deref(), Some("/docs/deep"));
    })
    .await;
}

#[tokio::test]
async fn the_trash_gives_back_what_it_got() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let cm = client(&server, &login, Way::OAuth).await;
        let folder = tempfile::tempdir().expect("a folder");
        let local = file(&folder, "plan.pdf", content(100));
        cm.file_add(&local, "/docs/plan.pdf", Conflict::Strict).await.expect("added");
        cm.file_remove("/docs/plan.pdf").await.expect("removed");
        let item = cm.trashbin("/", 10).await.expect("the trash").body.list.remove(0);
        assert_eq!((&*item.name, item.size), ("plan.pdf", Some(100)));
        assert_eq!(item.deleted_from.trim_end_matches('/'), "/docs");
        cm.trashbin_restore(item.rev, "/docs/plan.pdf", Conflict::Rename).await.expect("restored");
        assert_eq!(bytes_of(&cm, "/docs/plan.pdf").await, content(100));
        cm.folder_remove("/docs").await.expect("removed");
        cm.trashbin_empty().await.expect("emptied");
        // The server answers at once and destroys in the background, what lay in a folder last.
        while cm.user_space().await.expect("space").body.bytes_used > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(cm.trashbin("/", 10).await.expect("the trash").body.list.is_empty());
        assert_eq!(cm.user().await.expect("an account").body.login, "ann");
    })
    .await;
}

#[tokio::test]
async fn a_folder_is_given_taken_and_given_back() {
    on_each(async |server| {
        let (ann, bob) =
            (server.account("ann", Role::User).await, server.account("bob", Role::User).await);
        let ann_cm = client(&server, &ann, Way::Cookies).await;
        let bob_cm = client(&server, &bob, Way::Cookies).await;
        let folder = tempfile::tempdir().expect("a folder");
        let local = file(&folder, "a.txt", "from ann");
        ann_cm.file_add(&local, "/docs/", Conflict::Strict).await.expect("added");
        ann_cm.folder_share("/docs", &bob, Access::ReadWrite).await.expect("shared");
        let err = ann_cm.folder_share("/docs", &ann, Access::ReadOnly).await.unwrap_err();
        assert!(err.is(&ErrorName::Owner) && err.is_about("invite_email"), "{err}");
        let info = ann_cm.folder_shared_info("/docs").await.expect("members").body;
        assert_eq!(info.invited.expect("somebody")[0].email, bob);
        let invite = bob_cm.folder_invites().await.expect("invitations").body.remove(0);
        assert_eq!((&*invite.owner.email, invite.access), (&*ann, Access::ReadWrite));
        let mounted = bob_cm.folder_mount("/of ann", &invite.invite_token, Conflict::Rename).await;
        assert_eq!(mounted.expect("mounted").body, "/of ann");
        assert_eq!(bytes_of(&bob_cm, "/of ann/a.txt").await, b"from ann");
        bob_cm.file_remove("/of ann/a.txt").await.expect("removed");
        assert_eq!(names(&ann_cm, "/docs").await, "");
        bob_cm.folder_unmount("/of ann", false).await.expect("given back");
        assert_eq!(names(&bob_cm, "/").await, "");
    })
    .await;
}

#[tokio::test]
async fn anybody_may_see_what_is_published_and_save_it() {
    on_each(async |server| {
        let (ann, bob) =
            (server.account("ann", Role::User).await, server.account("bob", Role::User).await);
        let cm = client(&server, &ann, Way::Cookies).await;
        let folder = tempfile::tempdir().expect("a folder");
        let local = file(&folder, "a.txt", content(50));
        cm.file_add(&local, "/docs/", Conflict::Strict).await.expect("added");
        let link = cm.folder_publish("/docs").await.expect("published").body;

        let hosts = Hosts::at(&server.base).expect("hosts");
        let nobody =
            CloudMail::builder("anonym").anonymous().hosts(hosts).build().expect("a client");
        let seen = nobody.public_folder(&link, &Listing::default()).await.expect("a folder").body;
        assert_eq!(seen.list.expect("a list")[0].name, "a.txt");
        let got = nobody.public_content(&format!("{link}/a.txt")).await.expect("content");
        assert_eq!(got.try_collect::<Vec<_>>().await.expect("all").concat(), content(50));
        let links = cm.folder_shared_links().await.expect("links").body.list;
        assert_eq!(links[0].home.as_deref(), Some("/docs"));

        let bob = client(&server, &bob, Way::OAuth).await;
        let saved = bob.clone_weblink(&link, "/", Conflict::Rename).await.expect("saved").body;
        assert_eq!(bytes_of(&bob, &format!("{saved}/a.txt")).await, content(50));
        let err = cm.clone_weblink(&link, "/", Conflict::Rename).await.unwrap_err();
        assert!(err.is(&ErrorName::Own), "{err}");
        let paths = ["/docs"];
        let request = ZipRequest { cloud_paths: &paths, name: "pack.zip", cp866: false };
        let archive = cm.zip_content(&request).await.expect("an archive");
        let archive = archive.try_collect::<Vec<_>>().await.expect("all").concat();
        assert_eq!(&archive[..2], b"PK");
        cm.folder_unpublish(&link).await.expect("unpublished");
        let err = nobody.public_folder(&link, &Listing::default()).await.unwrap_err();
        assert!(err.is_not_found(), "{err}");
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_is_asked_of_whoever_signs_in() {
    on_each(async |server| {
        let login = server.account("ann", Role::User).await;
        let secret = second_factor_of(&server, &login).await;
        for oauth in [false, true] {
            // A code is good once.
            server.advance(std::time::Duration::from_mins(1));
            let hosts = Hosts::at(&server.base).expect("hosts");
            let ours = |code: Option<String>| {
                let builder = CloudMail::builder(&login).password(PASSWORD).hosts(hosts.clone());
                let builder = if oauth { builder.oauth(CloudMail::CLIENT_ID) } else { builder };
                let asked = builder.second_factor(move |_| std::future::ready(code.clone()));
                asked.build().expect("a client")
            };
            let err = ours(None).auth().await.unwrap_err();
            assert!(err.to_string().contains("a code is wanted"), "{err}");
            assert!(ours(Some("000000".to_owned())).auth().await.is_err());
            let cm = ours(Some(code(&server, &secret)));
            cm.auth().await.expect("signed in");
            cm.user_space().await.expect("space");
        }
    })
    .await;
}
