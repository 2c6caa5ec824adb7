//! The shapes that clients rely on, as JSON, and the odd ones that are read all the same.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;

fn line<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_envelope_has_four_fields_and_two_ways_to_tell_its_status() {
    let reply = |status| Envelope {
        email: Some("ann@example.org".to_owned()),
        body: "/docs/plan.pdf",
        time: 1_760_000_000_123,
        status,
    };
    assert_snapshot!(line(&reply(200.into())), @r#"{"email":"ann@example.org","body":"/docs/plan.pdf","time":1760000000123,"status":200}"#);
    assert_snapshot!(line(&reply(Status::Text(200)).status), @r#""200""#);
    let bare: Envelope<Value> = read(r#"{"body":"user","status":"403"}"#);
    assert_eq!((bare.email, bare.time, bare.status.code()), (None, 0, 403));
}

#[test]
fn a_file_and_a_folder_are_told_in_the_service_s_order() {
    let file = Item {
        mtime: Some(1_760_000_000),
        virus_scan: Some(VirusScan::Pass),
        name: "plan.pdf".into(),
        size: Some(48_213),
        hash: Some("3FD140EF57A27F85E22CF06DFEE312F20CE4794F".into()),
        kind: Kind::File,
        item_type: Some(ItemType::File),
        home: Some("/docs/plan.pdf".into()),
        weblink: Some("Qw3e/rTy8uIo9P".into()),
        weblink_access_rights: Some(LinkRights::Read),
        message: Some(String::new()),
        ..Item::default()
    };
    assert_snapshot!(line(&file), @r#"{"mtime":1760000000,"virus_scan":"pass","name":"plan.pdf","size":48213,"hash":"3FD140EF57A27F85E22CF06DFEE312F20CE4794F","kind":"file","type":"file","home":"/docs/plan.pdf","weblink":"Qw3e/rTy8uIo9P","weblink_access_rights":"r","message":""}"#);
    let folder = Item {
        count: Some(Count { folders: 1, files: 4 }),
        tree: Some("306131623263336430303030".into()),
        name: "docs".into(),
        grev: Some(57),
        size: Some(901_234),
        kind: Kind::CameraUpload,
        rev: Some(55),
        item_type: Some(ItemType::Folder),
        home: Some("/docs".into()),
        sort: Some(Sort::default()),
        list: Some(vec![]),
        ..Item::default()
    };
    assert_snapshot!(line(&folder), @r#"{"count":{"folders":1,"files":4},"tree":"306131623263336430303030","name":"docs","grev":57,"size":901234,"kind":"camera-upload","rev":55,"type":"folder","home":"/docs","sort":{"order":"asc","type":"name"},"list":[]}"#);
    assert_eq!(read::<Item>(&line(&folder)), folder);
}

#[test]
fn the_item_of_the_notes_is_read() {
    let text = r#"{"body": {"hash": "9EE56D6C62B33379584F219648A908C37554C2FF",
        "home": "/Path/To/File/FileName.zip", "kind": "file", "mtime": 1528621600,
        "name": "FileName.zip", "size": 812828829, "type": "file", "virus_scan": "pass"},
        "email": "email@mail.ru", "status": 200, "time": 1530370640869}"#;
    let item = read::<Envelope<Item>>(text).body;
    assert_eq!((item.size, item.mtime), (Some(812_828_829), Some(1_528_621_600)));
    assert!(!item.is_folder());
}

#[test]
fn an_item_of_which_little_is_known_is_read() {
    let odd: Item = read(
        r#"{"name":"x","kind":"hologram","size":"12","mtime":null,"virus_scan":"later","new":{}}"#,
    );
    assert_eq!((odd.kind, odd.size, odd.mtime), (Kind::Other, Some(12), None));
    assert_eq!(odd.virus_scan, Some(VirusScan::NotYet));
    assert!(!odd.is_folder());
    for kind in ["folder", "mounted", "shared", "camera-upload"] {
        assert!(read::<Item>(&format!(r#"{{"name":"x","kind":"{kind}"}}"#)).is_folder(), "{kind}");
    }
    assert!(read::<Item>(r#"{"name":"x","type":"folder"}"#).is_folder());
}

#[test]
fn a_refusal_names_the_parameter_or_is_a_word() {
    let parameter = ErrorBody::parameter("home", "/a/b", ErrorName::NotExists);
    assert_snapshot!(line(&parameter), @r#"{"home":{"value":"/a/b","error":"not_exists"}}"#);
    let bare =
        ErrorBody::Parameter { field: "invite_email".into(), value: None, name: ErrorName::Owner };
    assert_snapshot!(line(&bare), @r#"{"invite_email":{"error":"owner"}}"#);
    assert_snapshot!(line(&ErrorBody::word(ErrorBody::NO_SDC)), @r#""nosdc""#);
    for body in [parameter, bare, ErrorBody::word(ErrorBody::USER)] {
        assert_eq!(read::<ErrorBody>(&line(&body)), body);
    }
    let new: ErrorBody = read(r#"{"phone":{"value":7,"error":"brand.new"}}"#);
    let expected = ErrorBody::parameter("phone", 7, ErrorName::Other("brand.new".into()));
    assert_eq!(new, expected);
    assert_eq!(ErrorBody::read(&json!({"home": "/a"})), None);
    assert_snapshot!(line(&NotAuthorized::default()), @r#"{"error":"NOT/AUTHORIZED"}"#);
}

#[test]
fn every_error_name_is_read_as_what_it_is_written_as() {
    let names = "exists required invalid not_exists readonly read_only name_length_exceeded \
        name_too_long overquota quota_exceeded own owner virus_scan_fail trees_conflict \
        unprocessable_entry user_limit_exceeded export_limit_exceeded unknown";
    for text in names.split_whitespace() {
        let name: ErrorName = text.parse().unwrap();
        assert!(!matches!(name, ErrorName::Other(_)), "{text}");
        assert_eq!(name.as_str(), text);
    }
}

#[test]
fn a_dispatcher_counts_in_strings_but_for_one() {
    let at = |url: &str, count| vec![Shard { count, url: url.into() }];
    let shards = Dispatcher {
        get: at("https://h/get/", ShardCount::Text(1)),
        weblink_get: at("https://h/G", ShardCount::Number(1)),
        ..Dispatcher::default()
    };
    assert_snapshot!(line(&shards), @r#"{"get":[{"count":"1","url":"https://h/get/"}],"view":[],"view_direct":[],"video":[],"thumbnails":[],"upload":[],"public_upload":[],"weblink_get":[{"count":1,"url":"https://h/G"}],"weblink_view":[],"weblink_video":[],"weblink_thumbnails":[],"auth":[]}"#);
    let read: Dispatcher = read(r#"{"get":[{"count":50,"url":"a"}],"upload":[{"url":"b"}]}"#);
    assert_eq!((read.get[0].count, &*read.upload[0].url), (ShardCount::Number(50), "b"));
}

#[test]
fn an_account_is_told_with_every_key() {
    let user = User {
        domain: "example.org".into(),
        login: "ann".into(),
        account_type: "regular".into(),
        ..User::default()
    };
    assert_snapshot!(line(&user), @r#"{"domain":"example.org","login":"ann","account_type":"regular","account_verified":false,"newbie":false,"ui":{"expand_loader":false,"sort":{"order":"asc","type":"name"},"sidebar":false,"kind":"","thumbs":false},"cloud":{"billing":{"prolong":false,"active_cost_id":"","expires":0,"auto_prolong":false,"active_rate_id":"","enabled":false,"subscription":[],"basequota":0,"version":"","promocodes":{}},"beta":{"allowed":false,"asked":false},"enable":{"sharing":false},"bonuses":{"camera_upload":false,"complete":false,"desktop":false,"feedback":false,"links":false,"mobile":false,"registration":false},"space":{"overquota":false,"bytes_used":0,"bytes_total":0}},"cloudflags":{"exists":false}}"#);
    assert_eq!(read::<User>(&line(&user)), user);
    let old: Space = read(r#"{"overquota":false,"used":3,"total":8192}"#);
    assert_eq!((old.bytes_used, old.bytes_total), (3 << 20, 8 << 30));
}

#[test]
fn a_rate_without_a_price_is_a_rate() {
    let text = r#"{"rates":[{"id":"ZERO","name":"8 GB","active":true,"available":true,"size":8589934592}]}"#;
    assert_eq!(line(&read::<Rates>(text)), text);
}

#[test]
fn the_history_of_the_notes_is_read_and_the_fuller_one_too() {
    let short = r#"[{"name":"ast.py","path":"/Garbage/ast.py","size":12670,"time":1530268079,"uid":170724211}]"#;
    assert_eq!(line(&read::<Vec<Version>>(short)), short);
    let full = r#"[{"name":"a","path":"/a","size":1,"time":2,"uid":3,"hash":"3F","rev":12}]"#;
    assert_eq!(line(&read::<Vec<Version>>(full)), full);
}

#[test]
fn the_trash_is_told_and_a_restore_answers_in_two_ways() {
    let trash = Trash {
        kind: Kind::Folder,
        item_type: Some(ItemType::Folder),
        name: "/".into(),
        list: vec![TrashItem {
            name: "plan.pdf".into(),
            size: Some(48_213),
            rev: 91,
            kind: Kind::File,
            item_type: Some(ItemType::File),
            hash: Some("3FD1".into()),
            deleted_at: 1_760_000_100,
            deleted_by: 170_000_001,
            deleted_from: "/docs".into(),
            ..TrashItem::default()
        }],
        ..Trash::default()
    };
    assert_snapshot!(line(&trash), @r#"{"kind":"folder","type":"folder","name":"/","next_chunk_rev":0,"list":[{"name":"plan.pdf","size":48213,"rev":91,"kind":"file","type":"file","hash":"3FD1","deleted_at":1760000100,"deleted_by":170000001,"deleted_from":"/docs"}]}"#);
    assert_eq!(read::<Trash>(&line(&trash)), trash);
    let restored = Restored {
        rev: Some(RestoredRev("3061".into(), 92)),
        name: Some("plan (1).pdf".into()),
        path: None,
    };
    assert_snapshot!(line(&restored), @r#"{"rev":["3061",92],"name":"plan (1).pdf"}"#);
    assert_eq!(read::<Restored>(&line(&restored)), restored);
    let path = Some("/docs/plan.pdf".to_owned());
    assert_eq!(read::<Restored>(r#""/docs/plan.pdf""#), Restored { path, ..Restored::default() });
}

#[test]
fn shared_folders_are_told_to_both_sides() {
    let invite = InviteRequest { email: "bob@example.org".into(), access: Some(Access::ReadWrite) };
    assert_snapshot!(line(&invite), @r#"{"email":"bob@example.org","access":"read_write"}"#);
    let info = SharedInfo {
        invited: Some(vec![Invited {
            email: "bob@example.org".into(),
            status: Invited::NEW.into(),
            access: Access::ReadOnly,
            name: "Bob".into(),
        }]),
    };
    assert_snapshot!(line(&info), @r#"{"invited":[{"email":"bob@example.org","status":"new","access":"read_only","name":"Bob"}]}"#);
    assert_eq!(read::<SharedInfo>("{}"), read::<SharedInfo>(r#"{"invited":null}"#));
    let incoming = Incoming {
        list: vec![Invitation {
            owner: Person { email: "ann@example.org".into(), name: "Ann".into() },
            tree: Some("3061".into()),
            access: Access::ReadWrite,
            name: "docs".into(),
            size: Some(901_234),
            invite_token: "f0e1".into(),
            home: Some("/docs".into()),
        }],
    };
    assert_snapshot!(line(&incoming), @r#"{"list":[{"owner":{"email":"ann@example.org","name":"Ann"},"tree":"3061","access":"read_write","name":"docs","size":901234,"invite_token":"f0e1","home":"/docs"}]}"#);
    assert_eq!(read::<Incoming>(&line(&incoming)), incoming);
}

#[test]
fn a_token_a_question_and_a_refusal_are_one_reply() {
    let token = TokenReply {
        access_token: Some("a".into()),
        refresh_token: Some("r".into()),
        expires_in: Some(3600),
        token_type: Some("bearer".into()),
        ..TokenReply::default()
    };
    assert_snapshot!(line(&token), @r#"{"access_token":"a","refresh_token":"r","expires_in":3600,"token_type":"bearer"}"#);
    assert!(!format!("{token:?}").contains("\"r\""), "a secret is not shown");
    let refusal = TokenReply {
        error: Some("invalid_grant".into()),
        error_code: Some(3),
        error_description: Some("no".into()),
        ..TokenReply::default()
    };
    assert_snapshot!(line(&refusal), @r#"{"error":"invalid_grant","error_code":3,"error_description":"no"}"#);
    let second: TokenReply = read(r#"{"tsa_token":"t","length":"6","timeout":60}"#);
    assert_eq!((second.tsa_token.as_deref(), second.length), (Some("t"), Some(6)));
}

#[test]
fn conflicts_are_words_and_nothing_is_strict() {
    for (word, conflict) in [
        ("", Some(Conflict::Strict)),
        ("strict", Some(Conflict::Strict)),
        ("rename", Some(Conflict::Rename)),
        ("rewrite", Some(Conflict::Rewrite)),
        ("ignore", Some(Conflict::Ignore)),
        ("Rename", None),
    ] {
        assert_eq!(Conflict::read(word), conflict, "{word}");
    }
    assert_snapshot!(line(&Sort { key: SortKey::Mtime, order: Order::Desc }), @r#"{"order":"desc","type":"mtime"}"#);
}

#[test]
fn a_batch_is_read_without_parameters_too() {
    let calls: Vec<BatchCall> =
        read(r#"[{"method":"file/remove","params":{"home":"/x"}},{"method":"user"}]"#);
    assert_eq!((calls[0].params["home"].as_str(), calls[1].params.len()), (Some("/x"), 0));
    let outcome = BatchOutcome { status: 200.into(), body: json!("/x") };
    assert_snapshot!(line(&outcome), @r#"{"status":200,"body":"/x"}"#);
}
