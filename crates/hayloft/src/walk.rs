//! A tree on a remote, read folder by folder.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::client::{Entry, Listed, Remote};
use crate::failure::{About as _, Failure};
use crate::location::{RemotePath, clean_name};

/// Folders read at once; more would not make a server faster.
const FOLDERS_AT_ONCE: usize = 8;

/// The entries of each folder, by the folder's place in the tree: names with slashes between,
/// empty for the tree's own. A folder that was not entered is not there.
pub(crate) type Folders = BTreeMap<String, Vec<Entry>>;

/// Reads the folder at `root` and those below of whose place `enter` approves.
pub(crate) async fn walk(
    remote: &dyn Remote,
    root: &RemotePath,
    enter: impl Fn(&str) -> bool,
) -> Result<Folders, Failure> {
    let mut folders = Folders::new();
    let mut level = vec![String::new()];
    while !level.is_empty() {
        let read = |place: String| async move {
            let entries = entries(remote, &below(root, &place)).await?;
            Ok::<_, Failure>((place, entries))
        };
        let read: Vec<_> =
            stream::iter(level).map(read).buffered(FOLDERS_AT_ONCE).try_collect().await?;
        level = Vec::new();
        for (place, entries) in read {
            let below = entries.iter().filter(|entry| entry.folder);
            let below = below.map(|entry| join(&place, entry.name())).filter(|place| enter(place));
            level.extend(below);
            folders.insert(place, entries);
        }
    }
    Ok(folders)
}

async fn entries(remote: &dyn Remote, path: &RemotePath) -> Result<Vec<Entry>, Failure> {
    let Listed::Folder(entries) = remote.list(path).await.about(path)? else {
        return Err(Failure::refused("it is a file, not a folder").about(path));
    };
    for entry in &entries {
        // Names become local paths: a server must not lead us out of the folder that was asked.
        let name = entry.name();
        if name.is_empty() || clean_name(name).is_err() {
            let name = name.escape_debug();
            return Err(
                Failure::failed(format!("the server lists a strange name, `{name}`")).about(path)
            );
        }
    }
    Ok(entries)
}

/// What has the place `place` in the tree at `root`.
pub(crate) fn below(root: &RemotePath, place: &str) -> RemotePath {
    place.split('/').filter(|name| !name.is_empty()).fold(root.clone(), |at, name| at.join(name))
}

/// The place of `name` in the folder at `place`.
pub(crate) fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") }
}
