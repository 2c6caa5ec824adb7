//! What a file was before, and whether its content is clean.

use std::collections::BTreeMap;

use hayloft_core::{Error, tree, upload, version};
use hayloft_wire::cloudmail::{ErrorName, Version, VirusScan};
use http::StatusCode;

use super::{
    call::Call,
    error::Failure,
    items,
    reply::{Reply, body},
};

/// The most hashes of one question.
const HASHES_MAX: usize = 1000;

/// `file/history`: the versions of a file, the current one first.
pub(super) async fn list_versions(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let home = asked.clone();
    let versions = call.read(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &home.path)?;
        let kept = version::list(tx, actor, &view.path, 0, u32::MAX)?;
        let blobs: Vec<_> = kept.iter().map(|version| version.content.blob).collect();
        let hashes = upload::hashes(tx, &blobs)?;
        let shown = kept.iter().map(|kept| Version {
            name: view.name().to_owned(),
            path: home.spelling.clone(),
            size: kept.content.size,
            time: kept.modified_ms.div_euclid(1000),
            uid: kept.author.0,
            hash: hashes.get(&kept.content.blob).map(|hash| items::upper_hex(hash)),
            rev: Some(u64::from(kept.content.version)),
        });
        Ok(shown.collect::<Vec<_>>())
    });
    let versions = versions.await?.map_err(|err| match err {
        Error::NotAFile => {
            let refused = Failure::parameter(asked.field, &asked.spelling, ErrorName::Invalid);
            refused.with(StatusCode::NOT_ACCEPTABLE)
        }
        err => asked.refused(err),
    })?;
    body(&versions)
}

/// `folder/viruscan`: what a scanner says of contents. There is none here, so nothing is held back.
pub(super) fn scan_contents(call: &Call) -> Reply {
    let hashes: Vec<String> = call.params.json("hash_list")?;
    if hashes.len() > HASHES_MAX || hashes.iter().any(|hash| items::parse_hash(hash).is_none()) {
        let asked = call.params.get("hash_list").unwrap_or_default();
        return Err(Failure::parameter("hash_list", asked, ErrorName::Invalid));
    }
    let told: BTreeMap<&str, VirusScan> =
        hashes.iter().map(|hash| (hash.as_str(), VirusScan::Pass)).collect();
    body(&told)
}
