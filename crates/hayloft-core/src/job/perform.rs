//! Doing the work, each kind in steps of which every one is a transaction of bounded size.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};

use super::{Failure, Items, Outcome, Work, claim::Claim, recount::recount};
use crate::{
    Actor, Core, Error, NodeId, NodePath, Result, Subject, account, archive, event, trash, tree,
    upload, upload::ConfirmUpload, version,
};

/// How many nodes or items one transaction destroys: some milliseconds, during which other
/// writers of a single machine wait.
const STEP: usize = 200;
/// How many uploads are confirmed at once: their commits share an fsync.
const CONFIRMS_AT_ONCE: usize = 16;
/// Progress is written no more often, since each time is a commit.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// A claimed job being done.
pub(super) struct Performance {
    core: Core,
    claim: Claim,
    told: Mutex<Instant>,
}

/// Does the work of a claim.
pub(super) async fn perform(core: Core, claim: Claim) -> Result<Outcome> {
    let work = claim.work.clone();
    let job = Performance { core, claim, told: Mutex::new(Instant::now()) };
    match work {
        Work::RestoreTrash { names, overwrite } => job.restore_trash(names, overwrite).await,
        Work::ClearTrash { names } => job.clear_trash(names).await.map(Outcome::Items),
        Work::Purge => job.purge().await,
        Work::ConfirmUploads { uploads } => job.confirm_uploads(uploads).await,
        Work::FullListing => job.full_listing().await,
        Work::FolderSizes { path } => job.folder_sizes(path).await,
        Work::Archive { paths, parent_folder, windows_names } => {
            job.archive(paths, parent_folder, windows_names).await
        }
        Work::DestroyTree { node } => job.destroy_tree(node).await,
        Work::MeasureTrash { node } => {
            job.core.db.write(move |tx| trash::measure(tx, node)).await?;
            Ok(Outcome::Nothing)
        }
    }
}

impl Performance {
    async fn actor(&self) -> Result<Actor> {
        let account = self.claim.account;
        self.core.db.read(move |tx| account::actor(tx, account)).await
    }

    /// Each item in a transaction with the record of its end: begun anew, the job goes on after
    /// the last one.
    async fn restore_trash(&self, names: Vec<String>, overwrite: bool) -> Result<Outcome> {
        let actor = self.actor().await?;
        let mut items = match &self.claim.partial {
            Some(Outcome::Items(items)) => items.clone(),
            _ => Items::default(),
        };
        let done = usize::try_from(items.success + items.failed).unwrap_or(usize::MAX);
        let all = names.len();
        for (at, name) in names.into_iter().enumerate().skip(done) {
            let progress = percent(at + 1, all);
            let (by, claim, before, item) =
                (actor.clone(), self.claim.clone(), items.clone(), name.clone());
            let restored = self
                .core
                .db
                .write(move |tx| {
                    let view = trash::restore_item(tx, &by, &item, overwrite)?;
                    let mut items = before.clone();
                    items.push(&item, Ok(Some(view.node.id)));
                    claim.advance(tx, progress, Some(&Outcome::Items(items.clone())))?;
                    Ok::<_, Error>(items)
                })
                .await;
            items = match refusal(restored)? {
                Ok(items) => items,
                Err(failure) => {
                    // What was begun is undone; that it was refused is written down by itself.
                    items.push(&name, Err(failure));
                    self.advance(progress, Outcome::Items(items.clone())).await?;
                    items
                }
            };
        }
        Ok(Outcome::Items(items))
    }

    async fn clear_trash(&self, names: Option<Vec<String>>) -> Result<Items> {
        let actor = self.actor().await?;
        let owner = actor.account;
        let names = match names {
            Some(names) => names,
            None => self.core.db.read(move |tx| trash::names(tx, owner)).await?,
        };
        let mut items = Items::default();
        for (at, some) in names.chunks(STEP).enumerate() {
            let (actor, claim) = (actor.clone(), self.claim.clone());
            let progress = percent(at * STEP, names.len());
            let step = some.to_vec();
            let destroyed = self
                .core
                .db
                .write(move |tx| {
                    claim.advance(tx, progress, None)?;
                    let mut destroyed = Vec::new();
                    for name in &step {
                        match trash::destroy_item(tx, &actor, name) {
                            Ok(()) => destroyed.push(name.clone()),
                            // Unknown, or destroyed by an earlier attempt: passed over.
                            Err(Error::NotFound(Subject::TrashItem)) => {}
                            Err(other) => return Err(other),
                        }
                    }
                    Ok::<_, Error>(destroyed)
                })
                .await?;
            for name in &destroyed {
                items.push(name, Ok(None));
            }
        }
        Ok(items)
    }

    async fn purge(&self) -> Result<Outcome> {
        self.clear_trash(None).await?;
        let account = self.claim.account;
        let step = u32::try_from(STEP).unwrap_or(u32::MAX);
        while !self.core.db.write(move |tx| version::drop_some(tx, account, step)).await? {}
        Ok(Outcome::Nothing)
    }

    /// Confirming twice gives the same file, so nothing need be remembered in between.
    async fn confirm_uploads(&self, uploads: Vec<ConfirmUpload>) -> Result<Outcome> {
        let actor = self.actor().await?;
        let all = uploads.len();
        let mut ends = stream::iter(uploads)
            .map(|upload| {
                let actor = &actor;
                async move {
                    let end = upload::confirm(&self.core, actor, &upload).await;
                    (upload.path.to_string(), end)
                }
            })
            .buffered(CONFIRMS_AT_ONCE);
        let mut items = Items::default();
        while let Some((path, end)) = ends.next().await {
            items.push(&path, refusal(end.map(|view| Some(view.node.id)))?);
            let done = usize::try_from(items.success + items.failed).unwrap_or(all);
            self.tell(percent(done, all)).await?;
        }
        Ok(Outcome::Items(items))
    }

    /// The listing itself is written when it is fetched, page by page, and never held whole; what
    /// the job does is to say that it can be.
    async fn full_listing(&self) -> Result<Outcome> {
        let (account, id) = (self.claim.account, self.claim.id);
        self.core.db.write(move |tx| event::record_full_listing(tx, account, id)).await?;
        Ok(Outcome::Nothing)
    }

    async fn folder_sizes(&self, path: NodePath) -> Result<Outcome> {
        let actor = self.actor().await?;
        if path.is_root() {
            recount(&self.core, actor.account).await?;
        }
        let sum = self.core.db.read_long(move |tx| tree::folder_info(tx, &actor, &path)).await?;
        Ok(Outcome::Sizes { bytes: sum.size, files: sum.files, folders: sum.folders })
    }

    async fn archive(
        &self,
        paths: Vec<NodePath>,
        parent_folder: Option<NodePath>,
        windows_names: bool,
    ) -> Result<Outcome> {
        let (db, actor) = (&self.core.db, self.actor().await?);
        let by = actor.clone();
        let chosen = db.read_long(move |tx| archive::choose(tx, &by, &paths)).await?;
        let made = db
            .write(move |tx| {
                archive::create(tx, &actor, &chosen, parent_folder.as_ref(), windows_names)
            })
            .await?;
        Ok(Outcome::Archive { hash: made.archive.hash, skipped: made.skipped })
    }

    async fn destroy_tree(&self, node: NodeId) -> Result<Outcome> {
        while !self.core.db.write(move |tx| trash::destroy_some(tx, node, STEP)).await? {}
        Ok(Outcome::Nothing)
    }

    async fn tell(&self, progress: u8) -> Result<()> {
        {
            let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if told.elapsed() < PROGRESS_EVERY {
                return Ok(());
            }
            *told = Instant::now();
        }
        let claim = self.claim.clone();
        self.core.db.write(move |tx| claim.advance(tx, progress, None)).await
    }

    async fn advance(&self, progress: u8, partial: Outcome) -> Result<()> {
        let claim = self.claim.clone();
        self.core.db.write(move |tx| claim.advance(tx, progress, Some(&partial))).await
    }
}

/// Tells a refusal, which is an end, from our own failure, after which the job is begun again.
fn refusal<T>(result: Result<T>) -> Result<Result<T, Failure>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(err) if err.is_internal() || matches!(err, Error::Busy) => Err(err),
        Err(err) => Ok(Err(Failure::from(&err))),
    }
}

fn percent(done: usize, all: usize) -> u8 {
    u8::try_from((done * 100).checked_div(all).unwrap_or(100).min(100)).unwrap_or(100)
}
