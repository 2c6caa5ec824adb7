//! The trash.

use hayloft_core::{
    Error, NodeId, Subject,
    job::{self, Work},
    trash,
    tree::View,
};
use hayloft_wire::cloudmail::{
    Conflict, ErrorName, ItemType, Kind, Restored, RestoredRev, Trash, TrashItem,
};
use serde_json::json;

use super::{
    call::{Api, Call},
    error::Failure,
    items::{self, Looks},
    place::{Place, new_path, refused},
    reply::{Form, Reply, body, with_form},
};

/// The most items of one answer.
const ITEMS_MAX: u32 = 10_000;

/// `trashbin`: what was deleted, newest first.
pub(super) async fn list_trash(call: &Call) -> Reply {
    if call.params.get("home").is_some() {
        let asked = call.params.path("home")?;
        if !asked.path.is_root() {
            return Err(asked.refused(Error::NotFound(Subject::TrashItem)));
        }
    }
    let limit = call.params.number("limit")?.unwrap_or(u64::from(ITEMS_MAX));
    let limit = u32::try_from(limit).unwrap_or(ITEMS_MAX);
    let list = call.read(move |tx, actor| {
        let items = trash::newest(tx, actor, limit)?;
        let views: Vec<View> = items.iter().map(|item| item.view.clone()).collect();
        let looks = Looks::of(tx, &views)?;
        let shown = items.iter().map(|item| {
            let (view, node) = (&item.view, &item.view.node);
            let from = view.path.parent();
            let is_folder = node.is_folder();
            TrashItem {
                count: is_folder.then(|| looks.count(node)),
                name: view.name().to_owned(),
                size: (!is_folder).then(|| node.size()),
                rev: u64::try_from(node.id.0).unwrap_or(0),
                kind: if is_folder { Kind::Folder } else { Kind::File },
                item_type: Some(if is_folder { ItemType::Folder } else { ItemType::File }),
                hash: looks.hash(node),
                deleted_at: item.deleted_ms.div_euclid(1000),
                deleted_by: item.author.0,
                deleted_from: from.map_or_else(|| "/".to_owned(), |path| path.to_string()),
            }
        });
        Ok(shown.collect::<Vec<_>>())
    });
    let list = list.await??;
    body(&Trash {
        kind: Kind::Folder,
        item_type: Some(ItemType::Folder),
        name: "/".to_owned(),
        next_chunk_rev: 0,
        list,
    })
}

/// `trashbin/restore`: an item to a path, whose folder must be there; a bare name is in the root.
pub(super) async fn restore_item(call: &Call) -> Reply {
    let raw = call.params.required("path")?;
    let revision = call.params.number("restore_revision")?;
    let revision = revision.ok_or_else(|| Failure::missing("restore_revision"))?;
    let conflict = call.params.conflict()?;
    let asked = new_path("path", raw, true)?;
    let path = asked.path.clone();
    let node = NodeId(i64::try_from(revision).unwrap_or(0));
    let restored = call.write(move |tx, actor| {
        let is_file = !trash::item_view(tx, actor, node)?.node.is_folder();
        let place = Place::find(tx, actor, &path, is_file, conflict, None)?;
        if place.is_taken() && !is_file {
            return Err(Error::NameTaken(path.to_string()));
        }
        trash::restore_to(tx, actor, node, place.path(), place.is_taken())
    });
    let view = restored.await?.map_err(|err| match err {
        Error::NotFound(Subject::TrashItem) => {
            Failure::parameter("restore_revision", &revision.to_string(), ErrorName::NotExists)
        }
        err => refused(&asked, err),
    })?;
    let name = asked.path.name();
    let renamed = name.is_none_or(|name| name.as_str() != view.name());
    body(&Restored {
        rev: Some(RestoredRev(
            items::tree_text(view.node.owner),
            items::revision(view.node.change_number),
        )),
        name: (renamed && conflict == Conflict::Rename).then(|| view.name().to_owned()),
        path: None,
    })
}

/// `trashbin/empty`: all of it goes, in the background. Clients of the mobile API insist on a
/// status that is a text.
pub(super) async fn empty_trash(call: &Call) -> Reply {
    let emptied =
        call.write(|tx, actor| job::enqueue(tx, actor.account, &Work::ClearTrash { names: None }));
    emptied.await??;
    let form = if call.api == Api::Mobile { Form::TextStatus } else { Form::Enveloped };
    with_form(&json!({}), form)
}
