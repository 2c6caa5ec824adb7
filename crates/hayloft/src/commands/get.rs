//! `hayloft get`: remote files and folders to this machine.

mod plan;

use std::fs::{self, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use self::plan::{Job, Plan};
use crate::cli::Connection;
use crate::client::{Entry, Remote};
use crate::failure::{About as _, Failure};
use crate::location::Location;
use crate::remotes::connect;
use crate::transfer::{Done, Options, Problem, Progress, Report};
use crate::walk::{Folders, walk};

/// Get remote files and folders
///
/// `get nas:pictures photos` makes photos hold what /pictures holds; `get nas:pictures photos/`,
/// with a slash, puts it into photos by its own name, as does a target of `.` or none. A local
/// file with another content is replaced; nothing local is ever removed. Files with the same size
/// and time are skipped, so a broken run is simply repeated, and big files go on where they broke
/// off. A file gets its name when all of it is there and its checksum is right.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File or folder
    #[arg(value_name = "NAME:PATH")]
    source: Location,
    /// Where to put it
    #[arg(default_value = ".")]
    target: PathBuf,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let begin = Instant::now();
        let remote = connect(&self.source.remote, &self.connection)?;
        let entry = remote.stat(&self.source.path).await.about(&self.source)?;
        let root = self.root(&entry);
        let mut plan = Plan::new(&self.source.path, root, self.options.checksum);
        if entry.folder {
            plan.add_folder("", &entry);
            let folders: Folders = walk(&*remote, &self.source.path, |_| true).await?;
            for (place, entries) in &folders {
                plan.add_entries(place, entries);
            }
        } else {
            plan.add_file("", &entry);
        }
        if self.options.dry_run {
            return plan.tell(self.options.json);
        }
        self.carry_out(remote, plan, begin).await
    }

    /// The local path that the source is to have.
    fn root(&self, entry: &Entry) -> PathBuf {
        let target = &self.target;
        let text = target.as_os_str().as_encoded_bytes();
        let ends_in_folder =
            text.ends_with(b"/") || target.file_name().is_none() || text.ends_with(b"/.");
        if ends_in_folder || text == b"." || !entry.folder && target.is_dir() {
            // The root has no name: its content goes into the target itself.
            return target.join(self.source.path.name());
        }
        target.clone()
    }

    async fn carry_out(
        self,
        remote: Arc<dyn Remote>,
        plan: Plan,
        begin: Instant,
    ) -> Result<(), Failure> {
        let progress = Progress::new(plan.jobs.len() as u64, plan.bytes())?;
        let mut report = Report { same: plan.same, ..Report::default() };
        for problem in plan.problems {
            report.add_problem(&progress, problem);
        }
        for folder in &plan.folders {
            match fs::create_dir_all(&folder.target) {
                Ok(()) => report.folders += 1,
                Err(err) => {
                    let failure = Failure::io("make", &folder.target, &err);
                    report.add_problem(&progress, Problem::of(folder.target.display(), &failure));
                }
            }
        }
        let received = Arc::clone(&progress.bytes);
        let jobs = plan.jobs.into_iter().map(|job| (job.source.to_string(), job));
        let work = |job| {
            let (remote, received) = (Arc::clone(&remote), Arc::clone(&received));
            async move { receive(&*remote, job, received).await }
        };
        let at_once = usize::from(self.options.transfers);
        report.run(&progress, at_once, jobs.collect(), work).await;
        // A folder's time changes with each file that gets its name, so it is set in the end.
        for folder in plan.folders.iter().rev() {
            if let Some(modified) = folder.modified
                && let Err(err) = set_modified(&folder.target, modified)
            {
                let failure = Failure::io("set the time of", &folder.target, &err);
                report.add_problem(&progress, Problem::of(folder.target.display(), &failure));
            }
        }
        drop(progress);
        report.finish("Got", begin, &self.options)
    }
}

async fn receive(
    remote: &dyn Remote,
    job: Job,
    received: Arc<std::sync::atomic::AtomicU64>,
) -> Result<Done, Failure> {
    if job.compare
        && let Some(checksum) = &job.entry.checksum
        && checksum.is_of(job.target.clone()).await?
    {
        received.fetch_add(job.entry.bytes, std::sync::atomic::Ordering::Relaxed);
        return Ok(Done::Same);
    }
    Ok(Done::Moved(remote.download(&job.source, &job.entry, &job.target, received).await?))
}

/// Sets a folder's time, given in milliseconds. Times before 1970 are left to the system.
fn set_modified(folder: &Path, modified: i64) -> std::io::Result<()> {
    let Ok(millis) = u64::try_from(modified) else {
        return Ok(());
    };
    let time = UNIX_EPOCH + Duration::from_millis(millis);
    fs::File::open(folder)?.set_times(FileTimes::new().set_modified(time))
}
