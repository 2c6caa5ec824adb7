//! Many transfers at once, and what became of them.

mod plan;
mod progress;

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::task::JoinSet;

pub(crate) use self::plan::{Decision, decide};
pub(crate) use self::progress::Progress;
use crate::failure::Failure;
use crate::output::{count, display_name, print, print_json, size};

/// So many files that are left out are named; the rest is counted.
const WARNINGS_MAX: usize = 20;

/// Tells what is left out on purpose.
pub(crate) fn warn(left_out: &[String]) {
    for text in left_out.iter().take(WARNINGS_MAX) {
        eprintln!("hayloft: left out {text}");
    }
    if left_out.len() > WARNINGS_MAX {
        eprintln!("hayloft: left out {} more", left_out.len() - WARNINGS_MAX);
    }
}

/// What every command that transfers takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// Files to transfer at once
    #[arg(long, value_name = "N", default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) transfers: u16,
    /// Skip files with the same checksum, whatever their times; by default size and time decide
    #[arg(long)]
    pub(crate) checksum: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Tell the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A file or folder that did not make it.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    pub(crate) path: String,
    pub(crate) reason: String,
    #[serde(skip)]
    refused: bool,
}

impl Problem {
    /// Something broke, or cannot be done.
    pub(crate) fn failed(path: impl fmt::Display, reason: impl Into<String>) -> Self {
        Self { path: display_name(&path.to_string(), false), reason: reason.into(), refused: false }
    }

    /// What a call failed with.
    pub(crate) fn of(path: impl fmt::Display, failure: &Failure) -> Self {
        Self {
            path: display_name(&path.to_string(), false),
            reason: failure.text().to_owned(),
            refused: failure.is_refusal(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.reason)
    }
}

/// How one transfer went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// So many bytes travelled.
    Moved(u64),
    /// The server had the content already.
    Known,
    /// There was nothing to do.
    Same,
}

/// What became of all transfers.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Files that travelled.
    pub(crate) files: u64,
    /// Bytes that travelled.
    pub(crate) bytes: u64,
    /// Folders made.
    pub(crate) folders: u64,
    /// Files that were the same already.
    pub(crate) same: u64,
    /// Files whose content the server had already.
    pub(crate) known: u64,
    /// What did not make it.
    pub(crate) problems: Vec<Problem>,
    /// Files and folders left out on purpose.
    pub(crate) left_out: Vec<String>,
    /// Files that were not tried after it became hopeless.
    pub(crate) not_tried: u64,
    /// How long it took.
    pub(crate) seconds: f64,
}

impl Report {
    /// Tells of something that did not make it, at once and in the end.
    pub(crate) fn add_problem(&mut self, progress: &Progress, problem: Problem) {
        progress.say(&format!("hayloft: {problem}"));
        self.problems.push(problem);
    }

    /// Runs the jobs, so many at once, until they are done or it becomes hopeless.
    pub(crate) async fn run<J, F>(
        &mut self,
        progress: &Progress,
        at_once: usize,
        jobs: Vec<(String, J)>,
        work: impl Fn(J) -> F,
    ) where
        F: Future<Output = Result<Done, Failure>> + Send + 'static,
    {
        let mut waiting = jobs.into_iter();
        let mut running = JoinSet::new();
        let mut hopeless = false;
        loop {
            while running.len() < at_once && !hopeless {
                let Some((path, job)) = waiting.next() else { break };
                let working = work(job);
                running.spawn(async move { (path, working.await) });
            }
            let Some(joined) = running.join_next().await else { break };
            match joined {
                Ok((_, Ok(done))) => self.count(done),
                Ok((path, Err(failure))) => {
                    hopeless |= failure.is_hopeless();
                    self.add_problem(progress, Problem::of(path, &failure));
                }
                Err(lost) => self.add_problem(progress, Problem::failed("?", lost.to_string())),
            }
            progress.file_done();
        }
        self.not_tried += waiting.len() as u64;
    }

    fn count(&mut self, done: Done) {
        match done {
            Done::Moved(bytes) => {
                self.files += 1;
                self.bytes += bytes;
            }
            Done::Known => self.known += 1,
            Done::Same => self.same += 1,
        }
    }

    /// Tells the outcome; a problem is told by the exit code too.
    pub(crate) fn finish(
        mut self,
        verb: &str,
        begin: Instant,
        options: &Options,
    ) -> Result<(), Failure> {
        let elapsed = begin.elapsed();
        self.seconds = elapsed.as_secs_f64();
        if options.json {
            print_json(&self)?;
        } else {
            print(&format!("{}\n", self.summary(verb, elapsed)))?;
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        let number = self.problems.len() as u64 + self.not_tried;
        let text =
            format!("{} not done", count(number, "file or folder was", "files or folders were"));
        let all_refused = self.problems.iter().all(|problem| problem.refused);
        Err(if all_refused { Failure::refused(text) } else { Failure::failed(text) })
    }

    fn summary(&self, verb: &str, elapsed: Duration) -> String {
        let files = count(self.files, "file", "files");
        let mut parts = vec![format!("{verb} {files} ({})", size(self.bytes))];
        if self.folders > 0 {
            parts.push(format!("made {}", count(self.folders, "folder", "folders")));
        }
        for (number, what) in [
            (self.known, "known to the server"),
            (self.same, "the same"),
            (self.left_out.len() as u64, "left out"),
            (self.problems.len() as u64, "failed"),
            (self.not_tried, "not tried"),
        ] {
            if number > 0 {
                parts.push(format!("{} {what}", indicatif::HumanCount(number)));
            }
        }
        parts.push(format!("in {:.1} s", elapsed.as_secs_f64()));
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    #[test]
    fn a_summary_tells_only_what_there_was() {
        let mut report = Report { files: 10_123, bytes: 3 << 30, ..Report::default() };
        let elapsed = Duration::from_millis(12_345);
        assert_snapshot!(report.summary("Sent", elapsed), @"Sent 10,123 files (3.00 GiB), in 12.3 s");
        report = Report { files: 1, same: 2, folders: 1, not_tried: 4, ..Report::default() };
        report.problems.push(Problem::failed("a", "b"));
        assert_snapshot!(report.summary("Got", elapsed), @"Got 1 file (0 B), made 1 folder, 2 the same, 1 failed, 4 not tried, in 12.3 s");
    }

    #[tokio::test]
    async fn the_rest_is_not_tried_when_it_is_hopeless() {
        let mut report = Report::default();
        let jobs = (0..10).map(|number| (number.to_string(), number)).collect();
        let away = hayloft_client::cloudike::Client::new(
            "http://127.0.0.1:1",
            hayloft_client::cloudike::Auth::None,
        )
        .unwrap()
        .with_retry(hayloft_client::cloudike::Retry {
            total: Duration::ZERO,
            ..hayloft_client::cloudike::Retry::default()
        });
        let work = |number| {
            let away = away.clone();
            async move {
                if number < 3 {
                    return Ok(Done::Moved(1));
                }
                away.account(false).await?;
                Ok(Done::Same)
            }
        };
        report.run(&Progress::none(), 1, jobs, work).await;
        assert_eq!((report.files, report.problems.len(), report.not_tried), (3, 1, 6));
    }
}
