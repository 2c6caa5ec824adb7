//! `put`.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt as _;
use hayloft_client::skydrive::{
    Api, BitsFallback, BitsOptions, Error, Overwrite, PutOptions, Source,
};
use serde_json::Map;

use super::super::cli::Put;
use super::super::failure::Failure;
use super::super::journal::Journal;
use super::super::session::Session;
use super::done;
use super::get::all_or_error;
use super::progress::Meter;

pub(super) async fn put(session: &Session, args: Put) -> Result<(), Failure> {
    let data = fs::metadata(&args.local).map_err(|err| Failure::file("read", &args.local, &err))?;
    let api = session.api()?;
    let folder = session.resolve(&api, args.folder.as_deref()).await?;
    if args.recursive {
        return recursive(&api, &args, folder).await;
    }
    let meter = Meter::new(args.transfer.progress, 1, data.len())?;
    upload(&api, &args, &args.local, &folder, &meter).await?;
    meter.file_done();
    Ok(())
}

async fn upload(
    api: &Api,
    args: &Put,
    local: &Path,
    folder: &str,
    meter: &Meter,
) -> Result<(), Failure> {
    let mut options = PutOptions {
        overwrite: if args.no_overwrite { Overwrite::No } else { Overwrite::Unsaid },
        downsize: args.no_downsize.then_some(false),
        bits_api_fallback: if args.bits { BitsFallback::At(0) } else { BitsFallback::AtLimit },
        bits: BitsOptions {
            frag_bytes: Some(args.bits_frag_bytes),
            auth_refresh_before_commit: args.bits_do_auth_refresh_before_commit_hack,
            ..BitsOptions::default()
        },
        sent: Some(meter.bytes()),
    };
    let service = api.wrapper().endpoints.api.as_str();
    let journal =
        args.transfer.resume.then(|| Journal::open(local, service, folder)).transpose()?;
    if let Some(journal) = journal.clone() {
        options.bits.resume = journal.read();
        options.bits.keep_session = true;
        options.bits.chunk_callback = Some(Arc::new(move |progress| {
            journal.write(progress.bits_session_id, progress.bytes_transferred);
        }));
    }
    let object = api.put(Source::Path(local.to_owned()), folder, &options).await?;
    if let Some(journal) = journal {
        journal.remove();
    }
    done(&object);
    Ok(())
}

/// A directory with all below it, into a folder of its name.
async fn recursive(api: &Api, args: &Put, folder: String) -> Result<(), Failure> {
    let root =
        fs::canonicalize(&args.local).map_err(|err| Failure::file("read", &args.local, &err))?;
    let mut files = Vec::new();
    let mut total = 0;
    let mut known = Known::default();
    let first = known.folder(api, &folder, &name_of(&root)?).await?;
    let mut waiting = VecDeque::from([(root, first)]);
    while let Some((directory, folder)) = waiting.pop_front() {
        for entry in entries(&directory)? {
            // What a link leads to is put, but no link to a directory is entered: it may be a ring.
            let data = fs::metadata(&entry).map_err(|err| Failure::file("read", &entry, &err))?;
            let is_link = entry.is_symlink();
            if data.is_dir() && !is_link {
                let below = known.folder(api, &folder, &name_of(&entry)?).await?;
                waiting.push_back((entry, below));
            } else if data.is_file() {
                total += data.len();
                files.push((entry, folder.clone()));
            } else {
                eprintln!("warning: left out {}", entry.display());
            }
        }
    }
    let meter = Meter::new(args.transfer.progress, files.len() as u64, total)?;
    let failed = AtomicU64::new(0);
    let send = |(local, folder): (PathBuf, String)| {
        let (meter, failed) = (&meter, &failed);
        async move {
            if let Err(err) = upload(api, args, &local, &folder, meter).await {
                meter.say(&format!("{err} ({})", local.display()));
                failed.fetch_add(1, Ordering::Relaxed);
            }
            meter.file_done();
        }
    };
    futures::stream::iter(files).for_each_concurrent(usize::from(args.transfer.jobs), send).await;
    all_or_error(failed.into_inner())
}

/// The folders of the service that were met, each listed once.
#[derive(Default)]
struct Known {
    below: HashMap<String, HashMap<String, String>>,
}

impl Known {
    /// The id of a folder in a folder; it is made if it is missing.
    async fn folder(&mut self, api: &Api, parent: &str, name: &str) -> Result<String, Error> {
        if !self.below.contains_key(parent) {
            let listed = api.listdir(parent, None, None, None).await?;
            let folders = listed.iter().filter(|object| object.is_folder());
            let folders = folders.map(|object| (object.name().to_owned(), object.id().to_owned()));
            self.below.insert(parent.to_owned(), folders.collect());
        }
        let siblings = self.below.entry(parent.to_owned()).or_default();
        if let Some(id) = siblings.get(name) {
            return Ok(id.clone());
        }
        let id = api.mkdir(Some(name), parent, &Map::new()).await?.id().to_owned();
        siblings.insert(name.to_owned(), id.clone());
        // A new folder has nothing in it.
        self.below.insert(id.clone(), HashMap::new());
        Ok(id)
    }
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = fs::read_dir(directory).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()
    });
    let mut entries = read.map_err(|err| Failure::file("read", directory, &err))?;
    entries.sort();
    Ok(entries)
}

fn name_of(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| Failure::value(format!("{} has no name that can be sent", path.display())))
}
