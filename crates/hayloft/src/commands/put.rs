//! `hayloft put`: local files and folders to a remote.

mod plan;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures::{StreamExt as _, stream};
use hayloft_client::cloudike::md5_hex;

use self::plan::{Comparing, Existing, Job, Levels, Plan};
use crate::cli::Connection;
use crate::client::{Entry, Listed, Made, Remote, Sending};
use crate::failure::{About as _, Failure};
use crate::local::{self, LocalTree};
use crate::location::{Location, RemotePath, clean_name};
use crate::remotes::{connect, journals};
use crate::transfer::{Done, Options, Problem, Progress, Report};
use crate::walk::walk;

/// Put local files and folders on a remote
///
/// `put photos nas:pictures` makes /pictures hold what photos holds; `put photos nas:pictures/`,
/// with a slash, puts it into /pictures by its own name. Several sources go into NAME:PATH by their
/// own names. A file that is there with another content gets a new version; nothing on the remote
/// is ever removed. Files with the same size and time are skipped, so a broken run is simply
/// repeated, and big files go on where they broke off. Symbolic links below a source are left out
/// unless --links follows them. What the server then has is compared with the file by its checksum.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Local files and folders
    #[arg(required = true, value_name = "LOCAL")]
    sources: Vec<PathBuf>,
    /// Where to put them
    #[arg(value_name = "NAME:PATH")]
    target: Location,
    /// Follow symbolic links
    #[arg(long)]
    links: bool,
    /// Hash big files first: the server may have their content already
    #[arg(long)]
    dedupe: bool,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let begin = Instant::now();
        let remote = connect(&self.target.remote, &self.connection)?;
        let mut trees = Vec::new();
        for source in &self.sources {
            let (path, links) = (source.clone(), self.links);
            let tree = tokio::task::spawn_blocking(move || local::walk(&path, links)).await;
            trees.push((source, tree.map_err(|lost| Failure::failed(lost.to_string()))??));
        }
        let mut plan = Plan::default();
        let around = self.around(&*remote, &trees).await?;
        if let Around::Missing = around {
            plan.make_folder(self.target.path.clone());
        }
        for (source, tree) in trees {
            let (root, node) = match &around {
                Around::Itself(node) => (self.target.path.clone(), node.as_deref()),
                Around::Missing => (self.target.path.join(&own_name(source)?), None),
                Around::Folder(entries) => {
                    let name = own_name(source)?;
                    let folds = remote.folds_case();
                    let node = entries.iter().find(|entry| is_name(entry.name(), &name, folds));
                    (self.target.path.join(&name), node)
                }
            };
            let existing = existing(&*remote, &root, &tree, node).await?;
            let how =
                Comparing { by_checksum: self.options.checksum, folds_case: remote.folds_case() };
            plan.add(tree, &root, existing, how);
        }
        if self.options.dry_run {
            return plan.tell(self.options.json);
        }
        self.carry_out(remote, plan, begin).await
    }

    /// Whether the sources go into the target or become it, and what is there.
    async fn around(
        &self,
        remote: &dyn Remote,
        trees: &[(&PathBuf, LocalTree)],
    ) -> Result<Around, Failure> {
        let path = &self.target.path;
        let several = self.target.is_folder || trees.len() > 1;
        let one_file = trees.iter().all(|(_, tree)| tree.folders.is_empty());
        let Some(node) = remote.find(path).await.about(path)? else {
            return Ok(if several { Around::Missing } else { Around::Itself(None) });
        };
        match (several || one_file && node.folder, node.folder) {
            (false, _) => Ok(Around::Itself(Some(Box::new(node)))),
            (true, false) => Err(Failure::refused(format!("{path} is a file, not a folder"))),
            (true, true) => match remote.list(path).await.about(path)? {
                Listed::Folder(entries) => Ok(Around::Folder(entries)),
                Listed::File(_) => Err(Failure::refused(format!("{path} is a file now"))),
            },
        }
    }

    async fn carry_out(
        self,
        remote: Arc<dyn Remote>,
        plan: Plan,
        begin: Instant,
    ) -> Result<(), Failure> {
        let progress = Progress::new(plan.jobs.len() as u64, plan.bytes())?;
        let mut report = Report { same: plan.same, left_out: plan.left_out, ..Report::default() };
        crate::transfer::warn(&report.left_out);
        for problem in plan.problems {
            report.add_problem(&progress, problem);
        }
        let at_once = usize::from(self.options.transfers);
        make_folders(&*remote, plan.folders, at_once, &mut report, &progress).await?;
        let shared = Arc::new(Shared {
            remote,
            journals: journals()?,
            name: self.target.remote,
            dedupe: self.dedupe,
            sent: Arc::clone(&progress.bytes),
        });
        let jobs = plan.jobs.into_iter().map(|job| (job.source.display().to_string(), job));
        let work = |job| {
            let shared = Arc::clone(&shared);
            async move { shared.send(job).await }
        };
        report.run(&progress, at_once, jobs.collect(), work).await;
        drop(progress);
        report.finish("Sent", begin, &self.options)
    }
}

/// What is where the sources go.
enum Around {
    /// The one source becomes the target itself, which is this or nothing yet.
    Itself(Option<Box<Entry>>),
    /// The sources go into a folder that is to be made.
    Missing,
    /// The sources go into a folder with these entries.
    Folder(Vec<Entry>),
}

/// Reads what is there already of a tree that is to be at `root`.
async fn existing(
    remote: &dyn Remote,
    root: &RemotePath,
    tree: &LocalTree,
    node: Option<&Entry>,
) -> Result<Existing, Failure> {
    match node {
        None => Ok(Existing::Nothing),
        Some(node) if node.folder && !tree.folders.is_empty() => {
            let places: HashSet<_> =
                tree.folders.iter().map(|folder| folder.place.as_str()).collect();
            let folders = walk(remote, root, |place| places.contains(place)).await?;
            Ok(Existing::Folder(Box::new(node.clone()), folders))
        }
        Some(node) => Ok(Existing::Node(Box::new(node.clone()))),
    }
}

/// What all transfers of one run share.
struct Shared {
    remote: Arc<dyn Remote>,
    journals: PathBuf,
    /// What the person calls the remote.
    name: String,
    dedupe: bool,
    sent: Arc<AtomicU64>,
}

impl Shared {
    async fn send(&self, job: Job) -> Result<Done, Failure> {
        if let Some(checksum) = &job.checksum
            && checksum.is_of(job.source.clone()).await?
        {
            self.sent.fetch_add(job.size, Ordering::Relaxed);
            return Ok(Done::Same);
        }
        let sending = Sending {
            source: &job.source,
            target: &job.target,
            replaces: job.replaces,
            dedupe: self.dedupe,
            journal: self.journal(&job),
            sent: Arc::clone(&self.sent),
        };
        self.remote.upload(&sending).await
    }

    /// A file of its own for each upload, found again by another run.
    fn journal(&self, job: &Job) -> PathBuf {
        let source = std::path::absolute(&job.source).unwrap_or_else(|_| job.source.clone());
        let source = source.to_string_lossy();
        let key = [self.name.as_str(), job.target.as_str(), &source].join("\n");
        self.journals.join(format!("{}.json", md5_hex(key)))
    }
}

/// Whether one name is the other to a remote.
fn is_name(one: &str, other: &str, folds_case: bool) -> bool {
    one == other || folds_case && one.to_lowercase() == other.to_lowercase()
}

/// The name a source goes by. That of `.` is asked of the system.
fn own_name(source: &Path) -> Result<String, Failure> {
    let absolute = match source.file_name() {
        Some(_) => source.to_owned(),
        None => source.canonicalize().map_err(|err| Failure::io("read", source, &err))?,
    };
    let name = absolute.file_name().and_then(|name| name.to_str());
    let Some(name) = name else {
        let text = format!("{} has no name the server can keep", source.display());
        return Err(Failure::failed(text));
    };
    clean_name(name).map_err(|bad| Failure::failed(bad.to_string()))
}

/// Makes folders, level by level, each after the one it lies in.
async fn make_folders(
    remote: &dyn Remote,
    folders: Levels,
    at_once: usize,
    report: &mut Report,
    progress: &Progress,
) -> Result<(), Failure> {
    for level in folders.into_values() {
        let make = |(path, modified): (RemotePath, Option<i64>)| async move {
            let made = remote.ensure_folder(&path, modified).await;
            (path, made)
        };
        let mut making = stream::iter(level).map(make).buffer_unordered(at_once);
        while let Some((path, made)) = making.next().await {
            match made {
                Ok(Made::Now) => report.folders += 1,
                Ok(Made::Before) => {} // A try whose answer was lost, or somebody else, was first.
                Err(failure) => {
                    if failure.is_hopeless() {
                        return Err(failure.about(&path));
                    }
                    report.add_problem(progress, Problem::of(&path, &failure));
                }
            }
        }
    }
    Ok(())
}
