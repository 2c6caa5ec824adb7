//! `mkdir`.

use hayloft_client::skydrive::{ROOT, ResolveOptions};
use serde_json::Map;

use super::super::cli::Mkdir;
use super::super::failure::Failure;
use super::super::session::Session;
use super::{done, mapping};

/// The last part of the name is the folder's, the others lead to where it goes and must exist.
pub(super) async fn mkdir(session: &Session, args: Mkdir) -> Result<(), Failure> {
    let metadata = args.metadata.as_deref().map(|text| session.text(text)).transpose()?;
    let metadata = metadata.as_deref().map_or_else(|| Ok(Map::new()), mapping)?;
    let name = session.text(&args.name)?.replace('\\', "/");
    let (way, name) =
        name.trim_matches('/').rsplit_once('/').unwrap_or(("", name.trim_matches('/')));
    if name.is_empty() {
        return Err(Failure::value("a folder needs a name"));
    }
    let api = session.api()?;
    let folder = args.folder.as_deref().map(|folder| session.text(folder)).transpose()?;
    let parent = match folder {
        Some(id) if session.is_id(&id) || id.starts_with(ROOT) => {
            let options = ResolveOptions { root_id: &id, ..ResolveOptions::default() };
            api.resolve_path(way, &options).await?
        }
        // One look-up for both.
        Some(path) => {
            api.resolve_path(&format!("{path}/{way}"), &ResolveOptions::default()).await?
        }
        None => api.resolve_path(&format!("/{way}"), &ResolveOptions::default()).await?,
    };
    done(&api.mkdir(Some(name), &parent, &metadata).await?);
    Ok(())
}
