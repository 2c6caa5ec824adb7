//! The shapes that clients rely on, as JSON.

use std::borrow::Cow;

use insta::assert_snapshot;

use super::*;
use crate::{HumanSize, Nullable, TextOrFalse};

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn a_file(path: &str) -> Metadata<'_> {
    Metadata {
        path: Some(Cow::Borrowed(path)),
        size: HumanSize::Bytes(126_362),
        bytes: 126_362,
        version: 1,
        checksum: Nullable::Value("d41d8cd98f00b204e9800998ecf8427e".into()),
        mime_type: Some("image/png".into()),
        icon: "image".into(),
        extradata: Some(Extradata::default()),
        role: "owner".into(),
        ..Metadata::default()
    }
}

#[test]
fn a_file_is_told_with_every_field_of_files() {
    assert_snapshot!(json(&a_file("/a.png")), @r#"
    {
      "path": "/a.png",
      "folder": false,
      "deleted": false,
      "size": "123.4KB",
      "bytes": 126362,
      "version": 1,
      "created": 0,
      "modified": 0,
      "client_data": {},
      "checksum": "d41d8cd98f00b204e9800998ecf8427e",
      "mime_type": "image/png",
      "icon": "image",
      "thumbnail": false,
      "extradata": {},
      "owner": 0,
      "owner_name": "",
      "author": 0,
      "author_name": "",
      "role": "owner",
      "public_hash": "",
      "public_link": false,
      "parent_company_published": false,
      "is_favorite": false,
      "is_in_trash": false
    }
    "#);
}

#[test]
fn a_folder_is_told_with_its_content() {
    let folder = Metadata {
        path: Some("/".into()),
        folder: true,
        icon: "folder".into(),
        hash: Some("1a".into()),
        shared: Some(false),
        shared_hash: Nullable::Null,
        company_published: Some(false),
        thumbnail: TextOrFalse::False,
        fs_type: Some("native".into()),
        content: Some(vec![]),
        is_last_page: Some(true),
        ..Metadata::default()
    };
    assert_snapshot!(json(&folder), @r#"
    {
      "path": "/",
      "folder": true,
      "deleted": false,
      "size": "0 bytes",
      "bytes": 0,
      "version": 0,
      "created": 0,
      "modified": 0,
      "client_data": {},
      "icon": "folder",
      "thumbnail": false,
      "hash": "1a",
      "owner": 0,
      "owner_name": "",
      "author": 0,
      "author_name": "",
      "role": "",
      "shared": false,
      "shared_hash": null,
      "public_hash": "",
      "public_link": false,
      "company_published": false,
      "parent_company_published": false,
      "is_favorite": false,
      "is_in_trash": false,
      "fs_type": "native",
      "content": [],
      "is_last_page": true
    }
    "#);
}

#[test]
fn metadata_reads_what_it_wrote_and_ignores_strange_fields() {
    let text = json(&a_file("/a.png")).replacen('{', r#"{"invented": [1],"#, 1);
    let read: Metadata<'static> = serde_json::from_str(&text).unwrap();
    let expected = Metadata { size: HumanSize::Text("123.4KB".into()), ..a_file("/a.png") };
    assert_eq!(read, expected);
}

#[test]
fn an_outcome_is_told_apart_by_its_error_code() {
    let text = r#"{"success":1,"failed":1,"nodes":[
        {"path":"/a","folder":false,"error_code":null},{"path":"/b","error_code":404}]}"#;
    let read: MultiResult<NodeOutcome<'static>> = serde_json::from_str(text).unwrap();
    assert!(
        matches!(&read.nodes[0], NodeOutcome::Done(node) if node.path.as_deref() == Some("/a"))
    );
    assert!(matches!(&read.nodes[1], NodeOutcome::Failed(node) if node.error_code == 404));
}

#[test]
fn an_unknown_error_code_survives() {
    let body: ErrorBody = serde_json::from_str(r#"{"code":"Brand.New","progress":56}"#).unwrap();
    assert_eq!(body.code, ErrorCode::Other("Brand.New".into()));
    assert_snapshot!(serde_json::to_string(&body).unwrap(), @r#"{"code":"Brand.New","description":"","progress":56.0}"#);
    let known: ErrorCode = "FileAlreadyExists".parse().unwrap();
    assert_eq!(known, ErrorCode::FileAlreadyExists);
    assert_eq!(known.to_string(), "FileAlreadyExists");
}

#[test]
fn small_objects_have_the_shapes_of_the_reference() {
    assert_snapshot!(serde_json::to_string(&PurgeStatus::Processing).unwrap(), @r#"{"status":"PROCESSING"}"#);
    assert_snapshot!(serde_json::to_string(&Empty {}).unwrap(), @"{}");
    assert_snapshot!(serde_json::to_string(&Signal { kind: SignalKind::RemoteWipe }).unwrap(), @r#"{"type":"remote_wipe"}"#);
    let never =
        DirSize { description: Some("no previous result found".into()), ..DirSize::default() };
    assert_snapshot!(serde_json::to_string(&never).unwrap(), @r#"{"status":null,"description":"no previous result found"}"#);
    assert_snapshot!(serde_json::to_string(&Balance::not_available()).unwrap(), @r#""n/a""#);
}

#[test]
fn a_version_of_an_unknown_kind_does_not_spoil_the_list() {
    let read: Vec<FileVersion<'static>> =
        serde_json::from_str(r#"[{"id":"1","version":3,"type":"brand_new"}]"#).unwrap();
    assert_eq!(read[0].kind, VersionType::Full);
}
