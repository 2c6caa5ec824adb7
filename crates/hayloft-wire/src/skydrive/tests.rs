//! The shapes that clients rely on, as JSON.

use std::borrow::Cow;

use insta::assert_snapshot;

use super::*;

/// The reference's samples of section 5, field by field in their order.
const SAMPLES: [&str; 6] = [
    r#"{"id":"folder.5d2f8a91c4e07b36","from":{"name":null,"id":null},"name":"SkyDrive","description":"","parent_id":null,"size":902862,"upload_location":"https://sky.example/v5.0/folder.5d2f8a91c4e07b36/files/","comments_count":0,"comments_enabled":false,"is_embeddable":false,"count":2,"link":"https://sky.example/?cid=5d2f8a91c4e07b36","type":"folder","shared_with":{"access":"Just me"},"created_time":null,"updated_time":"2013-06-14T08:20:05+0000","client_updated_time":"2013-06-14T08:20:05+0000"}"#,
    r#"{"id":"folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110","from":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"name":"Pics","description":null,"parent_id":"folder.5d2f8a91c4e07b36","size":901120,"upload_location":"https://sky.example/v5.0/folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110/files/","comments_count":0,"comments_enabled":false,"is_embeddable":true,"count":2,"link":"https://sky.example/redir.aspx?cid=5d2f8a91c4e07b36&page=view&resid=5D2F8A91C4E07B36!110&parid=5D2F8A91C4E07B36!103","type":"album","shared_with":{"access":"Just me"},"sort_by":"name","created_time":"2013-03-02T17:41:30+0000","updated_time":"2013-03-02T17:58:12+0000","client_updated_time":"2013-03-02T17:58:12+0000"}"#,
    r#"{"id":"file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!126","from":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"name":"README.txt","description":null,"parent_id":"folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!104","size":1742,"upload_location":"https://sky.example/v5.0/file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!126/content/","comments_count":0,"comments_enabled":true,"is_embeddable":true,"source":"https://sky.example/y1p/K3f8/README.txt","link":"https://sky.example/redir.aspx?cid=5d2f8a91c4e07b36&resid=5D2F8A91C4E07B36!126","type":"file","shared_with":{"access":"Just me"},"created_time":"2013-05-21T10:07:44+0000","updated_time":"2013-05-21T10:07:44+0000","client_updated_time":"2013-05-21T10:07:44+0000"}"#,
    r#"{"id":"file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!128","from":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"name":"harbour.jpg","description":null,"parent_id":"folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110","size":450560,"upload_location":"https://sky.example/v5.0/file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!128/content/","comments_count":1,"comments_enabled":true,"is_embeddable":true,"tags_count":0,"tags_enabled":true,"picture":"https://sky.example/y1p/P7a1/harbour.jpg","source":"https://sky.example/y1p/S7a1/harbour.jpg","link":"https://sky.example/redir.aspx?cid=5d2f8a91c4e07b36&resid=5D2F8A91C4E07B36!128","images":[{"height":600,"width":800,"source":"https://sky.example/y1p/N7a1/harbour.jpg","type":"normal"}],"type":"photo","when_taken":"2013-03-01T11:02:09+0000","height":2448,"width":3264,"location":{"latitude":53.54,"longitude":9.99,"altitude":8.0},"camera_make":"Examplecam","camera_model":"EX-1","focal_ratio":2.8,"focal_length":4.1,"exposure_numerator":1,"exposure_denominator":250,"shared_with":{"access":"Just me"},"created_time":"2013-03-02T17:42:00+0000","updated_time":"2013-03-02T17:42:00+0000","client_updated_time":"2013-03-01T11:02:09+0000"}"#,
    r#"{"id":"file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!133","from":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"name":"ferry.mp4","description":"Ferry leaving","parent_id":"folder.5d2f8a91c4e07b36.5D2F8A91C4E07B36!110","size":7340032,"upload_location":"https://sky.example/v5.0/file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!133/content/","comments_count":0,"comments_enabled":true,"is_embeddable":true,"tags_count":0,"tags_enabled":true,"picture":"https://sky.example/y1p/P9c2/ferry.jpg","source":"https://sky.example/y1p/S9c2/ferry.mp4","link":"https://sky.example/redir.aspx?cid=5d2f8a91c4e07b36&resid=5D2F8A91C4E07B36!133","type":"video","height":720,"width":1280,"duration":14500,"bitrate":4049000,"shared_with":{"access":"Just me"},"created_time":"2013-03-02T17:50:21+0000","updated_time":"2013-03-02T17:50:21+0000","client_updated_time":"2013-03-02T17:50:21+0000"}"#,
    r#"{"id":"file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!135","from":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"name":"01 Tide.mp3","description":null,"parent_id":"folder.5d2f8a91c4e07b36","size":3145728,"upload_location":"https://sky.example/v5.0/file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!135/content/","comments_count":0,"comments_enabled":true,"is_embeddable":true,"source":"https://sky.example/y1p/S2e5/01%20Tide.mp3","picture":"https://sky.example/y1p/P2e5/cover.jpg","link":"https://sky.example/redir.aspx?cid=5d2f8a91c4e07b36&resid=5D2F8A91C4E07B36!135","type":"audio","title":"Tide","artist":"The Examples","album":"Low Water","album_artist":"The Examples","genre":"Folk","duration":187000,"shared_with":{"access":"Just me"},"created_time":"2013-05-01T07:00:00+0000","updated_time":"2013-05-01T07:00:00+0000","client_updated_time":"2013-05-01T07:00:00+0000"}"#,
];

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn every_kind_is_written_as_in_the_reference() {
    for sample in SAMPLES {
        let object: Object = serde_json::from_str(sample).unwrap();
        assert_eq!(json(&object), sample);
    }
}

#[test]
fn what_is_unset_is_null_or_left_out() {
    let photo = Object { kind: Kind::Photo, id: "file.1".into(), ..Object::default() };
    assert_snapshot!(json(&photo), @r#"{"id":"file.1","from":{"name":null,"id":null},"name":"","description":null,"parent_id":null,"comments_count":0,"comments_enabled":false,"is_embeddable":false,"tags_count":0,"tags_enabled":false,"link":"","images":[],"type":"photo","when_taken":null,"height":0,"width":0,"location":null,"camera_make":null,"camera_model":null,"focal_ratio":0,"focal_length":0,"exposure_numerator":0,"exposure_denominator":0,"shared_with":{"access":"Just me"},"created_time":null,"updated_time":"1970-01-01T00:00:00+0000","client_updated_time":"1970-01-01T00:00:00+0000"}"#);
}

#[test]
fn an_unknown_kind_survives_and_strange_fields_do_no_harm() {
    let text = r#"{"id":"file.1","type":"hologram","depth":7}"#;
    let object: Object = serde_json::from_str(text).unwrap();
    assert_eq!(object.kind, Kind::Other("hologram".into()));
    assert!(!object.kind.is_folder());
}

#[test]
fn comments_and_tags() {
    let comment = r#"{"id":"comment.5d2f8a91c4e07b36.5d2f8a91c4e07b36!128.5D2F8A91C4E07B36!140","from":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"message":"Nice harbour.","created_time":"2013-04-09T19:30:00+0000"}"#;
    assert_eq!(json(&serde_json::from_str::<Comment>(comment).unwrap()), comment);
    let tag = r#"{"id":"tag.5d2f8a91c4e07b36.5d2f8a91c4e07b36!128.Qm9vVGFnRXhhbXBsZTAwMDE-_a0","user":{"name":"Ada Example","id":"5d2f8a91c4e07b36"},"x":43.5,"y":28.0,"created_time":"2013-04-09T19:31:10+0000"}"#;
    assert_eq!(json(&serde_json::from_str::<Tag>(tag).unwrap()), tag);
    let on_video = Tag { user: TagUser { name: "Bo".into(), id: None }, ..Tag::default() };
    assert_snapshot!(json(&on_video), @r#"{"id":"","user":{"name":"Bo","id":null},"created_time":"1970-01-01T00:00:00+0000"}"#);
}

#[test]
fn a_user_with_few_and_with_many_scopes() {
    let few = r#"{"id":"5d2f8a91c4e07b36","name":"Ada Example","first_name":"Ada","last_name":"Example","link":"https://profile.sky.example/cid-5d2f8a91c4e07b36/","gender":null,"locale":"en_US","updated_time":"2013-06-14T08:20:05+0000"}"#;
    assert_eq!(json(&serde_json::from_str::<User>(few).unwrap()), few);
    let many = User {
        id: "1".into(),
        birth_day: Some(None),
        birth_month: Some(Some(4)),
        emails: Some(Emails { account: Some("a@example.com".into()), ..Emails::default() }),
        work: Some(vec![]),
        ..User::default()
    };
    assert_snapshot!(json(&many), @r#"{"id":"1","name":"","first_name":"","last_name":"","link":"","birth_day":null,"birth_month":4,"work":[],"gender":null,"emails":{"preferred":null,"account":"a@example.com","personal":null,"business":null,"other":null},"locale":""}"#);
}

#[test]
fn a_token_counts_its_seconds_in_a_number() {
    let token = Token {
        token_type: "bearer".into(),
        expires_in: 3600,
        scope: "wl.skydrive wl.skydrive_update".into(),
        access_token: "EwB4".into(),
        ..Token::default()
    };
    assert_snapshot!(json(&token), @r#"{"token_type":"bearer","expires_in":3600,"scope":"wl.skydrive wl.skydrive_update","access_token":"EwB4"}"#);
    let text: Token = serde_json::from_str(r#"{"access_token":"a","expires_in":"3600"}"#).unwrap();
    assert_eq!(text.expires_in, 3600, "some servers write a text");
}

#[test]
fn errors_are_objects_here_and_texts_in_oauth() {
    let error = ErrorReply {
        error: ErrorBody { code: ErrorCode::NotFound, message: Cow::Borrowed("no `x`") },
    };
    assert_snapshot!(json(&error), @r#"{"error":{"code":"resource_not_found","message":"no `x`"}}"#);
    let unknown: ErrorReply = serde_json::from_str(r#"{"error":{"code":"brand_new"}}"#).unwrap();
    assert_eq!(unknown.error.code, ErrorCode::Other("brand_new".into()));
    let oauth = OAuthError { error: "invalid_grant".into(), error_description: "gone".into() };
    assert_snapshot!(json(&oauth), @r#"{"error":"invalid_grant","error_description":"gone"}"#);
}

#[test]
fn lists_and_small_replies() {
    let first =
        Paging { next: Some("folder.1/files?offset=20&limit=10".into()), ..Paging::default() };
    let list = List { data: vec![1, 2], paging: Some(first) };
    assert_snapshot!(json(&list), @r#"{"data":[1,2],"paging":{"next":"folder.1/files?offset=20&limit=10"}}"#);
    assert_snapshot!(json(&List { data: Vec::<u8>::new(), paging: None }), @r#"{"data":[]}"#);
    assert_snapshot!(json(&Quota { quota: 26_843_545_600, available: 26_741_112_320 }), @r#"{"quota":26843545600,"available":26741112320}"#);
    let uploaded = Uploaded { id: "file.1".into(), name: "a".into(), source: Some("s".into()) };
    assert_snapshot!(json(&uploaded), @r#"{"id":"file.1","name":"a","source":"s"}"#);
    assert_snapshot!(json(&Embed { embed_html: "<iframe>".into() }), @r#"{"embed_html":"<iframe>"}"#);
}
