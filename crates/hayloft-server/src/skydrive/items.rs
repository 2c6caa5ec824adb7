//! What is shown of files and folders: gathered in the transaction, written down after it.

use hayloft_core::{
    AccountId, Actor, BlobId, NodeId,
    access::{self, Opening},
    attributes::{self, Attributes, Counts},
    media_info::{self, MediaInfo},
    signing::Keys,
    tree::{self, Node, View},
    usage,
};
use hayloft_store::Tx;
use hayloft_wire::skydrive::{Image, Kind, Location, Object, Person, SharedWith, Time};

use super::{
    call::{Call, Caller},
    error::Failure,
    ids, pictures,
    pictures::Size,
    y1p,
};

/// A file or folder with all that is shown of it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// The node as the caller sees it.
    pub(super) view: View,
    parent: Option<Parent>,
    attributes: Attributes,
    counts: Counts,
    /// What the content of a photo, film or recording tells of itself.
    pub(super) media: MediaInfo,
    children: u64,
    /// Bytes below a folder, where they are known: of the root, and where they were summed up.
    pub(super) size: Option<u64>,
    access: &'static str,
    has_upload: bool,
}

/// The folder that something is in, as the caller sees it.
#[derive(Clone, Copy, Debug)]
struct Parent {
    owner: AccountId,
    node: NodeId,
    is_root: bool,
}

impl Item {
    /// What it is.
    pub(super) fn kind(&self) -> Kind {
        kind(&self.view.node, self.attributes.album)
    }
}

/// What something is: by its content and name, and for folders by what its owner made it.
pub(super) fn kind(node: &Node, is_album: bool) -> Kind {
    if node.is_folder() {
        return if is_album { Kind::Album } else { Kind::Folder };
    }
    if is_notebook(&node.name) {
        return Kind::Notebook;
    }
    match node.media() {
        hayloft_core::Media::Image => Kind::Photo,
        hayloft_core::Media::Video => Kind::Video,
        hayloft_core::Media::Audio => Kind::Audio,
        hayloft_core::Media::Other => Kind::File,
    }
}

/// Whether a file is one of `OneNote`'s.
pub(super) fn is_notebook(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("one" | "onetoc2" | "onepkg"))
}

/// Gathers one.
pub(super) fn gather_one(tx: &mut Tx<'_>, caller: &Caller, view: View) -> Result<Item, Failure> {
    let mut items = gather(tx, caller, vec![view])?;
    items.pop().ok_or_else(|| {
        hayloft_core::Error::Internal("what was gathered is not there".to_owned()).into()
    })
}

/// Gathers a page, in its order.
pub(super) fn gather(
    tx: &mut Tx<'_>,
    caller: &Caller,
    views: Vec<View>,
) -> Result<Vec<Item>, Failure> {
    let ids: Vec<NodeId> = views.iter().map(|view| view.node.id).collect();
    let folders: Vec<NodeId> =
        views.iter().filter(|view| view.node.is_folder()).map(|view| view.node.id).collect();
    let mut attributes = attributes::of_page(tx, &ids)?;
    let counts = attributes::counts(tx, &ids)?;
    let children = tree::count_children(tx, &folders)?;
    let blob = |view: &View| view.node.content.as_ref().map(|content| content.blob);
    let blobs: Vec<BlobId> = views
        .iter()
        .filter(|view| pictures::has_pictures(&kind(&view.node, false)))
        .filter_map(blob)
        .collect();
    let media = media_info::of_page(tx, &blobs)?;
    let access = access_of(tx, &caller.actor, &views)?;
    let mut items = Vec::with_capacity(views.len());
    for (view, access) in views.into_iter().zip(access) {
        let id = view.node.id;
        items.push(Item {
            parent: parent(&caller.actor, &view),
            attributes: attributes.remove(&id).unwrap_or_default(),
            counts: counts.get(&id).copied().unwrap_or_default(),
            // One content may lie under several names of a page.
            media: blob(&view).and_then(|blob| media.get(&blob).cloned()).unwrap_or_default(),
            children: children.get(&id).map_or(0, |children| children.folders + children.files),
            size: root_size(tx, &view)?,
            access,
            has_upload: !caller.media_only,
            view,
        });
    }
    Ok(items)
}

fn parent(actor: &Actor, view: &View) -> Option<Parent> {
    if view.path.is_root() {
        return None;
    }
    let (owner, node) = match view.mount {
        Some(mount) => (actor.account, Some(mount.parent)),
        None => (view.node.owner, view.node.parent),
    };
    let node = node?;
    Some(Parent { owner, node, is_root: node == actor.root })
}

/// The bytes in a whole tree, which are kept and not summed up; none for anything else.
fn root_size(tx: &mut Tx<'_>, view: &View) -> Result<Option<u64>, Failure> {
    if !view.path.is_root() {
        return Ok(None);
    }
    let held = usage::get(tx, view.node.owner)?;
    Ok(Some(u64::try_from(held.storage_bytes - held.overhead_bytes()).unwrap_or_default()))
}

/// Who else may see each: what is open above is open below.
fn access_of(tx: &mut Tx<'_>, actor: &Actor, views: &[View]) -> Result<Vec<&'static str>, Failure> {
    let own: Vec<&'static str> = views.iter().map(own_access).collect();
    let closed = views.iter().zip(&own).filter(|(_, own)| **own == SharedWith::JUST_ME);
    let mut folders: Vec<NodeId> = closed.filter_map(|(view, _)| view.node.parent).collect();
    folders.sort_unstable();
    folders.dedup();
    let openings = access::openings(tx, actor, &folders)?;
    let inherited = |view: &View| match openings.get(&view.node.parent?)? {
        Opening::Link => Some(SharedWith::PEOPLE_WITH_A_LINK),
        Opening::Share => Some(SharedWith::PEOPLE_I_SELECTED),
    };
    let all = views.iter().zip(own).map(|(view, own)| {
        if own == SharedWith::JUST_ME { inherited(view).unwrap_or(own) } else { own }
    });
    Ok(all.collect())
}

fn own_access(view: &View) -> &'static str {
    if view.link.is_some() {
        SharedWith::PEOPLE_WITH_A_LINK
    } else if view.shared || !view.is_owner {
        SharedWith::PEOPLE_I_SELECTED
    } else {
        SharedWith::JUST_ME
    }
}

/// Writes objects down for one caller.
pub(super) struct Painter {
    keys: Keys,
    base: String,
    account: AccountId,
    now_ms: i64,
    root_name: String,
}

impl Painter {
    /// For a call by an account.
    pub(super) fn new(call: &Call, account: AccountId) -> Self {
        Self {
            keys: call.core().keys.clone(),
            base: call.base_url(),
            account,
            now_ms: call.now_ms(),
            root_name: call.app.config.skydrive.root_name.clone(),
        }
    }

    /// The object of an item.
    pub(super) fn object(&self, item: &Item) -> Object<'static> {
        let Item { view, attributes, .. } = item;
        let node = &view.node;
        let cid = ids::cid(&self.keys, node.owner);
        let is_root = view.path.is_root();
        let id = ids::object(&self.keys, view);
        let kind = kind(node, attributes.album);
        let is_folder = node.is_folder();
        let tail = if is_folder { "files" } else { "content" };
        let has_content = !is_folder && kind != Kind::Notebook;
        let upload = (is_folder || has_content) && item.has_upload;
        let source = if has_content { self.source(view) } else { None };
        let time = Time::from_millis;
        let painted = Object {
            from: if is_root { Person::default() } else { self.author(view) },
            name: self.name(view).into(),
            description: match &attributes.description {
                Some(text) => Some(text.clone().into()),
                None => is_root.then_some("".into()),
            },
            parent_id: item.parent.map(|parent| self.parent_id(parent).into()),
            size: item.size.or((!is_folder).then_some(node.size())),
            upload_location: upload.then(|| format!("{}/v5.0/{id}/{tail}/", self.base).into()),
            comments_count: item.counts.comments,
            comments_enabled: !is_root,
            is_embeddable: !is_root,
            count: is_folder.then_some(item.children),
            source: source.map(Into::into),
            link: self.link(&cid, view, item.parent).into(),
            shared_with: SharedWith { access: item.access.into() },
            sort_by: attributes.sort_by.clone().filter(|_| is_folder).map(Into::into),
            created_time: (!is_root).then(|| time(node.created_ms)),
            updated_time: time(node.modified_ms),
            client_updated_time: time(node.client.modified_ms.unwrap_or(node.modified_ms)),
            id: id.into(),
            kind,
            ..Object::default()
        };
        self.with_media(painted, item)
    }

    /// Adds what only photos, videos and audio have. What people wrote of a recording goes before
    /// what it tells of itself.
    fn with_media(&self, object: Object<'static>, item: &Item) -> Object<'static> {
        let (attributes, media) = (&item.attributes, &item.media);
        let pixels = |side: Option<u32>| side.map_or(0, u64::from);
        let picture = pictures::has_pictures(&object.kind)
            .then(|| self.picture(&item.view, Size::Album))
            .flatten()
            .map(Into::into);
        let told = |own: &Option<String>, found: &Option<String>| {
            own.as_ref().or(found.as_ref()).cloned().map(Into::into)
        };
        let whole = |number: Option<u32>| f64::from(number.unwrap_or_default());
        match object.kind {
            Kind::Photo => Object {
                tags_count: item.counts.tags,
                tags_enabled: true,
                picture,
                images: self.images(item),
                when_taken: media.taken_ms.map(Time::from_millis),
                height: pixels(media.height),
                width: pixels(media.width),
                location: media.location.as_ref().map(|place| Location {
                    latitude: place.latitude,
                    longitude: place.longitude,
                    altitude: place.altitude,
                }),
                camera_make: media.camera_make.clone().map(Into::into),
                camera_model: media.camera_model.clone().map(Into::into),
                focal_ratio: media.focal_ratio.unwrap_or_default(),
                focal_length: media.focal_length.unwrap_or_default(),
                exposure_numerator: whole(media.exposure.map(|(numerator, _)| numerator)),
                exposure_denominator: whole(media.exposure.map(|(_, denominator)| denominator)),
                ..object
            },
            Kind::Video => Object {
                tags_count: item.counts.tags,
                tags_enabled: true,
                picture,
                height: pixels(media.height),
                width: pixels(media.width),
                duration: media.duration_ms.unwrap_or_default(),
                bitrate: media.bitrate.unwrap_or_default(),
                ..object
            },
            Kind::Audio => Object {
                picture,
                title: told(&attributes.title, &media.title),
                artist: told(&attributes.artist, &media.artist),
                album: told(&attributes.album_title, &media.album),
                album_artist: told(&attributes.album_artist, &media.album_artist),
                genre: told(&attributes.genre, &media.genre),
                duration: media.duration_ms.unwrap_or_default(),
                ..object
            },
            Kind::Folder | Kind::Album | Kind::File | Kind::Notebook | Kind::Other(_) => object,
        }
    }

    /// A photo in all its sizes; their pixels are told once the photo has been looked at.
    fn images(&self, item: &Item) -> Vec<Image<'static>> {
        let pixels = item.media.width.zip(item.media.height);
        let sizes = Size::ALL.into_iter().filter_map(|size| {
            let (width, height) =
                pixels.map_or((0, 0), |(width, height)| size.fit().size_of(width, height));
            Some(Image {
                height: height.into(),
                width: width.into(),
                source: self.picture(&item.view, size)?.into(),
                kind: size.name().into(),
            })
        });
        sizes.collect()
    }

    /// Where a picture of a file can be fetched for a while.
    fn picture(&self, view: &View, size: Size) -> Option<String> {
        let content = view.node.content.as_ref()?;
        let at = (self.base.as_str(), &self.keys, self.now_ms);
        Some(pictures::url(at, self.account, content, view.name(), size))
    }

    /// What a node is called here.
    pub(super) fn name(&self, view: &View) -> String {
        if view.path.is_root() { self.root_name.clone() } else { view.name().to_owned() }
    }

    /// Where the content of a file can be fetched for a while.
    pub(super) fn source(&self, view: &View) -> Option<String> {
        let content = view.node.content.as_ref()?;
        let ticket = y1p::ContentTicket::of(self.account, view, content, false);
        Some(ticket.url(&self.base, &self.keys, self.now_ms))
    }

    fn author(&self, view: &View) -> Person<'static> {
        person(&self.keys, view.node.author, &view.author_name)
    }

    fn parent_id(&self, parent: Parent) -> String {
        let cid = ids::cid(&self.keys, parent.owner);
        if parent.is_root { ids::root(&cid) } else { ids::node(&cid, true, parent.node) }
    }

    fn link(&self, cid: &str, view: &View, parent: Option<Parent>) -> String {
        let base = &self.base;
        let Some(parent) = parent else { return format!("{base}/?cid={cid}") };
        let resid = ids::short(cid, view.node.id);
        let parid = ids::short(&ids::cid(&self.keys, parent.owner), parent.node);
        format!("{base}/redir.aspx?cid={cid}&page=view&resid={resid}&parid={parid}")
    }
}

/// An account as the author of something.
pub(super) fn person(keys: &Keys, account: AccountId, name: &str) -> Person<'static> {
    Person {
        name: Some(name.to_owned().into()),
        id: (account.0 != 0).then(|| ids::cid(keys, account).into()),
    }
}
