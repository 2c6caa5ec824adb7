//! The change feed.

use hayloft_core::{
    AccountId, Error, Result as CoreResult, Settings,
    event::{self, Event, EventKind, FEED_MAX, FeedFilter},
    usage,
};
use hayloft_store::Tx;
use hayloft_wire::cloudike::{self as wire, EventContent, OldState, SocketCheck};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, array, object},
    error::Failure,
    params::{Kind, Param},
    render::{self, Reply, hex, icon},
};

/// How many events a page has that asks for no number.
const LIMIT_DEFAULT: u32 = 20;
const DAY_MS: i64 = 86_400_000;

const SKIP: Param = Param::new(&["skip"], Kind::Int, "Events to pass over.");
const LIMIT: Param = Param::new(&["limit"], Kind::Int, "Events at most; 20 by default, up to 100.");
const TYPE: Param = Param::new(
    &["type"],
    Kind::List,
    "Only events of these types; `sec_logs` is the whole security log.",
);
const PERSON: Param =
    Param::new(&["person"], Kind::Text, "`me` for what the caller did, `other` for the rest.");
const FROM: Param = Param::new(&["from_timestamp"], Kind::Millis, "Not before this time.");
const TO: Param = Param::new(&["to_timestamp"], Kind::Millis, "Not after this time.");
const PERIOD: Param = Param::new(&["period"], Kind::Int, "Only of the last so many days.");
const NOT_STORAGE_INFO: Param = Param::new(
    &["not_include_storage_info"],
    Kind::Bool,
    "Leave out the figures of the storage; true by default.",
);

/// Describes method 37.
pub(super) const LIST_EVENTS: Doc = Doc {
    summary: "The caller's feed of events, newest first.",
    params: &[SKIP, LIMIT, TYPE, PERSON, FROM, TO, PERIOD, NOT_STORAGE_INFO],
    reply: ReplyDoc::Json(array::<wire::Event>),
};

/// Method 37: `events/`.
pub(super) async fn list_events(call: &Call) -> Reply {
    let now = call.core().db.clock().now_ms();
    let asked = filter(call, now)?;
    let with_storage = !call.params.flag(&NOT_STORAGE_INFO)?.unwrap_or(true);
    let settings = call.core().settings.clone();
    let (storage, events) = call
        .read(move |tx, actor| {
            let storage = with_storage
                .then(|| storage_info(tx, &settings, actor.account, &actor.name))
                .transpose()?;
            let events = match &asked {
                Some(filter) => event::feed(tx, actor, filter)?,
                None => Vec::new(),
            };
            Ok((storage, events))
        })
        .await?;
    let shown: Vec<_> = storage.into_iter().chain(events.iter().map(wire_event)).collect();
    render::json(&shown)
}

/// Which events are asked for; none where no type of these is ever recorded.
fn filter(call: &Call, now_ms: i64) -> Result<Option<FeedFilter>, Failure> {
    let params = &call.params;
    let number = |param: &Param| -> Result<Option<u32>, Failure> {
        Ok(params.count(param)?.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
    };
    let types = params.list(&TYPE)?;
    let kinds: Vec<_> = types.iter().flat_map(|name| kinds(name)).collect();
    if !types.is_empty() && kinds.is_empty() {
        return Ok(None);
    }
    let period = params.count(&PERIOD)?.map(|days| {
        now_ms.saturating_sub(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS))
    });
    let own = match params.text(&PERSON)?.as_deref() {
        None | Some("") => None,
        Some("me") => Some(true),
        Some("other") => Some(false),
        Some(_) => return Err(Failure::invalid("person: neither me nor other")),
    };
    Ok(Some(FeedFilter {
        kinds,
        own,
        from_ms: params.millis(&FROM)?.max(period),
        to_ms: params.millis(&TO)?,
        skip: number(&SKIP)?.unwrap_or(0),
        limit: number(&LIMIT)?.filter(|n| *n > 0).unwrap_or(LIMIT_DEFAULT).min(FEED_MAX),
    }))
}

/// What a type of the dialect means: kinds of events, of folders, of files or of both.
fn kinds(name: &str) -> Vec<(EventKind, Option<bool>)> {
    if name == "sec_logs" {
        let all = EventKind::ALL.iter().filter(|kind| kind.is_security());
        return all.map(|kind| (*kind, None)).collect();
    }
    let mut found = Vec::new();
    for kind in EventKind::ALL {
        for is_folder in [true, false] {
            if type_name(*kind, is_folder) == name {
                found.push((*kind, Some(is_folder)));
            }
        }
    }
    found
}

/// The dialect's word for what happened.
fn type_name(kind: EventKind, is_folder: bool) -> &'static str {
    match (kind, is_folder) {
        (EventKind::Created, true) => "folder_created",
        (EventKind::Created, false) => "file_created",
        (EventKind::Deleted, true) => "folder_deleted",
        (EventKind::Deleted, false) => "file_deleted",
        (EventKind::Undeleted, true) => "folder_undeleted",
        (EventKind::Undeleted, false) => "file_undeleted",
        (EventKind::Renamed, true) => "folder_renamed",
        (EventKind::Renamed, false) => "file_renamed",
        (EventKind::Moved, true) => "folder_moved",
        (EventKind::Moved, false) => "file_moved",
        (EventKind::NewContent, _) => "file_new_content",
        (EventKind::VersionRestored, _) => "file_version_restored",
        (EventKind::Downloaded, true) => "folder_download",
        (EventKind::Downloaded, false) => "file_download",
        (EventKind::NameChanged, _) => "user_name_changed",
        (EventKind::PasswordChanged, _) => "user_password_changed",
        (EventKind::SignInLocked, _) => "numerous_failed_login_attempts",
        (EventKind::FullListing, _) => "metadata_full_listing",
        (EventKind::LinkCreated, _) => "link_created",
        (EventKind::LinkDeleted, _) => "link_deleted",
    }
}

/// Where a call of the security log came from; and the login that was locked, with which the
/// address stands in one note.
fn security_note(event: &Event) -> (Option<&str>, Option<&str>) {
    let note = event.note.as_deref().filter(|_| event.kind.is_security());
    match note {
        Some(note) if event.kind == EventKind::SignInLocked => match note.split_once(' ') {
            Some((ip, login)) => (Some(ip), Some(login)),
            None => (None, Some(note)),
        },
        ip => (ip, None),
    }
}

/// An event as it stands in a feed.
pub(super) fn wire_event(event: &Event) -> wire::Event {
    let is_node = event.node.0 != 0;
    let is_file = is_node && !event.is_folder;
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let content = EventContent {
        created: event.created_ms,
        modified: event.modified_ms,
        size: is_file.then_some(event.size),
    };
    let mime = is_file.then(|| event.mime_type());
    let old = event
        .old_path
        .as_ref()
        .map(|_| OldState { content, version: event.old_version.unwrap_or_default().into() });
    let (sender_ip, login) = security_note(event);
    let is_rename = event.kind == EventKind::Renamed;
    let is_move = event.kind == EventKind::Moved;
    let is_link = matches!(event.kind, EventKind::LinkCreated | EventKind::LinkDeleted);
    wire::Event {
        id: format!("{:024x}", event.id),
        user_id: event.account.0,
        kind: type_name(event.kind, event.is_folder).to_owned(),
        timestamp: event.timestamp_ms,
        path: event.path.clone(),
        deleted: event.kind == EventKind::Deleted,
        init_event_user_id: event.actor.0,
        init_event_user_name: event.actor_name.to_string(),
        content: is_node.then_some(content),
        version: is_file.then_some(event.version.into()),
        oldname: event.old_path.as_deref().filter(|_| is_rename).map(name),
        oldpath: event.old_path.clone().filter(|_| is_move),
        old,
        owner_id: is_node.then_some(event.owner.0),
        owner_name: is_node.then(|| event.owner_name.to_string()),
        request_id: event.request_id.clone(),
        sender_ip: sender_ip.map(str::to_owned),
        value: login.map(serde_json::Value::from),
        public_hash: event.note.clone().filter(|_| is_link),
        listing_request_id: event.note.clone().filter(|_| event.kind == EventKind::FullListing),
        icon: is_node.then(|| mime.map_or("folder", icon).to_owned()),
        mime_type: mime.map(str::to_owned),
        checksum: event.md5.filter(|_| is_file).map(|md5| hex(&md5)),
        name: is_node.then(|| name(&event.path)),
        role: is_node.then(|| {
            if event.owner == event.account { "owner" } else { "collaborator" }.to_owned()
        }),
        ..wire::Event::default()
    }
}

/// The figures of an account's storage, as an event.
pub(super) fn storage_info(
    tx: &mut Tx<'_>,
    settings: &Settings,
    account: AccountId,
    name: &str,
) -> CoreResult<wire::Event> {
    let used = usage::get(tx, account)?;
    let quota = usage::quota(tx, settings, account)?;
    let bytes = u64::try_from(used.storage_bytes)
        .map_err(|_| Error::Internal("an account holds less than nothing".to_owned()))?;
    Ok(wire::Event {
        id: format!("{:024x}", used.change_number),
        user_id: account.0,
        kind: "storage_info".to_owned(),
        timestamp: tx.now_ms(),
        init_event_user_id: account.0,
        init_event_user_name: name.to_owned(),
        home_storage_size: Some(bytes),
        storage_size: Some(bytes),
        quota_size: Some(quota.soft_bytes),
        hard_quota_size: Some(quota.hard_bytes),
        ..wire::Event::default()
    })
}

/// Describes method 38.
pub(super) const CHECK_SOCKET: Doc = Doc {
    summary: "Says whether events are pushed, and where.",
    params: &[],
    reply: ReplyDoc::Json(object::<SocketCheck>),
};

/// Method 38: `check_ws/`.
pub(super) async fn check_socket(call: &Call) -> Reply {
    if call.app.stopping.is_cancelled() {
        return render::json(&SocketCheck { status: "failed".to_owned(), url: None });
    }
    let base = call.base_url();
    let base = base.strip_prefix("http").unwrap_or(&base);
    render::json(&SocketCheck {
        status: "ok".to_owned(),
        url: Some(format!("ws{base}/subscribe/")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for kind in EventKind::ALL {
            for is_folder in [true, false] {
                let found = kinds(type_name(*kind, is_folder));
                assert!(found.contains(&(*kind, Some(is_folder))), "{kind:?}");
            }
        }
        assert_eq!(kinds("folder_moved"), [(EventKind::Moved, Some(true))]);
        assert!(kinds("sec_logs").iter().all(|(kind, _)| kind.is_security()));
        assert!(kinds("no_such_type").is_empty());
    }
}
